/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of the simulated exchange: books, engine, lists. Only exchange_*.c include it. Every
   change of an order goes through here, so that lagging views, balances and streams agree. */
#ifndef SIM_EXCHANGE_ENGINE_H
#define SIM_EXCHANGE_ENGINE_H

#include "common/sim/exchange.h"

/* One request or tick being worked on. */
struct sim_turn {
	nanos_t now;
	struct sim_whim whim;
};

struct sim_refusal {
	unsigned status; /* HTTP; 0: not refused */
	uint64_t code;
	text_t text;
	nanos_t wait; /* of a 429 */
};

void sim_refuse(struct sim_refusal *self, unsigned status, uint64_t code, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

struct sim_terms {
	uint16_t market;
	enum side side;
	enum order_type type;
	enum time_in_force time_in_force;
	decimal_t qty, quote_qty, price, stop_price;
	text_t client_text;
	uint64_t list_id;
	bool waits;   /* PENDING_NEW: for its list's working leg */
	bool foreign; /* a person's */
	nanos_t valid_until;
};

/* exchange_books.c: orders, balances, views */

ident_t sim_client_id(const char *client); /* as the dialect reads it: none for foreign ones */
int sim_symbol_index(const struct sim_exchange *self, const char *name); /* -1: unknown */
struct sim_order *sim_order_add(struct sim_exchange *self, const struct sim_turn *turn,
                                const struct sim_terms *terms);
struct sim_order *sim_order_of(struct sim_exchange *self, uint64_t venue_id);
/* The open one, else the newest, else NULL; `is_seen`: of those that queries see at `now`. */
struct sim_order *sim_order_named(struct sim_exchange *self, unsigned market, const char *client);
struct sim_order *sim_order_seen(struct sim_exchange *self, unsigned market, const char *client,
                                 nanos_t now);
void sim_order_rename(struct sim_exchange *self, struct sim_order *order, const char *client);
/* Before any change of an order: keeps what lagging queries see. */
void sim_order_touch(struct sim_order *self, const struct sim_turn *turn);
/* As queries see it. */
struct sim_order_view sim_order_view(const struct sim_order *self, nanos_t now);
bool sim_status_is_open(enum venue_status status);
/* Forgets orders that ended long enough ago for every query to know. */
void sim_sweep(struct sim_exchange *self, nanos_t now);

struct sim_balance *sim_balance_of(struct sim_exchange *self, const name_t *asset);
const name_t *sim_paying_asset(const struct sim_exchange *self, const struct sim_order *order);
const name_t *sim_received_asset(const struct sim_exchange *self, const struct sim_order *order);
/* Before any change of balances: keeps what lagging queries see. */
void sim_account_touch(struct sim_exchange *self, const struct sim_turn *turn);
/* Moves from free to locked; below zero moves back. */
void sim_lock(struct sim_exchange *self, struct sim_order *order, decimal_t amount);
/* What an order of these terms binds while it rests. */
decimal_t sim_lock_of(const struct sim_terms *terms);
/* The money of an execution; fills in its fee. */
void sim_settle(struct sim_exchange *self, struct sim_order *order, struct sim_trade *trade);

/* exchange_match.c: the engine */

/* Filters, the count of orders and the engine's rules. False: refused, nothing happened. */
bool sim_check(struct sim_exchange *self, const struct sim_turn *turn,
               const struct sim_terms *terms, struct sim_refusal *refusal);
/* What was checked becomes an order, binds `lock` and works or waits. */
struct sim_order *sim_accept(struct sim_exchange *self, const struct sim_turn *turn,
                             const struct sim_terms *terms, decimal_t lock);
/* Both; NULL: refused. */
struct sim_order *sim_place(struct sim_exchange *self, const struct sim_turn *turn,
                            const struct sim_terms *terms, struct sim_refusal *refusal);
/* Filters alone. */
bool sim_passes_filters(const struct sim_exchange *self, const struct sim_terms *terms,
                        struct sim_refusal *refusal);
/* Takes from the count of unfilled orders alone. */
bool sim_counts(struct sim_exchange *self, nanos_t now, struct sim_refusal *refusal);
/* The engine's rules alone. */
bool sim_passes_engine(struct sim_exchange *self, const struct sim_terms *terms,
                       struct sim_refusal *refusal);
/* Gives an open order less to do. `qty` is above what was executed. */
void sim_shrink(struct sim_exchange *self, const struct sim_turn *turn, struct sim_order *order,
                decimal_t qty);
/* A new order begins to work: takes from the book, then rests or ends. */
void sim_work(struct sim_exchange *self, const struct sim_turn *turn, struct sim_order *order);
/* An open order ends otherwise than by its last execution; its list follows. */
void sim_end(struct sim_exchange *self, const struct sim_turn *turn, struct sim_order *order,
             enum venue_status status, const char *reason);
void sim_cancel(struct sim_exchange *self, const struct sim_turn *turn, struct sim_order *order);
/* The market has moved: stops and what rests. */
void sim_follow(struct sim_exchange *self, const struct sim_turn *turn);
bool sim_would_trigger(const struct sim_exchange *self, unsigned market, enum order_type type,
                       enum side side, decimal_t stop_price);

/* exchange_lists.c */

/* After each execution, each trigger and each end of an order that is in a list. */
void sim_list_follow(struct sim_exchange *self, const struct sim_turn *turn,
                     struct sim_order *order);

/* exchange_tell.c: messages as the dialect makes them, and what streams tell */

nanos_t sim_millis(nanos_t moment); /* cut to whole milliseconds, as JSON tells it */
struct venue_order sim_tell_order(const struct sim_order *order, enum source source);
struct venue_order sim_tell_view(const struct sim_order *order, nanos_t now);
struct venue_fill sim_tell_fill(const struct sim_trade *trade, enum source source);
struct sim_event *sim_event_add(struct sim_exchange *self, enum message_type type);
void sim_stream_order(struct sim_exchange *self, const struct sim_order *order);
void sim_stream_fill(struct sim_exchange *self, const struct sim_trade *trade);
void sim_stream_balances(struct sim_exchange *self, nanos_t now); /* those that changed */
bool sim_stream_has_room(const struct sim_exchange *self);

/* Sums that can't overflow: filters bound prices and quantities (asserted). */
decimal_t sim_add(decimal_t a, decimal_t b);
decimal_t sim_subtract(decimal_t a, decimal_t b);
decimal_t sim_multiply(decimal_t a, decimal_t b);
int64_t sim_lots(const struct sim_symbol *symbol, decimal_t qty);
decimal_t sim_qty(const struct sim_symbol *symbol, int64_t lots);
decimal_t sim_price(const struct sim_symbol *symbol, int64_t ticks);

#endif
