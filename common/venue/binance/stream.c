/* SPDX-License-Identifier: Apache-2.0 */
#include "common/venue/binance/stream.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/venue/binance/fields.h"
#include "common/venue/binance/levels.h"
#include "common/venue/binance/user.h"

static enum err emit(const struct frame_reading *frame, const struct fields *fields,
                     enum message_type type, const void *body)
{
	if (fields->bad != NULL)
		return ERR_MALFORMED;
	frame->sink->take(frame->sink->self, type, body);
	return OK;
}

static enum err read_trade(const struct frame_reading *frame, const json_t *event)
{
	struct fields fields = fields_of(event);
	struct venue_trade trade = {
		.symbol = fields_name(&fields, "s"),
		.trade_id = fields_count(&fields, "t"),
		.price = fields_amount(&fields, "p"),
		.qty = fields_amount(&fields, "q"),
		/* m: the buyer rested, so the seller took. */
		.taker = fields_flag(&fields, "m") ? SIDE_SELL : SIDE_BUY,
		.at = fields_millis(&fields, "T"),
	};

	if (decimal_sign(trade.price) == 0)
		fields_refuse(&fields, "p");
	if (decimal_sign(trade.qty) == 0)
		fields_refuse(&fields, "q");
	return emit(frame, &fields, MESSAGE_VENUE_TRADE, &trade);
}

static enum err read_top(const struct frame_reading *frame, const json_t *event)
{
	struct fields fields = fields_of(event);
	struct venue_top top = {
		.symbol = fields_name(&fields, "s"),
		.book_id = fields_count(&fields, "u"),
		.bid = fields_amount(&fields, "b"),
		.bid_qty = fields_amount(&fields, "B"),
		.ask = fields_amount(&fields, "a"),
		.ask_qty = fields_amount(&fields, "A"),
	};

	return emit(frame, &fields, MESSAGE_VENUE_TOP, &top);
}

static enum err read_levels(const struct frame_reading *frame, const json_t *event,
                            struct venue_depth *depth)
{
	struct fields fields = fields_of(event);

	depth->symbol = fields_name(&fields, "s");
	depth->first = fields_count(&fields, "U");
	depth->last = fields_count(&fields, "u");
	depth->at = fields_millis(&fields, "E");
	levels_read(&fields, "b", &depth->bids);
	levels_read(&fields, "a", &depth->asks);
	if (depth->first > depth->last)
		fields_refuse(&fields, "U");
	return emit(frame, &fields, MESSAGE_VENUE_DEPTH, depth);
}

static enum err read_depth(const struct frame_reading *frame, const json_t *event)
{
	struct venue_depth *depth = malloc(sizeof *depth);

	if (depth == NULL)
		return ERR_MALFORMED;
	enum err err = read_levels(frame, event, depth);
	free(depth);
	return err;
}

static const struct {
	const char *name;
	enum err (*read)(const struct frame_reading *frame, const json_t *event);
} events[] = {
	{"trade", read_trade},
	{"depthUpdate", read_depth},
	{"executionReport", user_read_report},
	{"outboundAccountPosition", user_read_balances},
	{"serverShutdown", user_read_shutdown},
	{"eventStreamTerminated", user_read_terminated},
};

static enum err read_named_event(const struct frame_reading *frame, const json_t *event,
                                 const char *name)
{
	for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
		if (strcmp(events[i].name, name) == 0)
			return events[i].read(frame, event);
	return OK;
}

/* Best prices come without an "e" to tell what they are. */
static bool is_top(const json_t *event)
{
	return json_object_get(event, "u") != NULL && json_object_get(event, "b") != NULL &&
	       json_object_get(event, "B") != NULL;
}

/* ERR_NOT_FOUND when the event has no form that tells what it is. */
static enum err read_event(const struct frame_reading *frame, const json_t *event)
{
	const char *name = json_string_value(json_object_get(event, "e"));

	if (name != NULL)
		return read_named_event(frame, event, name);
	return is_top(event) ? read_top(frame, event) : ERR_NOT_FOUND;
}

/* The envelope names the stream, so what we didn't ask for (arrays, partial books) is recognised as
   sound and passed over. */
static enum err read_enveloped(const struct frame_reading *frame, const json_t *data)
{
	enum err err = data == NULL ? ERR_MALFORMED : read_event(frame, data);

	return err == ERR_NOT_FOUND ? OK : err;
}

static enum err refuse_unknown(enum err err)
{
	return err == ERR_NOT_FOUND ? ERR_MALFORMED : err;
}

static enum err read_object(const struct frame_reading *frame, const json_t *json, uint64_t *call,
                            struct venue_answer *answer)
{
	const json_t *event = json_object_get(json, "event");

	if (json_is_string(json_object_get(json, "stream")))
		return read_enveloped(frame, json_object_get(json, "data"));
	if (event != NULL)
		return refuse_unknown(read_event(frame, event));
	if (json_object_get(json, "status") != NULL)
		return user_read_response(frame, json, call, answer);
	if (json_object_get(json, "id") != NULL || json_object_get(json, "code") != NULL)
		return user_read_control(frame, json);
	return refuse_unknown(read_event(frame, json));
}

enum err binance_read_frame(const char *link, const char *text, size_t size,
                            const struct message_sink *sink, uint64_t *call,
                            struct venue_answer *answer)
{
	assert(link != NULL && text != NULL && sink != NULL && call != NULL && answer != NULL);
	const struct frame_reading frame = {link, sink};
	json_t *json = json_read(text, size);
	enum err err = ERR_MALFORMED;

	*call = 0;
	if (json_is_object(json))
		err = read_object(&frame, json, call, answer);
	json_decref(json);
	return err;
}
