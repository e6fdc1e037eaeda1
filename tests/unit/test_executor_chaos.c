/* SPDX-License-Identifier: Apache-2.0 */
/* Everything at random on one desk: lost answers and frames, orders that wait in the engine's queue
   or aren't shown, executions listed late and out of order, strangers, orphans, cancels, crashes.
   All bounds of the profile hold. When it is quiet again, the books are the exchange's. */
#include "services/executor/executor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/base/random.h"
#include "common/model/lifecycle.h"
#include "services/executor/ids.h"
#include "tests/lib/desk.h"

enum { SEEDS = 200, STEPS = 220, QUIET_S = 80, LATE_MAX = 900, STRANGER = 100000 };

/* When an order that is queued or hidden is there for all. */
struct late {
	nanos_t queued[DESK_ORDERS_MAX], hidden[DESK_ORDERS_MAX];
};

struct chaos {
	struct desk *desk;
	struct random random;
	struct late late;
	uint64_t orphans, strangers;
	bool orphans_come;
	size_t nevers;
};

static size_t nevers;

static uint64_t below(struct chaos *self, uint64_t bound)
{
	return random_below(&self->random, bound);
}

static bool is_open(const struct venue_order *told)
{
	return told->status == VENUE_STATUS_NEW || told->status == VENUE_STATUS_PARTIALLY_FILLED;
}

static struct desk_order *any_order(struct chaos *self)
{
	struct desk *desk = self->desk;

	return desk->order_count == 0 ? NULL : &desk->orders[below(self, desk->order_count)];
}

/* Keeps the promises of the profile: nothing is queued or hidden for longer than a second. */
static void let_arrive(struct chaos *self)
{
	for (size_t i = 0; i < self->desk->order_count; i++) {
		self->desk->orders[i].queued &= self->late.queued[i] > self->desk->now;
		self->desk->orders[i].hidden &= self->late.hidden[i] > self->desk->now;
	}
}

static void pass(struct chaos *self, nanos_t time)
{
	enum { SLICE_MS = 50 };

	for (nanos_t passed = 0; passed < time; passed += SLICE_MS * NANOS_MS) {
		desk_pass(self->desk, SLICE_MS * NANOS_MS);
		let_arrive(self);
	}
}

static void order(struct chaos *self)
{
	static const char *const sizes[] = {"0.1", "0.2", "0.3"};

	desk_order(self->desk, below(self, 2) == 0 ? "BUY" : "SELL", sizes[below(self, 3)], "100");
}

static void be_late(struct chaos *self)
{
	struct desk *desk = self->desk;
	size_t last = desk->order_count - 1;

	self->late.queued[last] = desk->now + (nanos_t)below(self, LATE_MAX) * NANOS_MS;
	self->late.hidden[last] =
		self->late.queued[last] + (nanos_t)below(self, LATE_MAX) * NANOS_MS;
	desk->orders[last].hidden = desk->orders[last].queued = true;
}

static void lose(struct chaos *self, struct desk_call *call)
{
	struct desk *desk = self->desk;
	enum call_kind kind = token_kind(call->token);
	size_t before = desk->order_count;

	desk_lose_answer(desk, kind);
	if (kind == CALL_KIND_ORDER && desk->order_count > before && below(self, 2) == 0)
		be_late(self);
}

/* The exchange takes nothing whose signed window is over. */
static bool is_too_late(const struct desk *desk, const struct desk_call *call)
{
	return !call->is_frame && call->request.valid_until != 0 &&
	       desk->now + desk->clock_offset > call->request.valid_until;
}

static void call(struct chaos *self)
{
	static const enum evidence nothing[] = {EVIDENCE_NOTHING, EVIDENCE_NOTHING,
	                                        EVIDENCE_UNSENT};
	struct desk *desk = self->desk;

	if (desk->call_count == 0)
		return;
	struct desk_call *chosen = &desk->calls[below(self, desk->call_count)];
	chosen = desk_call(desk, token_kind(chosen->token)); /* the oldest of its kind */
	if (is_too_late(desk, chosen)) {
		desk_refuse(desk, token_kind(chosen->token), EVIDENCE_NOTHING, 0);
		return;
	}
	switch (below(self, 6)) {
	case 0: lose(self, chosen); return;
	case 1: desk_refuse(desk, token_kind(chosen->token), nothing[below(self, 3)], 0); return;
	default: desk_answer(desk, token_kind(chosen->token)); return;
	}
}

static void execute(struct chaos *self)
{
	struct desk_order *order = any_order(self);

	if (order == NULL || !is_open(&order->told) || order->queued)
		return;
	struct venue_fill *fill = desk_execute(self->desk, order, "0.1");
	if (below(self, 3) == 0)
		desk_stream_fill(self->desk, fill);
}

static void stream(struct chaos *self)
{
	struct desk *desk = self->desk;
	struct desk_order *order = any_order(self);

	if (order != NULL && !order->queued && below(self, 2) == 0)
		desk_stream_order(desk, order);
	else if (desk->fill_count > 0)
		desk_stream_fill(desk, &desk->fills[below(self, desk->fill_count)]);
}

static void cancel(struct chaos *self)
{
	const struct orders *orders = &self->desk->executor->books.orders;

	if (orders->open_count == 0)
		return;
	const struct order_slot *slot =
		&orders->slots[orders->open[below(self, orders->open_count)]];
	struct cancel wish = {.intent_id = slot->order.intent_id,
	                      .bot = slot->order.bot,
	                      .reason = name_from("chance")};
	desk_request(self->desk, MESSAGE_CANCEL, &wish);
}

/* Somebody else's order, or one with our mark from a journal that is lost. */
static void appear(struct chaos *self)
{
	struct desk *desk = self->desk;
	bool is_ours = self->orphans_come && below(self, 2) == 0;
	struct client_id id = {.tag = desk->executor->tag, .nonce = 9, .attempt = 1};

	if (below(self, 4) != 0)
		return;
	desk->orders[desk->order_count++] =
		(struct desk_order){.told = {
					    .symbol = name_from("BTCUSDT"),
					    .client_text = text_from("there"),
					    .venue_id = STRANGER + ++self->strangers,
					    .side = below(self, 2) == 0 ? SIDE_BUY : SIDE_SELL,
					    .type = ORDER_TYPE_LIMIT,
					    .qty = decimal_of("0.3"),
					    .price = decimal_of("100"),
					    .status = VENUE_STATUS_NEW,
				    }};
	if (!is_ours)
		return;
	id.counter = ++self->orphans;
	desk->orders[desk->order_count - 1].told.client_id = client_id_pack(&id);
}

static void land_or_lose(struct chaos *self)
{
	struct desk *desk = self->desk;

	desk->crashed = true;
	while (desk_call(desk, CALL_KIND_ORDER) != NULL) {
		struct desk_call *call = desk_call(desk, CALL_KIND_ORDER);
		if (below(self, 2) == 0 && !is_too_late(desk, call))
			lose(self, call);
		else
			call->token = 0;
	}
}

static void crash(struct chaos *self)
{
	if (below(self, 4) != 0)
		return;
	land_or_lose(self);
	desk_restart(self->desk, self->desk->record_count);
	desk_boot(self->desk);
	desk_link(self->desk, LINK_STATUS_UP);
}

static void happen(struct chaos *self)
{
	static void (*const things[])(struct chaos *) = {
		order,   order,   call,   call,   call,   call,   call,
		execute, execute, stream, stream, cancel, appear, crash,
	};
	size_t thing = below(self, sizeof things / sizeof *things + 2);

	if (thing < sizeof things / sizeof *things)
		things[thing](self);
	else
		pass(self, (nanos_t)below(self, 1500) * NANOS_MS);
	let_arrive(self);
}

static const char *wrong_order(struct desk *desk, const struct venue_order *told)
{
	const struct order_slot *slot =
		orders_by_client(&desk->executor->books.orders, told->client_id);

	if (ident_is_none(told->client_id))
		return NULL;
	/* An orphan that ended before anybody told its name is just an execution of manual. */
	if (slot == NULL && told->venue_id > STRANGER && !is_open(told))
		return NULL;
	if (slot == NULL)
		return "not in the books";
	if (!decimal_equals(slot->order.executed, told->executed))
		return "executed differs";
	if (order_status_is_open(slot->order.status) != is_open(told))
		return "open on one side only";
	return NULL;
}

static decimal_t held_at_exchange(const struct desk *desk)
{
	decimal_t held = DECIMAL_ZERO;

	for (size_t i = 0; i < desk->fill_count; i++) {
		const struct venue_fill *fill = &desk->fills[i];
		enum err err = fill->side == SIDE_BUY ? decimal_add(held, fill->qty, &held)
		                                      : decimal_subtract(held, fill->qty, &held);
		assert_int_equal(err, OK);
	}
	return held;
}

static void then_books_agree(struct chaos *self, uint64_t seed)
{
	struct desk *desk = self->desk;
	const struct orders *orders = &desk->executor->books.orders;
	decimal_t held = decimal_of(desk_held(desk, "bot"));
	char text[IDENT_TEXT_SIZE];

	for (size_t i = 0; i < desk->order_count; i++) {
		const struct venue_order *told = &desk->orders[i].told;
		const char *wrong = wrong_order(desk, told);
		if (wrong != NULL)
			fail_msg("seed %llu, order %zu %s: %s", (unsigned long long)seed, i,
			         ident_print(told->client_id, text), wrong);
	}
	for (uint32_t i = 0; i < orders->open_count; i++) {
		const struct order *left = &orders->slots[orders->open[i]].order;
		if (left->status != ORDER_STATUS_LIVE && left->status != ORDER_STATUS_PARTIAL)
			fail_msg("seed %llu: order is still %s: %s", (unsigned long long)seed,
			         enum_print(&enum_order_status, left->status), left->reason.text);
	}
	if (desk_saved(desk, MESSAGE_FILL) != desk->fill_count)
		fail_msg("seed %llu: %zu executions of %zu accounted", (unsigned long long)seed,
		         desk_saved(desk, MESSAGE_FILL), desk->fill_count);
	assert_int_equal(desk->executor->books.impossible, 0);
	assert_int_equal(decimal_add(held, decimal_of(desk_held(desk, "manual")), &held), OK);
	assert_true(decimal_equals(held, held_at_exchange(desk)));
}

/* As long as the bounds hold, nothing that was given up ever returns, and nothing is disputed. */
static void note_alerts(struct chaos *self, uint64_t seed)
{
	static const char *const wrong[] = {"order.resurrected", "order.disputed",
	                                    "order.impossible", "order.late_fill", "fill.refused"};

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		if (desk_noted(self->desk, wrong[i]) > 0)
			fail_msg("seed %llu: %s", (unsigned long long)seed, wrong[i]);
	self->nevers += desk_noted(self->desk, "order.never");
	desk_forget(self->desk);
}

static void run(uint64_t seed, bool orphans_come)
{
	struct chaos *self = calloc(1, sizeof *self);

	self->desk = desk_open();
	self->orphans_come = orphans_come;
	random_init(&self->random, seed);
	desk_start(self->desk);
	self->desk->trades_lag = 900 * NANOS_MS;
	for (unsigned i = 0; i < STEPS; i++) {
		happen(self);
		note_alerts(self, seed);
	}
	pass(self, NANOS_S);
	desk_link(self->desk, LINK_STATUS_UP);
	desk_live(self->desk, QUIET_S * NANOS_S);
	note_alerts(self, seed);
	then_books_agree(self, seed);
	nevers += self->nevers;
	desk_close(self->desk);
	free(self);
}

static void after_any_chaos_the_books_are_the_exchanges(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		run(seed, false);
}

static void the_same_with_orphans(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		run(seed, true);
	print_message("%zu orders proven never to have arrived\n", nevers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(after_any_chaos_the_books_are_the_exchanges),
		cmocka_unit_test(the_same_with_orphans),
	};
	return cmocka_run_group_tests_name("executor_chaos", tests, NULL, NULL);
}
