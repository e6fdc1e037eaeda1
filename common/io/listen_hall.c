/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/listen_parts.h"
#include "common/io/web_actor.h"

#include "common/io/clock.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CLOSE_PATIENCE (5 * NANOS_S)

enum { FLUSH_MAX_MS = 1000, GOODBYE_MAX_S = 2, FDS_MAX = LISTEN_SEATS_MAX + 16 };

enum errand_kind { ERRAND_FRAME = 1, ERRAND_DROP, ERRAND_END };

struct errand {
	struct parcel parcel;
	enum errand_kind kind;
	uint64_t client;
	size_t size;
	char bytes[]; /* LWS_PRE bytes of room, then the frame */
};

struct guest {
	struct hall *hall;
	struct lws *wsi;
	char *target;
	uint64_t number; /* 0: not established yet */
	bool is_leaving; /* a close frame follows what is queued */
	int goodbye;     /* its status */
	char *message;   /* the incoming one, as far as it has come */
	size_t size, capacity;
	struct parcel *first, **last; /* unsent frames */
	size_t unsent;
};

struct hall {
	struct web_actor web;
	struct handoff *arrivals;
	struct door *door;
	struct seats seats;
	bool is_ending;
	lws_sorted_usec_list_t patience;
};

/* guests */

static void free_guest(struct guest *guest)
{
	while (guest->first != NULL) {
		struct parcel *parcel = guest->first;
		guest->first = parcel->next;
		free(parcel);
	}
	free(guest->target);
	free(guest->message);
	free(guest);
}

void hall_take(struct hall *self, int fd, const char *target, size_t size)
{
	struct guest *guest = calloc(1, sizeof *guest);
	char *copy = strndup(target, size);

	if (guest == NULL || copy == NULL || self->is_ending) {
		close(fd);
		free(guest);
		free(copy);
		return;
	}
	*guest = (struct guest){.hall = self, .target = copy};
	guest->last = &guest->first;
	struct lws *wsi = lws_adopt_socket(self->web.context, fd); /* closes it when it can't */
	if (wsi == NULL)
		free_guest(guest);
	else
		lws_set_opaque_user_data(wsi, guest);
}

static bool tell(struct guest *guest, enum wire_kind kind, const char *bytes, size_t size)
{
	struct wire wire = {
		.kind = kind,
		.client = guest->number,
		.method = "",
		.path = kind == WIRE_OPEN ? guest->target : "",
		.api_key = "",
		.body = bytes,
		.size = size,
	};

	return arrival_tell(guest->hall->arrivals, &wire);
}

static bool came_in(struct guest *guest, struct lws *wsi)
{
	guest->number = seats_take(&guest->hall->seats, SEAT_HALL, guest);
	if (guest->number == 0)
		return false;
	guest->wsi = wsi;
	return tell(guest, WIRE_OPEN, "", 0);
}

static void left(struct guest *guest)
{
	struct hall *hall = guest->hall;

	if (guest->number == 0)
		return;
	(void)tell(guest, WIRE_CLOSED, "", 0);
	seats_leave(&hall->seats, guest->number);
	guest->number = 0;
	if (hall->is_ending && hall->seats.count == 0)
		web_actor_stop(&hall->web);
}

/* frames */

static bool make_room(struct guest *guest, size_t size)
{
	if (guest->size + size <= guest->capacity)
		return true;
	size_t capacity =
		guest->capacity * 2 > guest->size + size ? guest->capacity * 2 : guest->size + size;
	char *message = realloc(guest->message, capacity);
	if (message == NULL)
		return false;
	guest->message = message;
	guest->capacity = capacity;
	return true;
}

/* False: the connection must end. */
static bool take_piece(struct guest *guest, struct lws *wsi, const char *bytes, size_t size)
{
	bool is_whole = lws_is_final_fragment(wsi) && lws_remaining_packet_payload(wsi) == 0;

	if (guest->size + size > LISTEN_FRAME_MAX ||
	    handoff_weight(guest->hall->arrivals) > LISTEN_UNREAD_MAX)
		return false;
	if (is_whole && guest->size == 0)
		return tell(guest, WIRE_FRAME, bytes, size);
	if (!make_room(guest, size))
		return false;
	memcpy(guest->message + guest->size, bytes, size);
	guest->size += size;
	if (!is_whole)
		return true;
	size = guest->size;
	guest->size = 0;
	return tell(guest, WIRE_FRAME, guest->message, size);
}

/* False: the connection must end. */
static bool write_frames(struct guest *guest, struct lws *wsi)
{
	while (guest->first != NULL) {
		struct errand *errand = (struct errand *)guest->first;
		int written = lws_write(wsi, (unsigned char *)errand->bytes + LWS_PRE, errand->size,
		                        LWS_WRITE_TEXT);
		if (written < (int)errand->size)
			return false;
		guest->first = errand->parcel.next;
		if (guest->first == NULL)
			guest->last = &guest->first;
		guest->unsent -= errand->size;
		free(errand);
		if (guest->first != NULL && lws_send_pipe_choked(wsi)) {
			lws_callback_on_writable(wsi);
			return true;
		}
	}
	if (guest->is_leaving)
		lws_close_reason(wsi, guest->goodbye, NULL, 0);
	return !guest->is_leaving;
}

static void let_go(struct guest *guest, int status)
{
	guest->is_leaving = true;
	guest->goodbye = status;
	lws_callback_on_writable(guest->wsi);
	/* One that doesn't read any more would never get there. */
	lws_set_timeout(guest->wsi, PENDING_TIMEOUT_CLOSE_SEND, GOODBYE_MAX_S);
}

/* what the library calls */

static int on_guest(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t size)
{
	struct guest *guest = wsi != NULL ? lws_get_opaque_user_data(wsi) : NULL;

	(void)user;
	if (guest == NULL)
		return 0;
	switch (reason) {
	case LWS_CALLBACK_HTTP: /* it spoke of an upgrade, but there was none */
		lws_return_http_status(wsi, HTTP_STATUS_BAD_REQUEST, NULL);
		return -1;
	case LWS_CALLBACK_ESTABLISHED: return came_in(guest, wsi) ? 0 : -1;
	case LWS_CALLBACK_RECEIVE:
		if (take_piece(guest, wsi, in, size))
			return 0;
		lws_close_reason(wsi, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, NULL, 0);
		return -1;
	case LWS_CALLBACK_SERVER_WRITEABLE: return write_frames(guest, wsi) ? 0 : -1;
	case LWS_CALLBACK_CLOSED: left(guest); break;
	case LWS_CALLBACK_WSI_DESTROY:
		left(guest);
		lws_set_opaque_user_data(wsi, NULL);
		free_guest(guest);
		break;
	default: break;
	}
	return 0;
}

static int on_door(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                   size_t size)
{
	(void)user, (void)in, (void)size;
	if (reason == LWS_CALLBACK_RAW_RX_FILE) {
		struct hall *self = lws_context_user(lws_get_context(wsi));
		door_wake(self->door);
	}
	return 0;
}

/* errands */

/* True when it keeps the errand. */
static bool obey_frame(struct guest *guest, struct errand *errand)
{
	if (guest->is_leaving)
		return false;
	if (guest->unsent + errand->size > LISTEN_UNSENT_MAX) {
		lws_set_timeout(guest->wsi, PENDING_TIMEOUT_KILLED_BY_PARENT, LWS_TO_KILL_ASYNC);
		return false;
	}
	if (guest->first == NULL)
		lws_callback_on_writable(guest->wsi);
	errand->parcel.next = NULL;
	*guest->last = &errand->parcel;
	guest->last = &errand->parcel.next;
	guest->unsent += errand->size;
	return true;
}

static void lose_patience(lws_sorted_usec_list_t *patience)
{
	struct hall *self = lws_container_of(patience, struct hall, patience);

	web_actor_stop(&self->web);
}

static void obey_end(struct hall *self)
{
	self->is_ending = true;
	door_shut(self->door);
	if (self->seats.count == 0)
		web_actor_stop(&self->web);
	for (size_t i = 0; i < LISTEN_SEATS_MAX; i++)
		if (self->seats.sitting[i] != NULL)
			let_go(self->seats.sitting[i], LWS_CLOSE_STATUS_GOINGAWAY);
	lws_sul_schedule(self->web.context, 0, &self->patience, lose_patience,
	                 FLUSH_MAX_MS * LWS_US_PER_MS);
}

static void obey(void *owner, struct parcel *parcel)
{
	struct hall *self = owner;
	struct errand *errand = (struct errand *)parcel;
	struct guest *guest = seats_find(&self->seats, errand->client);
	bool is_kept = false;

	if (errand->kind == ERRAND_END)
		obey_end(self);
	else if (guest != NULL && errand->kind == ERRAND_FRAME)
		is_kept = obey_frame(guest, errand);
	else if (guest != NULL && errand->kind == ERRAND_DROP)
		let_go(guest, LWS_CLOSE_STATUS_NORMAL);
	if (!is_kept)
		free(errand);
}

/* the hall */

static bool watch_door(void *owner)
{
	struct hall *self = owner;

	return door_watch(self->door, self->web.context);
}

static const struct lws_protocols protocols[] = {
	{.name = "wire", .callback = on_guest, .rx_buffer_size = 64 << 10},
	{.name = "door", .callback = on_door},
	{0},
};

static const struct web_role role = {
	.protocols = protocols,
	.port = CONTEXT_PORT_NO_LISTEN_SERVER,
	.fds_max = FDS_MAX,
	.ready = watch_door,
	.command = obey,
};

enum err hall_open(struct hall **out, int fd, struct desk *desk, struct handoff *arrivals,
                   text_t *why)
{
	struct hall *self = calloc(1, sizeof *self);

	if (self == NULL) {
		close(fd);
		return ERR_IO;
	}
	self->arrivals = arrivals;
	enum err err = door_open(&self->door, fd, desk, self);
	if (err == OK)
		err = web_actor_open(&self->web, &role, self, why);
	if (err != OK) {
		door_close(&self->door);
		free(self);
		return err;
	}
	*out = self;
	return OK;
}

static bool post(struct hall *self, enum errand_kind kind, uint64_t client, const char *text,
                 size_t size)
{
	struct errand *errand = malloc(sizeof *errand + LWS_PRE + size);

	if (errand == NULL)
		return false;
	*errand = (struct errand){.kind = kind, .client = client, .size = size};
	if (size > 0)
		memcpy(errand->bytes + LWS_PRE, text, size);
	web_actor_post(&self->web, &errand->parcel);
	return true;
}

void hall_frame(struct hall *self, uint64_t client, const char *text, size_t size)
{
	/* A frame that is lost must not go unnoticed: the client is lost with it. */
	if (!post(self, ERRAND_FRAME, client, text, size))
		hall_drop(self, client);
}

void hall_drop(struct hall *self, uint64_t client)
{
	(void)!post(self, ERRAND_DROP, client, NULL, 0);
}

void hall_close(struct hall **out)
{
	struct hall *self = *out;

	*out = NULL;
	if (self == NULL || !post(self, ERRAND_END, 0, NULL, 0) ||
	    !web_actor_close(&self->web, CLOSE_PATIENCE))
		return;
	door_close(&self->door);
	free(self);
}
