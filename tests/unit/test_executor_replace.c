/* SPDX-License-Identifier: Apache-2.0 */
/* Replacing and amending: both legs on record before the call, each judged by its own evidence, and
   never more open than the target. */
#include "tests/lib/replace_desk.h"

#include <stdlib.h>

#include "common/model/lifecycle.h"

enum { BODY_MAX = 2048, QUIET_S = 60 };

static const struct desk_message *record_before(const struct desk *desk, size_t back)
{
	return &desk->records[desk->record_count - back];
}

static void both_legs_are_on_record_before_the_call_and_stay_reserved(void **state)
{
	struct fixture self = given_a_resting_exit();
	struct desk *desk = self.desk;

	(void)state;
	assert_true(when_replaced(&self, "0.5", "101"));
	assert_int_equal(record_before(desk, 3)->type, MESSAGE_JOURNAL_INTENT);
	assert_int_equal(record_before(desk, 2)->type, MESSAGE_JOURNAL_REPLACE);
	assert_int_equal(record_before(desk, 1)->type, MESSAGE_JOURNAL_SEND);
	const struct journal_replace *replace = record_before(desk, 2)->body;
	const struct journal_send *send = record_before(desk, 1)->body;
	const struct desk_call *call = desk_call(desk, CALL_KIND_REPLACE);
	assert_true(decimal_equals(replace->cap, decimal_of("0.5")));
	assert_int_equal(replace->valid_until, call->request.valid_until);
	assert_true(ident_equals(replace->hash_high, send->hash_high));
	assert_true(call->request.once);
	then(&self, ORDER_STATUS_LIVE, ORDER_STATUS_SENDING, REPLACE_STATUS_SENT);
	assert_int_equal(desk->executor->books.orders.open_count, 2);
	assert_true(ident_equals(desk_book(desk, self.new).replaces,
	                         desk_book(desk, self.old).client_id));
	desk_close(desk);
}

static void a_replaced_order_is_cancelled_and_the_new_one_lives(void **state)
{
	struct fixture self = given_a_resting_exit();

	(void)state;
	when_replaced(&self, "0.5", "101");
	desk_answer(self.desk, CALL_KIND_REPLACE);
	then(&self, ORDER_STATUS_CANCELED, ORDER_STATUS_LIVE, REPLACE_STATUS_CONFIRMED);
	assert_int_equal(desk_noted(self.desk, "order.replace_half"), 0);
	desk_close(self.desk);
}

static void a_refused_replace_leaves_the_old_order_resting(void **state)
{
	struct fixture self = given_a_resting_exit();

	(void)state;
	self.desk->replaces = DESK_NEITHER;
	when_replaced(&self, "0.5", "101");
	desk_answer(self.desk, CALL_KIND_REPLACE);
	then(&self, ORDER_STATUS_LIVE, ORDER_STATUS_REJECTED, REPLACE_STATUS_REFUSED);
	desk_live(self.desk, NANOS_S);
	then(&self, ORDER_STATUS_LIVE, ORDER_STATUS_REJECTED, REPLACE_STATUS_REFUSED);
	self.desk->replaces = DESK_WHOLE;
	self.new = (ident_t){7, 8};
	assert_true(when_replaced(&self, "0.5", "101"));
	desk_close(self.desk);
}

static void a_replace_that_was_not_sent_leaves_the_old_order_resting(void **state)
{
	struct fixture self = given_a_resting_exit();

	(void)state;
	when_replaced(&self, "0.5", "101");
	desk_refuse(self.desk, CALL_KIND_REPLACE, EVIDENCE_UNSENT, 0);
	then(&self, ORDER_STATUS_LIVE, ORDER_STATUS_UNSENT, REPLACE_STATUS_REFUSED);
	desk_close(self.desk);
}

static void half_done_the_old_is_cancelled_and_the_new_rejected(void **state)
{
	struct fixture self = given_a_resting_exit();

	(void)state;
	self.desk->replaces = DESK_CANCEL_ONLY;
	when_replaced(&self, "0.5", "101");
	desk_answer(self.desk, CALL_KIND_REPLACE);
	then(&self, ORDER_STATUS_CANCELED, ORDER_STATUS_REJECTED, REPLACE_STATUS_REFUSED);
	assert_int_equal(desk_noted(self.desk, "order.replace_half"), 1);
	desk_close(self.desk);
}

static void the_other_half_done_the_old_order_is_cancelled_behind(void **state)
{
	struct fixture self = given_a_resting_exit();

	(void)state;
	self.desk->replaces = DESK_PLACE_ONLY;
	when_replaced(&self, "0.5", "101");
	desk_answer(self.desk, CALL_KIND_REPLACE);
	then(&self, ORDER_STATUS_LIVE, ORDER_STATUS_LIVE, REPLACE_STATUS_UNKNOWN);
	assert_int_equal(desk_noted(self.desk, "order.replace_half"), 1);
	desk_live(self.desk, 5 * NANOS_S);
	then(&self, ORDER_STATUS_CANCELED, ORDER_STATUS_LIVE, REPLACE_STATUS_CONFIRMED);
	desk_close(self.desk);
}

static void a_lost_answer_makes_both_unknown_until_each_is_seen(void **state)
{
	struct fixture self = given_a_resting_exit();

	(void)state;
	when_replaced(&self, "0.5", "101");
	desk_lose_answer(self.desk, CALL_KIND_REPLACE);
	then(&self, ORDER_STATUS_LIVE, ORDER_STATUS_UNKNOWN, REPLACE_STATUS_UNKNOWN);
	desk_live(self.desk, 2 * NANOS_S);
	then(&self, ORDER_STATUS_CANCELED, ORDER_STATUS_LIVE, REPLACE_STATUS_CONFIRMED);
	desk_close(self.desk);
}

static void a_lost_request_ends_behind_the_fence(void **state)
{
	struct fixture self = given_a_resting_exit();

	(void)state;
	when_replaced(&self, "0.5", "101");
	desk_refuse(self.desk, CALL_KIND_REPLACE, EVIDENCE_NOTHING, 0);
	desk_live(self.desk, NANOS_S);
	then(&self, ORDER_STATUS_LIVE, ORDER_STATUS_UNKNOWN, REPLACE_STATUS_UNKNOWN);
	desk_live(self.desk, QUIET_S * NANOS_S);
	then(&self, ORDER_STATUS_LIVE, ORDER_STATUS_NEVER, REPLACE_STATUS_REFUSED);
	desk_close(self.desk);
}

static void what_the_old_order_still_executes_comes_off_the_new_one(void **state)
{
	struct fixture self = given_a_resting_exit();

	(void)state;
	when_replaced(&self, "0.5", "101");
	desk_execute(self.desk, at_exchange(&self, self.old), "0.2");
	desk_answer(self.desk, CALL_KIND_REPLACE);
	assert_non_null(desk_call(self.desk, CALL_KIND_REPLACE)); /* the amend of the new one */
	assert_null(desk_call(self.desk, CALL_KIND_CANCEL)); /* the old one waits for executions */
	desk_live(self.desk, 5 * NANOS_S);
	then(&self, ORDER_STATUS_CANCELED, ORDER_STATUS_LIVE, REPLACE_STATUS_CONFIRMED);
	then_qty(&self, self.new, "0.3");
	assert_true(decimal_equals(at_exchange(&self, self.new)->told.qty, decimal_of("0.3")));
	assert_int_equal(desk_noted(self.desk, "order.disputed"), 0);
	desk_close(self.desk);
}

static void what_can_not_be_amended_away_is_cancelled(void **state)
{
	struct fixture self = given_a_resting_exit();

	(void)state;
	when_replaced(&self, "0.5", "101");
	desk_execute(self.desk, at_exchange(&self, self.old), "0.2");
	desk_answer(self.desk, CALL_KIND_REPLACE);
	desk_refuse(self.desk, CALL_KIND_REPLACE, EVIDENCE_REFUSED, 2038);
	desk_live(self.desk, 5 * NANOS_S);
	then(&self, ORDER_STATUS_CANCELED, ORDER_STATUS_CANCELED, REPLACE_STATUS_CONFIRMED);
	desk_close(self.desk);
}

static void an_old_order_that_fills_first_leaves_nothing_of_the_new(void **state)
{
	struct fixture self = given_a_resting_exit();

	(void)state;
	when_replaced(&self, "0.5", "101");
	desk_execute(self.desk, at_exchange(&self, self.old), "0.5");
	desk_answer(self.desk, CALL_KIND_REPLACE); /* the cancel fails, the new is not attempted */
	desk_live(self.desk, 5 * NANOS_S);
	then(&self, ORDER_STATUS_FILLED, ORDER_STATUS_REJECTED, REPLACE_STATUS_REFUSED);
	desk_close(self.desk);
}

static void parts_executed_before_count_to_the_cap(void **state)
{
	struct fixture self = given_a_resting_exit();

	(void)state;
	desk_stream_fill(self.desk, desk_execute(self.desk, at_exchange(&self, self.old), "0.1"));
	when_replaced(&self, "0.4", "101");
	desk_execute(self.desk, at_exchange(&self, self.old), "0.1");
	desk_answer(self.desk, CALL_KIND_REPLACE);
	desk_live(self.desk, 5 * NANOS_S);
	then(&self, ORDER_STATUS_CANCELED, ORDER_STATUS_LIVE, REPLACE_STATUS_CONFIRMED);
	then_qty(&self, self.new, "0.3");
	desk_close(self.desk);
}

static void an_approved_order_keeps_its_intent_and_is_never_amended(void **state)
{
	struct fixture self = given_a_resting_exit();
	struct approval approval = desk_approval(self.desk, "SELL", "0.3", "100");
	struct wish wish = {.old = self.old, .approval = &approval};

	(void)state;
	approval.stop_loss_pct = decimal_of("2");
	self.new = approval.intent_id;
	desk_within(self.desk, decide, &wish);
	assert_true(wish.begun);
	assert_int_equal(desk_call(self.desk, CALL_KIND_REPLACE)->request.method, HTTP_POST);
	const struct order_slot *slot =
		orders_by_nonce(&self.desk->executor->books.orders, approval.nonce);
	assert_non_null(slot);
	assert_true(ident_equals(slot->order.intent_id, approval.intent_id));
	assert_true(decimal_equals(slot->stop_loss_pct, decimal_of("2")));
	desk_close(self.desk);
}

static void nothing_is_replaced_that_is_not_known_to_rest(void **state)
{
	struct fixture self = given_a_resting_exit();
	struct cancel cancel = {.bot = name_from("bot"), .reason = name_from("test")};

	(void)state;
	when_replaced(&self, "0.5", "101");
	self.new = (ident_t){7, 8};
	assert_false(when_replaced(&self, "0.5", "102")); /* under way */
	desk_answer(self.desk, CALL_KIND_REPLACE);
	assert_false(when_replaced(&self, "0.5", "102")); /* gone */
	self.old = (ident_t){7, 7};
	cancel.intent_id = self.old;
	desk_request(self.desk, MESSAGE_CANCEL, &cancel);
	assert_false(when_replaced(&self, "0.5", "102")); /* being cancelled */
	desk_close(self.desk);
}

static void nothing_is_replaced_while_the_exchange_or_the_journal_is_silent(void **state)
{
	struct fixture self = given_a_resting_exit();

	(void)state;
	self.desk->executor->quiet_until = self.desk->now + 1;
	assert_false(when_replaced(&self, "0.5", "101"));
	self.desk->executor->quiet_until = 0;
	desk_event(self.desk, EVENT_SAVE_FAILED, 0, MESSAGE_NONE, NULL);
	assert_false(when_replaced(&self, "0.5", "101"));
	assert_null(desk_call(self.desk, CALL_KIND_REPLACE));
	desk_close(self.desk);
}

static void same_orders(const struct orders *a, const struct orders *b)
{
	uint8_t bytes_a[BODY_MAX], bytes_b[BODY_MAX];
	size_t size_a, size_b;

	assert_int_equal(a->used, b->used);
	for (uint32_t i = 0; i < a->used; i++) {
		const struct order_slot *x = &a->slots[i], *y = &b->slots[i];
		assert_int_equal(
			codec_pack_body(MESSAGE_ORDER, &x->order, bytes_a, BODY_MAX, &size_a), OK);
		assert_int_equal(
			codec_pack_body(MESSAGE_ORDER, &y->order, bytes_b, BODY_MAX, &size_b), OK);
		assert_int_equal(size_a, size_b);
		assert_memory_equal(bytes_a, bytes_b, size_a);
		assert_true(ident_equals(x->replaced_by, y->replaced_by));
		assert_true(decimal_equals(x->cap, y->cap));
		assert_true(decimal_equals(x->amend_qty, y->amend_qty));
		assert_true(decimal_equals(x->first_qty, y->first_qty));
		assert_int_equal(x->amends, y->amends);
		assert_int_equal(x->replace_mode, y->replace_mode);
		assert_int_equal(x->replace_until, y->replace_until);
	}
}

/* How a scene goes on once the replace has left, or was lost. */
enum landing { LANDS, IS_LOST, LANDINGS };

static void land(struct fixture *self, enum landing landing)
{
	struct desk_call *call = desk_call(self->desk, CALL_KIND_REPLACE);

	self->desk->crashed = true; /* nobody hears of it */
	if (call == NULL)
		return;
	if (landing == LANDS)
		desk_lose_answer(self->desk, CALL_KIND_REPLACE);
	else
		call->token = 0;
}

/* A replace or amend with a racing fill, told in part, up to the crash. */
static struct fixture play(enum desk_replace replaces, bool amends, size_t journal_max)
{
	struct fixture self = given_a_resting_exit();

	self.desk->journal_max = self.desk->record_count + journal_max;
	self.desk->replaces = replaces;
	when_replaced(&self, amends ? "0.3" : "0.5", amends ? "100" : "101");
	if (self.desk->crashed)
		return self;
	desk_execute(self.desk, at_exchange(&self, self.old), "0.1");
	desk_stream_fill(self.desk, &self.desk->fills[self.desk->fill_count - 1]);
	if (!self.desk->crashed)
		desk_answer(self.desk, CALL_KIND_REPLACE);
	desk_live(self.desk, 500 * NANOS_MS);
	return self;
}

static void then_settled(struct fixture *self)
{
	struct orders *orders = &self->desk->executor->books.orders;
	decimal_t exposed = DECIMAL_ZERO;

	assert_int_equal(self->desk->executor->books.impossible, 0);
	for (size_t i = 0; i < self->desk->order_count; i++) {
		const struct venue_order *told = &self->desk->orders[i].told;
		const struct order_slot *slot = orders_by_client(orders, told->client_id);
		bool open = told->status == VENUE_STATUS_NEW ||
		            told->status == VENUE_STATUS_PARTIALLY_FILLED;
		assert_non_null(slot);
		assert_true(decimal_equals(slot->order.executed, told->executed));
		assert_int_equal(order_status_is_open(slot->order.status), open);
		assert_true(!open || decimal_equals(slot->order.qty, told->qty));
		assert_int_not_equal(slot->order.replace, REPLACE_STATUS_UNKNOWN);
		assert_int_not_equal(slot->order.replace, REPLACE_STATUS_SENT);
		if (told->side == SIDE_SELL)
			assert_int_equal(
				decimal_add(exposed, open ? told->qty : told->executed, &exposed),
				OK);
	}
	assert_true(decimal_compare(exposed, decimal_of("0.5")) <= 0);
}

static void crash(enum desk_replace replaces, bool amends, size_t journal_max, enum landing landing)
{
	struct fixture self = play(replaces, amends, journal_max);

	land(&self, landing);
	self.desk->replaces = DESK_WHOLE;
	desk_restart(self.desk, self.desk->record_count);
	desk_start(self.desk);
	desk_live(self.desk, QUIET_S * NANOS_S);
	then_settled(&self);
	desk_close(self.desk);
}

static size_t records_of(enum desk_replace replaces, bool amends)
{
	struct fixture self = given_a_resting_exit();
	size_t before = self.desk->record_count;

	desk_close(self.desk);
	self = play(replaces, amends, DESK_RECORDS_MAX / 2);
	size_t count = self.desk->record_count - before;
	desk_close(self.desk);
	return count;
}

static void a_crash_before_any_record_ends_within_the_target(void **state)
{
	(void)state;
	for (enum desk_replace replaces = DESK_WHOLE; replaces <= DESK_NEITHER; replaces++)
		for (int amends = 0; amends < 2; amends++) {
			size_t count = records_of(replaces, amends);
			assert_true(count >= 3);
			for (size_t max = 0; max <= count; max++)
				for (enum landing landing = LANDS; landing < LANDINGS; landing++)
					crash(replaces, amends, max, landing);
		}
}

static void the_folded_journal_is_the_state(void **state)
{
	(void)state;
	for (enum desk_replace replaces = DESK_WHOLE; replaces <= DESK_NEITHER; replaces++)
		for (int amends = 0; amends < 2; amends++) {
			struct fixture self = play(replaces, amends, DESK_RECORDS_MAX / 2);
			struct books *lived = malloc(sizeof *lived);
			desk_live(self.desk, 5 * NANOS_S);
			memcpy(lived, &self.desk->executor->books, sizeof *lived);
			desk_restart(self.desk, self.desk->record_count);
			same_orders(&lived->orders, &self.desk->executor->books.orders);
			assert_int_equal(self.desk->executor->books.impossible, 0);
			free(lived);
			desk_close(self.desk);
		}
}

static void what_was_not_sent_before_a_crash_is_not_sent(void **state)
{
	(void)state;
	for (size_t kept = 1; kept <= 2; kept++) { /* INTENT; INTENT and RPL_REQ */
		struct fixture self = given_a_resting_exit();
		self.desk->journal_max = self.desk->record_count + kept;
		when_replaced(&self, "0.5", "101");
		assert_null(desk_call(self.desk, CALL_KIND_REPLACE));
		desk_restart(self.desk, self.desk->record_count);
		desk_start(self.desk);
		then(&self, ORDER_STATUS_LIVE, ORDER_STATUS_UNSENT,
		     kept == 1 ? REPLACE_STATUS_NONE : REPLACE_STATUS_REFUSED);
		desk_close(self.desk);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_legs_are_on_record_before_the_call_and_stay_reserved),
		cmocka_unit_test(a_replaced_order_is_cancelled_and_the_new_one_lives),
		cmocka_unit_test(a_refused_replace_leaves_the_old_order_resting),
		cmocka_unit_test(a_replace_that_was_not_sent_leaves_the_old_order_resting),
		cmocka_unit_test(half_done_the_old_is_cancelled_and_the_new_rejected),
		cmocka_unit_test(the_other_half_done_the_old_order_is_cancelled_behind),
		cmocka_unit_test(a_lost_answer_makes_both_unknown_until_each_is_seen),
		cmocka_unit_test(a_lost_request_ends_behind_the_fence),
		cmocka_unit_test(what_the_old_order_still_executes_comes_off_the_new_one),
		cmocka_unit_test(what_can_not_be_amended_away_is_cancelled),
		cmocka_unit_test(an_old_order_that_fills_first_leaves_nothing_of_the_new),
		cmocka_unit_test(parts_executed_before_count_to_the_cap),
		cmocka_unit_test(an_approved_order_keeps_its_intent_and_is_never_amended),
		cmocka_unit_test(nothing_is_replaced_that_is_not_known_to_rest),
		cmocka_unit_test(nothing_is_replaced_while_the_exchange_or_the_journal_is_silent),
		cmocka_unit_test(a_crash_before_any_record_ends_within_the_target),
		cmocka_unit_test(the_folded_journal_is_the_state),
		cmocka_unit_test(what_was_not_sent_before_a_crash_is_not_sent),
	};

	return cmocka_run_group_tests_name("executor_replace", tests, NULL, NULL);
}
