/* SPDX-License-Identifier: Apache-2.0 */
#include "common/model/lifecycle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { STATUS_COUNT = ORDER_STATUS_ORPHAN + 1 };

static const struct {
	enum order_status status;
	enum order_cause cause;
	enum order_status next;
} rows[] = {
#define TRANSITION(status, cause, next) {ORDER_STATUS_##status, CAUSE_##cause, ORDER_STATUS_##next},
#include "common/model/lifecycle.def"
#undef TRANSITION
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static bool is_listed(int status, int cause)
{
	for (size_t i = 0; i < ROWS; i++)
		if ((int)rows[i].status == status && (int)rows[i].cause == cause)
			return true;
	return false;
}

static bool is_terminal(int status)
{
	return order_status_is_terminal((enum order_status)status);
}

static void each_listed_row_leads_where_the_table_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		enum order_status next = 0;
		assert_int_equal(lifecycle_next(rows[i].status, rows[i].cause, &next), OK);
		assert_int_equal(next, rows[i].next);
	}
}

static void no_pair_is_listed_twice(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++)
		for (size_t j = i + 1; j < ROWS; j++)
			assert_false(rows[i].status == rows[j].status &&
			             rows[i].cause == rows[j].cause);
}

static void every_other_pair_is_impossible_and_leaves_the_result_alone(void **state)
{
	size_t impossible = 0;

	(void)state;
	for (int status = 0; status < STATUS_COUNT + 2; status++) {
		for (int cause = 0; cause < CAUSE_COUNT + 2; cause++) {
			enum order_status next = ORDER_STATUS_DISPUTED;
			if (is_listed(status, cause))
				continue;
			assert_int_equal(lifecycle_next((enum order_status)status,
			                                (enum order_cause)cause, &next),
			                 ERR_IMPOSSIBLE);
			assert_int_equal(next, ORDER_STATUS_DISPUTED);
			impossible++;
		}
	}
	assert_int_equal(impossible + ROWS, (STATUS_COUNT + 2) * (CAUSE_COUNT + 2));
}

static void only_an_order_of_which_nothing_was_ever_seen_leaves_its_end_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++)
		if (is_terminal((int)rows[i].status))
			assert_true(order_status_is_unseen_end(rows[i].status));
}

static void late_evidence_opens_each_of_them_alike(void **state)
{
	static const enum order_status unseen[] = {ORDER_STATUS_NEVER, ORDER_STATUS_REJECTED,
	                                           ORDER_STATUS_UNSENT};
	static const struct {
		enum order_cause cause;
		enum order_status next;
	} late[] = {
		{CAUSE_EXISTS, ORDER_STATUS_LIVE},      {CAUSE_EXECUTED, ORDER_STATUS_PARTIAL},
		{CAUSE_COMPLETED, ORDER_STATUS_FILLED}, {CAUSE_CANCELLED, ORDER_STATUS_CANCELED},
		{CAUSE_LAPSED, ORDER_STATUS_EXPIRED},
	};

	(void)state;
	for (size_t i = 0; i < 3; i++)
		for (size_t j = 0; j < 5; j++) {
			enum order_status next = 0;
			assert_int_equal(lifecycle_next(unseen[i], late[j].cause, &next), OK);
			assert_int_equal(next, late[j].next);
		}
}

static void only_a_person_ends_a_dispute(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].status == ORDER_STATUS_DISPUTED)
			assert_true(rows[i].cause == CAUSE_OVERRULED ||
			            rows[i].cause == CAUSE_OVERRULED_FULL);
		else
			assert_true(rows[i].cause != CAUSE_OVERRULED &&
			            rows[i].cause != CAUSE_OVERRULED_FULL);
}

static void nothing_leads_to_an_orphan_but_being_met_as_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].next == ORDER_STATUS_ORPHAN)
			assert_int_equal(rows[i].status, ORDER_STATUS_ORPHAN);
}

static void silence_moves_an_order_to_unknown_and_never_to_an_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].cause == CAUSE_NO_ANSWER)
			assert_int_equal(rows[i].next, ORDER_STATUS_UNKNOWN);
}

static void only_an_unknown_order_is_ended_by_the_fence(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].next == ORDER_STATUS_NEVER) {
			assert_int_equal(rows[i].status, ORDER_STATUS_UNKNOWN);
			assert_int_equal(rows[i].cause, CAUSE_FENCED);
		}
}

static void only_what_provably_never_left_is_unsent(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].next == ORDER_STATUS_UNSENT) {
			assert_int_equal(rows[i].cause, CAUSE_DROPPED);
			assert_true(rows[i].status == ORDER_STATUS_INTENT ||
			            rows[i].status == ORDER_STATUS_SENDING);
		}
}

static void six_states_are_ends_and_the_rest_is_open(void **state)
{
	static const bool ends[STATUS_COUNT] = {
		[ORDER_STATUS_FILLED] = true,  [ORDER_STATUS_CANCELED] = true,
		[ORDER_STATUS_EXPIRED] = true, [ORDER_STATUS_REJECTED] = true,
		[ORDER_STATUS_NEVER] = true,   [ORDER_STATUS_UNSENT] = true,
	};
	(void)state;
	for (int status = ORDER_STATUS_INTENT; status < STATUS_COUNT; status++) {
		assert_int_equal(is_terminal(status), ends[status]);
		assert_int_equal(order_status_is_open((enum order_status)status), !ends[status]);
	}
}

static void every_cause_has_its_own_name(void **state)
{
	(void)state;
	for (int cause = 1; cause < CAUSE_COUNT; cause++) {
		assert_non_null(order_cause_name((enum order_cause)cause));
		for (int other = 1; other < cause; other++)
			assert_string_not_equal(order_cause_name((enum order_cause)cause),
			                        order_cause_name((enum order_cause)other));
	}
	assert_string_equal(order_cause_name(CAUSE_NO_ANSWER), "NO_ANSWER");
}

static void the_exchanges_word_and_number_together_make_the_cause(void **state)
{
	static const struct {
		enum venue_status status;
		const char *executed, *qty;
		enum order_cause cause;
	} words[] = {
		{VENUE_STATUS_NEW, "0", "1", CAUSE_EXISTS},
		{VENUE_STATUS_PENDING_NEW, "0", "1", CAUSE_EXISTS},
		{VENUE_STATUS_NEW, "0.5", "1", CAUSE_EXECUTED},
		{VENUE_STATUS_NEW, "1", "1", CAUSE_COMPLETED},
		{VENUE_STATUS_PARTIALLY_FILLED, "0.99999999", "1", CAUSE_EXECUTED},
		{VENUE_STATUS_PARTIALLY_FILLED, "1", "1", CAUSE_COMPLETED},
		{VENUE_STATUS_PARTIALLY_FILLED, "0", "1", CAUSE_DISPUTED},
		{VENUE_STATUS_FILLED, "1", "1", CAUSE_COMPLETED},
		{VENUE_STATUS_FILLED, "0.99999999", "1", CAUSE_DISPUTED},
		{VENUE_STATUS_FILLED, "1", "0", CAUSE_COMPLETED},
		{VENUE_STATUS_CANCELED, "0", "1", CAUSE_CANCELLED},
		{VENUE_STATUS_CANCELED, "0.5", "1", CAUSE_CANCELLED},
		{VENUE_STATUS_EXPIRED, "0", "1", CAUSE_LAPSED},
		{VENUE_STATUS_EXPIRED, "0.5", "1", CAUSE_LAPSED},
		{VENUE_STATUS_EXPIRED_IN_MATCH, "0.5", "1", CAUSE_LAPSED},
		{VENUE_STATUS_REJECTED, "0", "1", CAUSE_REFUSED},
		{VENUE_STATUS_REJECTED, "0.1", "1", CAUSE_DISPUTED},
		{VENUE_STATUS_CANCELED, "1.00000001", "1", CAUSE_DISPUTED},
		{VENUE_STATUS_NEW, "-1", "1", CAUSE_DISPUTED},
		{(enum venue_status)99, "0", "1", CAUSE_DISPUTED},
	};
	(void)state;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		enum order_cause cause = order_cause_of(
			words[i].status, decimal_of(words[i].executed), decimal_of(words[i].qty));
		if (cause != words[i].cause)
			fail_msg("row %zu gives %s", i, order_cause_name(cause));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_listed_row_leads_where_the_table_says),
		cmocka_unit_test(no_pair_is_listed_twice),
		cmocka_unit_test(every_other_pair_is_impossible_and_leaves_the_result_alone),
		cmocka_unit_test(only_an_order_of_which_nothing_was_ever_seen_leaves_its_end_again),
		cmocka_unit_test(late_evidence_opens_each_of_them_alike),
		cmocka_unit_test(only_a_person_ends_a_dispute),
		cmocka_unit_test(nothing_leads_to_an_orphan_but_being_met_as_one),
		cmocka_unit_test(silence_moves_an_order_to_unknown_and_never_to_an_end),
		cmocka_unit_test(only_an_unknown_order_is_ended_by_the_fence),
		cmocka_unit_test(only_what_provably_never_left_is_unsent),
		cmocka_unit_test(six_states_are_ends_and_the_rest_is_open),
		cmocka_unit_test(every_cause_has_its_own_name),
		cmocka_unit_test(the_exchanges_word_and_number_together_make_the_cause),
	};
	return cmocka_run_group_tests_name("lifecycle", tests, NULL, NULL);
}
