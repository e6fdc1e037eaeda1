/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/sight.h"

#include "services/executor/records.h"

#define MOVE_INTERVAL (1 * NANOS_S)

struct sight *sight_of(struct executor *self, const struct market *market)
{
	return &self->protection.sights[market - self->books.holdings.markets];
}

nanos_t sight_silence(struct executor *self, const struct market *market)
{
	nanos_t seen = sight_of(self, market)->seen_at;

	return self->now -
	       (seen > self->protection.started_at ? seen : self->protection.started_at);
}

decimal_t sight_bid(struct executor *self, const struct market *market)
{
	if (sight_silence(self, market) > self->config->stop_mark_age)
		return DECIMAL_ZERO;
	return sight_of(self, market)->bid;
}

static void lower(nanos_t *due, nanos_t at)
{
	if (*due == 0 || at < *due)
		*due = at;
}

static void tell(struct executor *self, const struct standing *standing, bool *told,
                 enum severity severity, const char *event, const char *what)
{
	const struct position *position = &standing->holding->position;

	if (*told)
		return;
	*told = true;
	outbox_alert(self->out, self->now, severity, event, "%s %s: no price for %lld ms, %s",
	             position->bot.text, position->symbol.text,
	             (long long)(sight_silence(self, standing->market) / NANOS_MS), what);
}

bool sight_is_blind(struct executor *self, const struct standing *standing, nanos_t *due)
{
	struct guard_watch *watch = standing->watch;
	nanos_t silence = sight_silence(self, standing->market);
	nanos_t seen = self->now - silence;

	if (silence <= self->config->stop_mark_age) {
		watch->blind_told = watch->moved_told = false;
		lower(due, seen + self->config->stop_mark_age + 1);
		return false;
	}
	tell(self, standing, &watch->blind_told, SEVERITY_ERROR, "stop.blind",
	     "the stop that the executor holds can't be watched");
	if (silence <= self->config->stop_blind_max) {
		lower(due, seen + self->config->stop_blind_max + 1);
		return false;
	}
	tell(self, standing, &watch->moved_told, SEVERITY_CRITICAL, "stop.moved",
	     "the stop is placed at the exchange until prices come again");
	return true;
}

/* A trailing stop goes behind the highest bid, in steps that are worth it. */
static void follow(struct executor *self, struct holding *holding, const struct market *market)
{
	struct guard *guard = &holding->guard;
	struct guard_watch *watch =
		&self->protection.watches[holding - self->books.holdings.positions];
	const struct sight *sight = sight_of(self, market);

	if (decimal_sign(guard->trigger) <= 0 || decimal_sign(guard->trail_pct) <= 0 ||
	    guard->fired || self->journal_failed)
		return;
	decimal_t high = decimal_max(guard->high, sight->bid);
	decimal_t raised = guard_raised(guard, high, &market->instrument);
	if (!guard_is_step(guard, raised, self->config->stop_step_pct) ||
	    (watch->moved_at != 0 && self->now - watch->moved_at < MOVE_INTERVAL))
		return;
	struct journal_protect record = guard_record(guard, &holding->position, self->now);
	record.trigger = raised;
	record.high = high;
	watch->moved_at = self->now;
	records_save(self, MESSAGE_JOURNAL_PROTECT, &record);
}

/* A stop of type LIMIT that the price has passed would only sell when it comes back. */
static bool is_passed(const struct order *stop, decimal_t bid)
{
	return stop->type == ORDER_TYPE_STOP_LOSS_LIMIT && decimal_compare(bid, stop->price) < 0;
}

bool sight_is_through(struct executor *self, const struct standing *standing)
{
	const struct guard *guard = &standing->holding->guard;
	decimal_t bid = sight_bid(self, standing->market);

	if (decimal_sign(guard->trigger) <= 0 || decimal_sign(bid) <= 0 ||
	    decimal_compare(bid, guard->trigger) > 0)
		return false;
	if (standing->have != HAVE_LIVE || standing->order->order.purpose != PURPOSE_PROTECT)
		return true;
	const struct order *stop = &standing->order->order;
	return is_passed(stop, bid) ||
	       decimal_compare(standing_open(stop),
	                       stops_fit(&standing->market->instrument, stop->type, standing->held,
	                                 guard->trigger)) < 0;
}

void sight_mark(struct executor *self, const struct mark *mark)
{
	struct holdings *holdings = &self->books.holdings;
	struct market *market = holdings_market(holdings, &mark->symbol);

	if (market == NULL || decimal_sign(mark->bid) <= 0)
		return;
	struct sight *sight = sight_of(self, market);
	sight->bid = mark->bid;
	sight->bid_at = sight->seen_at = self->now;
	for (uint32_t i = 0; i < holdings->position_count; i++) {
		struct holding *holding = &holdings->positions[i];
		if (decimal_sign(holding->guard.trigger) <= 0 ||
		    !name_equals(&holding->position.symbol, &mark->symbol))
			continue;
		follow(self, holding, market);
		self->protection.look = true;
	}
}

void sight_state(struct executor *self, const struct market_state *state)
{
	struct market *market = holdings_market(&self->books.holdings, &state->symbol);

	if (market != NULL && state->status == MARKET_STATUS_LIVE)
		sight_of(self, market)->seen_at = self->now;
}
