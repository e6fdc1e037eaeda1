/* SPDX-License-Identifier: Apache-2.0 */
/* The parameters of a request, from a query string, a form or a JSON object, and their typed
   reading with the exchange's own words for what is wrong. Pure. */
#ifndef EXCHANGE_PARAMS_H
#define EXCHANGE_PARAMS_H

#include "services/exchange/engine.h"

enum { PARAMS_MAX = 32, PARAM_NAME_SIZE = 40, PARAM_VALUE_SIZE = 256 };

struct param {
	char name[PARAM_NAME_SIZE], value[PARAM_VALUE_SIZE];
	bool is_read;
};

struct params {
	size_t count;
	struct param items[PARAMS_MAX];
};

/* Adds "name=value&…", percent-decoded. A name that is there from an earlier call keeps its
   value:
   twice in one text is refused. */
bool params_add_text(struct params *self, const char *text, size_t size, struct refusal *refusal);
bool params_add(struct params *self, const char *name, const char *value, struct refusal *refusal);

/* NULL when not sent. */
const char *params_find(struct params *self, const char *name);

/* Reading: false with a refusal when a required one is missing or a sent one is malformed. What was
   not sent leaves *out as it is. */
bool params_text(struct params *self, const char *name, bool required, const char **out,
                 struct refusal *refusal);
bool params_number(struct params *self, const char *name, bool required, uint64_t *out,
                   struct refusal *refusal);
/* Up to 8 places. */
bool params_amount(struct params *self, const char *name, bool required, decimal_t *out,
                   struct refusal *refusal);
/* 1 to 36 of A-Z a-z 0-9 - _ . */
bool params_client_id(struct params *self, const char *name, bool required, const char **out,
                      struct refusal *refusal);

/* Refuses what nobody read. */
bool params_all_read(const struct params *self, struct refusal *refusal);

#endif
