/* SPDX-License-Identifier: Apache-2.0 */
/* The Redis view: a pipelined mirror on an actor of its own. Nothing waits for it; the newest value
   of a key wins while Redis is away (bounded: 8192 keys, then the oldest pending is dropped and
   counted). It can be flushed at any moment: view_wants_all() then asks the host to publish
   everything again. One writer per key prefix: each batch is one MULTI under WATCH of
   breakwater:<instance>:epoch, which holds
   "<started> <epoch>"; when that names a younger run than ours, this writer falls silent (D-02). */
#ifndef IO_VIEW_H
#define IO_VIEW_H

#include "proto/codec.h"

struct view;

/* `address`: "unix:PATH" or "HOST:PORT". Never fails for want of Redis: it connects when it can. */
MUST_CHECK enum err view_open(struct view **out, const char *address, const name_t *instance,
                              uint64_t epoch, nanos_t started, text_t *why);
/* Queues HSET breakwater:<instance>:<message>[:<key>…] field value …; every field of the
   message as
   text, plus `version` where the message has one. Lifetime in seconds, 0 = for ever. */
void view_put(struct view *self, const struct message_info *info, const void *body, const char *key,
              unsigned lifetime_s);
/* True once after each (re)connection, and when the epoch key was found missing: mirror everything
 * again. */
bool view_wants_all(struct view *self);
/* For health: whether Redis answers now, and batches written. */
bool view_is_up(const struct view *self);
uint64_t view_writes(const struct view *self);
uint64_t view_dropped(const struct view *self); /* values that had to go while Redis was away */
bool view_is_fenced(const struct view *self);   /* a younger run of this instance writes */
void view_close(struct view **self);

#endif
