/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/links.h"

#include "common/io/links_actor.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* What the caller knows of a link: it follows the events it has taken, not the actor. So a frame
   meant for a connection that broke is never sent on the next one. */
struct known {
	name_t name;
	bool is_up;
	uint64_t connection;
};

struct links {
	struct links_actor *actor;
	struct handoff events;
	struct known known[LINKS_MAX];
	unsigned count;
	struct link_happening *lent;
};

static void discard(struct parcel *parcel)
{
	free(parcel);
}

enum err links_open(struct links **out, text_t *why)
{
	struct links *self = calloc(1, sizeof *self);

	*why = text_from(
		"can't start the WebSocket client: memory or file descriptors are used up");
	if (self == NULL)
		return ERR_IO;
	enum err err = handoff_open(&self->events);
	if (err != OK) {
		free(self);
		return err;
	}
	err = links_actor_open(&self->actor, &self->events, why);
	if (err != OK) {
		handoff_close(&self->events, discard);
		free(self);
		return err;
	}
	*out = self;
	return OK;
}

static struct known *find(struct links *self, const name_t *link)
{
	for (unsigned i = 0; i < self->count; i++)
		if (name_equals(&self->known[i].name, link))
			return &self->known[i];
	return NULL;
}

static enum err post(struct links *self, const struct known *known, enum link_order kind,
                     const char *text, size_t size)
{
	struct link_command *command = malloc(sizeof *command + LWS_PRE + size + 1);

	if (command == NULL)
		return ERR_FULL;
	*command = (struct link_command){
		.kind = kind,
		.index = (unsigned)(known - self->known),
		.connection = known->connection,
		.size = size,
	};
	memcpy(command->bytes + LWS_PRE, text, size);
	command->bytes[LWS_PRE + size] = '\0';
	links_actor_post(self->actor, command);
	return OK;
}

enum err links_connect(struct links *self, const name_t *link, const char *url)
{
	struct known *known = find(self, link);
	struct address address;
	text_t why;

	enum err err = address_check(url, &why);
	if (err != OK)
		return err;
	if (address_parse(url, &address, &why) != OK || !address.is_websocket)
		return ERR_INVALID;
	if (known == NULL) {
		if (self->count == LINKS_MAX)
			return ERR_FULL;
		known = &self->known[self->count++];
		*known = (struct known){.name = *link};
	}
	return post(self, known, LINK_ORDER_CONNECT, url, strlen(url));
}

void links_drop(struct links *self, const name_t *link)
{
	const struct known *known = find(self, link);

	if (known != NULL)
		(void)!post(self, known, LINK_ORDER_DROP, "", 0);
}

enum err links_send(struct links *self, const name_t *link, const char *text, size_t size)
{
	const struct known *known = find(self, link);

	if (known == NULL || !known->is_up)
		return ERR_UNAVAILABLE;
	return post(self, known, LINK_ORDER_SEND, text, size);
}

int links_fd(const struct links *self)
{
	return self->events.fd;
}

bool links_next(struct links *self, struct link_event *event)
{
	free(self->lent);
	self->lent = (struct link_happening *)handoff_take(&self->events);
	if (self->lent == NULL)
		return false;
	const struct link_happening *happening = self->lent;
	assert(happening->index < self->count);
	struct known *known = &self->known[happening->index];
	if (happening->kind != LINK_EVENT_FRAME) {
		known->is_up = happening->kind == LINK_EVENT_UP;
		known->connection = happening->connection;
	}
	*event = (struct link_event){
		.kind = happening->kind,
		.link = known->name,
		.stamp = happening->stamp,
		.text = happening->text,
		.size = happening->size,
	};
	return true;
}

void links_close(struct links **out)
{
	struct links *self = *out;

	*out = NULL;
	if (self == NULL || !links_actor_close(&self->actor))
		return;
	free(self->lent);
	handoff_close(&self->events, discard);
	free(self);
}
