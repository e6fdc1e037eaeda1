/* SPDX-License-Identifier: Apache-2.0 */
#include "services/exchange/wsapi.h"

#include "services/exchange/auth.h"
#include "services/exchange/calls.h"

#include <string.h>

enum { PAYLOAD_SIZE = 2 * EXCHANGE_QUERY_MAX };

static const struct call_row *find_row(const char *name, struct refusal *refusal)
{
	for (size_t i = 0; name != NULL && i < call_row_count; i++)
		if (call_rows[i].name != NULL && strcmp(call_rows[i].name, name) == 0)
			return &call_rows[i];
	refusal_set(refusal, 400, -1000,
	            "Unknown method; the exchange offers what its README lists.");
	return NULL;
}

/* A JSON value as the text that was signed. */
static bool add_value(struct params *params, const char *name, json_t *value,
                      struct refusal *refusal)
{
	char text[PARAM_VALUE_SIZE];
	if (json_is_string(value)) {
		if (json_string_length(value) < PARAM_VALUE_SIZE)
			return params_add(params, name, json_string_value(value), refusal);
	} else {
		size_t size =
			json_dumpb(value, text, sizeof text - 1, JSON_ENCODE_ANY | JSON_COMPACT);
		if (size < sizeof text) {
			text[size] = '\0';
			return params_add(params, name, text, refusal);
		}
	}
	refusal_set(refusal, 400, -1100, "Illegal characters found in a parameter.");
	return false;
}

static bool read_params(const json_t *request, struct call *call)
{
	json_t *object = json_object_get(request, "params"), *value;
	const char *name;
	json_object_foreach(object, name, value)
	{
		if (strlen(name) >= PARAM_NAME_SIZE) {
			refusal_set(&call->refusal, 400, -1100,
			            "Illegal characters found in a parameter.");
			return false;
		}
		if (!add_value(&call->params, name, value, &call->refusal))
			return false;
	}
	return true;
}

static bool admit(const struct exchange *self, const struct call_row *row, const json_t *request,
                  struct call *call)
{
	char payload[PAYLOAD_SIZE];
	if (!read_params(request, call))
		return false;
	if ((row->flags & CALL_SIGNED) == 0)
		return true;
	const char *api_key = NULL;
	if (!params_text(&call->params, "apiKey", true, &api_key, &call->refusal))
		return false;
	if (!auth_frame_payload(&call->params, payload, sizeof payload)) {
		refusal_set(&call->refusal, 400, -1101,
		            "Too many parameters; the request is too long.");
		return false;
	}
	return auth_check(self, call->turn, api_key, payload, &call->params, &call->refusal);
}

static json_t *render_error(struct call *call)
{
	const struct turn *turn = call->turn;
	const struct refusal *refusal = &call->refusal;
	json_t *error = call_render_refusal(call);
	if (refusal->status != 429)
		return error;
	json_t *data = json_object_get(error, "data");
	if (data == NULL) {
		data = json_object();
		json_object_set_new(error, "data", data);
	}
	json_object_set_new(data, "serverTime", json_integer(render_time(turn->at)));
	json_object_set_new(data, "retryAfter",
	                    json_integer(render_time(turn->at + refusal->wait)));
	return error;
}

static void answer(struct exchange *self, struct call *call, uint64_t client, json_t *request)
{
	json_t *id = json_object_get(request, "id");
	json_t *frame = json_object();
	json_object_set(frame, "id", id == NULL ? json_null() : id);
	bool is_done = call->result != NULL;
	json_object_set_new(frame, "status",
	                    json_integer(is_done ? 200 : (json_int_t)call->refusal.status));
	if (is_done)
		json_object_set_new(frame, "result", call->result);
	else
		json_object_set_new(frame, "error", render_error(call));
	json_object_set_new(frame, "rateLimits", render_limits(&self->limits, true));
	size_t size = render_text(self, frame);
	outbox_answer_frame(call->turn->out, client, self->text, size);
}

static void run(struct exchange *self, const struct call_row *row, struct call *call,
                uint64_t client, json_t *request)
{
	enum fate fate = call_fate(self, call->turn, row);
	if (fate == FATE_THROTTLED)
		call_refuse_throttled(self, call);
	else if (fate == FATE_FAILED_UNDONE)
		call_refuse_unknown(call);
	else if (!call_run(self, row, call))
		assert(call->result == NULL);
	if (fate == FATE_UNANSWERED || fate == FATE_FAILED_DONE) {
		call_forget(call);
		call_refuse_unknown(call);
	}
	if (fate != FATE_UNANSWERED)
		answer(self, call, client, request);
}

void wsapi_frame(struct exchange *self, struct turn *turn, const struct exchange_client *client,
                 const char *text, size_t size)
{
	struct call call = {.turn = turn, .client = client};
	json_t *request = json_loadb(text, size, 0, NULL);
	const struct call_row *row = NULL;
	if (!json_is_object(request))
		refusal_set(&call.refusal, 400, -1135, "Invalid JSON Request");
	else
		row = find_row(json_string_value(json_object_get(request, "method")),
		               &call.refusal);
	if (row == NULL || !admit(self, row, request, &call))
		answer(self, &call, client->id, request);
	else
		run(self, row, &call, client->id, request);
	json_decref(request);
}
