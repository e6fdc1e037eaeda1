/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/paths.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "tests/lib/scratch.h"

static struct scratch scratch;
static struct service_paths paths;
static char profile[600];
static text_t why;

static int set_up(void **state)
{
	(void)state;
	scratch_open(&scratch);
	snprintf(profile, sizeof profile, "%s/mine", scratch.path);
	mkdir(profile, 0700);
	unsetenv("BREAKWATER_STATE");
	setenv("XDG_STATE_HOME", "/xdg", 1);
	setenv("HOME", "/home/me", 1);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	scratch_close(&scratch);
	return 0;
}

static enum err find(const char *state_directory)
{
	return paths_find(profile, state_directory, "risk", &paths, &why);
}

static void everything_stands_below_the_state_directory(void **state)
{
	(void)state;
	assert_int_equal(find("/state/here"), OK);
	assert_string_equal(paths.profile, profile);
	assert_string_equal(paths.state, "/state/here");
	assert_string_equal(paths.own, "/state/here/risk");
	assert_string_equal(paths.run, "/state/here/run");
	assert_int_equal(paths.programs[0], '/');
}

static void the_state_directory_is_found_by_argument_then_environment_then_home(void **state)
{
	(void)state;
	assert_int_equal(find(NULL), OK);
	assert_string_equal(paths.state, "/xdg/breakwater/mine");
	unsetenv("XDG_STATE_HOME");
	assert_int_equal(find(NULL), OK);
	assert_string_equal(paths.state, "/home/me/.local/state/breakwater/mine");
	setenv("BREAKWATER_STATE", "/env", 1);
	assert_int_equal(find(NULL), OK);
	assert_string_equal(paths.state, "/env");
	assert_int_equal(find("/argument"), OK);
	assert_string_equal(paths.state, "/argument");
}

static void an_empty_environment_variable_is_none(void **state)
{
	(void)state;
	setenv("BREAKWATER_STATE", "", 1);
	assert_int_equal(find(NULL), OK);
	assert_string_equal(paths.state, "/xdg/breakwater/mine");
}

static void a_relative_state_directory_is_made_absolute(void **state)
{
	char current[512];
	(void)state;
	assert_int_equal(find("some/where"), OK);
	assert_non_null(getcwd(current, sizeof current));
	assert_int_equal(strncmp(paths.state, current, strlen(current)), 0);
	assert_string_equal(paths.state + strlen(current), "/some/where");
}

static void a_profile_is_also_a_name_below_conf(void **state)
{
	(void)state;
	assert_int_equal(paths_find("demo", "/s", "risk", &paths, &why), OK);
	assert_non_null(strstr(paths.profile, "/conf/demo"));
}

static void a_profile_that_is_not_there_is_refused_with_the_remedy(void **state)
{
	(void)state;
	assert_int_equal(paths_find("no-such-profile", "/s", "risk", &paths, &why), ERR_NOT_FOUND);
	assert_non_null(strstr(why.text, "no-such-profile"));
	assert_non_null(strstr(why.text, "stack.yaml"));
}

static void a_state_path_that_is_too_long_is_refused_with_the_remedy(void **state)
{
	char path[800];
	(void)state;
	memset(path, 'a', sizeof path - 1);
	path[0] = '/';
	path[sizeof path - 1] = '\0';
	assert_int_equal(find(path), ERR_INVALID);
	assert_non_null(strstr(why.text, "--state"));
}

static void directories_are_made_for_the_user_alone(void **state)
{
	static const char *const names[] = {"deep/state", "deep/state/run", "deep/state/risk",
	                                    "deep/state/keys", "deep/state/logs"};
	(void)state;
	assert_int_equal(find(scratch_path(&scratch, "deep/state")), OK);
	assert_int_equal(paths_make(&paths, &why), OK);
	assert_int_equal(paths_make(&paths, &why), OK);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct stat info;
		assert_int_equal(stat(scratch_path(&scratch, names[i]), &info), 0);
		assert_true(S_ISDIR(info.st_mode));
		assert_int_equal(info.st_mode & 0777, 0700);
	}
}

static void a_file_in_the_way_is_told_by_name(void **state)
{
	(void)state;
	assert_int_equal(find(scratch_path(&scratch, "state")), OK);
	mkdir(scratch_path(&scratch, "state"), 0700);
	scratch_write_text(&scratch, "state/run", "in the way");
	assert_int_equal(paths_make(&paths, &why), ERR_IO);
	assert_non_null(strstr(why.text, "state/run"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(everything_stands_below_the_state_directory),
		TEST(the_state_directory_is_found_by_argument_then_environment_then_home),
		TEST(an_empty_environment_variable_is_none),
		TEST(a_relative_state_directory_is_made_absolute),
		TEST(a_profile_is_also_a_name_below_conf),
		TEST(a_profile_that_is_not_there_is_refused_with_the_remedy),
		TEST(a_state_path_that_is_too_long_is_refused_with_the_remedy),
		TEST(directories_are_made_for_the_user_alone),
		TEST(a_file_in_the_way_is_told_by_name),
	};
	return cmocka_run_group_tests_name("paths", tests, NULL, NULL);
}
