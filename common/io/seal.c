/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/seal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "common/io/secret_file.h"

enum { KEY_SIZE = 32 };

static_assert(SEAL_SIZE >= crypto_generichash_BYTES_MIN, "BLAKE2b gives that size");

struct seal {
	uint8_t key[KEY_SIZE];
};

/* Two services that start together may both make a key: one file wins, and both read that one. */
static enum err make_key(const char *path, text_t *why)
{
	uint8_t *key = sodium_malloc(KEY_SIZE);

	if (key == NULL) {
		*why = text_from("no locked memory for the seal key: raise the memory lock limit");
		return ERR_IO;
	}
	randombytes_buf(key, KEY_SIZE);
	enum err err = secret_file_make(path, key, KEY_SIZE, why);
	sodium_free(key);
	return err == ERR_EXISTS ? OK : err;
}

static enum err read_key(struct seal *self, const char *path, text_t *why)
{
	size_t size = 0;
	enum err err = secret_file_read(path, self->key, sizeof self->key, &size, why);

	if (err == OK && size != KEY_SIZE) {
		*why = text_format(
			"%s holds %zu bytes, a seal key has %d: stop risk and executor, remove it, "
			"and a new one is made",
			path, size, KEY_SIZE);
		return ERR_INVALID;
	}
	return err;
}

enum err seal_open(struct seal **out, const char *path, text_t *why)
{
	if (sodium_init() < 0) {
		*why = text_from("libsodium can't start");
		return ERR_IO;
	}
	struct seal *self = sodium_malloc(sizeof *self);
	if (self == NULL) {
		*why = text_from("no locked memory for the seal key: raise the memory lock limit");
		return ERR_IO;
	}
	enum err err = read_key(self, path, why);
	if (err == ERR_NOT_FOUND) {
		err = make_key(path, why);
		if (err == OK)
			err = read_key(self, path, why);
	}
	if (err != OK) {
		sodium_free(self);
		return err;
	}
	sodium_mprotect_readonly(self);
	*out = self;
	return OK;
}

void seal_make(const struct seal *self, const uint8_t *body, size_t size, uint8_t seal[SEAL_SIZE])
{
	int result = crypto_generichash(seal, SEAL_SIZE, body, size, self->key, sizeof self->key);

	assert(result == 0);
	(void)result;
}

enum err seal_check(const struct seal *self, const struct sealing *sealing)
{
	uint8_t expected[SEAL_SIZE];

	if (sealing->seal == NULL)
		return ERR_SEAL;
	seal_make(self, sealing->body, sealing->size, expected);
	return sodium_memcmp(expected, sealing->seal, SEAL_SIZE) == 0 ? OK : ERR_SEAL;
}

void seal_close(struct seal **self)
{
	sodium_free(*self);
	*self = NULL;
}
