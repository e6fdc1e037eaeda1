/* SPDX-License-Identifier: Apache-2.0 */
/* Positions by bot from executions, each execution accounted exactly once by (symbol, trade id),
   and the rules of the symbols that were traded. A function of the journal records alone; balances
   are only the exchange's last word. Pure. */
#ifndef EXECUTOR_HOLDINGS_H
#define EXECUTOR_HOLDINGS_H

#include "common/base/seen.h"
#include "proto/message.h"
#include "services/executor/stops.h"

enum {
	SYMBOLS_MAX = 64,
	POSITIONS_MAX = 512,
	BALANCES_MAX = 64,
	FILLS_REMEMBERED = 32768,
	SENT_SECONDS = 64
};

/* What was sent of a symbol within one second. */
struct sent_second {
	int64_t second;
	decimal_t qty;
};

/* A symbol whose rules are known. */
struct market {
	struct instrument instrument;
	bool is_marked;           /* it is known from where on executions are accounted */
	uint64_t trade_mark;      /* executions up to here are not ours to account */
	uint64_t trade_top;       /* highest trade id accounted, at least the mark */
	uint64_t trade_settled;   /* ids up to here were told long before the last one accounted */
	uint64_t trade_recent;    /* the next value of that, */
	nanos_t recent_at;        /* and since when it waits */
	uint64_t trade_forgotten; /* ids up to here may have left `seen` */
	struct sent_second sent[SENT_SECONDS];
};

struct holding {
	struct position position;
	struct guard guard;
	bool changed; /* since it was last published; this run only */
};

struct asset {
	struct balance balance;
	uint64_t round; /* token of the last list of balances that named it */
};

struct holdings {
	name_t venue;
	struct market markets[SYMBOLS_MAX];
	uint32_t market_count;
	struct holding positions[POSITIONS_MAX];
	uint32_t position_count;
	struct asset assets[BALANCES_MAX];
	uint32_t asset_count;
	uint64_t unaccounted; /* executions that did not fit a position */
	struct seen seen;
	uint64_t seen_keys[FILLS_REMEMBERED];
	struct table_cell seen_cells[TABLE_CELLS(FILLS_REMEMBERED)];
};

/* A position as it stood in a checkpoint. ERR_FULL beyond POSITIONS_MAX. */
MUST_CHECK enum err holdings_set_position(struct holdings *self, const struct position *position);

enum fill_news { FILL_NEW, FILL_KNOWN, FILL_TOO_OLD /* can't be told from a known one */ };

void holdings_init(struct holdings *self, const name_t *venue);

/* NULL when its rules are not known. */
struct market *holdings_market(struct holdings *self, const name_t *symbol);
/* Sets or changes the rules of a symbol. ERR_FULL beyond SYMBOLS_MAX. */
MUST_CHECK enum err holdings_set_instrument(struct holdings *self,
                                            const struct instrument *instrument);

enum fill_news holdings_news(const struct holdings *self, const struct market *market,
                             uint64_t trade_id);

/* Accounts an execution that is new. When numbers don't fit, it is remembered and counted, and the
   position stays (the error is returned). */
MUST_CHECK enum err holdings_account(struct holdings *self, struct market *market,
                                     const struct fill *fill);

/* Executions beyond this one are accounted, unless something was accounted before. */
void holdings_mark(struct market *market, uint64_t trade_id);
/* An order of so much was sent; the sum of what was sent within the last minute. */
void market_note_sent(struct market *self, nanos_t at, decimal_t qty);
decimal_t market_sent(const struct market *self, nanos_t now);

/* NULL when the bot never held or was to hold any. */
struct holding *holdings_find(struct holdings *self, const name_t *symbol, const name_t *bot);
/* The same, added where it is missing; NULL when there is no room. */
struct holding *holdings_take(struct holdings *self, const name_t *symbol, const name_t *bot);

/* Base that a bot holds; zero when it holds none. */
decimal_t holdings_qty(const struct holdings *self, const name_t *symbol, const name_t *bot);

/* NULL when there is no room. */
struct asset *holdings_asset(struct holdings *self, const name_t *asset);

#endif
