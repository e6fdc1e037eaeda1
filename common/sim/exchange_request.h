/* SPDX-License-Identifier: Apache-2.0 */
/* One request of the simulated exchange on its way from words to an answer. Only exchange_*.c
   include it. */
#ifndef SIM_EXCHANGE_REQUEST_H
#define SIM_EXCHANGE_REQUEST_H

#include "common/sim/exchange_engine.h"
#include "common/sim/exchange_params.h"
#include "common/venue/binance/evidence.h"

struct sim_call {
	struct sim_exchange *exchange;
	struct sim_turn turn;
	const struct sim_params *params;
	const struct message_sink *sink;
	nanos_t valid_until;
	bool is_frame; /* of the WebSocket API */
	enum evidence_request asked;
	struct venue_answer *answer;
};

#define SIM_REPLACE_PATH "/api/v3/order/cancelReplace"

struct sim_route {
	enum http_method method;
	const char *path;
	const char *frame; /* its method on the WebSocket API; NULL: none */
	enum evidence_request asked;
	void (*run)(struct sim_call *call);
};

extern const struct sim_route sim_routes[];
extern const size_t sim_route_count;

/* The answer's end. A call that ends in neither was answered with what it emitted. */
void sim_call_refuse(struct sim_call *self, unsigned status, uint64_t code, const char *text);
void sim_call_refused(struct sim_call *self, const struct sim_refusal *refusal);

void sim_call_emit(struct sim_call *self, enum message_type type, const void *body);
void sim_call_emit_order(struct sim_call *self, const struct sim_order *order);
/* The executions since there were `before` trades. */
void sim_call_emit_fills(struct sim_call *self, const struct sim_order *order, uint32_t before);

/* False: refused. */
bool sim_call_symbol(struct sim_call *self, uint16_t *market);
bool sim_call_missing(struct sim_call *self, const char *name); /* refuses; always false */
/* How the parameters of one order are named. */
struct sim_names {
	const char *side, *type, *time_in_force, *qty, *price, *stop_price, *client_id;
};
bool sim_call_terms(struct sim_call *self, const struct sim_names *names, struct sim_terms *terms);
extern const struct sim_names sim_plain_names;

/* exchange_replace.c */
void sim_call_replace(struct sim_call *call);
void sim_call_amend(struct sim_call *call);
/* exchange_lists.c */
void sim_call_oco(struct sim_call *call);
void sim_call_oto(struct sim_call *call);
void sim_call_otoco(struct sim_call *call);
void sim_call_list_cancel(struct sim_call *call);
void sim_call_list_query(struct sim_call *call);

#endif
