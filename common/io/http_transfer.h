/* SPDX-License-Identifier: Apache-2.0 */
/* One HTTP request from job to answer: the settings of its curl handle and the proof of what may
   have left. Part of http.h's body. */
#ifndef IO_HTTP_TRANSFER_H
#define IO_HTTP_TRANSFER_H

#include "common/io/handoff.h"
#include "common/io/http.h"

#include <curl/curl.h>

enum { HTTP_ANSWER_MAX = 8 << 20, HTTP_HEADERS_MAX = 16 << 10 };

struct growing {
	char *bytes;
	size_t size, capacity;
};

struct transfer {
	struct parcel parcel;
	bool is_goodbye; /* no request: the actor shall end */

	uint64_t token;
	enum http_method method;
	bool once;
	unsigned timeout_ms;
	nanos_t write_before;
	char *url, *body, *header; /* one allocation, at `url` */
	size_t body_size, body_given;

	CURL *easy;
	struct curl_slist *lines;
	unsigned attempts; /* requests begun on a connection; 0 proves that no byte of one has left
	                    */
	const char *refusal; /* why we ended it ourselves, or NULL */

	CURLcode code;
	unsigned status;
	struct growing answer, headers;
	char transport[CURL_ERROR_SIZE];
};

static inline struct transfer *transfer_of(struct parcel *parcel)
{
	return (struct transfer *)parcel; /* its first member */
}

/* Copies the job. NULL when memory is used up. */
struct transfer *transfer_new(const struct http_job *job);
void transfer_free(struct transfer **transfer);

/* True, with the refusal noted, when write_before has passed. */
bool transfer_is_late(struct transfer *self);
MUST_CHECK enum err transfer_prepare(struct transfer *self);
/* Reads the outcome off the handle and frees it. */
void transfer_end(struct transfer *self);
/* Fills `result`, which borrows from `self`. */
void transfer_tell(const struct transfer *self, struct http_result *result);

/* To be called as a thread's last act that has used curl. */
void transfer_thread_ends(void);

#endif
