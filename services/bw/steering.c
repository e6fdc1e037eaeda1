/* SPDX-License-Identifier: Apache-2.0 */
#include "services/bw/steering.h"

#include "common/io/exit_code.h"
#include "services/bw/lists.h"
#include "services/bw/runlock.h"
#include "services/bw/session.h"

#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#define STOP_PATIENCE (90 * NANOS_S)
#define COMMAND_PATIENCE (5 * NANOS_S)
#define RECONCILE_PATIENCE (15 * NANOS_S)
#define ALERT_AGE (2 * NANOS_S) /* whoever joins hears the newest again */

static void tell_stopping(struct session *session, const struct envelope *envelope,
                          const void *body)
{
	const struct alert *alert = body;
	bool is_new = envelope->type == MESSAGE_ALERT &&
	              client_now(session->client) - alert->at < ALERT_AGE;
	if (is_new && name_is(&envelope->sender, "supervisor"))
		fprintf(stderr, "bw: %s\n", alert->text.text);
}

/* The answer comes before the last process is gone. */
static bool wait_for_end(const struct session *session)
{
	enum { WAIT_MS = 50 };
	long pid;
	name_t who;
	for (nanos_t waited = 0; waited < STOP_PATIENCE; waited += WAIT_MS * NANOS_MS) {
		if (!runlock_is_held(&session->paths, &pid) &&
		    !runlock_finds_service(&session->paths, &who))
			return true;
		poll(NULL, 0, WAIT_MS);
	}
	return false;
}

/* `bw up` winds down, compares books and reports by itself; without one the supervisor does what it
 * can. */
static enum err ask_to_stop(struct session *session, struct command_result *result)
{
	long pid = 0;
	if (runlock_is_held(&session->paths, &pid) && pid > 1 && kill((pid_t)pid, SIGTERM) == 0) {
		fprintf(stderr,
		        "bw: asked bw up (pid %ld) to stop: entries are shut, open orders "
		        "cancelled\n",
		        pid);
		result->done = true;
		return OK;
	}
	session->told = tell_stopping;
	return session_command(session, "supervisor", COMMAND_KIND_STOP, "bw down", STOP_PATIENCE,
	                       result);
}

static int stop(struct session *session)
{
	struct command_result result = {.done = false};
	long pid = 0;
	enum err err = ask_to_stop(session, &result);
	if (wait_for_end(session)) {
		printf("stopped: nothing runs on %s any more\n", session->paths.state);
		return EXIT_CODE_OK;
	}
	if (err == OK && !result.done)
		return cli_fail(EXIT_CODE_FAILURE, "the supervisor won't stop: %s",
		                result.text.text);
	runlock_is_held(&session->paths, &pid);
	return cli_fail(EXIT_CODE_TIMEOUT,
	                "the stack on %s still ends (bw up, pid %ld): bw logs supervisor tells why",
	                session->paths.state, pid);
}

int steer_down(const struct cli *cli)
{
	struct session *session = session_make(cli);
	int code = session_meet(session);
	if (code == EXIT_CODE_OK)
		code = stop(session);
	session_close(&session);
	return code;
}

struct told {
	const char *service;
	enum err err;
	struct command_result result;
};

static void write_told(const struct told *told, size_t count)
{
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++) {
		bool is_told = told[i].err == OK;
		json_array_append_new(list,
		                      json_pack("{s:s, s:b, s:s}", "service", told[i].service,
		                                "done", is_told && told[i].result.done, "text",
		                                is_told ? told[i].result.text.text : "no answer"));
	}
	list_write(list, stdout);
}

/* The executor first: it holds the orders. */
static int tell_both(struct session *session, enum command_kind kind, const char *reason)
{
	struct told told[] = {{.service = "executor"}, {.service = "risk"}};
	bool is_done = true;
	for (size_t i = 0; i < 2; i++) {
		told[i].err = session_command(session, told[i].service, kind, reason,
		                              COMMAND_PATIENCE, &told[i].result);
		is_done &= told[i].err == OK && told[i].result.done;
	}
	if (cli_has(session->cli, "json"))
		write_told(told, 2);
	for (size_t i = 0; i < 2 && !cli_has(session->cli, "json"); i++)
		if (told[i].err == OK)
			printf("%-9s %s%s\n", told[i].service,
			       told[i].result.done ? "" : "NOT DONE: ", told[i].result.text.text);
	if (is_done)
		return EXIT_CODE_OK;
	return told[0].err != OK || told[1].err != OK ? EXIT_CODE_TIMEOUT : EXIT_CODE_FAILURE;
}

static int check_reason(const struct cli *cli)
{
	const char *reason = cli_value(cli, "reason");
	if (reason == NULL || reason[0] == '\0')
		return cli_fail(EXIT_CODE_USAGE,
		                "%s needs a reason for the journal: bw %s --reason \"why\"",
		                cli->command->name, cli->command->name);
	if (strlen(reason) > TEXT_MAX_SIZE)
		return cli_fail(EXIT_CODE_USAGE, "the reason is longer than %d bytes",
		                TEXT_MAX_SIZE);
	return EXIT_CODE_OK;
}

static int with_reason(const struct cli *cli, enum command_kind kind, unsigned level,
                       void (*tell)(const struct session *session))
{
	static const char *const services[] = {"executor"};
	const char *reason = cli_value(cli, "reason");
	if (check_reason(cli) != EXIT_CODE_OK)
		return EXIT_CODE_USAGE;
	struct session *session = session_make(cli);
	session->level = level;
	int code = session_meet(session);
	if (code == EXIT_CODE_OK)
		code = tell_both(session, kind, reason);
	if (code == EXIT_CODE_OK && !cli_has(cli, "json") && session_collect(session, services, 1))
		tell(session);
	session_close(&session);
	return code;
}

struct left_open {
	uint64_t strategys, protective;
};

static struct left_open left_open(const struct picture *picture)
{
	struct left_open left = {0};
	for (size_t i = 0; i < picture->order_count; i++) {
		const struct order *order = &picture->orders[i];
		if (!picture_is_open(order))
			continue;
		bool is_protection =
			order->purpose == PURPOSE_PROTECT || order->purpose == PURPOSE_FLATTEN;
		*(is_protection ? &left.protective : &left.strategys) += 1;
	}
	return left;
}

static const char *fate_of(const struct position *position, unsigned level)
{
	if (level < 3 || name_is(&position->bot, "manual"))
		return "stays";
	return "is being sold";
}

static void tell_halted(const struct session *session)
{
	const struct picture *picture = &session->picture;
	struct left_open left = left_open(picture);
	printf("\nNo new risk until somebody arms again, also after a restart.\n"
	       "Open entries and exits: %" PRIu64 "%s. Protective orders: %" PRIu64 "%s.\n",
	       left.strategys, session->level == 1 ? " stay" : " still being cancelled",
	       left.protective, session->level >= 3 ? " until all is sold" : " stay");
	for (size_t i = 0; i < picture->position_count; i++) {
		char text[DECIMAL_TEXT_SIZE];
		const struct position *position = &picture->positions[i];
		if (decimal_sign(position->qty) != 0)
			printf("Position that %s: %s of %s (bot %s)\n",
			       fate_of(position, session->level),
			       decimal_print(position->qty, text), position->symbol.text,
			       position->bot.text);
	}
	printf("Go on with: bw arm --reason \"...\"\n");
}

static void tell_armed(const struct session *session)
{
	(void)session;
	printf("\nBots may trade again; bw status shows whether anything else holds them back.\n");
}

int steer_halt(const struct cli *cli)
{
	unsigned long level = 0;
	if (!cli_number(cli, "level", 2, 4, &level))
		return EXIT_CODE_USAGE;
	if (level == 0)
		return cli_fail(EXIT_CODE_USAGE, "a halt has levels 1 to 4: see bw help halt");
	return with_reason(cli, COMMAND_KIND_HALT, (unsigned)level, tell_halted);
}

int steer_arm(const struct cli *cli)
{
	return with_reason(cli, COMMAND_KIND_ARM, 0, tell_armed);
}

/* One command for the executor alone; its words on standard output. */
static int tell_executor(const struct cli *cli, struct command *command, nanos_t patience)
{
	struct session *session = session_make(cli);
	struct command_result result = {.done = false};
	int code = session_meet(session);
	if (code == EXIT_CODE_OK &&
	    session_tell(session, "executor", command, patience, &result) != OK)
		code = EXIT_CODE_TIMEOUT;
	else if (code == EXIT_CODE_OK) {
		struct told told = {.service = "executor", .err = OK, .result = result};
		if (cli_has(cli, "json"))
			write_told(&told, 1);
		else
			printf("%s%s\n", result.done ? "" : "NOT DONE: ", result.text.text);
		code = result.done ? EXIT_CODE_OK : EXIT_CODE_FAILURE;
	}
	session_close(&session);
	return code;
}

int steer_resolve(const struct cli *cli)
{
	struct command command = {.kind = COMMAND_KIND_RESOLVE};
	const char *id = cli->operand_count > 0 ? cli->operands[0] : "";
	if (ident_parse(id, strlen(id), &command.order) != OK)
		return cli_fail(EXIT_CODE_USAGE,
		                "resolve needs the 32 hex digits of a disputed order: bw orders "
		                "shows them");
	if (check_reason(cli) != EXIT_CODE_OK)
		return EXIT_CODE_USAGE;
	command.reason = text_from(cli_value(cli, "reason"));
	return tell_executor(cli, &command, COMMAND_PATIENCE);
}

int steer_reconcile(const struct cli *cli)
{
	struct command command = {.kind = COMMAND_KIND_RECONCILE, .reason = text_from("bw")};
	return tell_executor(cli, &command, RECONCILE_PATIENCE);
}
