/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* One key of every kind. */
struct all_config {
	config_flag active;
	config_count order_count_max;
	config_decimal order_value_max;
	config_duration timeout;
	config_name venue;
	config_text comment;
	struct config_names symbols;
	struct config_pairs params;
};

#define ROW(name, kind, fallback, low, high) \
	{ \
#name, kind, offsetof(struct all_config, name), fallback, low, high, "For tests.", \
			NULL, 0, 0 \
	}

static const struct config_key keys[] = {
	ROW(active, CONFIG_FLAG, "true", "", ""),
	ROW(order_count_max, CONFIG_COUNT, "30", "1", "1000"),
	ROW(order_value_max, CONFIG_DECIMAL, "1000", "0.01", "1000000"),
	ROW(timeout, CONFIG_DURATION, "2s", "100ms", "30s"),
	ROW(venue, CONFIG_NAME, "binance", "", ""),
	ROW(comment, CONFIG_TEXT, "", "", ""),
	ROW(symbols, CONFIG_NAMES, "BTCUSDT,ALTUSDT", "", ""),
	ROW(params, CONFIG_PAIRS, "", "", ""),
};

static const struct config_type type = {"all", "Every kind.", keys, sizeof keys / sizeof *keys,
                                        sizeof(struct all_config)};

static struct all_config config;
static text_t why;

static int set_up(void **state)
{
	(void)state;
	memset(&config, 0xa5, sizeof config);
	config_defaults(&type, &config);
	return 0;
}

static enum err set(const char *key, const char *value)
{
	return config_set(&type, &config, key, value, &why);
}

static void assert_printed(const char *key, const char *expected)
{
	char text[1024];

	assert_string_equal(
		config_print(&type, &config, config_key_named(&type, key), text, sizeof text),
		expected);
}

static void defaults_fill_every_key(void **state)
{
	(void)state;
	assert_true(config.active);
	assert_int_equal(config.order_count_max, 30);
	assert_true(decimal_equals(config.order_value_max, decimal_of("1000")));
	assert_int_equal(config.timeout, 2 * NANOS_S);
	assert_true(name_is(&config.venue, "binance"));
	assert_int_equal(config.comment.size, 0);
	assert_int_equal(config.symbols.count, 2);
	assert_true(name_is(&config.symbols.items[1], "ALTUSDT"));
	assert_int_equal(config.params.count, 0);
}

static void what_is_printed_is_read_back_the_same(void **state)
{
	static const struct {
		const char *key, *value;
	} rows[] = {
		{"active", "false"},
		{"order_count_max", "1000"},
		{"order_value_max", "0.015"},
		{"timeout", "250ms"},
		{"timeout", "30s"},
		{"venue", "kraken"},
		{"comment", "two words, and more"},
		{"symbols", "A,B,C"},
		{"symbols", ""},
		{"params", "fast=5;slow=20;list=1,2"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(set(rows[i].key, rows[i].value), OK);
		assert_printed(rows[i].key, rows[i].value);
	}
}

static void a_duration_is_printed_in_its_largest_whole_unit(void **state)
{
	(void)state;
	assert_int_equal(set("timeout", "2000ms"), OK);
	assert_printed("timeout", "2s");
}

static void a_bad_value_is_refused_with_its_key_and_remedy(void **state)
{
	static const struct {
		const char *key, *value, *part;
	} rows[] = {
		{"active", "yes", "true or false"},
		{"order_count_max", "", "whole number"},
		{"order_count_max", "-1", "whole number"},
		{"order_count_max", "3.5", "whole number"},
		{"order_count_max", "99999999999999999999999", "whole number"},
		{"order_count_max", "0", "at least 1"},
		{"order_count_max", "1001", "at most 1000"},
		{"order_value_max", "1e3", "a number such as"},
		{"order_value_max", "0.009", "at least 0.01"},
		{"order_value_max", "1000000.00000001", "at most 1000000"},
		{"timeout", "2", "duration such as"},
		{"timeout", "99ms", "at least 100ms"},
		{"timeout", "31s", "at most 30s"},
		{"venue", "0123456789012345678901234567890", "at most 30 bytes"},
		{"symbols", "A,,B", "no name"},
		{"symbols", "A,0123456789012345678901234567890", "no name"},
		{"params", "fast", "key=value"},
		{"params", "=5", "no key"},
	};
	(void)state;
	struct all_config before = config;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(set(rows[i].key, rows[i].value), ERR_INVALID);
		if (strstr(why.text, rows[i].part) == NULL || strstr(why.text, rows[i].key) == NULL)
			fail_msg("%s=%s: \"%s\" should say \"%s\"", rows[i].key, rows[i].value,
			         why.text, rows[i].part);
		assert_memory_equal(&config, &before, sizeof config);
	}
}

static void an_unknown_key_names_the_nearest_known_one(void **state)
{
	(void)state;
	assert_int_equal(set("order_value_maks", "5"), ERR_NOT_FOUND);
	assert_non_null(strstr(why.text, "did you mean order_value_max?"));
	assert_int_equal(set("timeuot", "5s"), ERR_NOT_FOUND);
	assert_non_null(strstr(why.text, "did you mean timeout?"));
	assert_int_equal(set("venu", "5"), ERR_NOT_FOUND);
	assert_non_null(strstr(why.text, "did you mean venue?"));
	assert_int_equal(set("completely_else", "5"), ERR_NOT_FOUND);
	assert_null(strstr(why.text, "did you mean"));
}

static void of_two_near_keys_the_nearer_is_named(void **state)
{
	static const struct config_key near[] = {{.name = "abcx"}, {.name = "abcd"}};
	static const struct config_type pair = {.keys = near, .key_count = 2};
	(void)state;

	assert_ptr_equal(config_key_nearest(&pair, "abcxy"), &near[0]);
	assert_ptr_equal(config_key_nearest(&pair, "abd"), &near[1]);
	assert_null(config_key_nearest(&pair, "zzzz"));
}

static void too_many_names_or_pairs_are_refused(void **state)
{
	char many[CONFIG_NAMES_MAX * 8 + 16] = "";
	(void)state;

	for (int i = 0; i <= CONFIG_NAMES_MAX; i++)
		sprintf(many + strlen(many), "%sN%d", i > 0 ? "," : "", i);
	assert_int_equal(set("symbols", many), ERR_INVALID);
	assert_non_null(strstr(why.text, "at most 32"));
	many[0] = '\0';
	for (int i = 0; i <= CONFIG_PAIRS_MAX; i++)
		sprintf(many + strlen(many), "%sk%d=1", i > 0 ? ";" : "", i);
	assert_int_equal(set("params", many), ERR_INVALID);
	assert_non_null(strstr(why.text, "at most 24"));
}

static void a_pair_given_again_takes_the_new_value(void **state)
{
	(void)state;
	assert_int_equal(set("params", "fast=5"), OK);
	assert_int_equal(
		config_add_pair(config_key_named(&type, "params"), &config, "fast", "7", &why), OK);
	assert_printed("params", "fast=7");
}

static void pairs_set_a_plugins_own_table(void **state)
{
	struct config_pairs pairs = {.count = 2};
	(void)state;

	pairs.items[0] = (struct config_pair){name_from("order_count_max"), text_from("7")};
	pairs.items[1] = (struct config_pair){name_from("symbols"), text_from("X,Y")};
	assert_int_equal(config_from_pairs(&type, &pairs, &config, &why), OK);
	assert_int_equal(config.order_count_max, 7);
	assert_printed("symbols", "X,Y");
	pairs.items[1].value = text_from("X");
	pairs.items[1].key = name_from("symbol");
	assert_int_equal(config_from_pairs(&type, &pairs, &config, &why), ERR_NOT_FOUND);
}

static void printing_never_writes_beyond_the_capacity(void **state)
{
	char text[8];
	(void)state;

	for (size_t i = 0; i < type.key_count; i++)
		for (size_t capacity = 1; capacity <= sizeof text; capacity++) {
			memset(text, '#', sizeof text);
			config_print(&type, &config, &keys[i], text, capacity);
			assert_true(strnlen(text, capacity) < capacity);
			for (size_t j = capacity; j < sizeof text; j++)
				assert_int_equal(text[j], '#');
		}
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(defaults_fill_every_key),
		TEST(what_is_printed_is_read_back_the_same),
		TEST(a_duration_is_printed_in_its_largest_whole_unit),
		TEST(a_bad_value_is_refused_with_its_key_and_remedy),
		TEST(an_unknown_key_names_the_nearest_known_one),
		TEST(of_two_near_keys_the_nearer_is_named),
		TEST(too_many_names_or_pairs_are_refused),
		TEST(a_pair_given_again_takes_the_new_value),
		TEST(pairs_set_a_plugins_own_table),
		TEST(printing_never_writes_beyond_the_capacity),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
