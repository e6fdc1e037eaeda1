/* SPDX-License-Identifier: Apache-2.0 */
#include "common/logic/outbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/dies.h"

enum { ARENA = 1 << 20 };

static _Alignas(16) uint8_t arena[ARENA];
static struct outbox outbox;

static int set_up(void **state)
{
	(void)state;
	outbox_init(&outbox, arena, sizeof arena);
	return 0;
}

static const struct alert sample = {.severity = SEVERITY_INFO, .at = 5, .repeats = 1};

static void effects_stand_in_the_order_in_which_they_were_added(void **state)
{
	static const enum effect_kind kinds[] = {EFFECT_SAVE,   EFFECT_PUBLISH,   EFFECT_CALL,
	                                         EFFECT_ANSWER, EFFECT_SET_TIMER, EFFECT_NOTE,
	                                         EFFECT_EXIT};
	(void)state;
	outbox_save(&outbox, SAVE_SYNCED, MESSAGE_ALERT, &sample);
	outbox_publish(&outbox, MESSAGE_ALERT, &sample);
	outbox_call(&outbox, "risk", 7, 99, MESSAGE_ALERT, &sample);
	outbox_answer(&outbox, 8, MESSAGE_ALERT, &sample);
	outbox_set_timer(&outbox, 3, 1000);
	outbox_note(&outbox, SEVERITY_WARNING, "a.note", "number %d", 5);
	outbox_exit(&outbox, "why");
	assert_int_equal(outbox.count, sizeof kinds / sizeof *kinds);
	for (size_t i = 0; i < outbox.count; i++)
		assert_int_equal(outbox.effects[i].kind, kinds[i]);
	assert_int_equal(outbox.effects[0].save_class, SAVE_SYNCED);
	assert_string_equal(outbox.effects[5].name, "a.note");
	assert_string_equal(outbox.effects[5].text, "number 5");
	assert_string_equal(outbox.effects[6].text, "why");
}

static void bodies_are_copied_so_that_the_caller_may_reuse_its_struct(void **state)
{
	struct alert alert = sample;
	(void)state;
	alert.number = 1;
	outbox_publish(&outbox, MESSAGE_ALERT, &alert);
	alert.number = 2;
	outbox_publish(&outbox, MESSAGE_ALERT, &alert);
	assert_int_equal(((const struct alert *)outbox.effects[0].body)->number, 1);
	assert_int_equal(((const struct alert *)outbox.effects[1].body)->number, 2);
}

static void every_body_is_aligned_for_any_struct(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		outbox_note(&outbox, SEVERITY_INFO, "n", "%.*s", (int)i, "aaaaaaaaaaaaaaaaaaaaaaa");
		outbox_publish(&outbox, MESSAGE_ALERT, &sample);
		assert_int_equal((uintptr_t)outbox.effects[outbox.count - 1].body % 16, 0);
	}
}

static void a_call_names_peer_token_and_end(void **state)
{
	struct resync_request request = {.nonce = 5};
	(void)state;
	outbox_call(&outbox, "executor", 17, 1234, MESSAGE_RESYNC_REQUEST, &request);
	const struct effect *effect = &outbox.effects[0];
	assert_int_equal(effect->target, CALL_PEER);
	assert_string_equal(effect->peer.text, "executor");
	assert_int_equal(effect->token, 17);
	assert_int_equal(effect->at, 1234);
	assert_int_equal(((const struct resync_request *)effect->body)->nonce, 5);
}

static void calls_to_the_exchange_carry_their_request_whole(void **state)
{
	static struct http_request request;
	static struct link_frame frame;
	(void)state;
	memset(request.query, 'q', sizeof request.query - 1);
	memset(frame.text, 'f', sizeof frame.text - 1);
	outbox_call_http(&outbox, 1, &request);
	outbox_call_frame(&outbox, 2, 50, &frame);
	assert_int_equal(outbox.effects[0].target, CALL_HTTP);
	assert_memory_equal(outbox.effects[0].body, &request, sizeof request);
	assert_int_equal(outbox.effects[1].target, CALL_FRAME);
	assert_memory_equal(outbox.effects[1].body, &frame, sizeof frame);
	assert_int_equal(outbox.effects[1].at, 50);
}

static void an_answer_to_a_client_of_our_listener_is_bytes_with_a_nul_behind(void **state)
{
	static const char bytes[] = {'a', '\0', 'b', 'c'};
	(void)state;
	outbox_answer_http(&outbox, 9, 404, "X: y\n", bytes, 3);
	outbox_answer_frame(&outbox, 9, bytes, 1);
	outbox_close_wire(&outbox, 9);
	assert_int_equal(outbox.effects[0].status, 404);
	assert_string_equal(outbox.effects[0].headers, "X: y\n");
	assert_int_equal(outbox.effects[0].size, 3);
	assert_memory_equal(outbox.effects[0].text, "a\0b", 4);
	assert_int_equal(outbox.effects[1].status, 0);
	assert_string_equal(outbox.effects[1].headers, "");
	assert_int_equal(outbox.effects[2].status, 1);
}

static void an_alert_is_a_log_line_and_a_published_message(void **state)
{
	(void)state;
	outbox_alert(&outbox, 77, SEVERITY_ERROR, "disk.full", "%s is full", "it");
	assert_int_equal(outbox.count, 2);
	assert_int_equal(outbox.effects[0].kind, EFFECT_NOTE);
	const struct alert *alert = outbox.effects[1].body;
	assert_int_equal(outbox.effects[1].kind, EFFECT_PUBLISH);
	assert_string_equal(alert->event.text, "disk.full");
	assert_string_equal(alert->text.text, "it is full");
	assert_int_equal(alert->at, 77);
	assert_int_equal(alert->repeats, 1);
}

static void a_text_that_is_too_long_is_cut(void **state)
{
	char text[2000];
	(void)state;
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	outbox_note(&outbox, SEVERITY_INFO, "long", "%s", text);
	assert_true(strlen(outbox.effects[0].text) < 600);
}

static void a_cleared_outbox_begins_anew(void **state)
{
	(void)state;
	outbox_publish(&outbox, MESSAGE_ALERT, &sample);
	outbox_clear(&outbox);
	assert_int_equal(outbox.count, 0);
	outbox_set_timer(&outbox, 1, 2);
	assert_int_equal(outbox.effects[0].kind, EFFECT_SET_TIMER);
	assert_null(outbox.effects[0].body);
}

static void add_timers(void *count)
{
	for (size_t i = 0; i < *(const size_t *)count; i++)
		outbox_set_timer(&outbox, 0, 1);
}

static void more_effects_than_fit_are_our_bug(void **state)
{
	size_t all = OUTBOX_EFFECTS_MAX, more = OUTBOX_EFFECTS_MAX + 1;
	(void)state;
	assert_false(dies(add_timers, &all));
	assert_true(dies(add_timers, &more));
}

static void fill_arena(void *size)
{
	static _Alignas(16) uint8_t small[1024];
	static char text[2048];
	outbox_init(&outbox, small, sizeof small);
	outbox_answer_frame(&outbox, 1, text, *(const size_t *)size);
}

static void more_bytes_than_fit_are_our_bug(void **state)
{
	size_t all = 1023, more = 1024; /* and a NUL */
	(void)state;
	assert_false(dies(fill_arena, &all));
	assert_true(dies(fill_arena, &more));
}

static void set_unknown_timer(void *timer)
{
	outbox_set_timer(&outbox, *(const unsigned *)timer, 1);
}

static void a_timer_that_does_not_exist_is_our_bug(void **state)
{
	unsigned last = LOGIC_TIMERS_MAX - 1, beyond = LOGIC_TIMERS_MAX;
	(void)state;
	assert_false(dies(set_unknown_timer, &last));
	assert_true(dies(set_unknown_timer, &beyond));
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(effects_stand_in_the_order_in_which_they_were_added),
		TEST(bodies_are_copied_so_that_the_caller_may_reuse_its_struct),
		TEST(every_body_is_aligned_for_any_struct),
		TEST(a_call_names_peer_token_and_end),
		TEST(calls_to_the_exchange_carry_their_request_whole),
		TEST(an_answer_to_a_client_of_our_listener_is_bytes_with_a_nul_behind),
		TEST(an_alert_is_a_log_line_and_a_published_message),
		TEST(a_text_that_is_too_long_is_cut),
		TEST(a_cleared_outbox_begins_anew),
		TEST(more_effects_than_fit_are_our_bug),
		TEST(more_bytes_than_fit_are_our_bug),
		TEST(a_timer_that_does_not_exist_is_our_bug),
	};
	return cmocka_run_group_tests_name("outbox", tests, NULL, NULL);
}
