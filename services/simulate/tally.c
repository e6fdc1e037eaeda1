/* SPDX-License-Identifier: Apache-2.0 */
#include "services/simulate/tally.h"

#include "common/base/hash.h"

#include <string.h>

static void take_out(struct tally *self, uint32_t at)
{
	memmove(&self->found[at], &self->found[at + 1],
	        (--self->found_count - at) * sizeof *self->found);
	memset(&self->found[self->found_count], 0, sizeof *self->found);
}

static void put_in(struct tally *self, const struct found *found)
{
	uint32_t at = self->found_count;
	if (self->found_count == FOUND_MAX)
		return;
	while (at > 0 && self->found[at - 1].index > found->index)
		at--;
	memmove(&self->found[at + 1], &self->found[at],
	        (self->found_count++ - at) * sizeof *self->found);
	self->found[at] = *found;
}

static void keep(struct tally *self, const struct found *found)
{
	uint32_t same = 0, last = 0;
	put_in(self, found);
	for (uint32_t i = 0; i < self->found_count; i++) {
		if (strcmp(self->found[i].violation.id, found->violation.id) != 0)
			continue;
		same++;
		last = i;
	}
	if (same > FOUND_EACH_MAX)
		take_out(self, last);
}

static void count_invariant(struct tally *self, const char *id, uint64_t count)
{
	uint32_t at = 0;
	while (at < self->invariant_count && strcmp(self->invariants[at].id, id) < 0)
		at++;
	if (at < self->invariant_count && strcmp(self->invariants[at].id, id) == 0) {
		self->invariants[at].count += count;
		return;
	}
	if (self->invariant_count == INVARIANTS_MAX)
		return;
	memmove(&self->invariants[at + 1], &self->invariants[at],
	        (self->invariant_count - at) * sizeof *self->invariants);
	self->invariant_count++;
	memcpy(self->invariants[at].id, id, INVARIANT_ID_SIZE);
	self->invariants[at].count = count;
}

static void take_violation(struct tally *self, uint64_t index, int scenario,
                           const struct outcome *outcome)
{
	struct found found = {
		.index = index,
		.plan = outcome->plan,
		.scenario = scenario,
		.violation = outcome->violation,
	};
	self->violated++;
	count_invariant(self, outcome->violation.id, 1);
	keep(self, &found);
}

void tally_add(struct tally *self, uint64_t index, int scenario, const struct outcome *outcome)
{
	const struct world_figures *figures = &outcome->figures;
	self->schedules++;
	self->orders += outcome->orders;
	self->crashes += figures->crashes;
	self->boots += figures->boots;
	self->effects += figures->effects;
	self->events += figures->events;
	self->frames += figures->frames;
	self->unsettled += !figures->settled;
	self->virtual_ms += (uint64_t)(figures->lasted / NANOS_MS);
	for (unsigned i = 0; i < FAULT_KINDS; i++)
		self->faults[i] += figures->hits[i];
	for (unsigned i = 0; i < RARE_COUNT; i++)
		self->rare[i] += outcome->rare[i];
	for (uint32_t i = 0; i < outcome->recovery_count; i++)
		histogram_add(&self->recoveries, (uint64_t)outcome->recoveries[i]);
	self->hash += hash_mix(outcome->hash ^ hash_mix((index + 1) * HASH_STEP));
	if (outcome_is_violated(outcome))
		take_violation(self, index, scenario, outcome);
}

void tally_merge(struct tally *self, const struct tally *other)
{
	self->schedules += other->schedules;
	self->orders += other->orders;
	self->crashes += other->crashes;
	self->boots += other->boots;
	self->effects += other->effects;
	self->events += other->events;
	self->frames += other->frames;
	self->unsettled += other->unsettled;
	self->virtual_ms += other->virtual_ms;
	for (unsigned i = 0; i < FAULT_KINDS; i++)
		self->faults[i] += other->faults[i];
	for (unsigned i = 0; i < RARE_COUNT; i++)
		self->rare[i] += other->rare[i];
	histogram_merge(&self->recoveries, &other->recoveries);
	self->hash += other->hash;
	self->violated += other->violated;
	for (uint32_t i = 0; i < other->invariant_count; i++)
		count_invariant(self, other->invariants[i].id, other->invariants[i].count);
	for (uint32_t i = 0; i < other->found_count; i++)
		keep(self, &other->found[i]);
}
