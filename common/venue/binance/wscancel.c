/* SPDX-License-Identifier: Apache-2.0 */
#include "common/venue/binance/wscancel.h"

#include <stdio.h>
#include <string.h>

#include "common/venue/binance/binance.h"
#include "common/venue/binance/request.h"

/* A symbol that would need escaping in JSON is none. */
static bool is_plain(const name_t *symbol)
{
	for (size_t i = 0; i < symbol->size; i++)
		if (symbol->text[i] <= ' ' || symbol->text[i] > '~' || symbol->text[i] == '"' ||
		    symbol->text[i] == '\\')
			return false;
	return symbol->size > 0;
}

enum err binance_cancel_frame(const struct order *order, const char *link, nanos_t venue_now,
                              const struct venue_profile *profile, struct link_frame *out)
{
	char client_id[IDENT_TEXT_SIZE], cancel_id[CANCEL_ID_SIZE];

	if (!is_plain(&order->symbol) || ident_is_none(order->client_id))
		return ERR_INVALID;
	*out = (struct link_frame){
		.is_signed = true,
		.answer = ANSWER_CANCEL,
		.venue_now = venue_now,
	};
	int size = snprintf(out->text, sizeof out->text,
	                    "{\"method\":\"order.cancel\",\"params\":{\"symbol\":\"%s\","
	                    "\"origClientOrderId\":\"%s\",\"newClientOrderId\":\"%s\","
	                    "\"recvWindow\":%u}}",
	                    order->symbol.text, ident_print(order->client_id, client_id),
	                    cancel_id_print(order->client_id, cancel_id), profile->window_ms);
	if (size < 0 || (size_t)size >= sizeof out->text)
		return ERR_FULL;
	return name_parse(link, strlen(link), &out->link);
}
