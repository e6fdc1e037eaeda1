/* SPDX-License-Identifier: Apache-2.0 */
#include "services/bw/help.h"

#include "common/io/exit_code.h"
#include "common/io/version.h"
#include "services/bw/libraries.h"

#include <stdio.h>
#include <string.h>

static const struct {
	enum exit_code code;
	const char *meaning;
} codes[] = {
	{EXIT_CODE_OK, "done"},
	{EXIT_CODE_FAILURE, "something went wrong; the text says what"},
	{EXIT_CODE_USAGE, "the command line is wrong"},
	{EXIT_CODE_CONFIG, "a configuration file is wrong"},
	{EXIT_CODE_NOT_RUNNING, "no stack runs on this state directory"},
	{EXIT_CODE_TIMEOUT, "no answer in time"},
	{EXIT_CODE_RUNNING, "a stack runs already on this state directory"},
	{EXIT_CODE_HALTED, "trading is halted"},
	{EXIT_CODE_DIFFERENCE, "our books and the exchange's ledger differ"},
	{EXIT_CODE_VIOLATED, "bw simulate found an invariant violated"},
};

static void print_options(const struct cli_option *options, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char text[60], letter[8] = "    ";
		if (options[i].letter != 0)
			snprintf(letter, sizeof letter, "-%c, ", options[i].letter);
		snprintf(text, sizeof text, "%s--%s%s%s", letter, options[i].name,
		         options[i].argument != NULL ? " " : "",
		         options[i].argument != NULL ? options[i].argument : "");
		printf("  %-24s %s\n", text, options[i].doc);
	}
}

void help_all(void)
{
	printf("bw: starts, shows and steers a Breakwater stack.\n\n  bw COMMAND "
	       "[OPTION]...\n\nCommands:\n");
	for (size_t i = 0; i < cli_command_count; i++) {
		char text[60];
		snprintf(text, sizeof text, "%s %s", cli_commands[i].name,
		         cli_commands[i].operands);
		printf("  %-24s %s\n", text, cli_commands[i].summary);
	}
	printf("\nOptions of every command:\n");
	print_options(cli_common_options, cli_common_option_count);
	printf("  %-24s %s\n", "-h, --help", "about a command");
	printf("  %-24s %s\n", "    --version", "program, revision, libraries");
	printf("\nExit codes:\n");
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		printf("  %d  %s\n", (int)codes[i].code, codes[i].meaning);
	printf("\nEnvironment:\n"
	       "  BREAKWATER_STATE                   the state directory, unless --state names "
	       "one\n"
	       "  BREAKWATER__SERVICE__KEY=VALUE     a configuration value, above the files "
	       "(stack, risk, ...)\n"
	       "  NO_COLOR                           no colours\n\n"
	       "Data goes to standard output, progress and errors to standard error.\n"
	       "Start: bw up     Look: bw status     Stop: Ctrl-C there, or bw down elsewhere.\n");
}

void help_command(const struct cli_command *command)
{
	printf("bw %s: %s\n\n  bw %s%s%s [OPTION]...\n", command->name, command->summary,
	       command->name, command->operands[0] != '\0' ? " " : "", command->operands);
	if (command->option_count > 0) {
		printf("\nOptions:\n");
		print_options(command->options, command->option_count);
	}
	printf("\nOptions of every command:\n");
	print_options(cli_common_options, cli_common_option_count);
	if (command->help != NULL)
		printf("\n%s\n", command->help);
	printf("\nbw --help lists commands and exit codes.\n");
}

void help_version(void)
{
	struct library libraries[LIBRARIES_MAX];
	size_t count = libraries_list(libraries);
	printf("bw %s\n", version_build);
	for (size_t i = 0; i < count; i++)
		printf("  %-14s %s\n", libraries[i].name, libraries[i].version);
}

int help_run(const struct cli *cli)
{
	char name[100];
	if (cli->operand_count == 0) {
		help_all();
		return EXIT_CODE_OK;
	}
	snprintf(name, sizeof name, "%s%s%s", cli->operands[0], cli->operand_count > 1 ? " " : "",
	         cli->operand_count > 1 ? cli->operands[1] : "");
	for (size_t i = 0; i < cli_command_count; i++)
		if (strcmp(cli_commands[i].name, name) == 0) {
			help_command(&cli_commands[i]);
			return EXIT_CODE_OK;
		}
	return cli_fail(EXIT_CODE_USAGE, "there is no command \"%s\"; bw --help lists them", name);
}
