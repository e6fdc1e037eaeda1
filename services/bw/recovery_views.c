/* SPDX-License-Identifier: Apache-2.0 */
#include "services/bw/recovery_views.h"

#include "common/io/exit_code.h"
#include "services/bw/lists.h"
#include "services/bw/session.h"
#include "services/bw/wording.h"

#include <inttypes.h>

#define LOOK_PATIENCE (60 * NANOS_S)

static bool is_of_last(const struct picture *picture, uint64_t report)
{
	return report == picture->report.number;
}

static json_t *list_json(const struct picture *picture)
{
	json_t *root = list_message(MESSAGE_REC_REPORT, &picture->report);
	json_t *lines = json_array(), *differences = json_array();
	for (size_t i = 0; i < picture->line_count; i++)
		json_array_append_new(lines, list_message(MESSAGE_REC_LINE, &picture->lines[i]));
	for (size_t i = 0; i < picture->difference_count; i++)
		if (is_of_last(picture, picture->differences[i].report))
			json_array_append_new(differences, list_message(MESSAGE_REC_DIFFERENCE,
			                                                &picture->differences[i]));
	json_object_set_new(root, "lines", lines);
	json_object_set_new(root, "differences_found", differences);
	json_object_set_new(root, "whole",
	                    picture->stack.status != 0
	                            ? list_message(MESSAGE_STACK_STATE, &picture->stack)
	                            : json_null());
	return root;
}

static void print_report(const struct rec_report *report)
{
	char at[WORDING_MAX];
	printf("comparison %" PRIu64 " at %s (%s), %" PRIu64 " ms: %s%s%s\n", report->number,
	       word_clock(report->at, at), report->trigger.text, report->duration_ms,
	       !report->success ? "NOT COMPARED: "
	       : report->agree  ? "books and exchange agree"
	                        : "BOOKS DIFFER: ",
	       report->reason.text, report->guarded ? "; new risk is shut" : "");
	printf("restored   %" PRIu64 " agreed numbers; %" PRIu64 " new executions read\n",
	       report->restored, report->executions);
	printf("orders     %" PRIu64 " resumed, %" PRIu64 " adopted, %" PRIu64
	       " unknown or disputed\n",
	       report->orders_resumed, report->orders_adopted, report->orders_disputed);
	printf("foreign    %" PRIu64 " orders, %" PRIu64 " assets: counted, never touched\n",
	       report->foreign_orders, report->foreign_positions);
}

static void print_lines(const struct picture *picture)
{
	char journal[DECIMAL_TEXT_SIZE], exchange[DECIMAL_TEXT_SIZE], agreed[DECIMAL_TEXT_SIZE];
	printf("\n%-12s %18s %18s %18s  %s\n", "", "books", "exchange", "agreed", "");
	for (size_t i = 0; i < picture->line_count; i++) {
		const struct rec_line *line = &picture->lines[i];
		printf("%-12s %18s %18s %18s  %s\n", line->subject.text,
		       decimal_print(line->journal, journal),
		       decimal_print(line->exchange, exchange), decimal_print(line->agreed, agreed),
		       line->agree ? "" : "DIFFERS");
	}
}

static void print_differences(const struct picture *picture)
{
	char kind[WORDING_MAX];
	bool is_first = true;
	for (size_t i = 0; i < picture->difference_count; i++) {
		const struct rec_difference *difference = &picture->differences[i];
		if (!is_of_last(picture, difference->report))
			continue;
		printf("%s%-18s %s\n", is_first ? "\n" : "",
		       word_lower(&enum_difference_kind, (int)difference->kind, kind),
		       difference->text.text);
		is_first = false;
	}
}

static int print(const struct session *session)
{
	const struct picture *picture = &session->picture;
	const struct rec_report *report = &picture->report;
	if (cli_has(session->cli, "json"))
		list_write(list_json(picture), stdout);
	else if (report->number == 0)
		printf("recovery has not compared the books yet\n");
	else {
		print_report(report);
		print_lines(picture);
		print_differences(picture);
		printf("\nnext       %s\n", report->advice.text);
		recovery_print_state(picture, stdout, session->cli->colour);
	}
	return report->number != 0 && report->agree ? EXIT_CODE_OK : EXIT_CODE_DIFFERENCE;
}

static int look_now(struct session *session)
{
	struct command_result result;
	enum err err = session_command(session, "recovery", COMMAND_KIND_RECONCILE, "bw recovery",
	                               LOOK_PATIENCE, &result);
	client_refresh(session->client, "recovery");
	return err == OK ? EXIT_CODE_OK : EXIT_CODE_TIMEOUT;
}

int view_recovery(const struct cli *cli)
{
	static const char *const services[] = {"recovery"};
	struct session *session = session_make(cli);
	int code = session_meet(session);
	if (code == EXIT_CODE_OK && cli_has(cli, "now"))
		code = look_now(session);
	if (code == EXIT_CODE_OK && !session_collect(session, services, 1))
		code = EXIT_CODE_TIMEOUT;
	if (code == EXIT_CODE_OK)
		code = print(session);
	session_close(&session);
	return code;
}

void recovery_print_state(const struct picture *picture, FILE *file, bool colour)
{
	const struct stack_state *state = &picture->stack;
	char text[WORDING_MAX];
	if (state->status == 0)
		return;
	enum tint tint = tint_of_trading(state->status);
	fprintf(file, "whole      %s%s%s%s%s\n", tint_on(tint, colour),
	        word_lower(&enum_trading_status, (int)state->status, text), tint_off(tint, colour),
	        state->reason.size > 0 ? ": " : "", state->reason.text);
	fprintf(file, "works      %s\n", state->works.text);
}
