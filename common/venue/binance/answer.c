/* SPDX-License-Identifier: Apache-2.0 */
#include "common/venue/binance/answer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/venue/binance/binance.h"
#include "common/venue/binance/body.h"
#include "common/venue/binance/evidence.h"
#include "common/venue/binance/fields.h"
#include "common/venue/binance/legs.h"

/* Seconds. No ban is longer, so a larger number is nonsense. */
enum { RETRY_AFTER_MAX = 30 * 86400 };

/* The text behind "name:", or NULL. */
static const char *header_value(const char *headers, const char *name)
{
	size_t size = strlen(name);

	for (const char *line = headers; line != NULL && *line != '\0';) {
		if (strncmp(line, name, size) == 0 && line[size] == ':')
			return line + size + 1 + strspn(line + size + 1, " ");
		line = strchr(line, '\n');
		line = line == NULL ? NULL : line + 1;
	}
	return NULL;
}

/* A header as a whole number; false when it is missing or none. */
static bool header_number(const char *headers, const char *name, uint64_t *out)
{
	const char *value = header_value(headers, name);
	size_t digits = value == NULL ? 0 : strspn(value, "0123456789");

	if (digits == 0 || digits > 18)
		return false;
	*out = strtoull(value, NULL, 10);
	return true;
}

static uint64_t told_wait(unsigned status, const char *headers)
{
	uint64_t seconds, wait_ms = evidence_wait_ms(status);

	if (wait_ms != 0 && header_number(headers, "retry-after", &seconds) &&
	    seconds <= RETRY_AFTER_MAX)
		return seconds * 1000;
	return wait_ms;
}

/* What is asked of an order that is there is judged like a cancel. */
static enum evidence_request evidence_request(const struct http_request *request)
{
	switch (request->answer) {
	case ANSWER_ORDER: return EVIDENCE_OF_PLACING;
	case ANSWER_CANCEL:
	case ANSWER_AMEND: return EVIDENCE_OF_CANCEL;
	case ANSWER_LIST:
		return request->method == HTTP_DELETE ? EVIDENCE_OF_CANCEL : EVIDENCE_OF_PLACING;
	default: return EVIDENCE_OF_ASKING;
	}
}

static void read_no_answer(const struct http_answer *http, struct venue_answer *answer)
{
	answer->evidence = http->may_have_arrived ? EVIDENCE_NOTHING : EVIDENCE_UNSENT;
	answer->text = text_from(http->transport != NULL ? http->transport : "");
}

static void read_success(const struct http_request *request, const json_t *json,
                         const struct message_sink *sink, struct venue_answer *answer)
{
	struct body_result result = body_read(request, json, sink);

	if (result.bad != NULL) {
		answer->evidence = EVIDENCE_NOTHING;
		answer->text = text_format("the answer makes no sense at \"%s\"", result.bad);
		return;
	}
	answer->evidence = EVIDENCE_EXISTS;
	answer->items = result.items;
	answer->server_time = result.server_time;
}

static void read_refusal(const struct http_request *request, const json_t *json,
                         struct venue_answer *answer)
{
	json_int_t code = json_integer_value(json_object_get(json, "code"));
	const char *words = json_string_value(json_object_get(json, "msg"));

	words = words == NULL ? "" : words;
	answer->code = code < 0 ? -(uint64_t)code : 0;
	answer->evidence = evidence_of(evidence_request(request), (unsigned)answer->http_status,
	                               answer->code, words);
	if (*words == '\0')
		answer->text = text_format("HTTP status %u", (unsigned)answer->http_status);
	else
		answer->text = text_from(words);
}

static void read_json(const struct http_request *request, const json_t *json,
                      const struct message_sink *sink, struct venue_answer *answer)
{
	if (request->answer == ANSWER_REPLACE)
		legs_read(request, json, sink, answer);
	else if (json == NULL)
		answer->text = text_format("HTTP status %u, and the body isn't JSON",
		                           (unsigned)answer->http_status);
	else if (answer->http_status >= 200 && answer->http_status < 300)
		read_success(request, json, sink, answer);
	else
		read_refusal(request, json, answer);
}

void binance_read_answer(const struct http_request *request, const struct http_answer *http,
                         const struct message_sink *sink, struct venue_answer *answer)
{
	assert(request != NULL && http != NULL && sink != NULL && answer != NULL);
	*answer = (struct venue_answer){.evidence = EVIDENCE_NOTHING, .http_status = http->status};
	if (http->status == 0) {
		read_no_answer(http, answer);
		if (request->answer == ANSWER_REPLACE)
			legs_tell(request, answer->evidence, &answer->text, sink);
		return;
	}
	answer->retry_after_ms = told_wait(http->status, http->headers);
	(void)header_number(http->headers, "x-mbx-used-weight-1m", &answer->used_weight);
	json_t *json = json_read(http->body, http->size);
	read_json(request, json, sink, answer);
	json_decref(json);
}
