/* SPDX-License-Identifier: Apache-2.0 */
/* Short strings and identities by value: no pointer to keep alive, no heap. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "common/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NAME_MAX_SIZE = 30, TEXT_MAX_SIZE = 250, IDENT_TEXT_SIZE = 33 };

/* A name: symbol, service, bot, rule, asset. At most 30 bytes, always NUL-terminated, unused
   bytes are zero (so that memcmp is equality). */
typedef struct {
	uint8_t size;
	char text[NAME_MAX_SIZE + 1];
} name_t;

/* A sentence for people. At most 250 bytes, always NUL-terminated, unused bytes are zero. */
typedef struct {
	uint8_t size;
	char text[TEXT_MAX_SIZE + 1];
} text_t;

/* A 128-bit identity; printed as 32 lower-case hex digits. All zero means "none". */
typedef struct {
	uint64_t high, low;
} ident_t;

/* Longer input is cut (on a UTF-8 boundary for text_t). */
name_t name_from(const char *text);
text_t text_from(const char *text);
text_t text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The first `size` bytes; ERR_INVALID when too long or a NUL is inside. */
MUST_CHECK enum err name_parse(const char *bytes, size_t size, name_t *out);

bool name_equals(const name_t *a, const name_t *b);
bool name_is(const name_t *a, const char *text);
uint64_t name_hash(const name_t *name);

bool ident_equals(ident_t a, ident_t b);
bool ident_is_none(ident_t ident);
uint64_t ident_hash(ident_t ident);
char *ident_print(ident_t ident, char text[IDENT_TEXT_SIZE]); /* returns `text` */
/* Exactly 32 hex digits of either case. */
MUST_CHECK enum err ident_parse(const char *text, size_t size, ident_t *out);

#endif
