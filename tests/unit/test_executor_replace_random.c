/* SPDX-License-Identifier: Apache-2.0 */
/* Replaces, halves, lost answers, fills and restarts in any order: never more than the target is
   sold, and at a quiet point nothing is unknown. */
#include "tests/lib/replace_desk.h"

#include "common/base/random.h"
#include "common/model/lifecycle.h"

enum { SEEDS = 200, STEPS = 60, QUIET_S = 60 };

static bool is_open(const struct venue_order *told)
{
	return told->status == VENUE_STATUS_NEW || told->status == VENUE_STATUS_PARTIALLY_FILLED;
}

/* What is sold, and with what is still open. */
static decimal_t sold(const struct desk *desk, bool with_open)
{
	decimal_t sum = DECIMAL_ZERO;

	for (size_t i = 0; i < desk->order_count; i++) {
		const struct venue_order *told = &desk->orders[i].told;
		decimal_t part = with_open && is_open(told) ? told->qty : told->executed;
		if (told->side == SIDE_SELL)
			assert_int_equal(decimal_add(sum, part, &sum), OK);
	}
	return sum;
}

/* Replaces whatever rests, by what is left of it or less. */
static void replace_something(struct fixture *self, struct random *random)
{
	struct orders *orders = &self->desk->executor->books.orders;
	struct wish wish = {.wanted = wanted_order((ident_t){7, ++self->new.low}, "0.1", "100")};

	if (orders->open_count == 0)
		return;
	const struct order *old =
		&orders->slots[orders->open[random_below(random, orders->open_count)]].order;
	if (old->side != SIDE_SELL ||
	    decimal_subtract(old->qty, old->executed, &wish.wanted.qty) != OK)
		return;
	wish.old = old->intent_id;
	if (random_below(random, 2) == 0)
		wish.wanted.price = decimal_of("101");
	else if (decimal_compare(wish.wanted.qty, decimal_of("0.1")) > 0)
		wish.wanted.qty = decimal_of("0.1");
	if (decimal_sign(wish.wanted.qty) > 0)
		desk_within(self->desk, decide, &wish);
}

static void execute_something(struct fixture *self, struct random *random, bool told)
{
	struct desk *desk = self->desk;
	struct desk_order *order = &desk->orders[random_below(random, desk->order_count)];
	decimal_t left;

	assert_int_equal(decimal_subtract(order->told.qty, order->told.executed, &left), OK);
	if (!is_open(&order->told) || order->told.side != SIDE_SELL ||
	    decimal_compare(left, decimal_of("0.05")) < 0 ||
	    decimal_compare(sold(desk, false), decimal_of("0.45")) > 0)
		return;
	const struct venue_fill *fill = desk_execute(desk, order, "0.05");
	if (told)
		desk_stream_fill(desk, fill);
}

static void answer_something(struct fixture *self, struct random *random)
{
	struct desk *desk = self->desk;

	if (desk->call_count == 0)
		return;
	enum call_kind kind = token_kind(desk->calls[random_below(random, desk->call_count)].token);
	switch (random_below(random, 4)) {
	case 0: desk_lose_answer(desk, kind); return;
	case 1: desk_refuse(desk, kind, EVIDENCE_NOTHING, 0); return;
	default: desk_answer(desk, kind); return;
	}
}

static void restart(struct fixture *self, struct random *random)
{
	struct desk *desk = self->desk;

	desk->crashed = true;
	while (desk_call(desk, CALL_KIND_REPLACE) != NULL) {
		if (random_below(random, 2) == 0)
			desk_lose_answer(desk, CALL_KIND_REPLACE);
		else
			desk_call(desk, CALL_KIND_REPLACE)->token = 0;
	}
	desk_restart(desk, desk->record_count);
	desk_boot(desk);
	desk_link(desk, LINK_STATUS_UP);
}

static void happen(struct fixture *self, struct random *random)
{
	struct desk *desk = self->desk;

	desk->replaces = random_below(random, 3) != 0
	                         ? DESK_WHOLE
	                         : (enum desk_replace)random_below(random, DESK_NEITHER + 1);
	switch (random_below(random, 8)) {
	case 0:
	case 1: replace_something(self, random); return;
	case 2:
	case 3: answer_something(self, random); return;
	case 4: execute_something(self, random, random_below(random, 2) == 0); return;
	case 5:
		desk_stream_order(desk, &desk->orders[random_below(random, desk->order_count)]);
		return;
	case 6: desk_pass(desk, (nanos_t)random_below(random, 2000) * NANOS_MS); return;
	case 7:
		if (random_below(random, 6) == 0)
			restart(self, random);
		return;
	}
}

static void then_books_agree(struct desk *desk)
{
	struct orders *orders = &desk->executor->books.orders;

	assert_int_equal(desk->executor->books.impossible, 0);
	for (size_t i = 0; i < desk->order_count; i++) {
		const struct venue_order *told = &desk->orders[i].told;
		const struct order_slot *slot = orders_by_client(orders, told->client_id);
		assert_non_null(slot);
		assert_true(decimal_equals(slot->order.executed, told->executed));
		assert_int_equal(order_status_is_open(slot->order.status), is_open(told));
		assert_true(!is_open(told) || decimal_equals(slot->order.qty, told->qty));
	}
	for (uint32_t i = 0; i < orders->used; i++) {
		const struct order *order = &orders->slots[i].order;
		assert_int_not_equal(order->status, ORDER_STATUS_UNKNOWN);
		assert_int_not_equal(order->status, ORDER_STATUS_DISPUTED);
		assert_int_not_equal(order->replace, REPLACE_STATUS_REQUESTED);
		assert_int_not_equal(order->replace, REPLACE_STATUS_SENT);
		assert_true(order->replace != REPLACE_STATUS_UNKNOWN ||
		            order_status_is_terminal(order->status));
	}
}

static void whatever_happens_no_more_than_the_target_is_sold(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct fixture self = given_a_resting_exit();
		struct random random;
		random_init(&random, seed);
		for (unsigned i = 0; i < STEPS; i++)
			happen(&self, &random);
		self.desk->replaces = DESK_WHOLE;
		desk_link(self.desk, LINK_STATUS_UP);
		desk_live(self.desk, QUIET_S * NANOS_S);
		then_books_agree(self.desk);
		assert_true(decimal_compare(sold(self.desk, true), decimal_of("0.5")) <= 0);
		desk_close(self.desk);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_happens_no_more_than_the_target_is_sold),
	};

	return cmocka_run_group_tests_name("executor_replace_random", tests, NULL, NULL);
}
