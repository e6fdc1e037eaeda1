/* SPDX-License-Identifier: Apache-2.0 */
/* What every benchmark program shares: clock, percentiles, pinning, one JSON line per figure. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline uint64_t measure_now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static inline void measure_sleep_until(uint64_t moment)
{
	struct timespec time = {.tv_sec = (time_t)(moment / 1000000000u),
	                        .tv_nsec = (long)(moment % 1000000000u)};
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
}

static inline void measure_pin(int cpu)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof set, &set);
}

static inline int measure_compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

/* Sorts and prints {"name": …, "p50": …, "p99": …} in nanoseconds. */
static inline void measure_print_latency(const char *name, uint64_t *values, size_t count)
{
	qsort(values, count, sizeof *values, measure_compare);
	printf("{\"name\": \"%s\", \"samples\": %zu, \"p50\": %llu, \"p99\": %llu}\n", name, count,
	       (unsigned long long)values[count / 2], (unsigned long long)values[count * 99 / 100]);
	fflush(stdout);
}

static inline void measure_print(const char *name, double value)
{
	printf("{\"name\": \"%s\", \"value\": %.6f}\n", name, value);
	fflush(stdout);
}

#endif
