/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/backlog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/dies.h"

static _Alignas(16) uint8_t arena[64 << 10];
static struct outbox outbox;
static struct backlog backlog;

static int set_up(void **state)
{
	(void)state;
	outbox_init(&outbox, arena, sizeof arena);
	assert_int_equal(backlog_open(&backlog), OK);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	backlog_close(&backlog);
	return 0;
}

static void push_timer(unsigned timer, uint64_t wait_for)
{
	outbox_clear(&outbox);
	outbox_set_timer(&outbox, timer, 1);
	assert_int_equal(backlog_push(&backlog, &outbox.effects[0], wait_for), OK);
}

static void effects_come_out_in_the_order_in_which_they_went_in(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 60; i++)
		push_timer(i, i);
	for (unsigned i = 0; i < 60; i++) {
		const struct effect *first = backlog_first(&backlog, 1000);
		assert_non_null(first);
		assert_int_equal(first->timer, i);
		backlog_pop(&backlog);
	}
	assert_null(backlog_first(&backlog, 1000));
}

static void an_effect_waits_for_its_record(void **state)
{
	(void)state;
	push_timer(1, 10);
	assert_null(backlog_first(&backlog, 9));
	assert_non_null(backlog_first(&backlog, 10));
}

static void a_call_that_still_waits_can_be_taken_back(void **state)
{
	struct http_request request = {.method = HTTP_POST};

	(void)state;
	push_timer(1, 10);
	outbox_clear(&outbox);
	outbox_call_http(&outbox, 77, &request);
	assert_int_equal(backlog_push(&backlog, &outbox.effects[0], 10), OK);
	assert_false(backlog_recall(&backlog, 78));
	assert_true(backlog_recall(&backlog, 77));
	assert_false(backlog_recall(&backlog, 77));
	backlog_pop(&backlog);
	assert_int_not_equal(backlog_first(&backlog, 10)->kind, EFFECT_CALL);
}

static void nothing_overtakes_one_that_waits(void **state)
{
	(void)state;
	push_timer(1, 10);
	push_timer(2, 5);
	assert_null(backlog_first(&backlog, 9));
	backlog_first(&backlog, 10);
	backlog_pop(&backlog);
	assert_int_equal(backlog_first(&backlog, 5)->timer, 2);
}

static void fill_outbox(void)
{
	static struct http_request request = {.query = "query"};
	static struct link_frame frame = {.text = "frame"};
	struct alert alert = {.severity = SEVERITY_ERROR, .text = text_from("alert")};
	outbox_publish(&outbox, MESSAGE_ALERT, &alert);
	outbox_call(&outbox, "risk", 1, 2, MESSAGE_ALERT, &alert);
	outbox_call_http(&outbox, 3, &request);
	outbox_call_frame(&outbox, 4, 5, &frame);
	outbox_answer_http(&outbox, 6, 200, "H: v\n", "a\0b", 3);
	outbox_answer_frame(&outbox, 7, "", 0);
	outbox_note(&outbox, SEVERITY_INFO, "a.note", "of %d", 1);
	outbox_exit(&outbox, "reason");
}

/* Every kind that may have to wait survives the outbox that it was in. */
static void an_effect_is_copied_whole(void **state)
{
	(void)state;
	fill_outbox();
	for (size_t i = 0; i < outbox.count; i++)
		assert_int_equal(backlog_push(&backlog, &outbox.effects[i], 1), OK);
	memset(arena, 0xee, sizeof arena);
	const char *texts[8] = {0};
	for (size_t i = 0; i < 8; i++) {
		const struct effect *effect = backlog_first(&backlog, 1);
		assert_non_null(effect);
		if (effect->body != NULL)
			assert_int_equal((uintptr_t)effect->body % 16, 0);
		if (i < 2)
			texts[i] = ((const struct alert *)effect->body)->text.text;
		else if (i == 2)
			texts[i] = ((const struct http_request *)effect->body)->query;
		else if (i == 3)
			texts[i] = ((const struct link_frame *)effect->body)->text;
		else
			texts[i] = effect->text;
		static const char *const expected[] = {"alert", "alert", "query", "frame",
		                                       "a",     "",      "of 1",  "reason"};
		assert_string_equal(texts[i], expected[i]);
		if (i == 4) {
			assert_memory_equal(effect->text, "a\0b", 4);
			assert_string_equal(effect->headers, "H: v\n");
		}
		if (i == 6)
			assert_string_equal(effect->name, "a.note");
		backlog_pop(&backlog);
	}
}

static void a_full_backlog_says_so_and_loses_nothing(void **state)
{
	unsigned count = 0;
	(void)state;
	outbox_clear(&outbox);
	outbox_set_timer(&outbox, 1, 1);
	while (backlog_push(&backlog, &outbox.effects[0], 1) == OK)
		count++;
	assert_true(count > 10000);
	for (unsigned i = 0; i < count; i++) {
		assert_non_null(backlog_first(&backlog, 1));
		backlog_pop(&backlog);
	}
	assert_null(backlog_first(&backlog, 1));
	assert_int_equal(backlog_push(&backlog, &outbox.effects[0], 1), OK);
}

static void a_cleared_backlog_is_empty(void **state)
{
	(void)state;
	push_timer(1, 0);
	backlog_clear(&backlog);
	assert_null(backlog_first(&backlog, 1));
	assert_int_equal(backlog.count, 0);
}

static void pop(void *self)
{
	backlog_pop(self);
}

static void taking_from_an_empty_one_is_our_bug(void **state)
{
	(void)state;
	assert_true(dies(pop, &backlog));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(effects_come_out_in_the_order_in_which_they_went_in),
		TEST(an_effect_waits_for_its_record),
		TEST(a_call_that_still_waits_can_be_taken_back),
		TEST(nothing_overtakes_one_that_waits),
		TEST(an_effect_is_copied_whole),
		TEST(a_full_backlog_says_so_and_loses_nothing),
		TEST(a_cleared_backlog_is_empty),
		TEST(taking_from_an_empty_one_is_our_bug),
	};
	return cmocka_run_group_tests_name("backlog", tests, NULL, NULL);
}
