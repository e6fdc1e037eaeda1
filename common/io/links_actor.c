/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/links_actor.h"

#include "common/io/clock.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* An established connection that lived this long was a good one: the delay starts small again. */
#define GOOD_LIFE (10 * NANOS_S)
#define CLOSE_PATIENCE (5 * NANOS_S)

enum { DELAY_MIN_MS = 250, DELAY_MAX_MS = 10000, FDS_MAX = 2 * LINKS_MAX + 16 };

struct link {
	struct links_actor *actor;
	unsigned index;
	char *url; /* NULL: not in use */
	struct address address;
	struct lws *wsi; /* connecting or up */
	bool is_up, is_told_down;
	bool at_once;        /* the next attempt needs no delay: the caller asked for it */
	uint64_t connection; /* number of the present or last one */
	unsigned attempts;
	nanos_t up_since;
	text_t reason; /* why we or the peer end it; "" when nobody said */
	lws_sorted_usec_list_t retry;

	char *message; /* the incoming one, as far as it has come */
	size_t size, capacity;
	struct parcel *first, **last; /* unsent frames */
	size_t unsent;
};

struct links_actor {
	struct web_actor web;
	struct handoff *events;
	struct link links[LINKS_MAX];
};

static void connect_now(lws_sorted_usec_list_t *retry);

/* telling the caller */

static void tell(struct link *link, enum link_event_kind kind, const char *text, size_t size)
{
	struct link_happening *happening = malloc(sizeof *happening + size + 1);

	assert(happening != NULL);
	*happening = (struct link_happening){
		.parcel = {.weight = size},
		.kind = kind,
		.index = link->index,
		.connection = link->connection,
		.stamp = clock_stamp(),
		.size = size,
	};
	memcpy(happening->text, text, size);
	happening->text[size] = '\0';
	handoff_put(link->actor->events, &happening->parcel);
}

/* life of a connection */

static void free_unsent(struct link *link)
{
	while (link->first != NULL) {
		struct parcel *parcel = link->first;
		link->first = parcel->next;
		free(parcel);
	}
	link->last = &link->first;
	link->unsent = 0;
}

static lws_usec_t delay(const struct link *link)
{
	unsigned doublings = link->attempts < 6 ? link->attempts : 6;
	uint32_t ms = DELAY_MIN_MS << doublings, chance = 0;

	if (ms > DELAY_MAX_MS)
		ms = DELAY_MAX_MS;
	lws_get_random(link->actor->web.context, &chance, sizeof chance);
	/* Between three quarters and all of it, so that many clients of one exchange don't come
	 * back together. */
	return (lws_usec_t)(ms - chance % (ms / 4)) * LWS_US_PER_MS;
}

static void connect_later(struct link *link)
{
	lws_usec_t wait = link->at_once ? 1 : delay(link);

	if (!link->at_once)
		link->attempts++;
	link->at_once = false;
	lws_sul_schedule(link->actor->web.context, 0, &link->retry, connect_now, wait);
}

/* The connection, or the attempt to make one, is over. */
static void lost(struct link *link, const char *reason)
{
	if (link->reason.size > 0)
		reason = link->reason.text;
	link->wsi = NULL;
	if (link->is_up && clock_stamp() - link->up_since >= GOOD_LIFE)
		link->attempts = 0;
	if (!link->is_told_down)
		tell(link, LINK_EVENT_DOWN, reason, strlen(reason));
	link->is_up = false;
	link->is_told_down = true;
	link->size = 0;
	free_unsent(link);
	link->reason = text_from("");
	if (!link->actor->web.stopping)
		connect_later(link);
}

/* Ends the connection soon, from anywhere in the thread; lost() follows. */
static void hang_up(struct link *link, text_t reason)
{
	link->reason = reason;
	lws_set_timeout(link->wsi, PENDING_TIMEOUT_KILLED_BY_PARENT, LWS_TO_KILL_ASYNC);
}

static void connect_now(lws_sorted_usec_list_t *retry)
{
	struct link *link = lws_container_of(retry, struct link, retry);
	char host[ADDRESS_HOST_MAX + 16];
	bool is_six = strchr(link->address.host, ':') != NULL;
	bool is_usual = link->address.port == (link->address.is_tls ? 443 : 80);

	int size = snprintf(host, sizeof host, is_six ? "[%s]" : "%s", link->address.host);
	if (!is_usual)
		snprintf(host + size, sizeof host - (size_t)size, ":%u", link->address.port);
	struct lws_client_connect_info info = {
		.context = link->actor->web.context,
		.address = link->address.host,
		.port = (int)link->address.port,
		.ssl_connection = link->address.is_tls ? LCCSCF_USE_SSL : 0,
		.path = link->address.target,
		.host = host,
		.ietf_version_or_minus_one = -1,
		.local_protocol_name = "link",
		.alpn = "http/1.1",
		.pwsi = &link->wsi,
		.opaque_user_data = link,
		.retry_and_idle_policy = &web_patience,
	};
	link->connection++;
	unsigned attempts = link->attempts;
	/* A failure on the spot may or may not have come by on_link() already: then a retry is
	 * planned. */
	if (lws_client_connect_via_info(&info) == NULL && link->attempts == attempts)
		lost(link, "can't connect");
}

static void came_up(struct link *link, struct lws *wsi)
{
	link->wsi = wsi;
	link->is_up = true;
	link->is_told_down = false;
	link->up_since = clock_stamp();
	tell(link, LINK_EVENT_UP, "", 0);
}

/* frames */

static bool make_room(struct link *link, size_t size)
{
	if (link->size + size <= link->capacity)
		return true;
	size_t capacity =
		link->capacity * 2 > link->size + size ? link->capacity * 2 : link->size + size;
	char *message = realloc(link->message, capacity);
	if (message == NULL)
		return false;
	link->message = message;
	link->capacity = capacity;
	return true;
}

/* False: the connection must end. */
static bool take_piece(struct link *link, struct lws *wsi, const char *bytes, size_t size)
{
	bool is_whole = lws_is_final_fragment(wsi) && lws_remaining_packet_payload(wsi) == 0;

	if (link->size + size > LINK_MESSAGE_MAX) {
		link->reason = text_from("a message over 1 MiB came");
		return false;
	}
	if (handoff_weight(link->actor->events) > LINKS_UNREAD_MAX) {
		link->reason = text_from("messages come faster than they are read here");
		return false;
	}
	if (is_whole && link->size == 0) {
		tell(link, LINK_EVENT_FRAME, bytes, size);
		return true;
	}
	if (!make_room(link, size))
		return false;
	memcpy(link->message + link->size, bytes, size);
	link->size += size;
	if (is_whole) {
		tell(link, LINK_EVENT_FRAME, link->message, link->size);
		link->size = 0;
	}
	return true;
}

static bool write_frames(struct link *link, struct lws *wsi)
{
	while (link->first != NULL) {
		struct link_command *command = (struct link_command *)link->first;
		int written = lws_write(wsi, (unsigned char *)command->bytes + LWS_PRE,
		                        command->size, LWS_WRITE_TEXT);
		if (written < (int)command->size)
			return false;
		link->first = command->parcel.next;
		if (link->first == NULL)
			link->last = &link->first;
		link->unsent -= command->size;
		free(command);
		if (link->first != NULL && lws_send_pipe_choked(wsi)) {
			lws_callback_on_writable(wsi);
			break;
		}
	}
	return true;
}

/* what the library calls */

static void note_peer_close(struct link *link, const uint8_t *bytes, size_t size)
{
	if (size < 2)
		link->reason = text_from("the peer closed");
	else
		link->reason =
			text_format("the peer closed: %u %.*s", (unsigned)bytes[0] << 8 | bytes[1],
		                    (int)(size - 2), (const char *)bytes + 2);
}

static void note_failure(struct link *link, struct lws *wsi, const char *in, size_t size)
{
	unsigned status = lws_http_client_http_response(wsi);
	text_t said =
		text_format("%.*s", in != NULL ? (int)strnlen(in, size) : 0, in != NULL ? in : "");
	text_t reason = text_format("can't connect to %.80s: %.120s", link->address.host,
	                            said.size > 0 ? said.text : "refused");

	if (strstr(said.text, "SSL") != NULL)
		reason = text_format("can't connect to %.80s: no TLS, or a certificate that isn't "
		                     "trusted (%.90s)",
		                     link->address.host, said.text);
	if (status >= 300)
		reason = text_format("%.80s answered with HTTP status %u", link->address.host,
		                     status);
	lost(link, reason.text);
}

static int on_link(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                   size_t size)
{
	struct link *link = wsi != NULL ? lws_get_opaque_user_data(wsi) : NULL;

	(void)user;
	if (link == NULL)
		return 0;
	switch (reason) {
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: note_failure(link, wsi, in, size); break;
	case LWS_CALLBACK_CLIENT_HTTP_REDIRECT: /* else the library follows it, wherever it leads */
		link->reason = text_format(
			"%.80s answered with a redirect: give the address that it leads to",
			link->address.host);
		return -1;
	case LWS_CALLBACK_CLIENT_ESTABLISHED: came_up(link, wsi); break;
	case LWS_CALLBACK_CLIENT_RECEIVE:
		if (!take_piece(link, wsi, in, size)) {
			lws_close_reason(wsi, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, NULL, 0);
			return -1;
		}
		break;
	case LWS_CALLBACK_CLIENT_WRITEABLE: return write_frames(link, wsi) ? 0 : -1;
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE: note_peer_close(link, in, size); break;
	case LWS_CALLBACK_CLIENT_CLOSED: lost(link, "the connection broke"); break;
	default: break;
	}
	return 0;
}

/* commands */

static void obey_connect(struct link *link, const char *url)
{
	text_t ignored;

	if (link->url != NULL && strcmp(link->url, url) == 0)
		return;
	free(link->url);
	link->url = strdup(url);
	assert(link->url != NULL);
	enum err err = address_parse(url, &link->address, &ignored);
	assert(err == OK); /* links_connect() has tried it */
	(void)err;
	link->at_once = true;
	link->is_told_down = link->is_told_down && link->wsi != NULL;
	if (link->wsi != NULL)
		hang_up(link, text_from("moved to another address"));
	else
		connect_later(link);
}

static void obey_drop(struct link *link, uint64_t connection)
{
	if (link->is_up && link->connection != connection)
		return; /* that one is gone already */
	link->at_once = true;
	if (link->is_up)
		hang_up(link, text_from("dropped on request"));
	else if (link->wsi == NULL)
		connect_later(link);
}

/* True when it keeps the command. */
static bool obey_send(struct link *link, struct link_command *command)
{
	if (!link->is_up || link->connection != command->connection)
		return false;
	if (link->unsent + command->size > LINK_UNSENT_MAX) {
		hang_up(link, text_from("the peer doesn't read what we send"));
		return false;
	}
	command->parcel.next = NULL;
	*link->last = &command->parcel;
	link->last = &command->parcel.next;
	link->unsent += command->size;
	lws_callback_on_writable(link->wsi);
	return true;
}

static void obey(void *owner, struct parcel *parcel)
{
	struct links_actor *self = owner;
	struct link_command *command = (struct link_command *)parcel;
	struct link *link = &self->links[command->index];
	bool is_kept = false;

	switch (command->kind) {
	case LINK_ORDER_CONNECT: obey_connect(link, command->bytes + LWS_PRE); break;
	case LINK_ORDER_DROP: obey_drop(link, command->connection); break;
	case LINK_ORDER_SEND: is_kept = obey_send(link, command); break;
	case LINK_ORDER_END: web_actor_stop(&self->web); break;
	}
	if (!is_kept)
		free(command);
}

static const struct lws_protocols protocols[] = {
	{.name = "link", .callback = on_link, .rx_buffer_size = 64 << 10},
	{0},
};

static const struct web_role role = {
	.protocols = protocols,
	.port = CONTEXT_PORT_NO_LISTEN,
	.uses_tls = true,
	.fds_max = FDS_MAX,
	.command = obey,
};

enum err links_actor_open(struct links_actor **out, struct handoff *events, text_t *why)
{
	struct links_actor *self = calloc(1, sizeof *self);

	if (self == NULL)
		return ERR_IO;
	self->events = events;
	for (unsigned i = 0; i < LINKS_MAX; i++) {
		self->links[i].actor = self;
		self->links[i].index = i;
		self->links[i].last = &self->links[i].first;
	}
	enum err err = web_actor_open(&self->web, &role, self, why);
	if (err != OK) {
		free(self);
		return err;
	}
	*out = self;
	return OK;
}

void links_actor_post(struct links_actor *self, struct link_command *command)
{
	web_actor_post(&self->web, &command->parcel);
}

bool links_actor_close(struct links_actor **out)
{
	struct links_actor *self = *out;
	struct link_command *end = calloc(1, sizeof *end);

	*out = NULL;
	if (end == NULL)
		return false;
	end->kind = LINK_ORDER_END;
	web_actor_post(&self->web, &end->parcel);
	if (!web_actor_close(&self->web, CLOSE_PATIENCE))
		return false;
	for (unsigned i = 0; i < LINKS_MAX; i++) {
		free(self->links[i].url);
		free(self->links[i].message);
		free_unsent(&self->links[i]);
	}
	free(self);
	return true;
}
