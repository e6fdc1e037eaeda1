/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of the catalogue that no compiler checks, and the look-ups. */
#include "proto/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void every_type_number_is_one_message(void **state)
{
	bool seen[MESSAGE_TYPES_MAX] = {false};

	(void)state;
	for (size_t i = 0; i < message_info_count; i++) {
		unsigned number = (unsigned)message_infos[i]->type;
		assert_in_range(number, 1, MESSAGE_TYPES_MAX - 1);
		assert_false(seen[number]);
		seen[number] = true;
	}
}

static void every_name_is_one_message(void **state)
{
	(void)state;
	for (size_t i = 0; i < message_info_count; i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(message_infos[i]->name, message_infos[k]->name);
}

/* A subscription filter is three bytes long: see codec_prefix(). */
static void every_version_is_one_byte_on_the_wire(void **state)
{
	(void)state;
	for (size_t i = 0; i < message_info_count; i++)
		assert_in_range(message_infos[i]->version, 1, 127);
}

static void every_message_and_field_says_what_it_means(void **state)
{
	(void)state;
	for (size_t i = 0; i < message_info_count; i++) {
		const struct message_info *info = message_infos[i];
		assert_true(strlen(info->doc) > 3);
		assert_true(info->field_count > 0);
		for (size_t k = 0; k < info->field_count; k++)
			assert_true(strlen(info->fields[k].doc) > 1);
	}
}

static void every_field_lies_inside_its_struct_behind_the_one_before(void **state)
{
	(void)state;
	for (size_t i = 0; i < message_info_count; i++) {
		const struct message_info *info = message_infos[i];
		assert_int_equal(info->fields[0].offset, 0);
		for (size_t k = 1; k < info->field_count; k++)
			assert_true(info->fields[k].offset > info->fields[k - 1].offset);
		assert_true(info->fields[info->field_count - 1].offset < info->size);
	}
}

/* The reader zeroes a struct up to its levels only. */
static void nothing_follows_levels(void **state)
{
	(void)state;
	for (size_t i = 0; i < message_info_count; i++) {
		const struct message_info *info = message_infos[i];
		for (size_t k = 1; k < info->field_count; k++)
			if (info->fields[k - 1].kind == KIND_LEVELS)
				assert_int_equal(info->fields[k].kind, KIND_LEVELS);
	}
}

static void every_enum_value_has_its_own_number_and_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < enum_info_count; i++) {
		const struct enum_info *info = enum_infos[i];
		for (size_t k = 0; k < info->count; k++) {
			assert_in_range(info->values[k].number, 1, 63);
			assert_true(strlen(info->values[k].doc) > 3);
			for (size_t m = 0; m < k; m++) {
				assert_int_not_equal(info->values[k].number,
				                     info->values[m].number);
				assert_string_not_equal(info->values[k].name, info->values[m].name);
			}
		}
	}
}

static void a_message_is_found_by_type_and_by_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < message_info_count; i++) {
		assert_ptr_equal(message_info(message_infos[i]->type), message_infos[i]);
		assert_ptr_equal(message_info_named(message_infos[i]->name), message_infos[i]);
	}
	assert_string_equal(message_info(MESSAGE_TICK)->name, "tick");
	assert_int_equal(message_info(MESSAGE_TICK)->size, sizeof(struct tick));
	assert_true(message_info(MESSAGE_APPROVAL)->sealed);
	assert_false(message_info(MESSAGE_INTENT)->sealed);
}

static void what_is_no_message_is_not_found(void **state)
{
	(void)state;
	assert_null(message_info(MESSAGE_NONE));
	assert_null(message_info((enum message_type)MESSAGE_TYPES_MAX));
	assert_null(message_info((enum message_type) - 1));
	assert_null(message_info_named("tic"));
	assert_null(message_info_named(""));
}

static void an_enum_value_prints_and_parses(void **state)
{
	(void)state;
	assert_string_equal(enum_print(&enum_side, SIDE_BUY), "BUY");
	assert_int_equal(enum_parse(&enum_side, "SELL"), SIDE_SELL);
	assert_string_equal(enum_print(&enum_side, 0), "?");
	assert_string_equal(enum_print(&enum_side, 3), "?");
	assert_int_equal(enum_parse(&enum_side, "sell"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_number_is_one_message),
		cmocka_unit_test(every_name_is_one_message),
		cmocka_unit_test(every_version_is_one_byte_on_the_wire),
		cmocka_unit_test(every_message_and_field_says_what_it_means),
		cmocka_unit_test(every_field_lies_inside_its_struct_behind_the_one_before),
		cmocka_unit_test(nothing_follows_levels),
		cmocka_unit_test(every_enum_value_has_its_own_number_and_name),
		cmocka_unit_test(a_message_is_found_by_type_and_by_name),
		cmocka_unit_test(what_is_no_message_is_not_found),
		cmocka_unit_test(an_enum_value_prints_and_parses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
