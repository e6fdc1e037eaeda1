/* SPDX-License-Identifier: Apache-2.0 */
#include "common/venue/binance/sign.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "common/venue/binance/query.h"

static_assert(SIGNATURE_TEXT_SIZE > 2 * crypto_auth_hmacsha256_BYTES, "hex fits");
static_assert(SIGNATURE_TEXT_SIZE >=
                      sodium_base64_ENCODED_LEN(crypto_sign_BYTES, sodium_base64_VARIANT_ORIGINAL),
              "base64 fits");

/* The multi-part form takes a secret of any length; the one-shot form wants 32 bytes. */
static void sign_hmac(const struct venue_key *key, const char *bytes, size_t size, char *text)
{
	unsigned char mac[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state state;

	crypto_auth_hmacsha256_init(&state, (const unsigned char *)key->secret,
	                            strnlen(key->secret, sizeof key->secret));
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)bytes, size);
	crypto_auth_hmacsha256_final(&state, mac);
	sodium_memzero(&state, sizeof state);
	sodium_bin2hex(text, SIGNATURE_TEXT_SIZE, mac, sizeof mac);
}

static void sign_ed25519(const struct venue_key *key, const char *bytes, size_t size, char *text)
{
	unsigned char public_key[crypto_sign_PUBLICKEYBYTES];
	unsigned char secret_key[crypto_sign_SECRETKEYBYTES];
	unsigned char signature[crypto_sign_BYTES];

	static_assert(sizeof key->seed == crypto_sign_SEEDBYTES, "the seed is RFC 8032's");
	crypto_sign_seed_keypair(public_key, secret_key, key->seed);
	crypto_sign_detached(signature, NULL, (const unsigned char *)bytes, size, secret_key);
	sodium_memzero(secret_key, sizeof secret_key);
	sodium_bin2base64(text, SIGNATURE_TEXT_SIZE, signature, sizeof signature,
	                  sodium_base64_VARIANT_ORIGINAL);
}

char *signature_make(const struct venue_key *key, const char *bytes, size_t size,
                     char text[SIGNATURE_TEXT_SIZE])
{
	assert(key != NULL && bytes != NULL);
	if (key->is_ed25519)
		sign_ed25519(key, bytes, size, text);
	else
		sign_hmac(key, bytes, size, text);
	return text;
}

enum err binance_sign(const struct http_request *request, const struct venue_key *key, char *out,
                      size_t capacity)
{
	char signature[SIGNATURE_TEXT_SIZE];
	struct query query;

	assert(request != NULL && out != NULL);
	size_t size = strnlen(request->query, sizeof request->query);
	if (size >= capacity || size == sizeof request->query)
		return ERR_FULL;
	memcpy(out, request->query, size);
	out[size] = '\0';
	if (!request->is_signed)
		return OK;
	signature_make(key, request->query, size, signature);
	query_continue(&query, out, capacity);
	query_add(&query, "signature", signature);
	return query_end(&query);
}

static bool is_header_safe(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	return size > 0;
}

enum err binance_key_header(const struct venue_key *key, char *out, size_t capacity)
{
	static const char name[] = "X-MBX-APIKEY: ";

	assert(key != NULL && out != NULL);
	size_t size = strnlen(key->api_key, sizeof key->api_key);
	if (size == sizeof key->api_key || !is_header_safe(key->api_key, size))
		return ERR_INVALID;
	if (sizeof name + size > capacity)
		return ERR_FULL;
	memcpy(out, name, sizeof name - 1);
	memcpy(out + sizeof name - 1, key->api_key, size);
	out[sizeof name - 1 + size] = '\0';
	return OK;
}
