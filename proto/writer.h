/* SPDX-License-Identifier: Apache-2.0 */
/* MessagePack values into memory, shortest forms. The writer checks no bound: its user has made
   sure of the worst size of everything it puts (WIRE_*_SIZE_MAX), and bytes up to that size may
   be scribbled on. A value that the reader would refuse sets `bad`, which stays; look at it at
   the end. Inline, for codec.c only. Pure. */
#ifndef PROTO_WRITER_H
#define PROTO_WRITER_H

#include "proto/wire.h"

struct writer {
	uint8_t *at;
	bool bad;
};

WIRE_INLINE void put_byte(struct writer *self, unsigned byte)
{
	*self->at++ = (uint8_t)byte;
}

WIRE_INLINE void put_tail(struct writer *self, unsigned tag, unsigned width, uint64_t value)
{
	uint64_t swapped = __builtin_bswap64(value << (64 - 8 * width));

	self->at[0] = (uint8_t)tag;
	memcpy(self->at + 1, &swapped, sizeof swapped);
	self->at += 1 + width;
}

/* Branches, not arithmetic: the widths of one field hardly change from message to message. */
WIRE_INLINE void put_unsigned(struct writer *self, uint64_t value)
{
	if (value < 0x80)
		put_byte(self, (unsigned)value);
	else if (value > UINT32_MAX)
		put_tail(self, WIRE_UINT64, 8, value);
	else if (value > UINT16_MAX)
		put_tail(self, WIRE_UINT32, 4, value);
	else if (value > UINT8_MAX)
		put_tail(self, WIRE_UINT16, 2, value);
	else
		put_tail(self, WIRE_UINT8, 1, value);
}

WIRE_INLINE void put_signed(struct writer *self, int64_t value)
{
	if (value >= 0)
		put_unsigned(self, (uint64_t)value);
	else if (value >= -32)
		put_byte(self, (unsigned)value);
	else if (value < INT32_MIN)
		put_tail(self, WIRE_INT64, 8, (uint64_t)value);
	else if (value < INT16_MIN)
		put_tail(self, WIRE_INT32, 4, (uint64_t)value);
	else if (value < INT8_MIN)
		put_tail(self, WIRE_INT16, 2, (uint64_t)value);
	else
		put_tail(self, WIRE_INT8, 1, (uint64_t)value);
}

/* `allowed` has bit n set when n is a value. */
WIRE_INLINE void put_enum(struct writer *self, int value, uint64_t allowed)
{
	self->bad |= value < 0 || value > 63 || !(allowed >> value & 1);
	put_byte(self, (unsigned)value);
}

WIRE_INLINE void put_array(struct writer *self, size_t count)
{
	if (count < 16)
		put_byte(self, WIRE_FIXARRAY | (unsigned)count);
	else
		put_tail(self, WIRE_ARRAY16, 2, count);
}

WIRE_INLINE void put_flag(struct writer *self, const bool *value)
{
	put_byte(self, *value ? WIRE_TRUE : WIRE_FALSE);
}

WIRE_INLINE void put_count(struct writer *self, const uint64_t *value)
{
	put_unsigned(self, *value);
}

WIRE_INLINE void put_nanos(struct writer *self, const nanos_t *value)
{
	put_signed(self, *value);
}

WIRE_INLINE void put_ident(struct writer *self, const ident_t *value)
{
	put_unsigned(self, value->high);
	put_unsigned(self, value->low);
}

WIRE_INLINE void put_decimal(struct writer *self, const decimal_t *value)
{
	self->bad |= !wire_decimal_is_valid(value->coefficient, value->exponent);
	put_signed(self, value->coefficient);
	put_byte(self, (unsigned)value->exponent);
}

WIRE_INLINE void put_amount(struct writer *self, const decimal_t *value)
{
	self->bad |= value->coefficient < 0;
	self->bad |= !wire_decimal_is_valid(value->coefficient, value->exponent);
	put_unsigned(self, (uint64_t)value->coefficient);
	put_byte(self, (unsigned)value->exponent);
}

WIRE_INLINE void put_name(struct writer *self, const name_t *value)
{
	size_t size = value->size & (sizeof *value - 1);
	struct name_halves name;

	memcpy(&name, value, sizeof name);
	memcpy(self->at, &name, sizeof name);
	self->at[0] = (uint8_t)(WIRE_FIXSTR | size);
	name.low |= (half_name_t){WIRE_FIXSTR};
	self->bad |= value->size > NAME_MAX_SIZE || name_has_nul(name, name_mask(size));
	self->at += 1 + size;
}

WIRE_INLINE void put_text(struct writer *self, const text_t *value)
{
	size_t size = value->size;

	if (size > TEXT_MAX_SIZE || memchr(value->text, '\0', size) != NULL) {
		self->bad = true;
		return;
	}
	if (size < 32)
		put_byte(self, WIRE_FIXSTR | (unsigned)size);
	else
		put_tail(self, WIRE_STR8, 1, size);
	memcpy(self->at, value->text, size);
	self->at += size;
}

#endif
