/* SPDX-License-Identifier: Apache-2.0 */
/* The built-in exchange: Binance spot on loopback (REST, market streams, WebSocket API), played
   from a recorded session. A logic like every other: requests come as WIRE events, answers leave
   through the outbox, the ledger is journaled before an answer tells of it. README.md tells what it
   offers.

   The configuration carries the tape and the account's key, which the program loads before init: an
   exchange must check signatures, so this is the one logic that knows a secret (its own account's).
 */
#ifndef EXCHANGE_EXCHANGE_H
#define EXCHANGE_EXCHANGE_H

#include "common/logic/dialect.h"
#include "common/logic/logic.h"
#include "services/exchange/account.h"
#include "services/exchange/limits.h"
#include "services/exchange/matching.h"

#include <assert.h>

struct exchange_symbol {
#define CONFIG_STRUCT
#include "common/base/config_rows.h"
#include "services/exchange/symbol.def"
#include "common/base/config_rows_end.h"
};

struct exchange_config {
#define CONFIG_STRUCT
#include "common/base/config_rows.h"
#include "services/exchange/config.def"
#include "common/base/config_rows_end.h"
	const struct tape *recording; /* not configuration: loaded from what it names */
	struct venue_key key;
};

extern const struct config_type exchange_config_type;
extern const struct config_type exchange_symbol_type;
extern const struct logic exchange_logic;

enum exchange_timer { TIMER_TAPE = 1, TIMER_DELAYED };

enum {
	EXCHANGE_CLIENTS_MAX = 64,
	EXCHANGE_USERS_MAX = 4, /* subscribers of user events */
	EXCHANGE_DELAYED_MAX = 64,
	EXCHANGE_QUERY_MAX = 2048,
	EXCHANGE_TEXT_MAX = 2 << 20, /* longest answer */
	EXCHANGE_ORDERS_MAX = 200,   /* MAX_NUM_ORDERS */
	EXCHANGE_ALGO_ORDERS_MAX = 5,
	EXCHANGE_AMENDS_MAX = 10, /* MAX_NUM_ORDER_AMENDS */
	EXCHANGE_LISTS_MAX = 20,  /* MAX_NUM_ORDER_LISTS */
};

static_assert(EXCHANGE_ORDERS_MAX * ACCOUNT_SYMBOLS_MAX <= ACCOUNT_OPEN_MAX,
              "the filters bound the open orders");

enum stream_kind { STREAM_TRADE, STREAM_TOP, STREAM_DEPTH_FAST, STREAM_DEPTH, STREAM_KINDS };
enum client_kind { CLIENT_RAW = 1, CLIENT_COMBINED, CLIENT_API };

struct exchange_client { /* a WebSocket connection */
	uint64_t id;     /* 0: free */
	enum client_kind kind;
	bool is_user; /* gets user events */
	bool streams[ACCOUNT_SYMBOLS_MAX][STREAM_KINDS];
};

struct exchange_delayed { /* a request under way; its texts are kept here */
	nanos_t at;       /* event time; 0: free */
	uint64_t number;  /* in order of arrival */
	struct wire wire;
	char method[8], path[64], query[EXCHANGE_QUERY_MAX], api_key[128], body[EXCHANGE_QUERY_MAX];
};

struct exchange_place { /* of a resting order in the queue of its price; not durable */
	uint64_t order;
	decimal_t ahead;
};

struct exchange {
	const struct exchange_config *config;
	unsigned symbol_count;
	struct instrument instruments[ACCOUNT_SYMBOLS_MAX];
	struct exchange_symbol symbols[ACCOUNT_SYMBOLS_MAX];
	struct account account;
	struct market markets[ACCOUNT_SYMBOLS_MAX];
	struct exchange_place places[ACCOUNT_OPEN_MAX];
	struct limits limits;
	struct exchange_client clients[EXCHANGE_CLIENTS_MAX];
	struct exchange_delayed delayed[EXCHANGE_DELAYED_MAX];
	uint64_t delayed_count;
	char text[EXCHANGE_TEXT_MAX]; /* of the answer being written */
};

/* One event being worked on. */
struct turn {
	const struct event *event;
	struct outbox *out;
	nanos_t at;        /* exchange time */
	uint64_t chance;   /* drawn from the event's entropy; draw_percent() moves it on */
	unsigned ids_made; /* client ids */
};

nanos_t exchange_time(const struct exchange *self, nanos_t now);
/* Event time at which exchange time is `at`. */
nanos_t exchange_when(const struct exchange *self, nanos_t at);
/* Saves a ledger record and folds it in. */
void exchange_record(struct exchange *self, struct turn *turn, enum message_type type,
                     const void *record);
bool exchange_draws(struct turn *turn, decimal_t percent);

#endif
