/* SPDX-License-Identifier: Apache-2.0 */
#include "services/supervisor/command.h"

#include <stdio.h>
#include <string.h>

enum { WORDS_MAX = 32, WORD_SIZE = 700 };

struct words {
	char text[WORDS_MAX][WORD_SIZE];
	char *argv[WORDS_MAX + 1];
	size_t count;
};

static void add(struct words *words, const char *format, const char *value)
{
	char *text = words->text[words->count];
	snprintf(text, WORD_SIZE, format, value);
	words->argv[words->count++] = text;
	words->argv[words->count] = NULL;
}

/* A mirror that may vanish: no TCP, no file that grows; settings as rule D-06 asks where they
 * apply. */
static void redis_words(struct words *words, const struct service_paths *paths)
{
	static const char *const fixed[] = {"--port",           "0",      "--daemonize",  "no",
	                                    "--save",           "",       "--appendonly", "no",
	                                    "--unixsocketperm", "700",    "--maxmemory",  "256mb",
	                                    "--loglevel",       "warning"};
	add(words, "%s", "redis-server");
	add(words, "%s", "--unixsocket");
	add(words, "%s/redis.sock", paths->run);
	add(words, "%s", "--dir");
	add(words, "%s", paths->run);
	for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
		add(words, "%s", fixed[i]);
}

/* strategy.2 is an instance of the program strategy. */
static void program_of(const char *child, char *program)
{
	snprintf(program, NAME_MAX_SIZE + 1, "%.*s", (int)strcspn(child, "."), child);
}

char *const *supervisor_command(const void *config, const struct stack_config *stack,
                                const struct service_paths *paths, const char *child)
{
	static struct words words; /* read by exec before the next call */
	char program[NAME_MAX_SIZE + 1], path[WORD_SIZE];
	(void)config;
	(void)stack;
	words.count = 0;
	if (strcmp(child, "redis") == 0) {
		redis_words(&words, paths);
		return words.argv;
	}
	program_of(child, program);
	snprintf(path, sizeof path, "%s/%s", paths->programs, program);
	add(&words, "%s", path);
	add(&words, "%s", "--profile");
	add(&words, "%s", paths->profile);
	add(&words, "%s", "--state");
	add(&words, "%s", paths->state);
	add(&words, "%s", "--instance");
	add(&words, "%s", child);
	return words.argv;
}
