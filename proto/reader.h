/* SPDX-License-Identifier: Apache-2.0 */
/* MessagePack values out of bytes that nobody vouches for: never reads outside of [at, end), and
   takes only the shortest form of a value, so that equal values have equal bytes. What is wrong
   is remembered in `bad` and stays; reading goes on harmlessly, so look at it once, at the end.
   Inline, for codec.c only. Pure. */
#ifndef PROTO_READER_H
#define PROTO_READER_H

#include "proto/wire.h"

enum { BAD_FORM = 1, BAD_ENUM = 2 };

struct reader {
	const uint8_t *at, *end;
	unsigned bad; /* BAD_ bits */
};

WIRE_INLINE void refuse_if(struct reader *self, bool wrong)
{
	self->bad |= wrong ? BAD_FORM : 0;
}

WIRE_INLINE size_t bytes_left(const struct reader *self)
{
	return (size_t)(self->end - self->at);
}

WIRE_INLINE unsigned get_byte(struct reader *self)
{
	if (self->at == self->end) {
		self->bad |= BAD_FORM;
		return WIRE_NEVER;
	}
	return *self->at++;
}

/* The next `width` bytes as a number; anything below `least` has a shorter form. */
WIRE_INLINE uint64_t get_tail(struct reader *self, unsigned width, uint64_t least)
{
	uint64_t bytes = 0;

	if (bytes_left(self) < width) {
		self->bad |= BAD_FORM;
		return 0;
	}
	memcpy(&bytes, self->at, width);
	self->at += width;
	uint64_t value = __builtin_bswap64(bytes) >> (64 - 8 * width);
	refuse_if(self, value < least);
	return value;
}

/* Branches, not arithmetic: the widths of one field hardly change from message to message. */
WIRE_INLINE uint64_t get_unsigned_tail(struct reader *self, unsigned tag)
{
	if (tag == WIRE_UINT64)
		return get_tail(self, 8, UINT64_C(1) << 32);
	if (tag == WIRE_UINT32)
		return get_tail(self, 4, 1 << 16);
	if (tag == WIRE_UINT16)
		return get_tail(self, 2, 1 << 8);
	if (tag == WIRE_UINT8)
		return get_tail(self, 1, 1 << 7);
	self->bad |= BAD_FORM;
	return 0;
}

WIRE_INLINE uint64_t get_unsigned(struct reader *self)
{
	unsigned tag = get_byte(self);

	return tag < 0x80 ? tag : get_unsigned_tail(self, tag);
}

WIRE_INLINE int64_t get_negative(struct reader *self, unsigned tag)
{
	int64_t value = 0, longer_than = 0;

	if (tag == WIRE_INT64) {
		value = (int64_t)get_tail(self, 8, 0);
		longer_than = INT32_MIN;
	} else if (tag == WIRE_INT32) {
		value = (int32_t)get_tail(self, 4, 0);
		longer_than = INT16_MIN;
	} else if (tag == WIRE_INT16) {
		value = (int16_t)get_tail(self, 2, 0);
		longer_than = INT8_MIN;
	} else {
		value = (int8_t)get_tail(self, 1, 0);
		longer_than = -32;
	}
	refuse_if(self, value >= longer_than);
	return value;
}

WIRE_INLINE int64_t get_signed(struct reader *self)
{
	unsigned tag = get_byte(self);

	if (tag < 0x80)
		return tag;
	if (tag >= WIRE_NEGATIVE)
		return (int8_t)tag;
	if (tag >= WIRE_INT8 && tag <= WIRE_INT64)
		return get_negative(self, tag);
	int64_t value = (int64_t)get_unsigned_tail(self, tag);
	refuse_if(self, value < 0);
	return value;
}

#endif
