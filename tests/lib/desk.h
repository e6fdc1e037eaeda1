/* SPDX-License-Identifier: Apache-2.0 */
/* A desk with an executor on it: its events come from here, its effects are kept to be looked at,
   and a small exchange answers its calls when the test says so. One symbol, BTCUSDT; time stands
   until the test lets it pass. Words for given, when and then. */
#ifndef TESTS_LIB_DESK_H
#define TESTS_LIB_DESK_H

#include "services/executor/calls.h"

enum {
	DESK_ORDERS_MAX = 512,
	DESK_FILLS_MAX = 2048,
	DESK_CALLS_MAX = 256,
	DESK_RECORDS_MAX = 8192
};

/* How far it gets with a cancel-replace. */
enum desk_replace { DESK_WHOLE, DESK_CANCEL_ONLY, DESK_PLACE_ONLY, DESK_NEITHER };

/* The small exchange's ledger: the truth. */
struct desk_order {
	struct venue_order told;
	decimal_t stop_price;
	bool hidden; /* a query doesn't see it yet */
	bool queued; /* on its way to the engine: neither a query nor a cancel sees it */
};

struct desk_call {
	uint64_t token;
	bool is_frame;
	struct http_request request;
	nanos_t sent;
};

struct desk_message {
	enum effect_kind kind;
	enum message_type type;
	uint64_t token;
	void *body;
};

struct desk {
	struct executor *executor;
	struct outbox *out;
	void *arena;
	struct stack_config stack;
	struct identity identity;
	struct executor_config config;
	nanos_t now, timers[LOGIC_TIMERS_MAX];
	nanos_t handed; /* as event.handed */
	uint64_t entropy, tokens;

	struct desk_message records[DESK_RECORDS_MAX]; /* the journal */
	size_t record_count;
	size_t journal_max; /* SAVEs beyond are lost with all behind them */
	bool crashed;

	struct desk_message said[DESK_RECORDS_MAX]; /* published and answered since desk_forget */
	size_t said_count;
	char notes[DESK_RECORDS_MAX][48]; /* event names of notes and alerts, the same */
	size_t note_count;

	struct desk_call calls[DESK_CALLS_MAX]; /* not answered yet */
	size_t call_count;

	struct desk_order orders[DESK_ORDERS_MAX];
	size_t order_count;
	struct venue_fill fills[DESK_FILLS_MAX];
	size_t fill_count;
	nanos_t clock_offset;
	decimal_t bid;       /* at the exchange; zero: orders only execute when the test says so */
	decimal_t base_free; /* balance of BTC; zero: none is told */
	uint64_t orders_received;
	uint64_t weight_received; /* of all requests by HTTP */
	enum desk_replace replaces;
	struct venue venue; /* in force when it has no cancel-replace and no amend */
	bool cancels_first;
	nanos_t trades_lag; /* every second execution is listed so late */
};

struct desk *desk_open(void);
void desk_close(struct desk *self);
/* The exchange has no call that replaces or amends an order. */
void desk_cancel_first(struct desk *self);

/* START, then everything is answered until entries are open. */
void desk_start(struct desk *self);
/* Only START, nothing is answered. */
void desk_boot(struct desk *self);
/* A new process: state folded from the first `count` records, nothing else kept. */
void desk_restart(struct desk *self, size_t count);

void desk_event(struct desk *self, enum event_kind kind, uint64_t token, enum message_type type,
                const void *body);
/* Does what stands in `out`. */
void desk_perform(struct desk *self);
/* Something that a part of the executor decides in a step of its own. */
void desk_within(struct desk *self, void (*decide)(struct executor *executor, void *context),
                 void *context);
/* Lets time pass, timers ring; calls wait. */
void desk_pass(struct desk *self, nanos_t time);
/* The same, and the exchange answers each call at once. */
void desk_live(struct desk *self, nanos_t time);

/* A request from a peer; returns the token that its answer will have. */
uint64_t desk_request(struct desk *self, enum message_type type, const void *body);

struct approval desk_approval(struct desk *self, const char *side, const char *qty,
                              const char *price);
/* Hands it in and returns the receipt. */
struct receipt desk_approve(struct desk *self, const struct approval *approval);
/* An approved order, sent and on the way; returns its intent. */
ident_t desk_order(struct desk *self, const char *side, const char *qty, const char *price);

/* The oldest waiting call of this kind; NULL when there is none. */
struct desk_call *desk_call(struct desk *self, enum call_kind kind);
/* The exchange does what the oldest call of the kind asks for, and its answer arrives. */
void desk_answer(struct desk *self, enum call_kind kind);
/* The exchange does it, but the answer is lost: evidence NOTHING. */
void desk_lose_answer(struct desk *self, enum call_kind kind);
/* The request is lost; the answer is that evidence. */
void desk_refuse(struct desk *self, enum call_kind kind, enum evidence evidence, uint64_t code);
void desk_answer_all(struct desk *self);

/* The exchange executes a part of the last (or that) order; nobody is told. */
struct desk_order *desk_last(struct desk *self);
struct venue_fill *desk_execute(struct desk *self, struct desk_order *order, const char *qty);
/* Tells it on the stream. */
void desk_stream_order(struct desk *self, const struct desk_order *order);
void desk_stream_fill(struct desk *self, const struct venue_fill *fill);
void desk_link(struct desk *self, enum link_status status);

struct order desk_book(struct desk *self, ident_t intent_id);
/* Base that the bot holds, as text. */
const char *desk_held(struct desk *self, const char *bot);

void desk_forget(struct desk *self);
/* How often such a message was published or answered, a record saved, a note or alert written. */
size_t desk_said(const struct desk *self, enum message_type type);
size_t desk_saved(const struct desk *self, enum message_type type);
size_t desk_noted(const struct desk *self, const char *name);
/* The last such message. */
const void *desk_last_said(const struct desk *self, enum message_type type);

#endif
