/* SPDX-License-Identifier: Apache-2.0 */
#include "common/venue/binance/user.h"

#include <assert.h>
#include <string.h>

#include "common/venue/binance/evidence.h"
#include "common/venue/binance/orders.h"

enum { CODE_CANCEL_REJECTED = 2011 };

static void emit(const struct frame_reading *frame, enum message_type type, const void *body)
{
	frame->sink->take(frame->sink->self, type, body);
}

static void notify(const struct frame_reading *frame, const char *event, const char *words)
{
	struct venue_notice notice = {
		.link = name_from(frame->link),
		.event = name_from(event),
		.text = text_from(words),
	};

	emit(frame, MESSAGE_VENUE_NOTICE, &notice);
}

enum err user_read_report(const struct frame_reading *frame, const json_t *event)
{
	struct fields fields = fields_of(event);
	struct venue_order order = order_read_report(&fields);
	bool executed = strcmp(fields_text(&fields, "x"), "TRADE") == 0;
	struct venue_fill fill;

	if (executed)
		fill = fill_read_report(&fields, &order);
	if (fields.bad != NULL)
		return ERR_MALFORMED;
	emit(frame, MESSAGE_VENUE_ORDER, &order);
	if (executed)
		emit(frame, MESSAGE_VENUE_FILL, &fill);
	return OK;
}

static void read_balances(const struct frame_reading *frame, struct fields *fields,
                          const json_t *list, nanos_t at, bool check_only)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		struct fields element = fields_of(json_array_get(list, i));
		struct venue_balance balance = balance_read_event(&element, at);
		if (element.bad != NULL)
			fields_refuse(fields, element.bad);
		else if (!check_only)
			emit(frame, MESSAGE_VENUE_BALANCE, &balance);
	}
}

enum err user_read_balances(const struct frame_reading *frame, const json_t *event)
{
	struct fields fields = fields_of(event);
	const json_t *list = fields_list(&fields, "B");
	nanos_t at = fields_millis(&fields, "E");

	read_balances(frame, &fields, list, at, true);
	if (fields.bad != NULL)
		return ERR_MALFORMED;
	read_balances(frame, &fields, list, at, false);
	return OK;
}

enum err user_read_shutdown(const struct frame_reading *frame, const json_t *event)
{
	(void)event;
	notify(frame, "shutdown", "the exchange closes this connection soon");
	return OK;
}

enum err user_read_terminated(const struct frame_reading *frame, const json_t *event)
{
	(void)event;
	notify(frame, "terminated", "the exchange ended the subscription");
	return OK;
}

static uint64_t told_weight(const json_t *json)
{
	const json_t *limits = json_object_get(json, "rateLimits");

	for (size_t i = 0; i < json_array_size(limits); i++) {
		const json_t *limit = json_array_get(limits, i);
		struct fields fields = fields_of(limit);
		uint64_t count = fields_count(&fields, "count");
		if (fields.bad == NULL &&
		    strcmp(fields_text_or(&fields, "rateLimitType", ""), "REQUEST_WEIGHT") == 0 &&
		    strcmp(fields_text_or(&fields, "interval", ""), "MINUTE") == 0)
			return count;
	}
	return 0;
}

/* Here the exchange names the moment, not the wait; it tells its own clock beside. */
static uint64_t told_wait(const json_t *error, unsigned status)
{
	const json_t *data = json_object_get(error, "data");
	json_int_t until = json_integer_value(json_object_get(data, "retryAfter"));
	json_int_t now = json_integer_value(json_object_get(data, "serverTime"));

	return now > 0 && until > now ? (uint64_t)(until - now) : evidence_wait_ms(status);
}

static void read_error(const json_t *error, struct venue_answer *answer)
{
	json_int_t code = json_integer_value(json_object_get(error, "code"));
	const char *words = json_string_value(json_object_get(error, "msg"));
	unsigned status = (unsigned)answer->http_status;

	words = words == NULL ? "" : words;
	answer->code = code < 0 ? -(uint64_t)code : 0;
	answer->text = text_from(words);
	answer->retry_after_ms = told_wait(error, status);
	/* A response doesn't repeat what was asked; only a cancel is refused with this code. */
	answer->evidence = evidence_of(answer->code == CODE_CANCEL_REJECTED ? EVIDENCE_OF_CANCEL
	                                                                    : EVIDENCE_OF_PLACING,
	                               status, answer->code, words);
}

/* An order that was cancelled. */
static void read_order(const struct frame_reading *frame, const json_t *result,
                       struct venue_answer *answer)
{
	struct fields fields = fields_of(result);
	struct venue_order order = order_read(&fields, SOURCE_ACK);

	if (fields.bad != NULL) {
		answer->evidence = EVIDENCE_NOTHING;
		answer->text = text_format("the answer makes no sense at \"%s\"", fields.bad);
		return;
	}
	emit(frame, MESSAGE_VENUE_ORDER, &order);
	answer->items = 1;
}

static void read_result(const struct frame_reading *frame, const json_t *json,
                        struct venue_answer *answer)
{
	const json_t *result = json_object_get(json, "result");

	if (result == NULL) {
		answer->text = text_from("a response without a result");
		return;
	}
	answer->evidence = EVIDENCE_EXISTS;
	if (json_object_get(result, "subscriptionId") != NULL) {
		notify(frame, "subscribed", "");
		answer->items = 1;
	} else if (json_object_get(result, "orderId") != NULL) {
		read_order(frame, result, answer);
	}
}

enum err user_read_response(const struct frame_reading *frame, const json_t *json, uint64_t *call,
                            struct venue_answer *answer)
{
	struct fields fields = fields_of(json);
	const json_t *id = json_object_get(json, "id");
	uint64_t status = fields_count(&fields, "status");
	bool is_call = json_is_integer(id) && json_integer_value(id) > 0;

	if (fields.bad != NULL || status < 100 || status > 599)
		return ERR_MALFORMED;
	*answer = (struct venue_answer){
		.evidence = EVIDENCE_NOTHING,
		.http_status = status,
		.used_weight = told_weight(json),
	};
	if (is_call)
		*call = (uint64_t)json_integer_value(id);
	if (status >= 200 && status < 300)
		read_result(frame, json, answer);
	else
		read_error(json_object_get(json, "error"), answer);
	if (!is_call && status >= 300)
		notify(frame, "error", answer->text.text);
	return OK;
}

enum err user_read_control(const struct frame_reading *frame, const json_t *json)
{
	const json_t *error = json_object_get(json, "error");
	const json_t *holder = error != NULL ? error : json;

	if (json_object_get(holder, "code") == NULL)
		return OK;
	const char *words = json_string_value(json_object_get(holder, "msg"));
	notify(frame, "error", words == NULL ? "the exchange refused a request" : words);
	return OK;
}
