/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/http.h"

#include "common/io/clock.h"
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

struct bench {
	struct http *http;
	struct listener *listener;
	unsigned port;
	char seen[512];  /* the last request that our listener got: "METHOD path query body key" */
	unsigned status; /* what it answers */
	const char *headers;
	char *body;
	size_t size;
};

static int open_bench(void **state)
{
	struct bench *bench = calloc(1, sizeof *bench);
	text_t why;

	assert_int_equal(http_open(&bench->http, &why), OK);
	assert_int_equal(listener_open(&bench->listener, "127.0.0.1", 0, &bench->port, &why), OK);
	bench->status = 200;
	*state = bench;
	return 0;
}

static int close_bench(void **state)
{
	struct bench *bench = *state;

	http_close(&bench->http);
	listener_close(&bench->listener);
	free(bench->body);
	free(bench);
	return 0;
}

/* wiring */

static void answer_requests(struct bench *bench)
{
	struct wire wire;

	while (listener_next(bench->listener, &wire)) {
		snprintf(bench->seen, sizeof bench->seen, "%s %s %s %s %s", wire.method, wire.path,
		         wire.query, wire.body, wire.api_key);
		listener_answer(bench->listener, wire.client, bench->status, bench->headers,
		                bench->body != NULL ? bench->body : "", bench->size);
	}
}

static struct http_result next_result(struct bench *bench)
{
	int fds[] = {http_fd(bench->http), listener_fd(bench->listener)};
	struct http_result result;

	while (!http_next(bench->http, &result)) {
		assert_true(peer_wait(fds, 2));
		answer_requests(bench);
	}
	return result;
}

static const char *url_of(const char *scheme, unsigned port, const char *path)
{
	static char url[128];

	snprintf(url, sizeof url, "%s://127.0.0.1:%u%s", scheme, port, path);
	return url;
}

static struct http_job job_to(const char *url, enum http_method method, bool once)
{
	return (struct http_job){
		.token = 7,
		.method = method,
		.once = once,
		.timeout_ms = 10000,
		.url = url,
		.query = "symbol=BTCUSDT&side=BUY",
		.header = "X-MBX-APIKEY: abc",
	};
}

static struct http_result outcome(struct bench *bench, const struct http_job *job)
{
	assert_int_equal(http_start(bench->http, job), OK);
	struct http_result result = next_result(bench);
	assert_int_equal(result.token, job->token);
	return result;
}

static struct http_result post(struct bench *bench, unsigned port, bool once)
{
	struct http_job job = job_to(url_of("http", port, "/order"), HTTP_POST, once);

	return outcome(bench, &job);
}

/* what is sent and read */

static void sends_an_order_in_the_body_with_its_key_header(void **state)
{
	struct bench *bench = *state;
	struct http_result result = post(bench, bench->port, true);

	assert_int_equal(result.answer.status, 200);
	assert_string_equal(bench->seen, "POST /order  symbol=BTCUSDT&side=BUY abc");
}

static void sends_the_query_of_a_get_and_a_delete_in_the_url(void **state)
{
	struct bench *bench = *state;
	struct http_job job = job_to(url_of("http", bench->port, "/depth"), HTTP_GET, false);

	job.query = "a=%26b&c=%2F";
	outcome(bench, &job);
	assert_string_equal(bench->seen, "GET /depth a=%26b&c=%2F  abc");
	job.method = HTTP_DELETE;
	outcome(bench, &job);
	assert_string_equal(bench->seen, "DELETE /depth a=%26b&c=%2F  abc");
	job.method = HTTP_PUT;
	job.query = "";
	outcome(bench, &job);
	assert_string_equal(bench->seen, "PUT /depth   abc");
}

static void hands_over_the_known_headers_in_lower_case_and_the_body(void **state)
{
	struct bench *bench = *state;

	bench->status = 429;
	bench->headers = "Retry-After: 3\nX-MBX-USED-WEIGHT-1M: 12\nX-Secret: 1\nContent-Type: "
			 "application/json\n";
	bench->body = strdup("{\"code\":-1003}");
	bench->size = strlen(bench->body);
	struct http_result result = post(bench, bench->port, true);
	assert_int_equal(result.answer.status, 429);
	assert_true(result.answer.may_have_arrived);
	assert_string_equal(result.answer.transport, "");
	assert_non_null(strstr(result.answer.headers, "retry-after: 3\n"));
	assert_non_null(strstr(result.answer.headers, "x-mbx-used-weight-1m: 12\n"));
	assert_non_null(strstr(result.answer.headers, "content-type: application/json\n"));
	assert_non_null(strstr(result.answer.headers, "date: "));
	assert_null(strcasestr(result.answer.headers, "secret"));
	assert_int_equal(result.answer.size, bench->size);
	assert_string_equal(result.answer.body, bench->body);
}

static void reads_an_answer_of_four_mebibytes(void **state)
{
	struct bench *bench = *state;

	bench->size = 4 << 20;
	bench->body = calloc(1, bench->size + 1);
	memset(bench->body, 'x', bench->size);
	struct http_result result = post(bench, bench->port, true);
	assert_int_equal(result.answer.size, bench->size);
	assert_memory_equal(result.answer.body, bench->body, bench->size + 1);
}

static void reuses_its_connection(void **state)
{
	struct bench *bench = *state;
	struct rogue *rogue = rogue_open(ROGUE_FIN, 5);

	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(post(bench, rogue_port(rogue), true).answer.status, 200);
	assert_int_equal(rogue_connections(rogue), 1);
	rogue_close(&rogue);
}

static void ends_every_job_once_and_refuses_more_than_256(void **state)
{
	struct bench *bench = *state;
	struct http_job job = job_to(url_of("http", bench->port, "/"), HTTP_POST, true);
	bool is_ended[256] = {false};

	for (job.token = 0; job.token < 256; job.token++)
		assert_int_equal(http_start(bench->http, &job), OK);
	assert_int_equal(http_start(bench->http, &job), ERR_FULL);
	for (unsigned i = 0; i < 256; i++) {
		struct http_result result = next_result(bench);
		assert_int_equal(result.answer.status, 200);
		assert_false(is_ended[result.token]);
		is_ended[result.token] = true;
	}
	assert_int_equal(http_start(bench->http, &job), OK);
	next_result(bench);
}

/* one transmission */

static void then_sent_once_and_unknown(struct bench *bench, enum rogue_mode mode, unsigned good)
{
	struct rogue *rogue = rogue_open(mode, good);

	for (unsigned i = 0; i < good; i++)
		assert_int_equal(post(bench, rogue_port(rogue), true).answer.status, 200);
	struct http_result result = post(bench, rogue_port(rogue), true);
	assert_int_equal(result.answer.status, 0);
	assert_true(result.answer.may_have_arrived);
	assert_string_not_equal(result.answer.transport, "");
	assert_int_equal(rogue_requests(rogue), good + 1);
	assert_int_equal(rogue_connections(rogue), 1);
	rogue_close(&rogue);
}

static void never_repeats_an_order_when_a_fresh_connection_breaks(void **state)
{
	then_sent_once_and_unknown(*state, ROGUE_FIN, 0);
	then_sent_once_and_unknown(*state, ROGUE_RESET, 0);
}

static void never_repeats_an_order_when_a_reused_connection_breaks(void **state)
{
	then_sent_once_and_unknown(*state, ROGUE_FIN, 1);
	then_sent_once_and_unknown(*state, ROGUE_RESET, 1);
	then_sent_once_and_unknown(*state, ROGUE_FIN, 3);
}

/* Shows that the two tests above could fail: curl does resend what it may. */
static void repeats_what_may_be_repeated(void **state)
{
	struct bench *bench = *state;
	struct rogue *rogue = rogue_open(ROGUE_FIN, 1);

	post(bench, rogue_port(rogue), false);
	post(bench, rogue_port(rogue), false);
	assert_int_equal(rogue_requests(rogue), 3);
	rogue_close(&rogue);
}

static void never_follows_a_redirect(void **state)
{
	struct bench *bench = *state;
	struct rogue *rogue = rogue_open(ROGUE_REDIRECT, 0);

	assert_int_equal(post(bench, rogue_port(rogue), true).answer.status, 307);
	assert_int_equal(rogue_requests(rogue), 1);
	rogue_close(&rogue);
}

static void counts_a_half_answer_as_no_answer(void **state)
{
	then_sent_once_and_unknown(*state, ROGUE_HALF, 0);
	then_sent_once_and_unknown(*state, ROGUE_HALF, 1);
}

static void counts_an_answer_over_eight_mebibytes_as_no_answer(void **state)
{
	then_sent_once_and_unknown(*state, ROGUE_HUGE, 0);
}

static void gives_up_after_the_timeout_not_knowing(void **state)
{
	struct bench *bench = *state;
	struct rogue *rogue = rogue_open(ROGUE_SILENT, 0);
	struct http_job job = job_to(url_of("http", rogue_port(rogue), "/order"), HTTP_POST, true);

	job.timeout_ms = 50;
	struct http_result result = outcome(bench, &job);
	assert_int_equal(result.answer.status, 0);
	assert_true(result.answer.may_have_arrived);
	rogue_close(&rogue);
}

/* proven not sent */

static void then_not_sent(const struct http_result *result)
{
	assert_int_equal(result->answer.status, 0);
	assert_false(result->answer.may_have_arrived);
	assert_string_not_equal(result->answer.transport, "");
}

static void knows_that_nothing_left_when_the_connection_is_refused(void **state)
{
	struct bench *bench = *state;
	struct http_result result = post(bench, peer_dead_port(), true);

	then_not_sent(&result);
}

static void knows_that_nothing_left_when_the_name_is_unknown(void **state)
{
	struct bench *bench = *state;
	struct http_job job = job_to("https://nobody.invalid/order", HTTP_POST, true);
	struct http_result result = outcome(bench, &job);

	then_not_sent(&result);
}

static void knows_that_nothing_left_when_the_certificate_is_bad(void **state)
{
	struct bench *bench = *state;
	struct rogue *rogue = rogue_open(ROGUE_TLS, 0);
	struct http_job job = job_to(url_of("https", rogue_port(rogue), "/order"), HTTP_POST, true);
	struct http_result result = outcome(bench, &job);

	then_not_sent(&result);
	rogue_close(&rogue);
	job.url = url_of("https", bench->port, "/order"); /* no TLS there at all */
	result = outcome(bench, &job);
	then_not_sent(&result);
}

static void never_writes_after_its_time(void **state)
{
	struct bench *bench = *state;
	struct http_job job = job_to(url_of("http", bench->port, "/order"), HTTP_POST, true);

	job.write_before = clock_stamp();
	struct http_result result = outcome(bench, &job);
	then_not_sent(&result);
	assert_string_equal(bench->seen, "");
	job.write_before = clock_stamp() + 30 * NANOS_S;
	assert_int_equal(outcome(bench, &job).answer.status, 200);
}

/* addresses */

static void leaves_this_machine_only_encrypted(void **state)
{
	static const char *const good[] = {
		"http://127.0.0.1:1",  "http://127.9.9.9/x",
		"http://[::1]:80/",    "ws://localhost/ws",
		"https://example.org", "wss://example.org:9443/ws?streams=a/b"};
	static const char *const bad[] = {"http://example.org",
	                                  "ws://10.0.0.1/",
	                                  "http://127.0.0.1.example.org/",
	                                  "",
	                                  "http://localhost@example.org/",
	                                  "ftp://127.0.0.1/",
	                                  "http://[::2]/",
	                                  "https://user:pass@example.org/",
	                                  "file:///etc/passwd",
	                                  "http://0.0.0.0/"};
	struct bench *bench = *state;
	struct http_job job = job_to("http://example.org/order", HTTP_POST, true);
	text_t why = {0};

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		if (address_check(good[i], &why) != OK)
			fail_msg("%s is refused: %s", good[i], why.text);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (address_check(bad[i], &why) != ERR_INVALID)
			fail_msg("%s is accepted", bad[i]);
	assert_int_equal(http_start(bench->http, &job), ERR_INVALID);
}

static void closes_while_requests_are_under_way(void **state)
{
	struct bench *bench = *state;
	struct rogue *rogue = rogue_open(ROGUE_SILENT, 0);
	struct http_job job = job_to(url_of("http", rogue_port(rogue), "/order"), HTTP_POST, true);

	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(http_start(bench->http, &job), OK);
	http_close(&bench->http);
	assert_null(bench->http);
	rogue_close(&rogue);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)
	const struct CMUnitTest tests[] = {
		TEST(sends_an_order_in_the_body_with_its_key_header),
		TEST(sends_the_query_of_a_get_and_a_delete_in_the_url),
		TEST(hands_over_the_known_headers_in_lower_case_and_the_body),
		TEST(reads_an_answer_of_four_mebibytes),
		TEST(reuses_its_connection),
		TEST(ends_every_job_once_and_refuses_more_than_256),
		TEST(never_repeats_an_order_when_a_fresh_connection_breaks),
		TEST(never_repeats_an_order_when_a_reused_connection_breaks),
		TEST(repeats_what_may_be_repeated),
		TEST(never_follows_a_redirect),
		TEST(counts_a_half_answer_as_no_answer),
		TEST(counts_an_answer_over_eight_mebibytes_as_no_answer),
		TEST(gives_up_after_the_timeout_not_knowing),
		TEST(knows_that_nothing_left_when_the_connection_is_refused),
		TEST(knows_that_nothing_left_when_the_name_is_unknown),
		TEST(knows_that_nothing_left_when_the_certificate_is_bad),
		TEST(never_writes_after_its_time),
		TEST(leaves_this_machine_only_encrypted),
		TEST(closes_while_requests_are_under_way),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
