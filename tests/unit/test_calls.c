/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/calls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const nanos_t T = 1000 * NANOS_S, REPEAT = 200 * NANOS_MS;

static struct calls *calls;
static name_t peer;

static int set_up(void **state)
{
	(void)state;
	calls = calloc(1, sizeof *calls);
	calls_init(calls, REPEAT);
	peer = name_from("executor");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(calls);
	return 0;
}

/* what we ask */

static void a_call_is_due_at_each_repeat_and_at_its_end(void **state)
{
	(void)state;
	struct call *call = calls_add(calls, 7, &peer, T, T + 500 * NANOS_MS);
	assert_non_null(call);
	assert_int_equal(calls_deadline(calls), T + REPEAT);
	assert_null(calls_due(calls, T + REPEAT - 1));
	assert_ptr_equal(calls_due(calls, T + REPEAT), call);
	calls_postpone(calls, call, T + REPEAT);
	assert_null(calls_due(calls, T + REPEAT));
	calls_postpone(calls, call, T + 2 * REPEAT);
	assert_null(calls_due(calls, T + 500 * NANOS_MS - 1));
	assert_ptr_equal(calls_due(calls, T + 500 * NANOS_MS), call);
	assert_true(call->expires <= T + 500 * NANOS_MS);
}

static void an_answer_finds_its_call_once(void **state)
{
	(void)state;
	struct call *call = calls_add(calls, 7, &peer, T, T + NANOS_S);
	uint64_t number = call->number;
	assert_ptr_equal(calls_find(calls, number), call);
	assert_int_equal(call->token, 7);
	calls_free(calls, call);
	assert_null(calls_find(calls, number)); /* a late second answer */
	assert_null(calls_due(calls, T + 10 * NANOS_S));
	assert_int_equal(calls_deadline(calls), INT64_MAX);
}

static void a_late_answer_does_not_find_the_call_that_took_the_place(void **state)
{
	(void)state;
	struct call *first = calls_add(calls, 1, &peer, T, T + NANOS_S);
	uint64_t number = first->number;
	calls_free(calls, first);
	for (unsigned i = 0; i < CALLS_MAX; i++)
		assert_non_null(calls_add(calls, 2, &peer, T, T + NANOS_S));
	assert_null(calls_find(calls, number));
	assert_null(calls_find(calls, 0));
}

static void there_is_an_end_to_calls_under_way(void **state)
{
	uint64_t numbers[CALLS_MAX];
	(void)state;
	for (unsigned i = 0; i < CALLS_MAX; i++)
		numbers[i] = calls_add(calls, i, &peer, T, T + NANOS_S)->number;
	assert_null(calls_add(calls, 0, &peer, T, T + NANOS_S));
	for (unsigned i = 0; i < CALLS_MAX; i++)
		assert_int_equal(calls_find(calls, numbers[i])->token, i);
	calls_free(calls, calls_find(calls, numbers[100]));
	assert_non_null(calls_add(calls, 9, &peer, T, T + NANOS_S));
}

static void a_new_call_is_neither_sent_nor_the_hosts_own(void **state)
{
	(void)state;
	struct call *call = calls_add(calls, 1, &peer, T, T + NANOS_S);
	call->sent = call->own = true;
	calls_free(calls, call);
	for (unsigned i = 0; i < CALLS_MAX; i++) {
		call = calls_add(calls, 1, &peer, T, T + NANOS_S);
		assert_false(call->sent);
		assert_false(call->own);
	}
}

/* Every call is repeated or ended in time, whatever the order in which others come and go. */
static void no_call_is_forgotten_among_others_that_end(void **state)
{
	unsigned ended = 0;
	(void)state;
	for (unsigned i = 0; i < 300; i++)
		calls_add(calls, i, &peer, T + i * NANOS_MS, T + (1000 + i) * NANOS_MS);
	for (nanos_t now = T; now <= T + 1400 * NANOS_MS; now += NANOS_MS) {
		struct call *call;
		while ((call = calls_due(calls, now)) != NULL) {
			if (call->expires > now) {
				calls_postpone(calls, call, now);
				continue;
			}
			assert_int_equal(call->expires, now);
			calls_free(calls, call);
			ended++;
		}
		assert_true(calls_deadline(calls) > now);
	}
	assert_int_equal(ended, 300);
}

/* what we are asked */

static struct envelope asked_by(const char *sender, uint64_t epoch, enum message_type type,
                                uint64_t sequence)
{
	return (struct envelope){
		.type = type,
		.sender = name_from(sender),
		.epoch = epoch,
		.sequence = sequence,
		.expires = T + NANOS_S,
	};
}

static enum ask_verdict ask_at(const struct envelope *envelope, nanos_t now, struct ask **ask,
                               const struct answer **answer)
{
	struct bus_frame frame = {.identity = {1, 2, 3}, .identity_size = 3};
	return calls_asked(calls, envelope, &frame, now, ask, answer);
}

static enum ask_verdict ask(const struct envelope *envelope, struct ask **out)
{
	const struct answer *answer;
	return ask_at(envelope, T, out, &answer);
}

static void answer(struct ask *entry, const char *text)
{
	calls_answered(calls, entry, (const uint8_t *)text, strlen(text) + 1);
}

static void a_repeat_waits_with_the_first_then_gets_the_same_answer(void **state)
{
	struct envelope envelope = asked_by("strategy", 1, MESSAGE_INTENT, 1);
	struct ask *entry = NULL;
	const struct answer *kept;
	(void)state;
	assert_int_equal(ask(&envelope, &entry), ASK_NEW);
	assert_int_equal(entry->identity_size, 3);
	assert_int_equal(ask(&envelope, &entry), ASK_PENDING);
	assert_ptr_equal(calls_ask_of(calls, entry->token), entry);
	answer(entry, "yes");
	assert_int_equal(ask_at(&envelope, T, &entry, &kept), ASK_ANSWERED);
	assert_string_equal(kept->frame, "yes");
	assert_int_equal(kept->size, 4);
}

static void sender_epoch_type_and_sequence_tell_requests_apart(void **state)
{
	struct envelope envelopes[] = {
		asked_by("strategy", 1, MESSAGE_INTENT, 1),
		asked_by("strategy.2", 1, MESSAGE_INTENT, 1),
		asked_by("strategy", 2, MESSAGE_INTENT, 1),
		asked_by("strategy", 1, MESSAGE_CANCEL, 1),
		asked_by("strategy", 1, MESSAGE_INTENT, 2),
	};
	struct ask *entry;
	(void)state;
	for (size_t i = 0; i < sizeof envelopes / sizeof *envelopes; i++) {
		assert_int_equal(ask(&envelopes[i], &entry), ASK_NEW);
		answer(entry, "done");
	}
	for (size_t i = 0; i < sizeof envelopes / sizeof *envelopes; i++)
		assert_int_equal(ask(&envelopes[i], &entry), ASK_ANSWERED);
}

static void an_answered_or_unknown_token_answers_nobody(void **state)
{
	struct envelope envelope = asked_by("strategy", 1, MESSAGE_INTENT, 1);
	struct ask *entry;
	(void)state;
	assert_null(calls_ask_of(calls, 0));
	assert_null(calls_ask_of(calls, 12345));
	assert_int_equal(ask(&envelope, &entry), ASK_NEW);
	uint64_t token = entry->token;
	answer(entry, "yes");
	assert_null(calls_ask_of(calls, token));
	envelope.sequence = 2;
	ask(&envelope, &entry);
	assert_null(calls_ask_of(calls, token)); /* whoever stands there now */
}

static void answer_in_turn(const char *sender, uint64_t first, uint64_t count)
{
	char text[32];
	for (uint64_t i = first; i < first + count; i++) {
		struct envelope envelope = asked_by(sender, 1, MESSAGE_INTENT, i);
		struct ask *entry;
		assert_int_equal(ask(&envelope, &entry), ASK_NEW);
		snprintf(text, sizeof text, "%s %llu", sender, (unsigned long long)i);
		answer(entry, text);
	}
}

/* However the requests of several askers mix: no collision makes one of the last ones new again. */
static void the_last_answers_are_kept_whoever_asked(void **state)
{
	char text[32];
	(void)state;
	answer_in_turn("strategy", 1, 3000);
	answer_in_turn("bw", 1, ANSWERS_KEPT / 2);
	answer_in_turn("strategy.2", 1, ANSWERS_KEPT / 2);
	for (uint64_t i = 1; i <= ANSWERS_KEPT; i++) {
		const char *sender = i <= ANSWERS_KEPT / 2 ? "bw" : "strategy.2";
		uint64_t sequence = i <= ANSWERS_KEPT / 2 ? i : i - ANSWERS_KEPT / 2;
		struct envelope envelope = asked_by(sender, 1, MESSAGE_INTENT, sequence);
		struct ask *entry;
		const struct answer *kept;
		assert_int_equal(ask_at(&envelope, T, &entry, &kept), ASK_ANSWERED);
		snprintf(text, sizeof text, "%s %llu", sender, (unsigned long long)sequence);
		assert_string_equal(kept->frame, text);
	}
}

static unsigned fill(void)
{
	unsigned taken = 0;
	for (uint64_t i = 1; i <= 4 * ASKS_MAX; i++) {
		struct envelope envelope = asked_by("strategy", 1, MESSAGE_INTENT, i);
		struct ask *entry;
		enum ask_verdict verdict = ask(&envelope, &entry);
		assert_true(verdict == ASK_NEW || verdict == ASK_FULL);
		taken += verdict == ASK_NEW;
	}
	return taken;
}

static void there_is_an_end_to_requests_that_wait(void **state)
{
	(void)state;
	assert_in_range(fill(), ASKS_MAX * 9 / 10, ASKS_MAX);
}

static void a_request_that_was_never_answered_makes_room_once_it_expired(void **state)
{
	struct ask *entry;
	const struct answer *kept;
	unsigned taken = 0;
	(void)state;
	fill();
	for (uint64_t i = 1; i <= 100; i++) {
		struct envelope envelope = asked_by("bw", 1, MESSAGE_COMMAND, i);
		envelope.expires = T + 60 * NANOS_S;
		taken += ask_at(&envelope, T + 2 * NANOS_S, &entry, &kept) == ASK_NEW;
	}
	assert_int_equal(taken, 100);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_call_is_due_at_each_repeat_and_at_its_end),
		TEST(an_answer_finds_its_call_once),
		TEST(a_late_answer_does_not_find_the_call_that_took_the_place),
		TEST(there_is_an_end_to_calls_under_way),
		TEST(a_new_call_is_neither_sent_nor_the_hosts_own),
		TEST(no_call_is_forgotten_among_others_that_end),
		TEST(a_repeat_waits_with_the_first_then_gets_the_same_answer),
		TEST(sender_epoch_type_and_sequence_tell_requests_apart),
		TEST(an_answered_or_unknown_token_answers_nobody),
		TEST(the_last_answers_are_kept_whoever_asked),
		TEST(there_is_an_end_to_requests_that_wait),
		TEST(a_request_that_was_never_answered_makes_room_once_it_expired),
	};
	return cmocka_run_group_tests_name("calls", tests, NULL, NULL);
}
