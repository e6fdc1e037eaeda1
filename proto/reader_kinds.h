/* SPDX-License-Identifier: Apache-2.0 */
/* One get_<kind> for each kind of field, for the expansion of messages.def in codec.c. `out`
   must be zeroed memory: unused bytes are left alone. Pure. */
#ifndef PROTO_READER_KINDS_H
#define PROTO_READER_KINDS_H

#include "proto/reader.h"

/* `allowed` has bit n set when n is a value. */
WIRE_INLINE int get_enum(struct reader *self, uint64_t allowed)
{
	uint64_t value = get_unsigned(self);

	if (value > 63 || !(allowed >> value & 1)) {
		self->bad |= BAD_ENUM;
		return 0;
	}
	return (int)value;
}

WIRE_INLINE size_t get_array(struct reader *self)
{
	unsigned tag = get_byte(self);

	if ((tag & 0xf0) == WIRE_FIXARRAY)
		return tag & 0x0f;
	refuse_if(self, tag != WIRE_ARRAY16);
	return tag == WIRE_ARRAY16 ? get_tail(self, 2, 16) : 0;
}

WIRE_INLINE void get_flag(struct reader *self, bool *out)
{
	unsigned tag = get_byte(self);

	refuse_if(self, tag != WIRE_FALSE && tag != WIRE_TRUE);
	*out = tag == WIRE_TRUE;
}

WIRE_INLINE void get_count(struct reader *self, uint64_t *out)
{
	*out = get_unsigned(self);
}

WIRE_INLINE void get_nanos(struct reader *self, nanos_t *out)
{
	*out = get_signed(self);
}

WIRE_INLINE void get_ident(struct reader *self, ident_t *out)
{
	out->high = get_unsigned(self);
	out->low = get_unsigned(self);
}

WIRE_INLINE void get_decimal(struct reader *self, decimal_t *out)
{
	int64_t coefficient = get_signed(self);
	int8_t exponent = (int8_t)get_byte(self);

	refuse_if(self, !wire_decimal_is_valid(coefficient, exponent));
	out->coefficient = coefficient;
	out->exponent = exponent;
}

WIRE_INLINE void get_amount(struct reader *self, decimal_t *out)
{
	int64_t coefficient = (int64_t)get_unsigned(self);
	int8_t exponent = (int8_t)get_byte(self);

	refuse_if(self, coefficient < 0 || !wire_decimal_is_valid(coefficient, exponent));
	out->coefficient = coefficient;
	out->exponent = exponent;
}

WIRE_INLINE void get_name(struct reader *self, name_t *out)
{
	size_t left = bytes_left(self);
	unsigned tag = left > 0 ? self->at[0] : WIRE_NEVER;
	size_t size = tag & 0x1f;
	struct name_halves name = {0}, mask = name_mask(size);

	if (left >= sizeof name)
		memcpy(&name, self->at, sizeof name);
	else
		memcpy(&name, self->at, left);
	refuse_if(self, (tag & 0xe0) != WIRE_FIXSTR || size > NAME_MAX_SIZE || size >= left ||
	                name_has_nul(name, mask));
	if (self->bad)
		return;
	name.low &= mask.low;
	name.high &= mask.high;
	memcpy(out, &name, sizeof name);
	out->size = (uint8_t)size;
	self->at += 1 + size;
}

WIRE_INLINE void get_text(struct reader *self, text_t *out)
{
	unsigned tag = get_byte(self);
	bool is_long = tag == WIRE_STR8;
	size_t size = is_long ? get_tail(self, 1, 32) : tag & 0x1f;

	refuse_if(self, !is_long && (tag & 0xe0) != WIRE_FIXSTR);
	refuse_if(self, size > TEXT_MAX_SIZE || size > bytes_left(self));
	if (self->bad || memchr(self->at, '\0', size) != NULL) {
		self->bad |= BAD_FORM;
		return;
	}
	memcpy(out->text, self->at, size);
	out->size = (uint8_t)size;
	self->at += size;
}

#endif
