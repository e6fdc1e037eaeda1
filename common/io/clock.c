/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/clock.h"

#include <assert.h>
#include <sys/random.h>
#include <time.h>

enum { ENTROPY_WORDS = 32 }; /* 256 bytes: getrandom never stops in the middle of so few */

static nanos_t read_clock(clockid_t id)
{
	struct timespec time;
	int result = clock_gettime(id, &time);

	assert(result == 0);
	(void)result;
	return time.tv_sec * NANOS_S + time.tv_nsec;
}

void clock_open(struct clock *self)
{
	self->monotonic_at_start = read_clock(CLOCK_MONOTONIC);
	self->utc_at_start = read_clock(CLOCK_REALTIME);
}

nanos_t clock_now(const struct clock *self)
{
	return self->utc_at_start + (read_clock(CLOCK_MONOTONIC) - self->monotonic_at_start);
}

nanos_t clock_stamp(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

/* One system call fills a stock of words: each event takes one. */
uint64_t clock_entropy(void)
{
	static _Thread_local uint64_t stock[ENTROPY_WORDS];
	static _Thread_local unsigned left;

	if (left == 0) {
		ssize_t size = getrandom(stock, sizeof stock, 0);
		assert(size == (ssize_t)sizeof stock);
		(void)size;
		left = ENTROPY_WORDS;
	}
	uint64_t word = stock[--left];
	stock[left] = 0;
	return word;
}
