/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/redact.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

enum { SECRET_MAX = 512, FORM_MAX = 3 * SECRET_MAX + 8, FORMS_PER_SECRET = 9 };

static const char replacement[] = "[secret]";

static bool is_known(const struct redaction *self, const char *text, size_t size)
{
	for (size_t i = 0; i < self->count; i++)
		if (self->forms[i].size == size && memcmp(self->forms[i].text, text, size) == 0)
			return true;
	return false;
}

static void add_form(struct redaction *self, const char *text, size_t size)
{
	if (size < REDACT_SECRET_MIN || is_known(self, text, size))
		return;
	char *copy = malloc(size);
	if (copy == NULL)
		return;
	memcpy(copy, text, size);
	self->forms[self->count++] = (struct redact_form){copy, size};
}

static void add_url_form(struct redaction *self, const char *secret, const char *hex_format)
{
	char form[FORM_MAX];
	size_t used = 0;

	for (const char *at = secret; *at != '\0'; at++) {
		bool is_plain =
			strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~",
		               *at) != NULL;
		if (is_plain)
			form[used++] = *at;
		else
			used += (size_t)snprintf(form + used, 4, hex_format, (unsigned char)*at);
	}
	add_form(self, form, used);
	sodium_memzero(form, sizeof form);
}

/* The characters that depend on the secret alone when `before` other bytes stand in front of it. */
static void add_base64_form(struct redaction *self, const char *secret, size_t before, int variant)
{
	uint8_t bytes[SECRET_MAX + 2] = {0};
	char form[FORM_MAX];
	size_t size = before + strlen(secret);
	size_t first = (before * 8 + 5) / 6, end = size * 8 / 6;

	memcpy(bytes + before, secret, size - before);
	sodium_bin2base64(form, sizeof form, bytes, size, variant);
	add_form(self, form + first, end - first);
	sodium_memzero(bytes, sizeof bytes);
	sodium_memzero(form, sizeof form);
}

bool redact_add(struct redaction *self, const char *secret)
{
	size_t size = strlen(secret);

	if (size < REDACT_SECRET_MIN || size > SECRET_MAX)
		return size < REDACT_SECRET_MIN;
	if (self->count + FORMS_PER_SECRET > REDACT_FORMS_MAX)
		return false;
	add_form(self, secret, size);
	add_url_form(self, secret, "%%%02X");
	add_url_form(self, secret, "%%%02x");
	for (size_t before = 0; before < 3; before++) {
		add_base64_form(self, secret, before, sodium_base64_VARIANT_ORIGINAL);
		add_base64_form(self, secret, before, sodium_base64_VARIANT_URLSAFE);
	}
	return true;
}

/* The longest form that stands at `text`; 0 for none. */
static size_t secret_at(const struct redaction *self, const char *text, size_t size)
{
	size_t longest = 0;

	for (size_t i = 0; i < self->count; i++) {
		const struct redact_form *form = &self->forms[i];
		if (form->size <= size && form->size > longest && form->text[0] == text[0] &&
		    memcmp(form->text, text, form->size) == 0)
			longest = form->size;
	}
	return longest;
}

size_t redact_copy(const struct redaction *self, const char *text, size_t size, char *out,
                   size_t capacity)
{
	size_t used = 0;

	for (size_t at = 0; at < size && used + 1 < capacity;) {
		size_t secret = secret_at(self, text + at, size - at);
		if (secret == 0) {
			out[used++] = text[at++];
			continue;
		}
		for (const char *c = replacement; *c != '\0' && used + 1 < capacity; c++)
			out[used++] = *c;
		at += secret;
	}
	out[used] = '\0';
	return used;
}

void redact_clear(struct redaction *self)
{
	for (size_t i = 0; i < self->count; i++) {
		sodium_memzero(self->forms[i].text, self->forms[i].size);
		free(self->forms[i].text);
	}
	self->count = 0;
}
