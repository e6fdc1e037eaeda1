/* SPDX-License-Identifier: Apache-2.0 */
/* Hand-made bytes that a reader must not believe, each with its neighbour that it must. */
#include "proto/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static union {
	struct venue_depth depth;
	struct heartbeat heartbeat;
	struct verdict verdict;
	struct trade trade;
	struct position position;
} body;

/* The bytes stand alone in the heap, so that a sanitizer sees any read beyond them. */
static enum err unpack(enum message_type type, const void *bytes, size_t size)
{
	uint8_t *copy = malloc(size + !size);

	assert_non_null(copy);
	memcpy(copy, bytes, size);
	enum err err = codec_unpack_body(type, copy, size, &body, sizeof body);
	free(copy);
	return err;
}

#define BYTES(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

/* resync_request is one count. */
#define COUNT(...) unpack(MESSAGE_RESYNC_REQUEST, BYTES(0x91, __VA_ARGS__))
/* journal_cancel_end is an ident, a cancel_status and one nanos. */
#define NANOS(...) \
	unpack(MESSAGE_JOURNAL_CANCEL_END, BYTES(0x94, 1, 1, CANCEL_STATUS_SENT, __VA_ARGS__))
/* child_start is one name. */
#define NAME(...) unpack(MESSAGE_CHILD_START, BYTES(0x91, __VA_ARGS__))
/* ledger_deposit is one name and one amount. */
#define AMOUNT(...) unpack(MESSAGE_LEDGER_DEPOSIT, BYTES(0x93, 0xa0, __VA_ARGS__))

static void a_count_has_one_form(void **state)
{
	(void)state;
	assert_int_equal(COUNT(0x7f), OK);
	assert_int_equal(COUNT(0xcc, 0x7f), ERR_MALFORMED);
	assert_int_equal(COUNT(0xcc, 0x80), OK);
	assert_int_equal(COUNT(0xcd, 0x00, 0xff), ERR_MALFORMED);
	assert_int_equal(COUNT(0xcd, 0x01, 0x00), OK);
	assert_int_equal(COUNT(0xce, 0x00, 0x00, 0xff, 0xff), ERR_MALFORMED);
	assert_int_equal(COUNT(0xce, 0x00, 0x01, 0x00, 0x00), OK);
	assert_int_equal(COUNT(0xcf, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff), ERR_MALFORMED);
	assert_int_equal(COUNT(0xcf, 0, 0, 0, 1, 0, 0, 0, 0), OK);
}

static void a_count_is_no_other_type(void **state)
{
	(void)state;
	assert_int_equal(COUNT(0xff), ERR_MALFORMED);                   /* -1 */
	assert_int_equal(COUNT(0xd0, 0x05), ERR_MALFORMED);             /* int 8 */
	assert_int_equal(COUNT(0xc0), ERR_MALFORMED);                   /* nil */
	assert_int_equal(COUNT(0xc3), ERR_MALFORMED);                   /* true */
	assert_int_equal(COUNT(0xa1, 'a'), ERR_MALFORMED);              /* string */
	assert_int_equal(COUNT(0xca, 0x3f, 0x80, 0, 0), ERR_MALFORMED); /* float */
	assert_int_equal(COUNT(0xc1), ERR_MALFORMED);                   /* nothing at all */
}

static void a_signed_number_has_one_form(void **state)
{
	(void)state;
	assert_int_equal(NANOS(0xe0), OK); /* -32 */
	assert_int_equal(NANOS(0xd0, 0xe0), ERR_MALFORMED);
	assert_int_equal(NANOS(0xd0, 0xdf), OK); /* -33 */
	assert_int_equal(NANOS(0xd0, 0x05), ERR_MALFORMED);
	assert_int_equal(NANOS(0xd1, 0xff, 0x80), ERR_MALFORMED);
	assert_int_equal(NANOS(0xd1, 0xff, 0x7f), OK); /* -129 */
	assert_int_equal(NANOS(0xd2, 0xff, 0xff, 0x80, 0x00), ERR_MALFORMED);
	assert_int_equal(NANOS(0xd2, 0xff, 0xff, 0x7f, 0xff), OK);
	assert_int_equal(NANOS(0xd3, 0xff, 0xff, 0xff, 0xff, 0x80, 0, 0, 0), ERR_MALFORMED);
	assert_int_equal(NANOS(0xd3, 0xff, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff), OK);
	assert_int_equal(NANOS(0xcf, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), OK);
	assert_int_equal(NANOS(0xcf, 0x80, 0, 0, 0, 0, 0, 0, 0), ERR_MALFORMED);
}

static void the_element_count_must_be_that_of_the_version(void **state)
{
	(void)state;
	assert_int_equal(unpack(MESSAGE_RESYNC_REQUEST, BYTES(0x90)), ERR_MALFORMED);
	assert_int_equal(unpack(MESSAGE_RESYNC_REQUEST, BYTES(0x92, 1, 1)), ERR_MALFORMED);
	assert_int_equal(unpack(MESSAGE_RESYNC_REQUEST, BYTES(0xdc, 0, 1, 1)), ERR_MALFORMED);
	assert_int_equal(unpack(MESSAGE_RESYNC_REQUEST, BYTES(0xdd, 0, 0, 0, 1, 1)), ERR_MALFORMED);
	assert_int_equal(unpack(MESSAGE_RESYNC_REQUEST, BYTES(0x81, 1)), ERR_MALFORMED);
	assert_int_equal(unpack(MESSAGE_RESYNC_REQUEST, BYTES(0x91, 1)), OK);
	assert_int_equal(unpack(MESSAGE_RESYNC_REQUEST, BYTES(0x91, 1, 1)), ERR_MALFORMED);
	assert_int_equal(unpack(MESSAGE_RESYNC_REQUEST, BYTES(0x91, 1)), OK);
}

static void a_name_is_short_and_without_a_nul(void **state)
{
	uint8_t longest[2 + 31] = {0x91, 0xa0 | 30};

	(void)state;
	memset(longest + 2, 'x', 31);
	assert_int_equal(unpack(MESSAGE_CHILD_START, longest, 2 + 30), OK);
	longest[1]++;
	assert_int_equal(unpack(MESSAGE_CHILD_START, longest, 2 + 31), ERR_MALFORMED);
	assert_int_equal(NAME(0xa0), OK);
	assert_int_equal(NAME(0xa3, 'a', 'b', 'c'), OK);
	assert_int_equal(NAME(0xa3, 'a', 0, 'c'), ERR_MALFORMED);
	assert_int_equal(NAME(0xa1, 0), ERR_MALFORMED);
	assert_int_equal(NAME(0xd9, 1, 'a'), ERR_MALFORMED); /* string 8 */
	assert_int_equal(NAME(0xc4, 1, 'a'), ERR_MALFORMED); /* binary */
}

/* A NUL may be anywhere: the reader looks at all bytes of a name at once. */
static void a_nul_is_found_wherever_it_is(void **state)
{
	(void)state;
	for (size_t size = 1; size <= NAME_MAX_SIZE; size++)
		for (size_t at = 0; at < size; at++) {
			uint8_t bytes[2 + NAME_MAX_SIZE] = {0x91, (uint8_t)(0xa0 | size)};
			memset(bytes + 2, 1, size);
			assert_int_equal(unpack(MESSAGE_CHILD_START, bytes, 2 + size), OK);
			bytes[2 + at] = 0;
			assert_int_equal(unpack(MESSAGE_CHILD_START, bytes, 2 + size),
			                 ERR_MALFORMED);
		}
}

/* command_result is a flag and a text. */
static enum err unpack_text(uint8_t *bytes, size_t tag_size, size_t size)
{
	bytes[0] = 0x92;
	bytes[1] = 0xc2;
	memset(bytes + 2 + tag_size, 'x', size);
	return unpack(MESSAGE_COMMAND_RESULT, bytes, 2 + tag_size + size);
}

static void a_text_has_one_form_and_at_most_250_bytes(void **state)
{
	uint8_t bytes[300] = {0};

	(void)state;
	bytes[2] = 0xa0 | 31;
	assert_int_equal(unpack_text(bytes, 1, 31), OK);
	bytes[2] = 0xd9;
	bytes[3] = 31;
	assert_int_equal(unpack_text(bytes, 2, 31), ERR_MALFORMED);
	bytes[3] = 32;
	assert_int_equal(unpack_text(bytes, 2, 32), OK);
	bytes[3] = 250;
	assert_int_equal(unpack_text(bytes, 2, 250), OK);
	bytes[3] = 251;
	assert_int_equal(unpack_text(bytes, 2, 251), ERR_MALFORMED);
	bytes[2] = 0xda; /* string 16 */
	bytes[3] = 0;
	bytes[4] = 32;
	assert_int_equal(unpack_text(bytes, 3, 32), ERR_MALFORMED);
}

static void a_nul_in_a_text_is_refused(void **state)
{
	(void)state;
	assert_int_equal(unpack(MESSAGE_COMMAND_RESULT, BYTES(0x92, 0xc3, 0xa2, 'a', 'b')), OK);
	assert_int_equal(unpack(MESSAGE_COMMAND_RESULT, BYTES(0x92, 0xc3, 0xa2, 'a', 0)),
	                 ERR_MALFORMED);
}

static void a_flag_is_true_or_false(void **state)
{
	(void)state;
	assert_int_equal(unpack(MESSAGE_COMMAND_RESULT, BYTES(0x92, 0xc2, 0xa0)), OK);
	assert_int_equal(unpack(MESSAGE_COMMAND_RESULT, BYTES(0x92, 0x01, 0xa0)), ERR_MALFORMED);
	assert_int_equal(unpack(MESSAGE_COMMAND_RESULT, BYTES(0x92, 0xc0, 0xa0)), ERR_MALFORMED);
}

static void an_amount_is_normal_in_range_and_not_below_zero(void **state)
{
	(void)state;
	assert_int_equal(AMOUNT(0x00, 0x00), OK);
	assert_int_equal(AMOUNT(0x00, 0x01), ERR_MALFORMED); /* zero is 0 × 10^0 */
	assert_int_equal(AMOUNT(0x0a, 0x00), ERR_MALFORMED); /* ten is 1 × 10^1 */
	assert_int_equal(AMOUNT(0x01, 0x01), OK);
	assert_int_equal(AMOUNT(0xff, 0x00), ERR_MALFORMED); /* -1 */
	assert_int_equal(AMOUNT(0x01, 0x12), OK);            /* 10^18 */
	assert_int_equal(AMOUNT(0x01, 0x13), ERR_MALFORMED);
	assert_int_equal(AMOUNT(0x01, 0xee), OK); /* 10^-18 */
	assert_int_equal(AMOUNT(0x01, 0xed), ERR_MALFORMED);
	assert_int_equal(AMOUNT(0x01, 0xd0, 0x01), ERR_MALFORMED);
	assert_int_equal(AMOUNT(0xcf, 0x80, 0, 0, 0, 0, 0, 0, 0, 0), ERR_MALFORMED);
}

/* position: three names, qty, cost, entry_price, realised, fees as decimals, two counts. */
static enum err unpack_position(uint8_t qty)
{
	return unpack(MESSAGE_POSITION,
	              BYTES(0x9f, 0xa0, 0xa0, 0xa0, qty, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
}

static void a_decimal_may_be_below_zero(void **state)
{
	(void)state;
	assert_int_equal(unpack_position(0x01), OK);
	assert_int_equal(unpack_position(0xff), OK);
	assert_int_equal(body.position.qty.coefficient, -1);
	assert_int_equal(unpack_position(0xf6), ERR_MALFORMED); /* -10 is -1 × 10^1 */
}

/* trade: symbol, id, price, qty, taker, at, stamp. */
static enum err unpack_trade(uint8_t taker, uint8_t stamp)
{
	return unpack(MESSAGE_TRADE, BYTES(0x99, 0xa1, 'X', 1, 1, 0, 1, 0, taker, 0, stamp));
}

static void an_enum_value_that_is_none_is_told_apart_from_broken_bytes(void **state)
{
	(void)state;
	assert_int_equal(unpack_trade(SIDE_BUY, 0), OK);
	assert_int_equal(unpack_trade(SIDE_SELL, 0), OK);
	assert_int_equal(unpack_trade(0, 0), ERR_ENUM);
	assert_int_equal(unpack_trade(3, 0), ERR_ENUM);
	assert_int_equal(unpack_trade(0x7f, 0), ERR_ENUM);
	assert_int_equal(unpack_trade(0xff, 0), ERR_MALFORMED);
	assert_int_equal(unpack_trade(3, 0xc0), ERR_MALFORMED);
}

static void put_list(uint8_t *bytes, size_t *size, unsigned declared, size_t present)
{
	bytes[(*size)++] = 0xdc;
	bytes[(*size)++] = (uint8_t)(declared >> 8);
	bytes[(*size)++] = (uint8_t)declared;
	for (size_t i = 0; i < present; i++)
		bytes[(*size)++] = i % 2 == 0; /* 1 × 10^0, again and again */
}

/* venue_depth: symbol, first, last, at, bids, asks. */
static enum err unpack_bids(unsigned declared, size_t present)
{
	static uint8_t bytes[1 << 17];
	size_t size = 6;

	memcpy(bytes, (const uint8_t[]){0x96, 0xa1, 'X', 1, 1, 1}, size);
	put_list(bytes, &size, declared, present);
	bytes[size++] = 0x90;
	return unpack(MESSAGE_VENUE_DEPTH, bytes, size);
}

static void a_list_of_levels_holds_what_it_declares(void **state)
{
	(void)state;
	assert_int_equal(unpack_bids(16, 16), OK);
	assert_int_equal(body.depth.bids.count, 4);
	assert_int_equal(unpack_bids(LEVELS_MAX * 4, LEVELS_MAX * 4), OK);
	assert_int_equal(body.depth.bids.count, LEVELS_MAX);
	assert_int_equal(unpack_bids(18, 18), ERR_MALFORMED);
	assert_int_equal(unpack_bids(20, 16), ERR_MALFORMED);
	assert_int_equal(unpack_bids(16, 20), ERR_MALFORMED);
	assert_int_equal(unpack_bids(12, 12), ERR_MALFORMED); /* array 16 for what fits the tag */
}

static void a_list_bomb_is_refused_by_its_count(void **state)
{
	(void)state;
	assert_int_equal(unpack_bids(0xffff, 0), ERR_MALFORMED);
	assert_int_equal(unpack_bids(0xfffc, 0xfffc), ERR_MALFORMED);
	assert_int_equal(unpack_bids(LEVELS_MAX * 4 + 4, LEVELS_MAX * 4 + 4), ERR_MALFORMED);
}

/* heartbeat: status, pid, host, progress, started, rss, refused, dropped, sequences, note. */
static enum err unpack_sequences(unsigned declared, size_t present)
{
	uint8_t bytes[256];
	size_t size = 9;

	memcpy(bytes, (const uint8_t[]){0x9a, 1, 1, 0xa0, 1, 1, 1, 1, 1}, size);
	put_list(bytes, &size, declared, present);
	bytes[size++] = 0xa0;
	return unpack(MESSAGE_HEARTBEAT, bytes, size);
}

static void a_list_of_counts_fits_its_struct(void **state)
{
	(void)state;
	assert_int_equal(unpack_sequences(COUNTS_MAX, COUNTS_MAX), OK);
	assert_int_equal(body.heartbeat.sequences.count, COUNTS_MAX);
	assert_int_equal(unpack_sequences(COUNTS_MAX + 1, COUNTS_MAX + 1), ERR_MALFORMED);
	assert_int_equal(unpack_sequences(0xffff, 0), ERR_MALFORMED);
}

static enum err peek(const uint8_t *frame, size_t size)
{
	struct envelope envelope;

	return codec_peek(frame, size, &envelope);
}

static void an_envelope_is_refused_by_what_is_wrong_with_it(void **state)
{
	(void)state;
	assert_int_equal(peek(BYTES(0x9a, 1, MESSAGE_TICK, 0xa0, 1, 1, 1, 1, 1, 1)), OK);
	assert_int_equal(peek(BYTES(0x9b, 2, MESSAGE_APPROVAL, 0xa0, 1, 1, 1, 1, 1, 1)), OK);
	assert_int_equal(peek(BYTES(0x9b, 1, MESSAGE_TICK, 0xa0, 1, 1, 1, 1, 1, 1)), ERR_MALFORMED);
	assert_int_equal(peek(BYTES(0x9a, 2, MESSAGE_APPROVAL, 0xa0, 1, 1, 1, 1, 1, 1)),
	                 ERR_MALFORMED);
	assert_int_equal(peek(BYTES(0x9a, 2, MESSAGE_TICK, 0xa0)), ERR_VERSION);
	assert_int_equal(peek(BYTES(0x9c, 2, MESSAGE_TICK, 0xa0)), ERR_VERSION);
	assert_int_equal(peek(BYTES(0x9a, 1, 127, 0xa0)), ERR_TYPE);
	assert_int_equal(peek(BYTES(0x9a, 1, 0, 0xa0)), ERR_TYPE);
	assert_int_equal(peek(BYTES(0x9a, 1, 0xcf, 1, 0, 0, 0, 0, 0, 0, MESSAGE_TICK)), ERR_TYPE);
	assert_int_equal(peek(BYTES(0x8a, 1, MESSAGE_TICK, 0xa0)), ERR_MALFORMED);
	assert_int_equal(peek((const uint8_t *)"", 0), ERR_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_count_has_one_form),
		cmocka_unit_test(a_count_is_no_other_type),
		cmocka_unit_test(a_signed_number_has_one_form),
		cmocka_unit_test(the_element_count_must_be_that_of_the_version),
		cmocka_unit_test(a_name_is_short_and_without_a_nul),
		cmocka_unit_test(a_nul_is_found_wherever_it_is),
		cmocka_unit_test(a_text_has_one_form_and_at_most_250_bytes),
		cmocka_unit_test(a_nul_in_a_text_is_refused),
		cmocka_unit_test(a_flag_is_true_or_false),
		cmocka_unit_test(an_amount_is_normal_in_range_and_not_below_zero),
		cmocka_unit_test(a_decimal_may_be_below_zero),
		cmocka_unit_test(an_enum_value_that_is_none_is_told_apart_from_broken_bytes),
		cmocka_unit_test(a_list_of_levels_holds_what_it_declares),
		cmocka_unit_test(a_list_bomb_is_refused_by_its_count),
		cmocka_unit_test(a_list_of_counts_fits_its_struct),
		cmocka_unit_test(an_envelope_is_refused_by_what_is_wrong_with_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
