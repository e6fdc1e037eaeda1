/* SPDX-License-Identifier: Apache-2.0 */
/* What the simulated exchange knows: orders, trades, balances, the market, and what its streams
   have to tell. Plain data, for exchange.h and for those who compare books with it. */
#ifndef SIM_EXCHANGE_LEDGER_H
#define SIM_EXCHANGE_LEDGER_H

#include "proto/message.h"

enum {
	SIM_SYMBOLS_MAX = 4,
	SIM_ORDERS_MAX = 2048,
	SIM_TRADES_MAX = 4096,
	SIM_LISTS_MAX = 256,
	SIM_EVENTS_MAX = 512,
	SIM_ASSETS_MAX = 8,
	SIM_LEVELS = 3, /* of the book, each side */
};

/* What queries are told while a change hasn't reached their copy. */
struct sim_order_view {
	enum venue_status status;
	decimal_t qty, executed, turnover;
	bool triggered;
	nanos_t at;
};

struct sim_order {
	uint64_t venue_id;
	ident_t client_id; /* none when foreign */
	text_t client_text;
	name_t symbol;
	enum side side;
	enum order_type type;
	enum time_in_force time_in_force;
	decimal_t qty, price, stop_price, executed, turnover;
	enum venue_status status;
	bool triggered;                /* a stop whose price was reached */
	bool foreign;                  /* made by a person's hand */
	uint64_t list_id;              /* 0: in no list */
	nanos_t valid_until;           /* of its request; 0: a person's */
	nanos_t accepted_at, ended_at; /* exchange time; 0 = not yet */
	nanos_t updated_at;
	nanos_t visible_at; /* queries don't see it before */
	nanos_t settled_at; /* until then queries see `before` */
	struct sim_order_view before;
	decimal_t locked; /* of the asset that it pays with */
	char reason[40];  /* why it expired or was refused, in the exchange's word */
	uint16_t market;  /* index of its symbol */
	uint16_t older;   /* the order before it in its hash bucket, index + 1 */
	uint16_t amends;
};

struct sim_trade {
	uint64_t trade_id, venue_id;
	ident_t client_id;
	name_t symbol;
	enum side side;
	decimal_t price, qty, fee;
	name_t fee_asset;
	bool maker;
	nanos_t at, visible_at;
};

struct sim_balance {
	name_t asset;
	decimal_t opening; /* what the account began with */
	decimal_t free, locked;
	decimal_t free_before, locked_before; /* what queries see until the account is settled */
	bool is_news;                         /* the stream hasn't told it yet */
};

/* Orders that belong together. Of a pair, the first to trigger, to be executed or to end ends the
   other. Behind a working order, the pair or single one waits until that is executed in whole. */
struct sim_list {
	text_t client_text;
	uint64_t working; /* venue id; 0: none */
	uint64_t legs[2]; /* the second: 0 when there is one only */
	bool waits;       /* the legs wait for the working order */
	bool is_decided;  /* nothing follows any more */
};

struct sim_symbol {
	struct instrument instrument;
	decimal_t bid, ask, last;
	uint64_t book_id, trade_id;
	int64_t bid_ticks, ask_ticks, start_ticks, gap_ticks;
	int64_t bid_lots[SIM_LEVELS], ask_lots[SIM_LEVELS];
	nanos_t trade_visible_at; /* trades become visible in their order */
};

/* venue_depth without room for 5000 levels. */
struct sim_depth {
	name_t symbol;
	uint64_t id; /* first and last */
	nanos_t at;
	uint32_t bid_count, ask_count;
	struct level bids[2 * SIM_LEVELS], asks[2 * SIM_LEVELS];
};

/* Something that a stream tells: market data, or of the account. MESSAGE_VENUE_DEPTH comes as
   `depth`: sim_event_body() makes the message of it. */
struct sim_event {
	bool is_account;
	enum message_type type;
	union {
		struct venue_top top;
		struct venue_trade trade;
		struct sim_depth depth;
		struct venue_order order;
		struct venue_fill fill;
		struct venue_balance balance;
	} body;
};

#endif
