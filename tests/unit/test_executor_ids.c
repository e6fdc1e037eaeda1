/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/ids.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "common/base/random.h"

static struct client_id random_id(struct random *random)
{
	return (struct client_id){
		.tag = (uint16_t)random_next(random),
		.nonce = (uint32_t)random_next(random),
		.counter = random_next(random) >> (64 - IDS_COUNTER_BITS),
		.attempt = (uint8_t)random_next(random),
	};
}

static void every_field_comes_back(void **state)
{
	struct random random;

	(void)state;
	random_init(&random, 1);
	for (unsigned i = 0; i < 10000; i++) {
		struct client_id id = random_id(&random), back;
		assert_true(client_id_unpack(client_id_pack(&id), &back));
		assert_int_equal(back.tag, id.tag);
		assert_int_equal(back.nonce, id.nonce);
		assert_int_equal(back.counter, id.counter);
		assert_int_equal(back.attempt, id.attempt);
	}
}

static void the_layout_is_tag_nonce_counter_attempt_check(void **state)
{
	struct client_id id = {
		.tag = 0xabcd, .nonce = 0x12345678, .counter = 0x0000fedcba987654, .attempt = 0x42};
	char text[IDENT_TEXT_SIZE];

	(void)state;
	ident_print(client_id_pack(&id), text);
	text[26] = '\0';
	assert_string_equal(text, "abcd12345678fedcba98765442");
}

static void any_flipped_bit_is_detected(void **state)
{
	struct random random;

	(void)state;
	random_init(&random, 2);
	for (unsigned i = 0; i < 200; i++) {
		struct client_id id = random_id(&random), back;
		ident_t packed = client_id_pack(&id);
		for (unsigned bit = 0; bit < 64; bit++) {
			ident_t high = {packed.high ^ UINT64_C(1) << bit, packed.low};
			ident_t low = {packed.high, packed.low ^ UINT64_C(1) << bit};
			assert_false(client_id_unpack(high, &back));
			assert_false(client_id_unpack(low, &back));
		}
	}
}

static void nothing_and_another_installation_are_not_ours(void **state)
{
	struct client_id id = {.tag = 7, .nonce = 1, .counter = 1, .attempt = 1};
	ident_t packed = client_id_pack(&id);

	(void)state;
	assert_true(client_id_is_ours(packed, 7));
	assert_false(client_id_is_ours(packed, 8));
	assert_false(client_id_is_ours((ident_t){0, 0}, 0));
}

static void the_next_counter_gives_another_id(void **state)
{
	struct client_id id = {.tag = 7, .nonce = 1, .counter = 1, .attempt = 1};
	ident_t first = client_id_pack(&id);

	(void)state;
	id.counter++;
	assert_false(ident_equals(client_id_pack(&id), first));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_comes_back),
		cmocka_unit_test(the_layout_is_tag_nonce_counter_attempt_check),
		cmocka_unit_test(any_flipped_bit_is_detected),
		cmocka_unit_test(nothing_and_another_installation_are_not_ours),
		cmocka_unit_test(the_next_counter_gives_another_id),
	};
	return cmocka_run_group_tests_name("executor_ids", tests, NULL, NULL);
}
