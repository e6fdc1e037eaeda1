/* SPDX-License-Identifier: Apache-2.0 */
/* Through random executions, cancels, refusals, lost and late requests, price moves and crashes:
   what open sales may sell never exceeds what was bought and not sold, at the exchange, at every
   instant; and a position has its stop (or is offered by exits) a second after answers come, five
   seconds after a crash. `test_executor_guarded SEED [RECORD]` runs one session, with a crash
   before that record. */
#include "services/executor/protect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/random.h"
#include "common/model/lifecycle.h"
#include "tests/lib/desk_market.h"

enum { SESSIONS = 150, STEPS = 250, LATE_MAX = 64, BEHIND_FENCE_S = 7 };

struct session {
	struct desk *desk;
	struct random random;
	uint64_t seed;
	enum stop_place place;
	struct desk_call late[LATE_MAX]; /* left, not there yet; they may still arrive */
	size_t late_count;
	bool crashed;
};

static uint64_t chance(struct session *self, uint64_t of)
{
	return random_below(&self->random, of);
}

static void then_never_too_much(const struct session *self)
{
	char offered[DECIMAL_TEXT_SIZE], owned[DECIMAL_TEXT_SIZE];

	if (decimal_compare(desk_offered(self->desk), desk_owned(self->desk)) > 0)
		fail_msg("seed %llu: sales of %s are open, %s is owned",
		         (unsigned long long)self->seed,
		         decimal_print(desk_offered(self->desk), offered),
		         decimal_print(desk_owned(self->desk), owned));
}

/* For whoever looks into a failing seed. */
static void tell_books(const struct session *self)
{
	const struct desk *desk = self->desk;
	char qty[DECIMAL_TEXT_SIZE], executed[DECIMAL_TEXT_SIZE], id[IDENT_TEXT_SIZE];

	for (size_t i = 0; i < desk->order_count; i++) {
		const struct venue_order *told = &desk->orders[i].told;
		const struct order_slot *slot =
			orders_by_client(&desk->executor->books.orders, told->client_id);
		print_error("%s %s %s %s of %s: %s, here %s %s, cancel %s\n",
		            ident_print(told->client_id, id), enum_print(&enum_side, told->side),
		            enum_print(&enum_order_type, told->type),
		            decimal_print(told->executed, executed), decimal_print(told->qty, qty),
		            enum_print(&enum_venue_status, told->status),
		            slot == NULL ? "no" : enum_print(&enum_purpose, slot->order.purpose),
		            slot == NULL ? "" : enum_print(&enum_order_status, slot->order.status),
		            slot == NULL ? ""
		                         : enum_print(&enum_cancel_status, slot->order.cancel));
	}
	const struct guard *guard = desk_guard((struct desk *)desk);
	print_error("trigger %s, fired %d, held %s, rejections %d, bid %s\n",
	            decimal_print(guard->trigger, qty), guard->fired,
	            enum_print(&enum_stop_place, guard->held), (int)guard->rejections,
	            decimal_print(desk->bid, executed));
}

static bool is_doubtful(const struct session *self)
{
	const struct orders *orders = &self->desk->executor->books.orders;

	for (uint32_t i = 0; i < orders->open_count; i++) {
		const struct order *order = &orders->slots[orders->open[i]].order;
		if (order->status == ORDER_STATUS_UNKNOWN || order->status == ORDER_STATUS_DISPUTED)
			return true;
	}
	return self->late_count > 0;
}

/* Exactly what is owned is offered by stops and exits, or the executor watches it. */
static void then_protected(const struct session *self, const char *when)
{
	struct desk *desk = self->desk;
	char offered[DECIMAL_TEXT_SIZE], owned[DECIMAL_TEXT_SIZE];

	if (desk->crashed || decimal_sign(desk_owned(desk)) <= 0 || is_doubtful(self))
		return;
	if (desk_guard(desk)->held == STOP_PLACE_EXECUTOR && !desk_guard(desk)->fired &&
	    decimal_sign(desk_guard(desk)->trigger) > 0)
		return;
	if (decimal_compare(desk_offered(desk), desk_owned(desk)) != 0) {
		tell_books(self);
		fail_msg("seed %llu: %s, sales of %s are open, %s is owned",
		         (unsigned long long)self->seed, when,
		         decimal_print(desk_offered(desk), offered),
		         decimal_print(desk_owned(desk), owned));
	}
}

/* An order request leaves and is heard of no more; it may arrive until its window and the engine's
   queue are over. */
static void keep_late(struct session *self, struct desk_call call)
{
	if (self->late_count < LATE_MAX)
		self->late[self->late_count++] = call;
}

/* A waiting order or replace; 0 when there is none. */
static enum call_kind any_change(struct session *self)
{
	enum call_kind first = chance(self, 2) == 0 ? CALL_KIND_ORDER : CALL_KIND_REPLACE;
	enum call_kind second = first == CALL_KIND_ORDER ? CALL_KIND_REPLACE : CALL_KIND_ORDER;

	if (desk_call(self->desk, first) != NULL)
		return first;
	return desk_call(self->desk, second) != NULL ? second : 0;
}

static void delay(struct session *self)
{
	enum call_kind kind = any_change(self);

	if (kind == 0)
		return;
	keep_late(self, *desk_call(self->desk, kind));
	desk_refuse(self->desk, kind, EVIDENCE_NOTHING, 0);
}

static void drop_late(struct session *self)
{
	for (size_t i = self->late_count; i-- > 0;)
		if (self->desk->now > self->late[i].request.valid_until + NANOS_S)
			self->late[i] = self->late[--self->late_count];
}

static void land(struct session *self)
{
	struct desk *desk = self->desk;

	drop_late(self);
	if (self->late_count == 0)
		return;
	struct desk_call call = self->late[--self->late_count];
	enum call_kind kind = token_kind(call.token);
	call.token = (uint64_t)kind; /* nobody waits for its answer */
	memmove(desk->calls + 1, desk->calls, desk->call_count * sizeof *desk->calls);
	desk->calls[0] = call;
	desk->call_count++;
	desk_lose_answer(desk, kind);
}

static void want_entry(struct session *self)
{
	static const char *const sizes[] = {"0.1", "0.2", "0.3"};
	struct approval approval = desk_entry_terms(self->desk, sizes[chance(self, 3)], "5",
	                                            chance(self, 2) == 0 ? "0" : "4", self->place);

	desk_approve(self->desk, &approval);
}

static void take(decimal_t *from, decimal_t value)
{
	assert_int_equal(decimal_subtract(*from, value, from), OK);
}

/* As risk counts it: what is held and not offered by exits. */
static decimal_t sellable(const struct session *self)
{
	const struct executor *executor = self->desk->executor;
	const struct orders *orders = &executor->books.orders;
	name_t symbol = name_from("BTCUSDT"), bot = name_from("bot");
	decimal_t held = holdings_qty(&executor->books.holdings, &symbol, &bot);

	for (uint32_t i = 0; i < orders->open_count; i++) {
		const struct order *order = &orders->slots[orders->open[i]].order;
		if (order->side != SIDE_SELL || order->purpose == PURPOSE_PROTECT)
			continue;
		take(&held, order->qty);
	}
	for (uint32_t i = 0; i < executor->protection.exit_count; i++)
		take(&held, executor->protection.exits[i].approval.qty);
	return held;
}

static void want_exit(struct session *self)
{
	decimal_t most = sellable(self);
	decimal_t qty = chance(self, 2) == 0 ? most : decimal_min(most, decimal_of("0.1"));
	char text[DECIMAL_TEXT_SIZE];

	if (decimal_sign(qty) > 0)
		desk_order(self->desk, "SELL", decimal_print(qty, text),
		           chance(self, 4) == 0 ? "" : "103");
}

static struct desk_order *any_order(struct session *self)
{
	return self->desk->order_count == 0
	               ? NULL
	               : &self->desk->orders[chance(self, self->desk->order_count)];
}

static void execute_some(struct session *self)
{
	struct desk_order *order = any_order(self);

	if (order == NULL || (order->told.type != ORDER_TYPE_LIMIT) ||
	    (order->told.status != VENUE_STATUS_NEW &&
	     order->told.status != VENUE_STATUS_PARTIALLY_FILLED))
		return;
	struct venue_fill *fill = desk_execute(self->desk, order, "0.1");
	if (chance(self, 2) == 0)
		desk_stream_fill(self->desk, fill);
}

static void wish_cancelled(struct session *self)
{
	const struct desk_order *order = any_order(self);
	struct cancel cancel = {.bot = name_from("bot"), .reason = name_from("chance")};

	if (order == NULL)
		return;
	const struct order_slot *slot =
		orders_by_client(&self->desk->executor->books.orders, order->told.client_id);
	if (slot != NULL)
		cancel.intent_id = slot->order.intent_id;
	desk_request(self->desk, MESSAGE_CANCEL, &cancel);
}

static void move_price(struct session *self)
{
	static const char *const prices[] = {"101", "100", "104", "98", "96", "94", "100", "99"};
	const char *price = prices[chance(self, 8)];

	desk_price(self->desk, price);
	if (chance(self, 3) != 0)
		desk_mark(self->desk, price);
}

static void answer_some(struct session *self)
{
	struct desk *desk = self->desk;

	if (desk->call_count > 0)
		desk_answer(desk, token_kind(desk->calls[chance(self, desk->call_count)].token));
}

static void lose_some(struct session *self)
{
	struct desk *desk = self->desk;

	if (desk->call_count > 0)
		desk_lose_answer(desk,
		                 token_kind(desk->calls[chance(self, desk->call_count)].token));
}

static void refuse_some(struct session *self)
{
	enum call_kind kind = any_change(self);

	if (kind != 0)
		desk_refuse(self->desk, kind,
		            chance(self, 2) == 0 ? EVIDENCE_REFUSED : EVIDENCE_UNSENT, 0);
}

/* How far the exchange gets with the replaces to come. It never places what it didn't cancel for.
 */
static void hinder(struct session *self)
{
	static const enum desk_replace ways[] = {DESK_WHOLE, DESK_WHOLE, DESK_CANCEL_ONLY,
	                                         DESK_NEITHER};

	self->desk->replaces = ways[chance(self, sizeof ways / sizeof *ways)];
}

static void tell_some(struct session *self)
{
	struct desk *desk = self->desk;

	if (desk->fill_count > 0 && chance(self, 2) == 0)
		desk_stream_fill(desk, &desk->fills[chance(self, desk->fill_count)]);
	else if (desk->order_count > 0)
		desk_stream_order(desk, any_order(self));
}

static void let_pass(struct session *self)
{
	desk_pass(self->desk, (nanos_t)chance(self, 700) * NANOS_MS);
	drop_late(self);
}

/* Answers come: a second, or where something is unknown the fence, is enough. */
static void settle(struct session *self)
{
	char bid[DECIMAL_TEXT_SIZE];
	struct desk *desk = self->desk;
	bool doubtful = is_doubtful(self);

	if (desk->crashed)
		return;
	desk_stream_all(desk);
	for (unsigned i = 0; i < (doubtful ? BEHIND_FENCE_S : 1); i++) {
		desk_mark(desk, decimal_print(desk->bid, bid));
		desk_live(desk, NANOS_S);
		then_never_too_much(self);
	}
	drop_late(self);
	then_protected(self, "a second after answers came");
}

/* What had left may be at the exchange, still on its way, or lost. */
static void die(struct session *self)
{
	struct desk *desk = self->desk;

	desk->crashed = true;
	for (enum call_kind kind = any_change(self); kind != 0; kind = any_change(self)) {
		struct desk_call *call = desk_call(desk, kind);
		if (chance(self, 2) == 0)
			keep_late(self, *call);
		if (chance(self, 3) != 0 || self->late_count > 0)
			call->token = 0;
		else
			desk_lose_answer(desk, kind);
	}
	while (desk_call(desk, CALL_KIND_CANCEL) != NULL) {
		if (chance(self, 2) == 0)
			desk_lose_answer(desk, CALL_KIND_CANCEL);
		else
			desk_call(desk, CALL_KIND_CANCEL)->token = 0;
	}
	self->crashed = true;
}

static void live_again(struct session *self)
{
	struct desk *desk = self->desk;
	char bid[DECIMAL_TEXT_SIZE];

	die(self);
	desk_restart(desk, desk->record_count);
	desk_start(desk);
	then_never_too_much(self);
	for (unsigned i = 0; i < 4; i++) {
		if (chance(self, 3) == 0)
			land(self);
		desk_mark(desk, decimal_print(desk->bid, bid));
		desk_live(desk, NANOS_S);
		drop_late(self);
		then_never_too_much(self);
	}
	then_protected(self, "five seconds after a crash");
}

typedef void happening(struct session *self);

static happening *const happenings[] = {
	want_entry,  want_entry,     want_exit,   answer_some,  answer_some,  answer_some,
	answer_some, lose_some,      refuse_some, execute_some, execute_some, tell_some,
	tell_some,   wish_cancelled, move_price,  let_pass,     let_pass,     delay,
	land,        settle,         hinder,
};

static void begin(struct session *self, uint64_t seed, size_t journal_max)
{
	memset(self, 0, sizeof *self);
	random_init(&self->random, seed);
	self->seed = seed;
	self->place = seed % 4 == 0 ? STOP_PLACE_EXECUTOR : STOP_PLACE_EXCHANGE;
	self->desk = desk_open();
	self->desk->bid = decimal_of("100");
	self->desk->journal_max = journal_max;
	if (seed / 4 % 2 == 0)
		desk_cancel_first(self->desk);
	desk_start(self->desk);
}

static void run(struct session *self, bool with_crashes)
{
	struct desk *desk = self->desk;

	for (unsigned i = 0; i < STEPS && desk->order_count < DESK_ORDERS_MAX - 100; i++) {
		if (desk->crashed)
			return;
		if (with_crashes && chance(self, 40) == 0)
			desk->journal_max = desk->record_count + 1 + chance(self, 6);
		happenings[chance(self, sizeof happenings / sizeof *happenings)](self);
		then_never_too_much(self);
		if (desk->crashed && with_crashes)
			live_again(self);
	}
}

static void halt(struct session *self)
{
	struct command command = {
		.kind = COMMAND_KIND_HALT,
		.actor = name_from("alice"),
		.reason = text_from("the end"),
		.level = 3,
	};

	desk_request(self->desk, MESSAGE_COMMAND, &command);
	for (unsigned i = 0; i < 30; i++)
		settle(self);
	if (decimal_sign(desk_owned(self->desk)) != 0 ||
	    decimal_sign(desk_offered(self->desk)) != 0) {
		tell_books(self);
		fail_msg("seed %llu: a halt of level 3 left something",
		         (unsigned long long)self->seed);
	}
}

/* At the end all is calm: the books agree and the position has its stop. */
static void finish(struct session *self)
{
	struct desk *desk = self->desk;

	if (desk->crashed)
		live_again(self);
	desk->journal_max = DESK_RECORDS_MAX;
	desk->replaces = DESK_WHOLE;
	self->late_count = 0;
	for (unsigned i = 0; i < 10; i++)
		settle(self);
	if (is_doubtful(self)) {
		tell_books(self);
		fail_msg("seed %llu: something is still unknown", (unsigned long long)self->seed);
	}
	then_protected(self, "at the end");
	if (self->seed % 3 == 0)
		halt(self);
	assert_int_equal(desk->executor->books.impossible, 0);
	desk_close(desk);
}

static void session_of(uint64_t seed)
{
	struct session session;

	begin(&session, seed, DESK_RECORDS_MAX);
	run(&session, true);
	finish(&session);
}

static void no_sale_beyond_the_position_and_no_position_without_its_stop(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SESSIONS; seed++)
		session_of(seed);
}

static void crashed_session(uint64_t seed, size_t record)
{
	struct session session;

	begin(&session, seed, record);
	run(&session, false);
	finish(&session);
}

static void a_crash_before_any_record_leaves_a_protected_position(void **state)
{
	struct session session;

	(void)state;
	for (uint64_t seed = 1001; seed <= 1006; seed++) {
		begin(&session, seed, DESK_RECORDS_MAX);
		run(&session, false);
		size_t count = session.desk->record_count;
		finish(&session);
		for (size_t record = 1; record < count; record++)
			crashed_session(seed, record);
	}
}

static void same_holding(const struct holding *a, const struct holding *b)
{
	struct journal_protect left = guard_record(&a->guard, &a->position, 1);
	struct journal_protect right = guard_record(&b->guard, &b->position, 1);
	uint8_t bytes[2][1024];
	size_t sizes[2];

	assert_int_equal(codec_pack_body(MESSAGE_JOURNAL_PROTECT, &left, bytes[0], 1024, &sizes[0]),
	                 OK);
	assert_int_equal(
		codec_pack_body(MESSAGE_JOURNAL_PROTECT, &right, bytes[1], 1024, &sizes[1]), OK);
	assert_int_equal(sizes[0], sizes[1]);
	assert_memory_equal(bytes[0], bytes[1], sizes[0]);
}

static void the_folded_journal_is_the_protection_that_was(void **state)
{
	struct session session;

	(void)state;
	for (uint64_t seed = 2001; seed <= 2040; seed++) {
		begin(&session, seed, DESK_RECORDS_MAX);
		run(&session, false);
		struct desk *desk = session.desk;
		struct books *lived = malloc(sizeof *lived);
		memcpy(lived, &desk->executor->books, sizeof *lived);
		desk_restart(desk, desk->record_count);
		const struct books *folded = &desk->executor->books;
		assert_int_equal(lived->holdings.position_count, folded->holdings.position_count);
		for (uint32_t i = 0; i < lived->holdings.position_count; i++)
			same_holding(&lived->holdings.positions[i], &folded->holdings.positions[i]);
		assert_int_equal(lived->valid_until, folded->valid_until);
		assert_true(decimal_equals(market_sent(&lived->holdings.markets[0], desk->now),
		                           market_sent(&folded->holdings.markets[0], desk->now)));
		free(lived);
		desk_close(desk);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_sale_beyond_the_position_and_no_position_without_its_stop),
		cmocka_unit_test(a_crash_before_any_record_leaves_a_protected_position),
		cmocka_unit_test(the_folded_journal_is_the_protection_that_was),
	};
	if (argc == 2)
		session_of(strtoull(argv[1], NULL, 10));
	else if (argc == 3)
		crashed_session(strtoull(argv[1], NULL, 10), strtoull(argv[2], NULL, 10));
	if (argc > 1)
		return 0;
	return cmocka_run_group_tests_name("executor_guarded", tests, NULL, NULL);
}
