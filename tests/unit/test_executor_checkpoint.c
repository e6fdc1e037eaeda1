/* SPDX-License-Identifier: Apache-2.0 */
/* Rule W7: a checkpoint folded into new books gives the books, and what comes after it changes both
   alike. */
#include "services/executor/checkpoint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/random.h"
#include "services/executor/budget.h"
#include "services/executor/records.h"
#include "tests/lib/desk.h"

enum { BODY_MAX = 4096, STEPS = 250, SEEDS = 30 };

#define NOON (1700000000 * NANOS_S)

static struct stack_config stack;
static struct executor_config config;
static struct identity identity;

/* Books of their own, beside a desk's. */
static struct executor *new_executor(void)
{
	struct executor *self = calloc(1, sizeof *self);

	config_defaults(&stack_config_type, &stack);
	config_defaults(&executor_config_type, &config);
	identity.stack = &stack;
	executor_logic.init(self, &identity, &config);
	return self;
}

/* The checkpoint of some books. */
struct piece_list {
	struct outbox out;
	void *arena;
};

static struct piece_list *checkpoint_of(const struct executor *executor)
{
	struct piece_list *self = calloc(1, sizeof *self);

	self->arena = aligned_alloc(64, executor_logic.arena_size);
	outbox_init(&self->out, self->arena, executor_logic.arena_size);
	executor_logic.checkpoint(executor, &self->out);
	return self;
}

static void free_pieces(struct piece_list *self)
{
	free(self->arena);
	free(self);
}

static struct executor *folded(const struct piece_list *pieces)
{
	struct executor *self = new_executor();

	for (size_t i = 0; i < pieces->out.count; i++)
		executor_logic.apply(self, pieces->out.effects[i].type,
		                     pieces->out.effects[i].body);
	return self;
}

static void same_body(const struct effect *a, const struct effect *b)
{
	uint8_t bytes_a[BODY_MAX], bytes_b[BODY_MAX];
	size_t size_a, size_b;

	assert_int_equal(a->type, b->type);
	assert_int_equal(codec_pack_body(a->type, a->body, bytes_a, BODY_MAX, &size_a), OK);
	assert_int_equal(codec_pack_body(b->type, b->body, bytes_b, BODY_MAX, &size_b), OK);
	assert_int_equal(size_a, size_b);
	assert_memory_equal(bytes_a, bytes_b, size_a);
}

/* By their checkpoints, byte for byte. */
static void same_books(const struct executor *a, const struct executor *b)
{
	struct piece_list *of_a = checkpoint_of(a), *of_b = checkpoint_of(b);

	assert_true(of_a->out.count > 0);
	assert_int_equal(of_a->out.count, of_b->out.count);
	for (size_t i = 0; i < of_a->out.count; i++)
		same_body(&of_a->out.effects[i], &of_b->out.effects[i]);
	free_pieces(of_a);
	free_pieces(of_b);
}

/* By each of its names. */
static void finds_every_order(struct orders *self, const struct orders *orders)
{
	for (uint32_t i = 0; i < orders->used; i++) {
		const struct order_slot *slot = &orders->slots[i];
		struct order_slot *found = orders_by_client(self, slot->order.client_id);
		assert_non_null(found);
		assert_ptr_equal(orders_by_intent(self, slot->order.intent_id), found);
		assert_ptr_equal(orders_by_nonce(self, slot->nonce), found);
		if (slot->order.venue_id != 0)
			assert_ptr_equal(
				orders_by_venue(self, &slot->order.symbol, slot->order.venue_id),
				found);
	}
}

static void throttle(struct desk *desk)
{
	struct grant_request request = {.quiet_until = desk->now + 2 * NANOS_S};

	desk_request(desk, MESSAGE_GRANT_REQUEST, &request);
}

static void halt_or_arm(struct desk *desk, bool halts)
{
	struct command command = {
		.kind = halts ? COMMAND_KIND_HALT : COMMAND_KIND_ARM,
		.actor = name_from("tester"),
		.reason = text_from("chance"),
	};

	desk_request(desk, MESSAGE_COMMAND, &command);
}

static void trade(struct desk *desk, struct random *random)
{
	static const char *const sizes[] = {"0.1", "0.2", "0.3"};
	bool buys = random_below(random, 3) > 0;

	desk_order(desk, buys ? "BUY" : "SELL", sizes[random_below(random, 3)], "100");
}

static void execute(struct desk *desk, struct random *random)
{
	struct desk_order *order = &desk->orders[random_below(random, desk->order_count)];

	if (order->told.status == VENUE_STATUS_NEW ||
	    order->told.status == VENUE_STATUS_PARTIALLY_FILLED)
		desk_stream_fill(desk, desk_execute(desk, order, "0.1"));
	desk_stream_order(desk, order);
}

static void act(struct desk *desk, struct random *random)
{
	struct desk_call *call =
		desk->call_count == 0 ? NULL : &desk->calls[random_below(random, desk->call_count)];
	uint64_t what = random_below(random, 40);

	if (what < 12)
		trade(desk, random);
	else if (what < 22 && call != NULL)
		desk_answer(desk, token_kind(call->token));
	else if (what < 24 && call != NULL)
		desk_lose_answer(desk, token_kind(call->token));
	else if (what < 34 && desk->order_count > 0)
		execute(desk, random);
	else if (what < 37)
		desk_pass(desk, (nanos_t)random_below(random, 2000) * NANOS_MS);
	else if (what == 37)
		halt_or_arm(desk, true);
	else if (what == 38)
		halt_or_arm(desk, false);
	else
		throttle(desk);
}

static void run(struct desk *desk, struct random *random)
{
	for (unsigned i = 0; i < STEPS; i++)
		act(desk, random);
}

static void a_checkpoint_folds_to_the_same_books(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct desk *desk = desk_open();
		struct random random;
		random_init(&random, seed);
		desk_start(desk);
		run(desk, &random);
		struct piece_list *pieces = checkpoint_of(desk->executor);
		struct executor *other = folded(pieces);
		same_books(desk->executor, other);
		finds_every_order(&other->books.orders, &desk->executor->books.orders);
		assert_int_equal(other->books.impossible, desk->executor->books.impossible);
		assert_int_equal(other->books.records, desk->executor->books.records);
		free(other);
		free_pieces(pieces);
		desk_close(desk);
	}
}

static void what_follows_a_checkpoint_changes_both_alike(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct desk *desk = desk_open();
		struct random random;
		random_init(&random, seed);
		desk_start(desk);
		run(desk, &random);
		struct piece_list *pieces = checkpoint_of(desk->executor);
		struct executor *other = folded(pieces);
		size_t before = desk->record_count;
		run(desk, &random);
		for (size_t i = before; i < desk->record_count; i++)
			executor_logic.apply(other, desk->records[i].type, desk->records[i].body);
		same_books(desk->executor, other);
		assert_int_equal(other->books.impossible, 0);
		free(other);
		free_pieces(pieces);
		desk_close(desk);
	}
}

/* Books made of records, without a desk. */
static void given_market(struct executor *self)
{
	struct instrument instrument = {
		.symbol = name_from("BTCUSDT"),
		.base = name_from("BTC"),
		.quote = name_from("USDT"),
		.trading = true,
		.base_places = 8,
		.quote_places = 8,
		.tick = decimal_of("0.01"),
		.lot = decimal_of("0.00001"),
	};

	executor_logic.apply(self, MESSAGE_INSTRUMENT, &instrument);
}

static void given_intent(struct executor *self, uint64_t number, nanos_t at)
{
	struct journal_intent intent = {
		.intent_id = {1, number},
		.client_id = {2, number},
		.nonce = {3, number},
		.bot = name_from("bot"),
		.symbol = name_from("BTCUSDT"),
		.purpose = PURPOSE_ENTRY,
		.side = SIDE_BUY,
		.type = ORDER_TYPE_LIMIT,
		.time_in_force = TIME_IN_FORCE_GTC,
		.qty = decimal_of("0.1"),
		.price = decimal_of("100"),
		.stop_place = STOP_PLACE_EXCHANGE,
		.attempt = 1,
		.expires = at + 5 * NANOS_S,
		.at = at,
	};
	struct journal_send send = {
		.intent_id = intent.intent_id,
		.client_id = intent.client_id,
		.attempt = 1,
		.valid_until = at + NANOS_S,
		.at = at,
	};

	executor_logic.apply(self, MESSAGE_JOURNAL_INTENT, &intent);
	executor_logic.apply(self, MESSAGE_JOURNAL_SEND, &send);
}

static void given_end(struct executor *self, uint64_t number, enum order_status status, nanos_t at)
{
	struct journal_unknown unknown = {.client_id = {2, number}, .at = at};
	struct journal_end end = {.client_id = {2, number}, .status = status, .at = at};

	if (status == ORDER_STATUS_NEVER)
		executor_logic.apply(self, MESSAGE_JOURNAL_UNKNOWN, &unknown);
	executor_logic.apply(self, MESSAGE_JOURNAL_END, &end);
}

static void given_fill(struct executor *self, uint64_t trade_id)
{
	struct fill fill = {
		.client_id = {9, 9},
		.trade_id = trade_id,
		.bot = name_from("bot"),
		.symbol = name_from("BTCUSDT"),
		.side = SIDE_BUY,
		.price = decimal_of("100"),
		.qty = decimal_of("0.1"),
		.fee_asset = name_from("USDT"),
		.at = NOON,
	};

	executor_logic.apply(self, MESSAGE_FILL, &fill);
}

static struct executor *after_checkpoint(struct executor *self)
{
	struct piece_list *pieces = checkpoint_of(self);
	struct executor *other = folded(pieces);

	assert_true(pieces->out.count > 0);
	free_pieces(pieces);
	return other;
}

static bool knows(struct executor *self, uint64_t number)
{
	return orders_by_nonce(&self->books.orders, (ident_t){3, number}) != NULL;
}

static void only_what_ended_long_ago_is_forgotten(void **state)
{
	struct executor *self = new_executor();

	(void)state;
	given_market(self);
	given_intent(self, 1, NOON);
	given_end(self, 1, ORDER_STATUS_NEVER, NOON);
	given_intent(self, 2, NOON);
	given_end(self, 2, ORDER_STATUS_REJECTED, NOON);
	for (uint64_t i = 0; i < 1000; i++) {
		given_intent(self, 10 + i, NOON + (nanos_t)i * 10 * NANOS_S);
		given_end(self, 10 + i, ORDER_STATUS_REJECTED, NOON + (nanos_t)i * 10 * NANOS_S);
	}
	struct executor *other = after_checkpoint(self);
	assert_true(knows(other, 1));
	assert_false(knows(other, 2));
	assert_true(knows(other, 1009));
	assert_true(knows(other, 1009 - 299));
	assert_false(knows(other, 1009 - 300));
	same_books(self, other);
	free(other);
	free(self);
}

static void an_approval_that_could_come_again_is_never_forgotten(void **state)
{
	struct executor *self = new_executor();

	(void)state;
	given_market(self);
	for (uint64_t i = 1; i <= 1000; i++) {
		given_intent(self, i, NOON);
		given_end(self, i, ORDER_STATUS_REJECTED, NOON);
	}
	struct executor *other = after_checkpoint(self);
	for (uint64_t i = 1; i <= 1000; i++)
		assert_true(knows(other, i));
	free(other);
	free(self);
}

static void executions_are_remembered_or_known_to_be_too_old(void **state)
{
	struct executor *self = new_executor();

	(void)state;
	given_market(self);
	for (uint64_t i = 1; i <= FILLS_REMEMBERED + 5000; i++)
		given_fill(self, i);
	struct executor *other = after_checkpoint(self);
	struct market *a = self->books.holdings.markets, *b = other->books.holdings.markets;
	for (uint64_t i = 1; i <= FILLS_REMEMBERED + 5001; i++)
		assert_int_equal(holdings_news(&self->books.holdings, a, i),
		                 holdings_news(&other->books.holdings, b, i));
	for (uint64_t i = 0; i < 3000; i++) {
		given_fill(self, 100000 + i);
		given_fill(other, 100000 + i);
	}
	same_books(self, other);
	free(other);
	free(self);
}

static void orders_of_the_last_minute_still_count(void **state)
{
	struct executor *self = new_executor();

	(void)state;
	given_market(self);
	for (uint64_t i = 1; i <= 100; i++) {
		given_intent(self, i, NOON + (nanos_t)i * NANOS_S);
		given_end(self, i, ORDER_STATUS_REJECTED, NOON + (nanos_t)i * NANOS_S);
	}
	struct executor *other = after_checkpoint(self);
	assert_int_equal(self->books.sends.count, 100);
	assert_int_equal(other->books.sends.count, 60);
	assert_int_equal(other->books.sends.items[59], NOON + 100 * NANOS_S);
	free(other);
	free(self);
}

static void books_that_do_not_fit_give_no_checkpoint(void **state)
{
	struct executor *self = new_executor();

	(void)state;
	given_market(self);
	for (uint64_t i = 1; i <= 2500; i++)
		given_intent(self, i, NOON);
	struct piece_list *pieces = checkpoint_of(self);
	assert_int_equal(pieces->out.count, 0);
	free_pieces(pieces);
	free(self);
}

static void a_damaged_journal_halts_entries_until_a_person_arms(void **state)
{
	struct desk *desk = desk_open();

	(void)state;
	desk->identity.damage = text_from("two records are lost");
	desk_start(desk);
	assert_true(desk->executor->books.latch.halted);
	assert_string_equal(desk->executor->books.latch.actor.text, "journal");
	desk->identity.damage = text_from("");
	desk_restart(desk, desk->record_count);
	desk_start(desk);
	struct approval approval = desk_approval(desk, "BUY", "0.1", "100");
	assert_string_equal(desk_approve(desk, &approval).rule.text, "halted");
	halt_or_arm(desk, false);
	approval = desk_approval(desk, "BUY", "0.1", "100");
	assert_true(desk_approve(desk, &approval).accepted);
	desk_close(desk);
}

static size_t exits(struct desk *desk)
{
	size_t count = 0;

	for (size_t i = 0; i < desk->out->count; i++)
		count += desk->out->effects[i].kind == EFFECT_EXIT;
	return count;
}

static void a_failed_journal_has_the_executor_start_anew_after_cancels_were_heard(void **state)
{
	struct desk *desk = desk_open();

	(void)state;
	desk_start(desk);
	ident_t intent = desk_order(desk, "BUY", "0.1", "100");
	desk_answer(desk, CALL_KIND_ORDER);
	struct cancel cancel = {
		.intent_id = intent, .bot = name_from("bot"), .reason = name_from("test")};
	desk_event(desk, EVENT_SAVE_FAILED, 0, MESSAGE_NONE, NULL);
	desk_request(desk, MESSAGE_CANCEL, &cancel);
	assert_non_null(desk_call(desk, CALL_KIND_CANCEL));
	desk_pass(desk, 6 * NANOS_S);
	assert_int_equal(exits(desk), 0);
	desk_answer_all(desk);
	for (unsigned i = 0; i < 30 && exits(desk) == 0; i++)
		desk_live(desk, 250 * NANOS_MS);
	assert_int_equal(exits(desk), 1);
	desk_close(desk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_checkpoint_folds_to_the_same_books),
		cmocka_unit_test(what_follows_a_checkpoint_changes_both_alike),
		cmocka_unit_test(only_what_ended_long_ago_is_forgotten),
		cmocka_unit_test(an_approval_that_could_come_again_is_never_forgotten),
		cmocka_unit_test(executions_are_remembered_or_known_to_be_too_old),
		cmocka_unit_test(orders_of_the_last_minute_still_count),
		cmocka_unit_test(books_that_do_not_fit_give_no_checkpoint),
		cmocka_unit_test(a_damaged_journal_halts_entries_until_a_person_arms),
		cmocka_unit_test(
			a_failed_journal_has_the_executor_start_anew_after_cancels_were_heard),
	};
	return cmocka_run_group_tests_name("executor_checkpoint", tests, NULL, NULL);
}
