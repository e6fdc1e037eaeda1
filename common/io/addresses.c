/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/addresses.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

/* Several hosts need CURVE keys first; until then tcp stays on this machine (S-10). */
static bool is_loopback(const char *endpoint)
{
	return strncmp(endpoint, "tcp://127.", 10) == 0 || strncmp(endpoint, "tcp://[::1]:", 12) == 0;
}

static const char *configured(const struct addresses *self, const char *instance)
{
	const struct config_pairs *pairs = &self->stack->endpoints;
	for (uint32_t i = 0; i < pairs->count; i++)
		if (name_is(&pairs->items[i].key, instance))
			return pairs->items[i].value.text;
	return NULL;
}

static enum err configured_address(const char *endpoint, unsigned port_offset, char out[ADDRESS_MAX], text_t *why)
{
	const char *colon = strrchr(endpoint, ':');
	if (!is_loopback(endpoint) || colon == NULL) {
		*why = text_format("endpoint %s: only tcp://127.0.0.1:PORT is allowed until bus keys exist", endpoint);
		return ERR_INVALID;
	}
	long port = strtol(colon + 1, NULL, 10);
	if (port < 1 || port > 65534) {
		*why = text_format("endpoint %s: the port must be from 1 to 65534", endpoint);
		return ERR_INVALID;
	}
	snprintf(out, ADDRESS_MAX, "%.*s:%ld", (int)(colon - endpoint), endpoint, port + (long)port_offset);
	return OK;
}

static enum err address(const struct addresses *self, const char *instance, const char *suffix, unsigned port_offset,
                        char out[ADDRESS_MAX], text_t *why)
{
	const char *endpoint = configured(self, instance);
	if (endpoint != NULL)
		return configured_address(endpoint, port_offset, out, why);
	int size = snprintf(out, ADDRESS_MAX, "ipc://%s/%s.%s", self->run, instance, suffix);
	if (size < 0 || (size_t)size - strlen("ipc://") >= sizeof ((struct sockaddr_un *)0)->sun_path) {
		*why = text_format("run directory %.120s is too long for a unix socket: choose a shorter state directory",
		                   self->run);
		return ERR_INVALID;
	}
	return OK;
}

enum err addresses_publish(const struct addresses *self, const char *instance, char out[ADDRESS_MAX], text_t *why)
{
	return address(self, instance, "pub", 0, out, why);
}

enum err addresses_answer(const struct addresses *self, const char *instance, char out[ADDRESS_MAX], text_t *why)
{
	return address(self, instance, "ask", 1, out, why);
}
