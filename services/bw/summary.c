/* SPDX-License-Identifier: Apache-2.0 */
#include "services/bw/lists.h"

#include "services/bw/recovery_views.h"
#include "services/bw/wording.h"

#include <inttypes.h>
#include <string.h>

static void print_trading(const struct picture *picture, FILE *file, bool colour)
{
	const struct trading_state *state = picture_trading(picture);
	char text[WORDING_MAX];
	if (state == NULL) {
		fprintf(file,
		        "trading    %sunknown%s: neither risk nor the executor has told yet\n",
		        tint_on(TINT_WARN, colour), tint_off(TINT_WARN, colour));
		return;
	}
	enum tint tint = tint_of_trading(state->status);
	fprintf(file, "trading    %s%s%s%s%s\n", tint_on(tint, colour),
	        word_lower(&enum_trading_status, (int)state->status, text), tint_off(tint, colour),
	        state->reason.size > 0 ? ": " : "", state->reason.text);
}

void list_orders_line(const struct picture *picture, FILE *file)
{
	const struct order_counts *counts = &picture->counts;
	fprintf(file,
	        "orders     %" PRIu64 " sent, %" PRIu64 " filled, %" PRIu64 " cancelled, %" PRIu64
	        " expired, %" PRIu64 " rejected, %" PRIu64 " unknown, %" PRIu64 " open; %" PRIu64
	        " fills\n",
	        counts->sent, counts->filled, counts->cancelled, counts->expired, counts->rejected,
	        counts->unknown, counts->open, counts->fills);
}

static void print_money(const struct picture_sums *sums, FILE *file, bool colour)
{
	char equity[WORDING_MAX], unrealised[WORDING_MAX], realised[WORDING_MAX], fees[WORDING_MAX];
	enum tint tint = tint_of_amount(sums->realised);
	fprintf(file, "money      equity %s%s %s, unrealised %s, realised %s%s%s, fees %s\n",
	        word_money(sums->equity, 2, equity),
	        sums->is_valued ? "" : " (without what has no price)", sums->quote.text,
	        word_money(sums->unrealised, 2, unrealised), tint_on(tint, colour),
	        word_money(sums->realised, 2, realised), tint_off(tint, colour),
	        word_money(sums->fees, 2, fees));
}

void list_summary(const struct picture *picture, nanos_t now, FILE *file, bool colour)
{
	struct picture_sums sums;
	text_t lines[4];
	picture_sum(picture, now, &sums);
	print_trading(picture, file, colour);
	recovery_print_state(picture, file, colour);
	list_orders_line(picture, file);
	print_money(&sums, file, colour);
	fputc('\n', file);
	list_services(picture, now, file, colour);
	if (picture->market_count > 0) {
		fputc('\n', file);
		list_markets(picture, now, file, colour);
	}
	if (picture->position_count > 0) {
		fputc('\n', file);
		list_positions(picture, file, colour);
	}
	size_t count = advice(picture, now, lines, 4);
	for (size_t i = 0; i < count; i++)
		fprintf(file, "%slook at  %s\n", i == 0 ? "\n" : "", lines[i].text);
}

static bool is_unwell(enum service_status status)
{
	return status != SERVICE_STATUS_HEALTHY && status != SERVICE_STATUS_STARTING &&
	       status != SERVICE_STATUS_STOPPING;
}

static text_t advice_for_service(const struct picture_service *service, enum service_status status)
{
	char word[WORDING_MAX];
	const char *note = status == SERVICE_STATUS_DEGRADED ? service->heartbeat.note.text
	                                                     : service->child.reason.text;
	return text_format("%s is %s%s%.120s: bw logs %s", service->name.text,
	                   word_lower(&enum_service_status, (int)status, word),
	                   note[0] != '\0' ? ", " : "", note, service->name.text);
}

size_t advice(const struct picture *picture, nanos_t now, text_t *out, size_t max)
{
	const struct trading_state *trading = picture_trading(picture);
	size_t count = 0;
	if (trading != NULL && trading->status == TRADING_STATUS_HALTED && count < max)
		out[count++] = text_format(
			"trading is halted (%.120s): bw alerts, then bw arm --reason \"...\"",
			trading->reason.text);
	for (size_t i = 0; i < picture->service_count && count < max; i++) {
		enum service_status status = picture_status(picture, &picture->services[i], now);
		if (is_unwell(status))
			out[count++] = advice_for_service(&picture->services[i], status);
	}
	if (picture->counts.unknown > 0 && count < max)
		out[count++] = text_format("%" PRIu64
		                           " orders of unknown fate: bw orders, bw logs executor",
		                           picture->counts.unknown);
	for (size_t i = 0; i < picture->market_count && count < max; i++) {
		const struct market_state *state = &picture->markets[i].state;
		if (state->status == MARKET_STATUS_STALE || state->status == MARKET_STATUS_DOWN)
			out[count++] = text_format("no fresh prices of %s (%.100s): bw logs feed",
			                           state->symbol.text, state->reason.text);
	}
	return count;
}
