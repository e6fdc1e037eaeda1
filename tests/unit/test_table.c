/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/random.h"

enum { ROWS = 100, KEYS = 300, STEPS = 200000 };

/* A store as services have it: rows, an index over their keys, and the keys that should be in. */
struct store {
	struct table index;
	struct table_cell cells[TABLE_CELLS(ROWS)];
	uint64_t keys[ROWS];
	bool used[ROWS];
};

static uint32_t find(const struct store *store, uint64_t key, uint64_t hash)
{
	struct table_probe probe;
	uint32_t slot = table_first(&store->index, hash, &probe);

	while (slot != TABLE_NONE && store->keys[slot] != key)
		slot = table_next(&store->index, &probe);
	return slot;
}

static void finds_what_was_added_until_it_is_removed(void **state)
{
	struct table table;
	struct table_cell cells[8];
	struct table_probe probe;

	(void)state;
	table_init(&table, cells, 8);
	assert_int_equal(table_first(&table, 77, &probe), TABLE_NONE);
	assert_int_equal(table_add(&table, 77, 0), OK);
	assert_int_equal(table_first(&table, 77, &probe), 0);
	assert_int_equal(table_next(&table, &probe), TABLE_NONE);
	assert_false(table_remove(&table, 77, 1));
	assert_false(table_remove(&table, 78, 0));
	assert_true(table_remove(&table, 77, 0));
	assert_int_equal(table_first(&table, 77, &probe), TABLE_NONE);
	assert_int_equal(table.count, 0);
}

static void gives_every_slot_of_one_hash_once(void **state)
{
	struct table table;
	struct table_cell cells[TABLE_CELLS(10)];
	struct table_probe probe;
	unsigned seen = 0;

	(void)state;
	table_init(&table, cells, TABLE_CELLS(10));
	for (uint32_t slot = 0; slot < 10; slot++)
		assert_int_equal(table_add(&table, slot < 6 ? 5 : 6, slot), OK);
	assert_true(table_remove(&table, 5, 2));
	for (uint32_t slot = table_first(&table, 5, &probe); slot != TABLE_NONE;
	     slot = table_next(&table, &probe)) {
		assert_int_equal(seen >> slot & 1, 0);
		seen |= 1u << slot;
	}
	assert_int_equal(seen, 0x3b);
}

static void a_full_table_says_no_and_still_answers(void **state)
{
	struct table table;
	struct table_cell cells[4];
	struct table_probe probe;

	(void)state;
	table_init(&table, cells, 4);
	for (uint32_t slot = 0; slot < 3; slot++)
		assert_int_equal(table_add(&table, 1000 + slot, slot), OK);
	assert_int_equal(table_add(&table, 2000, 3), ERR_FULL);
	assert_int_equal(table_first(&table, 2000, &probe), TABLE_NONE);
	for (uint32_t slot = 0; slot < 3; slot++)
		assert_int_equal(table_first(&table, 1000 + slot, &probe), slot);
	assert_true(table_remove(&table, 1001, 1));
	assert_int_equal(table_add(&table, 2000, 3), OK);
}

/* Adds, removes and looks up at random; few hashes make the walks collide. */
static void live_with(uint64_t hashes_max)
{
	static struct store store;
	struct random random;

	memset(&store, 0, sizeof store);
	random_init(&random, 7 + hashes_max);
	table_init(&store.index, store.cells, TABLE_CELLS(ROWS));
	for (int step = 0; step < STEPS; step++) {
		uint64_t key = random_below(&random, KEYS), hash = key % hashes_max;
		uint32_t slot = find(&store, key, hash), expected = TABLE_NONE;
		for (uint32_t i = 0; i < ROWS; i++)
			if (store.used[i] && store.keys[i] == key)
				expected = i;
		assert_int_equal(slot, expected);
		if (slot != TABLE_NONE) {
			assert_true(table_remove(&store.index, hash, slot));
			store.used[slot] = false;
			continue;
		}
		uint32_t place = (uint32_t)random_below(&random, ROWS);
		if (store.used[place])
			continue;
		assert_int_equal(table_add(&store.index, hash, place), OK);
		store.used[place] = true;
		store.keys[place] = key;
	}
}

static void agrees_with_a_plain_search_when_hashes_differ(void **state)
{
	(void)state;
	live_with(UINT64_MAX);
}

static void agrees_with_a_plain_search_when_hashes_collide(void **state)
{
	(void)state;
	live_with(5);
}

static void a_copied_state_works_without_the_original(void **state)
{
	static struct store store, copy;

	(void)state;
	table_init(&store.index, store.cells, TABLE_CELLS(ROWS));
	store.keys[9] = 4711;
	assert_int_equal(table_add(&store.index, 4711, 9), OK);
	memcpy(&copy, &store, sizeof copy);
	memset(&store, 0xff, sizeof store);
	assert_int_equal(find(&copy, 4711, 4711), 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_was_added_until_it_is_removed),
		cmocka_unit_test(gives_every_slot_of_one_hash_once),
		cmocka_unit_test(a_full_table_says_no_and_still_answers),
		cmocka_unit_test(agrees_with_a_plain_search_when_hashes_differ),
		cmocka_unit_test(agrees_with_a_plain_search_when_hashes_collide),
		cmocka_unit_test(a_copied_state_works_without_the_original),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
