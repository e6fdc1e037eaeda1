/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/config_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/scratch.h"

struct bot {
	config_name symbol;
	config_count size;
	struct config_pairs params;
};

static const struct config_key bot_keys[] = {
	{"symbol", CONFIG_NAME, offsetof(struct bot, symbol), "BTCUSDT", "", "", "", NULL, 0, 0},
	{"size", CONFIG_COUNT, offsetof(struct bot, size), "1", "1", "9", "", NULL, 0, 0},
	{"params", CONFIG_PAIRS, offsetof(struct bot, params), "", "", "", "", NULL, 0, 0},
};

static const struct config_type bot_type = {"bot", "", bot_keys, 3, sizeof(struct bot)};

struct host {
	config_flag active;
	config_decimal value_max;
	config_duration timeout;
	config_text comment;
	struct config_names symbols;
	struct bot bots[3];
	uint32_t bots_count;
};

static const struct config_key host_keys[] = {
	{"active", CONFIG_FLAG, offsetof(struct host, active), "true", "", "", "", NULL, 0, 0},
	{"value_max", CONFIG_DECIMAL, offsetof(struct host, value_max), "10", "0.5", "99", "", NULL,
         0, 0},
	{"timeout", CONFIG_DURATION, offsetof(struct host, timeout), "1s", "", "", "", NULL, 0, 0},
	{"comment", CONFIG_TEXT, offsetof(struct host, comment), "none", "", "", "", NULL, 0, 0},
	{"symbols", CONFIG_NAMES, offsetof(struct host, symbols), "A", "", "", "", NULL, 0, 0},
	{"bots", CONFIG_LIST, offsetof(struct host, bots), "", "", "", "", &bot_type, 3,
         offsetof(struct host, bots_count)},
};

static const struct config_type host_type = {"host", "", host_keys, 6, sizeof(struct host)};

static struct scratch scratch;
static struct host config;
static struct config_reading reading;

static int set_up(void **state)
{
	(void)state;
	scratch_open(&scratch);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	scratch_close(&scratch);
	return 0;
}

static enum err read_text(const char *text)
{
	memset(&config, 0xa5, sizeof config);
	return config_read(&host_type, scratch_write_text(&scratch, "host.yaml", text), false,
	                   &config, &reading);
}

static const char *origin(const char *key)
{
	for (size_t i = 0; i < reading.origin_count; i++)
		if (strcmp(reading.origins[i].key->name, key) == 0)
			return reading.origins[i].from;
	return "?";
}

static void assert_error(const char *text, const char *place, const char *part)
{
	assert_int_equal(read_text(text), ERR_CONFIG);
	if (strstr(reading.error, place) == NULL || strstr(reading.error, part) == NULL)
		fail_msg("%s: \"%s\" should say \"%s\" and \"%s\"", text, reading.error, place,
		         part);
}

static const char whole[] = "# everything\n"
			    "active: false\n"
			    "value_max: \"0.75\"\n"
			    "timeout: 250ms\n"
			    "comment: \"\"\n"
			    "symbols: [BTCUSDT, ALTUSDT]\n"
			    "bots:\n"
			    "  - symbol: ETHUSDT\n"
			    "    size: 3\n"
			    "    params: {fast: 5, levels: [1.5, 2]}\n"
			    "  - {}\n";

static void reads_every_kind_of_value(void **state)
{
	(void)state;
	assert_int_equal(read_text(whole), OK);
	assert_false(config.active);
	assert_true(decimal_equals(config.value_max, decimal_of("0.75")));
	assert_int_equal(config.timeout, 250 * NANOS_MS);
	assert_int_equal(config.comment.size, 0);
	assert_int_equal(config.symbols.count, 2);
	assert_int_equal(config.bots_count, 2);
	assert_true(name_is(&config.bots[0].symbol, "ETHUSDT"));
	assert_int_equal(config.bots[0].params.count, 2);
	assert_string_equal(config.bots[0].params.items[1].value.text, "1.5,2");
	assert_true(name_is(&config.bots[1].symbol, "BTCUSDT"));
	assert_string_equal(reading.error, "");
}

static void an_empty_file_leaves_the_defaults(void **state)
{
	static const char *const texts[] = {"", "\n", "# only words\n", "---\n", "~\n"};
	(void)state;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		assert_int_equal(read_text(texts[i]), OK);
		assert_int_equal(config.timeout, NANOS_S);
		assert_int_equal(config.bots_count, 0);
		assert_string_equal(origin("timeout"), "default");
	}
}

static void every_error_names_line_column_and_remedy(void **state)
{
	(void)state;
	assert_error("active: true\nvalu_max: 3\n", "host.yaml:2:1: ", "did you mean value_max?");
	assert_error("value_max: 0.4\n", "host.yaml:1:12: ", "at least 0.5");
	assert_error("value_max: 100\n", "host.yaml:1:12: ", "at most 99");
	assert_error("active: maybe\n", "host.yaml:1:9: ", "true or false");
	assert_error("timeout: 5\n", "host.yaml:1:10: ", "duration such as");
	assert_error("active: true\n\nactive: false\n", "host.yaml:3:1: ", "given twice");
	assert_error("active:\n", "host.yaml:1:", "has no value");
	assert_error("active: [true]\n",
	             "host.yaml:1:9: ", "a single value wanted, this is a list");
	assert_error("symbols: {a: b}\n", "host.yaml:1:10: ", "this is a map");
	assert_error("symbols: [A, [B]]\n", "host.yaml:1:14: ", "this is a list");
	assert_error("bots: {symbol: A}\n", "host.yaml:1:7: ", "a list of maps");
	assert_error("bots:\n  - symbl: A\n", "host.yaml:2:5: ", "did you mean symbol?");
	assert_error("bots:\n  - size: 0\n", "host.yaml:2:11: ", "at least 1");
	assert_error("bots:\n  - params: {a: 1, a: 2}\n", "host.yaml:2:20: ", "given twice");
	assert_error("bots: [{}, {}, {}, {}]\n", "host.yaml:1:20: ", "at most 3 items");
	assert_error("- active: true\n", "host.yaml:1:1: ", "a map");
	assert_error("active: true\n---\nactive: false\n", "host.yaml:3:1: ", "second document");
	assert_error("active: \"tr\\0ue\"\n", "host.yaml:1:9: ", "zero byte");
	assert_error("active: true\n\ttimeout: 1s\n", "host.yaml:2:", "not YAML");
	assert_error("comment: \"open\n", "host.yaml:", "not YAML");
}

static void an_alias_to_its_own_parent_ends(void **state)
{
	(void)state;
	assert_error("bots: &b\n  - params: *b\n", "host.yaml:", "a map of keys and values");
}

static void a_missing_file_is_an_error_unless_it_is_optional(void **state)
{
	const char *path = scratch_path(&scratch, "none.yaml");
	(void)state;

	assert_int_equal(config_read(&host_type, path, false, &config, &reading), ERR_NOT_FOUND);
	assert_non_null(strstr(reading.error, "no such file; write it"));
	assert_int_equal(config_read(&host_type, path, true, &config, &reading), OK);
	assert_int_equal(config.timeout, NANOS_S);
	assert_int_equal(config_read(&host_type, scratch.path, true, &config, &reading),
	                 ERR_CONFIG);
}

static void the_command_line_beats_the_environment_beats_the_file(void **state)
{
	(void)state;
	setenv("BREAKWATER__HOST__TIMEOUT", "3s", 1);
	setenv("BREAKWATER__HOST__VALUE_MAX", "5", 1);
	setenv("BREAKWATER__OTHER__NONSENSE", "5", 1);
	assert_int_equal(read_text(whole), OK);
	assert_int_equal(config_override(&host_type, "value_max=6", &config, &reading), OK);
	unsetenv("BREAKWATER__HOST__TIMEOUT");
	unsetenv("BREAKWATER__HOST__VALUE_MAX");
	assert_int_equal(config.timeout, 3 * NANOS_S);
	assert_true(decimal_equals(config.value_max, decimal_of("6")));
	assert_string_equal(origin("timeout"), "environment");
	assert_string_equal(origin("value_max"), "command line");
	assert_non_null(strstr(origin("active"), "host.yaml:2"));
}

static void an_error_in_the_environment_names_the_variable(void **state)
{
	(void)state;
	setenv("BREAKWATER__HOST__TIMEOUTS", "3s", 1);
	enum err err = read_text(whole);
	unsetenv("BREAKWATER__HOST__TIMEOUTS");
	assert_int_equal(err, ERR_CONFIG);
	assert_non_null(strstr(reading.error, "environment BREAKWATER__HOST__TIMEOUTS: "));
	assert_non_null(strstr(reading.error, "did you mean timeout?"));
}

static void a_dotted_path_leads_into_lists_and_pairs(void **state)
{
	(void)state;
	assert_int_equal(read_text(whole), OK);
	assert_int_equal(config_override(&host_type, "bots.1.symbol=XRPUSDT", &config, &reading),
	                 OK);
	assert_int_equal(config_override(&host_type, "bots.0.params.fast=9", &config, &reading),
	                 OK);
	assert_true(name_is(&config.bots[1].symbol, "XRPUSDT"));
	assert_string_equal(config.bots[0].params.items[0].value.text, "9");
	assert_string_equal(origin("bots"), "command line");
}

static void a_bad_assignment_is_refused_and_changes_nothing(void **state)
{
	static const char *const rows[] = {
		"timeout",
		"=3s",
		"bots.2.symbol=A",
		"bots.x.symbol=A",
		"bots.=A",
		"bots.0=A",
		"bots=A",
		"nil.a=1",
		"timeout.a=1",
		"bots.-1.symbol=A",
		"bots.99999999999999999999.symbol=A",
		"value_max=1000",
	};
	(void)state;
	assert_int_equal(read_text(whole), OK);
	struct host before = config;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(config_override(&host_type, rows[i], &config, &reading),
		                 ERR_CONFIG);
		assert_non_null(strstr(reading.error, "command line "));
		assert_memory_equal(&config, &before, sizeof config);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_every_kind_of_value),
		TEST(an_empty_file_leaves_the_defaults),
		TEST(every_error_names_line_column_and_remedy),
		TEST(an_alias_to_its_own_parent_ends),
		TEST(a_missing_file_is_an_error_unless_it_is_optional),
		TEST(the_command_line_beats_the_environment_beats_the_file),
		TEST(an_error_in_the_environment_names_the_variable),
		TEST(a_dotted_path_leads_into_lists_and_pairs),
		TEST(a_bad_assignment_is_refused_and_changes_nothing),
	};

	return cmocka_run_group_tests_name("config_file", tests, NULL, NULL);
}
