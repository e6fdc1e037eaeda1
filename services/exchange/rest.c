/* SPDX-License-Identifier: Apache-2.0 */
#include "services/exchange/rest.h"

#include "services/exchange/auth.h"
#include "services/exchange/calls.h"

#include <stdio.h>
#include <string.h>

enum { HEADERS_SIZE = 256, PAYLOAD_SIZE = 2 * EXCHANGE_QUERY_MAX };

static const struct call_row *find_row(const struct wire *wire, struct refusal *refusal)
{
	bool is_known_path = false;
	for (size_t i = 0; i < call_row_count; i++) {
		const struct call_row *row = &call_rows[i];
		if (row->path == NULL || strcmp(row->path, wire->path) != 0)
			continue;
		is_known_path = true;
		if (strcmp(row->method, wire->method) == 0)
			return row;
	}
	if (is_known_path)
		refusal_set(refusal, 405, -1020, "This operation is not supported.");
	else
		refusal_set(refusal, 404, -1000,
		            "No such path; the exchange offers what its README lists.");
	return NULL;
}

static void write_headers(const struct exchange *self, const struct call_row *row,
                          const struct call *call, char headers[HEADERS_SIZE])
{
	const struct limit_window *windows = self->limits.windows;
	int used = snprintf(
		headers, HEADERS_SIZE,
		"Content-Type: application/json;charset=UTF-8\nX-MBX-USED-WEIGHT-1M: %llu\n",
		(unsigned long long)windows[LIMIT_WEIGHT].used);
	if (row != NULL && (row->flags & CALL_ORDERS) != 0)
		used += snprintf(headers + used, HEADERS_SIZE - (size_t)used,
		                 "X-MBX-ORDER-COUNT-10S: %llu\nX-MBX-ORDER-COUNT-1D: %llu\n",
		                 (unsigned long long)windows[LIMIT_ORDERS_10S].used,
		                 (unsigned long long)windows[LIMIT_ORDERS_DAY].used);
	if (call->result == NULL && call->refusal.status == 429)
		snprintf(headers + used, HEADERS_SIZE - (size_t)used, "Retry-After: %lld\n",
		         (long long)(call->refusal.wait / NANOS_S + 1));
}

static void answer(struct exchange *self, struct turn *turn, uint64_t client,
                   const struct call_row *row, struct call *call)
{
	char headers[HEADERS_SIZE];
	write_headers(self, row, call, headers);
	unsigned status = call->result != NULL ? 200 : call->refusal.status;
	json_t *body = call->result;
	if (body == NULL)
		body = call_render_refusal(call);
	size_t size = render_text(self, body);
	outbox_answer_http(turn->out, client, status, headers, self->text, size);
}

static bool admit(const struct exchange *self, const struct call_row *row, const struct wire *wire,
                  struct call *call)
{
	char payload[PAYLOAD_SIZE];
	if (!params_add_text(&call->params, wire->query, strlen(wire->query), &call->refusal) ||
	    !params_add_text(&call->params, wire->body, wire->size, &call->refusal))
		return false;
	if ((row->flags & CALL_SIGNED) == 0)
		return true;
	if (!auth_http_payload(wire->query, wire->body, wire->size, payload, sizeof payload)) {
		refusal_set(&call->refusal, 400, -1101,
		            "Too many parameters; the request is too long.");
		return false;
	}
	return auth_check(self, call->turn, wire->api_key, payload, &call->params, &call->refusal);
}

/* The request is done, and nobody hears of it. */
static void leave_unanswered(struct turn *turn, uint64_t client, struct call *call)
{
	call_forget(call);
	if (exchange_draws(turn, decimal_make(50, 0)))
		outbox_close_wire(turn->out, client);
}

void rest_request(struct exchange *self, struct turn *turn, const struct wire *wire)
{
	struct call call = {.turn = turn};
	const struct call_row *row = find_row(wire, &call.refusal);
	if (row == NULL || !admit(self, row, wire, &call)) {
		answer(self, turn, wire->client, row, &call);
		return;
	}
	enum fate fate = call_fate(self, turn, row);
	if (fate == FATE_THROTTLED)
		call_refuse_throttled(self, &call);
	else if (fate == FATE_FAILED_UNDONE)
		call_refuse_unknown(&call);
	else if (!call_run(self, row, &call))
		assert(call.result == NULL);
	if (fate == FATE_UNANSWERED) {
		leave_unanswered(turn, wire->client, &call);
		return;
	}
	if (fate == FATE_FAILED_DONE) {
		call_forget(&call);
		call_refuse_unknown(&call);
	}
	answer(self, turn, wire->client, row, &call);
}
