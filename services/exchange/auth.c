/* SPDX-License-Identifier: Apache-2.0 */
#include "services/exchange/auth.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { WINDOW_MS_DEFAULT = 5000, WINDOW_MS_MAX = 60000, API_KEY_SIZE_MIN = 8 };

static const char name[] = "signature=";

static bool append(char *out, size_t capacity, size_t *used, const char *text, size_t size)
{
	if (*used + size + 1 > capacity)
		return false;
	memcpy(out + *used, text, size);
	*used += size;
	out[*used] = '\0';
	return true;
}

/* The pairs of one part without its signature, joined as they were. */
static bool append_part(char *out, size_t capacity, size_t *used, const char *text, size_t size)
{
	bool is_first = true;
	for (size_t start = 0; start < size;) {
		const char *ampersand = memchr(text + start, '&', size - start);
		size_t end = ampersand == NULL ? size : (size_t)(ampersand - text);
		bool is_signature = end - start >= sizeof name - 1 &&
		                    memcmp(text + start, name, sizeof name - 1) == 0;
		if (!is_signature) {
			if ((!is_first && !append(out, capacity, used, "&", 1)) ||
			    !append(out, capacity, used, text + start, end - start))
				return false;
			is_first = false;
		}
		start = end + 1;
	}
	return true;
}

bool auth_http_payload(const char *query, const char *body, size_t body_size, char *out,
                       size_t capacity)
{
	size_t used = 0;
	out[0] = '\0';
	return append_part(out, capacity, &used, query, strlen(query)) &&
	       append_part(out, capacity, &used, body, body_size);
}

static const struct param *next_by_name(const struct params *params, const char *after)
{
	const struct param *next = NULL;
	for (size_t i = 0; i < params->count; i++) {
		const struct param *param = &params->items[i];
		if (strcmp(param->name, "signature") == 0 || strcmp(param->name, after) <= 0)
			continue;
		if (next == NULL || strcmp(param->name, next->name) < 0)
			next = param;
	}
	return next;
}

bool auth_frame_payload(const struct params *params, char *out, size_t capacity)
{
	size_t used = 0;
	out[0] = '\0';
	for (const struct param *param = next_by_name(params, ""); param != NULL;
	     param = next_by_name(params, param->name)) {
		char pair[PARAM_NAME_SIZE + PARAM_VALUE_SIZE + 2];
		int size = snprintf(pair, sizeof pair, "%s%s=%s", used == 0 ? "" : "&", param->name,
		                    param->value);
		if (!append(out, capacity, &used, pair, (size_t)size))
			return false;
	}
	return true;
}

static bool is_hmac_of(const char *secret, const char *payload, const char *signature)
{
	uint8_t mac[crypto_auth_hmacsha256_BYTES], told[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state state;
	size_t size;
	crypto_auth_hmacsha256_init(&state, (const uint8_t *)secret, strlen(secret));
	crypto_auth_hmacsha256_update(&state, (const uint8_t *)payload, strlen(payload));
	crypto_auth_hmacsha256_final(&state, mac);
	if (strlen(signature) != 2 * sizeof mac ||
	    sodium_hex2bin(told, sizeof told, signature, strlen(signature), NULL, &size, NULL) != 0)
		return false;
	return size == sizeof mac && sodium_memcmp(mac, told, sizeof mac) == 0;
}

static bool is_ed25519_of(const uint8_t seed[32], const char *payload, const char *signature)
{
	uint8_t public_key[crypto_sign_PUBLICKEYBYTES], secret_key[crypto_sign_SECRETKEYBYTES];
	uint8_t told[crypto_sign_BYTES];
	size_t size;
	if (sodium_base642bin(told, sizeof told, signature, strlen(signature), NULL, &size, NULL,
	                      sodium_base64_VARIANT_ORIGINAL) != 0 ||
	    size != sizeof told)
		return false;
	crypto_sign_seed_keypair(public_key, secret_key, seed);
	sodium_memzero(secret_key, sizeof secret_key);
	return crypto_sign_verify_detached(told, (const uint8_t *)payload, strlen(payload),
	                                   public_key) == 0;
}

static bool check_key(const struct exchange *self, const char *api_key, struct refusal *refusal)
{
	const char *ours = self->config->key.api_key;
	if (strlen(api_key) < API_KEY_SIZE_MIN) {
		refusal_set(refusal, 401, -2014, "API-key format invalid.");
		return false;
	}
	if (strlen(api_key) != strlen(ours) || sodium_memcmp(api_key, ours, strlen(ours)) != 0) {
		refusal_set(refusal, 401, -2015, "Invalid API-key, IP, or permissions for action.");
		return false;
	}
	return true;
}

/* A timestamp may be in milliseconds or microseconds, told apart by magnitude. */
static nanos_t moment_of(uint64_t timestamp)
{
	return timestamp > UINT64_C(100000000000000) ? (nanos_t)timestamp * NANOS_US
	                                             : (nanos_t)timestamp * NANOS_MS;
}

/* Whether a moment lies inside the window before `now`. */
static int timing(nanos_t moment, nanos_t now, nanos_t window)
{
	/* Whole milliseconds, as both sides write them. */
	nanos_t late = now / NANOS_MS * NANOS_MS - moment;
	return late <= -NANOS_S ? 1 : late > window ? -1 : 0;
}

static bool check_time(const struct exchange *self, const struct turn *turn, struct params *params,
                       struct refusal *refusal)
{
	uint64_t timestamp = 0;
	decimal_t window = decimal_make(WINDOW_MS_DEFAULT, 0);
	if (!params_number(params, "timestamp", true, &timestamp, refusal) ||
	    !params_amount(params, "recvWindow", false, &window, refusal))
		return false;
	if (decimal_compare(window, decimal_make(WINDOW_MS_MAX, 0)) > 0) {
		refusal_set(refusal, 400, -1131, "recvWindow must be less than %d", WINDOW_MS_MAX);
		return false;
	}
	if (timestamp > UINT64_C(9000000000000000)) {
		refusal_set(refusal, 400, -1021,
		            "Timestamp for this request was 1000ms ahead of the server's time.");
		return false;
	}
	nanos_t span = (nanos_t)(decimal_to_double(window) * (double)NANOS_MS);
	nanos_t moment = moment_of(timestamp);
	int off = timing(moment, turn->at, span);
	/* With scaled time no clock can follow for long: the client's own wall time is good, too.
	 */
	if (off != 0 && !decimal_equals(self->config->speed, DECIMAL_ONE))
		off = timing(moment, turn->event->now, span);
	if (off > 0)
		refusal_set(refusal, 400, -1021,
		            "Timestamp for this request was 1000ms ahead of the server's time.");
	if (off < 0)
		refusal_set(refusal, 400, -1021,
		            "Timestamp for this request is outside of the recvWindow.");
	return off == 0;
}

bool auth_check(const struct exchange *self, const struct turn *turn, const char *api_key,
                const char *payload, struct params *params, struct refusal *refusal)
{
	const char *signature = NULL;
	if (!check_key(self, api_key, refusal) ||
	    !params_text(params, "signature", true, &signature, refusal) ||
	    !check_time(self, turn, params, refusal))
		return false;
	const struct venue_key *key = &self->config->key;
	bool is_good = key->is_ed25519 ? is_ed25519_of(key->seed, payload, signature)
	                               : is_hmac_of(key->secret, payload, signature);
	if (!is_good)
		refusal_set(refusal, 400, -1022, "Signature for this request is not valid.");
	return is_good;
}
