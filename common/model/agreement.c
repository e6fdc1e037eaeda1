/* SPDX-License-Identifier: Apache-2.0 */
/* Map: the list of differences; trades, sorted and walked side by side; open orders; balances. */
#include "common/model/agreement.h"

#include <inttypes.h>
#include <string.h>

enum { PLACE_SIZE = 120 };

/* What a difference is about, in words, and where it goes. */
struct place {
	struct agreement *out;
	char text[PLACE_SIZE];
};

static void add_difference(struct agreement *out, text_t text)
{
	out->agree = false;
	out->found++;
	if (out->count < AGREEMENT_DIFFERENCES_MAX)
		out->differences[out->count++] = text;
}

static void compare_words(const struct place *place, const char *what, const char *ours,
                          const char *theirs)
{
	if (strcmp(ours, theirs) != 0)
		add_difference(place->out, text_format("%s: %s %s in our books, %s at the exchange",
		                                       place->text, what, ours, theirs));
}

static void compare_amounts(const struct place *place, const char *what, decimal_t ours,
                            decimal_t theirs)
{
	char our_text[DECIMAL_TEXT_SIZE], their_text[DECIMAL_TEXT_SIZE];

	if (decimal_equals(ours, theirs))
		return;
	compare_words(place, what, decimal_print(ours, our_text),
	              decimal_print(theirs, their_text));
}

/* True when both sides have it once, so that its numbers can be compared. */
static bool compare_counts(const struct place *place, size_t ours, size_t theirs)
{
	if (ours == 1 && theirs == 1)
		return true;
	add_difference(place->out,
	               text_format("%s: %zu times in our books, %zu times at the exchange",
	                           place->text, ours, theirs));
	return false;
}

static int compare_keys(const struct agreement_trade *a, const struct agreement_trade *b)
{
	int order = strcmp(a->symbol.text, b->symbol.text);

	if (order != 0)
		return order;
	return (a->trade_id > b->trade_id) - (a->trade_id < b->trade_id);
}

static void swap_trades(struct agreement_trade *a, struct agreement_trade *b)
{
	struct agreement_trade kept = *a;

	*a = *b;
	*b = kept;
}

/* Lets trades[top] sink until no child of it is greater. */
static void sink(struct agreement_trade *trades, size_t top, size_t count)
{
	for (size_t child = 2 * top + 1; child < count; child = 2 * top + 1) {
		if (child + 1 < count && compare_keys(&trades[child], &trades[child + 1]) < 0)
			child++;
		if (compare_keys(&trades[top], &trades[child]) >= 0)
			return;
		swap_trades(&trades[top], &trades[child]);
		top = child;
	}
}

/* Heapsort: the library's qsort takes memory, which pure code must not. */
static void sort_trades(struct agreement_trade *trades, size_t count)
{
	for (size_t top = count / 2; top-- > 0;)
		sink(trades, top, count);
	for (size_t last = count; last-- > 1;) {
		swap_trades(&trades[0], &trades[last]);
		sink(trades, 0, last);
	}
}

/* How many trades from `first` on have this key. */
static size_t run_length(const struct agreement_books *books, size_t first,
                         const struct agreement_trade *key)
{
	size_t next = first;

	while (next < books->trade_count && compare_keys(&books->trades[next], key) == 0)
		next++;
	return next - first;
}

static struct place trade_place(struct agreement *out, const struct agreement_trade *trade)
{
	struct place place = {.out = out};
	char price[DECIMAL_TEXT_SIZE], qty[DECIMAL_TEXT_SIZE];

	text_t text =
		text_format("trade %s %" PRIu64 " (%s %s at %s)", trade->symbol.text,
	                    trade->trade_id, enum_print(&enum_side, (int)trade->side),
	                    decimal_print(trade->qty, qty), decimal_print(trade->price, price));
	memcpy(place.text, text.text, PLACE_SIZE - 1);
	return place;
}

static void compare_trade(const struct place *place, const struct agreement_trade *ours,
                          const struct agreement_trade *theirs)
{
	compare_words(place, "side", enum_print(&enum_side, (int)ours->side),
	              enum_print(&enum_side, (int)theirs->side));
	compare_amounts(place, "price", ours->price, theirs->price);
	compare_amounts(place, "quantity", ours->qty, theirs->qty);
	compare_amounts(place, "fee", ours->fee, theirs->fee);
	if (decimal_sign(ours->fee) != 0 && decimal_sign(theirs->fee) != 0)
		compare_words(place, "fee asset", ours->fee_asset.text, theirs->fee_asset.text);
}

/* The lowest key that either side has next; NULL when both are through. */
static const struct agreement_trade *next_key(const struct agreement_books *ours, size_t our_next,
                                              const struct agreement_books *theirs,
                                              size_t their_next)
{
	if (our_next == ours->trade_count && their_next == theirs->trade_count)
		return NULL;
	if (our_next == ours->trade_count)
		return &theirs->trades[their_next];
	if (their_next == theirs->trade_count)
		return &ours->trades[our_next];
	bool ours_first = compare_keys(&ours->trades[our_next], &theirs->trades[their_next]) <= 0;
	return ours_first ? &ours->trades[our_next] : &theirs->trades[their_next];
}

static void compare_trades(const struct agreement_books *ours, const struct agreement_books *theirs,
                           struct agreement *out)
{
	const struct agreement_trade *key;
	size_t our_next = 0, their_next = 0;

	sort_trades(ours->trades, ours->trade_count);
	sort_trades(theirs->trades, theirs->trade_count);
	while ((key = next_key(ours, our_next, theirs, their_next)) != NULL) {
		struct place place = trade_place(out, key);
		size_t our_count = run_length(ours, our_next, key);
		size_t their_count = run_length(theirs, their_next, key);
		if (compare_counts(&place, our_count, their_count))
			compare_trade(&place, &ours->trades[our_next], &theirs->trades[their_next]);
		our_next += our_count;
		their_next += their_count;
	}
}

static bool is_same_order(const struct agreement_order *a, const struct agreement_order *b)
{
	if (!name_equals(&a->symbol, &b->symbol) || !ident_equals(a->client_id, b->client_id))
		return false;
	return !ident_is_none(a->client_id) || a->venue_id == b->venue_id;
}

/* How often the order stands there; `*found` is the first one or NULL. */
static size_t find_order(const struct agreement_order *orders, size_t count,
                         const struct agreement_order *key, const struct agreement_order **found)
{
	size_t times = 0;

	*found = NULL;
	for (size_t i = 0; i < count; i++) {
		if (!is_same_order(&orders[i], key))
			continue;
		if (times++ == 0)
			*found = &orders[i];
	}
	return times;
}

static struct place order_place(struct agreement *out, const struct agreement_order *order)
{
	struct place place = {.out = out};
	char client_id[IDENT_TEXT_SIZE];

	text_t text = ident_is_none(order->client_id)
	                      ? text_format("open order %s, exchange's id %" PRIu64 ", not ours",
	                                    order->symbol.text, order->venue_id)
	                      : text_format("open order %s %s", order->symbol.text,
	                                    ident_print(order->client_id, client_id));
	memcpy(place.text, text.text, PLACE_SIZE - 1);
	return place;
}

static void compare_order(const struct agreement_books *ours, const struct agreement_books *theirs,
                          const struct agreement_order *key, struct agreement *out)
{
	const struct agreement_order *our_order, *their_order;
	struct place place = order_place(out, key);
	size_t our_count = find_order(ours->orders, ours->order_count, key, &our_order);
	size_t their_count = find_order(theirs->orders, theirs->order_count, key, &their_order);

	if (compare_counts(&place, our_count, their_count))
		compare_amounts(&place, "executed", our_order->executed, their_order->executed);
}

static void compare_orders(const struct agreement_books *ours, const struct agreement_books *theirs,
                           struct agreement *out)
{
	const struct agreement_order *first;

	for (size_t i = 0; i < ours->order_count; i++) {
		find_order(ours->orders, i, &ours->orders[i], &first);
		if (first == NULL)
			compare_order(ours, theirs, &ours->orders[i], out);
	}
	for (size_t i = 0; i < theirs->order_count; i++) {
		const struct agreement_order *order = &theirs->orders[i];
		if (find_order(ours->orders, ours->order_count, order, &first) > 0)
			continue;
		find_order(theirs->orders, i, order, &first);
		if (first == NULL)
			compare_order(ours, theirs, order, out);
	}
}

static const struct agreement_balance *find_balance(const struct agreement_balance *balances,
                                                    size_t count, const name_t *asset)
{
	for (size_t i = 0; i < count; i++)
		if (name_equals(&balances[i].asset, asset))
			return &balances[i];
	return NULL;
}

static void compare_balance(const name_t *asset, decimal_t expected, decimal_t told,
                            struct agreement *out)
{
	char expected_text[DECIMAL_TEXT_SIZE], told_text[DECIMAL_TEXT_SIZE];

	if (decimal_equals(expected, told))
		return;
	add_difference(out, text_format("balance %s: %s expected by our books, %s at the exchange",
	                                asset->text, decimal_print(expected, expected_text),
	                                decimal_print(told, told_text)));
}

static void compare_balances(const struct agreement_books *ours,
                             const struct agreement_books *theirs, struct agreement *out)
{
	for (size_t i = 0; i < ours->balance_count; i++) {
		const struct agreement_balance *mine = &ours->balances[i];
		const struct agreement_balance *told =
			find_balance(theirs->balances, theirs->balance_count, &mine->asset);
		decimal_t amount = told != NULL ? told->amount : DECIMAL_ZERO;
		compare_balance(&mine->asset, mine->amount, amount, out);
	}
	for (size_t i = 0; i < theirs->balance_count; i++) {
		const struct agreement_balance *told = &theirs->balances[i];
		if (find_balance(ours->balances, ours->balance_count, &told->asset) == NULL)
			compare_balance(&told->asset, DECIMAL_ZERO, told->amount, out);
	}
}

void agreement_compare(const struct agreement_books *ours, const struct agreement_books *theirs,
                       struct agreement *out)
{
	memset(out, 0, sizeof *out);
	out->agree = true;
	compare_trades(ours, theirs, out);
	compare_orders(ours, theirs, out);
	compare_balances(ours, theirs, out);
}
