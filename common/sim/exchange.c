/* SPDX-License-Identifier: Apache-2.0 */
/* Map: the gate (waits, weights, windows); running a request or a frame. */
#include "common/sim/exchange.h"

#include <assert.h>
#include <string.h>

#include "common/sim/exchange_request.h"

enum { AHEAD_MS = 1000, FRAME_WINDOW_MS = 5000, BUSY = 1003, INVALID_TIMESTAMP = 1021 };

static const struct sim_route *route_of(const struct http_request *request)
{
	for (size_t i = 0; i < sim_route_count; i++)
		if (sim_routes[i].method == request->method &&
		    strcmp(sim_routes[i].path, request->path) == 0)
			return &sim_routes[i];
	return NULL;
}

static const struct sim_route *route_of_frame(const char *method)
{
	for (size_t i = 0; i < sim_route_count; i++)
		if (sim_routes[i].frame != NULL && strcmp(sim_routes[i].frame, method) == 0)
			return &sim_routes[i];
	return NULL;
}

void sim_exchange_silence(struct sim_exchange *self, nanos_t until, unsigned status)
{
	assert(status == 429 || status == 418);
	self->quiet_until = until;
	self->quiet_status = status;
	self->is_quiet_told = false;
}

static void use_weight(struct sim_exchange *self, nanos_t now, unsigned weight)
{
	if (now / NANOS_MIN != self->weight_minute) {
		self->weight_minute = now / NANOS_MIN;
		self->used_weight = 0;
	}
	self->used_weight += weight == 0 ? 1 : weight;
	/* A wait that is told already isn't shortened by this one. */
	if (self->used_weight > self->profile->weight_per_minute && now >= self->quiet_until)
		sim_exchange_silence(self, (self->weight_minute + 1) * NANOS_MIN, 429);
}

static bool is_quiet(struct sim_exchange *self, nanos_t now, struct sim_refusal *refusal)
{
	if (now >= self->quiet_until)
		return false;
	self->early_requests += self->is_quiet_told;
	self->is_quiet_told = true;
	sim_refuse(refusal, self->quiet_status, BUSY,
	           self->quiet_status == 418
	                   ? "Way too much request weight used; IP banned until %lld."
	                   : "Too much request weight used; please wait until %lld.",
	           (long long)(self->quiet_until / NANOS_MS));
	refusal->wait = self->quiet_until - now;
	return true;
}

static bool is_late(struct sim_exchange *self, nanos_t now, nanos_t timestamp, nanos_t window,
                    struct sim_refusal *refusal)
{
	now += self->clock_step;
	if (timestamp >= now + AHEAD_MS * NANOS_MS)
		sim_refuse(refusal, 400, INVALID_TIMESTAMP,
		           "Timestamp for this request was 1000ms ahead of the server's time.");
	else if (sim_millis(now) - timestamp > window)
		sim_refuse(refusal, 400, INVALID_TIMESTAMP,
		           "Timestamp for this request is outside of the recvWindow.");
	else
		return false;
	self->late_requests += timestamp < now;
	return true;
}

/* What the words say, whatever http_request.valid_until does. */
static bool reads_window(const struct sim_params *params, nanos_t *timestamp, nanos_t *window)
{
	uint64_t stamp_ms, window_ms;

	if (!sim_params_number(params, "timestamp", &stamp_ms) ||
	    !sim_params_number(params, "recvWindow", &window_ms))
		return false;
	*timestamp = (nanos_t)stamp_ms * NANOS_MS;
	*window = (nanos_t)window_ms * NANOS_MS;
	return true;
}

static bool is_refused_at_gate(struct sim_exchange *self, nanos_t now,
                               const struct http_request *request, struct sim_refusal *refusal)
{
	struct sim_params params;
	nanos_t timestamp, window;

	use_weight(self, now, request->weight);
	if (is_quiet(self, now, refusal))
		return true;
	if (!request->is_signed)
		return false;
	if (sim_params_query(&params, request->query) == OK &&
	    reads_window(&params, &timestamp, &window))
		return is_late(self, now, timestamp, window, refusal);
	sim_refuse(refusal, 400, 1102,
	           "Mandatory parameter 'timestamp' was not sent, was empty/null, or malformed.");
	return true;
}

static void answer_init(const struct sim_exchange *self, struct venue_answer *answer)
{
	*answer = (struct venue_answer){
		.evidence = EVIDENCE_EXISTS,
		.http_status = 200,
		.used_weight = self->used_weight,
	};
}

bool sim_exchange_admits(struct sim_exchange *self, nanos_t now, const struct http_request *request,
                         struct venue_answer *refusal)
{
	const struct sim_route *route = route_of(request);
	struct sim_refusal why;

	if (!is_refused_at_gate(self, now, request, &why))
		return true;
	struct sim_call call = {
		.asked = route == NULL ? EVIDENCE_OF_ASKING : route->asked,
		.answer = refusal,
	};
	answer_init(self, refusal);
	sim_call_refused(&call, &why);
	return false;
}

static void run(struct sim_call *call, const struct sim_route *route)
{
	if (route == NULL) {
		sim_call_refuse(call, 404, 0, "no such request");
		return;
	}
	if (!call->is_frame)
		call->asked = route->asked;
	route->run(call);
	sim_stream_balances(call->exchange, call->turn.now);
}

void sim_exchange_execute(struct sim_exchange *self, nanos_t now,
                          const struct http_request *request, const struct sim_whim *whim,
                          const struct message_sink *sink, struct venue_answer *answer)
{
	struct sim_params params;
	struct sim_call call = {
		.exchange = self,
		.turn = {.now = now, .whim = *whim},
		.params = &params,
		.sink = sink,
		.valid_until = request->valid_until,
		.asked = EVIDENCE_OF_ASKING,
		.answer = answer,
	};

	answer_init(self, answer);
	if (sim_params_query(&params, request->query) == OK)
		run(&call, route_of(request));
	else
		sim_call_refuse(&call, 400, 1101, "Malformed parameters.");
}

static bool is_frame_refused(struct sim_exchange *self, nanos_t now, const struct link_frame *frame,
                             struct sim_refusal *refusal)
{
	enum { FRAME_WEIGHT = 2 };

	use_weight(self, now, FRAME_WEIGHT);
	return is_quiet(self, now, refusal) ||
	       (frame->is_signed && is_late(self, now, sim_millis(frame->venue_now),
	                                    FRAME_WINDOW_MS * NANOS_MS, refusal));
}

void sim_exchange_frame(struct sim_exchange *self, nanos_t now, const struct link_frame *frame,
                        const struct sim_whim *whim, const struct message_sink *sink,
                        struct venue_answer *answer)
{
	struct sim_params params;
	struct sim_refusal refusal;
	const char *method;
	struct sim_call call = {
		.exchange = self,
		.turn = {.now = now, .whim = *whim},
		.params = &params,
		.sink = sink,
		.valid_until = sim_millis(frame->venue_now) + FRAME_WINDOW_MS * NANOS_MS,
		.is_frame = true,
		.asked = EVIDENCE_OF_PLACING,
		.answer = answer,
	};

	if (is_frame_refused(self, now, frame, &refusal)) {
		answer_init(self, answer);
		sim_call_refused(&call, &refusal);
		return;
	}
	answer_init(self, answer);
	if (sim_params_frame(&params, frame->text, &method) == OK)
		run(&call, route_of_frame(method));
	else
		sim_call_refuse(&call, 400, 1135, "Invalid JSON.");
}
