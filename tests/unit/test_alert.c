/* SPDX-License-Identifier: Apache-2.0 */
#include "services/alert/alert.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/logic_bench.h"

enum { RECORDS_MAX = 4000, HISTORY = 1000 };

static struct logic_bench bench;
static struct alert_config config;
static struct alert *records; /* the journal */
static size_t record_count;

static int set_up(void **state)
{
	(void)state;
	config_defaults(&alert_config_type, &config);
	logic_bench_open(&bench, &alert_logic, &config);
	logic_bench_init(&bench);
	logic_bench_event(&bench, EVENT_START);
	records = calloc(RECORDS_MAX, sizeof *records);
	record_count = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	logic_bench_close(&bench);
	free(records);
	return 0;
}

static void hear(struct alert alert)
{
	logic_bench_hear(&bench, alert.origin.text, 1, MESSAGE_ALERT, &alert);
	const struct alert *saved = logic_bench_body(&bench, EFFECT_SAVE, MESSAGE_ALERT);
	if (saved != NULL && record_count < RECORDS_MAX)
		records[record_count++] = *saved;
}

static struct alert alert_of(const char *origin, enum severity severity, const char *text)
{
	return (struct alert){
		.severity = severity,
		.event = name_from("an.event"),
		.at = bench.now,
		.text = text_from(text),
		.repeats = 1,
		.origin = name_from(origin),
	};
}

static bool is_told(void)
{
	for (size_t i = 0; i < bench.out->count; i++)
		if (bench.out->effects[i].kind == EFFECT_NOTE &&
		    bench.out->effects[i].note == NOTE_ALERT)
			return true;
	return false;
}

static const struct alert *published(void)
{
	return logic_bench_body(&bench, EFFECT_PUBLISH, MESSAGE_ALERT);
}

/* The history as a late joiner hears it. */
static size_t history(void)
{
	logic_bench_republish(&bench);
	return logic_bench_count(&bench, EFFECT_PUBLISH, MESSAGE_ALERT);
}

static const struct alert *history_at(size_t index)
{
	logic_bench_republish(&bench);
	return logic_bench_effect(&bench, EFFECT_PUBLISH, MESSAGE_ALERT, index)->body;
}

static void replay(void)
{
	logic_bench_init(&bench);
	for (size_t i = 0; i < record_count; i++)
		alert_logic.apply(bench.state, MESSAGE_ALERT, &records[i]);
	logic_bench_event(&bench, EVENT_START);
}

static void an_alert_is_numbered_saved_told_and_published(void **state)
{
	(void)state;
	hear(alert_of("feed", SEVERITY_ERROR, "down"));
	assert_int_equal(record_count, 1);
	assert_true(is_told());
	assert_int_equal(published()->number, 1);
	hear(alert_of("feed", SEVERITY_ERROR, "up"));
	assert_int_equal(published()->number, 2);
}

static void the_history_comes_back_by_replay(void **state)
{
	struct alert before[3];
	(void)state;
	hear(alert_of("feed", SEVERITY_ERROR, "one"));
	hear(alert_of("risk", SEVERITY_WARNING, "two"));
	bench.now += NANOS_S;
	hear(alert_of("risk", SEVERITY_WARNING, "two"));
	hear(alert_of("feed", SEVERITY_INFO, "three"));
	for (size_t i = 0; i < 3; i++)
		before[i] = *history_at(i);
	replay();
	assert_int_equal(history(), 3);
	for (size_t i = 0; i < 3; i++)
		assert_memory_equal(&before[i], history_at(i), sizeof before[i]);
	hear(alert_of("feed", SEVERITY_INFO, "four"));
	assert_int_equal(published()->number, 4);
}

static void repeats_within_the_window_are_one_line_with_a_count(void **state)
{
	(void)state;
	hear(alert_of("feed", SEVERITY_ERROR, "down"));
	for (unsigned i = 2; i <= 5; i++) {
		bench.now += NANOS_S;
		hear(alert_of("feed", SEVERITY_ERROR, "down"));
		assert_false(is_told());
		assert_int_equal(published()->number, 1);
		assert_int_equal(published()->repeats, i);
	}
	assert_int_equal(history(), 1);
	replay();
	assert_int_equal(history_at(0)->repeats, 5);
}

static void behind_the_window_it_is_told_anew(void **state)
{
	(void)state;
	hear(alert_of("feed", SEVERITY_ERROR, "down"));
	bench.now += config.repeat_window + 1;
	hear(alert_of("feed", SEVERITY_ERROR, "down"));
	assert_true(is_told());
	assert_int_equal(published()->number, 2);
}

static void another_origin_severity_or_text_is_another_alert(void **state)
{
	(void)state;
	hear(alert_of("feed", SEVERITY_ERROR, "down"));
	hear(alert_of("risk", SEVERITY_ERROR, "down"));
	assert_true(is_told());
	hear(alert_of("feed", SEVERITY_CRITICAL, "down"));
	assert_true(is_told());
	hear(alert_of("feed", SEVERITY_ERROR, "down again"));
	assert_true(is_told());
	assert_int_equal(history(), 4);
}

static void what_is_said_again_after_a_gap_is_known_already(void **state)
{
	(void)state;
	struct alert alert = alert_of("feed", SEVERITY_ERROR, "down");
	hear(alert);
	hear(alert);
	assert_false(is_told());
	assert_null(published());
	assert_int_equal(history_at(0)->repeats, 1);
}

/* As its origin says them again after a resync, in a run of its own or of the alert service's. */
static void then_known(const struct alert *said, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		hear(said[i]);
		assert_false(is_told());
		assert_null(published());
	}
}

static void repeats_said_again_are_neither_told_nor_counted(void **state)
{
	struct alert said[5];
	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		said[i] = alert_of("feed", SEVERITY_ERROR, "down");
		hear(said[i]);
		bench.now += config.repeat_window / 3;
	}
	for (unsigned i = 0; i < 40; i++) /* more than a repeat is looked for in */
		hear(alert_of("risk", SEVERITY_ERROR, text_format("number %u", i).text));
	then_known(said, 5);
	replay();
	then_known(said, 5);
	assert_int_equal(history(), 42);
	assert_int_equal(history_at(0)->repeats, 4);
	assert_int_equal(history_at(1)->repeats, 1);
}

static void an_older_one_that_was_missed_is_told_and_then_known(void **state)
{
	(void)state;
	struct alert missed = alert_of("feed", SEVERITY_ERROR, "down");
	bench.now += config.repeat_window + 1;
	hear(alert_of("feed", SEVERITY_ERROR, "down"));
	hear(missed);
	assert_true(is_told());
	assert_int_equal(published()->number, 2);
	then_known(&missed, 1);
}

static void an_older_one_that_was_missed_within_the_window_is_counted_once(void **state)
{
	(void)state;
	struct alert missed = alert_of("feed", SEVERITY_ERROR, "down");
	bench.now += config.repeat_window;
	hear(alert_of("feed", SEVERITY_ERROR, "down"));
	hear(missed);
	assert_false(is_told());
	assert_int_equal(published()->repeats, 2);
	then_known(&missed, 1);
	replay();
	then_known(&missed, 1);
}

static void below_the_lowest_severity_nobody_is_told(void **state)
{
	(void)state;
	hear(alert_of("feed", SEVERITY_DEBUG, "detail"));
	assert_int_equal(bench.out->count, 0);
	config.lowest = name_from("ERROR");
	logic_bench_init(&bench);
	hear(alert_of("feed", SEVERITY_WARNING, "soft"));
	assert_int_equal(bench.out->count, 0);
	hear(alert_of("feed", SEVERITY_ERROR, "loud"));
	assert_true(is_told());
}

static void the_history_keeps_the_newest(void **state)
{
	char text[20];
	(void)state;
	for (unsigned i = 1; i <= HISTORY + 100; i++) {
		snprintf(text, sizeof text, "number %u", i);
		hear(alert_of("feed", SEVERITY_ERROR, text));
	}
	assert_int_equal(history(), HISTORY);
	assert_int_equal(history_at(0)->number, 101);
	assert_int_equal(history_at(HISTORY - 1)->number, HISTORY + 100);
	replay();
	assert_int_equal(history_at(0)->number, 101);
}

static void a_disk_that_fails_does_not_silence_it(void **state)
{
	(void)state;
	hear(alert_of("feed", SEVERITY_ERROR, "before"));
	logic_bench_event(&bench, EVENT_SAVE_FAILED);
	assert_true(is_told());
	assert_non_null(logic_bench_note(&bench, "alert.journal"));
	hear(alert_of("feed", SEVERITY_ERROR, "after"));
	assert_true(is_told());
	assert_string_equal(published()->text.text, "after");
	assert_int_equal(logic_bench_count(&bench, EFFECT_SAVE, MESSAGE_NONE), 0);
}

/* What stood behind the failed SAVE was not published. */
static void when_the_disk_fails_the_newest_are_published_again(void **state)
{
	(void)state;
	hear(alert_of("feed", SEVERITY_ERROR, "may have been lost"));
	logic_bench_event(&bench, EVENT_SAVE_FAILED);
	assert_int_equal(logic_bench_count(&bench, EFFECT_PUBLISH, MESSAGE_ALERT), 2);
	assert_string_equal(published()->text.text, "may have been lost");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_alert_is_numbered_saved_told_and_published),
		TEST(the_history_comes_back_by_replay),
		TEST(repeats_within_the_window_are_one_line_with_a_count),
		TEST(behind_the_window_it_is_told_anew),
		TEST(another_origin_severity_or_text_is_another_alert),
		TEST(what_is_said_again_after_a_gap_is_known_already),
		TEST(repeats_said_again_are_neither_told_nor_counted),
		TEST(an_older_one_that_was_missed_is_told_and_then_known),
		TEST(an_older_one_that_was_missed_within_the_window_is_counted_once),
		TEST(below_the_lowest_severity_nobody_is_told),
		TEST(the_history_keeps_the_newest),
		TEST(a_disk_that_fails_does_not_silence_it),
		TEST(when_the_disk_fails_the_newest_are_published_again),
	};
	return cmocka_run_group_tests_name("alert", tests, NULL, NULL);
}
