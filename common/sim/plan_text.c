/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sim/plan.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ITEM_MAX = 120, PERMILLE = 1000, PLACES = 9, CALM_AFTER_S = 2, PEACE_S = 90 };

/* Text that grows as far as there is room, and counts on. */
struct pen {
	char *out;
	size_t capacity, size;
};

static void put(struct pen *self, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct pen *self, const char *format, ...)
{
	bool fits = self->size < self->capacity;
	va_list arguments;
	va_start(arguments, format);
	int size = vsnprintf(fits ? self->out + self->size : NULL,
	                     fits ? self->capacity - self->size : 0, format, arguments);
	va_end(arguments);
	self->size += size > 0 ? (size_t)size : 0;
}

/* "3.2s": as many digits as it takes to be exact. */
static void put_time(struct pen *self, nanos_t time)
{
	char digits[PLACES + 1];
	size_t size = PLACES;
	snprintf(digits, sizeof digits, "%09" PRId64, time % NANOS_S);
	while (size > 0 && digits[size - 1] == '0')
		size--;
	put(self, "%" PRId64 "%s%.*ss", time / NANOS_S, size > 0 ? "." : "", (int)size, digits);
}

static void put_span(struct pen *self, const struct fault *fault, const char *between)
{
	put_time(self, fault->from);
	if (fault->until == fault->from)
		return;
	put(self, "%s", between);
	put_time(self, fault->until);
}

size_t plan_print(const struct plan *plan, const char *const *names, char *out, size_t capacity)
{
	struct pen pen = {out, capacity, 0};
	put(&pen, "seed %" PRIu64 ", calm from ", plan->seed);
	put_time(&pen, plan->calm_at);
	put(&pen, " on\n");
	for (uint32_t i = 0; i < plan->count; i++) {
		const struct fault *fault = &plan->faults[i];
		put(&pen, "  %-14s %-11s ", fault_infos[fault->kind].name,
		    fault->node == FAULT_ANY_NODE ? "-" : names[fault->node]);
		put_span(&pen, fault, " to ");
		if (fault->permille < PERMILLE)
			put(&pen, ", %u in 1000", fault->permille);
		put(&pen, ": %s\n", fault_infos[fault->kind].doc);
	}
	if (plan->crash_at[0] != 0)
		put(&pen, "  a crash before effect %" PRIu64 "\n", plan->crash_at[0]);
	if (plan->crash_at[1] != 0)
		put(&pen, "  another before effect %" PRIu64 " behind it\n", plan->crash_at[1]);
	return pen.size;
}

static void put_fault(struct pen *self, const struct fault *fault, const char *const *names)
{
	put(self, ",%s", fault_infos[fault->kind].name);
	if (fault->node != FAULT_ANY_NODE)
		put(self, ":%s", names[fault->node]);
	put(self, "@");
	put_span(self, fault, "-");
	if (fault->permille < PERMILLE)
		put(self, "/%u", fault->permille);
}

size_t plan_pack(const struct plan *plan, const char *const *names, char *out, size_t capacity)
{
	struct pen pen = {out, capacity, 0};
	put(&pen, "seed=%" PRIu64 ",calm=", plan->seed);
	put_time(&pen, plan->calm_at);
	put(&pen, ",end=");
	put_time(&pen, plan->end);
	if (plan->crash_at[0] != 0)
		put(&pen, ",effects=%" PRIu64, plan->crash_at[0]);
	if (plan->crash_at[1] != 0)
		put(&pen, "+%" PRIu64, plan->crash_at[1]);
	for (uint32_t i = 0; i < plan->count; i++)
		put_fault(&pen, &plan->faults[i], names);
	return pen.size;
}

/* Moves *at behind a number; false when there is none. */
static bool take_number(const char **at, uint64_t *out)
{
	char *end;
	if (**at < '0' || **at > '9')
		return false;
	*out = strtoull(*at, &end, 10);
	*at = end;
	return true;
}

static bool take_char(const char **at, char wanted)
{
	if (**at != wanted)
		return false;
	++*at;
	return true;
}

static bool take_time(const char **at, nanos_t *out)
{
	uint64_t whole;
	nanos_t part = 0, unit = NANOS_S;
	if (!take_number(at, &whole) || whole > INT32_MAX)
		return false;
	if (take_char(at, '.'))
		for (; **at >= '0' && **at <= '9' && unit > 1; ++*at)
			part += (**at - '0') * (unit /= 10);
	*out = (nanos_t)whole * NANOS_S + part;
	return take_char(at, 's');
}

static bool take_name(const char **at, const char *ends, char name[ITEM_MAX])
{
	size_t size = strcspn(*at, ends);
	if (size == 0 || size >= ITEM_MAX)
		return false;
	memcpy(name, *at, size);
	name[size] = '\0';
	*at += size;
	return true;
}

static enum fault_kind kind_named(const char *name)
{
	for (int kind = 1; kind < FAULT_KINDS; kind++)
		if (strcmp(fault_infos[kind].name, name) == 0)
			return (enum fault_kind)kind;
	return FAULT_NONE;
}

static bool find_node(const char *const *names, const char *name, uint8_t *out)
{
	for (uint8_t i = 0; names[i] != NULL; i++)
		if (strcmp(names[i], name) == 0) {
			*out = i;
			return true;
		}
	return false;
}

static bool take_fault(const char **at, const char *const *names, struct fault *out)
{
	char name[ITEM_MAX];
	uint64_t permille = PERMILLE;
	*out = (struct fault){.node = FAULT_ANY_NODE};
	if (!take_name(at, ":@", name))
		return false;
	out->kind = kind_named(name);
	if (out->kind == FAULT_NONE)
		return false;
	if (take_char(at, ':') &&
	    (!take_name(at, "@", name) || !find_node(names, name, &out->node)))
		return false;
	if (!take_char(at, '@') || !take_time(at, &out->from))
		return false;
	out->until = out->from;
	if (take_char(at, '-') && !take_time(at, &out->until))
		return false;
	if (take_char(at, '/') && (!take_number(at, &permille) || permille > PERMILLE))
		return false;
	out->permille = (uint16_t)permille;
	return out->until >= out->from;
}

static bool take_effects(const char **at, uint64_t numbers[PLAN_CRASHES_MAX])
{
	return take_number(at, &numbers[0]) &&
	       (!take_char(at, '+') || take_number(at, &numbers[1]));
}

static bool take_item(const char **at, const char *const *names, struct plan *plan)
{
	if (strncmp(*at, "seed=", 5) == 0)
		return *at += 5, take_number(at, &plan->seed);
	if (strncmp(*at, "calm=", 5) == 0)
		return *at += 5, take_time(at, &plan->calm_at);
	if (strncmp(*at, "end=", 4) == 0)
		return *at += 4, take_time(at, &plan->end);
	if (strncmp(*at, "effects=", 8) == 0)
		return *at += 8, take_effects(at, plan->crash_at);
	return plan->count < PLAN_FAULTS_MAX && take_fault(at, names, &plan->faults[plan->count++]);
}

static void fill_in(struct plan *plan)
{
	nanos_t last = 0;
	for (uint32_t i = 0; i < plan->count; i++)
		if (plan->faults[i].until > last)
			last = plan->faults[i].until;
	if (plan->calm_at == 0)
		plan->calm_at = last + CALM_AFTER_S * NANOS_S;
	if (plan->end == 0)
		plan->end = plan->calm_at + PEACE_S * NANOS_S;
}

enum err plan_parse(struct plan *out, const char *const *names, const char *text, text_t *why)
{
	struct plan plan = {.seed = 1};
	for (const char *at = text; *at != '\0';) {
		const char *item = at;
		if (!take_item(&at, names, &plan) || (*at != '\0' && !take_char(&at, ','))) {
			*why = text_format(
				"the plan makes no sense at \"%.60s\": an item is "
				"KIND[:NAME]@FROMs[-UNTILs][/PERMILLE], seed=N, calm=Ns, "
				"end=Ns or effects=N[+N]",
				item);
			return ERR_MALFORMED;
		}
	}
	fill_in(&plan);
	*out = plan;
	return OK;
}
