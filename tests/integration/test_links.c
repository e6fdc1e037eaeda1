/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/links.h"

#include "common/io/listen.h"
#include "tests/lib/peer.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MESSAGE_MAX = 1 << 20 };

struct bench {
	struct links *links;
	struct listener *listener;
	unsigned port;
	uint64_t client; /* the connection that is open at the server, 0 = none */
	unsigned opened, closed, frames;
	char path[128]; /* of the last opened one: "path?query" */
	char *frame;    /* the last that the server got */
	size_t size;
	name_t link;
};

static void open_server(struct bench *bench)
{
	text_t why;

	assert_int_equal(
		listener_open(&bench->listener, "127.0.0.1", bench->port, &bench->port, &why), OK);
}

static int open_bench(void **state)
{
	struct bench *bench = calloc(1, sizeof *bench);
	text_t why;

	assert_int_equal(links_open(&bench->links, &why), OK);
	bench->link = name_from("market");
	open_server(bench);
	*state = bench;
	return 0;
}

static int close_bench(void **state)
{
	struct bench *bench = *state;

	links_close(&bench->links);
	listener_close(&bench->listener);
	free(bench->frame);
	free(bench);
	return 0;
}

/* wiring */

static void serve(struct bench *bench)
{
	struct wire wire;

	while (bench->listener != NULL && listener_next(bench->listener, &wire)) {
		switch (wire.kind) {
		case WIRE_OPEN:
			bench->client = wire.client;
			bench->opened++;
			snprintf(bench->path, sizeof bench->path, "%s?%s", wire.path, wire.query);
			break;
		case WIRE_FRAME:
			free(bench->frame);
			bench->frame = malloc(wire.size + 1);
			memcpy(bench->frame, wire.body, wire.size + 1);
			bench->size = wire.size;
			bench->frames++;
			break;
		case WIRE_CLOSED:
			bench->closed++;
			bench->client = wire.client == bench->client ? 0 : bench->client;
			break;
		case WIRE_HTTP: fail_msg("no request was made");
		}
	}
}

static void wait_for_either(struct bench *bench)
{
	int fds[] = {links_fd(bench->links),
	             bench->listener != NULL ? listener_fd(bench->listener) : -1};

	assert_true(peer_wait(fds, bench->listener != NULL ? 2 : 1));
	serve(bench);
}

static struct link_event next_event(struct bench *bench)
{
	struct link_event event;

	while (!links_next(bench->links, &event))
		wait_for_either(bench);
	assert_true(name_equals(&event.link, &bench->link));
	return event;
}

static void then(struct bench *bench, enum link_event_kind kind)
{
	struct link_event event = next_event(bench);

	if (event.kind != kind)
		fail_msg("event %d came, not %d: %s", event.kind, kind, event.text);
}

static void then_down_because(struct bench *bench, const char *words)
{
	struct link_event event = next_event(bench);

	assert_int_equal(event.kind, LINK_EVENT_DOWN);
	if (strstr(event.text, words) == NULL)
		fail_msg("the reason is '%s', without '%s'", event.text, words);
}

static void wait_until(struct bench *bench, const unsigned *count, unsigned value)
{
	int fd = listener_fd(bench->listener);

	while (serve(bench), *count < value)
		assert_true(peer_wait(&fd, 1));
}

static const char *url_of(const struct bench *bench, const char *path)
{
	static char url[128];

	snprintf(url, sizeof url, "ws://127.0.0.1:%u%s", bench->port, path);
	return url;
}

static void given_up(struct bench *bench)
{
	assert_int_equal(links_connect(bench->links, &bench->link, url_of(bench, "/ws")), OK);
	then(bench, LINK_EVENT_UP);
	wait_until(bench, &bench->opened, 1);
}

static char *text_of_size(size_t size)
{
	char *text = malloc(size + 1);

	for (size_t i = 0; i < size; i++)
		text[i] = (char)('a' + i % 23);
	text[size] = '\0';
	return text;
}

/* tests */

static void connects_with_the_path_and_query_as_they_are(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(links_connect(bench->links, &bench->link,
	                               url_of(bench, "/stream?streams=a@trade/b%2Fc")),
	                 OK);
	then(bench, LINK_EVENT_UP);
	wait_until(bench, &bench->opened, 1);
	assert_string_equal(bench->path, "/stream?streams=a@trade/b%2Fc");
}

static void carries_frames_of_every_size_both_ways(void **state)
{
	static const size_t sizes[] = {0, 1, 125, 126, 65535, 65536, 300000, MESSAGE_MAX};
	struct bench *bench = *state;

	given_up(bench);
	for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		char *text = text_of_size(sizes[i]);
		assert_int_equal(links_send(bench->links, &bench->link, text, sizes[i]), OK);
		wait_until(bench, &bench->frames, i + 1);
		assert_int_equal(bench->size, sizes[i]);
		assert_memory_equal(bench->frame, text, sizes[i] + 1);
		listener_frame(bench->listener, bench->client, text, sizes[i]);
		struct link_event event = next_event(bench);
		assert_int_equal(event.kind, LINK_EVENT_FRAME);
		assert_int_equal(event.size, sizes[i]);
		assert_memory_equal(event.text, text, sizes[i] + 1);
		assert_true(event.stamp > 0);
		free(text);
	}
}

static void keeps_frames_in_order(void **state)
{
	struct bench *bench = *state;
	char text[16];

	given_up(bench);
	for (unsigned i = 0; i < 2000; i++) {
		snprintf(text, sizeof text, "%u", i);
		listener_frame(bench->listener, bench->client, text, strlen(text));
	}
	for (unsigned i = 0; i < 2000; i++) {
		struct link_event event = next_event(bench);
		assert_int_equal(event.kind, LINK_EVENT_FRAME);
		assert_int_equal(strtoul(event.text, NULL, 10), i);
	}
}

static void goes_down_on_a_message_over_one_mebibyte_and_comes_back(void **state)
{
	struct bench *bench = *state;
	char *text = text_of_size(MESSAGE_MAX + 1);

	given_up(bench);
	listener_frame(bench->listener, bench->client, text, MESSAGE_MAX + 1);
	free(text);
	then_down_because(bench, "over 1 MiB");
	then(bench, LINK_EVENT_UP);
}

static void says_once_that_the_server_is_gone_and_comes_back_with_it(void **state)
{
	struct bench *bench = *state;

	given_up(bench);
	listener_close(&bench->listener);
	then_down_because(bench, "the peer closed: 1001");
	assert_int_equal(links_send(bench->links, &bench->link, "x", 1), ERR_UNAVAILABLE);
	open_server(bench);
	then(bench, LINK_EVENT_UP);
	assert_int_equal(links_send(bench->links, &bench->link, "x", 1), OK);
	wait_until(bench, &bench->frames, 1);
}

static void says_why_it_cannot_connect(void **state)
{
	struct bench *bench = *state;

	listener_close(&bench->listener);
	bench->port = peer_dead_port();
	assert_int_equal(links_connect(bench->links, &bench->link, url_of(bench, "/ws")), OK);
	then_down_because(bench, "can't connect to 127.0.0.1");
	open_server(bench);
	then(bench, LINK_EVENT_UP);
}

static void makes_a_dropped_connection_again(void **state)
{
	struct bench *bench = *state;

	given_up(bench);
	links_drop(bench->links, &bench->link);
	then_down_because(bench, "dropped on request");
	then(bench, LINK_EVENT_UP);
	wait_until(bench, &bench->opened, 2);
	wait_until(bench, &bench->closed, 1);
}

static void follows_the_server_that_drops_it(void **state)
{
	struct bench *bench = *state;

	given_up(bench);
	listener_drop(bench->listener, bench->client);
	then_down_because(bench, "the peer closed: 1000");
	then(bench, LINK_EVENT_UP);
}

static void moves_to_another_address(void **state)
{
	struct bench *bench = *state;

	given_up(bench);
	assert_int_equal(links_connect(bench->links, &bench->link, url_of(bench, "/other")), OK);
	then_down_because(bench, "moved");
	then(bench, LINK_EVENT_UP);
	wait_until(bench, &bench->opened, 2);
	assert_string_equal(bench->path, "/other?");
	/* The same address again is no move. */
	assert_int_equal(links_connect(bench->links, &bench->link, url_of(bench, "/other")), OK);
	assert_int_equal(links_send(bench->links, &bench->link, "x", 1), OK);
	wait_until(bench, &bench->frames, 1);
	assert_int_equal(bench->opened, 2);
}

/* What the client's thread had to do before is done when two frames of another link have come
 * through. */
static void let_the_client_catch_up(struct bench *bench, const name_t *other)
{
	for (unsigned i = 0; i < 2; i++) {
		unsigned frames = bench->frames;
		assert_int_equal(links_send(bench->links, other, "x", 1), OK);
		wait_until(bench, &bench->frames, frames + 1);
	}
}

static void never_sends_a_frame_on_a_later_connection(void **state)
{
	struct bench *bench = *state;
	struct link_event event;
	name_t other = name_from("other");

	assert_int_equal(links_connect(bench->links, &other, url_of(bench, "/other")), OK);
	while (!links_next(bench->links, &event))
		wait_for_either(bench);
	wait_until(bench, &bench->opened, 1);
	assert_int_equal(links_connect(bench->links, &bench->link, url_of(bench, "/ws")), OK);
	then(bench, LINK_EVENT_UP);
	wait_until(bench, &bench->opened, 2);
	listener_drop(bench->listener, bench->client);
	wait_until(bench, &bench->opened, 3);
	let_the_client_catch_up(bench, &other);
	/* It is up again, but we haven't been told of the break yet. */
	assert_int_equal(links_send(bench->links, &bench->link, "stale", 5), OK);
	then(bench, LINK_EVENT_DOWN);
	then(bench, LINK_EVENT_UP);
	assert_int_equal(links_send(bench->links, &bench->link, "fresh", 5), OK);
	wait_until(bench, &bench->frames, 3);
	assert_string_equal(bench->frame, "fresh");
}

static void refuses_to_leave_this_machine_in_the_open(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(links_connect(bench->links, &bench->link, "ws://example.org/ws"),
	                 ERR_INVALID);
	assert_int_equal(links_connect(bench->links, &bench->link, "https://example.org/ws"),
	                 ERR_INVALID);
	assert_int_equal(links_send(bench->links, &bench->link, "x", 1), ERR_UNAVAILABLE);
}

static void trusts_no_certificate_that_nobody_signed(void **state)
{
	struct bench *bench = *state;
	struct rogue *rogue = rogue_open(ROGUE_TLS, 0);
	char url[64];

	snprintf(url, sizeof url, "wss://127.0.0.1:%u/ws", rogue_port(rogue));
	assert_int_equal(links_connect(bench->links, &bench->link, url), OK);
	then_down_because(bench, "certificate that isn't trusted");
	assert_int_equal(rogue_requests(rogue), 0);
	links_close(&bench->links); /* it keeps trying: first it must stop */
	rogue_close(&rogue);
}

static void says_once_that_a_server_redirects(void **state)
{
	struct bench *bench = *state;
	struct rogue *rogue = rogue_open(ROGUE_REDIRECT, 0);

	bench->port = rogue_port(rogue);
	assert_int_equal(links_connect(bench->links, &bench->link, url_of(bench, "/ws")), OK);
	struct link_event event;
	then_down_because(bench, "redirect");
	assert_true(
		rogue_wait(rogue, 3)); /* by the third attempt the second one's failure is known */
	assert_false(links_next(bench->links, &event));
	links_close(&bench->links);
	rogue_close(&rogue);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)
	const struct CMUnitTest tests[] = {
		TEST(connects_with_the_path_and_query_as_they_are),
		TEST(carries_frames_of_every_size_both_ways),
		TEST(keeps_frames_in_order),
		TEST(goes_down_on_a_message_over_one_mebibyte_and_comes_back),
		TEST(says_once_that_the_server_is_gone_and_comes_back_with_it),
		TEST(says_why_it_cannot_connect),
		TEST(makes_a_dropped_connection_again),
		TEST(follows_the_server_that_drops_it),
		TEST(moves_to_another_address),
		TEST(never_sends_a_frame_on_a_later_connection),
		TEST(refuses_to_leave_this_machine_in_the_open),
		TEST(trusts_no_certificate_that_nobody_signed),
		TEST(says_once_that_a_server_redirects),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("links", tests, NULL, NULL);
}
