/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of the witness. */
#ifndef SIMULATE_WITNESS_PARTS_H
#define SIMULATE_WITNESS_PARTS_H

#include "services/simulate/witness.h"

/* Only the first counts: what follows from it would hide it. */
void violate(struct witness *self, const char *id, const char *text, text_t why);
bool is_violated(const struct witness *self);

/* NULL while it is down. */
/* It is written down: it may be told, and counts as told. */
void witness_keep_alert(struct witness *self, const struct alert *alert);
const struct executor *witness_executor(const struct witness *self);
const struct risk *witness_risk(const struct witness *self);
/* How far the exchange's clock may be from what was measured of it. */
nanos_t witness_clock_doubt(const struct witness *self);
/* A foreign execution from before the books met its symbol. */
bool witness_is_before_us(const struct executor *executor, const struct sim_trade *trade);

/* Made when there is none; NULL when full or `client_id` is none. */
struct account *account_of(struct witness *self, ident_t client_id);
/* A parameter of a canonical request; false when it isn't there. */
bool request_ident(const struct http_request *request, const char *name, ident_t *out);
bool request_is_order(const struct http_request *request);
void orders_left(struct witness *self, unsigned node, const struct http_request *request);
void orders_executed(struct witness *self, const struct http_request *request);
void orders_saved(struct witness *self, enum message_type type, const void *record);

void orders_admitted(struct witness *self, const struct http_request *request);

void guard_executed(struct witness *self, const struct account *account,
                    const struct sim_order *order);
void guard_stepped(struct witness *self, const struct executor *executor);

void bus_stepped(struct witness *self, unsigned node, const struct event *event);
void bus_booted(struct witness *self, unsigned node);

void journal_saved(struct witness *self, unsigned node, enum message_type type, const void *record);
void journal_appended(struct witness *self, unsigned node, enum save_class save_class);
void journal_died(struct witness *self, unsigned node);
void journal_booted(struct witness *self, unsigned node);
void journal_renewed(struct witness *self, unsigned node, bool is_listed);
/* How many of the executor's records are durable, in this journal and those before. */
uint64_t journal_kept(const struct witness *self);

void exposure_checked(struct witness *self, const struct approval *approval);

/* The first of common/model/invariants.h that doesn't hold; those of quiet points only when
   `quiet`. NULL also while the executor is down or has records on their way to the disk. */
const struct invariant *facts_violated(struct witness *self, bool quiet, text_t *why);

/* The executor dies. */
void view_checked(struct witness *self);

/* Whether all is at rest and everything agrees; `why` tells what doesn't. */
bool rest_is_reached(struct witness *self, struct violation *why);

#endif
