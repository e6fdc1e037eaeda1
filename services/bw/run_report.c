/* SPDX-License-Identifier: Apache-2.0 */
#include "services/bw/run_report.h"

#include "services/bw/lists.h"

#include <string.h>

static void set(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value);
}

static void set_count(json_t *object, const char *key, uint64_t value)
{
	set(object, key, json_integer((json_int_t)value));
}

static void set_decimal(json_t *object, const char *key, decimal_t value)
{
	char text[DECIMAL_TEXT_SIZE];
	set(object, key, json_string(decimal_print(value, text)));
}

static json_t *services_json(const struct run_report *self)
{
	json_t *list = json_array();
	for (size_t i = 0; i < self->running->service_count; i++) {
		const struct picture_service *service = &self->running->services[i];
		enum service_status status = picture_status(self->running, service, self->ended);
		json_t *object = json_object();
		set(object, "name", json_string(service->name.text));
		set(object, "state", json_string(enum_print(&enum_service_status, (int)status)));
		set_count(object, "pid", picture_pid(service));
		set_count(object, "restarts", picture_restarts(service));
		set_count(object, "rss_bytes", service->heartbeat.rss_bytes);
		set(object, "note", json_string(service->heartbeat.note.text));
		json_array_append_new(list, object);
	}
	return list;
}

static json_t *market_json(const struct run_report *self, const struct picture_sums *sums)
{
	json_t *market = json_object(), *symbols = json_array();
	set_count(market, "messages", sums->messages);
	set_count(market, "gaps", sums->gaps);
	set_count(market, "resyncs", sums->resyncs);
	set_count(market, "refused", sums->refused);
	for (size_t i = 0; i < self->running->market_count; i++)
		json_array_append_new(symbols, list_message(MESSAGE_MARKET_STATE,
		                                            &self->running->markets[i].state));
	set(market, "symbols", symbols);
	return market;
}

static json_t *orders_json(const struct picture *picture)
{
	const struct order_counts *counts = &picture->counts;
	json_t *orders = json_object();
	set_count(orders, "sent", counts->sent);
	set_count(orders, "filled", counts->filled);
	set_count(orders, "cancelled", counts->cancelled);
	set_count(orders, "expired", counts->expired);
	set_count(orders, "rejected", counts->rejected);
	set_count(orders, "unknown", counts->unknown);
	set_count(orders, "open", counts->open);
	set_count(orders, "approvals", counts->approvals);
	set_count(orders, "refused", counts->refused);
	return orders;
}

static json_t *exchange_json(const struct books_result *books)
{
	json_t *exchange = json_object();
	set(exchange, "orders",
	    books->compared ? json_integer((json_int_t)books->exchange_orders) : json_null());
	set(exchange, "trades",
	    books->compared ? json_integer((json_int_t)books->exchange_trades) : json_null());
	return exchange;
}

static json_t *differences_json(const struct books_result *books)
{
	json_t *list = json_array();
	if (!books->compared)
		json_array_append_new(list, json_sprintf("not compared: %s", books->why.text));
	for (uint32_t i = 0; books->compared && i < books->agreement.count; i++)
		json_array_append_new(list, json_string(books->agreement.differences[i].text));
	return list;
}

static json_t *positions_json(const struct picture *picture)
{
	json_t *list = json_array();
	for (size_t i = 0; i < picture->position_count; i++) {
		const struct position *position = &picture->positions[i];
		json_t *object = json_object();
		decimal_t unrealised;
		bool has_price = picture_unrealised(picture, position, &unrealised);
		set(object, "symbol", json_string(position->symbol.text));
		set(object, "bot", json_string(position->bot.text));
		set_decimal(object, "qty", position->qty);
		set_decimal(object, "entry_price", position->entry_price);
		if (has_price)
			set_decimal(object, "unrealised", unrealised);
		else
			set(object, "unrealised", json_null());
		set_decimal(object, "realised", position->realised);
		set_decimal(object, "fees", position->fees);
		set_count(object, "fills", position->fills);
		json_array_append_new(list, object);
	}
	return list;
}

static json_t *latency_json(const struct picture *picture)
{
	static const char *const stages[] = {"tick_to_intent", "tick_to_approval", "tick_to_order"};
	json_t *root = json_object();
	for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
		struct latency latency = {.samples = 0};
		for (size_t j = 0; j < picture->latency_count; j++)
			if (name_is(&picture->latencies[j].stage, stages[i]))
				latency = picture->latencies[j];
		bool is_known = latency.samples > 0;
		json_t *object = json_object();
		set(object, "p50", is_known ? json_real((double)latency.p50 / 1000) : json_null());
		set(object, "p99", is_known ? json_real((double)latency.p99 / 1000) : json_null());
		set_count(object, "samples", latency.samples);
		set(root, stages[i], object);
	}
	return root;
}

uint64_t run_report_alerts(const struct picture *picture, nanos_t from)
{
	uint64_t count = 0;
	for (size_t i = 0; i < picture->alert_count; i++)
		count += picture->alerts[i].at >= from;
	return count;
}

static void add_money(json_t *root, const struct picture_sums *sums)
{
	set_decimal(root, "equity", sums->equity);
	set(root, "equity_complete", json_boolean(sums->is_valued));
	set(root, "quote", json_string(sums->quote.text));
	set_decimal(root, "unrealised", sums->unrealised);
	set_decimal(root, "realised", sums->realised);
	set_decimal(root, "fees", sums->fees);
}

json_t *run_report_json(const struct run_report *self)
{
	struct picture_sums running, after;
	json_t *root = json_object(), *wind_down = json_object();
	picture_sum(self->running, self->ended, &running);
	picture_sum(self->wound_down, self->ended, &after);
	set(root, "build", json_string(self->build));
	set(root, "seconds", json_real((double)(self->ended - self->started) / (double)NANOS_S));
	set(root, "services", services_json(self));
	set(root, "market", market_json(self, &running));
	set(root, "orders", orders_json(self->wound_down));
	set_count(root, "fills", self->wound_down->counts.fills);
	set(root, "exchange", exchange_json(self->books));
	set(root, "books_agree",
	    json_boolean(self->books->compared && self->books->agreement.agree));
	set(root, "differences", differences_json(self->books));
	set(root, "positions", positions_json(self->wound_down));
	add_money(root, &after);
	set_count(root, "alerts", run_report_alerts(self->wound_down, self->started));
	set(root, "latency_us", latency_json(self->running));
	set(wind_down, "confirmed", json_boolean(self->wind_down_confirmed));
	set(wind_down, "text", json_string(self->wind_down_text.text));
	set(root, "wind_down", wind_down);
	return root;
}
