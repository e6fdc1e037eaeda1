/* SPDX-License-Identifier: Apache-2.0 */
/* The lock's holder is ended only when it is proven to be an executor. */
#include "services/recovery/seize.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/scratch.h"

static struct scratch folder;
static char lock_path[600], program[600];
static pid_t holder;

static int set_up(void **state)
{
	(void)state;
	scratch_open(&folder);
	snprintf(lock_path, sizeof lock_path, "%s/instance.lock", folder.path);
	holder = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	if (holder > 0) {
		kill(holder, SIGKILL);
		waitpid(holder, NULL, 0);
	}
	scratch_close(&folder);
	return 0;
}

static void copy_program(const char *name)
{
	char bytes[1 << 14];
	size_t size;
	FILE *from = fopen("/bin/sleep", "rb");
	snprintf(program, sizeof program, "%s/%s", folder.path, name);
	FILE *to = fopen(program, "wb");
	assert_non_null(from);
	assert_non_null(to);
	while ((size = fread(bytes, 1, sizeof bytes, from)) > 0)
		assert_int_equal(fwrite(bytes, 1, size, to), size);
	fclose(from);
	fclose(to);
	assert_int_equal(chmod(program, 0700), 0);
}

/* A process of that name holds the lock, and has signed it when asked to. */
static void given_holder(const char *name, bool signs)
{
	char pid[24], byte;
	int ready[2];
	copy_program(name);
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	holder = fork();
	if (holder == 0) {
		int fd = open(lock_path, O_RDWR | O_CREAT, 0600); /* stays open over exec */
		int size = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
		if (fd < 0 || flock(fd, LOCK_EX) != 0 ||
		    (signs && write(fd, pid, (size_t)size) != size))
			_exit(1);
		execl(program, name, "1000", (char *)NULL);
		_exit(1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 0); /* closed by exec */
	close(ready[0]);
}

static bool is_locked(void)
{
	int fd = open(lock_path, O_RDWR | O_CLOEXEC);
	bool is_free = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
	close(fd);
	return !is_free;
}

static void an_executor_that_holds_it_is_killed(void **state)
{
	text_t why;
	int status;
	(void)state;
	given_holder("executor", true);
	assert_true(is_locked());
	assert_int_equal(seize_executor(lock_path, &why), OK);
	assert_int_equal(waitpid(holder, &status, 0), holder);
	holder = 0;
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_false(is_locked());
}

static void a_stopped_one_too(void **state)
{
	text_t why;
	(void)state;
	given_holder("executor", true);
	kill(holder, SIGSTOP);
	assert_int_equal(seize_executor(lock_path, &why), OK);
	assert_false(is_locked());
}

static void another_program_is_left_alone(void **state)
{
	text_t why;
	(void)state;
	given_holder("editor", true);
	assert_int_equal(seize_executor(lock_path, &why), ERR_EXISTS);
	assert_non_null(strstr(why.text, "no executor"));
	assert_int_equal(waitpid(holder, NULL, WNOHANG), 0);
}

static void another_take_over_is_left_alone(void **state)
{
	text_t why;
	(void)state;
	given_holder("recovery", true);
	assert_int_equal(seize_executor(lock_path, &why), ERR_EXISTS);
	assert_non_null(strstr(why.text, "another take-over"));
	assert_int_equal(waitpid(holder, NULL, WNOHANG), 0);
}

static void who_has_not_signed_is_waited_for(void **state)
{
	text_t why;
	(void)state;
	given_holder("executor", false);
	assert_int_equal(seize_executor(lock_path, &why), OK);
	assert_int_equal(waitpid(holder, NULL, WNOHANG), 0);
}

/* An old number that belongs to somebody else by now. */
static void an_executor_that_does_not_hold_it_is_left_alone(void **state)
{
	char other[700];
	text_t why;
	(void)state;
	given_holder("executor", true);
	snprintf(other, sizeof other, "%s/other.lock", folder.path);
	FILE *file = fopen(other, "w");
	assert_non_null(file);
	fprintf(file, "%ld\n", (long)holder);
	fclose(file);
	assert_int_equal(seize_executor(other, &why), OK);
	assert_int_equal(waitpid(holder, NULL, WNOHANG), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_executor_that_holds_it_is_killed),
		TEST(a_stopped_one_too),
		TEST(another_program_is_left_alone),
		TEST(another_take_over_is_left_alone),
		TEST(who_has_not_signed_is_waited_for),
		TEST(an_executor_that_does_not_hold_it_is_left_alone),
	};
	return cmocka_run_group_tests_name("seize", tests, NULL, NULL);
}
