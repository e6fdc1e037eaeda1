/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/exchange_bench.h"

#include "common/venue/binance/binance.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAPE_PATH "services/exchange/tape/binance_spot_BTCUSDT_20240808.rawl.gz"

enum { TEXT_SIZE = 4096, CLIENT_HTTP = 999 };

static const nanos_t epoch = 1790000000 * NANOS_S;

const struct tape *bench_tape(void)
{
	static struct tape *tape;
	text_t why = text_from("");
	if (tape == NULL && tape_open(&tape, TAPE_PATH, &why) != OK) {
		fprintf(stderr, "%s\n", why.text);
		abort();
	}
	return tape;
}

static void allocate(struct bench *self)
{
	free(self->exchange);
	self->exchange = calloc(1, exchange_logic.state_size);
	assert(self->exchange != NULL);
	static const struct identity identity;
	exchange_logic.init(self->exchange, &identity, &self->config);
}

struct bench *bench_new(void)
{
	struct bench *self = calloc(1, sizeof *self);
	assert(self != NULL);
	config_defaults(&exchange_config_type, &self->config);
	self->config.recording = bench_tape();
	snprintf(self->config.key.api_key, sizeof self->config.key.api_key, "%s",
	         "an-api-key-of-the-bench");
	snprintf(self->config.key.secret, sizeof self->config.key.secret, "%s",
	         "a secret of the bench");
	self->out = malloc(sizeof *self->out);
	size_t size = exchange_logic.arena_size;
	outbox_init(self->out, aligned_alloc(16, size), size);
	self->now = epoch;
	return self;
}

void bench_free(struct bench *self)
{
	bench_forget(self);
	for (size_t i = 0; i < self->record_count; i++)
		free(self->records[i].body);
	json_decref(self->body);
	free(self->out->arena);
	free(self->out);
	free(self->exchange);
	free(self);
}

static void keep_record(struct bench *self, const struct effect *effect)
{
	assert(self->record_count < BENCH_RECORDS_MAX);
	size_t size = message_info(effect->type)->size;
	struct bench_record *record = &self->records[self->record_count++];
	record->type = effect->type;
	record->body = malloc(size);
	memcpy(record->body, effect->body, size);
}

static void keep_answer(struct bench *self, const struct effect *effect)
{
	if (effect->status == 1) {
		self->closed = effect->token;
		return;
	}
	json_t *json = json_loadb(effect->text, effect->size, 0, NULL);
	assert(json != NULL);
	if (effect->status == 0) {
		assert(self->frame_count < BENCH_FRAMES_MAX);
		self->frames[self->frame_count++] = (struct bench_frame){effect->token, json};
		return;
	}
	self->status = effect->status;
	snprintf(self->headers, sizeof self->headers, "%s", effect->headers);
	json_decref(self->body);
	self->body = json;
}

void bench_step(struct bench *self, struct event *event)
{
	event->now = self->now;
	event->entropy = ++self->entropy * 7919;
	outbox_clear(self->out);
	exchange_logic.step(self->exchange, event, self->out);
	bench_keep(self);
}

void bench_keep(struct bench *self)
{
	bool answered = false;
	for (size_t i = 0; i < self->out->count; i++) {
		const struct effect *effect = &self->out->effects[i];
		if (effect->kind == EFFECT_SAVE)
			keep_record(self, effect);
		if (effect->kind == EFFECT_ANSWER)
			keep_answer(self, effect);
		if (effect->kind == EFFECT_SET_TIMER)
			*(effect->timer == TIMER_TAPE ? &self->tape_at : &self->delayed_at) =
				effect->at;
		self->is_exit |= effect->kind == EFFECT_EXIT;
		self->saved_after_answer |= answered && effect->kind == EFFECT_SAVE;
		answered |= effect->kind == EFFECT_ANSWER && effect->status > 1;
	}
}

void bench_start(struct bench *self)
{
	allocate(self);
	for (size_t i = 0; i < self->record_count; i++)
		exchange_logic.apply(self->exchange, self->records[i].type, self->records[i].body);
	struct event event = {.kind = EVENT_START};
	bench_step(self, &event);
}

void bench_restart(struct bench *self)
{
	self->tape_at = self->delayed_at = 0;
	bench_start(self);
}

static void fire(struct bench *self, nanos_t *timer, unsigned number)
{
	self->now = *timer > self->now ? *timer : self->now;
	*timer = 0;
	struct event event = {.kind = EVENT_TIMER, .timer = number};
	bench_step(self, &event);
}

void bench_pass(struct bench *self, nanos_t span)
{
	nanos_t end = self->now + span;
	for (;;) {
		bool is_delayed = self->delayed_at != 0 &&
		                  (self->tape_at == 0 || self->delayed_at <= self->tape_at);
		nanos_t *timer = is_delayed ? &self->delayed_at : &self->tape_at;
		if (*timer == 0 || *timer > end)
			break;
		fire(self, timer, is_delayed ? TIMER_DELAYED : TIMER_TAPE);
	}
	self->now = end;
}

static void ask(struct bench *self, const char *method, const char *path, const char *query,
                const char *key)
{
	bool is_form = strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0;
	struct wire wire = {
		.kind = WIRE_HTTP,
		.client = CLIENT_HTTP,
		.method = method,
		.path = path,
		.query = is_form ? "" : query,
		.api_key = key,
		.body = is_form ? query : "",
		.size = is_form ? strlen(query) : 0,
	};
	struct event event = {.kind = EVENT_WIRE, .wire = &wire};
	self->status = 0;
	bench_step(self, &event);
}

void bench_ask(struct bench *self, const char *method, const char *path, const char *query)
{
	ask(self, method, path, query, "");
}

void bench_sign(const char *secret, const char *payload, char hex[65])
{
	uint8_t mac[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state state;
	crypto_auth_hmacsha256_init(&state, (const uint8_t *)secret, strlen(secret));
	crypto_auth_hmacsha256_update(&state, (const uint8_t *)payload, strlen(payload));
	crypto_auth_hmacsha256_final(&state, mac);
	sodium_bin2hex(hex, 65, mac, sizeof mac);
}

static long long timestamp(const struct bench *self)
{
	return exchange_time(self->exchange, self->now) / NANOS_MS;
}

void bench_ask_signed(struct bench *self, const char *method, const char *path, const char *query)
{
	char text[TEXT_SIZE], signature[65];
	int size = snprintf(text, sizeof text, "%s%stimestamp=%lld", query,
	                    query[0] == '\0' ? "" : "&", timestamp(self));
	bench_sign(self->config.key.secret, text, signature);
	snprintf(text + size, sizeof text - (size_t)size, "&signature=%s", signature);
	ask(self, method, path, text, self->config.key.api_key);
}

void bench_request(struct bench *self, const struct http_request *request,
                   const struct message_sink *sink, struct venue_answer *answer)
{
	static const char *const methods[] = {[HTTP_GET] = "GET",
	                                      [HTTP_POST] = "POST",
	                                      [HTTP_PUT] = "PUT",
	                                      [HTTP_DELETE] = "DELETE"};
	char text[TEXT_SIZE];
	enum err err = binance_dialect.sign(request, &self->config.key, text, sizeof text);
	assert(err == OK);
	ask(self, methods[request->method], request->path, text, self->config.key.api_key);
	char *body = self->status == 0 ? strdup("") : json_dumps(self->body, 0);
	struct http_answer http = {
		.status = self->status,
		.may_have_arrived = true,
		.transport = "no answer",
		.headers = self->headers,
		.body = body,
		.size = strlen(body),
	};
	binance_dialect.read_answer(request, &http, sink, answer);
	free(body);
}

json_t *bench_walk(json_t *json, const char *member)
{
	while (json != NULL && *member != '\0') {
		char name[64];
		size_t size = strcspn(member, ".");
		snprintf(name, sizeof name, "%.*s", (int)size, member);
		json = json_is_array(json) ? json_array_get(json, strtoul(name, NULL, 10))
		                           : json_object_get(json, name);
		member += size + (member[size] == '.');
	}
	return json;
}

const char *bench_text(const struct bench *self, const char *member)
{
	const char *text = json_string_value(bench_walk(self->body, member));
	return text == NULL ? "" : text;
}

json_int_t bench_number(const struct bench *self, const char *member)
{
	return json_integer_value(bench_walk(self->body, member));
}

static void wire_step(struct bench *self, const struct wire *wire)
{
	struct event event = {.kind = EVENT_WIRE, .wire = wire};
	bench_step(self, &event);
}

void bench_connect(struct bench *self, uint64_t client, const char *path, const char *query)
{
	struct wire wire = {.kind = WIRE_OPEN,
	                    .client = client,
	                    .method = "",
	                    .path = path,
	                    .query = query,
	                    .api_key = "",
	                    .body = ""};
	wire_step(self, &wire);
}

void bench_disconnect(struct bench *self, uint64_t client)
{
	struct wire wire = {.kind = WIRE_CLOSED,
	                    .client = client,
	                    .method = "",
	                    .path = "",
	                    .query = "",
	                    .api_key = "",
	                    .body = ""};
	wire_step(self, &wire);
}

void bench_send(struct bench *self, uint64_t client, const char *text)
{
	struct wire wire = {.kind = WIRE_FRAME,
	                    .client = client,
	                    .method = "",
	                    .path = "",
	                    .query = "",
	                    .api_key = "",
	                    .body = text,
	                    .size = strlen(text)};
	wire_step(self, &wire);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void bench_send_signed(struct bench *self, uint64_t client, int id, const char *method,
                       const char *params)
{
	json_t *object = json_loads(params, 0, NULL), *value;
	const char *names[32], *name;
	size_t count = 0, used = 0;
	char payload[TEXT_SIZE] = "", signature[65];
	assert(object != NULL);
	json_object_set_new(object, "apiKey", json_string(self->config.key.api_key));
	json_object_set_new(object, "timestamp", json_integer(timestamp(self)));
	json_object_foreach(object, name, value) names[count++] = name;
	qsort(names, count, sizeof *names, by_name);
	for (size_t i = 0; i < count; i++) {
		value = json_object_get(object, names[i]);
		char *text = json_is_string(value) ? strdup(json_string_value(value))
		                                   : json_dumps(value, JSON_ENCODE_ANY);
		used += (size_t)snprintf(payload + used, sizeof payload - used, "%s%s=%s",
		                         i == 0 ? "" : "&", names[i], text);
		free(text);
	}
	bench_sign(self->config.key.secret, payload, signature);
	json_object_set_new(object, "signature", json_string(signature));
	json_t *request =
		json_pack("{s:i, s:s, s:o}", "id", id, "method", method, "params", object);
	char *text = json_dumps(request, 0);
	bench_send(self, client, text);
	free(text);
	json_decref(request);
}

void bench_forget(struct bench *self)
{
	for (size_t i = 0; i < self->frame_count; i++)
		json_decref(self->frames[i].json);
	self->frame_count = 0;
}
