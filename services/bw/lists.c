/* SPDX-License-Identifier: Apache-2.0 */
#include "services/bw/lists.h"

#include "proto/print.h"
#include "services/bw/wording.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

json_t *list_message(enum message_type type, const void *body)
{
	const struct message_info *info = message_info(type);
	size_t size = message_print(info, body, NULL, 0);
	char *text = malloc(size + 1);
	json_t *root = NULL;
	if (text != NULL && message_print(info, body, text, size + 1) == size)
		root = json_loadb(text, size, 0, NULL);
	free(text);
	return root != NULL ? root : json_object();
}

void list_write(json_t *root, FILE *file)
{
	json_dumpf(root, file, JSON_INDENT(2));
	fputc('\n', file);
	json_decref(root);
}

static void add_status(struct grid *grid, enum service_status status)
{
	char text[WORDING_MAX];
	grid_add(grid, tint_of_status(status), "%s",
	         word_lower(&enum_service_status, (int)status, text));
}

void list_services(const struct picture *picture, nanos_t now, FILE *file, bool colour)
{
	static const struct grid_column columns[] = {
		{"service", false}, {"state", false}, {"pid", true}, {"restarts", true},
		{"memory", true},   {"up", true},     {"", false}};
	struct grid grid;
	char text[WORDING_MAX];
	grid_init(&grid, columns, LENGTH(columns));
	for (size_t i = 0; i < picture->service_count; i++) {
		const struct picture_service *service = &picture->services[i];
		enum service_status status = picture_status(picture, service, now);
		bool is_beating = service->heard != 0 && status != SERVICE_STATUS_DEAD;
		const char *note = service->heartbeat.note.size > 0 && is_beating
		                           ? service->heartbeat.note.text
		                           : service->child.reason.text;
		grid_add(&grid, TINT_NONE, "%s", service->name.text);
		add_status(&grid, status);
		grid_add(&grid, TINT_NONE, picture_pid(service) != 0 ? "%" PRIu64 : "-",
		         picture_pid(service));
		grid_add(&grid, picture_restarts(service) > 0 ? TINT_WARN : TINT_NONE, "%" PRIu64,
		         picture_restarts(service));
		grid_add(&grid, TINT_NONE, "%s",
		         is_beating ? word_bytes(service->heartbeat.rss_bytes, text) : "-");
		grid_add(&grid, TINT_NONE, "%s",
		         is_beating ? word_span(now - service->heartbeat.started, text) : "-");
		grid_add(&grid, TINT_DIM, "%s", status == SERVICE_STATUS_HEALTHY ? "" : note);
	}
	grid_print(&grid, file, colour);
	grid_free(&grid);
}

void list_markets(const struct picture *picture, nanos_t now, FILE *file, bool colour)
{
	static const struct grid_column columns[] = {
		{"market", false}, {"state", false},   {"bid", true},
		{"ask", true},     {"tick age", true}, {"messages", true},
		{"gaps", true},    {"resyncs", true},  {"", false}};
	struct grid grid;
	char a[DECIMAL_TEXT_SIZE], text[WORDING_MAX];
	grid_init(&grid, columns, LENGTH(columns));
	for (size_t i = 0; i < picture->market_count; i++) {
		const struct picture_market *market = &picture->markets[i];
		const struct market_state *state = &market->state;
		bool has_tick = market->ticked != 0;
		grid_add(&grid, TINT_NONE, "%s", market->symbol.text);
		grid_add(&grid, tint_of_market(state->status), "%s",
		         word_lower(&enum_market_status, (int)state->status, text));
		grid_add(&grid, TINT_NONE, "%s",
		         has_tick ? decimal_print(market->tick.bid, a) : "-");
		grid_add(&grid, TINT_NONE, "%s",
		         has_tick ? decimal_print(market->tick.ask, a) : "-");
		grid_add(&grid, TINT_NONE, "%s",
		         has_tick ? word_span(now - market->ticked, text) : "-");
		grid_add(&grid, TINT_NONE, "%" PRIu64, state->messages);
		grid_add(&grid, TINT_NONE, "%" PRIu64, state->gaps);
		grid_add(&grid, TINT_NONE, "%" PRIu64, state->resyncs);
		grid_add(&grid, TINT_DIM, "%s", state->reason.text);
	}
	grid_print(&grid, file, colour);
	grid_free(&grid);
}

struct order_key {
	nanos_t created;
	size_t index;
};

static int compare_newest(const void *left, const void *right)
{
	const struct order_key *a = left, *b = right;
	return (a->created < b->created) - (a->created > b->created);
}

size_t orders_sorted(const struct picture *picture, bool all, size_t out[PICTURE_ORDERS_MAX])
{
	static struct order_key keys[PICTURE_ORDERS_MAX];
	size_t count = 0;
	for (size_t i = 0; i < picture->order_count; i++)
		if (all || picture_is_open(&picture->orders[i]))
			keys[count++] = (struct order_key){picture->orders[i].created, i};
	qsort(keys, count, sizeof *keys, compare_newest);
	for (size_t i = 0; i < count; i++)
		out[i] = keys[i].index;
	return count;
}

static void add_order(struct grid *grid, const struct order *order)
{
	char a[DECIMAL_TEXT_SIZE], text[WORDING_MAX];
	bool is_cancelling = order->cancel != CANCEL_STATUS_NONE &&
	                     order->cancel != CANCEL_STATUS_REFUSED && picture_is_open(order);
	grid_add(grid, TINT_DIM, "%s", word_clock(order->created, text));
	grid_add(grid, TINT_NONE, "%s", order->symbol.text);
	grid_add(grid, TINT_NONE, "%s", word_lower(&enum_side, (int)order->side, text));
	grid_add(grid, TINT_NONE, "%s", word_lower(&enum_purpose, (int)order->purpose, text));
	grid_add(grid, TINT_NONE, "%s", decimal_print(order->qty, a));
	grid_add(grid, TINT_NONE, "%s", decimal_print(order->price, a));
	grid_add(grid, TINT_NONE, "%s", decimal_print(order->executed, a));
	grid_add(grid, tint_of_order(order->status), "%s%s",
	         word_lower(&enum_order_status, (int)order->status, text),
	         is_cancelling ? ", cancelling" : "");
	grid_add(grid, TINT_NONE, "%s", order->bot.text);
	grid_add(grid, TINT_DIM, "%016" PRIx64 "%016" PRIx64, order->client_id.high,
	         order->client_id.low);
	grid_add(grid, TINT_DIM, "%s", order->reason.text);
}

void list_orders(const struct picture *picture, bool all, size_t count, FILE *file, bool colour)
{
	static const struct grid_column columns[] = {
		{"created", false}, {"symbol", false},    {"side", false},    {"why", false},
		{"qty", true},      {"price", true},      {"executed", true}, {"state", false},
		{"bot", false},     {"client id", false}, {"", false}};
	static size_t indices[PICTURE_ORDERS_MAX];
	struct grid grid;
	size_t found = orders_sorted(picture, all, indices);
	grid_init(&grid, columns, LENGTH(columns));
	for (size_t i = 0; i < found && i < count; i++)
		add_order(&grid, &picture->orders[indices[i]]);
	grid_print(&grid, file, colour);
	grid_free(&grid);
}

void list_positions(const struct picture *picture, FILE *file, bool colour)
{
	static const struct grid_column columns[] = {
		{"symbol", false},  {"bot", false}, {"qty", true},
		{"entry", true},    {"bid", true},  {"unrealised", true},
		{"realised", true}, {"fees", true}, {"fills", true}};
	struct grid grid;
	char a[DECIMAL_TEXT_SIZE], text[WORDING_MAX];
	grid_init(&grid, columns, LENGTH(columns));
	for (size_t i = 0; i < picture->position_count; i++) {
		const struct position *position = &picture->positions[i];
		const struct picture_market *market = picture_market(picture, &position->symbol);
		decimal_t unrealised = DECIMAL_ZERO;
		bool has_price = picture_unrealised(picture, position, &unrealised);
		grid_add(&grid, TINT_NONE, "%s", position->symbol.text);
		grid_add(&grid, TINT_NONE, "%s", position->bot.text);
		grid_add(&grid, TINT_NONE, "%s", decimal_print(position->qty, a));
		grid_add(&grid, TINT_NONE, "%s", decimal_print(position->entry_price, a));
		grid_add(&grid, TINT_NONE, "%s",
		         has_price ? decimal_print(market->tick.bid, a) : "-");
		grid_add(&grid, tint_of_amount(unrealised), "%s",
		         has_price ? word_money(unrealised, 2, text) : "-");
		grid_add(&grid, tint_of_amount(position->realised), "%s",
		         word_money(position->realised, 2, text));
		grid_add(&grid, TINT_NONE, "%s", word_money(position->fees, 2, text));
		grid_add(&grid, TINT_NONE, "%" PRIu64, position->fills);
	}
	grid_print(&grid, file, colour);
	grid_free(&grid);
}

void list_balances(const struct picture *picture, FILE *file, bool colour)
{
	static const struct grid_column columns[] = {
		{"asset", false}, {"free", true}, {"locked", true}, {"told at", false}};
	struct grid grid;
	char a[DECIMAL_TEXT_SIZE], text[WORDING_MAX];
	grid_init(&grid, columns, LENGTH(columns));
	for (size_t i = 0; i < picture->balance_count; i++) {
		const struct balance *balance = &picture->balances[i];
		grid_add(&grid, TINT_NONE, "%s", balance->asset.text);
		grid_add(&grid, TINT_NONE, "%s", decimal_print(balance->free, a));
		grid_add(&grid, TINT_NONE, "%s", decimal_print(balance->locked, a));
		grid_add(&grid, TINT_DIM, "%s", word_clock(balance->at, text));
	}
	grid_print(&grid, file, colour);
	grid_free(&grid);
}

void list_alerts(const struct picture *picture, size_t count, FILE *file, bool colour)
{
	static const struct grid_column columns[] = {{"at", false},   {"severity", false},
	                                             {"from", false}, {"event", false},
	                                             {"times", true}, {"", false}};
	struct grid grid;
	char text[TIME_TEXT_SIZE], word[WORDING_MAX];
	size_t first = picture->alert_count > count ? picture->alert_count - count : 0;
	grid_init(&grid, columns, LENGTH(columns));
	for (size_t i = first; i < picture->alert_count; i++) {
		const struct alert *alert = &picture->alerts[i];
		grid_add(&grid, TINT_DIM, "%s", time_print(alert->at, text));
		grid_add(&grid, tint_of_severity(alert->severity), "%s",
		         word_lower(&enum_severity, (int)alert->severity, word));
		grid_add(&grid, TINT_NONE, "%s", alert->origin.text);
		grid_add(&grid, TINT_NONE, "%s", alert->event.text);
		grid_add(&grid, TINT_NONE, "%" PRIu64, alert->repeats);
		grid_add(&grid, TINT_NONE, "%s", alert->text.text);
	}
	grid_print(&grid, file, colour);
	grid_free(&grid);
}
