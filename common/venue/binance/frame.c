/* SPDX-License-Identifier: Apache-2.0 */
#include "common/venue/binance/frame.h"

#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/venue/binance/binance.h"
#include "common/venue/binance/sign.h"

enum { PARAMS_MAX = 32, PAYLOAD_MAX = 2 * HTTP_TEXT_MAX };

enum err binance_user_subscribe(const char *link, struct link_frame *out)
{
	*out = (struct link_frame){.is_signed = true, .answer = ANSWER_SUBSCRIBED};
	snprintf(out->text, sizeof out->text,
	         "{\"method\":\"userDataStream.subscribe.signature\",\"params\":{}}");
	return name_parse(link, strlen(link), &out->link);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static size_t sorted_names(json_t *params, const char *names[PARAMS_MAX])
{
	size_t count = 0;
	const char *name;
	json_t *value;

	json_object_foreach(params, name, value) names[count++] = name;
	qsort(names, count, sizeof names[0], compare_names);
	return count;
}

static enum err print_value(const json_t *value, char *text, size_t capacity)
{
	int size;

	if (json_is_string(value))
		size = snprintf(text, capacity, "%s", json_string_value(value));
	else if (json_is_integer(value))
		size = snprintf(text, capacity, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_boolean(value))
		size = snprintf(text, capacity, "%s", json_is_true(value) ? "true" : "false");
	else
		return ERR_INVALID;
	return size >= 0 && (size_t)size < capacity ? OK : ERR_FULL;
}

/* "a=1&b=2", sorted, raw. */
static enum err write_payload(json_t *params, char *text, size_t capacity)
{
	const char *names[PARAMS_MAX];
	size_t count = sorted_names(params, names), size = 0;
	enum err err = OK;

	for (size_t i = 0; i < count && err == OK; i++) {
		size += (size_t)snprintf(text + size, capacity - size, "%s%s=", i == 0 ? "" : "&",
		                         names[i]);
		if (size >= capacity)
			return ERR_FULL;
		err = print_value(json_object_get(params, names[i]), text + size, capacity - size);
		size += strlen(text + size);
	}
	return err;
}

static enum err add_signature(json_t *params, nanos_t venue_now, const struct venue_key *key)
{
	char payload[PAYLOAD_MAX] = "", signature[SIGNATURE_TEXT_SIZE];

	json_object_del(params, "signature");
	if (venue_now <= 0 || json_object_size(params) > PARAMS_MAX - 2)
		return ERR_INVALID;
	if (json_object_set_new(params, "apiKey", json_string(key->api_key)) != 0 ||
	    json_object_set_new(params, "timestamp", json_integer(venue_now / NANOS_MS)) != 0)
		return ERR_INVALID;
	enum err err = write_payload(params, payload, sizeof payload);
	if (err != OK)
		return err;
	signature_make(key, payload, strlen(payload), signature);
	return json_object_set_new(params, "signature", json_string(signature)) == 0 ? OK
	                                                                             : ERR_INVALID;
}

static enum err complete(json_t *json, const struct link_frame *frame, uint64_t token,
                         nanos_t venue_now, const struct venue_key *key)
{
	json_t *params = json_object_get(json, "params");

	if (!json_is_object(json) || token == 0 || token > INT64_MAX)
		return ERR_INVALID;
	if (json_object_set_new(json, "id", json_integer((json_int_t)token)) != 0)
		return ERR_INVALID;
	if (!frame->is_signed)
		return OK;
	return json_is_object(params) ? add_signature(params, venue_now, key) : ERR_INVALID;
}

enum err binance_sign_frame(const struct link_frame *frame, uint64_t token, nanos_t venue_now,
                            const struct venue_key *key, char *out, size_t capacity)
{
	assert(frame != NULL && key != NULL && out != NULL && capacity > 0);
	json_t *json = json_loads(frame->text, JSON_REJECT_DUPLICATES, NULL);
	enum err err = complete(json, frame, token, venue_now, key);

	if (err == OK) {
		size_t size = json_dumpb(json, out, capacity - 1, JSON_COMPACT);
		if (size == 0 || size > capacity - 1)
			err = ERR_FULL;
		else
			out[size] = '\0';
	}
	json_decref(json);
	return err;
}
