/* SPDX-License-Identifier: Apache-2.0 */
/* The command line as a table: a command is a row with its options, operands, help and function. */
#ifndef BW_CLI_H
#define BW_CLI_H

#include <stdbool.h>
#include <stddef.h>

enum { CLI_OPTIONS_MAX = 24, CLI_OPERANDS_MAX = 4, CLI_ERROR_MAX = 300 };

struct cli_option {
	const char *name;
	char letter;          /* 0: none */
	const char *argument; /* NULL: a flag */
	const char *doc;
};

struct cli;

struct cli_command {
	const char *name;     /* one or two words */
	const char *operands; /* "[SERVICE]"; "" for none */
	int operands_max;
	const char *summary;
	const struct cli_option *options; /* besides the common ones */
	size_t option_count;
	const char *help; /* paragraphs under the options, or NULL */
	int (*run)(const struct cli *cli);
};

struct cli {
	const struct cli_command *command;
	const struct cli_option *options[CLI_OPTIONS_MAX]; /* common and own */
	const char *values[CLI_OPTIONS_MAX]; /* NULL: not given; "" for a flag that was */
	size_t option_count;
	const char *operands[CLI_OPERANDS_MAX];
	int operand_count;
	bool colour; /* standard output may be coloured */
};

/* commands.c */
extern const struct cli_command cli_commands[];
extern const size_t cli_command_count;
extern const struct cli_option cli_common_options[];
extern const size_t cli_common_option_count;

enum cli_request { CLI_RUN, CLI_HELP, CLI_VERSION, CLI_WRONG };

/* Reads the arguments, wherever options stand. WRONG: `error` says what and what to do. HELP: about
   `out->command`, or about all when that is NULL. */
enum cli_request cli_parse(struct cli *out, int argc, char **argv, char error[CLI_ERROR_MAX]);

/* NULL when the option wasn't given. */
const char *cli_value(const struct cli *self, const char *option);
bool cli_has(const struct cli *self, const char *option);
/* A whole number from 0 to `max`, `fallback` when not given; false (told) when it is none. */
bool cli_number(const struct cli *self, const char *option, unsigned long fallback,
                unsigned long max, unsigned long *out);

/* "bw: …" on standard error; returns `code`. */
int cli_fail(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Reads arguments, runs the command; the program's exit code. */
int cli_main(int argc, char **argv);

#endif
