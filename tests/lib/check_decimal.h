/* SPDX-License-Identifier: Apache-2.0 */
/* Decimals in tests: compared as text, so that a failure shows both numbers. */
#ifndef TESTS_LIB_CHECK_DECIMAL_H
#define TESTS_LIB_CHECK_DECIMAL_H

#include "common/base/decimal.h"

/* Needs cmocka.h before it. */
#define assert_decimal(value, expected) \
	assert_string_equal(decimal_print((value), (char[DECIMAL_TEXT_SIZE]){0}), (expected))

#endif
