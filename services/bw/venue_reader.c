/* SPDX-License-Identifier: Apache-2.0 */
#include "services/bw/venue_reader.h"

#include "common/io/clock.h"
#include "common/io/http.h"
#include "common/io/keyfile.h"
#include "common/venue/venue.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	PAGE = 1000,
	TRIES = 8,
	TRY_MS = 150,
	WAIT_MAX_MS = 5000,
	URL_SIZE = 900,
	SIGNED_SIZE = 2048
};

enum question { ASK_TIME, ASK_FILLS, ASK_OPEN, ASK_BALANCES, ASK_ORDERS };

struct reader {
	const struct venue *venue;
	const struct venue_profile *profile;
	struct venue_key key;
	struct http *http;
	struct clock clock;
	nanos_t offset; /* exchange time - our time */
	char base[512];
	struct venue_view *view;
	/* of the question being asked */
	enum question question;
	const char *symbol;
	uint64_t from, last; /* first id wanted, last id seen */
	uint64_t items;
};

bool venue_is_built_in(const struct stack_config *stack)
{
	const text_t *url = &stack->rest_url;
	return url->size > 2 && strcmp(url->text + url->size - 2, ":0") == 0;
}

static enum err find_base(struct reader *self, const struct service_paths *paths,
                          const struct stack_config *stack, text_t *why)
{
	char path[600], port[16] = "";
	if (!venue_is_built_in(stack)) {
		snprintf(self->base, sizeof self->base, "%s", stack->rest_url.text);
		return OK;
	}
	snprintf(path, sizeof path, "%s/exchange.port", paths->state);
	FILE *file = fopen(path, "re");
	bool is_read = file != NULL && fgets(port, sizeof port, file) != NULL;
	if (file != NULL)
		fclose(file);
	if (!is_read || strtol(port, NULL, 10) < 1) {
		*why = text_format("the exchange has not written its port to %.150s", path);
		return ERR_UNAVAILABLE;
	}
	snprintf(self->base, sizeof self->base, "%.*s:%ld", (int)(stack->rest_url.size - 2),
	         stack->rest_url.text, strtol(port, NULL, 10));
	return OK;
}

static enum err find_key(struct reader *self, const struct service_paths *paths,
                         const struct stack_config *stack, text_t *why)
{
	char path[600];
	snprintf(path, sizeof path, "%s/keys/venue.key", paths->state);
	return keyfile_read(stack->key_file.size > 0 ? stack->key_file.text : path, &self->key,
	                    why);
}

/* The list of all orders is open orders' with another path and a place to go on from. */
static enum err all_orders(const struct reader *self, nanos_t venue_now, struct http_request *out)
{
	enum err err = self->venue->open_orders(self->symbol, venue_now, self->profile, out);
	size_t used = strlen(out->query);
	if (err != OK)
		return err;
	snprintf(out->path, sizeof out->path, "/api/v3/allOrders");
	snprintf(out->query + used, sizeof out->query - used, "&orderId=%llu&limit=%d",
	         (unsigned long long)self->from, PAGE);
	return OK;
}

static enum err build(const struct reader *self, struct http_request *out)
{
	nanos_t venue_now = clock_now(&self->clock) + self->offset;
	switch (self->question) {
	case ASK_TIME: return self->venue->time(out);
	case ASK_FILLS:
		return self->venue->fills(self->symbol, self->from, PAGE, venue_now, self->profile,
		                          out);
	case ASK_OPEN: return self->venue->open_orders("", venue_now, self->profile, out);
	case ASK_BALANCES: return self->venue->balances(venue_now, self->profile, out);
	case ASK_ORDERS: return all_orders(self, venue_now, out);
	}
	return ERR_UNSUPPORTED;
}

static void take_fill(struct reader *self, const struct venue_fill *fill)
{
	struct venue_view *view = self->view;
	if (view->trade_count == view->trade_capacity) {
		size_t capacity = view->trade_capacity == 0 ? 4 * PAGE : 2 * view->trade_capacity;
		struct agreement_trade *trades = realloc(view->trades, capacity * sizeof *trades);
		if (trades == NULL)
			return; /* shows as a difference */
		view->trades = trades;
		view->trade_capacity = capacity;
	}
	view->trades[view->trade_count++] = (struct agreement_trade){
		.symbol = fill->symbol,
		.trade_id = fill->trade_id,
		.side = fill->side,
		.price = fill->price,
		.qty = fill->qty,
		.fee = fill->fee,
		.fee_asset = fill->fee_asset,
	};
	self->last = fill->trade_id;
}

static void take_order(struct reader *self, const struct venue_order *order)
{
	struct venue_view *view = self->view;
	self->last = order->venue_id;
	if (self->question == ASK_ORDERS)
		view->orders_ever++;
	else if (view->order_count < VENUE_OPEN_MAX)
		view->orders[view->order_count++] = (struct agreement_order){
			.symbol = order->symbol,
			.client_id = order->client_id,
			.venue_id = order->venue_id,
			.executed = order->executed,
		};
}

static void take_balance(struct reader *self, const struct venue_balance *balance)
{
	struct venue_view *view = self->view;
	decimal_t amount;
	if (view->balance_count == VENUE_ASSETS_MAX ||
	    decimal_add(balance->free, balance->locked, &amount) != OK)
		return;
	view->balances[view->balance_count++] = (struct agreement_balance){balance->asset, amount};
}

static void take(void *context, enum message_type type, const void *body)
{
	struct reader *self = context;
	self->items++;
	if (type == MESSAGE_VENUE_FILL)
		take_fill(self, body);
	else if (type == MESSAGE_VENUE_ORDER)
		take_order(self, body);
	else if (type == MESSAGE_VENUE_BALANCE)
		take_balance(self, body);
}

static enum err wait_for_result(struct reader *self, struct http_result *result)
{
	struct pollfd wait = {.fd = http_fd(self->http), .events = POLLIN};
	while (!http_next(self->http, result))
		if (poll(&wait, 1, 10000) <= 0)
			return ERR_TIMEOUT;
	return OK;
}

static enum err send(struct reader *self, struct http_request *request, struct venue_answer *answer)
{
	char url[URL_SIZE], query[SIGNED_SIZE], header[256] = "";
	struct http_result result;
	struct message_sink sink = {.take = take, .self = self};
	enum err err = build(self, request);
	if (err == OK && request->is_signed)
		err = self->venue->dialect->key_header(&self->key, header, sizeof header);
	if (err == OK)
		err = self->venue->dialect->sign(request, &self->key, query, sizeof query);
	if (err != OK)
		return err;
	snprintf(url, sizeof url, "%s%s", self->base, request->path);
	struct http_job job = {.token = 1,
	                       .method = request->method,
	                       .timeout_ms = request->timeout_ms,
	                       .url = url,
	                       .query = query,
	                       .header = header};
	err = http_start(self->http, &job);
	if (err == OK)
		err = wait_for_result(self, &result);
	if (err == OK)
		self->venue->dialect->read_answer(request, &result.answer, &sink, answer);
	return err;
}

static enum err ask(struct reader *self, text_t *why)
{
	for (int i = 0; i < TRIES; i++) {
		struct http_request request;
		struct venue_answer answer = {0};
		nanos_t before = clock_now(&self->clock);
		self->items = 0;
		enum err err = send(self, &request, &answer);
		if (err != OK) {
			*why = text_format("can't ask the exchange at %.100s: %s", self->base,
			                   err_text(err));
			return err;
		}
		if (answer.evidence == EVIDENCE_EXISTS) {
			if (self->question == ASK_TIME)
				self->offset =
					answer.server_time - (before + clock_now(&self->clock)) / 2;
			return OK;
		}
		*why = text_format("%.60s%.80s: %.100s", self->base, request.path,
		                   answer.text.text);
		uint64_t wait = answer.retry_after_ms != 0 ? answer.retry_after_ms : TRY_MS;
		poll(NULL, 0, (int)(wait < WAIT_MAX_MS ? wait : WAIT_MAX_MS));
	}
	return ERR_UNAVAILABLE;
}

static enum err ask_pages(struct reader *self, enum question question, const char *symbol,
                          text_t *why)
{
	enum err err;
	self->question = question;
	self->symbol = symbol;
	self->from = 0;
	do {
		err = ask(self, why);
		self->from = self->last + 1;
	} while (err == OK && self->items == PAGE);
	return err;
}

static enum err ask_once(struct reader *self, enum question question, text_t *why)
{
	self->question = question;
	return ask(self, why);
}

static enum err read_all(struct reader *self, const struct stack_config *stack, text_t *why)
{
	enum err err = ask_once(self, ASK_TIME, why);
	for (uint32_t i = 0; err == OK && i < stack->symbols.count; i++)
		err = ask_pages(self, ASK_FILLS, stack->symbols.items[i].text, why);
	for (uint32_t i = 0; err == OK && i < stack->symbols.count; i++)
		err = ask_pages(self, ASK_ORDERS, stack->symbols.items[i].text, why);
	if (err == OK)
		err = ask_once(self, ASK_OPEN, why);
	return err == OK ? ask_once(self, ASK_BALANCES, why) : err;
}

enum err venue_view_read(const struct service_paths *paths, const struct stack_config *stack,
                         struct venue_view *out, text_t *why)
{
	struct reader reader = {.view = out};
	memset(out, 0, sizeof *out);
	clock_open(&reader.clock);
	reader.venue = venue_named(stack->venue.text);
	reader.profile = venue_profile_named(stack->venue_profile.text);
	if (reader.venue == NULL || reader.profile == NULL) {
		*why = text_format("stack.yaml: venue %s with profile %s is not known",
		                   stack->venue.text, stack->venue_profile.text);
		return ERR_CONFIG;
	}
	enum err err = find_base(&reader, paths, stack, why);
	if (err == OK)
		err = find_key(&reader, paths, stack, why);
	if (err == OK)
		err = http_open(&reader.http, why);
	if (err != OK)
		return err;
	err = read_all(&reader, stack, why);
	http_close(&reader.http);
	explicit_bzero(&reader.key, sizeof reader.key);
	return err;
}

void venue_view_free(struct venue_view *self)
{
	free(self->trades);
	self->trades = NULL;
	self->trade_count = self->trade_capacity = 0;
}
