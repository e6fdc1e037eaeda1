/* SPDX-License-Identifier: Apache-2.0 */
/* What a service makes of frames that are wrong, and of streams that have holes. */
#include "tests/lib/host_rig.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zmq.h>

#include "tests/lib/toy.h"

static struct host_rig rig;
static struct bus_peer executor;

static int set_up(void **state)
{
	(void)state;
	host_rig_open(&rig, "risk");
	host_rig_start(&rig);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	bus_peer_close(&executor);
	host_rig_close(&rig);
	return 0;
}

/* frames that are refused */

/* Until the heartbeat has counted them: the frame and the question go by one socket, in order. */
static void then_refused(uint64_t count)
{
	assert_int_equal(host_rig_beat(&rig).refused, count);
}

static size_t pack_answering(uint8_t frame[2048], nanos_t expires)
{
	struct command command = {.kind = COMMAND_KIND_HALT,
	                          .actor = name_from("x"),
	                          .reason = text_from("save answer")};
	return bus_peer_pack(&rig.bw, MESSAGE_COMMAND, &command, 5, expires, frame);
}

static void then_no_effect(void)
{
	assert_non_null(strstr(host_rig_ask(&rig, "answer"), " 0"));
}

static void bytes_that_are_no_frame_are_refused_and_counted(void **state)
{
	static const uint8_t junk[] = {0xff, 0x00, 0x13, 0x37};
	uint8_t frame[2048];
	(void)state;
	bus_peer_ask(&rig.bw, junk, sizeof junk);
	size_t size = pack_answering(frame, 0);
	bus_peer_ask(&rig.bw, frame, size - 1);
	frame[size] = 0;
	bus_peer_ask(&rig.bw, frame, size + 1);
	bus_peer_ask(&rig.bw, frame, 0);
	then_refused(4);
	then_no_effect();
}

static void an_unknown_type_or_version_is_refused_and_counted(void **state)
{
	uint8_t frame[2048];
	(void)state;
	size_t size = pack_answering(frame, 0);
	frame[1]++; /* version */
	bus_peer_ask(&rig.bw, frame, size);
	frame[1]--;
	frame[2] = 127; /* type */
	bus_peer_ask(&rig.bw, frame, size);
	then_refused(2);
	then_no_effect();
}

static void a_frame_in_too_many_parts_is_refused_and_counted(void **state)
{
	uint8_t frame[2048];
	(void)state;
	size_t size = pack_answering(frame, 0);
	zmq_send(rig.bw.sockets[PEER_ANSWERED], frame, size, ZMQ_SNDMORE);
	bus_peer_ask(&rig.bw, frame, size);
	then_refused(1);
	then_no_effect();
}

static void a_frame_whose_time_is_over_is_refused_and_counted(void **state)
{
	uint8_t frame[2048];
	(void)state;
	size_t size = pack_answering(frame, 1000 * NANOS_S);
	bus_peer_ask(&rig.bw, frame, size);
	then_refused(1);
	then_no_effect();
}

static void a_frame_larger_than_any_costs_its_sender_the_connection_and_nobody_else(void **state)
{
	struct bus_peer loud;
	(void)state;
	bus_peer_open(&loud, rig.run, "loud", 41, false);
	bus_peer_connect(&loud, "risk");
	uint8_t *frame = calloc(1, FRAME_MAX + 1);
	bus_peer_ask(&loud, frame, FRAME_MAX + 1);
	free(frame);
	struct heartbeat before = host_rig_beat(&rig);
	then_no_effect();
	assert_int_equal(host_rig_beat(&rig).refused, before.refused);
	bus_peer_close(&loud);
}

/* sealed messages */

static void given_seal(void)
{
	char path[200];
	text_t why;
	snprintf(path, sizeof path, "%s/keys/seal.key", rig.state);
	assert_int_equal(seal_open(&rig.bw.seal, path, &why), OK);
}

static size_t pack_approval(uint8_t frame[2048])
{
	struct approval approval = {
		.purpose = PURPOSE_ENTRY,
		.side = SIDE_BUY,
		.type = ORDER_TYPE_LIMIT,
		.time_in_force = TIME_IN_FORCE_GTC,
		.stop_place = STOP_PLACE_EXCHANGE,
		.qty = decimal_of("1.5"),
		.price = decimal_of("100.25"),
		.nonce = {3, 4},
		.bot = name_from("bot"),
	};
	return bus_peer_pack(&rig.bw, MESSAGE_APPROVAL, &approval, 6, 0, frame);
}

static bool is_accepted(const uint8_t *frame, size_t size)
{
	struct bus_message message;
	bus_peer_ask(&rig.bw, frame, size);
	host_rig_do(&rig, "answer");
	for (;;) {
		assert_true(bus_peer_next(&rig.bw, PEER_ANSWERED, &message, PATIENCE_MS));
		if (message.envelope.type == MESSAGE_RECEIPT)
			return true;
		if (message.envelope.correlation == rig.bw.sequences[MESSAGE_COMMAND])
			return false;
	}
}

static void a_sealed_message_with_its_seal_is_taken(void **state)
{
	uint8_t frame[2048];
	(void)state;
	given_seal();
	size_t size = pack_approval(frame);
	assert_true(is_accepted(frame, size));
	then_refused(0);
}

static void a_message_that_should_be_sealed_and_is_not_is_refused_and_counted(void **state)
{
	uint8_t frame[2048];
	(void)state;
	size_t size = pack_approval(frame);
	assert_false(is_accepted(frame, size));
	then_refused(1);
}

/* Any bit of the sealed part: also those that still decode. */
static void one_flipped_bit_of_a_sealed_message_refuses_it(void **state)
{
	uint8_t frame[2048];
	struct sealing sealing;
	struct envelope envelope;
	struct approval approval;
	uint64_t flips = 0;
	(void)state;
	given_seal();
	size_t size = pack_approval(frame);
	assert_int_equal(codec_unpack(frame, size, &envelope, &approval, sizeof approval, &sealing),
	                 OK);
	size_t first = (size_t)(sealing.body - frame);
	for (size_t at = first; at < size; at++) {
		frame[at] ^= (uint8_t)(1 << at % 8);
		assert_false(is_accepted(frame, size));
		frame[at] ^= (uint8_t)(1 << at % 8);
		flips++;
	}
	then_refused(flips);
	assert_true(flips > 20);
	assert_true(is_accepted(frame, size));
}

/* streams */

static void given_peer(struct bus_peer *peer, const char *name, uint64_t epoch)
{
	bus_peer_open(peer, rig.run, name, epoch, true);
	bus_peer_connect(peer, rig.toy);
}

static struct order order_number(uint64_t number)
{
	return (struct order){
		.venue_id = number,
		.purpose = PURPOSE_ENTRY,
		.side = SIDE_BUY,
		.type = ORDER_TYPE_LIMIT,
		.time_in_force = TIME_IN_FORCE_GTC,
		.status = ORDER_STATUS_LIVE,
		.cancel = CANCEL_STATUS_NONE,
		.replace = REPLACE_STATUS_NONE,
		.stop = STOP_STATUS_NONE,
	};
}

static void publish_order(uint64_t number)
{
	struct order order = order_number(number);
	bus_peer_publish(&executor, MESSAGE_ORDER, &order);
}

/* Beats until it is asked to say everything again. */
static struct bus_message resync_request(struct bus_peer *peer)
{
	struct bus_message message;
	for (unsigned i = 0; i < 2000; i++) {
		bus_peer_beat(peer);
		if (bus_peer_next(peer, PEER_ASKED, &message, 20) &&
		    message.envelope.type == MESSAGE_RESYNC_REQUEST)
			return message;
	}
	fail_msg("nobody asks %s for its state", peer->name.text);
	return message;
}

static void say_done(struct bus_peer *peer, const struct bus_message *request)
{
	struct resync_receipt receipt = {.nonce = request->body.resync_request.nonce};
	struct resync_done done = {.requester = request->envelope.sender,
	                           .nonce = request->body.resync_request.nonce};
	bus_peer_answer(peer, request, MESSAGE_RESYNC_RECEIPT, &receipt);
	bus_peer_publish(peer, MESSAGE_RESYNC_DONE, &done);
}

static void make_whole(struct bus_peer *peer)
{
	char expected[50];
	struct bus_message request = resync_request(peer);
	say_done(peer, &request);
	snprintf(expected, sizeof expected, "%s whole", peer->name.text);
	host_rig_expect(&rig, expected);
}

static void a_stream_is_told_whole_when_its_publisher_said_everything_again(void **state)
{
	(void)state;
	given_peer(&executor, "executor", 51);
	struct bus_message request = resync_request(&executor);
	publish_order(1);
	say_done(&executor, &request);
	host_rig_expect(&rig, "order 1");
	host_rig_expect(&rig, "executor whole");
}

static void a_hole_is_told_before_what_came_behind_it_and_mended(void **state)
{
	(void)state;
	given_peer(&executor, "executor", 51);
	make_whole(&executor);
	publish_order(1);
	host_rig_expect(&rig, "order 1");
	executor.sequences[MESSAGE_ORDER]++; /* lost */
	publish_order(3);
	assert_string_equal(host_rig_expect(&rig, ""), "executor broken");
	assert_string_equal(host_rig_expect(&rig, ""), "order 3");
	make_whole(&executor);
}

static void a_lost_last_message_is_told_by_the_heartbeat(void **state)
{
	(void)state;
	given_peer(&executor, "executor", 51);
	make_whole(&executor);
	executor.sequences[MESSAGE_POSITION]++;
	bus_peer_beat(&executor);
	host_rig_expect(&rig, "executor broken");
}

static void a_silent_publisher_is_told(void **state)
{
	(void)state;
	given_peer(&executor, "executor", 51);
	make_whole(&executor);
	host_rig_expect(&rig, "executor broken");
}

static void a_publisher_that_was_started_again_is_asked_again(void **state)
{
	(void)state;
	given_peer(&executor, "executor", 51);
	make_whole(&executor);
	bus_peer_close(&executor);
	given_peer(&executor, "executor", 52);
	struct bus_message request = resync_request(&executor);
	host_rig_expect(&rig, "executor broken");
	say_done(&executor, &request);
	host_rig_expect(&rig, "executor whole");
}

static void a_subscriber_that_was_started_again_asks_again(void **state)
{
	(void)state;
	given_peer(&executor, "executor", 51);
	make_whole(&executor);
	child_kill(rig.pid);
	host_rig_start(&rig);
	make_whole(&executor);
}

static void a_message_that_comes_twice_is_delivered_once(void **state)
{
	(void)state;
	given_peer(&executor, "executor", 51);
	make_whole(&executor);
	publish_order(1);
	executor.sequences[MESSAGE_ORDER]--;
	publish_order(1);
	publish_order(2);
	assert_string_equal(host_rig_expect(&rig, "order"), "order 1");
	assert_string_equal(host_rig_expect(&rig, "order"), "order 2");
}

/* Every publisher's heartbeat is heard; flows.def gives it to the logic of recovery and supervisor
 * only. */
static void what_the_host_hears_for_itself_is_not_given_to_the_logic(void **state)
{
	(void)state;
	given_peer(&executor, "executor", 51);
	struct bus_message request = resync_request(&executor);
	bus_peer_beat(&executor);
	say_done(&executor, &request);
	assert_int_equal(host_rig_count(&rig, "heartbeat"), 0);
}

/* it as a publisher */

static void asked_to_it_says_its_whole_state_and_then_that_this_was_all(void **state)
{
	uint8_t frame[2048];
	struct resync_request request = {.nonce = 4711};
	struct bus_message message;
	(void)state;
	host_rig_ask(&rig, "save save answer");
	size_t size = bus_peer_pack(&rig.bw, MESSAGE_RESYNC_REQUEST, &request, 8, 0, frame);
	bus_peer_ask(&rig.bw, frame, size);
	bus_peer_await(&rig.bw, PEER_ANSWERED, MESSAGE_RESYNC_RECEIPT, &message);
	assert_string_equal(host_rig_expect(&rig, "again"), "again 2");
	bus_peer_await(&rig.bw, PEER_HEARD, MESSAGE_RESYNC_DONE, &message);
	assert_int_equal(message.body.resync_done.nonce, 4711);
	assert_string_equal(message.body.resync_done.requester.text, "bw");
}

static void its_messages_are_numbered_without_a_hole_and_its_heartbeat_knows_the_last(void **state)
{
	uint64_t last = 0;
	struct bus_message message;
	(void)state;
	host_rig_do(&rig, "publish publish save publish publish");
	while (last < 5 || message.envelope.type != MESSAGE_HEARTBEAT) {
		assert_true(bus_peer_next(&rig.bw, PEER_HEARD, &message, PATIENCE_MS));
		if (message.envelope.type != MESSAGE_TRADING_STATE)
			continue;
		if (last != 0)
			assert_int_equal(message.envelope.sequence, last + 1);
		last = message.envelope.sequence;
	}
	assert_int_equal(message.body.heartbeat.sequences.items[0],
	                 last); /* the first that flows.def names of risk */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--toy") == 0)
		return toy_main(argc - 1, argv + 1);
	const struct CMUnitTest tests[] = {
		TEST(bytes_that_are_no_frame_are_refused_and_counted),
		TEST(an_unknown_type_or_version_is_refused_and_counted),
		TEST(a_frame_in_too_many_parts_is_refused_and_counted),
		TEST(a_frame_whose_time_is_over_is_refused_and_counted),
		TEST(a_frame_larger_than_any_costs_its_sender_the_connection_and_nobody_else),
		TEST(a_sealed_message_with_its_seal_is_taken),
		TEST(a_message_that_should_be_sealed_and_is_not_is_refused_and_counted),
		TEST(one_flipped_bit_of_a_sealed_message_refuses_it),
		TEST(a_stream_is_told_whole_when_its_publisher_said_everything_again),
		TEST(a_hole_is_told_before_what_came_behind_it_and_mended),
		TEST(a_lost_last_message_is_told_by_the_heartbeat),
		TEST(a_silent_publisher_is_told),
		TEST(a_publisher_that_was_started_again_is_asked_again),
		TEST(a_subscriber_that_was_started_again_asks_again),
		TEST(a_message_that_comes_twice_is_delivered_once),
		TEST(what_the_host_hears_for_itself_is_not_given_to_the_logic),
		TEST(asked_to_it_says_its_whole_state_and_then_that_this_was_all),
		TEST(its_messages_are_numbered_without_a_hole_and_its_heartbeat_knows_the_last),
	};
	return cmocka_run_group_tests_name("host_bus", tests, NULL, NULL);
}
