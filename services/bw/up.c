/* SPDX-License-Identifier: Apache-2.0 */
#include "services/bw/up.h"

#include "common/io/exit_code.h"
#include "common/io/paths.h"
#include "services/bw/lists.h"
#include "services/bw/run.h"
#include "services/bw/runlock.h"
#include "services/bw/screen.h"
#include "services/bw/tables.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LEFTOVER_TRIES = 400, LEFTOVER_MS = 100 };

static int check_first(const struct session *session)
{
	unsigned wrong = tables_check(&session->paths, &session->stack, false);
	if (wrong > 0)
		return cli_fail(EXIT_CODE_CONFIG,
		                "%u file%s of the profile must be mended first; bw config check "
		                "looks again",
		                wrong, wrong == 1 ? "" : "s");
	return EXIT_CODE_OK;
}

/* A killed `bw up` leaves a stack that is winding down. */
static int wait_for_leftovers(const struct session *session)
{
	name_t who;
	for (int i = 0; i < LEFTOVER_TRIES && runlock_finds_service(&session->paths, &who); i++) {
		if (i == 5)
			fprintf(stderr, "bw: %s of an earlier run is still ending on %s; waiting\n",
			        who.text, session->paths.state);
		poll(NULL, 0, LEFTOVER_MS);
	}
	if (!runlock_finds_service(&session->paths, &who))
		return EXIT_CODE_OK;
	return cli_fail(
		EXIT_CODE_RUNNING,
		"%s runs already on %s without bw up: end it first, or take another --state",
		who.text, session->paths.state);
}

static int take_place(const struct session *session)
{
	text_t why;
	long pid = 0;
	enum err err = paths_make(&session->paths, &why);
	if (err == OK)
		err = runlock_take(&session->paths, &pid, &why);
	if (err == ERR_EXISTS)
		return cli_fail(
			EXIT_CODE_RUNNING,
			"a stack runs already on %s (bw up, pid %ld): look with bw status, stop it "
			"with bw down, or take another --state",
			session->paths.state, pid);
	if (err != OK)
		return cli_fail(EXIT_CODE_FAILURE, "%s", why.text);
	return wait_for_leftovers(session);
}

static int write_report(const struct run *run, const char *path)
{
	json_t *root = run_report_json(&run->report);
	int failed = json_dump_file(root, path, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
	json_decref(root);
	if (failed != 0)
		return cli_fail(EXIT_CODE_FAILURE, "can't write the report %s: %s", path,
		                strerror(errno));
	return EXIT_CODE_OK;
}

static void print_end(const struct run *run, bool colour)
{
	const struct books_result *books = &run->books;
	printf("\nThe stack ran %.1f s. As it was then:\n\n",
	       (double)(run->report.ended - run->started) / (double)NANOS_S);
	list_summary(run->running, run->report.ended, stdout, colour);
	printf("\nAfter winding down: %s.\n", run->report.wind_down_text.size > 0
	                                              ? run->report.wind_down_text.text
	                                              : "nothing was confirmed");
	list_orders_line(run->report.wound_down, stdout);
	if (!books->compared)
		printf("Books were not compared with the exchange: %s\n", books->why.text);
	else if (books->agreement.agree)
		printf("Books agree with the exchange: %llu executions on both sides.\n",
		       (unsigned long long)books->exchange_trades);
	else
		printf("Books and exchange DIFFER in %llu places:\n",
		       (unsigned long long)books->agreement.found);
	for (uint32_t i = 0; books->compared && i < books->agreement.count; i++)
		printf("  %s\n", books->agreement.differences[i].text);
	printf("Logs: %s/logs\n", run->session->paths.state);
}

static int outcome_of(const struct run *run)
{
	if (run->failed || run->was_killed)
		return EXIT_CODE_FAILURE;
	if (run->books.compared && !run->books.agreement.agree)
		return EXIT_CODE_DIFFERENCE;
	return run->books.compared ? EXIT_CODE_OK : EXIT_CODE_FAILURE;
}

static int run_stack(struct session *session, nanos_t exit_after)
{
	static struct run run;
	text_t why;
	const char *report = cli_value(session->cli, "report");
	bool live = !cli_has(session->cli, "plain") && isatty(STDOUT_FILENO) &&
	            isatty(STDIN_FILENO) && screen_open();
	enum err err = run_open(&run, session, live, exit_after, &why);
	if (err == OK)
		run_go(&run);
	if (live)
		screen_close();
	int code =
		err == OK ? outcome_of(&run)
			  : cli_fail(EXIT_CODE_FAILURE, "can't start the supervisor: %s", why.text);
	if (err == OK) {
		print_end(&run, session->cli->colour);
		if (report != NULL && write_report(&run, report) != EXIT_CODE_OK)
			code = EXIT_CODE_FAILURE;
	}
	run_close(&run);
	return code;
}

static bool read_exit_after(const struct cli *cli, nanos_t *out)
{
	const char *text = cli_value(cli, "exit-after");
	*out = 0;
	if (text == NULL || (time_parse_duration(text, out) == OK && *out > 0))
		return true;
	cli_fail(EXIT_CODE_USAGE, "--exit-after %s: a duration is wanted, like 60s or 5m", text);
	return false;
}

/* Before the run, not after it. */
static bool can_report(const struct cli *cli)
{
	const char *path = cli_value(cli, "report");
	FILE *file = path == NULL ? NULL : fopen(path, "ae");
	if (file != NULL)
		fclose(file);
	if (path == NULL || file != NULL)
		return true;
	cli_fail(EXIT_CODE_USAGE, "--report %s: %s", path, strerror(errno));
	return false;
}

int up_run(const struct cli *cli)
{
	nanos_t exit_after;
	if (!read_exit_after(cli, &exit_after) || !can_report(cli))
		return EXIT_CODE_USAGE;
	struct session *session = session_make(cli);
	int code = session_find(session);
	if (code == EXIT_CODE_OK)
		code = check_first(session);
	if (code == EXIT_CODE_OK)
		code = take_place(session);
	if (code == EXIT_CODE_OK)
		code = session_join(session);
	if (code == EXIT_CODE_OK)
		code = run_stack(session, exit_after);
	session_close(&session);
	return code;
}
