/* SPDX-License-Identifier: Apache-2.0 */
#include "services/feed/allowance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define NOON (1700000000 * NANOS_S)

static struct allowance allowance;
static struct outbox *out;
static void *arena;
static struct stack_config stack;

static int set_up(void **state)
{
	(void)state;
	arena = aligned_alloc(16, 1 << 16);
	out = calloc(1, sizeof *out);
	outbox_init(out, arena, 1 << 16);
	config_defaults(&stack_config_type, &stack);
	allowance_init(&allowance, &stack, 6000, NOON);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(out);
	free(arena);
	return 0;
}

static unsigned taken_at(nanos_t now, unsigned weight)
{
	unsigned sum = 0;

	while (allowance_take(&allowance, now, weight))
		sum += weight;
	return sum;
}

static void without_an_answer_the_own_share_is_used_and_never_passed(void **state)
{
	unsigned sum = 0;

	(void)state;
	for (nanos_t at = 0; at < NANOS_MIN; at += 100 * NANOS_MS)
		sum += taken_at(NOON + at, 50);
	assert_in_range(sum, 400, 600); /* ten percent of 6000 */
}

static void a_grant_comes_on_top_and_ends(void **state)
{
	struct grant grant = {.weight = 300, .until = NOON + 30 * NANOS_S};

	(void)state;
	unsigned share = taken_at(NOON, 1);
	allowance_answered(&allowance, &grant, NOON);
	assert_int_equal(taken_at(NOON, 1), 300);
	allowance_answered(&allowance, &grant, NOON);
	assert_in_range(taken_at(NOON + 31 * NANOS_S, 1), 1, share * 2);
}

static void a_grant_is_asked_for_when_little_is_left_and_not_too_often(void **state)
{
	struct grant grant = {.weight = 300, .until = NOON + 30 * NANOS_S};

	(void)state;
	allowance_ask(&allowance, 2, NOON, out);
	assert_int_equal(out->count, 1);
	allowance_answered(&allowance, &grant, NOON);
	allowance_ask(&allowance, 2, NOON + 20 * NANOS_S, out);
	assert_int_equal(out->count, 1);
	allowance_ask(&allowance, 2, NOON + 30 * NANOS_S, out);
	allowance_answered(&allowance, NULL, NOON + 30 * NANOS_S);
	allowance_ask(&allowance, 2, NOON + 31 * NANOS_S, out);
	assert_int_equal(out->count, 2);
}

static void silence_is_kept_and_told(void **state)
{
	struct venue_answer answer = {.http_status = 429, .retry_after_ms = 10000};

	(void)state;
	allowance_heard(&allowance, &answer, NOON);
	assert_int_equal(taken_at(NOON + 9 * NANOS_S, 1), 0);
	allowance_ask(&allowance, 2, NOON, out);
	const struct grant_request *request = out->effects[0].body;
	assert_int_equal(request->quiet_until, NOON + 10 * NANOS_S);
	assert_true(taken_at(NOON + 10 * NANOS_S, 1) > 0);
}

static void the_silence_of_others_is_kept_too(void **state)
{
	struct grant grant = {.until = NOON, .quiet_until = NOON + 5 * NANOS_S};

	(void)state;
	allowance_answered(&allowance, &grant, NOON);
	assert_int_equal(taken_at(NOON + 4 * NANOS_S, 1), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_an_answer_the_own_share_is_used_and_never_passed),
		TEST(a_grant_comes_on_top_and_ends),
		TEST(a_grant_is_asked_for_when_little_is_left_and_not_too_often),
		TEST(silence_is_kept_and_told),
		TEST(the_silence_of_others_is_kept_too),
	};
	return cmocka_run_group_tests_name("feed_allowance", tests, NULL, NULL);
}
