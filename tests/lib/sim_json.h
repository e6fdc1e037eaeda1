/* SPDX-License-Identifier: Apache-2.0 */
/* What the exchange would have written as JSON, from the simulator's ledger, read by the real
   dialect: the simulator's own messages must be the same. Answers of up to 64 KB. */
#ifndef TESTS_LIB_SIM_JSON_H
#define TESTS_LIB_SIM_JSON_H

#include "common/venue/binance/binance.h"
#include "tests/lib/sim_market.h"

enum { SIM_JSON_MAX = 1 << 16 };

struct sim_json {
	size_t size;
	char text[SIM_JSON_MAX];
};

__attribute__((format(printf, 2, 3))) static inline void json_add(struct sim_json *self,
                                                                  const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	self->size += (size_t)vsnprintf(self->text + self->size, sizeof self->text - self->size,
	                                format, arguments);
	va_end(arguments);
}

static inline void json_add_decimal(struct sim_json *self, const char *key, decimal_t value)
{
	char text[DECIMAL_TEXT_SIZE];

	json_add(self, "\"%s\":\"%s\",", key, decimal_print(value, text));
}

static inline long long json_millis(nanos_t at)
{
	return (long long)(at / NANOS_MS);
}

static inline void json_add_fills(struct sim_json *self, const struct sim_exchange *exchange,
                                  uint64_t venue_id)
{
	const char *comma = "";

	json_add(self, ",\"fills\":[");
	for (uint32_t i = 0; i < exchange->trade_count; i++) {
		const struct sim_trade *trade = &exchange->trades[i];
		if (trade->venue_id != venue_id)
			continue;
		json_add(self, "%s{", comma);
		json_add_decimal(self, "price", trade->price);
		json_add_decimal(self, "qty", trade->qty);
		json_add_decimal(self, "commission", trade->fee);
		json_add(self, "\"commissionAsset\":\"%s\",\"tradeId\":%llu}",
		         trade->fee_asset.text, (unsigned long long)trade->trade_id);
		comma = ",";
	}
	json_add(self, "]");
}

/* `when` is transactTime or updateTime; `original` names a cancelled order's own id. */
static inline void json_add_order(struct sim_json *self, const struct sim_order *order,
                                  const char *status, const char *when, bool cancelled)
{
	json_add(self, "{\"symbol\":\"%s\",\"orderId\":%llu,\"orderListId\":%lld,",
	         order->symbol.text, (unsigned long long)order->venue_id,
	         order->list_id == 0 ? -1ll : (long long)order->list_id);
	json_add(self,
	         cancelled ? "\"origClientOrderId\":\"%s\",\"clientOrderId\":\"x\","
	                   : "\"clientOrderId\":\"%s\",",
	         order->client_text.text);
	json_add_decimal(self, "price", order->price);
	json_add_decimal(self, "origQty", order->qty);
	json_add_decimal(self, "executedQty", order->executed);
	json_add_decimal(self, "cummulativeQuoteQty", order->turnover);
	if (order->triggered)
		json_add(self, "\"workingTime\":%lld,", json_millis(order->updated_at));
	if (*order->reason != '\0' && status == NULL)
		json_add(self, "\"expiryReason\":\"%s\",", order->reason);
	json_add(self, "\"status\":\"%s\",\"type\":\"%s\",\"side\":\"%s\",\"%s\":%lld",
	         status != NULL ? status : enum_print(&enum_venue_status, (int)order->status),
	         enum_print(&enum_order_type, (int)order->type),
	         enum_print(&enum_side, (int)order->side), when, json_millis(order->updated_at));
}

static inline void check_same_body(enum message_type type, const void *a, const void *b)
{
	static uint8_t packed[2][FRAME_MAX];
	size_t size[2] = {0, 0};

	if (codec_pack_body(type, a, packed[0], FRAME_MAX, &size[0]) != OK ||
	    codec_pack_body(type, b, packed[1], FRAME_MAX, &size[1]) != OK || size[0] != size[1] ||
	    memcmp(packed[0], packed[1], size[0]) != 0) {
		fprintf(stderr, "two %s differ\n", message_info(type)->name);
		abort();
	}
}

/* The last answer of the market against what the dialect reads from the text. */
static inline void check_dialect_agrees(const struct sim_market *market,
                                        const struct http_request *request,
                                        const struct sim_json *json)
{
	struct http_answer http = {
		.status = (unsigned)market->answer.http_status,
		.transport = "",
		.headers = "",
		.body = json->text,
		.size = json->size,
	};
	struct venue_messages messages = {.count = 0};
	struct venue_answer answer;

	venue_messages_clear(&messages);
	binance_dialect.read_answer(request, &http, &messages.sink, &answer);
	answer.used_weight = market->answer.used_weight;
	if (messages.count != market->messages.count) {
		fprintf(stderr, "%zu messages, the dialect reads %zu: %s\n%s\n",
		        market->messages.count, messages.count, answer.text.text, json->text);
		abort();
	}
	for (size_t i = 0; i < messages.count && i < VENUE_MESSAGES_MAX; i++)
		check_same_body(messages.types[i], messages.bodies[i],
		                venue_message(&market->messages, i, messages.types[i]));
	check_same_body(MESSAGE_VENUE_ANSWER, &answer, &market->answer);
	venue_messages_clear(&messages);
}

#endif
