/* SPDX-License-Identifier: Apache-2.0 */
/* The codec beside the least code that could do it (by hand, same bytes) and beside msgpack-c, on
   the body of a tick. Prints nanoseconds each, and fails when the bytes differ. bench_codec ROUNDS
 */
#include "tests/bench/measure.h"

#include "proto/codec.h"

#include <msgpack.h>
#include <string.h>

enum { SAMPLES = 1024, BODY_MAX = 256 };

struct bytes {
	size_t size;
	uint8_t data[BODY_MAX];
};

static struct tick ticks[SAMPLES];
static struct bytes packed[SAMPLES];

static void make_samples(void)
{
	for (unsigned i = 0; i < SAMPLES; i++)
		ticks[i] = (struct tick){
			.symbol = name_from(i % 2 ? "BTCUSDT" : "ALTUSDT"),
			.bid = decimal_make(6183763 + i, -2),
			.bid_qty = decimal_make(378826 + i, -5),
			.ask = decimal_make(6183764 + i, -2),
			.ask_qty = decimal_make(154698 + i, -5),
			.book_id = 50093239212u + i,
			.at = 1723161254087891268 + i,
			.stamp = 81234567890123 + i,
		};
}

/* by hand */

static uint8_t *put_be(uint8_t *at, uint64_t value, unsigned size)
{
	uint64_t swapped = __builtin_bswap64(value) >> (64 - 8 * size);
	memcpy(at, &swapped, size);
	return at + size;
}

static uint8_t *put_unsigned(uint8_t *at, uint64_t value)
{
	if (value < 0x80) {
		*at = (uint8_t)value;
		return at + 1;
	}
	unsigned code = value <= 0xff ? 0 : value <= 0xffff ? 1 : value <= 0xffffffff ? 2 : 3;
	*at = (uint8_t)(0xcc + code);
	return put_be(at + 1, value, 1u << code);
}

static uint8_t *put_decimal(uint8_t *at, decimal_t value)
{
	at = put_unsigned(at, (uint64_t)value.coefficient);
	*at = (uint8_t)value.exponent; /* a small negative number is its own byte */
	return at + 1;
}

static size_t pack_by_hand(const struct tick *tick, uint8_t *out)
{
	uint8_t *at = out;
	*at++ = 0x90 | 12;
	*at++ = 0xa0 | tick->symbol.size;
	memcpy(at, tick->symbol.text, tick->symbol.size);
	at += tick->symbol.size;
	at = put_decimal(at, tick->bid);
	at = put_decimal(at, tick->bid_qty);
	at = put_decimal(at, tick->ask);
	at = put_decimal(at, tick->ask_qty);
	at = put_unsigned(at, tick->book_id);
	at = put_unsigned(at, (uint64_t)tick->at);
	at = put_unsigned(at, (uint64_t)tick->stamp);
	return (size_t)(at - out);
}

struct hand {
	const uint8_t *at, *end;
	bool bad;
};

static uint64_t take_unsigned(struct hand *hand)
{
	uint64_t value = 0;
	if (hand->at == hand->end) {
		hand->bad = true;
		return 0;
	}
	uint8_t code = *hand->at++;
	if (code < 0x80)
		return code;
	unsigned size = 1u << (code - 0xcc);
	if (code < 0xcc || code > 0xcf || (size_t)(hand->end - hand->at) < size) {
		hand->bad = true;
		return 0;
	}
	memcpy(&value, hand->at, size);
	hand->at += size;
	return __builtin_bswap64(value) >> (64 - 8 * size);
}

static decimal_t take_decimal(struct hand *hand)
{
	decimal_t value = {.coefficient = (int64_t)take_unsigned(hand)};
	if (hand->at == hand->end)
		hand->bad = true;
	else
		value.exponent = (int8_t)*hand->at++;
	return value;
}

static bool unpack_by_hand(const struct bytes *bytes, struct tick *out)
{
	struct hand hand = {bytes->data, bytes->data + bytes->size, false};
	if (bytes->size < 2 || *hand.at++ != (0x90 | 12))
		return false;
	uint8_t size = *hand.at++ & 0x1f;
	if (hand.end - hand.at < size)
		return false;
	memset(&out->symbol, 0, sizeof out->symbol);
	out->symbol.size = size;
	memcpy(out->symbol.text, hand.at, size);
	hand.at += size;
	out->bid = take_decimal(&hand);
	out->bid_qty = take_decimal(&hand);
	out->ask = take_decimal(&hand);
	out->ask_qty = take_decimal(&hand);
	out->book_id = take_unsigned(&hand);
	out->at = (nanos_t)take_unsigned(&hand);
	out->stamp = (nanos_t)take_unsigned(&hand);
	return !hand.bad && hand.at == hand.end;
}

/* msgpack-c */

static void pack_decimal(msgpack_packer *packer, decimal_t value)
{
	msgpack_pack_int64(packer, value.coefficient);
	msgpack_pack_int8(packer, value.exponent);
}

static void pack_msgpack(msgpack_packer *packer, const struct tick *tick)
{
	msgpack_pack_array(packer, 12);
	msgpack_pack_str(packer, tick->symbol.size);
	msgpack_pack_str_body(packer, tick->symbol.text, tick->symbol.size);
	pack_decimal(packer, tick->bid);
	pack_decimal(packer, tick->bid_qty);
	pack_decimal(packer, tick->ask);
	pack_decimal(packer, tick->ask_qty);
	msgpack_pack_uint64(packer, tick->book_id);
	msgpack_pack_int64(packer, tick->at);
	msgpack_pack_int64(packer, tick->stamp);
}

static decimal_t object_decimal(const msgpack_object *object)
{
	return (decimal_t){object[0].via.i64, (int8_t)object[1].via.i64};
}

static bool unpack_msgpack(msgpack_unpacked *unpacked, const struct bytes *bytes, struct tick *out)
{
	size_t offset = 0;
	if (msgpack_unpack_next(unpacked, (const char *)bytes->data, bytes->size, &offset) !=
	            MSGPACK_UNPACK_SUCCESS ||
	    unpacked->data.type != MSGPACK_OBJECT_ARRAY || unpacked->data.via.array.size != 12)
		return false;
	const msgpack_object *object = unpacked->data.via.array.ptr;
	memset(&out->symbol, 0, sizeof out->symbol);
	out->symbol.size = (uint8_t)object[0].via.str.size;
	memcpy(out->symbol.text, object[0].via.str.ptr, out->symbol.size);
	out->bid = object_decimal(object + 1);
	out->bid_qty = object_decimal(object + 3);
	out->ask = object_decimal(object + 5);
	out->ask_qty = object_decimal(object + 7);
	out->book_id = object[9].via.u64;
	out->at = object[10].via.i64;
	out->stamp = object[11].via.i64;
	return true;
}

/* measuring */

#define TIME(label, rounds, ...) \
	do { \
		uint64_t start_ = measure_now(); \
		for (unsigned round_ = 0; round_ < (rounds); round_++) \
			for (unsigned i = 0; i < SAMPLES; i++) { \
				__VA_ARGS__; \
				__asm__ volatile("" ::: "memory"); \
			} \
		measure_print(label, \
		              (double)(measure_now() - start_) / ((double)(rounds)*SAMPLES)); \
	} while (0)

static bool check_equal(void)
{
	uint8_t by_hand[BODY_MAX];
	msgpack_sbuffer buffer;
	msgpack_packer packer;
	bool equal = true;
	msgpack_sbuffer_init(&buffer);
	msgpack_packer_init(&packer, &buffer, msgpack_sbuffer_write);
	for (unsigned i = 0; i < SAMPLES; i++) {
		if (codec_pack_body(MESSAGE_TICK, &ticks[i], packed[i].data, BODY_MAX,
		                    &packed[i].size) != OK)
			return false;
		msgpack_sbuffer_clear(&buffer);
		pack_msgpack(&packer, &ticks[i]);
		equal &= pack_by_hand(&ticks[i], by_hand) == packed[i].size &&
		         memcmp(by_hand, packed[i].data, packed[i].size) == 0 &&
		         buffer.size == packed[i].size &&
		         memcmp(buffer.data, packed[i].data, buffer.size) == 0;
	}
	msgpack_sbuffer_destroy(&buffer);
	return equal;
}

int main(int argc, char **argv)
{
	unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 500;
	static uint8_t out[BODY_MAX];
	static struct tick tick;
	size_t size;
	bool ok = true;
	make_samples();
	if (!check_equal()) {
		fprintf(stderr, "bench_codec: the three encoders differ\n");
		return EXIT_FAILURE;
	}
	msgpack_sbuffer buffer;
	msgpack_packer packer;
	msgpack_unpacked unpacked;
	msgpack_sbuffer_init(&buffer);
	msgpack_packer_init(&packer, &buffer, msgpack_sbuffer_write);
	msgpack_unpacked_init(&unpacked);
	TIME("encode.ours", rounds,
	     ok &= codec_pack_body(MESSAGE_TICK, &ticks[i], out, BODY_MAX, &size) == OK);
	TIME("encode.by_hand", rounds, size = pack_by_hand(&ticks[i], out));
	TIME("encode.msgpack", rounds,
	     (msgpack_sbuffer_clear(&buffer), pack_msgpack(&packer, &ticks[i])));
	TIME("decode.ours", rounds,
	     ok &= codec_unpack_body(MESSAGE_TICK, packed[i].data, packed[i].size, &tick,
	                             sizeof tick) == OK);
	TIME("decode.by_hand", rounds, ok &= unpack_by_hand(&packed[i], &tick));
	TIME("decode.msgpack", rounds, ok &= unpack_msgpack(&unpacked, &packed[i], &tick));
	msgpack_unpacked_destroy(&unpacked);
	msgpack_sbuffer_destroy(&buffer);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
