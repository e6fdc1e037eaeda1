/* SPDX-License-Identifier: Apache-2.0 */
/* What the executor's own program makes of its journal at a start: renewed when long, set aside
   when damaged, and then halted until a person arms. */
#include "common/io/journal.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/io/journal_format.h"
#include "tests/lib/child.h"
#include "tests/lib/scratch.h"

static struct scratch scratch;
static char program[600];

static int set_up(void **state)
{
	(void)state;
	scratch_open(&scratch);
	mkdir(scratch_path(&scratch, "profile"), 0700);
	scratch_write_text(&scratch, "profile/stack.yaml",
	                   "symbols: [BTCUSDT]\n"
	                   "services: [executor]\n"
	                   "redis: off\n"
	                   "hot_cpu: none\n"
	                   "journal_records: 10\n");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	scratch_close(&scratch);
	return 0;
}

/* From its start to its end; returns what it said. */
static char *live(void)
{
	char profile[600], state[600];
	char *argv[] = {program, "--profile", profile, "--state", state, NULL};
	sigset_t set, before;

	snprintf(profile, sizeof profile, "%s/profile", scratch.path);
	snprintf(state, sizeof state, "%s/state", scratch.path);
	unlink(scratch_path(&scratch, "output"));
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &before); /* it takes the signal when it is ready for it */
	pid_t pid = child_start(argv, scratch_path(&scratch, "output"));
	sigprocmask(SIG_SETMASK, &before, NULL);
	kill(pid, SIGTERM);
	int status = child_wait(pid);
	char *words = scratch_read(&scratch, "output", NULL);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("status %d: %s", status, words);
	return words;
}

static bool says(const char *text)
{
	char *words = live();
	bool is_there = strstr(words, text) != NULL;

	free(words);
	return is_there;
}

struct found {
	uint64_t boots, latches;
	struct journal_latch latch;
};

static void look(void *context, const struct journal_record *record)
{
	struct found *self = context;

	self->boots += record->type == MESSAGE_JOURNAL_BOOT;
	if (record->type == MESSAGE_JOURNAL_LATCH &&
	    codec_unpack_body(record->type, record->payload, record->size, &self->latch,
	                      sizeof self->latch) == OK)
		self->latches++;
}

static struct found found(void)
{
	struct found found = {0};
	struct journal_report report;
	char directory[600];
	text_t why;

	snprintf(directory, sizeof directory, "%s/state/executor", scratch.path);
	assert_int_equal(journal_read(directory, look, &found, &report, &why), OK);
	assert_false(report.quarantined);
	return found;
}

static void a_long_journal_is_renewed_and_its_history_stays(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 11; i++)
		assert_false(says("journal.renewed"));
	assert_true(says("journal.renewed"));
	assert_int_equal(found().boots, 12);
	assert_false(says("journal.renewed"));
	assert_int_equal(found().boots, 13);
}

static void is_halted_by_its_journal(const char *reason)
{
	struct found now = found();

	assert_int_equal(now.latches, 1);
	assert_true(now.latch.halted);
	assert_string_equal(now.latch.actor.text, "journal");
	assert_non_null(strstr(now.latch.reason.text, reason));
}

static void damage_halts_entries(void **state)
{
	size_t size;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		free(live());
	char *bytes = scratch_read(&scratch, "state/executor/journal", &size);
	bytes[JOURNAL_HEADER_SIZE + 20] ^= 1;
	scratch_write(&scratch, "state/executor/journal", bytes, size);
	free(bytes);
	assert_true(says("journal.damaged"));
	is_halted_by_its_journal("damaged-");
	free(live()); /* whole again, and still halted */
	is_halted_by_its_journal("damaged-");
}

static void an_empty_file_halts_entries(void **state)
{
	(void)state;
	free(live());
	scratch_write_text(&scratch, "state/executor/journal", "");
	assert_true(says("journal.damaged"));
	is_halted_by_its_journal("damaged-");
}

static void a_first_start_is_not_halted(void **state)
{
	(void)state;
	free(live());
	assert_int_equal(found().latches, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_long_journal_is_renewed_and_its_history_stays,
	                                        set_up, tear_down),
		cmocka_unit_test_setup_teardown(damage_halts_entries, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_empty_file_halts_entries, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_first_start_is_not_halted, set_up, tear_down),
	};

	ssize_t size = readlink("/proc/self/exe", program, sizeof program - 20);
	for (unsigned i = 0; i < 3 && size > 0; i++) /* build/tests/integration/test_… */
		*strrchr(program, '/') = '\0';
	strcat(program, "/bin/executor");
	return cmocka_run_group_tests_name("executor_journal", tests, NULL, NULL);
}
