/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/random.h"

enum { SIZE = 256 };

struct memory {
	struct ring ring;
	_Alignas(8) uint8_t bytes[SIZE];
};

static void init(struct memory *memory, size_t size)
{
	ring_init(&memory->ring, memory->bytes, size);
}

static void records_come_out_in_order_and_whole(void **state)
{
	struct memory memory;
	size_t size = 0;

	(void)state;
	init(&memory, SIZE);
	assert_null(ring_peek(&memory.ring, &size));
	assert_true(ring_push(&memory.ring, "first", 6));
	assert_true(ring_push(&memory.ring, NULL, 0));
	assert_true(ring_push(&memory.ring, "third record", 13));
	assert_string_equal(ring_peek(&memory.ring, &size), "first");
	assert_int_equal(size, 6);
	ring_pop(&memory.ring);
	assert_non_null(ring_peek(&memory.ring, &size));
	assert_int_equal(size, 0);
	ring_pop(&memory.ring);
	assert_string_equal(ring_peek(&memory.ring, &size), "third record");
	ring_pop(&memory.ring);
	assert_null(ring_peek(&memory.ring, &size));
}

static void a_full_ring_says_no_and_keeps_what_it_has(void **state)
{
	struct memory memory;
	size_t size = 0;

	(void)state;
	init(&memory, 64);
	assert_true(ring_push(&memory.ring, "0123456789012345678901", 23));
	assert_true(ring_push(&memory.ring, "0123456789012345678902", 23));
	assert_false(ring_push(&memory.ring, NULL, 0));
	assert_string_equal(ring_peek(&memory.ring, &size), "0123456789012345678901");
	ring_pop(&memory.ring);
	assert_true(ring_push(&memory.ring, "0123456789012345678903", 23));
	assert_false(ring_push(&memory.ring, NULL, 0));
	assert_string_equal(ring_peek(&memory.ring, &size), "0123456789012345678902");
}

static void a_record_of_the_whole_memory_fits_into_an_empty_ring(void **state)
{
	struct memory memory;
	uint8_t record[SIZE] = {1, 2, 3};
	size_t size = 0;

	(void)state;
	init(&memory, SIZE);
	assert_true(ring_push(&memory.ring, record, 100));
	ring_pop(&memory.ring);
	assert_false(ring_push(&memory.ring, record, SIZE - RING_HEAD_SIZE + 1));
	assert_true(ring_push(&memory.ring, record, SIZE - RING_HEAD_SIZE));
	assert_memory_equal(ring_peek(&memory.ring, &size), record, SIZE - RING_HEAD_SIZE);
	assert_int_equal(size, SIZE - RING_HEAD_SIZE);
	ring_pop(&memory.ring);
	assert_false(ring_push(&memory.ring, record, SIZE_MAX));
}

/* Records are known by their number: its size and bytes follow from it. */
static size_t make_record(uint64_t number, uint8_t *record)
{
	struct random random;

	random_init(&random, number);
	size_t size = random_below(&random, random_below(&random, 4) ? 40 : 120);
	for (size_t i = 0; i < size; i++)
		record[i] = (uint8_t)random_next(&random);
	return size;
}

static void nothing_is_lost_or_changed_over_many_turns(void **state)
{
	struct memory memory;
	struct random random;
	uint8_t record[SIZE];
	uint64_t pushed = 0, popped = 0;

	(void)state;
	init(&memory, SIZE);
	random_init(&random, 5);
	for (int i = 0; i < 100000; i++) {
		size_t size = make_record(pushed, record), oldest_size = 0;
		if (random_below(&random, 2))
			pushed += ring_push(&memory.ring, record, size);
		const uint8_t *oldest = ring_peek(&memory.ring, &oldest_size);
		assert_int_equal(oldest == NULL, pushed == popped);
		assert_int_equal(memory.ring.count, pushed - popped);
		if (oldest == NULL || random_below(&random, 2))
			continue;
		assert_int_equal(oldest_size, make_record(popped++, record));
		assert_memory_equal(oldest, record, oldest_size);
		assert_int_equal((uintptr_t)oldest % RING_ALIGN, 0);
		ring_pop(&memory.ring);
	}
	assert_true(popped > 20000);
}

static void a_copied_ring_works_without_the_original(void **state)
{
	static struct memory memory, copy;
	size_t size;

	(void)state;
	init(&memory, SIZE);
	assert_true(ring_push(&memory.ring, "kept", 5));
	memcpy(&copy, &memory, sizeof copy);
	memset(&memory, 0xff, sizeof memory);
	assert_string_equal(ring_peek(&copy.ring, &size), "kept");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_out_in_order_and_whole),
		cmocka_unit_test(a_full_ring_says_no_and_keeps_what_it_has),
		cmocka_unit_test(a_record_of_the_whole_memory_fits_into_an_empty_ring),
		cmocka_unit_test(nothing_is_lost_or_changed_over_many_turns),
		cmocka_unit_test(a_copied_ring_works_without_the_original),
	};

	return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
