/* SPDX-License-Identifier: Apache-2.0 */
/* An executor on the bench: its events come from here, its effects are kept to be looked at, and a
   small exchange answers its calls when the test says so. One symbol, BTCUSDT; time stands until the
   test lets it pass. Words for given, when and then. */
#ifndef TESTS_LIB_EXECUTOR_BENCH_H
#define TESTS_LIB_EXECUTOR_BENCH_H

#include "services/executor/calls.h"

enum { BENCH_ORDERS_MAX = 512, BENCH_FILLS_MAX = 2048, BENCH_CALLS_MAX = 256, BENCH_RECORDS_MAX = 8192 };

/* The small exchange's ledger: the truth. */
struct bench_order {
	struct venue_order told;
	bool hidden; /* a query doesn't see it yet */
};

struct bench_call {
	uint64_t token;
	bool is_frame;
	struct http_request request;
	nanos_t sent;
};

struct bench_message {
	enum effect_kind kind;
	enum message_type type;
	uint64_t token;
	void *body;
};

struct executor_bench {
	struct executor *executor;
	struct outbox *out;
	void *arena;
	struct stack_config stack;
	struct identity identity;
	struct executor_config config;
	nanos_t now, timers[LOGIC_TIMERS_MAX];
	uint64_t entropy, tokens;

	struct bench_message records[BENCH_RECORDS_MAX]; /* the journal */
	size_t record_count;
	size_t journal_max;                              /* SAVEs beyond are lost with all behind them */
	bool crashed;

	struct bench_message said[BENCH_RECORDS_MAX];    /* published and answered since bench_forget */
	size_t said_count;
	char notes[BENCH_RECORDS_MAX][48];               /* event names of notes and alerts, the same */
	size_t note_count;

	struct bench_call calls[BENCH_CALLS_MAX];        /* not answered yet */
	size_t call_count;

	struct bench_order orders[BENCH_ORDERS_MAX];
	size_t order_count;
	struct venue_fill fills[BENCH_FILLS_MAX];
	size_t fill_count;
	nanos_t clock_offset;
	uint64_t orders_received;
};

struct executor_bench *bench_open(void);
void bench_close(struct executor_bench *self);

/* START, then everything is answered until entries are open. */
void bench_start(struct executor_bench *self);
/* Only START, nothing is answered. */
void bench_boot(struct executor_bench *self);
/* A new process: state folded from the first `count` records, nothing else kept. */
void bench_restart(struct executor_bench *self, size_t count);

void bench_event(struct executor_bench *self, enum event_kind kind, uint64_t token, enum message_type type,
                 const void *body);
/* Lets time pass, timers ring; calls wait. */
void bench_pass(struct executor_bench *self, nanos_t time);
/* The same, and the exchange answers each call at once. */
void bench_live(struct executor_bench *self, nanos_t time);

/* A request from a peer; returns the token that its answer will have. */
uint64_t bench_request(struct executor_bench *self, enum message_type type, const void *body);

struct approval bench_approval(struct executor_bench *self, const char *side, const char *qty, const char *price);
/* Hands it in and returns the receipt. */
struct receipt bench_approve(struct executor_bench *self, const struct approval *approval);
/* An approved order, sent and on the way; returns its intent. */
ident_t bench_order(struct executor_bench *self, const char *side, const char *qty, const char *price);

/* The oldest waiting call of this kind; NULL when there is none. */
struct bench_call *bench_call(struct executor_bench *self, enum call_kind kind);
/* The exchange does what the oldest call of the kind asks for, and its answer arrives. */
void bench_answer(struct executor_bench *self, enum call_kind kind);
/* The exchange does it, but the answer is lost: evidence NOTHING. */
void bench_lose_answer(struct executor_bench *self, enum call_kind kind);
/* The request is lost; the answer is that evidence. */
void bench_refuse(struct executor_bench *self, enum call_kind kind, enum evidence evidence, uint64_t code);
void bench_answer_all(struct executor_bench *self);

/* The exchange executes a part of the last (or that) order; nobody is told. */
struct bench_order *bench_last(struct executor_bench *self);
struct venue_fill *bench_execute(struct executor_bench *self, struct bench_order *order, const char *qty);
/* Tells it on the stream. */
void bench_stream_order(struct executor_bench *self, const struct bench_order *order);
void bench_stream_fill(struct executor_bench *self, const struct venue_fill *fill);
void bench_link(struct executor_bench *self, enum link_status status);

struct order bench_book(struct executor_bench *self, ident_t intent_id);
/* Base that the bot holds, as text. */
const char *bench_held(struct executor_bench *self, const char *bot);

void bench_forget(struct executor_bench *self);
/* How often such a message was published or answered, a record saved, a note or alert written. */
size_t bench_said(const struct executor_bench *self, enum message_type type);
size_t bench_saved(const struct executor_bench *self, enum message_type type);
size_t bench_noted(const struct executor_bench *self, const char *name);
/* The last such message. */
const void *bench_last_said(const struct executor_bench *self, enum message_type type);

#endif
