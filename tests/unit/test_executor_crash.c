/* SPDX-License-Identifier: Apache-2.0 */
/* The crash-point table (docs/order-safety.md), walked: each story is played once, then again for
   each of its records with a crash right before it, with what was on its way landed or lost, and
   again with a second crash inside the recovery. At the end our books are the exchange's. */
#include "services/executor/executor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "common/model/lifecycle.h"
#include "services/executor/ids.h"
#include "tests/lib/desk.h"

enum { QUIET_S = 45, SECOND_CRASHES = 6 };

typedef void tells(struct desk *desk);

/* What a story does when it still can. */

static void answers(struct desk *desk, enum call_kind kind)
{
	if (!desk->crashed && desk_call(desk, kind) != NULL)
		desk_answer(desk, kind);
}

static void loses(struct desk *desk, enum call_kind kind)
{
	if (!desk->crashed && desk_call(desk, kind) != NULL)
		desk_lose_answer(desk, kind);
}

static bool has_order(const struct desk *desk)
{
	return !desk->crashed && desk->order_count > 0;
}

static void executes(struct desk *desk, const char *qty, bool told)
{
	if (!has_order(desk))
		return;
	struct venue_fill *fill = desk_execute(desk, desk_last(desk), qty);
	if (told)
		desk_stream_fill(desk, fill);
}

static void wishes_cancel(struct desk *desk)
{
	if (!has_order(desk))
		return;
	const struct order_slot *slot =
		orders_by_client(&desk->executor->books.orders, desk_last(desk)->told.client_id);
	struct cancel cancel = {.bot = name_from("bot"), .reason = name_from("story")};
	if (slot != NULL)
		cancel.intent_id = slot->order.intent_id;
	desk_request(desk, MESSAGE_CANCEL, &cancel);
}

static void orders(struct desk *desk)
{
	if (!desk->crashed)
		desk_order(desk, "BUY", "0.5", "100");
}

static void waits(struct desk *desk, nanos_t time)
{
	if (!desk->crashed)
		desk_live(desk, time);
}

/* Rows 1 to 5, 9, 11 to 14. */
static void fills_in_parts(struct desk *desk)
{
	orders(desk);
	answers(desk, CALL_KIND_ORDER);
	executes(desk, "0.1", true);
	executes(desk, "0.1", false);
	executes(desk, "0.3", true);
	waits(desk, NANOS_S);
}

/* Rows 6, 7, 8. */
static void answer_is_lost(struct desk *desk)
{
	orders(desk);
	loses(desk, CALL_KIND_ORDER);
	executes(desk, "0.2", false);
	waits(desk, 2 * NANOS_S);
	executes(desk, "0.3", true);
	waits(desk, NANOS_S);
}

/* Rows 5, 6: nothing ever arrived. */
static void request_is_lost(struct desk *desk)
{
	orders(desk);
	if (!desk->crashed && desk_call(desk, CALL_KIND_ORDER) != NULL)
		desk_refuse(desk, CALL_KIND_ORDER, EVIDENCE_NOTHING, 0);
	waits(desk, 10 * NANOS_S);
}

/* Row 10. */
static void is_refused(struct desk *desk)
{
	orders(desk);
	if (!desk->crashed && desk_call(desk, CALL_KIND_ORDER) != NULL)
		desk_refuse(desk, CALL_KIND_ORDER, EVIDENCE_REFUSED, 2010);
	waits(desk, 2 * NANOS_S);
}

/* Rows 16, 17, 18. */
static void is_cancelled_in_part(struct desk *desk)
{
	orders(desk);
	answers(desk, CALL_KIND_ORDER);
	executes(desk, "0.1", true);
	wishes_cancel(desk);
	loses(desk, CALL_KIND_CANCEL);
	waits(desk, 4 * NANOS_S);
}

/* Row 19. */
static void fills_before_the_cancel(struct desk *desk)
{
	orders(desk);
	answers(desk, CALL_KIND_ORDER);
	executes(desk, "0.5", false);
	wishes_cancel(desk);
	answers(desk, CALL_KIND_CANCEL);
	waits(desk, 4 * NANOS_S);
}

/* The probe of an order that comes late. */
static void arrives_late(struct desk *desk)
{
	orders(desk);
	loses(desk, CALL_KIND_ORDER);
	if (has_order(desk))
		desk_last(desk)->queued = true;
	waits(desk, 2 * NANOS_S);
	if (desk->order_count > 0)
		desk_last(desk)->queued = false;
	executes(desk, "0.1", false);
	waits(desk, 5 * NANOS_S);
}

/* The bounds of the exchange were wrong. */
static void returns_after_never(struct desk *desk)
{
	orders(desk);
	loses(desk, CALL_KIND_ORDER);
	if (has_order(desk))
		desk_last(desk)->queued = true;
	waits(desk, 10 * NANOS_S);
	if (desk->order_count > 0)
		desk_last(desk)->queued = false;
	executes(desk, "0.1", true);
	waits(desk, 3 * NANOS_S);
}

/* Row 32. */
static void meets_an_orphan(struct desk *desk)
{
	struct client_id id = {.tag = desk->executor->tag, .nonce = 9, .counter = 1, .attempt = 1};

	if (desk->order_count == 0)
		desk->orders[desk->order_count++] =
			(struct desk_order){.told = {
						    .symbol = name_from("BTCUSDT"),
						    .client_id = client_id_pack(&id),
						    .client_text = text_from("ours"),
						    .venue_id = 700,
						    .side = SIDE_BUY,
						    .type = ORDER_TYPE_LIMIT,
						    .qty = decimal_of("0.5"),
						    .price = decimal_of("100"),
						    .status = VENUE_STATUS_NEW,
					    }};
	executes(desk, "0.1", false);
	if (!desk->crashed)
		desk_stream_order(desk, desk_last(desk));
	executes(desk, "0.2", true);
	waits(desk, 12 * NANOS_S);
}

/* A stranger trades beside an order of unknown fate. */
static void stranger_trades(struct desk *desk)
{
	orders(desk);
	loses(desk, CALL_KIND_ORDER);
	if (has_order(desk))
		desk_last(desk)->queued = true;
	desk->orders[desk->order_count++] =
		(struct desk_order){.told = {
					    .symbol = name_from("BTCUSDT"),
					    .client_text = text_from("web"),
					    .venue_id = 9000,
					    .side = SIDE_BUY,
					    .qty = decimal_of("0.5"),
					    .price = decimal_of("100"),
					    .status = VENUE_STATUS_NEW,
				    }};
	executes(desk, "0.5", false);
	waits(desk, 10 * NANOS_S);
}

static const struct {
	const char *name;
	tells *tell;
} stories[] = {
	{"fills in parts", fills_in_parts},
	{"answer is lost", answer_is_lost},
	{"request is lost", request_is_lost},
	{"is refused", is_refused},
	{"is cancelled in part", is_cancelled_in_part},
	{"fills before the cancel", fills_before_the_cancel},
	{"arrives late", arrives_late},
	{"returns after never", returns_after_never},
	{"meets an orphan", meets_an_orphan},
	{"stranger trades", stranger_trades},
};

enum { STORIES = sizeof stories / sizeof *stories };

/* Words for what must hold at the end. */

static bool is_open(const struct venue_order *told)
{
	return told->status == VENUE_STATUS_NEW || told->status == VENUE_STATUS_PARTIALLY_FILLED;
}

static const char *wrong_order(struct desk *desk, const struct venue_order *told)
{
	const struct order_slot *slot =
		orders_by_client(&desk->executor->books.orders, told->client_id);

	if (ident_is_none(told->client_id))
		return NULL;
	if (slot == NULL)
		return "an order at the exchange is not in the books";
	if (!decimal_equals(slot->order.executed, told->executed))
		return "an order's executed quantity differs";
	if (order_status_is_open(slot->order.status) != is_open(told))
		return "an order is open on one side only";
	return NULL;
}

static const char *wrong_books(struct desk *desk)
{
	struct orders *books = &desk->executor->books.orders;

	for (size_t i = 0; i < desk->order_count; i++) {
		const char *wrong = wrong_order(desk, &desk->orders[i].told);
		if (wrong != NULL)
			return wrong;
	}
	for (uint32_t i = 0; i < books->open_count; i++) {
		enum order_status status = books->slots[books->open[i]].order.status;
		if (status != ORDER_STATUS_LIVE && status != ORDER_STATUS_PARTIAL)
			return "an order is neither open nor ended";
	}
	if (desk->executor->books.impossible > 0)
		return "a record was impossible";
	if (desk_saved(desk, MESSAGE_FILL) != desk->fill_count)
		return "executions are not accounted once each";
	if (desk->orders_received > 1)
		return "the order was doubled";
	return NULL;
}

static void then_all_is_well(struct desk *desk, size_t story, size_t first, size_t second)
{
	const char *wrong;

	if (desk->order_count > 0) /* whatever is in the queue arrives, or the window is over */
		for (size_t i = 0; i < desk->order_count; i++)
			desk->orders[i].queued = false;
	desk_live(desk, QUIET_S * NANOS_S);
	wrong = wrong_books(desk);
	if (wrong != NULL)
		fail_msg("%s, crash before record %zu, then %zu more: %s", stories[story].name,
		         first, second, wrong);
}

/* What was sent is on its way to the exchange, or lost. */
static void land_or_lose(struct desk *desk, bool lands)
{
	desk->crashed = true;
	while (desk_call(desk, CALL_KIND_ORDER) != NULL) {
		if (lands)
			desk_lose_answer(desk, CALL_KIND_ORDER);
		else
			desk_call(desk, CALL_KIND_ORDER)->token = 0;
	}
	while (lands && desk_call(desk, CALL_KIND_CANCEL) != NULL)
		desk_lose_answer(desk, CALL_KIND_CANCEL);
}

static void crash(struct desk *desk, size_t record, tells *tell, bool lands)
{
	desk->journal_max = record;
	tell(desk);
	land_or_lose(desk, lands);
	desk_restart(desk, desk->record_count);
}

static size_t records_of(size_t story, size_t *begin)
{
	struct desk *desk = desk_open();

	desk_start(desk);
	*begin = desk->record_count;
	stories[story].tell(desk);
	size_t count = desk->record_count;
	then_all_is_well(desk, story, 0, 0);
	desk_close(desk);
	return count;
}

static void recover(struct desk *desk)
{
	desk_start(desk);
	desk_live(desk, 6 * NANOS_S);
}

static void play(size_t story, size_t record, size_t second, bool lands)
{
	struct desk *desk = desk_open();

	desk_start(desk);
	crash(desk, record, stories[story].tell, lands);
	if (second > 0)
		crash(desk, desk->record_count + second, recover, lands);
	desk_start(desk);
	then_all_is_well(desk, story, record, second);
	desk_close(desk);
}

static void a_crash_before_any_record_of_any_story_ends_well(void **state)
{
	(void)state;
	for (size_t story = 0; story < STORIES; story++) {
		size_t begin, count = records_of(story, &begin);
		for (size_t record = begin; record <= count; record++) {
			play(story, record, 0, true);
			play(story, record, 0, false);
		}
		print_message("%s: %zu records\n", stories[story].name, count - begin);
	}
}

static void a_second_crash_inside_the_recovery_ends_well_too(void **state)
{
	(void)state;
	for (size_t story = 0; story < STORIES; story++) {
		size_t begin, count = records_of(story, &begin);
		for (size_t record = begin; record <= count; record++)
			for (size_t second = 1; second <= SECOND_CRASHES; second++)
				play(story, record, second, (record + second) % 2 == 0);
	}
}

static void a_crash_at_the_very_first_start_ends_well(void **state)
{
	(void)state;
	for (size_t record = 0; record <= 4; record++) {
		struct desk *desk = desk_open();
		desk->journal_max = record;
		desk_start(desk);
		fills_in_parts(desk);
		land_or_lose(desk, true);
		desk_restart(desk, desk->record_count);
		desk_start(desk);
		then_all_is_well(desk, 0, record, 0);
		desk_close(desk);
	}
}

/* Row 33: the clock of this machine was stepped while we were down. */
static void a_step_of_the_clock_over_a_restart_never_shortens_the_fence(void **state)
{
	(void)state;
	for (nanos_t step = -500 * NANOS_MS; step <= 500 * NANOS_MS; step += 50 * NANOS_MS) {
		struct desk *desk = desk_open();
		desk_start(desk);
		ident_t intent = desk_order(desk, "BUY", "0.5", "100");
		nanos_t waited = 0, bounds = 3 * NANOS_S; /* window, queue, lag */
		desk_restart(desk, desk->record_count);
		desk->now += step;
		desk->clock_offset -= step;
		desk_boot(desk);
		desk_link(desk, LINK_STATUS_UP);
		for (; waited < bounds; waited += 20 * NANOS_MS) {
			desk_live(desk, 20 * NANOS_MS);
			assert_int_equal(desk_book(desk, intent).status, ORDER_STATUS_UNKNOWN);
		}
		desk_live(desk, 15 * NANOS_S);
		assert_int_equal(desk_book(desk, intent).status, ORDER_STATUS_NEVER);
		desk_close(desk);
	}
}

/* Row 34: no question leaves before its moment, and nothing is concluded meanwhile. */
static void a_ban_during_the_recovery_leaves_the_order_unknown(void **state)
{
	struct venue_answer banned = {
		.evidence = EVIDENCE_NOTHING, .http_status = 418, .retry_after_ms = 120000};
	struct desk *desk = desk_open();

	(void)state;
	desk_start(desk);
	ident_t intent = desk_order(desk, "BUY", "0.5", "100");
	desk_restart(desk, desk->record_count);
	desk_boot(desk);
	desk_answer(desk, CALL_KIND_TIME);
	for (size_t i = 0; i < desk->call_count; i++)
		desk_event(desk, EVENT_REPLY, desk->calls[i].token, MESSAGE_VENUE_ANSWER, &banned);
	desk->call_count = 0;
	desk_pass(desk, 59 * NANOS_S);
	assert_null(desk_call(desk, CALL_KIND_QUERY));
	assert_null(desk_call(desk, CALL_KIND_CANCEL));
	desk_pass(desk, 60 * NANOS_S);
	assert_int_equal(desk_book(desk, intent).status, ORDER_STATUS_UNKNOWN);
	desk_live(desk, 30 * NANOS_S);
	assert_int_equal(desk_book(desk, intent).status, ORDER_STATUS_NEVER);
	desk_close(desk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_crash_before_any_record_of_any_story_ends_well),
		cmocka_unit_test(a_second_crash_inside_the_recovery_ends_well_too),
		cmocka_unit_test(a_step_of_the_clock_over_a_restart_never_shortens_the_fence),
		cmocka_unit_test(a_ban_during_the_recovery_leaves_the_order_unknown),
		cmocka_unit_test(a_crash_at_the_very_first_start_ends_well),
	};
	return cmocka_run_group_tests_name("executor_crash", tests, NULL, NULL);
}
