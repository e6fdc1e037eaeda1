/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/random.h"

static void assert_rest_is_zero(const char *text, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		assert_int_equal(text[i], 0);
}

static void a_name_keeps_thirty_bytes_and_zeros_behind(void **state)
{
	name_t name = name_from("BTCUSDT");
	name_t longest = name_from("0123456789012345678901234567890123");

	(void)state;
	assert_int_equal(name.size, 7);
	assert_string_equal(name.text, "BTCUSDT");
	assert_rest_is_zero(name.text, 7, sizeof name.text);
	assert_int_equal(longest.size, 30);
	assert_string_equal(longest.text, "012345678901234567890123456789");
}

static void parsing_a_name_refuses_what_does_not_fit(void **state)
{
	name_t name = name_from("old");

	(void)state;
	assert_int_equal(name_parse("0123456789012345678901234567890", 31, &name), ERR_INVALID);
	assert_int_equal(name_parse("a\0b", 3, &name), ERR_INVALID);
	assert_true(name_is(&name, "old"));
	assert_int_equal(name_parse("newer", 3, &name), OK);
	assert_true(name_is(&name, "new"));
	assert_int_equal(name_parse("", 0, &name), OK);
	assert_int_equal(name.size, 0);
}

static void names_are_equal_when_their_text_is(void **state)
{
	name_t a = name_from("ETHUSDT"), b = name_from("ETHUSDT"), c = name_from("ETHUSD");

	(void)state;
	assert_true(name_equals(&a, &b));
	assert_false(name_equals(&a, &c));
	assert_int_equal(name_hash(&a), name_hash(&b));
	assert_int_not_equal(name_hash(&a), name_hash(&c));
	assert_false(name_is(&c, "ETHUSDT"));
	assert_false(name_is(&a, "ETHUSD"));
}

static void hashes_of_ten_thousand_names_differ_in_32_bits_either_end(void **state)
{
	static uint64_t hashes[10000];
	int low_twins = 0;

	(void)state;
	for (int i = 0; i < 10000; i++) {
		char text[NAME_MAX_SIZE];
		snprintf(text, sizeof text, "COIN%dUSDT", i);
		name_t name = name_from(text);
		hashes[i] = name_hash(&name);
		for (int j = i - 50; j >= 0 && j < i; j++)
			low_twins += (uint32_t)hashes[j] == (uint32_t)hashes[i] ||
			             hashes[j] >> 32 == hashes[i] >> 32;
	}
	assert_in_range(low_twins, 0, 1);
}

static void a_text_is_cut_between_characters(void **state)
{
	char bytes[400];

	(void)state;
	for (size_t before = 245; before <= 250; before++) {
		memset(bytes, 'x', sizeof bytes);
		memcpy(bytes + before, "\xf0\x9f\x98\x80", 5);
		text_t text = text_from(bytes);
		assert_int_equal(text.size, before + 4 <= 250 ? before + 4 : before);
		assert_memory_equal(text.text, bytes, text.size);
		assert_rest_is_zero(text.text, text.size, sizeof text.text);
		text_t formatted = text_format("%s", bytes);
		assert_memory_equal(&formatted, &text, sizeof text);
	}
}

static void bytes_that_are_no_utf8_are_cut_at_the_bound(void **state)
{
	char bytes[400];

	(void)state;
	memset(bytes, 0x80, sizeof bytes - 1);
	bytes[sizeof bytes - 1] = '\0';
	assert_int_equal(text_from(bytes).size, TEXT_MAX_SIZE);
}

static void formatting_fills_a_text(void **state)
{
	text_t text = text_format("order %d: %s", 7, "exposure_max");

	(void)state;
	assert_string_equal(text.text, "order 7: exposure_max");
	assert_int_equal(text.size, strlen(text.text));
}

static void identities_print_as_32_hex_digits_and_parse_back(void **state)
{
	struct random random;
	char text[IDENT_TEXT_SIZE];
	ident_t ident = {UINT64_C(0x0123456789abcdef), UINT64_C(0xfedcba9876543210)}, back;

	(void)state;
	assert_string_equal(ident_print(ident, text), "0123456789abcdeffedcba9876543210");
	random_init(&random, 32);
	for (int i = 0; i < 1000; i++) {
		ident = (ident_t){random_next(&random), random_next(&random)};
		assert_int_equal(ident_parse(ident_print(ident, text), 32, &back), OK);
		assert_true(ident_equals(ident, back));
		assert_int_equal(ident_hash(ident), ident_hash(back));
	}
	assert_int_equal(ident_parse("0123456789ABCDEF0000000000000000", 32, &back), OK);
	assert_int_equal(back.high, UINT64_C(0x0123456789abcdef));
}

static void other_identities_are_refused(void **state)
{
	ident_t ident = {1, 2};

	(void)state;
	assert_int_equal(ident_parse("0123456789abcdef0123456789abcde", 31, &ident), ERR_INVALID);
	assert_int_equal(ident_parse("0123456789abcdef0123456789abcdef0", 33, &ident), ERR_INVALID);
	assert_int_equal(ident_parse("0123456789abcdef0123456789abcdeg", 32, &ident), ERR_INVALID);
	assert_int_equal(ident_parse("0123456789abcdef0123456789abcde ", 32, &ident), ERR_INVALID);
	assert_true(ident_equals(ident, (ident_t){1, 2}));
}

static void only_all_zero_is_no_identity(void **state)
{
	(void)state;
	assert_true(ident_is_none((ident_t){0, 0}));
	assert_false(ident_is_none((ident_t){0, 1}));
	assert_false(ident_is_none((ident_t){1, 0}));
	assert_false(ident_equals((ident_t){1, 0}, (ident_t){0, 1}));
	assert_int_not_equal(ident_hash((ident_t){1, 0}), ident_hash((ident_t){0, 1}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_keeps_thirty_bytes_and_zeros_behind),
		cmocka_unit_test(parsing_a_name_refuses_what_does_not_fit),
		cmocka_unit_test(names_are_equal_when_their_text_is),
		cmocka_unit_test(hashes_of_ten_thousand_names_differ_in_32_bits_either_end),
		cmocka_unit_test(a_text_is_cut_between_characters),
		cmocka_unit_test(bytes_that_are_no_utf8_are_cut_at_the_bound),
		cmocka_unit_test(formatting_fills_a_text),
		cmocka_unit_test(identities_print_as_32_hex_digits_and_parse_back),
		cmocka_unit_test(other_identities_are_refused),
		cmocka_unit_test(only_all_zero_is_no_identity),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
