/* SPDX-License-Identifier: Apache-2.0 */
/* Asking the Binance dialect to read an answer, and answers with one field changed. */
#ifndef TESTS_LIB_VENUE_ANSWERS_H
#define TESTS_LIB_VENUE_ANSWERS_H

#include "common/venue/binance/binance.h"
#include "tests/lib/venue_messages.h"

#include <jansson.h>

#define OUR_ID "00112233445566778899aabbccddeeff"
#define WEIGHT_HEADERS "content-type: application/json\nx-mbx-used-weight-1m: 17\n"

struct answered {
	struct venue_messages messages;
	struct venue_answer answer;
};

static inline void answered_clear(struct answered *self)
{
	venue_messages_clear(&self->messages);
}

static inline void answered_http(struct answered *self, const struct http_request *request,
                                 const struct http_answer *http)
{
	answered_clear(self);
	binance_dialect.read_answer(request, http, &self->messages.sink, &self->answer);
}

static inline void answered_text(struct answered *self, enum binance_answer form,
                                 const char *symbol, const char *query, unsigned status,
                                 const char *body)
{
	struct http_request request = {.answer = form, .symbol = name_from(symbol)};
	struct http_answer http = {
		.status = status,
		.transport = "",
		.headers = WEIGHT_HEADERS,
		.body = body,
		.size = strlen(body),
	};

	snprintf(request.query, sizeof request.query, "%s", query);
	answered_http(self, &request, &http);
}

static inline void answered_fixture(struct answered *self, enum binance_answer form,
                                    const char *symbol, const char *name)
{
	char path[256];
	size_t size;

	snprintf(path, sizeof path, FIXTURES "%s", name);
	char *text = file_text(path, &size);
	answered_text(self, form, symbol, "", 200, text);
	free(text);
}

/* `text` with this member set to `value` (JSON; NULL removes it); the caller frees it. */
static inline char *json_changed(const char *text, const char *key, const char *value)
{
	json_t *json = json_loads(text, 0, NULL);

	if (value == NULL)
		json_object_del(json, key);
	else
		json_object_set_new(json, key, json_loads(value, JSON_DECODE_ANY, NULL));
	char *changed = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	return changed;
}

#endif
