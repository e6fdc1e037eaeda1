/* SPDX-License-Identifier: Apache-2.0 */
/* What the stack has told, as the command line shows it: the newest state of everything. Pure. */
#ifndef BW_PICTURE_H
#define BW_PICTURE_H

#include "proto/codec.h"

enum {
	PICTURE_SERVICES_MAX = 24,
	PICTURE_SYMBOLS_MAX = 32,
	PICTURE_ORDERS_MAX = 1024,
	PICTURE_POSITIONS_MAX = 128,
	PICTURE_BALANCES_MAX = 64,
	PICTURE_ALERTS_MAX = 1000,
	PICTURE_LATENCIES_MAX = 8,
	PICTURE_BOTS_MAX = 64,
	PICTURE_LINES_MAX = 192,
	PICTURE_DIFFERENCES_MAX = 64,
};

struct picture_service {
	name_t name;
	nanos_t heard; /* last heartbeat; 0 = never */
	struct heartbeat heartbeat;
	struct child_state child; /* service.size 0: the supervisor hasn't told of it */
	uint64_t restarts_before; /* under earlier supervisors */
};

struct picture_market {
	name_t symbol;
	struct market_state state;
	struct instrument instrument;
	struct tick tick;
	nanos_t ticked; /* when it came; 0 = never */
};

struct picture {
	struct picture_service services[PICTURE_SERVICES_MAX];
	struct picture_market markets[PICTURE_SYMBOLS_MAX];
	struct order orders[PICTURE_ORDERS_MAX]; /* all open ones, and the newest that have ended */
	struct position positions[PICTURE_POSITIONS_MAX];
	struct balance balances[PICTURE_BALANCES_MAX];
	struct alert alerts[PICTURE_ALERTS_MAX]; /* by number, newest behind */
	struct latency latencies[PICTURE_LATENCIES_MAX];
	struct bot_state bots[PICTURE_BOTS_MAX];
	size_t service_count, market_count, order_count, position_count, balance_count, alert_count,
		latency_count, bot_count;
	struct order_counts counts;
	struct trading_state risk, executor; /* status 0: not heard */
	struct stack_state stack;            /* recovery's word; the same */
	struct rec_report report;            /* number 0: not heard */
	struct rec_line lines[PICTURE_LINES_MAX];
	struct rec_difference differences[PICTURE_DIFFERENCES_MAX]; /* by their place */
	size_t line_count, difference_count;
	struct fill last_fill; /* trade_id 0: none seen */
	uint64_t fills_seen;
	nanos_t silence_max; /* a service silent for longer is hung */
	bool has_waited;     /* so is one that was never heard: there was time enough */
};

/* What picture_take() understands: to be listened to. */
extern const enum message_type picture_types[];
extern const size_t picture_type_count;

void picture_init(struct picture *self, nanos_t silence_max);
/* Makes room for a service before it is heard, so that it is listed. */
void picture_expect(struct picture *self, const char *service);
void picture_take(struct picture *self, const struct envelope *envelope, const void *body,
                  nanos_t now);

const struct picture_service *picture_service(const struct picture *self, const char *name);
const struct picture_market *picture_market(const struct picture *self, const name_t *symbol);
/* From the supervisor's word, the heartbeat and its age. */
enum service_status picture_status(const struct picture *self,
                                   const struct picture_service *service, nanos_t now);
uint64_t picture_pid(const struct picture_service *service);
/* Under this supervisor and those before. */
uint64_t picture_restarts(const struct picture_service *service);
/* The supervisor died: its services will be started anew. */
void picture_lose_supervisor(struct picture *self);

/* The sterner one of risk's and the executor's view; NULL when neither was heard. */
const struct trading_state *picture_trading(const struct picture *self);

struct picture_sums {
	uint64_t messages, gaps, resyncs, refused;
	nanos_t tick_age; /* of the freshest symbol; -1 = no tick yet */
	name_t quote;     /* of the amounts below */
	decimal_t equity; /* balances at the best bid */
	decimal_t unrealised, realised, fees;
	bool is_valued; /* false: some asset has no price, equity leaves it out */
	uint64_t open;  /* orders not ended */
};

void picture_sum(const struct picture *self, nanos_t now, struct picture_sums *out);
/* At the best bid; false without a price. */
bool picture_unrealised(const struct picture *self, const struct position *position,
                        decimal_t *out);
bool picture_is_open(const struct order *order);

#endif
