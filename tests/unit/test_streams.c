/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/streams.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/random.h"
#include "proto/flows.h"

enum { SILENCE_MS = 1000, INTERVAL_MS = 500 };

static const nanos_t START = 1000 * NANOS_S;
static const char ME[] = "risk";

struct bench {
	struct streams streams;
	bool listens[MESSAGE_TYPES_MAX];
	uint64_t sequences[MESSAGE_TYPES_MAX]; /* of the publisher */
	uint64_t epoch;
	nanos_t now;
};

static void init(struct bench *bench)
{
	static const enum message_type types[] = {MESSAGE_HEARTBEAT, MESSAGE_RESYNC_DONE,
	                                          MESSAGE_ORDER, MESSAGE_POSITION};
	memset(bench, 0, sizeof *bench);
	streams_init(&bench->streams, SILENCE_MS * NANOS_MS);
	streams_add(&bench->streams, "executor");
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		bench->listens[types[i]] = true;
	bench->epoch = 7;
	bench->now = START;
}

static struct envelope next(struct bench *bench, enum message_type type)
{
	return (struct envelope){
		.type = type,
		.sender = name_from("executor"),
		.epoch = bench->epoch,
		.sequence = ++bench->sequences[type],
	};
}

static enum stream_verdict arrive(struct bench *bench, const struct envelope *envelope)
{
	return streams_arrived(&bench->streams, envelope, bench->now);
}

/* Published and heard. */
static void hear(struct bench *bench, enum message_type type)
{
	struct envelope envelope = next(bench, type);
	assert_int_equal(arrive(bench, &envelope), STREAM_DELIVER);
}

static struct heartbeat heartbeat_of(const struct bench *bench)
{
	struct heartbeat heartbeat = {.status = SERVICE_STATUS_HEALTHY};
	for (size_t i = 0; i < flow_publish_count; i++)
		if (strcmp(flow_publishes[i].publisher, "executor") == 0)
			heartbeat.sequences.items[heartbeat.sequences.count++] =
				bench->sequences[flow_publishes[i].type];
	return heartbeat;
}

static void beat(struct bench *bench)
{
	struct heartbeat heartbeat = heartbeat_of(bench);
	struct envelope envelope = next(bench, MESSAGE_HEARTBEAT);
	assert_int_equal(arrive(bench, &envelope), STREAM_DELIVER);
	streams_heartbeat(&bench->streams, &envelope, &heartbeat, bench->listens);
}

static uint64_t ask(struct bench *bench, uint64_t nonce)
{
	const struct stream *stream =
		streams_wanting(&bench->streams, bench->now, INTERVAL_MS * NANOS_MS, nonce);
	return stream != NULL ? stream->nonce : 0;
}

static void done(struct bench *bench, const char *requester, uint64_t nonce)
{
	struct resync_done message = {.requester = name_from(requester), .nonce = nonce};
	struct envelope envelope = next(bench, MESSAGE_RESYNC_DONE);
	assert_int_equal(arrive(bench, &envelope), STREAM_DELIVER);
	streams_resynced(&bench->streams, &envelope, &message, ME);
}

static bool is_whole(const struct bench *bench)
{
	return bench->streams.items[0].whole;
}

static void make_whole(struct bench *bench)
{
	beat(bench);
	uint64_t nonce = ask(bench, 99);
	assert_int_equal(nonce, 99);
	done(bench, ME, nonce);
	assert_true(is_whole(bench));
	while (streams_changed(&bench->streams) != NULL)
		;
}

static void a_stream_is_whole_once_the_publisher_said_everything_again(void **state)
{
	struct bench bench;
	(void)state;
	init(&bench);
	const struct stream *told = streams_changed(&bench.streams);
	assert_non_null(told);
	assert_false(told->whole);
	assert_null(streams_changed(&bench.streams));
	beat(&bench);
	assert_false(is_whole(&bench));
	done(&bench, ME, ask(&bench, 5));
	told = streams_changed(&bench.streams);
	assert_non_null(told);
	assert_true(told->whole);
	assert_null(streams_changed(&bench.streams));
}

static void nobody_is_asked_before_its_first_heartbeat_placed_its_sequences(void **state)
{
	struct bench bench;
	(void)state;
	init(&bench);
	hear(&bench, MESSAGE_ORDER);
	assert_int_equal(ask(&bench, 5), 0);
	beat(&bench);
	assert_int_equal(ask(&bench, 5), 5);
}

static void a_repeat_is_dropped(void **state)
{
	struct bench bench;
	(void)state;
	init(&bench);
	make_whole(&bench);
	struct envelope envelope = next(&bench, MESSAGE_ORDER);
	assert_int_equal(arrive(&bench, &envelope), STREAM_DELIVER);
	assert_int_equal(arrive(&bench, &envelope), STREAM_REPEAT);
	assert_true(is_whole(&bench));
}

static void a_stranger_is_dropped(void **state)
{
	struct bench bench;
	(void)state;
	init(&bench);
	struct envelope envelope = next(&bench, MESSAGE_ORDER);
	envelope.sender = name_from("nobody");
	assert_int_equal(arrive(&bench, &envelope), STREAM_UNKNOWN);
}

static void a_gap_is_told_and_heals_only_by_a_resync_after_it(void **state)
{
	struct bench bench;
	(void)state;
	init(&bench);
	make_whole(&bench);
	hear(&bench, MESSAGE_ORDER);
	next(&bench, MESSAGE_ORDER);
	next(&bench, MESSAGE_ORDER);
	hear(&bench, MESSAGE_ORDER);
	assert_false(is_whole(&bench));
	const struct stream *told = streams_changed(&bench.streams);
	assert_non_null(told);
	assert_string_equal(told->reason.text, "order 2 to 3 missing");
	assert_int_equal(bench.streams.gaps, 1);
	done(&bench, ME, 99); /* of the one before the gap */
	assert_false(is_whole(&bench));
	bench.now += INTERVAL_MS * NANOS_MS;
	beat(&bench);
	done(&bench, ME, ask(&bench, 100));
	assert_true(is_whole(&bench));
}

static void the_first_of_a_type_that_is_lost_shows_too(void **state)
{
	struct bench bench;
	(void)state;
	init(&bench);
	make_whole(&bench);
	next(&bench, MESSAGE_POSITION);
	hear(&bench, MESSAGE_POSITION);
	assert_false(is_whole(&bench));
}

static void a_lost_last_message_shows_in_the_next_heartbeat(void **state)
{
	struct bench bench;
	(void)state;
	init(&bench);
	make_whole(&bench);
	next(&bench, MESSAGE_POSITION);
	assert_true(is_whole(&bench));
	beat(&bench);
	assert_false(is_whole(&bench));
	assert_string_equal(bench.streams.items[0].reason.text, "the last 1 of position missing");
}

static void what_a_publisher_says_that_we_do_not_listen_to_may_be_missing(void **state)
{
	struct bench bench;
	(void)state;
	init(&bench);
	make_whole(&bench);
	next(&bench, MESSAGE_FILL);
	beat(&bench);
	assert_true(is_whole(&bench));
}

static void a_loss_while_everything_is_said_again_voids_that_resync(void **state)
{
	struct bench bench;
	(void)state;
	init(&bench);
	beat(&bench);
	uint64_t nonce = ask(&bench, 5);
	next(&bench, MESSAGE_ORDER); /* said again, and lost: the only order there is */
	beat(&bench);
	done(&bench, ME, nonce);
	assert_false(is_whole(&bench));
}

static void the_end_of_a_lossy_resync_shows_in_the_heartbeat_behind_it(void **state)
{
	struct bench bench;
	(void)state;
	init(&bench);
	beat(&bench);
	uint64_t nonce = ask(&bench, 5);
	next(&bench, MESSAGE_ORDER);
	done(&bench, ME, nonce);
	beat(&bench);
	assert_false(is_whole(&bench));
}

static void a_new_epoch_is_not_whole_and_starts_its_own_sequences(void **state)
{
	struct bench bench;
	(void)state;
	init(&bench);
	make_whole(&bench);
	hear(&bench, MESSAGE_ORDER);
	bench.epoch = 8;
	memset(bench.sequences, 0, sizeof bench.sequences);
	uint64_t losses = bench.streams.losses;
	hear(&bench, MESSAGE_ORDER); /* number 1 again: no repeat */
	assert_false(is_whole(&bench));
	assert_int_equal(bench.streams.losses, losses + 1);
	assert_string_equal(bench.streams.items[0].reason.text, "it was started again");
	beat(&bench);
	assert_int_equal(ask(&bench, 6), 6); /* at once, although it was asked a moment ago */
}

static void silence_is_told_and_a_silent_publisher_is_not_asked(void **state)
{
	struct bench bench;
	(void)state;
	init(&bench);
	make_whole(&bench);
	bench.now += SILENCE_MS * NANOS_MS;
	streams_check(&bench.streams, bench.now);
	assert_true(is_whole(&bench));
	bench.now += NANOS_MS;
	streams_check(&bench.streams, bench.now);
	assert_false(is_whole(&bench));
	assert_non_null(streams_changed(&bench.streams));
	assert_int_equal(ask(&bench, 5), 0);
	beat(&bench);
	assert_int_equal(ask(&bench, 5), 5);
}

static void only_the_answer_to_our_own_last_question_counts(void **state)
{
	struct bench bench;
	(void)state;
	init(&bench);
	beat(&bench);
	uint64_t nonce = ask(&bench, 5);
	assert_int_equal(ask(&bench, 6), 0); /* not again before the interval */
	done(&bench, "strategy", nonce);
	assert_false(is_whole(&bench));
	bench.now += INTERVAL_MS * NANOS_MS;
	assert_int_equal(ask(&bench, 6), 6);
	done(&bench, ME, nonce); /* of the question before */
	assert_false(is_whole(&bench));
	done(&bench, ME, 6);
	assert_true(is_whole(&bench));
}

static void a_type_is_wanted_of_the_publisher_that_was_named_only(void **state)
{
	struct bench bench;
	(void)state;
	init(&bench);
	streams_add(&bench.streams, "risk");
	streams_want(&bench.streams, "executor", MESSAGE_TRADING_STATE);
	struct envelope envelope = next(&bench, MESSAGE_TRADING_STATE);
	assert_true(streams_is_wanted(&bench.streams, &envelope));
	envelope.sender = name_from("risk");
	assert_false(streams_is_wanted(&bench.streams, &envelope));
}

/* a publisher and a subscriber over a channel that loses, repeats and restarts */

enum { KEYS = 3, STEPS = 100000, ECHOES = 8, VALUE_TYPES = 2 };

static const enum message_type value_types[VALUE_TYPES] = {MESSAGE_ORDER, MESSAGE_POSITION};

struct frame {
	struct envelope envelope;
	struct heartbeat heartbeat;
	struct resync_done done;
	size_t key;
	uint64_t value;
};

struct world {
	struct bench bench;
	struct random random;
	uint64_t said[VALUE_TYPES][KEYS], view[VALUE_TYPES][KEYS];
	struct frame echoes[ECHOES]; /* may come once more, much later */
	bool is_calm;
	unsigned compared, wholes;
};

static bool chance(struct world *world, unsigned per_thousand)
{
	return random_below(&world->random, 1000) < per_thousand;
}

static size_t index_of(enum message_type type)
{
	return type == value_types[0] ? 0 : 1;
}

static void take(struct world *world, const struct frame *frame)
{
	struct streams *streams = &world->bench.streams;
	enum message_type type = frame->envelope.type;
	if (streams_arrived(streams, &frame->envelope, world->bench.now) != STREAM_DELIVER)
		return;
	if (type == MESSAGE_HEARTBEAT)
		streams_heartbeat(streams, &frame->envelope, &frame->heartbeat,
		                  world->bench.listens);
	else if (type == MESSAGE_RESYNC_DONE)
		streams_resynced(streams, &frame->envelope, &frame->done, ME);
	else
		world->view[index_of(type)][frame->key] = frame->value;
}

static void carry(struct world *world, const struct frame *frame)
{
	if (!world->is_calm && chance(world, 30))
		return;
	take(world, frame);
	if (world->is_calm)
		return;
	if (chance(world, 50))
		take(world, frame);
	if (chance(world, 20))
		world->echoes[random_below(&world->random, ECHOES)] = *frame;
	if (chance(world, 10))
		take(world, &world->echoes[random_below(&world->random, ECHOES)]);
}

static void say(struct world *world, size_t type, size_t key)
{
	struct frame frame = {.key = key, .value = world->said[type][key]};
	frame.envelope = next(&world->bench, value_types[type]);
	carry(world, &frame);
}

static void say_all(struct world *world, uint64_t nonce)
{
	struct frame end = {.done = {.requester = name_from(ME), .nonce = nonce}};
	for (size_t type = 0; type < VALUE_TYPES; type++)
		for (size_t key = 0; key < KEYS; key++)
			say(world, type, key);
	end.envelope = next(&world->bench, MESSAGE_RESYNC_DONE);
	carry(world, &end);
}

/* The quiet moment: a heartbeat that arrived found nothing missing. */
static void compare(struct world *world)
{
	if (!is_whole(&world->bench))
		return;
	assert_memory_equal(world->said, world->view, sizeof world->said);
	world->compared++;
}

static void say_heartbeat(struct world *world)
{
	struct frame frame = {.heartbeat = heartbeat_of(&world->bench)};
	frame.envelope = next(&world->bench, MESSAGE_HEARTBEAT);
	if (!world->is_calm && chance(world, 30))
		return;
	take(world, &frame);
	compare(world);
}

static void restart(struct world *world)
{
	world->bench.epoch += 1 + random_below(&world->random, 1000);
	memset(world->bench.sequences, 0, sizeof world->bench.sequences);
}

static void mend(struct world *world)
{
	uint64_t nonce = random_next(&world->random);
	streams_check(&world->bench.streams, world->bench.now);
	while (streams_changed(&world->bench.streams) != NULL)
		world->wholes++;
	nonce = ask(&world->bench, nonce);
	if (nonce != 0 && (world->is_calm || !chance(world, 200)))
		say_all(world, nonce);
}

static void step(struct world *world)
{
	unsigned what = (unsigned)random_below(&world->random, 1000);
	world->bench.now += (nanos_t)random_below(&world->random, 20) * NANOS_MS;
	if (what < 800) {
		size_t type = random_below(&world->random, VALUE_TYPES),
		       key = random_below(&world->random, KEYS);
		world->said[type][key] = random_next(&world->random);
		say(world, type, key);
	} else if (what < 950) {
		say_heartbeat(world);
	} else if (what < 952) {
		restart(world);
	} else {
		mend(world);
	}
}

static void whenever_whole_the_view_equals_what_was_published_after_quiet(void **state)
{
	const char *given = getenv("SEED");
	uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : 20240808;
	struct world *world = calloc(1, sizeof *world);
	(void)state;
	init(&world->bench);
	random_init(&world->random, seed);
	for (size_t i = 0; i < ECHOES; i++)
		world->echoes[i].envelope.sender = name_from("nobody");
	print_message("SEED=%llu\n", (unsigned long long)seed);
	for (unsigned i = 0; i < STEPS; i++)
		step(world);
	world->is_calm = true;
	for (unsigned i = 0; i < 4; i++) {
		world->bench.now += INTERVAL_MS * NANOS_MS;
		say_heartbeat(world);
		mend(world);
	}
	assert_true(is_whole(&world->bench));
	assert_true(world->compared > 500);
	assert_true(world->wholes > 100);
	free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stream_is_whole_once_the_publisher_said_everything_again),
		cmocka_unit_test(nobody_is_asked_before_its_first_heartbeat_placed_its_sequences),
		cmocka_unit_test(a_repeat_is_dropped),
		cmocka_unit_test(a_stranger_is_dropped),
		cmocka_unit_test(a_gap_is_told_and_heals_only_by_a_resync_after_it),
		cmocka_unit_test(the_first_of_a_type_that_is_lost_shows_too),
		cmocka_unit_test(a_lost_last_message_shows_in_the_next_heartbeat),
		cmocka_unit_test(what_a_publisher_says_that_we_do_not_listen_to_may_be_missing),
		cmocka_unit_test(a_loss_while_everything_is_said_again_voids_that_resync),
		cmocka_unit_test(the_end_of_a_lossy_resync_shows_in_the_heartbeat_behind_it),
		cmocka_unit_test(a_new_epoch_is_not_whole_and_starts_its_own_sequences),
		cmocka_unit_test(silence_is_told_and_a_silent_publisher_is_not_asked),
		cmocka_unit_test(only_the_answer_to_our_own_last_question_counts),
		cmocka_unit_test(a_type_is_wanted_of_the_publisher_that_was_named_only),
		cmocka_unit_test(whenever_whole_the_view_equals_what_was_published_after_quiet),
	};
	return cmocka_run_group_tests_name("streams", tests, NULL, NULL);
}
