/* SPDX-License-Identifier: Apache-2.0 */
/* The bus for a program that is no service (the command line): it binds nothing, hears what
   services publish, asks them, and has each one say its whole state again until nothing is missing.
   What it hears doesn't come through Redis. One thread; nothing happens but inside client_run(). */
#ifndef IO_CLIENT_H
#define IO_CLIENT_H

#include "common/io/service.h"
#include "proto/codec.h"

struct client;

struct client_options {
	const struct service_paths *paths;
	const struct stack_config *stack;
	const enum message_type *types; /* what to hear of every instance, besides its heartbeat */
	size_t type_count;
	/* Called inside client_run() with every new message; both borrowed. */
	void (*take)(void *self, const struct envelope *envelope, const void *body);
	void *self;
};

/* Connects every instance that stack.yaml names, and the supervisor. Never waits for one to be
 * there. */
MUST_CHECK enum err client_open(struct client **out, const struct client_options *options,
                                text_t *why);
void client_close(struct client **self);

/* Readable when client_run() should be called; call it at least every client_patience() too. */
int client_fd(const struct client *self);
nanos_t client_patience(const struct client *self);
/* Takes what has come, repeats calls, asks for what is missing; waits for that up to `patience`. */
void client_run(struct client *self, nanos_t patience);
nanos_t client_now(const struct client *self); /* UTC */

/* Whether all that this instance has published reached us. */
bool client_is_whole(const struct client *self, const char *instance);
/* Has it said again, as if something had been missed: for figures that it publishes only now and
 * then. */
void client_refresh(struct client *self, const char *instance);
/* Runs until nothing is missing. ERR_TIMEOUT. */
MUST_CHECK enum err client_collect(struct client *self, const char *instance, nanos_t patience);

enum client_outcome { CLIENT_PENDING = 1, CLIENT_ANSWERED, CLIENT_LOST };

/* Asks; the frame is repeated until an answer comes or `patience` is over. Returns a handle, 0 when
   too many calls are under way. */
uint64_t client_call(struct client *self, const char *instance, enum message_type type,
                     const void *body, nanos_t patience);
/* How that call stands. ANSWERED fills in `answer`, the struct of `type`; LOST, also for an answer
   of another type. After either the handle is no longer valid. */
enum client_outcome client_outcome(struct client *self, uint64_t call, enum message_type type,
                                   void *answer);
/* Both in one, waiting. ERR_TIMEOUT. */
MUST_CHECK enum err client_ask(struct client *self, const char *instance, enum message_type type,
                               const void *body, enum message_type answer_type, void *answer,
                               nanos_t patience);

#endif
