/* SPDX-License-Identifier: Apache-2.0 */
/* The executor's books as it publishes them: open orders, positions, balances, and of each number
   the last moments, so that it can be compared with what the exchange said a little earlier. Pure.
 */
#ifndef RECOVERY_OURS_H
#define RECOVERY_OURS_H

#include "proto/message.h"

enum {
	SUBJECTS_MAX = 64, /* symbols, and as many assets */
	OUR_ORDERS_MAX = 1100,
	OUR_POSITIONS_MAX = 512,
	MOMENTS_MAX = 1024,
};

/* The executor's number of one symbol or asset at one moment. */
struct moment {
	nanos_t at;
	decimal_t qty;   /* all bots together, or free and locked */
	decimal_t owned; /* symbols: held by bots other than manual */
	uint64_t executions;
};

struct subject {
	name_t name;
	struct moment moments[MOMENTS_MAX]; /* newest at (moment_count - 1) % MOMENTS_MAX */
	uint64_t moment_count;
};

struct subjects {
	struct subject items[SUBJECTS_MAX];
	uint32_t count;
};

/* An order of ours, open or ended a short while ago, as much of it as is compared. */
struct our_order {
	ident_t client_id;
	name_t symbol, bot;
	enum order_status status;
	enum purpose purpose;
	decimal_t executed;
	uint64_t venue_id;
	nanos_t updated, ended_at; /* ended_at 0 = open */
};

struct our_position {
	name_t symbol, bot;
	decimal_t qty, entry_price;
	uint64_t executions;
	bool has_stop_orders; /* one was seen in this run */
	bool is_told;
	nanos_t naked_since; /* 0 = it isn't */
	bool naked_told;
};

/* The executor's books as it publishes them. */
struct ours {
	bool whole;
	uint64_t epoch;
	uint16_t tag; /* of our client ids; 0 = not seen yet */
	struct our_order orders[OUR_ORDERS_MAX];
	uint32_t order_count;
	struct our_position positions[OUR_POSITIONS_MAX];
	uint32_t position_count;
	struct subjects symbols, assets;
	struct journal_mark marks[SUBJECTS_MAX]; /* executions up to there are in nobody's books */
	uint32_t mark_count;
	bool is_full;                        /* something didn't fit: nothing may be concluded */
	struct trading_state executor, risk; /* status 0 = not heard */
};

/* The executor's stream has a gap, or is whole again. Told again after a gap, everything is folded
   anew. */
void ours_stream(struct ours *self, bool whole, nanos_t now);
void ours_order(struct ours *self, const struct order *order, nanos_t now);
void ours_position(struct ours *self, const struct position *position, nanos_t now);
void ours_mark(struct ours *self, const struct journal_mark *mark);
void ours_balance(struct ours *self, const struct balance *balance, nanos_t now);

/* The executor's mark of a symbol; 0 = none. */
uint64_t ours_mark_of(const struct ours *self, const name_t *symbol);

/* Whether our books held it open at some moment since `from`. */
bool ours_was_open(const struct ours *self, ident_t client_id, nanos_t from);
/* NULL when we never heard of it: then our number is zero. */
const struct subject *subject_find(const struct subjects *self, const name_t *name);
/* The newest; all zero without one. */
struct moment subject_now(const struct subject *self);
/* Whether at some moment since `from`, that moment included, the number was this. */
bool subject_was(const struct subject *self, nanos_t from, decimal_t qty, uint64_t executions);
/* The least and the most that bots held at any moment since then. */
void subject_owned(const struct subject *self, nanos_t from, decimal_t *least, decimal_t *most);
bool ours_is_protected(const struct ours *self, const struct our_position *position);

#endif
