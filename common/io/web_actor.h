/* SPDX-License-Identifier: Apache-2.0 */
/* A libwebsockets context on an actor of its own. Everything that concerns a connection happens in
   that thread; other threads send it parcels. What the library wants to say of errors goes to
   web_log_to(). */
#ifndef IO_WEB_ACTOR_H
#define IO_WEB_ACTOR_H

#include "common/io/handoff.h"
#include "common/io/worker.h"

#include <libwebsockets.h>

enum { WEB_PING_AFTER_S = 20, WEB_SILENCE_MAX_S = 60 };

struct web_actor {
	struct handoff commands;
	struct worker *worker;
	struct lws_context *context;
	const struct web_role *role;
	void *owner; /* also lws_context_user() */
	bool stopping;
};

struct web_role {
	const struct lws_protocols *protocols;
	int port; /* CONTEXT_PORT_NO_LISTEN or CONTEXT_PORT_NO_LISTEN_SERVER */
	/* At most one context of a process: the library (4.1.6) loses the TLS settings of a second
	 * one. */
	bool uses_tls;
	unsigned fds_max;
	bool (*ready)(void *owner); /* in the thread, before the first turn; may be NULL */
	void (*command)(void *owner, struct parcel *parcel); /* in the thread; takes the parcel */
};

/* Pings after 20 s of silence, gives up after 60 s. */
extern const lws_retry_bo_t web_patience;

MUST_CHECK enum err web_actor_open(struct web_actor *self, const struct web_role *role, void *owner,
                                   text_t *why);
/* From any thread. */
void web_actor_post(struct web_actor *self, struct parcel *parcel);
/* In the thread: the present turn is the last one. */
void web_actor_stop(struct web_actor *self);
/* After a parcel that leads to web_actor_stop(). False: the thread is stuck, leave its memory
 * alone. */
MUST_CHECK bool web_actor_close(struct web_actor *self, nanos_t patience);

/* Where lines about the library's errors go, from any thread; NULL (the default): nowhere. */
void web_log_to(void (*take)(const char *line));

#endif
