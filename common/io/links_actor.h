/* SPDX-License-Identifier: Apache-2.0 */
/* The thread behind links.h: connections, their timers and queues. Part of links.h's body. */
#ifndef IO_LINKS_ACTOR_H
#define IO_LINKS_ACTOR_H

#include "common/io/address.h"
#include "common/io/http.h"
#include "common/io/links.h"
#include "common/io/web_actor.h"

enum {
	LINKS_MAX = 128,
	LINK_MESSAGE_MAX = 1 << 20,
	LINK_UNSENT_MAX = 8 << 20,
	LINKS_UNREAD_MAX = 64 << 20, /* what the caller hasn't taken yet, of all links */
};

enum link_order { LINK_ORDER_CONNECT = 1, LINK_ORDER_DROP, LINK_ORDER_SEND, LINK_ORDER_END };

struct link_command {
	struct parcel parcel;
	enum link_order kind;
	unsigned index;
	uint64_t connection; /* DROP, SEND: the connection it is meant for */
	size_t size;
	char bytes[]; /* LWS_PRE bytes of room, then the URL or frame, NUL-terminated */
};

struct link_happening {
	struct parcel parcel;
	enum link_event_kind kind;
	unsigned index;
	uint64_t connection;
	nanos_t stamp;
	size_t size;
	char text[]; /* NUL-terminated behind size */
};

struct links_actor;

MUST_CHECK enum err links_actor_open(struct links_actor **out, struct handoff *events, text_t *why);
/* Takes the command. */
void links_actor_post(struct links_actor *self, struct link_command *command);
/* False: the thread is stuck (a name server is silent); its memory must be left alone. */
MUST_CHECK bool links_actor_close(struct links_actor **self);

#endif
