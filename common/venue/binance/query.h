/* SPDX-License-Identifier: Apache-2.0 */
/* Percent-encoded name=value pairs in a caller's buffer. The first failure sticks, so a builder
   adds everything and asks once. Pure. */
#ifndef VENUE_BINANCE_QUERY_H
#define VENUE_BINANCE_QUERY_H

#include "common/base/decimal.h"

struct query {
	char *text; /* always NUL-terminated */
	size_t size, capacity;
	enum err err;
};

/* Empties the buffer; `capacity` is above zero. */
void query_init(struct query *self, char *text, size_t capacity);
/* Goes on behind the pairs that are there. */
void query_continue(struct query *self, char *text, size_t capacity);

/* The value is percent-encoded: everything but letters, digits and "-._~". Names are ours. */
void query_add(struct query *self, const char *name, const char *value);
void query_add_number(struct query *self, const char *name, uint64_t value);
void query_add_decimal(struct query *self, const char *name, decimal_t value);

/* OK, or ERR_FULL when a pair didn't fit. */
MUST_CHECK enum err query_end(const struct query *self);

/* The value of this name as it stands there, still encoded; false when it is missing or too long.
 */
bool query_value(const char *text, const char *name, char *out, size_t capacity);

/* True when `text` holds this pair, or has none of this name. Values that need no encoding only. */
bool query_agrees(const char *text, const char *name, const char *value);

#endif
