/* SPDX-License-Identifier: Apache-2.0 */
#include "common/venue/binance/legs.h"

#include <stdio.h>
#include <string.h>

#include "common/venue/binance/binance.h"
#include "common/venue/binance/body.h"
#include "common/venue/binance/evidence.h"
#include "common/venue/binance/fields.h"
#include "common/venue/binance/query.h"

enum { STATUS_OF_A_HALF = 400 };

/* How the halves are named, in the request and in the body. */
struct half {
	const char *id, *result, *response;
	enum binance_answer answer;
	const char *answers_id; /* what the id is called in a request for this half alone */
	enum evidence_request kind;
};

static const struct half halves[] = {
	{"cancelOrigClientOrderId", "cancelResult", "cancelResponse", ANSWER_CANCEL,
         "origClientOrderId", EVIDENCE_OF_CANCEL},
	{"newClientOrderId", "newOrderResult", "newOrderResponse", ANSWER_ORDER, "newClientOrderId",
         EVIDENCE_OF_PLACING},
};

enum { HALVES = sizeof halves / sizeof halves[0] };

static struct venue_leg leg_of(const struct http_request *request, const struct half *half)
{
	struct venue_leg leg = {.evidence = EVIDENCE_NOTHING};
	char id[IDENT_TEXT_SIZE] = "";

	if (query_value(request->query, half->id, id, sizeof id))
		leg.client_id = client_id_of(id);
	return leg;
}

static void emit(const struct message_sink *sink, const struct venue_leg *leg)
{
	sink->take(sink->self, MESSAGE_VENUE_LEG, leg);
}

/* The half as if it had been asked for alone. */
static struct http_request request_of(const struct http_request *request, const struct half *half)
{
	struct http_request alone = *request;
	char id[IDENT_TEXT_SIZE] = "";

	alone.answer = half->answer;
	if (query_value(request->query, half->id, id, sizeof id))
		snprintf(alone.query, sizeof alone.query, "%s=%s", half->answers_id, id);
	return alone;
}

static void read_done(const struct http_request *request, const struct half *half,
                      const json_t *response, const struct message_sink *sink,
                      struct venue_answer *answer, struct venue_leg *leg)
{
	struct http_request alone = request_of(request, half);
	struct body_result result = body_read(&alone, response, sink);

	answer->items += result.items;
	if (result.bad == NULL)
		leg->evidence = EVIDENCE_EXISTS;
	else
		leg->text = text_format("the answer makes no sense at \"%s\"", result.bad);
}

static void read_error(const json_t *error, const struct half *half, unsigned status,
                       struct venue_leg *leg)
{
	json_int_t code = json_integer_value(json_object_get(error, "code"));
	const char *words = json_string_value(json_object_get(error, "msg"));

	words = words == NULL ? "" : words;
	leg->code = code < 0 ? -(uint64_t)code : 0;
	leg->text = text_from(words);
	leg->evidence = evidence_of(half->kind, status, leg->code, words);
}

/* `data` tells how each half ended. */
static void read_half(const struct http_request *request, const json_t *data,
                      const struct half *half, const struct message_sink *sink,
                      struct venue_answer *answer, struct venue_leg *leg)
{
	const json_t *response = json_object_get(data, half->response);
	const char *result = json_string_value(json_object_get(data, half->result));

	result = result == NULL ? "" : result;
	if (strcmp(result, "SUCCESS") == 0) {
		read_done(request, half, response, sink, answer, leg);
	} else if (strcmp(result, "FAILURE") == 0) {
		read_error(response, half, STATUS_OF_A_HALF, leg);
	} else if (strcmp(result, "NOT_ATTEMPTED") == 0) {
		leg->evidence = EVIDENCE_REFUSED;
		leg->code = answer->code;
		leg->text = text_from("not attempted: the other half failed");
	} else {
		leg->text = text_format("%s tells \"%s\"", half->result, result);
	}
}

/* Where the halves are told: the body of a success, the data of an error. */
static const json_t *data_of(const json_t *json, uint64_t status)
{
	if (status >= 200 && status < 300)
		return json;
	return status < 500 ? json_object_get(json, "data") : NULL;
}

static void read_whole(const json_t *json, struct venue_answer *answer)
{
	json_int_t code = json_integer_value(json_object_get(json, "code"));
	const char *words = json_string_value(json_object_get(json, "msg"));

	answer->code = code < 0 ? -(uint64_t)code : 0;
	if (words != NULL)
		answer->text = text_from(words);
	else if (answer->http_status >= 300)
		answer->text = text_format("HTTP status %u", (unsigned)answer->http_status);
}

void legs_read(const struct http_request *request, const json_t *json,
               const struct message_sink *sink, struct venue_answer *answer)
{
	const json_t *data = data_of(json, answer->http_status);
	struct venue_leg legs[HALVES];

	read_whole(json, answer);
	for (size_t i = 0; i < HALVES; i++) {
		legs[i] = leg_of(request, &halves[i]);
		if (json_is_object(data))
			read_half(request, data, &halves[i], sink, answer, &legs[i]);
		else
			read_error(json, &halves[i], (unsigned)answer->http_status, &legs[i]);
	}
	for (size_t i = 0; i < HALVES; i++)
		emit(sink, &legs[i]);
	answer->evidence =
		legs[0].evidence == legs[1].evidence ? legs[0].evidence : EVIDENCE_NOTHING;
}

void legs_tell(const struct http_request *request, enum evidence evidence, const text_t *text,
               const struct message_sink *sink)
{
	for (size_t i = 0; i < HALVES; i++) {
		struct venue_leg leg = leg_of(request, &halves[i]);
		leg.evidence = evidence;
		leg.text = *text;
		emit(sink, &leg);
	}
}
