/* SPDX-License-Identifier: Apache-2.0 */
/* WebSocket clients: libwebsockets on an actor of its own. Keeps every opened link up: connects
   again with growing delay (250 ms to 10 s, jitter), answers pings, gives up a silent peer after 60
   s. Knows no exchange. */
#ifndef IO_LINKS_H
#define IO_LINKS_H

#include "common/base/text.h"
#include "common/base/time.h"

#include <sys/types.h>

struct links;

enum link_event_kind { LINK_EVENT_UP = 1, LINK_EVENT_DOWN, LINK_EVENT_FRAME };

struct link_event {
	enum link_event_kind kind;
	name_t link;
	nanos_t stamp;    /* CLOCK_MONOTONIC at arrival */
	const char *text; /* FRAME: NUL-terminated behind size; DOWN: reason. Borrowed until
	                     links_next() */
	size_t size;
};

MUST_CHECK enum err links_open(struct links **out, text_t *why);
/* Keeps a connection to `url` (ws: loopback only, else wss:) under this name; moves it when it
 * exists. */
MUST_CHECK enum err links_connect(struct links *self, const name_t *link, const char *url);
/* Drops the connection; it is made again at once (counts as DOWN, then UP). */
void links_drop(struct links *self, const name_t *link);
/* ERR_UNAVAILABLE when the link isn't up. Text frames only. */
MUST_CHECK enum err links_send(struct links *self, const name_t *link, const char *text,
                               size_t size);
int links_fd(const struct links *self);
bool links_next(struct links *self, struct link_event *event);
void links_close(struct links **self);

#endif
