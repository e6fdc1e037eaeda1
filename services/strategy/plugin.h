/* SPDX-License-Identifier: Apache-2.0 */
/* What a strategy is, and what it may ask of its host. A strategy is a struct of functions at the
   bottom of one file, over a state that the host owns: pure like every logic, no clock, heap,
   global or chance of its own. The state is zeroed memory before `init` and lies in the same place
   for the bot's life.

   Orders are wishes. A wish becomes an intent to risk, and every change of its fate comes back
   through on_order, as does every execution through on_fill. A wish is never repeated by the host:
   when on_order tells that it was refused or is gone, the strategy decides anew. Spot, long-only: a
   buy is an entry, a sale is the exit of what the bot holds. */
#ifndef STRATEGY_PLUGIN_H
#define STRATEGY_PLUGIN_H

#include "common/base/config.h"
#include "common/logic/outbox.h"
#include "common/model/candle.h"

enum { BOT_ORDERS_MAX = 32, BOT_MEMORY_SIZE = 64 << 10 };

enum bot_order_stage {
	BOT_ORDER_ASKED = 1, /* neither risk's refusal nor an order of the executor is known */
	BOT_ORDER_OPEN,  /* the executor reports it as not ended; `status` tells where it stands */
	BOT_ORDER_ENDED, /* `status` tells how, `executed` how much */
	BOT_ORDER_REFUSED, /* never became an order; `rule` tells why */
	BOT_ORDER_GONE,    /* its time is over and the executor knows no open order of it */
};

struct bot_order {
	ident_t intent_id;
	enum bot_order_stage stage;
	enum order_status status; /* OPEN and ENDED */
	enum side side;
	enum order_type type;
	decimal_t qty, price, executed;
	bool adopted;    /* of an earlier run of this host: cancel it or live with it */
	bool cancelling; /* a cancel is under way */
	name_t rule;     /* REFUSED */
	nanos_t expires; /* ASKED: of the intent */
	bool told;       /* the host's own: reported since the executor's stream was last whole */
	uint64_t cancel_token; /* the host's own */
};

/* Orders that have not ended, in no order. */
struct bot_orders {
	uint32_t count;
	struct bot_order items[BOT_ORDERS_MAX];
};

struct bot_host;
struct bot;

/* The world as one bot sees it in one callback; not to be kept. */
struct bot_context {
	nanos_t now;
	uint64_t entropy;
	void *state;
	const void *params; /* the plugin's own table, filled and within its bounds */
	const struct instrument *instrument; /* NULL: the symbol's rules are not known yet */
	const struct tick *tick;             /* best prices; NULL: none that can be trusted */
	decimal_t held;                      /* base; as the executor last told */
	const struct bot_orders *orders;
	/* the host's own */
	struct bot_host *host;
	struct bot *bot;
	struct outbox *out;
	nanos_t cause, arrival; /* stamps of the market message that caused this, 0 when none did */
};

struct strategy {
	const char *name, *doc;
	const struct config_type *params;
	size_t state_size; /* with the parameters at most BOT_MEMORY_SIZE */

	/* NULL when the parameters fit together, else the remedy. May be NULL. */
	const char *(*check)(const void *params);
	/* Candles are made when on_candle is there. */
	nanos_t (*candle_period)(const void *params);

	/* All may be NULL. Called for the bot's own symbol, orders and executions only. */
	void (*init)(void *state, const void *params);
	void (*on_tick)(struct bot_context *bot, const struct tick *tick);
	void (*on_trade)(struct bot_context *bot, const struct trade *trade);
	void (*on_candle)(struct bot_context *bot, const struct candle *candle);
	void (*on_timer)(struct bot_context *bot); /* see bot_wake */
	void (*on_order)(struct bot_context *bot, const struct bot_order *order);
	void (*on_fill)(struct bot_context *bot, const struct fill *fill);
};

struct wish {
	enum side side;
	decimal_t qty, price; /* in whole lots and ticks; price zero for bot_market */
	const char *reason;   /* one word or two, for the journal and the log */
};

/* NULL when a buy (a sale) may be asked for now, else why not. */
const char *bot_shuts_entry(const struct bot_context *bot);
const char *bot_shuts_exit(const struct bot_context *bot);

/* Each appends one intent: a limit that rests, one that takes what it can at once, one that only
   rests (LIMIT_MAKER), one without a price. ERR_AGAIN when bot_shuts_* says so, ERR_FULL with
   BOT_ORDERS_MAX open orders. `id` may be NULL. */
MUST_CHECK enum err bot_limit(struct bot_context *bot, const struct wish *wish, ident_t *id);
MUST_CHECK enum err bot_limit_ioc(struct bot_context *bot, const struct wish *wish, ident_t *id);
MUST_CHECK enum err bot_post_only(struct bot_context *bot, const struct wish *wish, ident_t *id);
MUST_CHECK enum err bot_market(struct bot_context *bot, const struct wish *wish, ident_t *id);

/* Asks the executor to cancel an open order. ERR_NOT_FOUND when the executor doesn't report it
   (yet), ERR_EXISTS when a cancel is under way. */
MUST_CHECK enum err bot_cancel(struct bot_context *bot, ident_t intent_id, const char *reason);

/* on_timer at this moment, once; replaces the moment asked for before. 0: never. */
void bot_wake(struct bot_context *bot, nanos_t at);

/* One line of the signal log: signal(type, reason, confidence). */
void bot_signal(struct bot_context *bot, enum side side, const char *reason, double confidence);

/* What can be sold of the holding: whole lots worth the exchange's minimum, else zero. */
decimal_t bot_sellable(const struct bot_context *bot);
/* Whole lots: `qty`, or what `value` pays at `price` when qty is zero. */
MUST_CHECK enum err bot_qty(const struct bot_context *bot, decimal_t qty, decimal_t value,
                            decimal_t price, decimal_t *out);
/* Asks to cancel what an earlier run of this host left open; true while there is any. */
bool bot_clears_adopted(struct bot_context *bot);
/* `price` and so many ticks; on the symbol's grid when the price is. */
MUST_CHECK enum err bot_price_away(const struct bot_context *bot, decimal_t price, int64_t ticks,
                                   decimal_t *out);

#endif
