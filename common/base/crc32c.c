/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/crc32c.h"

/* The remainder of a byte is the sum (xor) of the remainders of its bits; so eight numbers make a
   table of 256. Slice n is for a byte that n further bytes follow. */
#define ONE(i, a, b, c, d, e, f, g, h) \
	(((i)&1 ? (a) : 0) ^ ((i)&2 ? (b) : 0) ^ ((i)&4 ? (c) : 0) ^ ((i)&8 ? (d) : 0) ^ \
	 ((i)&16 ? (e) : 0) ^ ((i)&32 ? (f) : 0) ^ ((i)&64 ? (g) : 0) ^ ((i)&128 ? (h) : 0))
#define FOUR(i, ...) \
	ONE(i, __VA_ARGS__), ONE(i + 1, __VA_ARGS__), ONE(i + 2, __VA_ARGS__), \
		ONE(i + 3, __VA_ARGS__)
#define SIXTEEN(i, ...) \
	FOUR(i, __VA_ARGS__), FOUR(i + 4, __VA_ARGS__), FOUR(i + 8, __VA_ARGS__), \
		FOUR(i + 12, __VA_ARGS__)
#define SIXTY_FOUR(i, ...) \
	SIXTEEN(i, __VA_ARGS__), SIXTEEN(i + 16, __VA_ARGS__), SIXTEEN(i + 32, __VA_ARGS__), \
		SIXTEEN(i + 48, __VA_ARGS__)
#define SLICE(...) \
	{ \
		SIXTY_FOUR(0, __VA_ARGS__), SIXTY_FOUR(64, __VA_ARGS__), \
			SIXTY_FOUR(128, __VA_ARGS__), SIXTY_FOUR(192, __VA_ARGS__) \
	}

static const uint32_t slices[8][256] = {
	SLICE(0xf26b8303, 0xe13b70f7, 0xc79a971f, 0x8ad958cf, 0x105ec76f, 0x20bd8ede, 0x417b1dbc,
              0x82f63b78),
	SLICE(0x13a29877, 0x274530ee, 0x4e8a61dc, 0x9d14c3b8, 0x3fc5f181, 0x7f8be302, 0xff17c604,
              0xfbc3faf9),
	SLICE(0xa541927e, 0x4f6f520d, 0x9edea41a, 0x38513ec5, 0x70a27d8a, 0xe144fb14, 0xc76580d9,
              0x8b277743),
	SLICE(0xdd45aab8, 0xbf672381, 0x7b2231f3, 0xf64463e6, 0xe964b13d, 0xd725148b, 0xaba65fe7,
              0x52a0c93f),
	SLICE(0x38116fac, 0x7022df58, 0xe045beb0, 0xc5670b91, 0x8f2261d3, 0x1ba8b557, 0x37516aae,
              0x6ea2d55c),
	SLICE(0xef306b19, 0xdb8ca0c3, 0xb2f53777, 0x6006181f, 0xc00c303e, 0x85f4168d, 0x0e045beb,
              0x1c08b7d6),
	SLICE(0x68032cc8, 0xd0065990, 0xa5e0c5d1, 0x4e2dfd53, 0x9c5bfaa6, 0x3d5b83bd, 0x7ab7077a,
              0xf56e0ef4),
	SLICE(0x493c7d27, 0x9278fa4e, 0x211d826d, 0x423b04da, 0x847609b4, 0x0d006599, 0x1a00cb32,
              0x34019664),
};

static uint32_t word_at(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

static uint32_t add_eight(uint32_t crc, const uint8_t *bytes)
{
	uint32_t low = crc ^ word_at(bytes), high = word_at(bytes + 4);

	return slices[7][low & 255] ^ slices[6][low >> 8 & 255] ^ slices[5][low >> 16 & 255] ^
	       slices[4][low >> 24] ^ slices[3][high & 255] ^ slices[2][high >> 8 & 255] ^
	       slices[1][high >> 16 & 255] ^ slices[0][high >> 24];
}

uint32_t crc32c_extend(uint32_t crc, const void *bytes, size_t size)
{
	const uint8_t *next = bytes;

	crc = ~crc;
	for (; size >= 8; size -= 8, next += 8)
		crc = add_eight(crc, next);
	for (; size > 0; size--, next++)
		crc = crc >> 8 ^ slices[0][(crc ^ *next) & 255];
	return ~crc;
}

uint32_t crc32c(const void *bytes, size_t size)
{
	return crc32c_extend(0, bytes, size);
}
