/* SPDX-License-Identifier: Apache-2.0 */
/* What can be asked of the exchange, each thing once: a row names its REST route, its method on the
   WebSocket API, its weight and its function. rest.h and wsapi.h carry them. */
#ifndef EXCHANGE_CALLS_H
#define EXCHANGE_CALLS_H

#include "services/exchange/params.h"
#include "services/exchange/render.h"

struct call {
	struct turn *turn;
	struct params params;
	const struct exchange_client *client; /* WebSocket API only */
	json_t *result;                       /* the function's own on success */
	struct refusal refusal;               /* else */
	json_t *data;                         /* of the refusal, or NULL */
};

enum call_flags {
	CALL_SIGNED = 1 << 0,
	CALL_ORDERS = 1 << 1, /* answers tell the order counts; costs no weight when it succeeds */
	CALL_STRICT = 1 << 2, /* parameters that nobody reads are refused */
};

struct call_row {
	const char *method, *path; /* REST; NULL: not there */
	const char *name;          /* WebSocket API; NULL: not there */
	unsigned weight, flags;
	unsigned (*weigh)(struct params *params); /* instead of weight, when it depends */
	bool (*run)(struct exchange *self, struct call *call);
};

extern const struct call_row call_rows[];
extern const size_t call_row_count;

/* Weighs and runs: false with call->refusal. Signature and faults are the carrier's, see
 * call_admit(). */
bool call_run(struct exchange *self, const struct call_row *row, struct call *call);

/* What happens to a signed request by the configured faults. */
enum fate {
	FATE_NORMAL = 1,
	FATE_THROTTLED,
	FATE_FAILED_UNDONE,
	FATE_FAILED_DONE,
	FATE_UNANSWERED
};
enum fate call_fate(const struct exchange *self, struct turn *turn, const struct call_row *row);
void call_refuse_throttled(struct exchange *self, struct call *call);
void call_refuse_unknown(struct call *call);
/* The refusal as the body of an answer, or as its error; takes the data. */
json_t *call_render_refusal(struct call *call);
/* The call was done, but its answer is not for the caller. */
void call_forget(struct call *call);

/* The functions of the order part, for the table. */
bool call_order_place(struct exchange *self, struct call *call);
bool call_order_test(struct exchange *self, struct call *call);
bool call_order_query(struct exchange *self, struct call *call);
bool call_order_cancel(struct exchange *self, struct call *call);
bool call_order_replace(struct exchange *self, struct call *call);
bool call_order_amend(struct exchange *self, struct call *call);
bool call_list_oco(struct exchange *self, struct call *call);
bool call_list_oto(struct exchange *self, struct call *call);
bool call_list_otoco(struct exchange *self, struct call *call);
bool call_list_query(struct exchange *self, struct call *call);
bool call_list_cancel(struct exchange *self, struct call *call);
bool call_open_lists(struct exchange *self, struct call *call);
bool call_all_lists(struct exchange *self, struct call *call);
/* Cancels all that is open of a list and renders it. */
json_t *call_cancel_list(struct exchange *self, struct call *call, uint64_t id, const char *client);
bool call_open_orders(struct exchange *self, struct call *call);
bool call_cancel_open(struct exchange *self, struct call *call);
bool call_all_orders(struct exchange *self, struct call *call);
bool call_my_trades(struct exchange *self, struct call *call);

/* The index of the mandatory parameter `symbol`; -1121 when unknown. */
bool call_symbol(struct exchange *self, struct call *call, unsigned *out);
/* `limit`, within its bounds. */
bool call_limit(struct call *call, uint64_t fallback, uint64_t max, uint64_t *out);

#endif
