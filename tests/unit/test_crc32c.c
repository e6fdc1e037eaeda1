/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/crc32c.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/random.h"

/* One bit at a time, as the polynomial is defined. */
static uint32_t bitwise(const uint8_t *bytes, size_t size)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < size; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return ~crc;
}

static void agrees_with_the_published_values(void **state)
{
	uint8_t bytes[32] = {0};

	(void)state;
	assert_int_equal(crc32c("123456789", 9), 0xe3069283);
	assert_int_equal(crc32c("", 0), 0);
	assert_int_equal(crc32c(bytes, 32), 0x8a9136aa);
	memset(bytes, 0xff, sizeof bytes);
	assert_int_equal(crc32c(bytes, 32), 0x62a8ab43);
	for (uint8_t i = 0; i < 32; i++)
		bytes[i] = i;
	assert_int_equal(crc32c(bytes, 32), 0x46dd794e);
}

static void agrees_with_the_definition_at_every_size_and_offset(void **state)
{
	uint8_t bytes[300];
	struct random random;

	(void)state;
	random_init(&random, 2);
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)random_next(&random);
	for (size_t from = 0; from < 9; from++)
		for (size_t size = 0; from + size <= sizeof bytes; size++)
			assert_int_equal(crc32c(bytes + from, size), bitwise(bytes + from, size));
}

static void parts_add_up_to_the_whole(void **state)
{
	const char text[] = "INTENT and SEND may share one sync when the order leaves at once";

	(void)state;
	for (size_t cut = 0; cut <= sizeof text; cut++) {
		uint32_t crc = crc32c_extend(0, text, cut);
		assert_int_equal(crc32c_extend(crc, text + cut, sizeof text - cut),
		                 crc32c(text, sizeof text));
	}
}

static void every_single_flipped_bit_shows(void **state)
{
	uint8_t record[64] = "a record of the journal";
	uint32_t whole = crc32c(record, sizeof record);

	(void)state;
	for (size_t bit = 0; bit < 8 * sizeof record; bit++) {
		record[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_not_equal(crc32c(record, sizeof record), whole);
		record[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_the_published_values),
		cmocka_unit_test(agrees_with_the_definition_at_every_size_and_offset),
		cmocka_unit_test(parts_add_up_to_the_whole),
		cmocka_unit_test(every_single_flipped_bit_shows),
	};

	return cmocka_run_group_tests_name("crc32c", tests, NULL, NULL);
}
