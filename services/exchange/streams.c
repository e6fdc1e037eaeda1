/* SPDX-License-Identifier: Apache-2.0 */
#include "services/exchange/streams.h"

#include "services/exchange/render.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { STREAM_NAME_SIZE = NAME_MAX_SIZE + 24 };

static const char *const suffixes[STREAM_KINDS] = {
	[STREAM_TRADE] = "@trade",
	[STREAM_TOP] = "@bookTicker",
	[STREAM_DEPTH_FAST] = "@depth@100ms",
	[STREAM_DEPTH] = "@depth", /* as often as @100ms: the tape holds no other */
};

static void stream_name(const struct exchange *self, unsigned symbol, enum stream_kind kind,
                        char name[STREAM_NAME_SIZE])
{
	const name_t *text = &self->instruments[symbol].symbol;
	for (size_t i = 0; i < text->size; i++)
		name[i] = (char)tolower((unsigned char)text->text[i]);
	snprintf(name + text->size, STREAM_NAME_SIZE - text->size, "%s", suffixes[kind]);
}

/* The flag of a stream's name, or NULL when there is no such stream. */
static bool *flag_of(const struct exchange *self, struct exchange_client *client, const char *name,
                     size_t size)
{
	for (unsigned symbol = 0; symbol < self->symbol_count; symbol++)
		for (int kind = 0; kind < STREAM_KINDS; kind++) {
			char known[STREAM_NAME_SIZE];
			stream_name(self, symbol, (enum stream_kind)kind, known);
			if (strlen(known) == size && memcmp(known, name, size) == 0)
				return &client->streams[symbol][kind];
		}
	return NULL;
}

/* Names of a path or query, separated by slashes. */
static bool subscribe_all(const struct exchange *self, struct exchange_client *client,
                          const char *names)
{
	while (*names != '\0') {
		size_t size = strcspn(names, "/&");
		bool *flag = flag_of(self, client, names, size);
		if (flag == NULL)
			return false;
		*flag = true;
		names += size;
		if (*names == '&')
			break;
		names += *names == '/';
	}
	return true;
}

static bool admit(const struct exchange *self, struct exchange_client *client,
                  const struct wire *wire)
{
	const char *path = wire->path;
	if (strcmp(path, "/ws-api/v3") == 0) {
		client->kind = CLIENT_API;
		return true;
	}
	if (strcmp(path, "/ws") == 0 || strncmp(path, "/ws/", 4) == 0) {
		client->kind = CLIENT_RAW;
		return path[3] == '\0' || subscribe_all(self, client, path + 4);
	}
	client->kind = CLIENT_COMBINED;
	const char *streams = strstr(wire->query, "streams=");
	return strcmp(path, "/stream") == 0 &&
	       (streams == NULL || subscribe_all(self, client, streams + 8));
}

struct exchange_client *streams_client(struct exchange *self, uint64_t id)
{
	for (size_t i = 0; i < EXCHANGE_CLIENTS_MAX; i++)
		if (self->clients[i].id == id && id != 0)
			return &self->clients[i];
	return NULL;
}

void streams_open(struct exchange *self, struct turn *turn, const struct wire *wire)
{
	for (size_t i = 0; i < EXCHANGE_CLIENTS_MAX; i++) {
		struct exchange_client client = {.id = wire->client};
		if (self->clients[i].id != 0)
			continue;
		if (!admit(self, &client, wire))
			break;
		self->clients[i] = client;
		return;
	}
	outbox_note(turn->out, SEVERITY_WARNING, "exchange.connection_refused",
	            "%.80s: no such stream, or too many connections", wire->path);
	outbox_close_wire(turn->out, wire->client);
}

void streams_close(struct exchange *self, uint64_t id)
{
	struct exchange_client *client = streams_client(self, id);
	if (client != NULL)
		memset(client, 0, sizeof *client);
}

static void answer(struct exchange *self, struct turn *turn, const struct exchange_client *client,
                   json_t *frame, const json_t *request)
{
	json_t *id = json_object_get(request, "id");
	json_object_set(frame, "id", id == NULL ? json_null() : id);
	size_t size = render_text(self, frame);
	outbox_answer_frame(turn->out, client->id, self->text, size);
}

/* All names are checked before any is taken. */
static bool change_streams(const struct exchange *self, struct exchange_client *client,
                           const json_t *names, bool wanted)
{
	struct exchange_client changed = *client;
	for (size_t i = 0; i < json_array_size(names); i++) {
		const char *name = json_string_value(json_array_get(names, i));
		bool *flag = name == NULL ? NULL : flag_of(self, &changed, name, strlen(name));
		if (flag == NULL)
			return false;
		*flag = wanted;
	}
	*client = changed;
	return json_array_size(names) > 0;
}

static json_t *list_streams(const struct exchange *self, const struct exchange_client *client)
{
	json_t *names = json_array();
	for (unsigned symbol = 0; symbol < self->symbol_count; symbol++)
		for (int kind = 0; kind < STREAM_KINDS; kind++)
			if (client->streams[symbol][kind]) {
				char name[STREAM_NAME_SIZE];
				stream_name(self, symbol, (enum stream_kind)kind, name);
				json_array_append_new(names, json_string(name));
			}
	return names;
}

static json_t *control(const struct exchange *self, struct exchange_client *client,
                       const char *method, const json_t *params)
{
	if (strcmp(method, "SUBSCRIBE") == 0 || strcmp(method, "UNSUBSCRIBE") == 0)
		return change_streams(self, client, params, method[0] == 'S') ? json_null() : NULL;
	if (strcmp(method, "LIST_SUBSCRIPTIONS") == 0)
		return list_streams(self, client);
	const char *property = json_string_value(json_array_get(params, 0));
	if (property == NULL || strcmp(property, "combined") != 0)
		return NULL;
	if (strcmp(method, "GET_PROPERTY") == 0)
		return json_boolean(client->kind == CLIENT_COMBINED);
	const json_t *value = json_array_get(params, 1);
	if (strcmp(method, "SET_PROPERTY") != 0 || !json_is_boolean(value))
		return NULL;
	client->kind = json_is_true(value) ? CLIENT_COMBINED : CLIENT_RAW;
	return json_null();
}

void streams_frame(struct exchange *self, struct turn *turn, struct exchange_client *client,
                   const char *text, size_t size)
{
	json_t *request = json_loadb(text, size, 0, NULL);
	const char *method = json_string_value(json_object_get(request, "method"));
	json_t *result =
		method == NULL ? NULL
			       : control(self, client, method, json_object_get(request, "params"));
	if (result != NULL)
		answer(self, turn, client, json_pack("{s:o}", "result", result), request);
	else
		answer(self, turn, client,
		       json_pack("{s:i, s:s}", "code", 2, "msg",
		                 "Invalid request: unknown method or stream"),
		       request);
	json_decref(request);
}

static json_t *render_message(const struct exchange *self, unsigned symbol,
                              const struct market_message *message)
{
	const char *name = self->instruments[symbol].symbol.text;
	json_int_t event = render_time(message->event);
	if (message->kind == TAPE_TRADE)
		return json_pack(
			"{s:s, s:I, s:s, s:I, s:o, s:o, s:I, s:b, s:b}", "e", "trade", "E", event,
			"s", name, "t", (json_int_t)message->first, "p",
			render_decimal(message->bid), "q", render_decimal(message->bid_qty), "T",
			(json_int_t)render_time(message->at), "m", message->buyer_maker, "M", 1);
	if (message->kind == TAPE_TOP)
		return json_pack(
			"{s:I, s:s, s:o, s:o, s:o, s:o}", "u", (json_int_t)message->last, "s", name,
			"b", render_decimal(message->bid), "B", render_decimal(message->bid_qty),
			"a", render_decimal(message->ask), "A", render_decimal(message->ask_qty));
	return json_pack("{s:s, s:I, s:s, s:I, s:I, s:o, s:o}", "e", "depthUpdate", "E", event, "s",
	                 name, "U", (json_int_t)message->first, "u", (json_int_t)message->last, "b",
	                 render_levels(message->bids->items, message->bids->count), "a",
	                 render_levels(message->asks->items, message->asks->count));
}

static bool is_wanted(const struct exchange *self, unsigned symbol, enum stream_kind kind,
                      enum client_kind form)
{
	for (size_t i = 0; i < EXCHANGE_CLIENTS_MAX; i++) {
		const struct exchange_client *client = &self->clients[i];
		if (client->id != 0 && client->kind == form && client->streams[symbol][kind])
			return true;
	}
	return false;
}

static void send(struct exchange *self, struct turn *turn, unsigned symbol, enum stream_kind kind,
                 enum client_kind form, json_t *data)
{
	if (!is_wanted(self, symbol, kind, form))
		return;
	char name[STREAM_NAME_SIZE];
	stream_name(self, symbol, kind, name);
	size_t size = render_text(
		self, form == CLIENT_RAW ? json_incref(data)
					 : json_pack("{s:s, s:O}", "stream", name, "data", data));
	for (size_t i = 0; i < EXCHANGE_CLIENTS_MAX; i++) {
		const struct exchange_client *client = &self->clients[i];
		if (client->id != 0 && client->kind == form && client->streams[symbol][kind])
			outbox_answer_frame(turn->out, client->id, self->text, size);
	}
}

void streams_send(struct exchange *self, struct turn *turn, unsigned symbol,
                  const struct market_message *message)
{
	static const bool carries[][STREAM_KINDS] = {
		[TAPE_TRADE] = {[STREAM_TRADE] = true},
		[TAPE_TOP] = {[STREAM_TOP] = true},
		[TAPE_DEPTH] = {[STREAM_DEPTH_FAST] = true, [STREAM_DEPTH] = true},
	};
	bool is_heard = false;
	for (int kind = 0; kind < STREAM_KINDS; kind++)
		is_heard |= carries[message->kind][kind] &&
		            (is_wanted(self, symbol, (enum stream_kind)kind, CLIENT_RAW) ||
		             is_wanted(self, symbol, (enum stream_kind)kind, CLIENT_COMBINED));
	if (!is_heard)
		return;
	json_t *data = render_message(self, symbol, message);
	for (int kind = 0; kind < STREAM_KINDS; kind++)
		if (carries[message->kind][kind]) {
			send(self, turn, symbol, (enum stream_kind)kind, CLIENT_RAW, data);
			send(self, turn, symbol, (enum stream_kind)kind, CLIENT_COMBINED, data);
		}
	json_decref(data);
}
