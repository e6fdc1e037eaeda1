/* SPDX-License-Identifier: Apache-2.0 */
/* Reading JSON that a stranger wrote. A `fields` looks at one object; the first member that is
   missing or makes no sense sticks in `bad` (its key), and zeros are returned from there on, so a
   reader takes everything and asks once. Borrows from the parsed tree. */
#ifndef VENUE_BINANCE_FIELDS_H
#define VENUE_BINANCE_FIELDS_H

#include "common/base/decimal.h"
#include "common/base/text.h"
#include "common/base/time.h"

#include <jansson.h>

/* More is not a message of this exchange: the largest, a book of 5000 levels, is below 0.5 MB, and
   exchangeInfo of a few symbols far less. */
enum { JSON_SIZE_MAX = 1 << 22 };

struct fields {
	const json_t *object;
	const char *bad; /* NULL while all is well */
};

/* One JSON value, the whole text of it, or NULL. A repeated key is refused: two readers could
   disagree on which one counts. The caller owns it (json_decref). */
json_t *json_read(const char *text, size_t size);

struct fields fields_of(const json_t *object); /* anything but an object is bad */

/* For checks of the caller's own: this key makes no sense, unless another was marked before. */
void fields_refuse(struct fields *self, const char *key);

/* A decimal string that fits exactly. */
decimal_t fields_decimal(struct fields *self, const char *key);
decimal_t fields_amount(struct fields *self, const char *key); /* zero or above */
uint64_t fields_count(struct fields *self, const char *key);   /* an integer, zero or above */
nanos_t fields_millis(struct fields *self, const char *key);   /* epoch milliseconds, above zero */
bool fields_flag(struct fields *self, const char *key);
const char *fields_text(struct fields *self, const char *key); /* never NULL */
name_t fields_name(struct fields *self, const char *key);      /* not empty */
/* The elements of an array; NULL (and bad) when it is none. */
const json_t *fields_list(struct fields *self, const char *key);

/* What an optional member holds, or the stated default. Never bad. */
const char *fields_text_or(const struct fields *self, const char *key, const char *other);
bool fields_has(const struct fields *self, const char *key);

/* A decimal string outside an object. */
MUST_CHECK enum err json_amount(const json_t *value, decimal_t *out);

/* Exactly 32 lower-case hex digits are ours; anything else is foreign: none. */
ident_t client_id_of(const char *text);

#endif
