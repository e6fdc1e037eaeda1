/* SPDX-License-Identifier: Apache-2.0 */
/* What the codec takes and gives back. What it refuses by hand-made bytes is in
   test_codec_refusals.c, msgpack-c's opinion in test_codec_msgpack.c. */
#include "proto/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/lib/sample.h"

enum { ROUNDS = 200, ROUNDS_OF_LISTS = 20, LONG_LIST = 300, SHORT_LIST = 3 };

static union sample sent, received, other;
static uint8_t frame[FRAME_MAX], again[FRAME_MAX];

static bool has_levels(const struct message_info *info)
{
	for (size_t i = 0; i < info->field_count; i++)
		if (info->fields[i].kind == KIND_LEVELS)
			return true;
	return false;
}

static struct envelope sample_envelope(struct sampler *sampler, const struct message_info *info)
{
	struct envelope envelope = {.version = info->version, .type = info->type};

	envelope.sender.size = (uint8_t)sample_string(sampler, envelope.sender.text, NAME_MAX_SIZE);
	envelope.epoch = sample_count(sampler);
	envelope.sequence = sample_count(sampler);
	envelope.sent = sample_nanos(sampler);
	envelope.expires = sample_nanos(sampler);
	envelope.correlation = sample_count(sampler);
	envelope.causation = sample_count(sampler);
	return envelope;
}

static bool envelopes_equal(const struct envelope *a, const struct envelope *b)
{
	return a->version == b->version && a->type == b->type &&
	       name_equals(&a->sender, &b->sender) && a->epoch == b->epoch &&
	       a->sequence == b->sequence && a->sent == b->sent && a->expires == b->expires &&
	       a->correlation == b->correlation && a->causation == b->causation;
}

/* Packs a random body into `frame`. */
static size_t given_frame(struct sampler *sampler, const struct message_info *info,
                          struct envelope *envelope)
{
	size_t size = 0;

	*envelope = sample_envelope(sampler, info);
	sample_body(sampler, info, &sent);
	assert_int_equal(codec_pack(envelope, &sent, frame, sizeof frame, &size, NULL), OK);
	return size;
}

static void round_trip(struct sampler *sampler, const struct message_info *info)
{
	struct envelope written, read, peeked;
	size_t size = given_frame(sampler, info, &written);

	assert_int_equal(codec_unpack(frame, size, &read, &received, sizeof received, NULL), OK);
	assert_true(envelopes_equal(&written, &read));
	assert_true(sample_bodies_equal(info, &sent, &received));
	assert_int_equal(codec_peek(frame, size, &peeked), OK);
	assert_true(envelopes_equal(&written, &peeked));
}

static void every_message_comes_back_as_it_was_sent(void **state)
{
	(void)state;
	for (size_t i = 0; i < message_info_count; i++) {
		struct sampler sampler = {i, LONG_LIST};
		size_t rounds = has_levels(message_infos[i]) ? ROUNDS_OF_LISTS : ROUNDS;
		for (size_t round = 0; round < rounds; round++)
			round_trip(&sampler, message_infos[i]);
	}
}

static void the_longest_lists_come_back(void **state)
{
	struct envelope envelope = {.version = 1, .type = MESSAGE_VENUE_BOOK};
	struct sampler sampler = {7, LEVELS_MAX};
	size_t size = 0;

	(void)state;
	for (size_t i = 0; i < LEVELS_MAX; i++) {
		sent.book.bids.items[i].price = sample_decimal(&sampler, true);
		sent.book.bids.items[i].qty = sample_decimal(&sampler, true);
	}
	sent.book.symbol = name_from("BTCUSDT");
	sent.book.bids.count = LEVELS_MAX;
	sent.book.asks = sent.book.bids;
	assert_int_equal(codec_pack(&envelope, &sent, frame, sizeof frame, &size, NULL), OK);
	assert_int_equal(codec_unpack(frame, size, &envelope, &received, sizeof received, NULL),
	                 OK);
	assert_true(sample_levels_equal(&sent.book.bids, &received.book.bids));
	assert_true(sample_levels_equal(&sent.book.asks, &received.book.asks));
}

static void every_body_comes_back_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < message_info_count; i++) {
		const struct message_info *info = message_infos[i];
		struct sampler sampler = {i, LONG_LIST};
		size_t size = 0;
		sample_body(&sampler, info, &sent);
		assert_int_equal(codec_pack_body(info->type, &sent, frame, sizeof frame, &size),
		                 OK);
		assert_int_equal(codec_unpack_body(info->type, frame, size, &received, info->size),
		                 OK);
		assert_true(sample_bodies_equal(info, &sent, &received));
	}
}

/* The bytes stand alone in the heap, so that a sanitizer sees any read beyond them. */
static enum err unpack_copy(const uint8_t *bytes, size_t size)
{
	struct envelope envelope;
	uint8_t *copy = malloc(size + !size);

	assert_non_null(copy);
	memcpy(copy, bytes, size);
	enum err err = codec_unpack(copy, size, &envelope, &received, sizeof received, NULL);
	free(copy);
	return err;
}

static void every_cut_frame_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < message_info_count; i++) {
		struct sampler sampler = {i, SHORT_LIST};
		struct envelope envelope;
		size_t size = given_frame(&sampler, message_infos[i], &envelope);
		for (size_t cut = 0; cut < size; cut++)
			assert_int_equal(unpack_copy(frame, cut), ERR_MALFORMED);
		frame[size] = 0;
		assert_int_equal(unpack_copy(frame, size + 1), ERR_MALFORMED);
	}
}

static bool is_refusal(enum err err)
{
	return err == ERR_MALFORMED || err == ERR_ENUM || err == ERR_TYPE || err == ERR_VERSION;
}

/* What was accepted is written again as the same bytes, but for the seal, which is the host's. */
static void then_refused_or_canonical(size_t size)
{
	struct envelope envelope;
	struct sealing sealing;
	size_t size_again = 0;
	enum err err = codec_unpack(frame, size, &envelope, &received, sizeof received, &sealing);

	if (err != OK) {
		assert_true(is_refusal(err));
		return;
	}
	assert_int_equal(codec_pack(&envelope, &received, again, sizeof again, &size_again, NULL),
	                 OK);
	assert_int_equal(size_again, size);
	assert_memory_equal(again, frame, sealing.seal != NULL ? size - SEAL_SIZE : size);
}

static void every_changed_byte_is_refused_or_means_something_else(void **state)
{
	static const uint8_t masks[] = {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff, 0xc1};

	(void)state;
	for (size_t i = 0; i < message_info_count; i++) {
		struct sampler sampler = {i, SHORT_LIST};
		struct envelope envelope;
		size_t size = given_frame(&sampler, message_infos[i], &envelope);
		for (size_t at = 0; at < size; at++)
			for (size_t m = 0; m < sizeof masks; m++) {
				frame[at] ^= masks[m];
				then_refused_or_canonical(size);
				frame[at] ^= masks[m];
			}
	}
}

static void another_version_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < message_info_count; i++) {
		struct sampler sampler = {i, SHORT_LIST};
		struct envelope envelope;
		size_t size = given_frame(&sampler, message_infos[i], &envelope);
		frame[1]++;
		assert_int_equal(unpack_copy(frame, size), ERR_VERSION);
		assert_int_equal(codec_peek(frame, size, &envelope), ERR_VERSION);
	}
}

static void a_type_that_is_none_is_refused(void **state)
{
	struct sampler sampler = {1, SHORT_LIST};
	struct envelope envelope;

	(void)state;
	size_t size = given_frame(&sampler, message_infos[0], &envelope);
	for (uint8_t type = 0; type < MESSAGE_TYPES_MAX; type++) {
		if (message_info((enum message_type)type) != NULL)
			continue;
		frame[2] = type;
		assert_int_equal(unpack_copy(frame, size), ERR_TYPE);
		assert_int_equal(codec_peek(frame, size, &envelope), ERR_TYPE);
		assert_int_equal(codec_unpack_body((enum message_type)type, frame, size, &received,
		                                   sizeof received),
		                 ERR_TYPE);
		envelope.type = (enum message_type)type;
		assert_int_equal(codec_pack(&envelope, &sent, frame, sizeof frame, &size, NULL),
		                 ERR_TYPE);
	}
}

static void a_value_that_may_not_be_read_is_not_written(void **state)
{
	struct tick tick = {.symbol = name_from("BTCUSDT")};
	struct trade trade = {.symbol = tick.symbol};
	size_t size = 0;

	(void)state;
	assert_int_equal(codec_pack_body(MESSAGE_TICK, &tick, frame, sizeof frame, &size), OK);
	tick.bid.coefficient = -1;
	assert_int_equal(codec_pack_body(MESSAGE_TICK, &tick, frame, sizeof frame, &size),
	                 ERR_INVALID);
	tick.bid = (decimal_t){10, 0};
	assert_int_equal(codec_pack_body(MESSAGE_TICK, &tick, frame, sizeof frame, &size),
	                 ERR_INVALID);
	tick.bid = DECIMAL_ZERO;
	tick.symbol.text[2] = '\0';
	assert_int_equal(codec_pack_body(MESSAGE_TICK, &tick, frame, sizeof frame, &size),
	                 ERR_INVALID);
	tick.symbol.size = NAME_MAX_SIZE + 1;
	assert_int_equal(codec_pack_body(MESSAGE_TICK, &tick, frame, sizeof frame, &size),
	                 ERR_INVALID);
	assert_int_equal(codec_pack_body(MESSAGE_TRADE, &trade, frame, sizeof frame, &size),
	                 ERR_INVALID);
	trade.taker = SIDE_SELL;
	assert_int_equal(codec_pack_body(MESSAGE_TRADE, &trade, frame, sizeof frame, &size), OK);
}

static void a_list_longer_than_its_struct_is_not_written(void **state)
{
	size_t size = 0;

	(void)state;
	memset(&sent, 0, sizeof sent);
	sent.depth.bids.count = UINT32_MAX;
	assert_int_equal(codec_pack_body(MESSAGE_VENUE_DEPTH, &sent, frame, sizeof frame, &size),
	                 ERR_INVALID);
}

/* With every capacity either the frame is there or nothing beyond the capacity was touched. */
static void a_frame_that_may_not_fit_is_not_begun(void **state)
{
	(void)state;
	for (size_t i = 0; i < message_info_count; i++) {
		struct sampler sampler = {i, SHORT_LIST};
		struct envelope envelope;
		size_t size = given_frame(&sampler, message_infos[i], &envelope), written = 0,
		       capacity = 0;
		enum err err = ERR_FULL;
		for (; err == ERR_FULL; capacity++) {
			uint8_t *heap = malloc(capacity + !capacity);
			err = codec_pack(&envelope, &sent, heap, capacity, &written, NULL);
			free(heap);
		}
		assert_int_equal(err, OK);
		assert_int_equal(written, size);
		assert_true(size < capacity);
	}
}

static void a_body_that_does_not_fit_is_not_begun(void **state)
{
	(void)state;
	for (size_t i = 0; i < message_info_count; i++) {
		const struct message_info *info = message_infos[i];
		struct sampler sampler = {i, SHORT_LIST};
		struct envelope envelope;
		size_t size = given_frame(&sampler, info, &envelope);
		assert_int_equal(
			codec_unpack(frame, size, &envelope, &received, info->size - 1, NULL),
			ERR_FULL);
	}
}

/* So that equal messages have equal memory, whatever the memory held before. */
static void every_unused_byte_is_zero_after_reading(void **state)
{
	(void)state;
	for (size_t i = 0; i < message_info_count; i++) {
		const struct message_info *info = message_infos[i];
		struct sampler sampler = {i, SHORT_LIST};
		struct envelope envelope;
		size_t size = given_frame(&sampler, info, &envelope);
		memset(&received, 0xff, sizeof received);
		memset(&other, 0, sizeof other);
		assert_int_equal(codec_unpack(frame, size, &envelope, &received, info->size, NULL),
		                 OK);
		assert_int_equal(codec_unpack(frame, size, &envelope, &other, info->size, NULL),
		                 OK);
		if (!has_levels(info))
			assert_memory_equal(&received, &other, info->size);
		assert_true(sample_bodies_equal(info, &received, &other));
	}
}

static void the_prefix_is_how_each_frame_of_a_type_begins(void **state)
{
	(void)state;
	for (size_t i = 0; i < message_info_count; i++) {
		struct sampler sampler = {i, SHORT_LIST};
		struct envelope envelope;
		uint8_t prefix[CODEC_PREFIX_SIZE];
		given_frame(&sampler, message_infos[i], &envelope);
		codec_prefix(message_infos[i]->type, prefix);
		assert_memory_equal(prefix, frame, sizeof prefix);
	}
}

static void the_seal_covers_the_body_of_sealed_types_only(void **state)
{
	(void)state;
	for (size_t i = 0; i < message_info_count; i++) {
		const struct message_info *info = message_infos[i];
		struct sampler sampler = {i, SHORT_LIST};
		struct envelope envelope = sample_envelope(&sampler, info);
		struct sealing written, read;
		size_t size = 0, body_size = 0;
		sample_body(&sampler, info, &sent);
		assert_int_equal(codec_pack(&envelope, &sent, frame, sizeof frame, &size, &written),
		                 OK);
		assert_int_equal(
			codec_pack_body(info->type, &sent, again, sizeof again, &body_size), OK);
		assert_int_equal(codec_unpack(frame, size, &envelope, &received, info->size, &read),
		                 OK);
		assert_int_equal(written.size, body_size);
		assert_memory_equal(written.body, again, body_size);
		assert_memory_equal(&read, &written, sizeof read);
		assert_ptr_equal(read.seal, info->sealed ? frame + size - SEAL_SIZE : NULL);
	}
}

static void each_part_of_an_identity_changes_the_number(void **state)
{
	struct envelope base = {
		.sender = name_from("risk"), .epoch = 1, .type = MESSAGE_TICK, .sequence = 1};
	struct envelope variants[] = {base, base, base, base, base};

	(void)state;
	variants[1].sender = name_from("feed");
	variants[2].epoch = 2;
	variants[3].type = MESSAGE_TRADE;
	variants[4].sequence = 2;
	for (size_t i = 0; i < 5; i++)
		for (size_t k = 0; k < i; k++)
			assert_true(envelope_id(&variants[i]) != envelope_id(&variants[k]));
	base.sent = 99;
	assert_true(envelope_id(&base) == envelope_id(&variants[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_message_comes_back_as_it_was_sent),
		cmocka_unit_test(the_longest_lists_come_back),
		cmocka_unit_test(every_body_comes_back_alone),
		cmocka_unit_test(every_cut_frame_is_refused),
		cmocka_unit_test(every_changed_byte_is_refused_or_means_something_else),
		cmocka_unit_test(another_version_is_refused),
		cmocka_unit_test(a_type_that_is_none_is_refused),
		cmocka_unit_test(a_value_that_may_not_be_read_is_not_written),
		cmocka_unit_test(a_list_longer_than_its_struct_is_not_written),
		cmocka_unit_test(a_frame_that_may_not_fit_is_not_begun),
		cmocka_unit_test(a_body_that_does_not_fit_is_not_begun),
		cmocka_unit_test(every_unused_byte_is_zero_after_reading),
		cmocka_unit_test(the_prefix_is_how_each_frame_of_a_type_begins),
		cmocka_unit_test(the_seal_covers_the_body_of_sealed_types_only),
		cmocka_unit_test(each_part_of_an_identity_changes_the_number),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
