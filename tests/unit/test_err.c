/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void every_error_has_a_name_and_a_text(void **state)
{
	(void)state;
	for (int i = 0; i < ERR_COUNT; i++) {
		assert_true(strlen(err_name((enum err)i)) > 1);
		assert_true(strlen(err_text((enum err)i)) > 1);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(err_name((enum err)i), err_name((enum err)j));
	}
}

static void ok_is_zero_and_no_class_of_error(void **state)
{
	(void)state;
	assert_int_equal(OK, 0);
	assert_string_equal(err_name(OK), "OK");
	for (int i = 0; i < ERR_COUNT; i++)
		assert_int_equal(err_class((enum err)i) == ERR_CLASS_NONE, i == OK);
}

static void classes_tell_what_to_do(void **state)
{
	(void)state;
	assert_int_equal(err_class(ERR_TIMEOUT), ERR_CLASS_TRANSIENT);
	assert_int_equal(err_class(ERR_REFUSED), ERR_CLASS_PERMANENT);
	assert_int_equal(err_class(ERR_MALFORMED), ERR_CLASS_CORRUPT);
	assert_int_equal(err_class(ERR_FULL), ERR_CLASS_OURS);
	assert_string_equal(err_name(ERR_THROTTLED), "ERR_THROTTLED");
	assert_string_equal(err_text(ERR_TIMEOUT), "no answer in time");
}

static void a_code_from_outside_the_list_is_named_unknown(void **state)
{
	(void)state;
	assert_string_equal(err_name((enum err)ERR_COUNT), "ERR_UNKNOWN");
	assert_string_equal(err_name((enum err) - 1), "ERR_UNKNOWN");
	assert_int_equal(err_class((enum err)200), ERR_CLASS_OURS);
	assert_non_null(err_text((enum err)200));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_error_has_a_name_and_a_text),
		cmocka_unit_test(ok_is_zero_and_no_class_of_error),
		cmocka_unit_test(classes_tell_what_to_do),
		cmocka_unit_test(a_code_from_outside_the_list_is_named_unknown),
	};

	return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
