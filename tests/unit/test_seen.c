/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/seen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/random.h"

enum { CAPACITY = 50 };

struct memory {
	struct seen seen;
	uint64_t keys[CAPACITY];
	struct table_cell cells[TABLE_CELLS(CAPACITY)];
};

static void init(struct memory *memory, uint32_t capacity)
{
	seen_init(&memory->seen, memory->keys, capacity, memory->cells);
}

static void a_repeat_is_not_new(void **state)
{
	struct memory memory;

	(void)state;
	init(&memory, CAPACITY);
	assert_false(seen_has(&memory.seen, 0));
	assert_true(seen_add(&memory.seen, 0));
	assert_false(seen_add(&memory.seen, 0));
	assert_true(seen_has(&memory.seen, 0));
	assert_true(seen_add(&memory.seen, UINT64_MAX));
	assert_false(seen_add(&memory.seen, UINT64_MAX));
}

static void the_oldest_key_is_forgotten_first(void **state)
{
	struct memory memory;

	(void)state;
	init(&memory, 3);
	for (uint64_t key = 1; key <= 4; key++)
		assert_true(seen_add(&memory.seen, key));
	assert_false(seen_has(&memory.seen, 1));
	assert_true(seen_has(&memory.seen, 2));
	assert_true(seen_has(&memory.seen, 4));
}

static void remembers_exactly_the_last_keys(void **state)
{
	struct memory memory;
	struct random random;
	uint64_t last[CAPACITY];
	size_t count = 0;

	(void)state;
	random_init(&random, 3);
	init(&memory, CAPACITY);
	for (int i = 0; i < 50000; i++) {
		uint64_t key = random_below(&random, 120);
		bool expected_new = true;
		for (size_t j = 0; j < count && j < CAPACITY; j++)
			expected_new = expected_new && last[j] != key;
		assert_int_equal(seen_add(&memory.seen, key), expected_new);
		if (expected_new)
			last[count++ % CAPACITY] = key;
	}
}

static void a_copied_set_works_without_the_original(void **state)
{
	static struct memory memory, copy;

	(void)state;
	init(&memory, CAPACITY);
	assert_true(seen_add(&memory.seen, 12));
	memcpy(&copy, &memory, sizeof copy);
	memset(&memory, 0xff, sizeof memory);
	assert_false(seen_add(&copy.seen, 12));
	assert_true(seen_add(&copy.seen, 13));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_repeat_is_not_new),
		cmocka_unit_test(the_oldest_key_is_forgotten_first),
		cmocka_unit_test(remembers_exactly_the_last_keys),
		cmocka_unit_test(a_copied_set_works_without_the_original),
	};

	return cmocka_run_group_tests_name("seen", tests, NULL, NULL);
}
