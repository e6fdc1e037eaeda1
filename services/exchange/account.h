/* SPDX-License-Identifier: Apache-2.0 */
/* The exchange's books for its one account: balances, orders, executions. State changes by records
   only (LEDGER_*, proto/messages.def): what is saved is what is folded in, so that replaying the
   journal gives the same bytes. Open orders are always kept; of ended orders and executions the
   most recent. Pure. */
#ifndef EXCHANGE_ACCOUNT_H
#define EXCHANGE_ACCOUNT_H

#include "proto/message.h"

enum {
	ACCOUNT_SYMBOLS_MAX = 4,
	ACCOUNT_ASSETS_MAX = 16,
	ACCOUNT_ORDERS_MAX = 20000,
	ACCOUNT_FILLS_MAX = 40000,
	ACCOUNT_OPEN_MAX = 1024, /* the order limit of the filters is below it */
	ACCOUNT_LISTS_MAX = 2000,
	ACCOUNT_LEGS_MAX = 3, /* orders of one list */
	CLIENT_ID_SIZE = 40,
};

struct account_asset {
	name_t name;
	decimal_t free, locked;
};

struct account_order {
	uint64_t id;     /* 0: no order */
	unsigned symbol; /* index */
	char client[CLIENT_ID_SIZE];
	enum side side;
	enum order_type type;
	enum time_in_force time_in_force;
	enum venue_status status;
	bool working; /* on the book, or was */
	decimal_t qty, price, stop_price, quote_qty;
	decimal_t executed, turnover;
	decimal_t locked; /* of the asset that it would pay with */
	nanos_t created, updated, worked;
	name_t reason;    /* why it expired */
	uint64_t list_id; /* 0: in no list */
	unsigned amends;
};

struct account_list { /* orders that are kept together */
	uint64_t id;  /* 0: no list */
	unsigned symbol;
	char client[CLIENT_ID_SIZE];
	enum contingency contingency;
	unsigned count;
	uint64_t orders[ACCOUNT_LEGS_MAX]; /* the working one of OTO and OTOCO first */
	nanos_t at;
};

struct account_fill {
	uint64_t trade_id, order_id;
	unsigned symbol;
	enum side side;
	bool maker;
	decimal_t price, qty, fee;
	nanos_t at;
};

struct account {
	const struct instrument *instruments;
	unsigned symbol_count;
	struct ledger_start start; /* at 0: never opened */
	uint64_t last_id;          /* of orders */
	uint64_t records;          /* folded in; the execution id of the last */
	nanos_t updated;
	unsigned asset_count;
	struct account_asset assets[ACCOUNT_ASSETS_MAX];
	uint64_t trade_ids[ACCOUNT_SYMBOLS_MAX]; /* the last of each symbol */
	unsigned open_count;
	uint64_t open[ACCOUNT_OPEN_MAX];                 /* oldest first */
	struct account_order orders[ACCOUNT_ORDERS_MAX]; /* id % ACCOUNT_ORDERS_MAX */
	uint64_t last_list;
	struct account_list lists[ACCOUNT_LISTS_MAX]; /* id % ACCOUNT_LISTS_MAX */
	uint64_t fill_count;
	struct account_fill fills[ACCOUNT_FILLS_MAX]; /* number % ACCOUNT_FILLS_MAX */
};

/* `instruments` outlive the account. */
void account_init(struct account *self, const struct instrument *instruments, unsigned count);
void account_apply(struct account *self, enum message_type type, const void *record);

/* -1 for an unknown symbol. */
int account_symbol(const struct account *self, const char *name);
/* NULL when there is none; it was never made, or is too old. */
const struct account_order *account_order(const struct account *self, uint64_t id);
/* The newest with this client id on the symbol, or NULL. */
const struct account_order *account_order_of(const struct account *self, unsigned symbol,
                                             const char *client);
const struct account_order *account_open_order_of(const struct account *self, unsigned symbol,
                                                  const char *client);
bool account_is_open(const struct account_order *order);
/* False for an order that is too old to be kept. */
bool account_has_open(const struct account *self, uint64_t id);

/* NULL when there is none; it was never made, or is too old. */
const struct account_list *account_list(const struct account *self, uint64_t id);
/* The newest with this client id on the symbol, or on any (ACCOUNT_SYMBOLS_MAX); or NULL. */
const struct account_list *account_list_of(const struct account *self, unsigned symbol,
                                           const char *client);
/* Whether an order of it is open. */
bool account_list_is_open(const struct account *self, const struct account_list *list);
/* The other of a pair, when it is open and not pending: both pay with the same. NULL otherwise. */
const struct account_order *account_pair_of(const struct account *self,
                                            const struct account_order *order);
uint64_t account_next_list(const struct account *self);

/* The id that the next order takes. */
uint64_t account_next_id(const struct account *self);
/* How many fills are still kept; account_fill(0) is the oldest of them. */
uint64_t account_fills_kept(const struct account *self);
const struct account_fill *account_fill(const struct account *self, uint64_t index);

decimal_t account_free(const struct account *self, const name_t *asset);
decimal_t account_locked(const struct account *self, const name_t *asset);
/* What an order of these terms would bind, of the asset that it pays with; in a pair the larger of
   both is bound once. */
decimal_t account_lock_of(const struct ledger_order *terms);
const name_t *account_paying_asset(const struct instrument *instrument, enum side side);
const name_t *account_received_asset(const struct instrument *instrument, enum side side);
/* A buy's fee is taken from the base that it brings, a sell's from the quote. */
decimal_t account_fee(enum side side, decimal_t price, decimal_t qty, decimal_t rate);

#endif
