/* SPDX-License-Identifier: Apache-2.0 */
#include "services/simulate/report.h"

#include "services/bw/grid.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

size_t report_caught(const struct report *self)
{
	size_t caught = 0;
	for (size_t i = 0; i < self->planted_count; i++)
		caught += self->planted[i].caught;
	return caught;
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;
	return *x < *y ? -1 : *x > *y;
}

uint64_t report_median(const struct report *self)
{
	uint64_t schedules[PLANTED_MAX];
	size_t count = 0;
	for (size_t i = 0; i < self->planted_count && count < PLANTED_MAX; i++)
		if (self->planted[i].caught)
			schedules[count++] = self->planted[i].schedules;
	qsort(schedules, count, sizeof *schedules, compare);
	return count == 0 ? 0 : schedules[count / 2];
}

static json_t *number(uint64_t value)
{
	return json_integer((json_int_t)value);
}

static json_t *faults_of(const struct tally *tally)
{
	json_t *object = json_object();
	for (unsigned i = 1; i < FAULT_KINDS; i++)
		json_object_set_new(object, fault_infos[i].name, number(tally->faults[i]));
	return object;
}

static json_t *rare_of(const struct tally *tally)
{
	json_t *object = json_object();
	for (unsigned i = 0; i < RARE_COUNT; i++)
		json_object_set_new(object, rare_infos[i].name, number(tally->rare[i]));
	return object;
}

static json_t *violation_of(const struct verdict_text *verdict)
{
	const struct found *found = &verdict->found;
	char plan[COMMAND_TEXT_MAX];
	plan_pack(&found->plan, cast_names, plan, sizeof plan);
	json_t *object =
		json_pack("{s:s, s:s, s:s, s:I, s:s, s:f, s:s}", "invariant", found->violation.id,
	                  "text", found->violation.text.text, "why", found->violation.why.text,
	                  "seed", (json_int_t)found->plan.seed, "plan", plan, "at_s",
	                  (double)found->violation.at / (double)NANOS_S, "repeat", verdict->repeat);
	if (verdict->was_shortened)
		json_object_set_new(object, "shortened", json_string(verdict->shortened));
	return object;
}

static json_t *violations_of(const struct report *self)
{
	json_t *list = json_array();
	for (size_t i = 0; i < self->verdict_count; i++)
		json_array_append_new(list, violation_of(&self->verdicts[i]));
	return list;
}

static json_t *by_invariant(const struct tally *tally)
{
	json_t *object = json_object();
	for (uint32_t i = 0; i < tally->invariant_count; i++)
		json_object_set_new(object, tally->invariants[i].id,
		                    number(tally->invariants[i].count));
	return object;
}

static double milliseconds(uint64_t nanoseconds)
{
	return (double)nanoseconds / (double)NANOS_MS;
}

static json_t *recovery_of(const struct tally *tally)
{
	const struct histogram *times = &tally->recoveries;
	return json_pack("{s:I, s:f, s:f, s:f}", "count", (json_int_t)times->count, "p50",
	                 milliseconds(histogram_quantile(times, 0.50)), "p99",
	                 milliseconds(histogram_quantile(times, 0.99)), "max",
	                 milliseconds(times->max));
}

static json_t *planted_of(const struct report *self)
{
	json_t *each = json_object();
	for (size_t i = 0; i < self->planted_count; i++) {
		const struct planted *planted = &self->planted[i];
		json_object_set_new(each, planted->name,
		                    json_pack("{s:b, s:I, s:s}", "caught", planted->caught,
		                              "schedules", (json_int_t)planted->schedules,
		                              "invariant", planted->id));
	}
	return json_pack("{s:I, s:I, s:I, s:o}", "caught", (json_int_t)report_caught(self), "of",
	                 (json_int_t)self->planted_count, "median_schedules",
	                 (json_int_t)report_median(self), "each", each);
}

static json_t *json_of(const struct report *self)
{
	const struct tally *tally = &self->result->tally;
	char hash[24];
	snprintf(hash, sizeof hash, "%016llx", (unsigned long long)tally->hash);
	json_t *root = json_pack("{s:I, s:f, s:I, s:I}", "schedules", (json_int_t)tally->schedules,
	                         "virtual_seconds", (double)tally->virtual_ms / 1000, "orders",
	                         (json_int_t)tally->orders, "crashes", (json_int_t)tally->crashes);
	json_object_set_new(root, "faults", faults_of(tally));
	json_object_set_new(root, "rare", rare_of(tally));
	json_object_set_new(root, "violations", violations_of(self));
	json_object_set_new(root, "schedules_per_second",
	                    json_real((double)tally->schedules / (self->result->seconds + 1e-9)));
	json_object_set_new(root, "trace_hash", json_string(hash));
	json_object_set_new(root, "seconds", json_real(self->result->seconds));
	json_object_set_new(root, "violated", number(tally->violated));
	json_object_set_new(root, "by_invariant", by_invariant(tally));
	json_object_set_new(root, "recovery_virtual_ms", recovery_of(tally));
	json_object_set_new(root, "effects", number(tally->effects));
	json_object_set_new(root, "events", number(tally->events));
	json_object_set_new(root, "frames", number(tally->frames));
	json_object_set_new(root, "boots", number(tally->boots));
	if (self->planted != NULL)
		json_object_set_new(root, "planted", planted_of(self));
	return root;
}

bool report_write(const struct report *self, const char *path)
{
	json_t *root = json_of(self);
	int failed = json_dump_file(root, path, JSON_INDENT(2) | JSON_REAL_PRECISION(8));
	json_decref(root);
	if (failed != 0)
		fprintf(stderr, "simulate: can't write the report %s: %s\n", path, strerror(errno));
	return failed == 0;
}

static void print_counts(const char *title, const char *const *names, const uint64_t *counts,
                         size_t count, FILE *file)
{
	int column = 0;
	fprintf(file, "\n%s\n", title);
	for (size_t i = 0; i < count; i++) {
		if (names[i] == NULL || counts[i] == 0)
			continue;
		fprintf(file, "  %-18s %10llu", names[i], (unsigned long long)counts[i]);
		if (++column % 3 == 0)
			fprintf(file, "\n");
	}
	if (column % 3 != 0)
		fprintf(file, "\n");
}

static void print_unreached(const struct tally *tally, FILE *file)
{
	bool any = false;
	for (unsigned i = 0; i < RARE_COUNT; i++) {
		if (tally->rare[i] != 0)
			continue;
		fprintf(file, "%s %s", any ? "," : "  never reached:", rare_infos[i].name);
		any = true;
	}
	if (any)
		fprintf(file, "\n");
}

static void print_planted(const struct report *self, FILE *file, bool colour)
{
	fprintf(file, "\nPlanted faults\n");
	for (size_t i = 0; i < self->planted_count; i++) {
		const struct planted *planted = &self->planted[i];
		enum tint tint = planted->caught ? TINT_GOOD : TINT_BAD;
		fprintf(file, "  %-22s %s%s%s", planted->name, tint_on(tint, colour),
		        planted->caught ? "found by " : "NOT FOUND in", tint_off(tint, colour));
		fprintf(file, "%-6s %llu schedules, %.1f s\n", planted->id,
		        (unsigned long long)planted->schedules, planted->seconds);
	}
	fprintf(file, "  %zu of %zu found, median %llu schedules\n", report_caught(self),
	        self->planted_count, (unsigned long long)report_median(self));
}

static void print_tables(const struct tally *tally, FILE *file)
{
	const char *faults[FAULT_KINDS], *rare[RARE_COUNT];
	for (unsigned i = 0; i < FAULT_KINDS; i++)
		faults[i] = fault_infos[i].name;
	for (unsigned i = 0; i < RARE_COUNT; i++)
		rare[i] = rare_infos[i].name;
	print_counts("Faults that came about", faults, tally->faults, FAULT_KINDS, file);
	print_counts("Rare states that were reached", rare, tally->rare, RARE_COUNT, file);
	print_unreached(tally, file);
}

void report_print(const struct report *self, FILE *file, bool colour)
{
	const struct tally *tally = &self->result->tally;
	enum tint tint = tally->violated == 0 ? TINT_GOOD : TINT_BAD;
	if (self->planted != NULL) {
		print_planted(self, file, colour);
		return;
	}
	for (size_t i = 0; i < self->verdict_count; i++)
		judge_print(&self->verdicts[i], file, colour);
	print_tables(tally, file);
	fprintf(file,
	        "\n%llu schedules, %.1f h of virtual time, %llu orders, %llu crashes in %.1f s "
	        "(%.0f schedules/s)\n",
	        (unsigned long long)tally->schedules, (double)tally->virtual_ms / 3600e3,
	        (unsigned long long)tally->orders, (unsigned long long)tally->crashes,
	        self->result->seconds, (double)tally->schedules / (self->result->seconds + 1e-9));
	fprintf(file,
	        "recovery of the executor: median %.0f ms, 99th percentile %.0f ms, longest "
	        "%.0f ms (virtual)\n",
	        milliseconds(histogram_quantile(&tally->recoveries, 0.50)),
	        milliseconds(histogram_quantile(&tally->recoveries, 0.99)),
	        milliseconds(tally->recoveries.max));
	fprintf(file, "trace hash %016llx\n", (unsigned long long)tally->hash);
	fprintf(file, "%s%llu violations%s\n", tint_on(tint, colour),
	        (unsigned long long)tally->violated, tint_off(tint, colour));
}
