/* SPDX-License-Identifier: Apache-2.0 */
/* What a dialect emitted, kept for a test to look at. Every message must survive packing and
   unpacking: so none with a value that the catalogue refuses passes unseen. */
#ifndef TESTS_LIB_VENUE_MESSAGES_H
#define TESTS_LIB_VENUE_MESSAGES_H

#include "common/logic/dialect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIXTURES "tests/data/fixtures/binance-spot/"

enum { VENUE_MESSAGES_MAX = 64 };

struct venue_messages {
	struct message_sink sink;
	size_t count; /* may pass VENUE_MESSAGES_MAX; only so many are kept */
	enum message_type types[VENUE_MESSAGES_MAX];
	void *bodies[VENUE_MESSAGES_MAX];
};

static inline void venue_messages_check(enum message_type type, const void *body)
{
	uint8_t *frame = malloc(FRAME_MAX);
	void *again = malloc(message_info(type)->size);
	size_t size = 0;

	if (codec_pack_body(type, body, frame, FRAME_MAX, &size) != OK ||
	    codec_unpack_body(type, frame, size, again, message_info(type)->size) != OK) {
		fprintf(stderr, "emitted %s that the catalogue refuses\n",
		        message_info(type)->name);
		abort();
	}
	free(again);
	free(frame);
}

static inline void venue_messages_take(void *self, enum message_type type, const void *body)
{
	struct venue_messages *messages = self;
	size_t at = messages->count++;

	venue_messages_check(type, body);
	if (at >= VENUE_MESSAGES_MAX)
		return;
	messages->types[at] = type;
	messages->bodies[at] = malloc(message_info(type)->size);
	memcpy(messages->bodies[at], body, message_info(type)->size);
}

static inline void venue_messages_clear(struct venue_messages *self)
{
	for (size_t i = 0; i < self->count && i < VENUE_MESSAGES_MAX; i++)
		free(self->bodies[i]);
	*self = (struct venue_messages){.sink = {venue_messages_take, self}};
}

/* The message at this place; ends the test program when it is of another type. */
static inline const void *venue_message(const struct venue_messages *self, size_t at,
                                        enum message_type type)
{
	if (at >= self->count || self->types[at] != type) {
		fprintf(stderr, "message %zu is no %s\n", at, message_info(type)->name);
		abort();
	}
	return self->bodies[at];
}

/* A whole file, NUL-terminated; the caller frees it. */
static inline char *file_text(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	char *text = calloc(1, 1 << 20);

	if (file == NULL) {
		fprintf(stderr, "%s can't be opened: run from the repository's root\n", path);
		abort();
	}
	*size = fread(text, 1, (1 << 20) - 1, file);
	fclose(file);
	return text;
}

#endif
