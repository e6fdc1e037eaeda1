/* SPDX-License-Identifier: Apache-2.0 */
#include "services/bw/cli.h"

#include "common/io/exit_code.h"
#include "services/bw/help.h"

#include <assert.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LONG_BASE = 256, HELP = 1000, VERSION };

static const struct cli_command *command_named(const char *first, const char *second)
{
	char both[80];
	snprintf(both, sizeof both, "%s %s", first, second != NULL ? second : "");
	for (size_t i = 0; i < cli_command_count; i++)
		if (strcmp(cli_commands[i].name, both) == 0 ||
		    strcmp(cli_commands[i].name, first) == 0)
			return &cli_commands[i];
	return NULL;
}

static int word_count(const struct cli_command *command)
{
	return strchr(command->name, ' ') != NULL ? 2 : 1;
}

static bool takes_next(const char *word)
{
	for (size_t i = 0; i < cli_common_option_count; i++)
		if (cli_common_options[i].argument != NULL && strncmp(word, "--", 2) == 0 &&
		    strcmp(word + 2, cli_common_options[i].name) == 0)
			return true;
	return false;
}

/* The words that are no options, as far as the common options tell. */
static const struct cli_command *find_command(int argc, char **argv, const char **first)
{
	const char *words[2] = {NULL, NULL};
	int count = 0;
	for (int i = 1; i < argc && count < 2; i++) {
		if (argv[i][0] != '-')
			words[count++] = argv[i];
		else if (takes_next(argv[i]))
			i++;
	}
	*first = words[0];
	return words[0] == NULL ? NULL : command_named(words[0], words[1]);
}

static void add_options(struct cli *out, const struct cli_option *options, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		assert(out->option_count < CLI_OPTIONS_MAX);
		out->options[out->option_count++] = &options[i];
	}
}

struct getopt_tables {
	struct option options[CLI_OPTIONS_MAX + 3];
	char letters[3 * CLI_OPTIONS_MAX + 4];
};

static void build_tables(const struct cli *cli, struct getopt_tables *out)
{
	size_t used = 0;
	out->letters[used++] = ':';
	out->letters[used++] = 'h';
	for (size_t i = 0; i < cli->option_count; i++) {
		const struct cli_option *option = cli->options[i];
		int has = option->argument != NULL ? required_argument : no_argument;
		out->options[i] = (struct option){option->name, has, NULL, LONG_BASE + (int)i};
		if (option->letter == 0)
			continue;
		out->letters[used++] = option->letter;
		if (option->argument != NULL)
			out->letters[used++] = ':';
	}
	out->letters[used] = '\0';
	out->options[cli->option_count] = (struct option){"help", no_argument, NULL, HELP};
	out->options[cli->option_count + 1] =
		(struct option){"version", no_argument, NULL, VERSION};
	out->options[cli->option_count + 2] = (struct option){NULL, 0, NULL, 0};
}

static size_t index_of(const struct cli *cli, int code)
{
	if (code >= LONG_BASE)
		return (size_t)(code - LONG_BASE);
	for (size_t i = 0; i < cli->option_count; i++)
		if (cli->options[i]->letter == code)
			return i;
	return CLI_OPTIONS_MAX;
}

static const char *help_words(const struct cli *cli)
{
	static char text[100];
	snprintf(text, sizeof text, "bw%s%s --help", cli->command != NULL ? " " : "",
	         cli->command != NULL ? cli->command->name : "");
	return text;
}

static enum cli_request wrong_option(const struct cli *cli, int code, char **argv, char *error)
{
	snprintf(error, CLI_ERROR_MAX,
	         code == ':' ? "%.100s needs a value; see %s"
	                     : "there is no option %.100s here; see %s",
	         argv[optind - 1], help_words(cli));
	return CLI_WRONG;
}

static enum cli_request read_options(struct cli *out, int argc, char **argv, char *error)
{
	struct getopt_tables tables;
	build_tables(out, &tables);
	opterr = 0;
	optind = 0;
	for (int code;
	     (code = getopt_long(argc, argv, tables.letters, tables.options, NULL)) != -1;) {
		if (code == 'h' || code == HELP)
			return CLI_HELP;
		if (code == VERSION)
			return CLI_VERSION;
		if (code == '?' || code == ':')
			return wrong_option(out, code, argv, error);
		out->values[index_of(out, code)] = optarg != NULL ? optarg : "";
	}
	return CLI_RUN;
}

static enum cli_request read_operands(struct cli *out, int argc, char **argv, char *error)
{
	int skip = word_count(out->command);
	for (int i = optind + skip; i < argc; i++) {
		if (out->operand_count == out->command->operands_max ||
		    out->operand_count == CLI_OPERANDS_MAX) {
			snprintf(error, CLI_ERROR_MAX, "bw %s doesn't take \"%.100s\"; see %s",
			         out->command->name, argv[i], help_words(out));
			return CLI_WRONG;
		}
		out->operands[out->operand_count++] = argv[i];
	}
	return CLI_RUN;
}

enum cli_request cli_parse(struct cli *out, int argc, char **argv, char error[CLI_ERROR_MAX])
{
	const char *first;
	*out = (struct cli){.command = find_command(argc, argv, &first)};
	add_options(out, cli_common_options, cli_common_option_count);
	if (out->command != NULL)
		add_options(out, out->command->options, out->command->option_count);
	if (out->command == NULL && first != NULL) {
		snprintf(error, CLI_ERROR_MAX,
		         "there is no command \"%.60s\"; bw --help lists them", first);
		return CLI_WRONG;
	}
	enum cli_request request = read_options(out, argc, argv, error);
	if (request == CLI_RUN && out->command == NULL)
		return CLI_HELP;
	return request == CLI_RUN ? read_operands(out, argc, argv, error) : request;
}

const char *cli_value(const struct cli *self, const char *option)
{
	for (size_t i = 0; i < self->option_count; i++)
		if (strcmp(self->options[i]->name, option) == 0)
			return self->values[i];
	assert(!"an option that the command's row doesn't list");
	return NULL;
}

bool cli_has(const struct cli *self, const char *option)
{
	return cli_value(self, option) != NULL;
}

bool cli_number(const struct cli *self, const char *option, unsigned long fallback,
                unsigned long max, unsigned long *out)
{
	const char *text = cli_value(self, option);
	char *end;
	*out = fallback;
	if (text == NULL)
		return true;
	*out = strtoul(text, &end, 10);
	if (text[0] >= '0' && text[0] <= '9' && *end == '\0' && *out <= max)
		return true;
	cli_fail(EXIT_CODE_USAGE, "--%s %.40s: a whole number from 0 to %lu is wanted", option,
	         text, max);
	return false;
}

int cli_fail(int code, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	fputs("bw: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	return code;
}

static bool may_colour(const struct cli *cli)
{
	const char *none = getenv("NO_COLOR"), *terminal = getenv("TERM");
	if (cli_has(cli, "no-color") || (none != NULL && none[0] != '\0'))
		return false;
	return isatty(STDOUT_FILENO) && terminal != NULL && strcmp(terminal, "dumb") != 0;
}

int cli_main(int argc, char **argv)
{
	char error[CLI_ERROR_MAX];
	struct cli cli;
	signal(SIGPIPE, SIG_IGN); /* `bw logs | head` ends by the write that fails */
	enum cli_request request = cli_parse(&cli, argc, argv, error);
	if (request == CLI_WRONG)
		return cli_fail(EXIT_CODE_USAGE, "%s", error);
	if (request == CLI_VERSION)
		help_version();
	else if (request == CLI_HELP && cli.command != NULL)
		help_command(cli.command);
	else if (request == CLI_HELP)
		help_all();
	if (request != CLI_RUN)
		return argc > 1 ? EXIT_CODE_OK : EXIT_CODE_USAGE;
	cli.colour = may_colour(&cli);
	setenv("ZSYS_SIGHANDLER", "false", 1);
	return cli.command->run(&cli);
}
