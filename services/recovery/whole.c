/* SPDX-License-Identifier: Apache-2.0 */
#include "services/recovery/whole.h"

#include <string.h>

#include "proto/flows.h"

/* What goes on in each state; docs/operations.md has the same table. */
static const char *const works[] = {
	[TRADING_STATUS_NORMAL] = "everything",
	[TRADING_STATUS_GUARDED] = "stops, exits and cancels; nothing that adds risk is sent",
	[TRADING_STATUS_REDUCING] = "exits, stops and cancels; every order must lower exposure",
	[TRADING_STATUS_HALTED] = "stops and cancels; bw arm ends the halt",
};

/* Services without which no new risk can be taken, and what goes on without them; the first that is
   missing speaks for all. */
static const struct {
	const char *service, *works;
} needed[] = {
	{"executor", "stops that rest at the exchange; bw kill cancels and sells without it"},
	{"exchange", "nothing reaches the exchange until it is back; every halt stays latched"},
	{"risk", "stops and cancels; nothing is approved without risk"},
	{"feed", "stops at the exchange and cancels; without prices nothing is entered"},
	{"strategy", "stops and cancels; no bot decides anything"},
};

static void worsen(struct stack_state *state, enum trading_status status, const char *reason,
                   const char *what_works)
{
	if (status <= state->status)
		return;
	state->status = status;
	state->reason = text_from(reason);
	state->works = text_from(what_works);
}

static void add_trading(struct stack_state *state, const struct trading_state *told)
{
	if (told->status == 0 || told->status <= state->status)
		return;
	worsen(state, told->status, told->reason.text, works[told->status]);
	state->level = told->level;
}

/* An instance of that service that is missing; NULL when there is none. */
static const struct patient *missing_of(const struct recovery *self, const char *service)
{
	for (uint32_t i = 0; i < self->patient_count; i++)
		if (flow_is_instance_of(self->patients[i].service.text, service) &&
		    watch_is_missing(&self->patients[i]))
			return &self->patients[i];
	return NULL;
}

/* Whatever else is wrong: without it nothing more than this works. */
static const char *add_missing(const struct recovery *self, struct stack_state *state)
{
	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
		const struct patient *patient = missing_of(self, needed[i].service);
		if (patient == NULL)
			continue;
		text_t reason =
			text_format(patient->lost_at != 0 ? "%s is missing" : "%s isn't up yet",
		                    patient->service.text);
		worsen(state, TRADING_STATUS_GUARDED, reason.text, needed[i].works);
		return needed[i].works;
	}
	return NULL;
}

static void add_books(const struct recovery *self, struct stack_state *state)
{
	const char *guarded = works[TRADING_STATUS_GUARDED];

	if (self->dispute != DISPUTE_NONE)
		worsen(state, TRADING_STATUS_GUARDED, self->said.reason.text, guarded);
	else if (self->compared_at == 0)
		worsen(state, TRADING_STATUS_GUARDED,
		       "our books aren't compared with the exchange yet", guarded);
}

/* A halt is durable where it was set: it holds although nobody repeats it. */
static struct stack_state whole_now(const struct recovery *self)
{
	struct stack_state state = {
		.status = TRADING_STATUS_NORMAL,
		.works = text_from(works[TRADING_STATUS_NORMAL]),
	};

	const char *left = add_missing(self, &state);
	add_books(self, &state);
	add_trading(&state, &self->ours.executor);
	add_trading(&state, &self->ours.risk);
	if (left != NULL)
		state.works = text_from(left);
	return state;
}

static bool is_same(const struct stack_state *a, const struct stack_state *b)
{
	return a->status == b->status && a->level == b->level &&
	       strcmp(a->reason.text, b->reason.text) == 0 &&
	       strcmp(a->works.text, b->works.text) == 0;
}

void whole_run(struct recovery *self)
{
	struct stack_state state = whole_now(self);

	if (is_same(&state, &self->stack))
		return;
	state.since = state.status == self->stack.status ? self->stack.since : self->now;
	if (state.status != self->stack.status)
		outbox_note(self->out, SEVERITY_INFO, "stack.state", "%s%s%s; what works: %s",
		            enum_print(&enum_trading_status, (int)state.status),
		            state.reason.size > 0 ? ": " : "", state.reason.text, state.works.text);
	self->stack = state;
	outbox_publish(self->out, MESSAGE_STACK_STATE, &state);
}
