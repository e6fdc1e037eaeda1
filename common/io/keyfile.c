/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/keyfile.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>
#include <yaml.h>

#include "common/io/secret_file.h"

enum { KEYFILE_SIZE_MAX = 4096, SEED_SIZE = 32, PKCS8_SIZE = 48, RANDOM_KEY_SIZE = 32 };

struct keyfile {
	const char *path;
	yaml_document_t document;
	bool has_secret, has_seed;
	struct venue_key key;
};

static enum err fail(const struct keyfile *self, const yaml_node_t *node, const char *sentence,
                     text_t *why)
{
	*why = text_format("%s:%zu: %s", self->path, node->start_mark.line + 1, sentence);
	return ERR_INVALID;
}

static enum err set_text(const char *value, char *out, size_t capacity)
{
	if (*value == '\0' || strlen(value) >= capacity)
		return ERR_INVALID;
	memcpy(out, value, strlen(value) + 1);
	return OK;
}

/* PKCS#8 of Ed25519 is a fixed 16-byte prefix and the seed. */
static enum err set_seed(const char *base64, uint8_t seed[SEED_SIZE])
{
	uint8_t bytes[PKCS8_SIZE];
	size_t size = 0;
	const char *end = NULL;

	if (sodium_base642bin(bytes, sizeof bytes, base64, strlen(base64), " \r\n", &size, &end,
	                      sodium_base64_VARIANT_ORIGINAL) != 0 ||
	    *end != '\0' || (size != SEED_SIZE && size != PKCS8_SIZE))
		return ERR_INVALID;
	memcpy(seed, bytes + size - SEED_SIZE, SEED_SIZE);
	sodium_memzero(bytes, sizeof bytes);
	return OK;
}

static enum err set_field(struct keyfile *self, const char *name, const char *value)
{
	if (strcmp(name, "api_key") == 0)
		return self->key.api_key[0] == '\0'
		               ? set_text(value, self->key.api_key, sizeof self->key.api_key)
		               : ERR_EXISTS;
	if (strcmp(name, "secret") == 0) {
		if (self->has_secret)
			return ERR_EXISTS;
		self->has_secret = true;
		return set_text(value, self->key.secret, sizeof self->key.secret);
	}
	if (strcmp(name, "ed25519_seed") != 0)
		return ERR_NOT_FOUND;
	if (self->has_seed)
		return ERR_EXISTS;
	self->has_seed = self->key.is_ed25519 = true;
	return set_seed(value, self->key.seed);
}

static const char *sentence_for(enum err err, const char *name)
{
	if (err == ERR_NOT_FOUND)
		return "unknown key; api_key, secret and ed25519_seed are known";
	if (err == ERR_EXISTS)
		return "the key is given twice";
	if (strcmp(name, "ed25519_seed") == 0)
		return "ed25519_seed: base64 of 32 bytes, or of a PKCS#8 key of 48, wanted";
	return strcmp(name, "api_key") == 0 ? "api_key: 1 to 127 characters wanted"
	                                    : "secret: 1 to 255 characters wanted";
}

static enum err read_pair(struct keyfile *self, const yaml_node_pair_t *pair, text_t *why)
{
	const yaml_node_t *name = yaml_document_get_node(&self->document, pair->key);
	yaml_node_t *value = yaml_document_get_node(&self->document, pair->value);

	if (name->type != YAML_SCALAR_NODE || value->type != YAML_SCALAR_NODE)
		return fail(self, name, "lines of the form \"key: value\" wanted", why);
	enum err err =
		set_field(self, (char *)name->data.scalar.value, (char *)value->data.scalar.value);
	sodium_memzero(value->data.scalar.value, value->data.scalar.length);
	if (err != OK)
		return fail(self, name, sentence_for(err, (char *)name->data.scalar.value), why);
	return OK;
}

static enum err check_whole(const struct keyfile *self, text_t *why)
{
	if (self->key.api_key[0] == '\0')
		*why = text_format("%s: api_key is missing", self->path);
	else if (self->has_secret == self->has_seed)
		*why = text_format("%s: one of secret and ed25519_seed wanted", self->path);
	else
		return OK;
	return ERR_INVALID;
}

static enum err read_map(struct keyfile *self, text_t *why)
{
	const yaml_node_t *root = yaml_document_get_root_node(&self->document);

	if (root == NULL || root->type != YAML_MAPPING_NODE) {
		*why = text_format("%s: \"api_key: …\" and \"secret: …\" wanted", self->path);
		return ERR_INVALID;
	}
	for (yaml_node_pair_t *pair = root->data.mapping.pairs.start;
	     pair < root->data.mapping.pairs.top; pair++) {
		enum err err = read_pair(self, pair, why);
		if (err != OK)
			return err;
	}
	return check_whole(self, why);
}

static enum err parse(struct keyfile *self, const uint8_t *bytes, size_t size, text_t *why)
{
	yaml_parser_t parser;

	if (!yaml_parser_initialize(&parser)) {
		*why = text_format("%s: no memory to read it", self->path);
		return ERR_IO;
	}
	yaml_parser_set_input_string(&parser, bytes, size);
	enum err err = ERR_INVALID;
	if (yaml_parser_load(&parser, &self->document)) {
		err = read_map(self, why);
		yaml_document_delete(&self->document);
	} else {
		*why = text_format("%s:%zu: not YAML: %s", self->path, parser.problem_mark.line + 1,
		                   parser.problem != NULL ? parser.problem : "can't be read");
	}
	yaml_parser_delete(&parser);
	return err;
}

static enum err read_bytes(struct keyfile *self, uint8_t *bytes, text_t *why)
{
	size_t size = 0;
	enum err err = secret_file_read(self->path, bytes, KEYFILE_SIZE_MAX, &size, why);

	if (err == OK && size > KEYFILE_SIZE_MAX) {
		*why = text_format("%s: a key file has at most %d bytes", self->path,
		                   KEYFILE_SIZE_MAX);
		return ERR_INVALID;
	}
	return err == OK ? parse(self, bytes, size, why) : err;
}

enum err keyfile_read(const char *path, struct venue_key *out, text_t *why)
{
	struct keyfile self = {.path = path};
	uint8_t bytes[KEYFILE_SIZE_MAX];

	enum err err = read_bytes(&self, bytes, why);
	if (err == OK)
		*out = self.key;
	sodium_memzero(bytes, sizeof bytes);
	sodium_memzero(&self, sizeof self);
	return err;
}

static char *random_hex(char text[2 * RANDOM_KEY_SIZE + 1])
{
	uint8_t bytes[RANDOM_KEY_SIZE];

	randombytes_buf(bytes, sizeof bytes);
	sodium_bin2hex(text, 2 * RANDOM_KEY_SIZE + 1, bytes, sizeof bytes);
	sodium_memzero(bytes, sizeof bytes);
	return text;
}

enum err keyfile_make(const char *path, text_t *why)
{
	char api_key[2 * RANDOM_KEY_SIZE + 1], secret[2 * RANDOM_KEY_SIZE + 1], text[256];

	if (sodium_init() < 0) {
		*why = text_from("libsodium can't start");
		return ERR_IO;
	}
	int size = snprintf(text, sizeof text,
	                    "# Key for the built-in exchange.\napi_key: %s\nsecret: %s\n",
	                    random_hex(api_key), random_hex(secret));
	enum err err = secret_file_make(path, text, (size_t)size, why);
	sodium_memzero(secret, sizeof secret);
	sodium_memzero(text, sizeof text);
	return err == ERR_EXISTS ? OK : err;
}
