/* SPDX-License-Identifier: Apache-2.0 */
/* One symbol's market data: book, depth events that wait for a snapshot, counters. Pure. */
#ifndef FEED_SYMBOL_H
#define FEED_SYMBOL_H

#include "common/base/ring.h"
#include "common/logic/outbox.h"
#include "common/model/book.h"

enum { SYMBOL_WAITING_BYTES = 256 << 10 };

struct symbol {
	struct market_state state;
	struct tick tick;   /* last one published; book_id 0 = none */
	uint64_t marked_id; /* book id of the last mark */
	nanos_t marked_at;
	struct instrument instrument;
	bool has_instrument;
	bool snapshot_asked;
	nanos_t snapshot_retry; /* not asked again before */
	uint64_t trade_id;      /* last one seen */
	struct ring waiting;    /* depth events before the snapshot */
	_Alignas(16) uint8_t waiting_memory[SYMBOL_WAITING_BYTES];
	struct book book;
};

void symbol_init(struct symbol *self, const name_t *name);
/* The connection is new: nothing that we hold is known to be current. */
void symbol_restart(struct symbol *self, enum market_status status, const char *reason);

/* Each returns true when the state's status changed. */
bool symbol_depth(struct symbol *self, const struct venue_depth *depth, nanos_t now);
bool symbol_snapshot(struct symbol *self, const struct venue_book *snapshot, nanos_t now);
bool symbol_check(struct symbol *self, nanos_t now, nanos_t stale_after);

/* True when `*tick` is to be published. */
bool symbol_top(struct symbol *self, const struct venue_top *top, nanos_t now, nanos_t stamp,
                struct tick *tick);
/* True when `*trade` is to be published. */
bool symbol_trade(struct symbol *self, const struct venue_trade *in, nanos_t now, nanos_t stamp,
                  struct trade *trade);

/* The last tick as a mark. */
struct mark symbol_mark_now(const struct symbol *self);
/* True when `*mark` is to be published: a newer price than the last mark's, at most one per
 * interval. */
bool symbol_mark(struct symbol *self, nanos_t now, nanos_t interval, struct mark *mark);

/* Whether a snapshot should be asked for now. */
bool symbol_wants_snapshot(const struct symbol *self, nanos_t now);

#endif
