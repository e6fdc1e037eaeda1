/* SPDX-License-Identifier: Apache-2.0 */
#include "services/bw/kill.h"

#include "common/io/exit_code.h"
#include "common/model/instrument.h"
#include "services/bw/session.h"

#include <errno.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXECUTOR_PATIENCE (2 * NANOS_S)
#define EXECUTOR_SILENCE (1500 * NANOS_MS)
#define RISK_PATIENCE (500 * NANOS_MS)
#define END_PATIENCE (60 * NANOS_S)

enum { LEVEL_DEFAULT = 2, LEVEL_SELL = 3, TRIES_MAX = 3, PATH_SIZE = 700 };

extern char **environ;

static bool is_stop(const struct order *order)
{
	return order->purpose == PURPOSE_PROTECT || order->purpose == PURPOSE_FLATTEN;
}

static bool is_held(const struct position *position)
{
	return decimal_sign(position->qty) > 0 && !name_is(&position->bot, "manual");
}

static bool is_dust(const struct picture *picture, const struct position *position)
{
	const struct picture_market *market = picture_market(picture, &position->symbol);
	return market != NULL && market->instrument.symbol.size > 0 &&
	       instrument_is_dust(&market->instrument, position->qty, position->entry_price);
}

static bool is_unclear(const struct order *order)
{
	return order->status == ORDER_STATUS_UNKNOWN || order->status == ORDER_STATUS_DISPUTED;
}

static void print_order(const char *word, const struct order *order)
{
	char id[IDENT_TEXT_SIZE], qty[DECIMAL_TEXT_SIZE];
	printf("%s order %s %s %s %s of %s in %s: %s\n", word, ident_print(order->client_id, id),
	       enum_print(&enum_purpose, (int)order->purpose),
	       enum_print(&enum_side, (int)order->side), decimal_print(order->qty, qty),
	       order->bot.text, order->symbol.text,
	       enum_print(&enum_order_status, (int)order->status));
}

static void print_position(const char *word, const struct position *position)
{
	char qty[DECIMAL_TEXT_SIZE];
	printf("%s position %s in %s of %s\n", word, decimal_print(position->qty, qty),
	       position->symbol.text, position->bot.text);
}

/* K-06: what would happen, before it does. */
static void print_consequence(const struct picture *picture, unsigned long level)
{
	bool sells = level >= LEVEL_SELL;
	for (size_t i = 0; i < picture->order_count; i++) {
		const struct order *order = &picture->orders[i];
		if (!picture_is_open(order))
			continue;
		print_order(is_unclear(order)                         ? "unclear:"
		            : level < 2 || (is_stop(order) && !sells) ? "stays:  "
		            : is_stop(order)                          ? "stop goes:"
		                                                      : "cancelled:",
		            order);
	}
	for (size_t i = 0; i < picture->position_count; i++)
		if (is_held(&picture->positions[i]))
			print_position(sells ? "sold:   " : "stays:  ", &picture->positions[i]);
}

static bool ask_person(void)
{
	char line[16] = "";
	if (!isatty(STDIN_FILENO))
		return false;
	printf("\nType kill to go on: ");
	fflush(stdout);
	return fgets(line, sizeof line, stdin) != NULL && strcmp(line, "kill\n") == 0;
}

static bool is_agreed(struct session *session, unsigned long level, bool is_known)
{
	if (cli_has(session->cli, "now"))
		return true;
	if (is_known)
		print_consequence(&session->picture, level);
	else
		printf("The executor doesn't answer: what is open isn't known here. It is killed "
		       "and\nrecovery takes its place: every order of ours is %s.\n",
		       level >= LEVEL_SELL ? "cancelled, every position of the bots sold"
		                           : "cancelled but for the stops");
	return ask_person();
}

static enum err tell(struct session *session, const char *service, unsigned long level,
                     nanos_t patience, struct command_result *result)
{
	const char *user = getenv("USER");
	struct command command = {
		.kind = COMMAND_KIND_HALT,
		.actor = name_from(user != NULL && user[0] != '\0' ? user : "bw"),
		.reason = text_from(cli_value(session->cli, "reason")),
		.level = level,
	};
	return client_ask(session->client, service, MESSAGE_COMMAND, &command,
	                  MESSAGE_COMMAND_RESULT, result, patience);
}

/* It beats, but its answer is late: it may be cancelling five hundred orders. */
static bool is_executor_alive(struct session *session)
{
	const struct picture_service *service = picture_service(&session->picture, "executor");
	nanos_t until = client_now(session->client) + EXECUTOR_SILENCE / 2;
	while (client_now(session->client) < until)
		client_run(session->client, client_patience(session->client));
	return service != NULL && service->heard != 0 &&
	       client_now(session->client) - service->heard < EXECUTOR_SILENCE;
}

static size_t orders_left(const struct picture *picture, unsigned long level)
{
	size_t count = 0;
	for (size_t i = 0; i < picture->order_count; i++) {
		const struct order *order = &picture->orders[i];
		count += picture_is_open(order) && (level >= LEVEL_SELL || !is_stop(order));
	}
	return level < 2 ? 0 : count;
}

static size_t positions_left(const struct picture *picture, unsigned long level)
{
	size_t count = 0;
	for (size_t i = 0; i < picture->position_count; i++)
		count += level >= LEVEL_SELL && is_held(&picture->positions[i]) &&
		         !is_dust(picture, &picture->positions[i]);
	return count;
}

static int print_rest(const struct picture *picture, unsigned long level)
{
	size_t orders = orders_left(picture, level), positions = positions_left(picture, level);
	for (size_t i = 0; i < picture->order_count; i++)
		if (picture_is_open(&picture->orders[i]) && level >= 2)
			print_order(level >= LEVEL_SELL || !is_stop(&picture->orders[i]) ? "left "
			                                                                 : "stays",
			            &picture->orders[i]);
	for (size_t i = 0; i < picture->position_count; i++)
		if (is_held(&picture->positions[i]))
			print_position(is_dust(picture, &picture->positions[i]) ? "dust "
			               : level >= LEVEL_SELL                    ? "left "
			                                                        : "stays",
			               &picture->positions[i]);
	printf("halted at level %lu: %zu orders and %zu positions are left\n", level, orders,
	       positions);
	return orders + positions == 0 ? EXIT_CODE_OK : EXIT_CODE_FAILURE;
}

/* Until nothing is left that was to go. */
static int watch(struct session *session, unsigned long level)
{
	nanos_t until = client_now(session->client) + END_PATIENCE;
	const struct picture *picture = &session->picture;
	if (client_collect(session->client, "executor", EXECUTOR_PATIENCE) != OK)
		fprintf(stderr, "bw: the executor's books didn't come in full\n");
	if (level >= LEVEL_SELL && client_collect(session->client, "feed", RISK_PATIENCE) != OK)
		fprintf(stderr, "bw: the feed doesn't tell the symbols' rules\n");
	while (client_now(session->client) < until &&
	       orders_left(picture, level) + positions_left(picture, level) > 0)
		client_run(session->client, client_patience(session->client));
	return print_rest(picture, level);
}

static bool has_journal(const struct service_paths *paths)
{
	char path[PATH_SIZE];
	snprintf(path, sizeof path, "%s/executor/journal", paths->state);
	return access(path, F_OK) == 0;
}

/* Its exit code is ours. */
static int take_over(const struct session *session, unsigned long level)
{
	char program[PATH_SIZE], level_text[8];
	const struct service_paths *paths = &session->paths;
	pid_t pid;
	int status = 0;
	snprintf(program, sizeof program, "%s/recovery", paths->programs);
	snprintf(level_text, sizeof level_text, "%lu", level);
	char *const argv[] = {program,
	                      (char *)"--take-over",
	                      level_text,
	                      (char *)"--reason",
	                      (char *)cli_value(session->cli, "reason"),
	                      (char *)"--profile",
	                      (char *)paths->profile,
	                      (char *)"--state",
	                      (char *)paths->state,
	                      NULL};
	if (!has_journal(paths))
		return cli_fail(EXIT_CODE_NOT_RUNNING, "no executor ever ran on %s", paths->state);
	fprintf(stderr, "bw: the executor doesn't answer; recovery takes its place\n");
	int err = posix_spawn(&pid, program, NULL, NULL, argv, environ);
	if (err != 0)
		return cli_fail(EXIT_CODE_FAILURE, "can't start %s: %s", program, strerror(err));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return cli_fail(EXIT_CODE_FAILURE, "can't wait for %s", program);
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_CODE_FAILURE;
}

/* Its answer may wait until all is done; that it obeys shows before. */
static bool has_latched(const struct session *session)
{
	const struct trading_state *state = &session->picture.executor;
	return state->status == TRADING_STATUS_HALTED &&
	       strstr(state->reason.text, cli_value(session->cli, "reason")) != NULL;
}

/* One that was just started again has missed the first call. */
static bool is_obeyed(struct session *session, unsigned long level, struct command_result *result)
{
	for (int i = 0; i < TRIES_MAX; i++) {
		if (tell(session, "executor", level, EXECUTOR_PATIENCE, result) == OK)
			return true;
		*result = (struct command_result){.done = true, .text = text_from("halts")};
		if (!is_executor_alive(session))
			return false;
		if (has_latched(session))
			return true;
	}
	return false;
}

static int act(struct session *session, unsigned long level)
{
	struct command_result result, of_risk;
	if (!is_obeyed(session, level, &result)) {
		client_close(&session->client);
		return take_over(session, level);
	}
	printf("executor  %s%s\n", result.done ? "" : "NOT DONE: ", result.text.text);
	if (tell(session, "risk", level, RISK_PATIENCE, &of_risk) == OK)
		printf("risk      %s\n", of_risk.text.text);
	return watch(session, level);
}

static int check(const struct cli *cli, unsigned long *level)
{
	const char *reason = cli_value(cli, "reason");
	if (reason == NULL || reason[0] == '\0')
		return cli_fail(EXIT_CODE_USAGE, "kill needs a reason for the journal: bw kill "
		                                 "--reason \"why\"");
	if (strlen(reason) > TEXT_MAX_SIZE)
		return cli_fail(EXIT_CODE_USAGE, "the reason is longer than %d bytes",
		                TEXT_MAX_SIZE);
	if (!cli_number(cli, "level", LEVEL_DEFAULT, LEVEL_SELL, level) || *level < 1)
		return cli_fail(EXIT_CODE_USAGE, "the level is 1, 2 or 3: bw help kill");
	if (!cli_has(cli, "now") && !isatty(STDIN_FILENO))
		return cli_fail(EXIT_CODE_USAGE,
		                "nobody can be asked here: say --now if it is meant");
	return EXIT_CODE_OK;
}

int kill_run(const struct cli *cli)
{
	unsigned long level;
	int code = check(cli, &level);
	if (code != EXIT_CODE_OK)
		return code;
	struct session *session = session_make(cli);
	code = session_find(session);
	if (code == EXIT_CODE_OK)
		code = session_join(session);
	if (code == EXIT_CODE_OK) {
		bool is_known = cli_has(cli, "now") || client_collect(session->client, "executor",
		                                                      EXECUTOR_PATIENCE) == OK;
		if (is_agreed(session, level, is_known))
			code = act(session, level);
		else
			code = cli_fail(EXIT_CODE_FAILURE, "nothing was done");
	}
	session_close(&session);
	return code;
}
