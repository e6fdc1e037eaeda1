/* SPDX-License-Identifier: Apache-2.0 */
#include "services/bw/picture.h"

#include "services/bw/lists.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NOW (1000 * NANOS_S)

static struct picture picture;

static int set_up(void **state)
{
	(void)state;
	picture_init(&picture, NANOS_S);
	return 0;
}

static void told(const char *sender, enum message_type type, const void *body, nanos_t now)
{
	struct envelope envelope = {.sender = name_from(sender), .type = type};
	picture_take(&picture, &envelope, body, now);
}

static void told_heartbeat(const char *sender, enum service_status status, uint64_t pid,
                           nanos_t now)
{
	struct heartbeat heartbeat = {.status = status, .pid = pid, .started = NOW - NANOS_S};
	told(sender, MESSAGE_HEARTBEAT, &heartbeat, now);
}

static void told_child(const char *service, enum service_status status, uint64_t pid,
                       uint64_t restarts)
{
	struct child_state child = {
		.service = name_from(service), .status = status, .pid = pid, .restarts = restarts};
	told("supervisor", MESSAGE_CHILD_STATE, &child, NOW);
}

static void told_order(uint64_t id, enum order_status status, uint64_t version)
{
	struct order order = {
		.client_id = {1, id},
		.status = status,
		.version = version,
		.created = (nanos_t)id,
		.updated = (nanos_t)id,
	};
	told("executor", MESSAGE_ORDER, &order, NOW);
}

static void told_alert(const char *sender, uint64_t number, uint64_t repeats)
{
	struct alert alert = {
		.severity = SEVERITY_INFO, .number = number, .repeats = repeats, .at = NOW};
	told(sender, MESSAGE_ALERT, &alert, NOW);
}

static enum service_status status_of(const char *name, nanos_t now)
{
	return picture_status(&picture, picture_service(&picture, name), now);
}

static void a_service_that_beats_is_what_it_says(void **state)
{
	(void)state;
	told_child("risk", SERVICE_STATUS_HEALTHY, 5, 0);
	told_heartbeat("risk", SERVICE_STATUS_DEGRADED, 5, NOW);
	assert_int_equal(status_of("risk", NOW + NANOS_MS), SERVICE_STATUS_DEGRADED);
}

static void a_service_that_falls_silent_is_hung(void **state)
{
	(void)state;
	told_child("risk", SERVICE_STATUS_HEALTHY, 5, 0);
	told_heartbeat("risk", SERVICE_STATUS_HEALTHY, 5, NOW);
	assert_int_equal(status_of("risk", NOW + 2 * NANOS_S), SERVICE_STATUS_HUNG);
}

static void a_service_whose_process_ended_is_dead_whatever_it_said(void **state)
{
	(void)state;
	told_heartbeat("risk", SERVICE_STATUS_HEALTHY, 5, NOW);
	told_child("risk", SERVICE_STATUS_DEAD, 0, 1);
	assert_int_equal(status_of("risk", NOW), SERVICE_STATUS_DEAD);
	assert_int_equal(picture_pid(picture_service(&picture, "risk")), 0);
}

static void a_new_process_is_starting_until_it_beats_itself(void **state)
{
	(void)state;
	told_heartbeat("risk", SERVICE_STATUS_HEALTHY, 5, NOW);
	told_child("risk", SERVICE_STATUS_HEALTHY, 6, 1);
	assert_int_equal(status_of("risk", NOW), SERVICE_STATUS_STARTING);
	told_heartbeat("risk", SERVICE_STATUS_HEALTHY, 6, NOW);
	assert_int_equal(status_of("risk", NOW), SERVICE_STATUS_HEALTHY);
}

static void a_process_that_never_beats_is_hung_once_there_was_time_enough(void **state)
{
	(void)state;
	told_child("risk", SERVICE_STATUS_HEALTHY, 5, 0);
	assert_int_equal(status_of("risk", NOW), SERVICE_STATUS_STARTING);
	picture.has_waited = true;
	assert_int_equal(status_of("risk", NOW), SERVICE_STATUS_HUNG);
}

static void redis_is_what_the_supervisor_says(void **state)
{
	(void)state;
	picture_expect(&picture, "redis");
	assert_int_equal(status_of("redis", NOW), SERVICE_STATUS_STARTING);
	told_child("redis", SERVICE_STATUS_HEALTHY, 7, 0);
	assert_int_equal(status_of("redis", NOW + 60 * NANOS_S), SERVICE_STATUS_HEALTHY);
}

static void restarts_outlive_the_supervisor_that_counted_them(void **state)
{
	(void)state;
	told_child("risk", SERVICE_STATUS_HEALTHY, 5, 2);
	picture_lose_supervisor(&picture);
	told_child("risk", SERVICE_STATUS_HEALTHY, 6, 1);
	assert_int_equal(picture_restarts(picture_service(&picture, "risk")), 4);
}

static void an_older_word_about_an_order_changes_nothing(void **state)
{
	(void)state;
	told_order(1, ORDER_STATUS_FILLED, 9);
	told_order(1, ORDER_STATUS_LIVE, 8);
	assert_int_equal(picture.order_count, 1);
	assert_int_equal(picture.orders[0].status, ORDER_STATUS_FILLED);
}

static void open_orders_are_kept_when_there_is_no_room(void **state)
{
	size_t open = 0;
	(void)state;
	told_order(1, ORDER_STATUS_LIVE, 1);
	for (uint64_t i = 2; i <= PICTURE_ORDERS_MAX + 100; i++)
		told_order(i, ORDER_STATUS_FILLED, i);
	assert_int_equal(picture.order_count, PICTURE_ORDERS_MAX);
	for (size_t i = 0; i < picture.order_count; i++)
		open += picture_is_open(&picture.orders[i]);
	assert_int_equal(open, 1);
}

static void orders_are_listed_newest_first(void **state)
{
	static size_t indices[PICTURE_ORDERS_MAX];
	(void)state;
	told_order(1, ORDER_STATUS_LIVE, 1);
	told_order(3, ORDER_STATUS_FILLED, 3);
	told_order(2, ORDER_STATUS_LIVE, 2);
	assert_int_equal(orders_sorted(&picture, false, indices), 2);
	assert_int_equal(picture.orders[indices[0]].created, 2);
	assert_int_equal(orders_sorted(&picture, true, indices), 3);
	assert_int_equal(picture.orders[indices[0]].created, 3);
}

static void alerts_stand_by_number_and_repeats_replace(void **state)
{
	(void)state;
	told_alert("alert", 2, 1);
	told_alert("alert", 1, 1);
	told_alert("alert", 3, 1);
	told_alert("alert", 2, 5);
	assert_int_equal(picture.alert_count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(picture.alerts[i].number, i + 1);
	assert_int_equal(picture.alerts[1].repeats, 5);
}

static void an_alert_that_nobody_numbered_is_not_listed_twice(void **state)
{
	(void)state;
	told_alert("risk", 0, 1);
	told_alert("alert", 1, 1);
	assert_int_equal(picture.alert_count, 1);
}

static void the_oldest_alerts_are_forgotten(void **state)
{
	(void)state;
	for (uint64_t i = 1; i <= PICTURE_ALERTS_MAX + 10; i++)
		told_alert("alert", i, 1);
	told_alert("alert", 5, 1);
	assert_int_equal(picture.alert_count, PICTURE_ALERTS_MAX);
	assert_int_equal(picture.alerts[0].number, 11);
	assert_int_equal(picture.alerts[PICTURE_ALERTS_MAX - 1].number, PICTURE_ALERTS_MAX + 10);
}

static void the_sterner_state_of_trading_counts(void **state)
{
	struct trading_state normal = {.status = TRADING_STATUS_NORMAL},
			     halted = {.status = TRADING_STATUS_HALTED};
	(void)state;
	assert_null(picture_trading(&picture));
	told("risk", MESSAGE_TRADING_STATE, &halted, NOW);
	told("executor", MESSAGE_TRADING_STATE, &normal, NOW);
	assert_int_equal(picture_trading(&picture)->status, TRADING_STATUS_HALTED);
}

static void told_market(const char *bid)
{
	struct instrument instrument = {.symbol = name_from("BTCUSDT"),
	                                .base = name_from("BTC"),
	                                .quote = name_from("USDT")};
	struct tick tick = {
		.symbol = name_from("BTCUSDT"), .bid = decimal_of(bid), .ask = decimal_of(bid)};
	told("feed", MESSAGE_INSTRUMENT, &instrument, NOW);
	told("feed", MESSAGE_TICK, &tick, NOW);
}

static void told_balance(const char *asset, const char *free_amount, const char *locked)
{
	struct balance balance = {.asset = name_from(asset),
	                          .free = decimal_of(free_amount),
	                          .locked = decimal_of(locked)};
	told("executor", MESSAGE_BALANCE, &balance, NOW);
}

static void assert_decimal(decimal_t value, const char *expected)
{
	char text[DECIMAL_TEXT_SIZE];
	assert_string_equal(decimal_print(value, text), expected);
}

static void equity_values_every_asset_at_the_best_bid(void **state)
{
	struct picture_sums sums;
	(void)state;
	told_market("60000");
	told_balance("USDT", "1000", "500");
	told_balance("BTC", "0.25", "0.25");
	picture_sum(&picture, NOW + 5 * NANOS_MS, &sums);
	assert_decimal(sums.equity, "31500");
	assert_true(sums.is_valued);
	assert_int_equal(sums.tick_age, 5 * NANOS_MS);
	assert_string_equal(sums.quote.text, "USDT");
}

static void an_asset_without_a_price_is_said_to_be_missing(void **state)
{
	struct picture_sums sums;
	(void)state;
	told_market("60000");
	told_balance("USDT", "1000", "0");
	told_balance("ETH", "1", "0");
	picture_sum(&picture, NOW, &sums);
	assert_decimal(sums.equity, "1000");
	assert_false(sums.is_valued);
}

static void a_position_gains_with_the_bid(void **state)
{
	struct position position = {.symbol = name_from("BTCUSDT"),
	                            .bot = name_from("b"),
	                            .qty = decimal_of("0.5"),
	                            .cost = decimal_of("29000")};
	decimal_t unrealised;
	(void)state;
	assert_false(picture_unrealised(&picture, &position, &unrealised));
	told_market("60000");
	assert_true(picture_unrealised(&picture, &position, &unrealised));
	assert_decimal(unrealised, "1000");
}

static void advice_names_the_log_of_what_is_unwell(void **state)
{
	text_t lines[4];
	(void)state;
	told_child("feed", SERVICE_STATUS_DEAD, 0, 3);
	told_child("risk", SERVICE_STATUS_HEALTHY, 5, 0);
	told_heartbeat("risk", SERVICE_STATUS_HEALTHY, 5, NOW);
	assert_int_equal(advice(&picture, NOW, lines, 4), 1);
	assert_string_equal(lines[0].text, "feed is dead: bw logs feed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_service_that_beats_is_what_it_says, set_up),
		cmocka_unit_test_setup(a_service_that_falls_silent_is_hung, set_up),
		cmocka_unit_test_setup(a_service_whose_process_ended_is_dead_whatever_it_said,
	                               set_up),
		cmocka_unit_test_setup(a_new_process_is_starting_until_it_beats_itself, set_up),
		cmocka_unit_test_setup(
			a_process_that_never_beats_is_hung_once_there_was_time_enough, set_up),
		cmocka_unit_test_setup(redis_is_what_the_supervisor_says, set_up),
		cmocka_unit_test_setup(restarts_outlive_the_supervisor_that_counted_them, set_up),
		cmocka_unit_test_setup(an_older_word_about_an_order_changes_nothing, set_up),
		cmocka_unit_test_setup(open_orders_are_kept_when_there_is_no_room, set_up),
		cmocka_unit_test_setup(orders_are_listed_newest_first, set_up),
		cmocka_unit_test_setup(alerts_stand_by_number_and_repeats_replace, set_up),
		cmocka_unit_test_setup(an_alert_that_nobody_numbered_is_not_listed_twice, set_up),
		cmocka_unit_test_setup(the_oldest_alerts_are_forgotten, set_up),
		cmocka_unit_test_setup(the_sterner_state_of_trading_counts, set_up),
		cmocka_unit_test_setup(equity_values_every_asset_at_the_best_bid, set_up),
		cmocka_unit_test_setup(an_asset_without_a_price_is_said_to_be_missing, set_up),
		cmocka_unit_test_setup(a_position_gains_with_the_bid, set_up),
		cmocka_unit_test_setup(advice_names_the_log_of_what_is_unwell, set_up),
	};
	return cmocka_run_group_tests_name("picture", tests, NULL, NULL);
}
