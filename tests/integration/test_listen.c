/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/listen.h"

#include "common/io/links.h"
#include "tests/lib/peer.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { CLIENTS = 100, READ_MAX = 1 << 20 };

struct bench {
	struct listener *listener;
	unsigned port;
	struct wire wire; /* the last one; borrowed as listen.h says */
	char *text;       /* what a socket read last */
};

static int open_bench(void **state)
{
	struct bench *bench = calloc(1, sizeof *bench);
	text_t why;

	bench->text = malloc(READ_MAX);
	assert_int_equal(listener_open(&bench->listener, "127.0.0.1", 0, &bench->port, &why), OK);
	*state = bench;
	return 0;
}

static int close_bench(void **state)
{
	struct bench *bench = *state;

	listener_close(&bench->listener);
	free(bench->text);
	free(bench);
	return 0;
}

/* wiring */

static const struct wire *next_wire(struct bench *bench)
{
	int fd = listener_fd(bench->listener);

	while (!listener_next(bench->listener, &bench->wire))
		assert_true(peer_wait(&fd, 1));
	return &bench->wire;
}

static const struct wire *next_of(struct bench *bench, enum wire_kind kind)
{
	const struct wire *wire = next_wire(bench);

	if (wire->kind != kind)
		fail_msg("wire %d came, not %d", wire->kind, kind);
	return wire;
}

static void say(int fd, const char *text)
{
	peer_send(fd, text, strlen(text));
}

static void answer(struct bench *bench, const char *body)
{
	listener_answer(bench->listener, bench->wire.client, 200,
	                "Content-Type: text/plain\nX-MBX-UUID: 1\n", body, strlen(body));
}

static const char *reply(struct bench *bench, int fd, const char *ending)
{
	peer_read_until(fd, ending, bench->text, READ_MAX);
	return bench->text;
}

static void then_refused(struct bench *bench, const char *request, size_t size, const char *status)
{
	int fd = peer_connect(bench->port);

	peer_send(fd, request, size);
	if (strstr(reply(bench, fd, "\r\n\r\n"), status) == NULL)
		fail_msg("the answer is '%.60s', not %s", bench->text, status);
	close(fd);
}

static int upgraded(struct bench *bench)
{
	int fd = peer_connect(bench->port);

	say(fd, "GET /ws?a=%26 HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: "
	        "Upgrade\r\n"
	        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
	assert_non_null(strstr(reply(bench, fd, "\r\n\r\n"), "HTTP/1.1 101"));
	return fd;
}

/* HTTP */

static void hands_over_method_path_raw_query_key_and_body(void **state)
{
	struct bench *bench = *state;
	int fd = peer_connect(bench->port);

	say(fd, "POST /api/v3/order%2F?symbol=A%20B&x=%26%3d+&y=; HTTP/1.1\r\nHost: "
	        "h\r\nx-mbx-apikey: secret\r\n"
	        "Content-Length: 11\r\n\r\nsignature=%2F");
	const struct wire *wire = next_of(bench, WIRE_HTTP);
	assert_string_equal(wire->method, "POST");
	assert_string_equal(wire->path, "/api/v3/order%2F");
	assert_string_equal(wire->query, "symbol=A%20B&x=%26%3d+&y=;");
	assert_string_equal(wire->api_key, "secret");
	assert_int_equal(wire->size, 11);
	assert_string_equal(wire->body, "signature=%");
	answer(bench, "{}");
	const char *text = reply(bench, fd, "{}");
	assert_non_null(strstr(text, "HTTP/1.1 200"));
	assert_non_null(strstr(text, "X-MBX-UUID: 1\r\n"));
	assert_non_null(strstr(text, "Content-Length: 2\r\n"));
	close(fd);
}

static void reads_a_head_that_comes_in_pieces(void **state)
{
	static const char request[] = "GET /slow?q HTTP/1.1\r\nHost: h\r\n\r\n";
	struct bench *bench = *state;
	int yes = 1, fd = peer_connect(bench->port);

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	for (size_t i = 0; i < sizeof request - 1; i++)
		peer_send(fd, request + i, 1);
	assert_string_equal(next_of(bench, WIRE_HTTP)->path, "/slow");
	answer(bench, "done");
	assert_non_null(strstr(reply(bench, fd, "done"), "200"));
	close(fd);
}

static void keeps_the_connection_and_answers_in_order(void **state)
{
	struct bench *bench = *state;
	int fd = peer_connect(bench->port);

	/* Three at once, then one more on the same connection. */
	say(fd, "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nDELETE /2 HTTP/1.1\r\nHost: h\r\n\r\n"
	        "PUT /3 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab");
	for (unsigned i = 1; i <= 4; i++) {
		char path[4] = {'/', (char)('0' + i)};
		assert_string_equal(next_of(bench, WIRE_HTTP)->path, path);
		answer(bench, path);
		if (i == 3)
			say(fd, "GET /4 HTTP/1.1\r\nHost: h\r\n\r\n");
	}
	const char *text = reply(bench, fd, "\r\n\r\n/4");
	const char *one = strstr(text, "\r\n\r\n/1HTTP"), *two = strstr(text, "\r\n\r\n/2HTTP"),
		   *three = strstr(text, "\r\n\r\n/3HTTP");
	assert_true(one != NULL && one < two && two < three);
	close(fd);
}

static void refuses_what_it_cannot_take(void **state)
{
	static const char big_body[] =
		"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5000000\r\n\r\n";
	static const char odd[] = "PATCH /x HTTP/1.1\r\nHost: h\r\n\r\n";
	static const char bad[] = "GET /x HTTP/1.1 and more\r\n Host\r\n\r\n";
	static const char no_host[] = "GET /x HTTP/1.1\r\n\r\n";
	struct bench *bench = *state;
	size_t size = 200000;
	char *long_head = malloc(size + 64), *body = malloc(size);

	memset(long_head, 'a', size);
	memcpy(long_head, "GET /x HTTP/1.1\r\nHost: h\r\nX: ", 30);
	memset(body, 'a', size);
	int head = snprintf(body, size, "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n",
	                    (64 << 10) + 1);
	body[head] = 'a';
	then_refused(bench, big_body, sizeof big_body - 1, " 413 ");
	then_refused(bench, body, (size_t)head + (64 << 10) + 1, " 413 ");
	then_refused(bench, odd, sizeof odd - 1, " 405 ");
	then_refused(bench, bad, sizeof bad - 1, " 400 ");
	then_refused(bench, no_host, sizeof no_host - 1, " 400 ");
	then_refused(bench, long_head, size, " 431 ");
	assert_false(listener_next(bench->listener, &bench->wire));
	free(long_head);
	free(body);
}

static void takes_a_body_of_64_kibibytes(void **state)
{
	enum { SIZE = 64 << 10 };
	struct bench *bench = *state;
	char *request = malloc(SIZE + 200);
	int fd = peer_connect(bench->port);
	int head = snprintf(request, 200,
	                    "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n", SIZE);

	memset(request + head, 'b', SIZE);
	peer_send(fd, request, (size_t)head + SIZE);
	assert_int_equal(next_of(bench, WIRE_HTTP)->size, SIZE);
	assert_memory_equal(bench->wire.body, request + head, SIZE);
	answer(bench, "ok");
	assert_non_null(strstr(reply(bench, fd, "\r\n\r\nok"), "200"));
	close(fd);
	free(request);
}

static void closes_without_an_answer_when_told_to_drop(void **state)
{
	struct bench *bench = *state;
	int fd = peer_connect(bench->port);

	say(fd, "GET /lost HTTP/1.1\r\nHost: h\r\n\r\n");
	next_of(bench, WIRE_HTTP);
	listener_drop(bench->listener, bench->wire.client);
	assert_int_equal(strlen(reply(bench, fd, "HTTP")), 0);
	close(fd);
}

static void answers_to_clients_that_are_gone_go_nowhere(void **state)
{
	struct bench *bench = *state;
	int fd = peer_connect(bench->port);

	say(fd, "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n");
	uint64_t client = next_of(bench, WIRE_HTTP)->client;
	close(fd);
	answer(bench, "late");
	answer(bench, "twice");
	listener_drop(bench->listener, client);
	listener_frame(bench->listener, client, "x", 1);
	listener_frame(bench->listener, 12345 << 13 | 1, "x", 1);
	fd = peer_connect(bench->port);
	say(fd, "GET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
	assert_string_equal(next_of(bench, WIRE_HTTP)->path, "/2");
	answer(bench, "two");
	assert_non_null(strstr(reply(bench, fd, "two"), "two"));
	close(fd);
}

static void sends_what_was_answered_before_it_closes(void **state)
{
	struct bench *bench = *state;
	int https[50], unanswered = peer_connect(bench->port), socket = upgraded(bench);
	uint64_t client = next_of(bench, WIRE_OPEN)->client;

	say(unanswered, "GET /never HTTP/1.1\r\nHost: h\r\n\r\n");
	next_of(bench, WIRE_HTTP);
	for (unsigned i = 0; i < 50; i++) {
		https[i] = peer_connect(bench->port);
		say(https[i], "GET /last HTTP/1.1\r\nHost: h\r\n\r\n");
	}
	uint64_t clients[50];
	for (unsigned i = 0; i < 50; i++)
		clients[i] = next_of(bench, WIRE_HTTP)->client;
	for (unsigned i = 0; i < 50; i++)
		listener_answer(bench->listener, clients[i], 200, NULL, "farewell", 8);
	listener_frame(bench->listener, client, "goodbye", 7);
	listener_close(&bench->listener);
	for (unsigned i = 0; i < 50; i++) {
		assert_non_null(strstr(reply(bench, https[i], "farewell"), "farewell"));
		close(https[i]);
	}
	assert_non_null(strstr(reply(bench, socket, "goodbye"), "goodbye"));
	assert_true(peer_is_closed(unanswered));
	assert_true(peer_is_closed(socket));
	close(unanswered);
	close(socket);
}

/* WebSocket */

static void tells_of_a_socket_from_open_to_closed(void **state)
{
	static const char frame[] = "\x81\x85\x00\x00\x00\x00"
				    "hello"; /* masked with zeros */
	struct bench *bench = *state;
	int fd = upgraded(bench);

	const struct wire *wire = next_of(bench, WIRE_OPEN);
	uint64_t client = wire->client;
	assert_string_equal(wire->path, "/ws");
	assert_string_equal(wire->query, "a=%26");
	peer_send(fd, frame, sizeof frame - 1);
	wire = next_of(bench, WIRE_FRAME);
	assert_int_equal(wire->client, client);
	assert_string_equal(wire->body, "hello");
	close(fd);
	assert_int_equal(next_of(bench, WIRE_CLOSED)->client, client);
}

static void serves_both_kinds_to_a_hundred_clients(void **state)
{
	struct bench *bench = *state;
	struct links *links;
	uint64_t clients[CLIENTS];
	struct link_event event;
	unsigned got = 0;
	char url[64];
	text_t why;

	snprintf(url, sizeof url, "ws://127.0.0.1:%u/ws", bench->port);
	assert_int_equal(links_open(&links, &why), OK);
	for (unsigned i = 0; i < CLIENTS; i++) {
		name_t name = name_from(text_format("link.%u", i).text);
		assert_int_equal(links_connect(links, &name, url), OK);
	}
	for (unsigned i = 0; i < CLIENTS; i++)
		clients[i] = next_of(bench, WIRE_OPEN)->client;
	for (unsigned i = 0; i < CLIENTS; i++)
		listener_frame(bench->listener, clients[i], "tick", 4);
	int fd = links_fd(links);
	while (got < CLIENTS) {
		assert_true(peer_wait(&fd, 1));
		while (links_next(links, &event))
			got += event.kind == LINK_EVENT_FRAME && strcmp(event.text, "tick") == 0;
	}
	fd = peer_connect(bench->port);
	say(fd, "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n");
	next_of(bench, WIRE_HTTP);
	answer(bench, "yes");
	assert_non_null(strstr(reply(bench, fd, "yes"), "yes"));
	close(fd);
	links_close(&links);
	for (unsigned i = 0; i < CLIENTS; i++)
		next_of(bench, WIRE_CLOSED);
}

static void cuts_a_client_that_does_not_read(void **state)
{
	enum { SIZE = 256 << 10 };
	struct bench *bench = *state;
	int slow = upgraded(bench);
	uint64_t slow_client = next_of(bench, WIRE_OPEN)->client;
	int quick = upgraded(bench);
	uint64_t quick_client = next_of(bench, WIRE_OPEN)->client;
	char *text = calloc(1, SIZE);

	/* More than its queue and the socket buffers of the system together. */
	memset(text, 'x', SIZE);
	for (unsigned i = 0; i < 200; i++)
		listener_frame(bench->listener, slow_client, text, SIZE);
	assert_int_equal(next_of(bench, WIRE_CLOSED)->client, slow_client);
	listener_frame(bench->listener, quick_client, "still here", 10);
	assert_non_null(strstr(reply(bench, quick, "still here"), "still here"));
	free(text);
	close(slow);
	close(quick);
}

static void refuses_an_upgrade_that_makes_no_sense(void **state)
{
	struct bench *bench = *state;
	int fd = peer_connect(bench->port);

	say(fd, "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
	assert_true(peer_is_closed(fd));
	close(fd);
	assert_false(listener_next(bench->listener, &bench->wire));
}

/* the port */

static void takes_its_old_port_at_once(void **state)
{
	struct bench *bench = *state;
	struct listener *second;
	unsigned port = bench->port, bound;
	int http = peer_connect(port), socket = upgraded(bench);
	text_t why;

	next_of(bench, WIRE_OPEN);
	assert_int_equal(listener_open(&second, "127.0.0.1", port, &bound, &why), ERR_EXISTS);
	assert_non_null(strstr(why.text, "taken"));
	listener_close(&bench->listener); /* our side closes first: its connections linger */
	assert_int_equal(listener_open(&bench->listener, "127.0.0.1", port, &bound, &why), OK);
	assert_int_equal(bound, port);
	close(http);
	close(socket);
}

static void listens_on_this_machine_only(void **state)
{
	struct bench *bench = *state;
	struct listener *second;
	unsigned bound;
	text_t why;

	(void)bench;
	assert_int_equal(listener_open(&second, "0.0.0.0", 0, &bound, &why), ERR_INVALID);
	assert_int_equal(listener_open(&second, "192.0.2.1", 0, &bound, &why), ERR_INVALID);
	assert_int_equal(listener_open(&second, "127.0.0.1", 65536, &bound, &why), ERR_INVALID);
	assert_non_null(strstr(why.text, "127.0.0.1"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)
	const struct CMUnitTest tests[] = {
		TEST(hands_over_method_path_raw_query_key_and_body),
		TEST(reads_a_head_that_comes_in_pieces),
		TEST(keeps_the_connection_and_answers_in_order),
		TEST(refuses_what_it_cannot_take),
		TEST(takes_a_body_of_64_kibibytes),
		TEST(closes_without_an_answer_when_told_to_drop),
		TEST(answers_to_clients_that_are_gone_go_nowhere),
		TEST(sends_what_was_answered_before_it_closes),
		TEST(tells_of_a_socket_from_open_to_closed),
		TEST(serves_both_kinds_to_a_hundred_clients),
		TEST(cuts_a_client_that_does_not_read),
		TEST(refuses_an_upgrade_that_makes_no_sense),
		TEST(takes_its_old_port_at_once),
		TEST(listens_on_this_machine_only),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("listen", tests, NULL, NULL);
}
