/* SPDX-License-Identifier: Apache-2.0 */
#include "services/bw/session.h"

#include "common/io/exit_code.h"
#include "common/io/paths.h"
#include "services/bw/runlock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MEET_STARTING (5 * NANOS_S)
#define MEET_STRANGER (700 * NANOS_MS)
#define COLLECT_PATIENCE (2 * NANOS_S)

struct session *session_make(const struct cli *cli)
{
	struct session *self = calloc(1, sizeof *self);
	if (self == NULL) {
		cli_fail(EXIT_CODE_FAILURE, "no memory");
		exit(EXIT_CODE_FAILURE);
	}
	self->cli = cli;
	return self;
}

void session_close(struct session **pointer)
{
	struct session *self = *pointer;
	if (self != NULL)
		client_close(&self->client);
	free(self);
	*pointer = NULL;
}

int session_find(struct session *self)
{
	text_t why = text_from("");
	char path[700];
	const char *profile = cli_value(self->cli, "profile");
	if (paths_find(profile != NULL ? profile : "demo", cli_value(self->cli, "state"), "bw",
	               &self->paths, &why) != OK)
		return cli_fail(EXIT_CODE_CONFIG, "%s", why.text);
	snprintf(path, sizeof path, "%s/stack.yaml", self->paths.profile);
	if (config_read(&stack_config_type, path, false, &self->stack, &self->reading) != OK)
		return cli_fail(EXIT_CODE_CONFIG, "%s", self->reading.error);
	picture_init(&self->picture, self->stack.silence_max);
	return EXIT_CODE_OK;
}

static void take(void *context, const struct envelope *envelope, const void *body)
{
	struct session *self = context;
	picture_take(&self->picture, envelope, body, client_now(self->client));
	if (self->told != NULL)
		self->told(self, envelope, body);
}

static void expect_services(struct session *self)
{
	picture_expect(&self->picture, "supervisor");
	if (strcmp(self->stack.redis.text, "private") == 0)
		picture_expect(&self->picture, "redis");
	for (uint32_t i = 0; i < self->stack.services.count; i++)
		picture_expect(&self->picture, self->stack.services.items[i].text);
}

int session_join(struct session *self)
{
	text_t why;
	struct client_options options = {
		.paths = &self->paths,
		.stack = &self->stack,
		.types = picture_types,
		.type_count = picture_type_count,
		.take = take,
		.self = self,
	};
	expect_services(self);
	if (client_open(&self->client, &options, &why) != OK)
		return cli_fail(EXIT_CODE_FAILURE, "can't reach the bus: %s", why.text);
	return EXIT_CODE_OK;
}

static bool is_anyone_heard(const struct session *self)
{
	for (size_t i = 0; i < self->picture.service_count; i++)
		if (self->picture.services[i].heard != 0)
			return true;
	return false;
}

static bool wait_for_life(struct session *self, nanos_t patience)
{
	nanos_t until = client_now(self->client) + patience;
	while (!is_anyone_heard(self) && client_now(self->client) < until)
		client_run(self->client, client_patience(self->client));
	return is_anyone_heard(self);
}

int session_meet(struct session *self)
{
	long pid;
	int code = session_find(self);
	if (code != EXIT_CODE_OK)
		return code;
	bool is_held = runlock_is_held(&self->paths, &pid);
	if (!is_held && access(self->paths.run, F_OK) != 0)
		return cli_fail(EXIT_CODE_NOT_RUNNING,
		                "no stack is running on %s: start one with bw up",
		                self->paths.state);
	code = session_join(self);
	if (code != EXIT_CODE_OK)
		return code;
	if (wait_for_life(self, is_held ? MEET_STARTING : MEET_STRANGER))
		return EXIT_CODE_OK;
	if (is_held)
		return cli_fail(EXIT_CODE_TIMEOUT,
		                "bw up (pid %ld) holds %s, but no service answers: look at bw logs",
		                pid, self->paths.state);
	return cli_fail(EXIT_CODE_NOT_RUNNING, "no stack is running on %s: start one with bw up",
	                self->paths.state);
}

bool session_collect(struct session *self, const char *const *services, size_t count)
{
	nanos_t until = client_now(self->client) + COLLECT_PATIENCE;
	size_t whole = 0;
	self->picture.has_waited = false;
	for (size_t i = 0; i < count; i++) {
		nanos_t left = until - client_now(self->client);
		if (client_collect(self->client, services[i], left > 0 ? left : 0) == OK)
			whole++;
		else
			fprintf(stderr,
			        "bw: %s doesn't answer; what it would tell is missing here (bw "
			        "status shows "
			        "its state)\n",
			        services[i]);
	}
	self->picture.has_waited = whole < count;
	return whole > 0;
}

bool session_collect_all(struct session *self)
{
	const char *services[CONFIG_NAMES_MAX + 1] = {"supervisor"};
	size_t count = 1;
	for (uint32_t i = 0; i < self->stack.services.count; i++)
		services[count++] = self->stack.services.items[i].text;
	return session_collect(self, services, count);
}

static name_t actor(void)
{
	const char *user = getenv("USER");
	return name_from(user != NULL && user[0] != '\0' ? user : "bw");
}

enum err session_command(struct session *self, const char *service, enum command_kind kind,
                         const char *reason, nanos_t patience, struct command_result *result)
{
	struct command command = {.kind = kind, .reason = text_from(reason), .level = self->level};
	return session_tell(self, service, &command, patience, result);
}

enum err session_tell(struct session *self, const char *service, struct command *command,
                      nanos_t patience, struct command_result *result)
{
	command->actor = actor();
	enum err err = client_ask(self->client, service, MESSAGE_COMMAND, command,
	                          MESSAGE_COMMAND_RESULT, result, patience);
	if (err != OK)
		fprintf(stderr, "bw: %s doesn't answer: look at bw logs %s\n", service, service);
	return err;
}
