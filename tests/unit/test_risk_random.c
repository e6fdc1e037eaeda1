/* SPDX-License-Identifier: Apache-2.0 */
#include "services/risk/risk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/random.h"
#include "tests/lib/risk_bench.h"

static struct risk_bench *bench;

static int set_up(void **state)
{
	(void)state;
	bench = risk_bench_open(NULL);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	risk_bench_close(bench);
	return 0;
}

/* random intents against a ledger of the test's own, in whole lots and ticks */

enum { ORDERS = 400, STEPS = 20000 };

struct counted {
	struct intent intent;
	int64_t lots, ticks, executed; /* 0.001 and 0.01 */
	bool is_open, is_seen;
	nanos_t expires;
};

struct ledger {
	struct random random;
	struct counted orders[ORDERS];
	int64_t held[2][3], cost[2][3]; /* symbol, bot: lots; lots × ticks */
	int64_t bid[2];                 /* ticks */
	unsigned allowed, refused;
};

static const char *const symbols[] = {"BTCUSDT", "ALTUSDT"}, *const bots[] = {"a", "b", "c"};
static const int64_t SYMBOL_MAX = 2000 * 100000,
		     TOTAL_MAX = 3000 * 100000; /* lots × ticks of 2000 and 3000 */

static size_t place_of(const char *const *names, size_t count, const name_t *name)
{
	for (size_t i = 0; i < count; i++)
		if (name_is(name, names[i]))
			return i;
	abort();
}

/* A holding whose price rose later may stand above the limit: the order that was just approved may
 * not. */
static void then_within_limits(const struct ledger *ledger, size_t symbol)
{
	int64_t by_symbol[2] = {0}, total = 0;
	for (size_t s = 0; s < 2; s++)
		for (size_t b = 0; b < 3; b++) {
			by_symbol[s] += ledger->held[s][b] * ledger->bid[s];
			total += ledger->cost[s][b];
		}
	for (size_t i = 0; i < ORDERS; i++) {
		const struct counted *order = &ledger->orders[i];
		bool is_over = !order->is_seen && order->expires < bench->logic.now;
		if (!order->is_open || is_over || order->intent.side == SIDE_SELL)
			continue;
		int64_t value = (order->lots - order->executed) * order->ticks;
		by_symbol[place_of(symbols, 2, &order->intent.symbol)] += value;
		total += value;
	}
	assert_true(by_symbol[symbol] <= SYMBOL_MAX && total <= TOTAL_MAX);
}

static void try_intent(struct ledger *ledger)
{
	struct counted *order = &ledger->orders[random_below(&ledger->random, ORDERS)];
	if (order->is_open)
		return;
	size_t symbol = random_below(&ledger->random, 2);
	bool is_buy = random_below(&ledger->random, 4) != 0;
	*order = (struct counted){
		.intent = is_buy ? buy(bench, "1", "1") : sell(bench, "1", "1"),
		.lots = 1 + (int64_t)random_below(&ledger->random, 8000),
		.ticks = ledger->bid[symbol] - 50 + (int64_t)random_below(&ledger->random, 100),
	};
	order->intent.symbol = name_from(symbols[symbol]);
	order->intent.bot = name_from(bots[random_below(&ledger->random, 3)]);
	order->intent.qty = decimal_make(order->lots, -3);
	order->intent.price = decimal_make(order->ticks, -2);
	if (!when_intent(bench, &order->intent).allowed) {
		ledger->refused++;
		return;
	}
	order->is_open = true;
	order->expires = approval_of(bench)->expires;
	ledger->allowed++;
	if (is_buy)
		then_within_limits(ledger, symbol);
}

static void tell_position(struct ledger *ledger, size_t symbol, size_t bot)
{
	struct position position = {
		.symbol = name_from(symbols[symbol]),
		.bot = name_from(bots[bot]),
		.qty = decimal_make(ledger->held[symbol][bot], -3),
		.cost = decimal_make(ledger->cost[symbol][bot], -5),
	};
	logic_bench_hear(&bench->logic, "executor", 1, MESSAGE_POSITION, &position);
}

static void execute(struct ledger *ledger, struct counted *order, int64_t lots)
{
	size_t symbol = place_of(symbols, 2, &order->intent.symbol),
	       bot = place_of(bots, 3, &order->intent.bot);
	int64_t *held = &ledger->held[symbol][bot], *cost = &ledger->cost[symbol][bot];
	if (order->intent.side == SIDE_BUY) {
		*held += lots;
		*cost += lots * order->ticks;
	} else {
		assert_true(lots <= *held); /* never more sold than held: the covered rule */
		*cost -= *cost / *held * lots;
		*held -= lots;
		*cost = *held == 0 ? 0 : *cost;
	}
	order->executed += lots;
	tell_position(ledger, symbol, bot);
}

static void move_order(struct ledger *ledger)
{
	char executed[DECIMAL_TEXT_SIZE];
	struct counted *order = &ledger->orders[random_below(&ledger->random, ORDERS)];
	if (!order->is_open)
		return;
	unsigned what = (unsigned)random_below(&ledger->random, 10);
	if (!order->is_seen && (what == 0 || order->expires < bench->logic.now)) {
		order->is_open = false; /* refused, or never came */
		if (what == 0)
			given_receipt(bench, &order->intent, false);
		return;
	}
	order->is_seen = true;
	int64_t left = order->lots - order->executed;
	if (what > 2)
		execute(ledger, order,
		        what > 6 ? left
		                 : 1 + (int64_t)random_below(&ledger->random, (uint64_t)left));
	bool is_all = order->executed == order->lots;
	order->is_open = !is_all && what != 1;
	given_order(bench, &order->intent,
	            is_all           ? ORDER_STATUS_FILLED
	            : order->is_open ? ORDER_STATUS_PARTIAL
	                             : ORDER_STATUS_CANCELED,
	            decimal_print(decimal_make(order->executed, -3), executed));
}

static void move_price(struct ledger *ledger)
{
	char bid[DECIMAL_TEXT_SIZE], ask[DECIMAL_TEXT_SIZE];
	size_t symbol = random_below(&ledger->random, 2);
	ledger->bid[symbol] += (int64_t)random_below(&ledger->random, 41) - 20;
	if (ledger->bid[symbol] < 5000)
		ledger->bid[symbol] = 5000;
	given_tick(bench, symbols[symbol],
	           decimal_print(decimal_make(ledger->bid[symbol], -2), bid),
	           decimal_print(decimal_make(ledger->bid[symbol] + 10, -2), ask));
}

static void whatever_is_asked_the_approved_worst_case_stays_within_the_limits(void **state)
{
	const char *const changes[] = {"symbol_exposure_max=2000", "total_exposure_max=3000",
	                               "orders_open_max=500", NULL};
	const char *given = getenv("SEED");
	uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : 20240808;
	struct ledger *ledger = calloc(1, sizeof *ledger);
	(void)state;
	risk_bench_close(bench);
	bench = risk_bench_open(changes);
	random_init(&ledger->random, seed);
	ledger->bid[0] = ledger->bid[1] = 10000;
	print_message("SEED=%llu\n", (unsigned long long)seed);
	for (unsigned i = 0; i < STEPS; i++) {
		unsigned what = (unsigned)random_below(&ledger->random, 100);
		if (what < 40)
			try_intent(ledger);
		else if (what < 80)
			move_order(ledger);
		else if (what < 95)
			move_price(ledger);
		else
			when_time_passes(bench,
			                 (nanos_t)random_below(&ledger->random, 500) * NANOS_MS);
	}
	assert_true(ledger->allowed > 300 && ledger->refused > 300);
	free(ledger);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(whatever_is_asked_the_approved_worst_case_stays_within_the_limits),
	};
	return cmocka_run_group_tests_name("risk_random", tests, NULL, NULL);
}
