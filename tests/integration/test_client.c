/* SPDX-License-Identifier: Apache-2.0 */
/* The client against a real peer: a bus that binds, driven by hand in the same thread, so that
   every loss and every restart happens at a known moment. */
#include "common/io/client.h"

#include "common/io/bus.h"
#include "tests/lib/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define PATIENCE (20 * NANOS_S)

struct peer {
	struct bus *bus;
	uint64_t epoch;
	uint64_t sequences[MESSAGE_TYPES_MAX];
	unsigned asked, deaf; /* requests seen; how many are not answered */
	unsigned resyncs;
	uint64_t orders_sent; /* its whole state */
};

struct bench {
	struct scratch scratch;
	struct service_paths paths;
	struct stack_config stack;
	struct peer peer;
	struct client *client;
	uint64_t orders_sent; /* what the client heard last */
	unsigned heartbeats, counts_heard;
};

static struct bench bench;

static void take(void *self, const struct envelope *envelope, const void *body)
{
	(void)self;
	bench.heartbeats += envelope->type == MESSAGE_HEARTBEAT;
	if (envelope->type != MESSAGE_ORDER_COUNTS)
		return;
	bench.counts_heard++;
	bench.orders_sent = ((const struct order_counts *)body)->sent;
}

static size_t pack(enum message_type type, const void *body, uint64_t correlation, uint8_t *frame)
{
	size_t size;
	struct envelope envelope = {.type = type,
	                            .sender = name_from("executor"),
	                            .epoch = bench.peer.epoch,
	                            .sequence = ++bench.peer.sequences[type],
	                            .sent = 1,
	                            .correlation = correlation};
	assert_int_equal(codec_pack(&envelope, body, frame, FRAME_MAX, &size, NULL), OK);
	return size;
}

static void publish(enum message_type type, const void *body)
{
	static uint8_t frame[FRAME_MAX];
	size_t size = pack(type, body, 0, frame);
	bus_publish(bench.peer.bus, frame, size);
}

static void publish_state(void)
{
	struct order_counts counts = {.sent = bench.peer.orders_sent};
	publish(MESSAGE_ORDER_COUNTS, &counts);
}

static void beat(void)
{
	struct heartbeat heartbeat = {
		.status = SERVICE_STATUS_HEALTHY, .pid = 1, .host = name_from("here")};
	publish(MESSAGE_HEARTBEAT, &heartbeat);
}

static void answer(const struct bus_frame *to, enum message_type type, const void *body,
                   uint64_t correlation)
{
	static uint8_t frame[FRAME_MAX];
	struct bus_frame copy = *to;
	size_t size = pack(type, body, correlation, frame);
	assert_int_equal(bus_answer(bench.peer.bus, copy.identity, copy.identity_size, frame, size),
	                 OK);
}

static void take_request(const struct bus_frame *frame)
{
	static uint8_t body[4096];
	struct envelope envelope;
	assert_int_equal(codec_unpack(frame->data, frame->size, &envelope, body, sizeof body, NULL),
	                 OK);
	if (envelope.type == MESSAGE_RESYNC_REQUEST) {
		uint64_t nonce = ((struct resync_request *)body)->nonce;
		struct resync_receipt receipt = {.nonce = nonce};
		struct resync_done done = {.requester = envelope.sender, .nonce = nonce};
		bench.peer.resyncs++;
		answer(frame, MESSAGE_RESYNC_RECEIPT, &receipt, envelope.correlation);
		publish_state();
		publish(MESSAGE_RESYNC_DONE, &done);
		return;
	}
	struct command_result result = {.done = true, .text = text_from("heard")};
	if (bench.peer.asked++ >= bench.peer.deaf)
		answer(frame, MESSAGE_COMMAND_RESULT, &result, envelope.correlation);
}

/* One turn of both sides. */
static void turn(void)
{
	struct bus_frame frame;
	for (size_t i = 0; i < bus_fd_count(bench.peer.bus); i++)
		bus_signalled(bench.peer.bus, i);
	while (bus_receive(bench.peer.bus, &frame) != BUS_SOURCE_NONE)
		take_request(&frame);
	beat();
	client_run(bench.client, 5 * NANOS_MS);
}

static void turn_until(bool (*is_so)(void))
{
	nanos_t until = client_now(bench.client) + PATIENCE;
	while (!is_so() && client_now(bench.client) < until)
		turn();
	assert_true(is_so());
}

static bool is_whole(void)
{
	return client_is_whole(bench.client, "executor");
}

static bool has_missed(void)
{
	return !is_whole();
}

static void open_peer(uint64_t epoch)
{
	struct addresses addresses = {.stack = &bench.stack};
	text_t why;
	memcpy(addresses.run, bench.paths.run, sizeof addresses.run);
	bench.peer = (struct peer){.epoch = epoch, .orders_sent = 7};
	assert_int_equal(bus_open(&bench.peer.bus, &addresses, "executor", true, &why), OK);
}

static int set_up(void **state)
{
	static const enum message_type types[] = {MESSAGE_ORDER_COUNTS};
	text_t why;
	(void)state;
	memset(&bench, 0, sizeof bench);
	scratch_open(&bench.scratch);
	snprintf(bench.paths.run, sizeof bench.paths.run, "%s", bench.scratch.path);
	config_defaults(&stack_config_type, &bench.stack);
	assert_int_equal(config_set(&stack_config_type, &bench.stack, "services", "executor", &why),
	                 OK);
	assert_int_equal(config_set(&stack_config_type, &bench.stack, "call_repeat", "10ms", &why),
	                 OK);
	assert_int_equal(config_set(&stack_config_type, &bench.stack, "silence_max", "10s", &why),
	                 OK);
	open_peer(11);
	struct client_options options = {.paths = &bench.paths,
	                                 .stack = &bench.stack,
	                                 .types = types,
	                                 .type_count = 1,
	                                 .take = take};
	assert_int_equal(client_open(&bench.client, &options, &why), OK);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	client_close(&bench.client);
	bus_close(&bench.peer.bus);
	scratch_close(&bench.scratch);
	return 0;
}

static void what_was_published_before_is_asked_for(void **state)
{
	(void)state;
	turn_until(is_whole);
	assert_int_equal(bench.orders_sent, 7);
	assert_true(bench.heartbeats > 0);
}

static void a_gap_is_mended_by_itself(void **state)
{
	(void)state;
	turn_until(is_whole);
	publish_state();
	turn();
	bench.peer.sequences[MESSAGE_ORDER_COUNTS] += 3; /* three that never arrived */
	bench.peer.orders_sent = 8;
	unsigned before = bench.peer.resyncs;
	publish_state();
	turn_until(has_missed);
	turn_until(is_whole);
	assert_true(bench.peer.resyncs > before);
	assert_int_equal(bench.orders_sent, 8);
}

static void a_peer_that_was_started_again_is_asked_anew(void **state)
{
	(void)state;
	turn_until(is_whole);
	bus_close(&bench.peer.bus);
	open_peer(12);
	bench.peer.orders_sent = 9;
	turn_until(has_missed);
	turn_until(is_whole);
	assert_int_equal(bench.orders_sent, 9);
}

static void a_refresh_brings_the_state_again(void **state)
{
	(void)state;
	turn_until(is_whole);
	unsigned before = bench.counts_heard;
	bench.peer.orders_sent = 10;
	client_refresh(bench.client, "executor");
	assert_false(is_whole());
	turn_until(is_whole);
	assert_true(bench.counts_heard > before);
	assert_int_equal(bench.orders_sent, 10);
}

static uint64_t call;
static struct command_result result;
static enum client_outcome outcome;

static bool has_ended(void)
{
	outcome = client_outcome(bench.client, call, MESSAGE_COMMAND_RESULT, &result);
	return outcome != CLIENT_PENDING;
}

/* Like turn_until(has_ended), which would ask for an outcome that is no longer there. */
static void ask(nanos_t patience)
{
	struct command command = {
		.kind = COMMAND_KIND_HALT, .actor = name_from("test"), .reason = text_from("why")};
	nanos_t until = client_now(bench.client) + PATIENCE;
	call = client_call(bench.client, "executor", MESSAGE_COMMAND, &command, patience);
	assert_true(call != 0);
	while (!has_ended() && client_now(bench.client) < until)
		turn();
}

static void an_unanswered_call_is_repeated(void **state)
{
	(void)state;
	turn_until(is_whole);
	bench.peer.deaf = 2;
	ask(PATIENCE);
	assert_int_equal(outcome, CLIENT_ANSWERED);
	assert_true(result.done);
	assert_string_equal(result.text.text, "heard");
	assert_true(bench.peer.asked >= 3);
}

static void a_call_without_any_answer_is_lost(void **state)
{
	(void)state;
	turn_until(is_whole);
	bench.peer.deaf = 1000000;
	ask(50 * NANOS_MS);
	assert_int_equal(outcome, CLIENT_LOST);
	assert_int_equal(client_outcome(bench.client, call, MESSAGE_COMMAND_RESULT, &result),
	                 CLIENT_LOST);
}

static void calls_under_way_are_bounded_and_come_free_again(void **state)
{
	struct command command = {.kind = COMMAND_KIND_HALT};
	uint64_t calls[64];
	size_t count = 0;
	(void)state;
	while (count < 64 && (calls[count] = client_call(bench.client, "executor", MESSAGE_COMMAND,
	                                                 &command, NANOS_MS)) != 0)
		count++;
	assert_int_equal(count, 16);
	for (size_t i = 0; i < count; i++)
		for (call = calls[i]; !has_ended();)
			client_run(bench.client, NANOS_MS);
	ask(PATIENCE);
	assert_int_equal(outcome, CLIENT_ANSWERED);
}

static void nobody_there_is_a_time_out_not_a_hang(void **state)
{
	struct command command = {.kind = COMMAND_KIND_HALT};
	(void)state;
	assert_int_equal(client_collect(bench.client, "supervisor", 20 * NANOS_MS), ERR_TIMEOUT);
	assert_int_equal(client_ask(bench.client, "supervisor", MESSAGE_COMMAND, &command,
	                            MESSAGE_COMMAND_RESULT, &result, 20 * NANOS_MS),
	                 ERR_TIMEOUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_published_before_is_asked_for, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(a_gap_is_mended_by_itself, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_peer_that_was_started_again_is_asked_anew, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(a_refresh_brings_the_state_again, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(an_unanswered_call_is_repeated, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_call_without_any_answer_is_lost, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(calls_under_way_are_bounded_and_come_free_again,
	                                        set_up, tear_down),
		cmocka_unit_test_setup_teardown(nobody_there_is_a_time_out_not_a_hang, set_up,
	                                        tear_down),
	};
	setenv("ZSYS_SIGHANDLER", "false", 1);
	return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
