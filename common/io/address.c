/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/address.h"
#include "common/io/loopback.h"

#include "common/io/http.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

struct scheme {
	const char *name;
	bool is_tls, is_websocket;
	unsigned port;
};

static const struct scheme schemes[] = {
	{"http", false, false, 80},
	{"https", true, false, 443},
	{"ws", false, true, 80},
	{"wss", true, true, 443},
};

static const struct scheme *scheme_named(const char *name)
{
	for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
		if (strcasecmp(name, schemes[i].name) == 0)
			return &schemes[i];
	return NULL;
}

/* One part of the URL; "" when it has none. False when it doesn't fit. */
static bool copy_part(CURLU *url, CURLUPart part, char *out, size_t capacity)
{
	char *text = NULL;

	out[0] = '\0';
	if (curl_url_get(url, part, &text, 0) != CURLUE_OK)
		return true;
	bool fits = strlen(text) < capacity;
	if (fits)
		memcpy(out, text, strlen(text) + 1);
	curl_free(text);
	return fits;
}

static void strip_brackets(char *host)
{
	size_t size = strlen(host);

	if (size > 2 && host[0] == '[' && host[size - 1] == ']') {
		memmove(host, host + 1, size - 2);
		host[size - 2] = '\0';
	}
}

static bool read_target(CURLU *url, struct address *out)
{
	char query[ADDRESS_TARGET_MAX];

	if (!copy_part(url, CURLUPART_PATH, out->target, sizeof out->target) ||
	    !copy_part(url, CURLUPART_QUERY, query, sizeof query))
		return false;
	if (out->target[0] == '\0')
		out->target[0] = '/';
	size_t size = strlen(out->target);
	if (query[0] == '\0')
		return true;
	return snprintf(out->target + size, sizeof out->target - size, "?%s", query) <
	       (int)(sizeof out->target - size);
}

static bool read_parts(CURLU *url, struct address *out)
{
	char name[16], port[8], user[8], password[8];

	if (!copy_part(url, CURLUPART_SCHEME, name, sizeof name) ||
	    !copy_part(url, CURLUPART_PORT, port, sizeof port) ||
	    !copy_part(url, CURLUPART_HOST, out->host, sizeof out->host) ||
	    !copy_part(url, CURLUPART_USER, user, sizeof user) ||
	    !copy_part(url, CURLUPART_PASSWORD, password, sizeof password))
		return false;
	const struct scheme *scheme = scheme_named(name);
	if (scheme == NULL || out->host[0] == '\0' || user[0] != '\0' || password[0] != '\0')
		return false;
	strip_brackets(out->host);
	out->is_tls = scheme->is_tls;
	out->is_websocket = scheme->is_websocket;
	out->port = port[0] != '\0' ? (unsigned)strtoul(port, NULL, 10) : scheme->port;
	return read_target(url, out);
}

enum err address_parse(const char *text, struct address *out, text_t *why)
{
	struct address parsed = {0};
	CURLU *url = curl_url();

	if (url == NULL)
		return ERR_IO;
	/* The same parser that will use the address: no second reading of
	 * "http://127.0.0.1@elsewhere". */
	bool is_good =
		curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
		read_parts(url, &parsed);
	curl_url_cleanup(url);
	if (!is_good) {
		*why = text_format("'%.120s' is no usable address: write https://HOST[:PORT] or "
		                   "wss://HOST[:PORT]/PATH, without user or password",
		                   text);
		return ERR_INVALID;
	}
	*out = parsed;
	return OK;
}

enum err address_check(const char *url, text_t *why)
{
	struct address address;
	enum err err = address_parse(url, &address, why);

	if (err != OK || address.is_tls || host_is_loopback(address.host))
		return err;
	*why = text_format(
		"'%.120s' is not encrypted and leaves this machine: use %s:, or a loopback address "
		"(127.0.0.1)",
		url, address.is_websocket ? "wss" : "https");
	return ERR_INVALID;
}
