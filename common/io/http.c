/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/http.h"

#include "common/io/clock.h"
#include "common/io/http_transfer.h"
#include "common/io/worker.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define CLOSE_PATIENCE (5 * NANOS_S)

enum { JOBS_MAX = 256, CONNECTIONS_KEPT_MAX = 32, NAP_MS = 1000 };

/* The caller's side and, below, what only the actor's thread touches. */
struct http {
	struct handoff jobs, results;
	struct worker *worker;
	CURLM *multi;
	unsigned under_way;    /* started and not yet handed out */
	struct transfer *lent; /* what the last http_next() handed out */

	struct transfer *running[JOBS_MAX];
	bool stopping;
};

static void discard(struct parcel *parcel)
{
	struct transfer *transfer = transfer_of(parcel);
	transfer_free(&transfer);
}

/* the actor */

static void finish(struct http *self, struct transfer *transfer)
{
	transfer_end(transfer);
	handoff_put(&self->results, &transfer->parcel);
}

static struct transfer **free_place(struct http *self)
{
	for (size_t i = 0; i < JOBS_MAX; i++)
		if (self->running[i] == NULL)
			return &self->running[i];
	assert(!"http_start() bounds what is under way");
	return NULL;
}

static void begin(struct http *self, struct transfer *transfer)
{
	if (transfer_is_late(transfer) || transfer_prepare(transfer) != OK ||
	    curl_multi_add_handle(self->multi, transfer->easy) != CURLM_OK)
		finish(self, transfer);
	else
		*free_place(self) = transfer;
}

static void take_jobs(struct http *self)
{
	struct parcel *parcel;

	while ((parcel = handoff_take(&self->jobs)) != NULL) {
		struct transfer *transfer = transfer_of(parcel);
		if (transfer->is_goodbye) {
			self->stopping = true;
			transfer_free(&transfer);
		} else {
			begin(self, transfer);
		}
	}
}

static void leave(struct http *self, struct transfer *transfer)
{
	for (size_t i = 0; i < JOBS_MAX; i++)
		if (self->running[i] == transfer)
			self->running[i] = NULL;
	curl_multi_remove_handle(self->multi, transfer->easy);
}

static void take_answers(struct http *self)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(self->multi, &left)) != NULL) {
		struct transfer *transfer = NULL;
		CURLcode code = message->data.result;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
		leave(self, transfer);
		transfer->code = code;
		finish(self, transfer);
	}
}

static void http_actor(struct worker *worker, void *args)
{
	struct http *self = args;
	int running;

	(void)worker;
	while (!self->stopping) {
		take_jobs(self);
		curl_multi_perform(self->multi, &running);
		take_answers(self);
		if (!self->stopping)
			curl_multi_poll(self->multi, NULL, 0, NAP_MS, NULL);
	}
	for (size_t i = 0; i < JOBS_MAX; i++) {
		struct transfer *transfer = self->running[i];
		if (transfer != NULL) {
			leave(self, transfer);
			transfer_free(&transfer);
		}
	}
	curl_multi_cleanup(self->multi);
	transfer_thread_ends();
}

/* the caller's side */

enum err http_open(struct http **out, text_t *why)
{
	struct http *self = calloc(1, sizeof *self);

	*why = text_from("can't start the HTTP client: memory or file descriptors are used up");
	if (self == NULL)
		return ERR_IO;
	self->jobs.fd = self->results.fd = -1;
	bool is_open = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK &&
	               (self->multi = curl_multi_init()) != NULL &&
	               handoff_open(&self->jobs) == OK && handoff_open(&self->results) == OK;
	if (is_open) {
		curl_multi_setopt(self->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_KEPT_MAX);
		is_open = worker_open(&self->worker, http_actor, self) == OK;
	}
	if (!is_open) {
		http_close(&self);
		return ERR_IO;
	}
	*out = self;
	return OK;
}

static void post(struct http *self, struct transfer *transfer)
{
	handoff_put(&self->jobs, &transfer->parcel);
	curl_multi_wakeup(self->multi);
}

enum err http_start(struct http *self, const struct http_job *job)
{
	text_t why;

	if (self->under_way >= JOBS_MAX)
		return ERR_FULL;
	enum err err = address_check(job->url, &why);
	if (err != OK)
		return err;
	struct transfer *transfer = transfer_new(job);
	if (transfer == NULL)
		return ERR_INVALID;
	self->under_way++;
	post(self, transfer);
	return OK;
}

int http_fd(const struct http *self)
{
	return self->results.fd;
}

bool http_next(struct http *self, struct http_result *result)
{
	transfer_free(&self->lent);
	struct parcel *parcel = handoff_take(&self->results);
	if (parcel == NULL)
		return false;
	self->under_way--;
	self->lent = transfer_of(parcel);
	transfer_tell(self->lent, result);
	return true;
}

/* False: the actor is stuck, and what it uses must be left alone. */
static bool stop_actor(struct http *self)
{
	struct transfer *goodbye = calloc(1, sizeof *goodbye);

	if (goodbye == NULL)
		return false;
	goodbye->is_goodbye = true;
	post(self, goodbye);
	return worker_close(&self->worker, CLOSE_PATIENCE);
}

void http_close(struct http **out)
{
	struct http *self = *out;

	*out = NULL;
	if (self == NULL)
		return;
	if (self->worker != NULL) {
		if (!stop_actor(self))
			return;
	} else if (self->multi != NULL) {
		curl_multi_cleanup(self->multi);
	}
	transfer_free(&self->lent);
	if (self->jobs.fd >= 0)
		handoff_close(&self->jobs, discard);
	if (self->results.fd >= 0)
		handoff_close(&self->results, discard);
	curl_global_cleanup();
	free(self);
}
