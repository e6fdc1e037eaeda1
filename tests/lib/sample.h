/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies with random valid values, for tests that walk the catalogue. */
#ifndef TESTS_LIB_SAMPLE_H
#define TESTS_LIB_SAMPLE_H

#include "proto/message.h"

#include <string.h>

/* A body of any message. */
union sample {
	struct venue_depth depth;
	struct venue_book book;
	struct instrument instrument;
	struct venue_order order;
	uint8_t bytes[sizeof(struct venue_depth)];
};

struct sampler {
	uint64_t state;    /* the seed */
	size_t levels_max; /* longest list of levels */
};

/* splitmix64 */
static inline uint64_t sample_bits(struct sampler *self)
{
	uint64_t x = self->state += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static inline size_t sample_below(struct sampler *self, size_t bound)
{
	return (size_t)(sample_bits(self) % bound);
}

/* Every width is as likely; now and then one of the bounds between two wire forms. */
static inline uint64_t sample_count(struct sampler *self)
{
	uint64_t bits = sample_bits(self);

	if (bits % 4 == 0)
		return (UINT64_C(1) << sample_below(self, 64)) - (bits >> 60) % 2;
	return bits >> sample_below(self, 64);
}

static inline int64_t sample_nanos(struct sampler *self)
{
	int64_t value = (int64_t)(sample_count(self) >> 1);

	return sample_bits(self) % 3 == 0 ? -value - 1 : value;
}

static inline decimal_t sample_decimal(struct sampler *self, bool is_amount)
{
	int64_t coefficient = (int64_t)(sample_count(self) >> 1);
	int exponent = (int)sample_below(self, 37) - 18;

	if (!is_amount && sample_bits(self) % 2 == 0)
		coefficient = -coefficient;
	return decimal_make(coefficient, exponent);
}

static inline size_t sample_string(struct sampler *self, char *text, size_t size_max)
{
	size_t size = sample_bits(self) % 8 == 0 ? size_max : sample_below(self, size_max + 1);

	for (size_t i = 0; i < size; i++)
		text[i] = (char)(' ' + sample_below(self, 95));
	return size;
}

static inline void sample_levels(struct sampler *self, struct levels *levels)
{
	levels->count = (uint32_t)sample_below(self, self->levels_max + 1);
	for (size_t i = 0; i < levels->count; i++) {
		levels->items[i].price = sample_decimal(self, true);
		levels->items[i].qty = sample_decimal(self, true);
	}
}

static inline void sample_counts(struct sampler *self, struct counts *counts)
{
	counts->count = (uint32_t)sample_below(self, COUNTS_MAX + 1);
	for (size_t i = 0; i < counts->count; i++)
		counts->items[i] = sample_count(self);
}

static inline void sample_field(struct sampler *self, const struct field_info *field, void *value)
{
	name_t *name = value;
	text_t *text = value;

	switch (field->kind) {
	case KIND_FLAG: *(bool *)value = sample_bits(self) % 2; break;
	case KIND_COUNT: *(uint64_t *)value = sample_count(self); break;
	case KIND_NANOS: *(nanos_t *)value = sample_nanos(self); break;
	case KIND_IDENT:
		*(ident_t *)value = (ident_t){sample_count(self), sample_count(self)};
		break;
	case KIND_NAME: name->size = (uint8_t)sample_string(self, name->text, NAME_MAX_SIZE); break;
	case KIND_TEXT: text->size = (uint8_t)sample_string(self, text->text, TEXT_MAX_SIZE); break;
	case KIND_DECIMAL: *(decimal_t *)value = sample_decimal(self, false); break;
	case KIND_AMOUNT: *(decimal_t *)value = sample_decimal(self, true); break;
	case KIND_LEVELS: sample_levels(self, value); break;
	case KIND_COUNTS: sample_counts(self, value); break;
	case KIND_ENUM:
		*(int *)value =
			field->values->values[sample_below(self, field->values->count)].number;
		break;
	}
}

static inline void sample_body(struct sampler *self, const struct message_info *info, void *body)
{
	memset(body, 0, info->size);
	for (size_t i = 0; i < info->field_count; i++)
		sample_field(self, &info->fields[i], (char *)body + info->fields[i].offset);
}

static inline bool sample_decimals_equal(decimal_t a, decimal_t b)
{
	return a.coefficient == b.coefficient && a.exponent == b.exponent;
}

static inline bool sample_levels_equal(const struct levels *a, const struct levels *b)
{
	bool equal = a->count == b->count;

	for (size_t i = 0; equal && i < a->count; i++)
		equal = sample_decimals_equal(a->items[i].price, b->items[i].price) &&
		        sample_decimals_equal(a->items[i].qty, b->items[i].qty);
	return equal;
}

static inline bool sample_fields_equal(enum kind kind, const void *a, const void *b)
{
	const struct counts *counts = a;

	switch (kind) {
	case KIND_FLAG: return *(const bool *)a == *(const bool *)b;
	case KIND_COUNT:
	case KIND_NANOS: return memcmp(a, b, sizeof(uint64_t)) == 0;
	case KIND_IDENT: return memcmp(a, b, sizeof(ident_t)) == 0;
	case KIND_NAME: return memcmp(a, b, sizeof(name_t)) == 0;
	case KIND_TEXT: return memcmp(a, b, sizeof(text_t)) == 0;
	case KIND_DECIMAL:
	case KIND_AMOUNT:
		return sample_decimals_equal(*(const decimal_t *)a, *(const decimal_t *)b);
	case KIND_LEVELS: return sample_levels_equal(a, b);
	case KIND_COUNTS:
		return counts->count <= COUNTS_MAX &&
		       memcmp(a, b, offsetof(struct counts, items) + 8 * counts->count) == 0;
	case KIND_ENUM: return *(const int *)a == *(const int *)b;
	}
	return false;
}

/* Unused bytes of names and texts count: they must be zero on both sides. */
static inline bool sample_bodies_equal(const struct message_info *info, const void *a,
                                       const void *b)
{
	for (size_t i = 0; i < info->field_count; i++) {
		size_t offset = info->fields[i].offset;
		if (!sample_fields_equal(info->fields[i].kind, (const char *)a + offset,
		                         (const char *)b + offset))
			return false;
	}
	return true;
}

#endif
