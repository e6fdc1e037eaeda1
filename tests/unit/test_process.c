/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/process.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "tests/lib/scratch.h"

static struct scratch scratch;
static struct processes *processes;
static struct process_end end;
static uint64_t pid;
static text_t why;

static int set_up(void **state)
{
	(void)state;
	scratch_open(&scratch);
	return processes_open(&processes) == OK ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	processes_close(&processes);
	scratch_close(&scratch);
	return 0;
}

static enum err start(const char *name, const char *script, const char *output)
{
	name_t instance = name_from(name);
	char *const argv[] = {"sh", "-c", (char *)(uintptr_t)script, NULL};

	return processes_start(processes, &instance, argv, output, &pid, &why);
}

static enum err signal_to(const char *name, int number)
{
	name_t instance = name_from(name);

	return processes_signal(processes, &instance, number);
}

static void wait_for_end(void)
{
	struct pollfd item = {.fd = processes_fd(processes), .events = POLLIN};

	assert_int_equal(poll(&item, 1, 30000), 1);
	assert_true(processes_next(processes, &end));
}

static void an_end_is_learnt_with_its_exit_code(void **state)
{
	(void)state;
	assert_int_equal(start("one", "exit 7", NULL), OK);
	wait_for_end();
	assert_true(name_is(&end.name, "one"));
	assert_int_equal(end.pid, pid);
	assert_int_equal(WEXITSTATUS(end.status), 7);
	assert_string_equal(end.reason.text, "exit code 7");
	assert_false(processes_next(processes, &end));
}

static void a_signal_reaches_the_named_child_only(void **state)
{
	(void)state;
	assert_int_equal(start("one", "exec sleep 60", NULL), OK);
	assert_int_equal(start("two", "exec sleep 60", NULL), OK);
	assert_int_equal(signal_to("two", SIGKILL), OK);
	wait_for_end();
	assert_true(name_is(&end.name, "two"));
	assert_string_equal(end.reason.text, "killed by SIGKILL");
	assert_false(processes_next(processes, &end));
	assert_int_equal(signal_to("two", SIGKILL), ERR_NOT_FOUND);
	assert_int_equal(signal_to("one", 0), OK);
}

static void a_name_is_free_again_after_the_end_was_learnt(void **state)
{
	(void)state;
	assert_int_equal(start("one", "exit 0", NULL), OK);
	assert_int_equal(start("one", "exit 0", NULL), ERR_EXISTS);
	wait_for_end();
	assert_int_equal(start("one", "exit 1", NULL), OK);
	wait_for_end();
	assert_string_equal(end.reason.text, "exit code 1");
}

static void a_program_that_is_not_there_is_told_at_once(void **state)
{
	name_t name = name_from("none");
	char *const argv[] = {"/nowhere/program", NULL};
	(void)state;

	assert_int_equal(processes_start(processes, &name, argv, NULL, &pid, &why), ERR_NOT_FOUND);
	assert_non_null(strstr(why.text, "/nowhere/program: No such file"));
	assert_false(processes_next(processes, &end));
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void output_is_appended_to_its_file(void **state)
{
	(void)state;
	const char *path = scratch_write_text(&scratch, "output", "before\n");
	assert_int_equal(start("one", "echo out; echo err >&2", path), OK);
	wait_for_end();
	char *text = scratch_read(&scratch, "output", NULL);
	assert_string_equal(text, "before\nout\nerr\n");
	free(text);
}

/* 3 is the directory handle of ls itself. */
static void the_child_inherits_no_descriptor(void **state)
{
	(void)state;
	int leak = dup(1);
	assert_int_equal(start("one", "ls /proc/self/fd | tr '\\n' ' '; head -c 1",
	                       scratch_path(&scratch, "output")),
	                 OK);
	wait_for_end();
	close(leak);
	char *text = scratch_read(&scratch, "output", NULL);
	assert_string_equal(text, "0 1 2 3 ");
	free(text);
}

/* Signals 32 and 33: what make's posix_spawn leaves ignored and no program can change. */
#define GLIBC_OWN (3ULL << 31)

static void the_child_inherits_no_blocked_or_ignored_signal(void **state)
{
	char *const argv[] = {"grep", "-E", "SigBlk|SigIgn", "/proc/self/status", NULL};
	name_t name = name_from("one");
	sigset_t set, old;
	(void)state;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &old);
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(processes_start(processes, &name, argv, scratch_path(&scratch, "output"),
	                                 &pid, &why),
	                 OK);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &old, NULL);
	wait_for_end();
	char *text = scratch_read(&scratch, "output", NULL);
	unsigned long long blocked, ignored;
	assert_int_equal(sscanf(text, "SigBlk: %llx SigIgn: %llx", &blocked, &ignored), 2);
	assert_int_equal(blocked, 0);
	assert_int_equal(ignored & ~GLIBC_OWN, 0);
	free(text);
}

static void a_closed_set_leaves_no_child_behind(void **state)
{
	(void)state;
	assert_int_equal(start("one", "trap '' TERM; exec sleep 60", NULL), OK);
	processes_close(&processes);
	assert_int_equal(kill((pid_t)pid, 0), -1);
	assert_int_equal(errno, ESRCH);
}

/* A parent starts a child, tells its pid, and dies by SIGKILL: the child's end closes the pipe. */
static void the_child_is_terminated_when_its_parent_dies(void **state)
{
	int told[2];
	char byte;
	(void)state;

	assert_int_equal(pipe(told), 0);
	pid_t parent = fork();
	if (parent == 0) {
		dup2(told[1], STDOUT_FILENO);
		close(told[0]);
		close(told[1]);
		_exit(start("one", "echo x; exec sleep 60", NULL) == OK ? pause() : 1);
	}
	close(told[1]);
	assert_int_equal(read(told[0], &byte, 1), 1);
	assert_int_equal(kill(parent, SIGKILL), 0);
	waitpid(parent, NULL, 0);
	struct pollfd item = {.fd = told[0], .events = POLLIN};
	ssize_t got = 1;
	while (got > 0) {
		assert_int_equal(poll(&item, 1, 30000), 1);
		got = read(told[0], &byte, 1);
	}
	close(told[0]);
	assert_int_equal(got, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_end_is_learnt_with_its_exit_code),
		TEST(a_signal_reaches_the_named_child_only),
		TEST(a_name_is_free_again_after_the_end_was_learnt),
		TEST(a_program_that_is_not_there_is_told_at_once),
		TEST(output_is_appended_to_its_file),
		TEST(the_child_inherits_no_descriptor),
		TEST(the_child_inherits_no_blocked_or_ignored_signal),
		TEST(a_closed_set_leaves_no_child_behind),
		TEST(the_child_is_terminated_when_its_parent_dies),
	};

	return cmocka_run_group_tests_name("process", tests, NULL, NULL);
}
