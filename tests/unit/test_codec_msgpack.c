/* SPDX-License-Identifier: Apache-2.0 */
/* msgpack-c as the judge: it writes the same bytes for the same values and reads ours back. */
#include "proto/codec.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <msgpack.h>

#include "tests/lib/sample.h"

enum { ROUNDS = 40, LEVELS = 40 };

static union sample body;
static uint8_t bytes[FRAME_MAX];

static void pack_decimal(msgpack_packer *packer, decimal_t value)
{
	msgpack_pack_int64(packer, value.coefficient);
	msgpack_pack_int8(packer, value.exponent);
}

static void pack_string(msgpack_packer *packer, const char *text, size_t size)
{
	msgpack_pack_str(packer, size);
	msgpack_pack_str_body(packer, text, size);
}

static void pack_levels(msgpack_packer *packer, const struct levels *levels)
{
	msgpack_pack_array(packer, 4 * (size_t)levels->count);
	for (size_t i = 0; i < levels->count; i++) {
		pack_decimal(packer, levels->items[i].price);
		pack_decimal(packer, levels->items[i].qty);
	}
}

static void pack_counts(msgpack_packer *packer, const struct counts *counts)
{
	msgpack_pack_array(packer, counts->count);
	for (size_t i = 0; i < counts->count; i++)
		msgpack_pack_uint64(packer, counts->items[i]);
}

static void pack_field(msgpack_packer *packer, enum kind kind, const void *value)
{
	const ident_t *ident = value;
	const name_t *name = value;
	const text_t *text = value;

	switch (kind) {
	case KIND_FLAG:
		*(const bool *)value ? msgpack_pack_true(packer) : msgpack_pack_false(packer);
		break;
	case KIND_COUNT: msgpack_pack_uint64(packer, *(const uint64_t *)value); break;
	case KIND_NANOS: msgpack_pack_int64(packer, *(const nanos_t *)value); break;
	case KIND_IDENT:
		msgpack_pack_uint64(packer, ident->high);
		msgpack_pack_uint64(packer, ident->low);
		break;
	case KIND_NAME: pack_string(packer, name->text, name->size); break;
	case KIND_TEXT: pack_string(packer, text->text, text->size); break;
	case KIND_DECIMAL:
	case KIND_AMOUNT: pack_decimal(packer, *(const decimal_t *)value); break;
	case KIND_LEVELS: pack_levels(packer, value); break;
	case KIND_COUNTS: pack_counts(packer, value); break;
	case KIND_ENUM: msgpack_pack_int(packer, *(const int *)value); break;
	}
}

static size_t element_count(const struct message_info *info)
{
	size_t count = 0;

	for (size_t i = 0; i < info->field_count; i++) {
		enum kind kind = info->fields[i].kind;
		count += kind == KIND_DECIMAL || kind == KIND_AMOUNT || kind == KIND_IDENT ? 2 : 1;
	}
	return count;
}

static void pack_body(msgpack_packer *packer, const struct message_info *info)
{
	msgpack_pack_array(packer, element_count(info));
	for (size_t i = 0; i < info->field_count; i++)
		pack_field(packer, info->fields[i].kind, body.bytes + info->fields[i].offset);
}

static void pack_frame(msgpack_packer *packer, const struct message_info *info,
                       const struct envelope *envelope)
{
	msgpack_pack_array(packer, info->sealed ? 11 : 10);
	msgpack_pack_uint64(packer, info->version);
	msgpack_pack_uint64(packer, (uint64_t)info->type);
	pack_string(packer, envelope->sender.text, envelope->sender.size);
	msgpack_pack_uint64(packer, envelope->epoch);
	msgpack_pack_uint64(packer, envelope->sequence);
	msgpack_pack_int64(packer, envelope->sent);
	msgpack_pack_int64(packer, envelope->expires);
	msgpack_pack_uint64(packer, envelope->correlation);
	msgpack_pack_uint64(packer, envelope->causation);
	pack_body(packer, info);
	if (info->sealed) {
		msgpack_pack_bin(packer, SEAL_SIZE);
		msgpack_pack_bin_body(packer, (const uint8_t[SEAL_SIZE]){0}, SEAL_SIZE);
	}
}

static void both_write(struct sampler *sampler, const struct message_info *info)
{
	struct envelope envelope = {.type = info->type,
	                            .sender = name_from("strategy.2"),
	                            .epoch = sample_count(sampler),
	                            .sequence = sample_count(sampler),
	                            .sent = sample_nanos(sampler),
	                            .expires = sample_nanos(sampler),
	                            .correlation = sample_count(sampler),
	                            .causation = sample_count(sampler)};
	msgpack_sbuffer buffer;
	msgpack_packer packer;
	size_t size = 0;

	sample_body(sampler, info, &body);
	msgpack_sbuffer_init(&buffer);
	msgpack_packer_init(&packer, &buffer, msgpack_sbuffer_write);
	pack_frame(&packer, info, &envelope);
	assert_int_equal(codec_pack(&envelope, &body, bytes, sizeof bytes, &size, NULL), OK);
	assert_int_equal(buffer.size, size);
	assert_memory_equal(buffer.data, bytes, size);
	msgpack_sbuffer_destroy(&buffer);
}

static void msgpack_writes_the_same_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < message_info_count; i++) {
		struct sampler sampler = {100 + i, LEVELS};
		for (size_t round = 0; round < ROUNDS; round++)
			both_write(&sampler, message_infos[i]);
	}
}

static uint64_t next_unsigned(const msgpack_object **at)
{
	const msgpack_object *object = (*at)++;

	assert_int_equal(object->type, MSGPACK_OBJECT_POSITIVE_INTEGER);
	return object->via.u64;
}

static int64_t next_signed(const msgpack_object **at)
{
	const msgpack_object *object = (*at)++;

	if (object->type != MSGPACK_OBJECT_NEGATIVE_INTEGER)
		assert_int_equal(object->type, MSGPACK_OBJECT_POSITIVE_INTEGER);
	return object->via.i64;
}

static void next_is_string(const msgpack_object **at, const char *text, size_t size)
{
	const msgpack_object *object = (*at)++;

	assert_int_equal(object->type, MSGPACK_OBJECT_STR);
	assert_int_equal(object->via.str.size, size);
	assert_memory_equal(object->via.str.ptr, text, size);
}

static void next_is_decimal(const msgpack_object **at, decimal_t value)
{
	assert_int_equal(next_signed(at), value.coefficient);
	assert_int_equal(next_signed(at), value.exponent);
}

static const msgpack_object *next_array(const msgpack_object **at, size_t size)
{
	const msgpack_object *object = (*at)++;

	assert_int_equal(object->type, MSGPACK_OBJECT_ARRAY);
	assert_int_equal(object->via.array.size, size);
	return object->via.array.ptr;
}

static void next_is_levels(const msgpack_object **at, const struct levels *levels)
{
	const msgpack_object *item = next_array(at, 4 * (size_t)levels->count);

	for (size_t i = 0; i < levels->count; i++) {
		next_is_decimal(&item, levels->items[i].price);
		next_is_decimal(&item, levels->items[i].qty);
	}
}

static void next_is_counts(const msgpack_object **at, const struct counts *counts)
{
	const msgpack_object *item = next_array(at, counts->count);

	for (size_t i = 0; i < counts->count; i++)
		assert_true(next_unsigned(&item) == counts->items[i]);
}

static void next_is_flag(const msgpack_object **at, bool value)
{
	const msgpack_object *object = (*at)++;

	assert_int_equal(object->type, MSGPACK_OBJECT_BOOLEAN);
	assert_int_equal(object->via.boolean, value);
}

static void next_is_field(const msgpack_object **at, enum kind kind, const void *value)
{
	const ident_t *ident = value;
	const name_t *name = value;
	const text_t *text = value;

	switch (kind) {
	case KIND_FLAG: next_is_flag(at, *(const bool *)value); break;
	case KIND_COUNT: assert_true(next_unsigned(at) == *(const uint64_t *)value); break;
	case KIND_NANOS: assert_true(next_signed(at) == *(const nanos_t *)value); break;
	case KIND_IDENT:
		assert_true(next_unsigned(at) == ident->high);
		assert_true(next_unsigned(at) == ident->low);
		break;
	case KIND_NAME: next_is_string(at, name->text, name->size); break;
	case KIND_TEXT: next_is_string(at, text->text, text->size); break;
	case KIND_DECIMAL:
	case KIND_AMOUNT: next_is_decimal(at, *(const decimal_t *)value); break;
	case KIND_LEVELS: next_is_levels(at, value); break;
	case KIND_COUNTS: next_is_counts(at, value); break;
	case KIND_ENUM: assert_int_equal(next_unsigned(at), *(const int *)value); break;
	}
}

static void msgpack_reads_our_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < message_info_count; i++) {
		const struct message_info *info = message_infos[i];
		struct sampler sampler = {200 + i, LEVELS};
		msgpack_unpacked unpacked;
		size_t size = 0, end = 0;
		sample_body(&sampler, info, &body);
		assert_int_equal(codec_pack_body(info->type, &body, bytes, sizeof bytes, &size),
		                 OK);
		msgpack_unpacked_init(&unpacked);
		assert_int_equal(msgpack_unpack_next(&unpacked, (const char *)bytes, size, &end),
		                 MSGPACK_UNPACK_SUCCESS);
		assert_int_equal(end, size);
		const msgpack_object *root = &unpacked.data,
				     *at = next_array(&root, element_count(info));
		for (size_t k = 0; k < info->field_count; k++)
			next_is_field(&at, info->fields[k].kind,
			              body.bytes + info->fields[k].offset);
		msgpack_unpacked_destroy(&unpacked);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(msgpack_writes_the_same_bytes),
		cmocka_unit_test(msgpack_reads_our_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
