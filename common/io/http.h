/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP client: libcurl on an actor of its own, the only place where curl may block. Knows no
   exchange: the host signs and reads through a dialect. One request is one transmission when `once`
   is set (order-safety, The order POST): a body that can't rewind, no redirect, no retry. `http:`
   is allowed to loopback only; everything else is TLS with peer and host verified. */
#ifndef IO_HTTP_H
#define IO_HTTP_H

#include "common/logic/dialect.h"

struct http;

struct http_job {
	uint64_t token;
	enum http_method method;
	bool once;
	unsigned timeout_ms;
	nanos_t write_before; /* CLOCK_MONOTONIC; not written after this moment; 0 = no bound */
	const char *url;      /* whole, without query */
	const char *query;    /* GET, DELETE: appended to the URL; POST, PUT: the form body */
	const char *header;   /* one extra header line or "" */
};

struct http_result {
	uint64_t token;
	struct http_answer answer; /* borrowed until the next http_next() */
};

MUST_CHECK enum err http_open(struct http **out, text_t *why);
/* Copies the job. ERR_FULL when too many are under way (bound 256). */
MUST_CHECK enum err http_start(struct http *self, const struct http_job *job);
/* Readable when http_next() may have something. */
int http_fd(const struct http *self);
/* One finished job at a time; false when there is none now. Every started job ends exactly once. */
bool http_next(struct http *self, struct http_result *result);
void http_close(struct http **self);

/* OK when this address may be used: https/wss anywhere, http/ws to 127.0.0.0/8, [::1] or localhost.
 */
MUST_CHECK enum err address_check(const char *url, text_t *why);

#endif
