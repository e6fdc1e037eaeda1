/* SPDX-License-Identifier: Apache-2.0 */
/* Less quantity for an order that keeps its ids: durable, and no contradiction in what is told. */
#include "tests/lib/replace_desk.h"

static void less_quantity_is_amended_and_keeps_its_ids(void **state)
{
	struct fixture self = given_a_resting_exit();
	ident_t id = desk_book(self.desk, self.old).client_id;

	(void)state;
	desk_stream_fill(self.desk, desk_execute(self.desk, at_exchange(&self, self.old), "0.1"));
	assert_true(when_replaced(&self, "0.2", "100"));
	const struct desk_call *call = desk_call(self.desk, CALL_KIND_REPLACE);
	assert_int_equal(call->request.method, HTTP_PUT);
	assert_non_null(strstr(call->request.query, "newQty=0.3&"));
	then_qty(&self, self.old, "0.5");
	desk_answer(self.desk, CALL_KIND_REPLACE);
	then_qty(&self, self.old, "0.3");
	assert_int_equal(desk_book(self.desk, self.old).status, ORDER_STATUS_PARTIAL);
	assert_int_equal(desk_book(self.desk, self.old).replace, REPLACE_STATUS_CONFIRMED);
	assert_true(ident_equals(desk_book(self.desk, self.old).client_id, id));
	assert_true(ident_is_none(desk_book(self.desk, self.new).client_id));
	desk_close(self.desk);
}

static void words_of_before_and_after_an_amend_are_no_contradiction(void **state)
{
	struct fixture self = given_a_resting_exit();
	struct desk_order before = *at_exchange(&self, self.old);

	(void)state;
	when_replaced(&self, "0.3", "100");
	struct desk_order after = before;
	after.told.qty = decimal_of("0.3");
	desk_stream_order(self.desk, &before);
	desk_stream_order(self.desk, &after); /* before the answer */
	then_qty(&self, self.old, "0.3");
	desk_stream_order(self.desk, &before);
	desk_answer(self.desk, CALL_KIND_REPLACE);
	desk_stream_order(self.desk, &before);
	then_qty(&self, self.old, "0.3");
	assert_int_equal(desk_book(self.desk, self.old).status, ORDER_STATUS_LIVE);
	after.told.qty = decimal_of("0.2"); /* nobody asked for that */
	desk_stream_order(self.desk, &after);
	assert_int_equal(desk_book(self.desk, self.old).status, ORDER_STATUS_DISPUTED);
	desk_close(self.desk);
}

static void an_amended_order_ends_filled_at_its_new_quantity(void **state)
{
	struct fixture self = given_a_resting_exit();

	(void)state;
	when_replaced(&self, "0.3", "100");
	desk_lose_answer(self.desk, CALL_KIND_REPLACE);
	desk_execute(self.desk, at_exchange(&self, self.old), "0.3");
	desk_live(self.desk, 5 * NANOS_S);
	assert_int_equal(desk_book(self.desk, self.old).status, ORDER_STATUS_FILLED);
	then_qty(&self, self.old, "0.3");
	assert_string_equal(desk_held(self.desk, "bot"), "0.7");
	desk_close(self.desk);
}

static void a_refused_amend_changes_nothing(void **state)
{
	struct fixture self = given_a_resting_exit();

	(void)state;
	when_replaced(&self, "0.3", "100");
	desk_execute(self.desk, at_exchange(&self, self.old), "0.3");
	desk_answer(self.desk, CALL_KIND_REPLACE);
	desk_live(self.desk, 5 * NANOS_S);
	then_qty(&self, self.old, "0.5");
	assert_int_equal(desk_book(self.desk, self.old).status, ORDER_STATUS_PARTIAL);
	assert_int_equal(desk_book(self.desk, self.old).replace, REPLACE_STATUS_REFUSED);
	desk_close(self.desk);
}

static void a_lost_amend_is_given_up_behind_the_fence_only(void **state)
{
	struct fixture self = given_a_resting_exit();

	(void)state;
	when_replaced(&self, "0.3", "100");
	desk_refuse(self.desk, CALL_KIND_REPLACE, EVIDENCE_NOTHING, 0);
	desk_live(self.desk, 3 * NANOS_S);
	assert_int_equal(desk_book(self.desk, self.old).replace, REPLACE_STATUS_UNKNOWN);
	desk_live(self.desk, 20 * NANOS_S);
	assert_int_equal(desk_book(self.desk, self.old).replace, REPLACE_STATUS_REFUSED);
	struct desk_order late = *at_exchange(&self, self.old);
	late.told.qty = decimal_of("0.3");
	desk_stream_order(self.desk, &late);
	then_qty(&self, self.old, "0.3"); /* late evidence wins */
	assert_int_equal(desk_book(self.desk, self.old).replace, REPLACE_STATUS_CONFIRMED);
	desk_close(self.desk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(less_quantity_is_amended_and_keeps_its_ids),
		cmocka_unit_test(words_of_before_and_after_an_amend_are_no_contradiction),
		cmocka_unit_test(an_amended_order_ends_filled_at_its_new_quantity),
		cmocka_unit_test(a_refused_amend_changes_nothing),
		cmocka_unit_test(a_lost_amend_is_given_up_behind_the_fence_only),
	};

	return cmocka_run_group_tests_name("executor_amend", tests, NULL, NULL);
}
