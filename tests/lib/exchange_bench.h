/* SPDX-License-Identifier: Apache-2.0 */
/* The built-in exchange on a bench: its logic stepped with made-up events, its answers caught. */
#ifndef TESTS_EXCHANGE_BENCH_H
#define TESTS_EXCHANGE_BENCH_H

#include "services/exchange/exchange.h"

#include <jansson.h>

enum { BENCH_RECORDS_MAX = 4096, BENCH_FRAMES_MAX = 8192 };

struct bench_record {
	enum message_type type;
	void *body;
};

struct bench_frame {
	uint64_t client;
	json_t *json;
};

struct bench {
	struct exchange_config config;
	struct exchange *exchange;
	struct outbox *out;
	nanos_t now;
	uint64_t entropy;
	nanos_t tape_at, delayed_at; /* timers as set; 0: not */

	struct bench_record records[BENCH_RECORDS_MAX]; /* saved since the start, in order */
	size_t record_count;
	struct bench_frame frames[BENCH_FRAMES_MAX]; /* sent since bench_forget() */
	size_t frame_count;
	bool is_exit;

	unsigned status; /* of the last HTTP answer; 0: none came */
	char headers[512];
	json_t *body;
	uint64_t closed;         /* client that was cut off last */
	bool saved_after_answer; /* a SAVE came behind an ANSWER in one outbox */
};

/* The project's own tape, read once per program. */
const struct tape *bench_tape(void);

/* Not yet started: the configuration may still be changed. */
struct bench *bench_new(void);
void bench_start(struct bench *self);
void bench_free(struct bench *self);
/* Another process in its place: what was saved is folded into a fresh state, then START. */
void bench_restart(struct bench *self);

void bench_step(struct bench *self, struct event *event);
/* Keeps what a part of the logic, called directly, has put into `out`. */
void bench_keep(struct bench *self);
/* Lets time pass, timers included. */
void bench_pass(struct bench *self, nanos_t span);

/* Answer in status and body. `query` for GET and DELETE, form for POST. */
void bench_ask(struct bench *self, const char *method, const char *path, const char *query);
/* With timestamp, key and signature. */
void bench_ask_signed(struct bench *self, const char *method, const char *path, const char *query);
/* A request as our own dialect words it, signed by it; the answer as it reads it. Status and body
   are kept as well. */
void bench_request(struct bench *self, const struct http_request *request,
                   const struct message_sink *sink, struct venue_answer *answer);
/* A member of the body, "" when there is none. "fills.0.price" walks. */
const char *bench_text(const struct bench *self, const char *member);
json_int_t bench_number(const struct bench *self, const char *member);
json_t *bench_walk(json_t *json, const char *member);

void bench_connect(struct bench *self, uint64_t client, const char *path, const char *query);
void bench_disconnect(struct bench *self, uint64_t client);
void bench_send(struct bench *self, uint64_t client, const char *text);
/* A signed frame of the WebSocket API; `params` is a JSON object without key, timestamp and
 * signature. */
void bench_send_signed(struct bench *self, uint64_t client, int id, const char *method,
                       const char *params);
void bench_forget(struct bench *self); /* the frames */

void bench_sign(const char *secret, const char *payload, char hex[65]);

#endif
