/* SPDX-License-Identifier: Apache-2.0 */
/* A whole recorded session through the dialect; the totals were found by other means. */
#include "common/venue/binance/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "tests/lib/capture.h"
#include "tests/lib/check_decimal.h"

struct session {
	unsigned trades, tops, depths, refused;
	uint64_t last_trade, last_top, last_depth;
	struct decimal_total qty, notional;
};

static void take_trade(struct session *self, const struct venue_trade *trade)
{
	if (self->trades++ > 0)
		assert_int_equal(trade->trade_id, self->last_trade + 1);
	self->last_trade = trade->trade_id;
	assert_int_equal(decimal_total_add(&self->qty, trade->qty), OK);
	assert_int_equal(decimal_total_add_product(&self->notional, trade->qty, trade->price), OK);
}

static void take_depth(struct session *self, const struct venue_depth *depth)
{
	if (self->depths++ > 0)
		assert_int_equal(depth->first, self->last_depth + 1);
	self->last_depth = depth->last;
}

static void take_top(struct session *self, const struct venue_top *top)
{
	self->tops++;
	assert_true(top->book_id > self->last_top);
	assert_true(decimal_compare(top->bid, top->ask) < 0);
	self->last_top = top->book_id;
}

static void take(void *self, enum message_type type, const void *body)
{
	if (type == MESSAGE_VENUE_TRADE)
		take_trade(self, body);
	else if (type == MESSAGE_VENUE_TOP)
		take_top(self, body);
	else if (type == MESSAGE_VENUE_DEPTH)
		take_depth(self, body);
	else
		fail();
}

static void read_session(struct session *session)
{
	const struct message_sink sink = {take, session};
	static char line[1 << 18];
	struct venue_answer answer;
	uint64_t call;
	gzFile file = gzopen(CAPTURE_BTCUSDT, "rb");

	assert_non_null(file);
	while (gzgets(file, line, sizeof line) != NULL) {
		const char *text = strchr(line, '{');
		assert_non_null(text);
		if (binance_read_frame("market", text, strlen(text), &sink, &call, &answer) != OK)
			session->refused++;
	}
	gzclose(file);
}

static void every_message_of_a_recorded_session_is_told_once(void **state)
{
	struct session session = {0};
	char text[DECIMAL_TEXT_SIZE + 16];

	(void)state;
	read_session(&session);
	assert_int_equal(session.trades, 9757);
	assert_int_equal(session.tops, 28040);
	assert_int_equal(session.depths, 3451);
	/* The snapshot in between came from a query: it is no frame. */
	assert_int_equal(session.refused, 1);
	assert_string_equal(decimal_total_print(&session.qty, text), "212.03315");
	assert_string_equal(decimal_total_print(&session.notional, text), "13084074.1123886");
	assert_int_equal(session.last_trade, 3735693015);
	assert_int_equal(session.last_depth, 50093421584);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_message_of_a_recorded_session_is_told_once),
	};

	return cmocka_run_group_tests_name("binance_session", tests, NULL, NULL);
}
