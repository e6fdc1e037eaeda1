/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/addresses.h"

#include "common/io/loopback.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

enum { HOST_MAX = 254 };

/* Several hosts need CURVE keys first; until then tcp stays on this machine (S-10). A number only:
   what a name stands for is another's to say. */
static bool is_loopback(const char *host, size_t size)
{
	char text[HOST_MAX];
	bool has_brackets = size > 2 && host[0] == '[' && host[size - 1] == ']';
	snprintf(text, sizeof text, "%.*s", (int)(has_brackets ? size - 2 : size),
	         has_brackets ? host + 1 : host);
	return strcmp(text, "localhost") != 0 && host_is_loopback(text);
}

static const char *configured(const struct addresses *self, const char *instance)
{
	const struct config_pairs *pairs = &self->stack->endpoints;
	for (uint32_t i = 0; i < pairs->count; i++)
		if (name_is(&pairs->items[i].key, instance))
			return pairs->items[i].value.text;
	return NULL;
}

static enum err configured_address(const char *endpoint, unsigned port_offset,
                                   char out[ADDRESS_MAX], text_t *why)
{
	static const char SCHEME[] = "tcp://";
	const char *host = endpoint + strlen(SCHEME), *colon = strrchr(endpoint, ':');
	char *end;
	if (strncmp(endpoint, SCHEME, strlen(SCHEME)) != 0 || colon <= host ||
	    !is_loopback(host, (size_t)(colon - host))) {
		*why = text_format(
			"endpoint %s: only tcp://127.0.0.1:PORT is allowed until bus keys exist",
			endpoint);
		return ERR_INVALID;
	}
	long port = strtol(colon + 1, &end, 10);
	if (*end != '\0' || port < 1 || port > 65534) {
		*why = text_format("endpoint %s: the port must be from 1 to 65534", endpoint);
		return ERR_INVALID;
	}
	snprintf(out, ADDRESS_MAX, "%.*s:%ld", (int)(colon - endpoint), endpoint,
	         port + (long)port_offset);
	return OK;
}

static enum err address(const struct addresses *self, const char *instance, const char *suffix,
                        unsigned port_offset, char out[ADDRESS_MAX], text_t *why)
{
	const char *endpoint = configured(self, instance);
	if (endpoint != NULL)
		return configured_address(endpoint, port_offset, out, why);
	int size = snprintf(out, ADDRESS_MAX, "ipc://%s/%s.%s", self->run, instance, suffix);
	if (size < 0 ||
	    (size_t)size - strlen("ipc://") >= sizeof((struct sockaddr_un *)0)->sun_path) {
		*why = text_format("run directory %.120s is too long for a unix socket: choose a "
		                   "shorter state directory",
		                   self->run);
		return ERR_INVALID;
	}
	return OK;
}

enum err addresses_publish(const struct addresses *self, const char *instance,
                           char out[ADDRESS_MAX], text_t *why)
{
	return address(self, instance, "pub", 0, out, why);
}

enum err addresses_answer(const struct addresses *self, const char *instance, char out[ADDRESS_MAX],
                          text_t *why)
{
	return address(self, instance, "ask", 1, out, why);
}
