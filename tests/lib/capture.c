/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <zlib.h>

enum { LINE_SIZE = 1 << 20 };

struct capture {
	const char *path;
	gzFile file;
	unsigned line_number;
	struct capture_message message;
	char line[LINE_SIZE];
};

static _Noreturn void give_up(const struct capture *self, const char *why)
{
	fprintf(stderr, "%s:%u: %s\n", self->path, self->line_number, why);
	exit(EXIT_FAILURE);
}

struct capture *capture_open(const char *path)
{
	struct capture *self = calloc(1, sizeof *self);

	if (self == NULL)
		abort();
	self->path = path;
	self->file = gzopen(path, "rb");
	if (self->file == NULL)
		give_up(self, "can't be opened; run tests from the repository's root");
	return self;
}

void capture_close(struct capture *self)
{
	gzclose(self->file);
	free(self);
}

static json_t *member(const struct capture *self, json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	if (value == NULL)
		give_up(self, key);
	return value;
}

static uint64_t count_of(const struct capture *self, json_t *object, const char *key)
{
	json_t *value = member(self, object, key);

	if (!json_is_integer(value) || json_integer_value(value) < 0)
		give_up(self, key);
	return (uint64_t)json_integer_value(value);
}

static nanos_t time_of(const struct capture *self, json_t *object, const char *key)
{
	return (nanos_t)count_of(self, object, key) * NANOS_MS;
}

static name_t name_of(const struct capture *self, json_t *object, const char *key)
{
	json_t *value = member(self, object, key);

	if (!json_is_string(value))
		give_up(self, key);
	return name_from(json_string_value(value));
}

static decimal_t number(const struct capture *self, json_t *value)
{
	decimal_t result;

	if (!json_is_string(value))
		give_up(self, "a number is not a string");
	if (decimal_parse(json_string_value(value), json_string_length(value), &result) != OK)
		give_up(self, json_string_value(value));
	return result;
}

static decimal_t decimal_at(const struct capture *self, json_t *object, const char *key)
{
	return number(self, member(self, object, key));
}

static void read_levels(const struct capture *self, json_t *object, const char *key,
                        struct levels *out)
{
	json_t *rows = member(self, object, key);

	if (!json_is_array(rows) || json_array_size(rows) > LEVELS_MAX)
		give_up(self, key);
	out->count = (uint32_t)json_array_size(rows);
	for (uint32_t i = 0; i < out->count; i++) {
		json_t *row = json_array_get(rows, i);
		out->items[i].price = number(self, json_array_get(row, 0));
		out->items[i].qty = number(self, json_array_get(row, 1));
	}
}

static void read_trade(const struct capture *self, json_t *data, struct venue_trade *out)
{
	out->symbol = name_of(self, data, "s");
	out->trade_id = count_of(self, data, "t");
	out->price = decimal_at(self, data, "p");
	out->qty = decimal_at(self, data, "q");
	out->taker = json_is_true(member(self, data, "m")) ? SIDE_SELL : SIDE_BUY;
	out->at = time_of(self, data, "T");
}

static void read_top(const struct capture *self, json_t *data, struct venue_top *out)
{
	out->symbol = name_of(self, data, "s");
	out->book_id = count_of(self, data, "u");
	out->bid = decimal_at(self, data, "b");
	out->bid_qty = decimal_at(self, data, "B");
	out->ask = decimal_at(self, data, "a");
	out->ask_qty = decimal_at(self, data, "A");
}

static void read_depth(const struct capture *self, json_t *data, struct venue_depth *out)
{
	out->symbol = name_of(self, data, "s");
	out->first = count_of(self, data, "U");
	out->last = count_of(self, data, "u");
	out->at = time_of(self, data, "E");
	read_levels(self, data, "b", &out->bids);
	read_levels(self, data, "a", &out->asks);
}

static void read_book(const struct capture *self, json_t *data, struct venue_book *out)
{
	out->symbol = name_from("");
	out->last = count_of(self, data, "lastUpdateId");
	read_levels(self, data, "bids", &out->bids);
	read_levels(self, data, "asks", &out->asks);
}

static void read_stream(struct capture *self, const char *stream, json_t *data)
{
	struct capture_message *message = &self->message;
	const char *name = strchr(stream, '@');

	if (name == NULL)
		give_up(self, stream);
	if (strcmp(name, "@trade") == 0) {
		message->kind = CAPTURE_TRADE;
		read_trade(self, data, &message->trade);
	} else if (strcmp(name, "@bookTicker") == 0) {
		message->kind = CAPTURE_TOP;
		read_top(self, data, &message->top);
	} else if (strncmp(name, "@depth", strlen("@depth")) == 0) {
		message->kind = CAPTURE_DEPTH;
		read_depth(self, data, &message->depth);
	} else {
		give_up(self, stream);
	}
}

static void read_line(struct capture *self)
{
	char *json_text;
	json_error_t error;

	self->message.received = strtoll(self->line, &json_text, 10);
	json_t *json = json_loads(json_text, 0, &error);
	if (json == NULL)
		give_up(self, error.text);
	json_t *stream = json_object_get(json, "stream");
	if (json_is_string(stream)) {
		read_stream(self, json_string_value(stream), member(self, json, "data"));
	} else {
		self->message.kind = CAPTURE_BOOK;
		read_book(self, json, &self->message.book);
	}
	json_decref(json);
}

const struct capture_message *capture_next(struct capture *self)
{
	if (gzgets(self->file, self->line, LINE_SIZE) == NULL) {
		if (!gzeof(self->file))
			give_up(self, "the file is damaged");
		return NULL;
	}
	self->line_number++;
	read_line(self);
	return &self->message;
}
