/* SPDX-License-Identifier: Apache-2.0 */
/* What reader.h and writer.h share: MessagePack's tags, worst sizes, and the trick that makes names
   cheap. Pure. */
#ifndef PROTO_WIRE_H
#define PROTO_WIRE_H

#include "proto/message.h"

#include <assert.h>
#include <string.h>

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are byte-swapped for the wire");

/* Only inlined does a cursor stay in registers; left alone, the compiler shares these functions
   between the messages, which is four times slower. With a sanitizer it would compile for
   minutes. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(__clang__)
#define WIRE_INLINE static inline
#else
#define WIRE_INLINE static inline __attribute__((always_inline))
#endif

enum {
	WIRE_FIXARRAY = 0x90,
	WIRE_FIXSTR = 0xa0,
	WIRE_NEVER = 0xc1, /* no value begins so */
	WIRE_FALSE = 0xc2,
	WIRE_TRUE = 0xc3,
	WIRE_BIN8 = 0xc4,
	WIRE_UINT8 = 0xcc,
	WIRE_UINT16,
	WIRE_UINT32,
	WIRE_UINT64,
	WIRE_INT8,
	WIRE_INT16,
	WIRE_INT32,
	WIRE_INT64,
	WIRE_STR8 = 0xd9,
	WIRE_ARRAY16 = 0xdc,
	WIRE_NEGATIVE = 0xe0, /* from here on: -32 to -1 in the tag itself */
};

enum {
	WIRE_ARRAY_SIZE_MAX = 3,
	WIRE_INTEGER_SIZE_MAX = 9,
	WIRE_FLAG_SIZE_MAX = 1,
	WIRE_NAME_SIZE_MAX = sizeof(name_t), /* written whole, cut by what follows */
	WIRE_TEXT_SIZE_MAX = 2 + TEXT_MAX_SIZE,
	WIRE_IDENT_SIZE_MAX = 2 * WIRE_INTEGER_SIZE_MAX,
	WIRE_DECIMAL_SIZE_MAX = WIRE_INTEGER_SIZE_MAX + 1,
	WIRE_LEVEL_SIZE_MAX = 2 * WIRE_DECIMAL_SIZE_MAX,
};

/* A name in memory and on the wire differ in their first byte only (size, and tag with size), so it
   moves as two vectors instead of byte by byte. */
typedef uint8_t half_name_t __attribute__((vector_size(16)));

struct name_halves {
	half_name_t low, high;
};

static_assert(sizeof(name_t) == sizeof(struct name_halves) && offsetof(name_t, text) == 1,
              "a name has the layout of its wire form");

/* 0xff for the bytes of a name that are used (its first one and `size` more), else 0. */
WIRE_INLINE struct name_halves name_mask(size_t size)
{
	static const uint64_t edge[8] = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};
	struct name_halves mask;

	memcpy(&mask, (const char *)edge + sizeof mask - 1 - size, sizeof mask);
	return mask;
}

/* True when a used byte is zero. */
WIRE_INLINE bool name_has_nul(struct name_halves name, struct name_halves mask)
{
	half_name_t zeros = ((half_name_t)(name.low == 0) & mask.low) |
	                    ((half_name_t)(name.high == 0) & mask.high);
	uint64_t words[2];

	memcpy(words, &zeros, sizeof words);
	return (words[0] | words[1]) != 0;
}

/* decimal_is_valid(), with the answer for nearly all values that occur inlined. */
WIRE_INLINE bool wire_decimal_is_valid(int64_t coefficient, int8_t exponent)
{
	bool is_plain = coefficient % 10 != 0 && coefficient != INT64_MIN &&
	                exponent >= DECIMAL_EXPONENT_MIN && exponent <= DECIMAL_EXPONENT_MAX;

	return is_plain || decimal_is_valid((decimal_t){coefficient, exponent});
}

#endif
