/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets out of text: by value, also where the value is URL- or base64-encoded (at any alignment,
   so that the Basic form of user:secret is caught too). */
#ifndef IO_REDACT_H
#define IO_REDACT_H

#include "common/base/text.h"

enum { REDACT_FORMS_MAX = 160, REDACT_SECRET_MIN = 4 };

struct redaction {
	struct redact_form {
		char *text;
		size_t size;
	} forms[REDACT_FORMS_MAX];
	size_t count;
};

/* Values shorter than REDACT_SECRET_MIN would blank out ordinary text and are ignored. False when
   the table is full (about twenty secrets). */
bool redact_add(struct redaction *self, const char *secret);
/* Copies `text` with every known form replaced by [secret]; cut at `capacity` - 1. Returns the
 * size. */
size_t redact_copy(const struct redaction *self, const char *text, size_t size, char *out,
                   size_t capacity);
/* Wipes and frees. */
void redact_clear(struct redaction *self);

#endif
