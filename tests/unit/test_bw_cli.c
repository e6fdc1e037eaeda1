/* SPDX-License-Identifier: Apache-2.0 */
#include "services/bw/cli.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { WORDS_MAX = 16 };

static struct cli cli;
static char error[CLI_ERROR_MAX];
static char words[WORDS_MAX][80];
static char *argv[WORDS_MAX + 1];

/* The command line as a person writes it, blank between words. */
static enum cli_request parse(const char *line)
{
	int argc = 0;
	error[0] = '\0';
	while (*line != '\0') {
		size_t size = strcspn(line, " ");
		assert_true(argc < WORDS_MAX);
		snprintf(words[argc], sizeof words[0], "%.*s", (int)size, line);
		argv[argc] = words[argc];
		argc++;
		line += size + (line[size] == ' ');
	}
	argv[argc] = NULL;
	return cli_parse(&cli, argc, argv, error);
}

static void options_may_stand_before_and_behind_the_command(void **state)
{
	(void)state;
	assert_int_equal(parse("bw --profile paper status --json --state /tmp/x"), CLI_RUN);
	assert_string_equal(cli.command->name, "status");
	assert_string_equal(cli_value(&cli, "profile"), "paper");
	assert_string_equal(cli_value(&cli, "state"), "/tmp/x");
	assert_true(cli_has(&cli, "json"));
	assert_false(cli_has(&cli, "no-color"));
}

static void a_value_may_look_like_a_command(void **state)
{
	(void)state;
	assert_int_equal(parse("bw --state down up"), CLI_RUN);
	assert_string_equal(cli.command->name, "up");
	assert_string_equal(cli_value(&cli, "state"), "down");
}

static void a_command_may_be_two_words(void **state)
{
	(void)state;
	assert_int_equal(parse("bw config check"), CLI_RUN);
	assert_string_equal(cli.command->name, "config check");
	assert_int_equal(cli.operand_count, 0);
	assert_int_equal(parse("bw config show risk --origin"), CLI_RUN);
	assert_string_equal(cli.command->name, "config show");
	assert_string_equal(cli.operands[0], "risk");
	assert_true(cli_has(&cli, "origin"));
}

static void letters_stand_for_options(void **state)
{
	unsigned long count;
	(void)state;
	assert_int_equal(parse("bw logs executor -f -n 7"), CLI_RUN);
	assert_true(cli_has(&cli, "follow"));
	assert_true(cli_number(&cli, "number", 50, 100, &count));
	assert_int_equal(count, 7);
	assert_string_equal(cli.operands[0], "executor");
}

static void a_number_has_a_fallback_and_a_bound(void **state)
{
	unsigned long count;
	(void)state;
	assert_int_equal(parse("bw alerts"), CLI_RUN);
	assert_true(cli_number(&cli, "number", 20, 1000, &count));
	assert_int_equal(count, 20);
	static const char *const bad[] = {"bw alerts -n 1001", "bw alerts -n -1", "bw alerts -n x",
	                                  "bw alerts -n 5x"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(parse(bad[i]), CLI_RUN);
		assert_false(cli_number(&cli, "number", 20, 1000, &count));
	}
}

static void an_unknown_command_names_the_list(void **state)
{
	(void)state;
	assert_int_equal(parse("bw statsu"), CLI_WRONG);
	assert_string_equal(error, "there is no command \"statsu\"; bw --help lists them");
	assert_int_equal(parse("bw config"), CLI_WRONG);
}

static void an_option_of_another_command_is_refused(void **state)
{
	(void)state;
	assert_int_equal(parse("bw status --exit-after 5s"), CLI_WRONG);
	assert_string_equal(error, "there is no option --exit-after here; see bw status --help");
}

static void an_option_without_its_value_is_refused(void **state)
{
	(void)state;
	assert_int_equal(parse("bw up --report"), CLI_WRONG);
	assert_string_equal(error, "--report needs a value; see bw up --help");
	assert_int_equal(parse("bw alerts -n"), CLI_WRONG);
}

static void a_word_too_many_is_refused(void **state)
{
	(void)state;
	assert_int_equal(parse("bw status now"), CLI_WRONG);
	assert_string_equal(error, "bw status doesn't take \"now\"; see bw status --help");
	assert_int_equal(parse("bw logs risk feed"), CLI_WRONG);
}

static void help_and_version_need_nothing_else(void **state)
{
	(void)state;
	assert_int_equal(parse("bw --help"), CLI_HELP);
	assert_null(cli.command);
	assert_int_equal(parse("bw up -h"), CLI_HELP);
	assert_string_equal(cli.command->name, "up");
	assert_int_equal(parse("bw --version"), CLI_VERSION);
	assert_int_equal(parse("bw"), CLI_HELP);
}

static void every_command_has_a_summary_and_names_only_options_of_its_own(void **state)
{
	(void)state;
	for (size_t i = 0; i < cli_command_count; i++) {
		const struct cli_command *command = &cli_commands[i];
		assert_non_null(command->run);
		assert_true(strlen(command->summary) > 5);
		for (size_t j = 0; j < command->option_count; j++)
			for (size_t k = 0; k < cli_common_option_count; k++)
				assert_string_not_equal(command->options[j].name,
				                        cli_common_options[k].name);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(command->name, cli_commands[j].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_may_stand_before_and_behind_the_command),
		cmocka_unit_test(a_value_may_look_like_a_command),
		cmocka_unit_test(a_command_may_be_two_words),
		cmocka_unit_test(letters_stand_for_options),
		cmocka_unit_test(a_number_has_a_fallback_and_a_bound),
		cmocka_unit_test(an_unknown_command_names_the_list),
		cmocka_unit_test(an_option_of_another_command_is_refused),
		cmocka_unit_test(an_option_without_its_value_is_refused),
		cmocka_unit_test(a_word_too_many_is_refused),
		cmocka_unit_test(help_and_version_need_nothing_else),
		cmocka_unit_test(every_command_has_a_summary_and_names_only_options_of_its_own),
	};
	return cmocka_run_group_tests_name("cli", tests, NULL, NULL);
}
