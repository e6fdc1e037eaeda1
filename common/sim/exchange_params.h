/* SPDX-License-Identifier: Apache-2.0 */
/* The parameters of a request, decoded: of a query, or of a WebSocket API frame. Pure. */
#ifndef SIM_EXCHANGE_PARAMS_H
#define SIM_EXCHANGE_PARAMS_H

#include "common/base/decimal.h"
#include "common/logic/outbox.h"

enum { SIM_PARAMS_MAX = 40 };

struct sim_params {
	unsigned count;
	struct sim_param {
		const char *name, *value; /* inside `text` */
	} items[SIM_PARAMS_MAX];
	char text[2 * HTTP_TEXT_MAX];
};

/* ERR_MALFORMED for what no builder writes. */
MUST_CHECK enum err sim_params_query(struct sim_params *self, const char *query);
/* {"method":"…","params":{…}} with scalar values; `method` points into it. */
MUST_CHECK enum err sim_params_frame(struct sim_params *self, const char *frame,
                                     const char **method);

/* NULL when there is none. */
const char *sim_params_find(const struct sim_params *self, const char *name);
/* False when it is missing or no number above zero; `out` is untouched. */
bool sim_params_decimal(const struct sim_params *self, const char *name, decimal_t *out);
bool sim_params_number(const struct sim_params *self, const char *name, uint64_t *out);
/* 0 when it is missing or none of the words. */
int sim_params_enum(const struct sim_params *self, const char *name,
                    const struct enum_info *values);

#endif
