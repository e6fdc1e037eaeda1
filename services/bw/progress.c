/* SPDX-License-Identifier: Apache-2.0 */
#include "services/bw/progress.h"

#include "services/bw/wording.h"

#include <inttypes.h>
#include <stdarg.h>

void progress_init(struct progress *self, FILE *file, nanos_t started)
{
	*self = (struct progress){
		.file = file,
		.started = started,
		.summary_at = started + PROGRESS_SUMMARY_S * NANOS_S,
	};
}

void progress_say(struct progress *self, nanos_t now, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	fprintf(self->file, "[%5.1fs] ", (double)(now - self->started) / (double)NANOS_S);
	vfprintf(self->file, format, arguments);
	fputc('\n', self->file);
	fflush(self->file);
	va_end(arguments);
}

static void tell_service(struct progress *self, const struct picture_service *service,
                         enum service_status status, enum service_status old, nanos_t now)
{
	char word[WORDING_MAX];
	word_lower(&enum_service_status, (int)status, word);
	if (status == SERVICE_STATUS_HEALTHY)
		progress_say(self, now, "%s healthy (pid %" PRIu64 ")", service->name.text,
		             picture_pid(service));
	else if (status == SERVICE_STATUS_DEAD && old != 0)
		progress_say(self, now, "%s ended: %s", service->name.text,
		             service->child.reason.text);
	else if (status == SERVICE_STATUS_STARTING && service->child.restarts > 0)
		progress_say(self, now, "%s is started again (restart %" PRIu64 ")",
		             service->name.text, picture_restarts(service));
	else if (status == SERVICE_STATUS_DEGRADED || status == SERVICE_STATUS_HUNG)
		progress_say(self, now, "%s %s%s%s", service->name.text, word,
		             service->heartbeat.note.size > 0 ? ": " : "",
		             service->heartbeat.note.text);
}

static void update_services(struct progress *self, const struct picture *picture, nanos_t now)
{
	for (size_t i = 0; i < picture->service_count; i++) {
		const struct picture_service *service = &picture->services[i];
		enum service_status status = picture_status(picture, service, now);
		uint64_t pid = picture_pid(service);
		bool is_same = status == self->services[i] &&
		               (pid == self->pids[i] || status != SERVICE_STATUS_HEALTHY);
		if (!is_same)
			tell_service(self, service, status, self->services[i], now);
		self->services[i] = status;
		self->pids[i] = pid;
	}
}

static void update_markets(struct progress *self, const struct picture *picture, nanos_t now)
{
	for (size_t i = 0; i < picture->market_count; i++) {
		const struct market_state *state = &picture->markets[i].state;
		char word[WORDING_MAX];
		if (state->status == self->markets[i] || state->status == 0)
			continue;
		self->markets[i] = state->status;
		progress_say(self, now, "market %s %s%s%s", state->symbol.text,
		             word_lower(&enum_market_status, (int)state->status, word),
		             state->reason.size > 0 ? ": " : "", state->reason.text);
	}
}

static void update_trading(struct progress *self, const struct picture *picture, nanos_t now)
{
	const struct trading_state *state = picture_trading(picture);
	char word[WORDING_MAX];
	if (state == NULL || state->status == self->trading)
		return;
	self->trading = state->status;
	progress_say(self, now, "trading %s%s%s",
	             word_lower(&enum_trading_status, (int)state->status, word),
	             state->reason.size > 0 ? ": " : "", state->reason.text);
}

/* The first order of this run; what a journal tells of earlier ones doesn't count. */
static void tell_first_order(struct progress *self, const struct picture *picture, nanos_t now)
{
	char a[DECIMAL_TEXT_SIZE], b[DECIMAL_TEXT_SIZE], word[WORDING_MAX];
	for (size_t i = 0; i < picture->order_count && !self->first_order; i++) {
		const struct order *order = &picture->orders[i];
		if (order->created < self->started)
			continue;
		self->first_order = true;
		progress_say(self, now, "first order: %s %s %s at %s by bot %s",
		             word_lower(&enum_side, (int)order->side, word),
		             decimal_print(order->qty, a), order->symbol.text,
		             decimal_print(order->price, b), order->bot.text);
	}
}

static void update_orders(struct progress *self, const struct picture *picture, nanos_t now)
{
	char a[DECIMAL_TEXT_SIZE], b[DECIMAL_TEXT_SIZE], word[WORDING_MAX];
	const struct fill *fill = &picture->last_fill;
	tell_first_order(self, picture, now);
	if (self->first_fill || picture->fills_seen == 0)
		return;
	self->first_fill = true;
	progress_say(self, now, "first fill: %s %s %s at %s by bot %s",
	             word_lower(&enum_side, (int)fill->side, word), decimal_print(fill->qty, a),
	             fill->symbol.text, decimal_print(fill->price, b), fill->bot.text);
}

static void tell_alert(struct progress *self, const struct alert *alert, nanos_t now)
{
	char word[WORDING_MAX];
	bool is_loud = alert->severity >= SEVERITY_WARNING;
	if (self->first_alert && (!is_loud || self->alerts_told >= PROGRESS_ALERTS_MAX))
		return;
	progress_say(self, now, "%salert %s from %s: %s", self->first_alert ? "" : "first ",
	             word_lower(&enum_severity, (int)alert->severity, word), alert->origin.text,
	             alert->text.text);
	self->first_alert = true;
	self->alerts_told++;
}

static void update_alerts(struct progress *self, const struct picture *picture, nanos_t now)
{
	for (size_t i = 0; i < picture->alert_count; i++) {
		const struct alert *alert = &picture->alerts[i];
		if (alert->number <= self->alert_told)
			continue;
		self->alert_told = alert->number;
		if (alert->at >= self->started) /* not those of earlier runs */
			tell_alert(self, alert, now);
	}
}

static unsigned count_healthy(const struct picture *picture, nanos_t now)
{
	unsigned count = 0;
	for (size_t i = 0; i < picture->service_count; i++)
		count += picture_status(picture, &picture->services[i], now) ==
		         SERVICE_STATUS_HEALTHY;
	return count;
}

static void tell_summary(struct progress *self, const struct picture *picture, nanos_t now)
{
	const struct order_counts *counts = &picture->counts;
	const struct trading_state *trading = picture_trading(picture);
	struct picture_sums sums;
	char word[WORDING_MAX], age[WORDING_MAX], realised[WORDING_MAX], unrealised[WORDING_MAX];
	picture_sum(picture, now, &sums);
	progress_say(self, now,
	             "%s | %u of %zu healthy | %" PRIu64 " market messages, %" PRIu64
	             " gaps, last tick %s ago | orders %" PRIu64 " sent, %" PRIu64
	             " filled, %" PRIu64 " cancelled, %" PRIu64 " open | %" PRIu64
	             " fills | realised %s, unrealised %s %s",
	             trading == NULL ? "unknown"
	                             : word_lower(&enum_trading_status, (int)trading->status, word),
	             count_healthy(picture, now), picture->service_count, sums.messages, sums.gaps,
	             sums.tick_age < 0 ? "-" : word_span(sums.tick_age, age), counts->sent,
	             counts->filled, counts->cancelled, sums.open, counts->fills,
	             word_money(sums.realised, 2, realised),
	             word_money(sums.unrealised, 2, unrealised), sums.quote.text);
}

void progress_update(struct progress *self, const struct picture *picture, nanos_t now)
{
	update_services(self, picture, now);
	update_markets(self, picture, now);
	update_trading(self, picture, now);
	update_orders(self, picture, now);
	update_alerts(self, picture, now);
	if (now < self->summary_at)
		return;
	tell_summary(self, picture, now);
	self->summary_at += PROGRESS_SUMMARY_S * NANOS_S;
	self->alerts_told = 0;
}
