/* SPDX-License-Identifier: Apache-2.0 */
#include "services/bw/simulate.h"

#include "common/io/exit_code.h"
#include "services/simulate/options.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { WORDS_MAX = 2 * CLI_OPTIONS_MAX + 4, WORD_MAX = 32 };

/* The program in the folder of this one. */
static bool find_program(char path[PATH_MAX])
{
	ssize_t size = readlink("/proc/self/exe", path, PATH_MAX - 16);
	char *slash;
	if (size <= 0)
		return false;
	path[size] = '\0';
	slash = strrchr(path, '/');
	memcpy(slash + 1, "simulate", sizeof "simulate");
	return true;
}

int simulate_run(const struct cli *cli)
{
	static char names[CLI_OPTIONS_MAX][WORD_MAX];
	const char *words[WORDS_MAX] = {"simulate"};
	char path[PATH_MAX];
	size_t count = 1;
	for (size_t i = 0; i < SIMULATE_OPTION_COUNT; i++) {
		const char *value = cli_value(cli, simulate_options[i].name);
		if (value == NULL)
			continue;
		snprintf(names[i], WORD_MAX, "--%s", simulate_options[i].name);
		words[count++] = names[i];
		if (simulate_options[i].argument != NULL)
			words[count++] = value;
	}
	if (!cli->colour)
		words[count++] = "--no-color";
	fflush(NULL);
	if (find_program(path))
		execv(path, (char *const *)words);
	return cli_fail(EXIT_CODE_FAILURE, "%s: %s; build it (make) or install it beside bw", path,
	                strerror(errno));
}
