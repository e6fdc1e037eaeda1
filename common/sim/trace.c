/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sim/inside.h"

#include "common/base/hash.h"
#include "proto/print.h"

#include <stdarg.h>
#include <string.h>

enum { STORY_LINE_MAX = 4000 };

static uint64_t mixed(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * HASH_STEP;
	return hash ^ hash >> 29;
}

void trace(struct world *self, uint64_t a, uint64_t b)
{
	self->figures.hash = mixed(mixed(self->figures.hash, a), b);
}

void trace_bytes(struct world *self, const void *bytes, size_t size)
{
	uint64_t hash = self->figures.hash ^ size, word;
	const uint8_t *at = bytes;
	for (; size >= sizeof word; size -= sizeof word, at += sizeof word) {
		memcpy(&word, at, sizeof word);
		hash = mixed(hash, word);
	}
	word = 0;
	memcpy(&word, at, size);
	self->figures.hash = mixed(hash, word);
}

static void begin_line(const struct world *self, const struct node *node)
{
	fprintf(self->story, "%11.6f %-10s ", (double)(self->now - self->began) / 1e9,
	        node != NULL ? node->role->instance : "-");
}

void tell(struct world *self, const struct node *node, const char *format, ...)
{
	if (self->story == NULL)
		return;
	va_list arguments;
	begin_line(self, node);
	va_start(arguments, format);
	vfprintf(self->story, format, arguments);
	va_end(arguments);
	fputc('\n', self->story);
}

void tell_body(struct world *self, const struct node *node, const char *what,
               enum message_type type, const void *body)
{
	char text[STORY_LINE_MAX];
	const struct message_info *info = message_info(type);
	if (self->story == NULL)
		return;
	message_print(info, body, text, sizeof text);
	tell(self, node, "%s %s %s", what, info->name, text);
}
