/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/budget.h"

#include "services/executor/records.h"

enum { GRANTS_PCT = 20, ORDERS_WINDOW_S = 10, CLIENT_ERROR = 400 };

/* A silence that grows by less than this is not written down again: many answers tell the same. */
#define QUIET_GRAIN NANOS_S
/* No ban is longer (exchange sheet); a moment further away is a clock that went back. */
#define QUIET_MAX (3 * NANOS_DAY)

static nanos_t margin_early(const struct executor *self)
{
	return (nanos_t)self->profile->clock_step_ms * NANOS_MS;
}

/* From the decision until the request was counted: it is given up after the timeout. */
static nanos_t margin_late(const struct executor *self)
{
	return margin_early(self) + (nanos_t)self->profile->request_timeout_ms * NANOS_MS;
}

/* Silence from before a restart, whatever the clock did meanwhile. */
static nanos_t quiet_left(const struct quiet *quiet, nanos_t now)
{
	nanos_t left = quiet->until - now;
	nanos_t whole = quiet->until - quiet->at;

	left = left < whole ? left : whole;
	return left < QUIET_MAX ? left : QUIET_MAX;
}

void budget_open(struct executor *self)
{
	const struct stack_config *stack = self->identity->stack;
	struct budget *budget = &self->budget;
	uint64_t all =
		stack->rate_weight != 0 ? stack->rate_weight : self->profile->weight_per_minute;
	uint64_t orders =
		stack->rate_orders != 0 ? stack->rate_orders : self->profile->orders_per_10s;
	uint64_t own =
		all * (100 - stack->rate_share_feed_pct - stack->rate_share_recovery_pct) / 100;

	quota_init(&budget->weight, (uint32_t)own, NANOS_MIN, margin_early(self),
	           margin_late(self));
	quota_init(&budget->grants, (uint32_t)(own * GRANTS_PCT / 100), NANOS_MIN,
	           margin_early(self), margin_late(self));
	budget->reserve = (uint32_t)(own * self->config->budget_reserve_pct / 100);
	budget->orders = (uint32_t)orders;
	budget->orders_reserve = (uint32_t)(orders * self->config->budget_reserve_pct / 100);
	quota_charge(&budget->weight, venue_now(self), budget->grants.limit);
	quota_charge(&budget->grants, venue_now(self), budget->grants.limit);
	nanos_t left = quiet_left(&self->books.quiet, self->now);
	if (left <= 0)
		return;
	self->quiet_until = self->now + left;
	outbox_note(self->out, SEVERITY_WARNING, "venue.quiet",
	            "the exchange asked for silence before the restart (HTTP %u): another %lld ms",
	            self->books.quiet.status, (long long)(left / NANOS_MS));
}

/* Questions wait when only the reserve is left. What changes or protects orders may use it. */
static bool is_question(enum call_kind kind)
{
	return kind == CALL_KIND_QUERY || kind == CALL_KIND_OPEN_ORDERS ||
	       kind == CALL_KIND_TRADES || kind == CALL_KIND_BALANCES;
}

static uint32_t cost_of(const struct budget *self, enum call_kind kind)
{
	return self->cost[kind] > 0 ? self->cost[kind] : 1;
}

bool budget_allows(const struct executor *self, enum call_kind kind)
{
	const struct budget *budget = &self->budget;
	uint32_t left = quota_left(&budget->weight, venue_now(self));

	return left >= cost_of(budget, kind) + (is_question(kind) ? budget->reserve : 0);
}

void budget_charge(struct executor *self, enum call_kind kind, uint32_t weight)
{
	struct budget *budget = &self->budget;
	uint32_t cost = weight > 0 ? weight : 1;

	if (cost > budget->cost[kind])
		budget->cost[kind] = cost;
	quota_charge(&budget->weight, venue_now(self), cost);
}

static nanos_t floor_to(nanos_t moment, nanos_t window)
{
	return moment - moment % window;
}

/* Orders that may count in the window which begins then, from the moments of their records. */
static uint32_t orders_in(const struct executor *self, nanos_t begin)
{
	const struct send_times *sends = &self->books.sends;
	nanos_t window = ORDERS_WINDOW_S * NANOS_S;
	uint32_t count = 0, at = sends->next;

	for (uint32_t i = 0; i < sends->count; i++) {
		at = at == 0 ? SENDS_MAX - 1 : at - 1;
		nanos_t sent = sends->items[at] + self->clock.offset;
		if (sent < begin - margin_late(self))
			break;
		count += sent < begin + window + margin_early(self);
	}
	return count;
}

static uint32_t orders_used(const struct executor *self, nanos_t now)
{
	nanos_t window = ORDERS_WINDOW_S * NANOS_S;
	nanos_t first = floor_to(now - margin_early(self), window);
	nanos_t last = floor_to(now + margin_late(self), window);
	uint32_t in_first = orders_in(self, first);
	uint32_t in_last = first == last ? 0 : orders_in(self, last);

	return in_first > in_last ? in_first : in_last;
}

bool budget_has_order(const struct executor *self, bool protection, text_t *detail)
{
	const struct budget *budget = &self->budget;
	uint32_t weight = quota_left(&budget->weight, venue_now(self));
	uint32_t orders = orders_used(self, venue_now(self));
	uint32_t kept = protection ? 0 : budget->reserve;
	uint32_t orders_kept = protection ? 0 : budget->orders_reserve;

	if (weight >= cost_of(budget, CALL_KIND_ORDER) + kept &&
	    orders + orders_kept < budget->orders)
		return true;
	*detail = text_format("of the exchange's limits, %u of %u weight is left and %u of %u "
	                      "orders were sent; %u and %u are kept back",
	                      weight, budget->weight.limit, orders, budget->orders, kept,
	                      orders_kept);
	return false;
}

/* What is under way is not in the exchange's count yet. */
static void take_told(struct executor *self, const struct venue_answer *answer)
{
	uint64_t used = answer->used_weight;

	if (used == 0 || answer->sent == 0)
		return;
	for (unsigned kind = 0; kind < CALL_KIND_COUNT; kind++)
		used += (uint64_t)self->under_way[kind] * self->budget.cost[kind];
	quota_told(&self->budget.weight, answer->sent + self->clock.offset, venue_now(self),
	           used < UINT32_MAX ? (uint32_t)used : UINT32_MAX);
}

static void be_quiet(struct executor *self, nanos_t until, unsigned status)
{
	struct journal_quiet quiet = {.until = until, .status = status, .at = self->now};

	if (until <= self->quiet_until)
		return;
	if (self->now >= self->quiet_until)
		outbox_alert(self->out, self->now, SEVERITY_ERROR, "venue.quiet",
		             "the exchange asks for silence (HTTP %u): no request for %lld ms, "
		             "cancels take the user link",
		             status, (long long)((until - self->now) / NANOS_MS));
	self->quiet_until = until;
	if (until >= self->books.quiet.until + QUIET_GRAIN)
		records_save(self, MESSAGE_JOURNAL_QUIET, &quiet);
}

void budget_answered(struct executor *self, uint64_t token, const struct venue_answer *answer)
{
	take_told(self, answer);
	if (answer->retry_after_ms == 0)
		return;
	nanos_t wait = answer->retry_after_ms < (uint64_t)(QUIET_MAX / NANOS_MS)
	                       ? (nanos_t)answer->retry_after_ms * NANOS_MS
	                       : QUIET_MAX;
	if (token_kind(token) == CALL_KIND_CANCEL_FRAME || token_kind(token) == CALL_KIND_SUBSCRIBE)
		self->budget.frames_quiet_until = self->now + wait;
	be_quiet(self, self->now + wait, (unsigned)answer->http_status);
}

/* Never out of the reserve, and never all that is left: we ask questions too. */
static uint32_t grantable(const struct executor *self, uint64_t wanted)
{
	const struct budget *budget = &self->budget;
	uint32_t left = quota_left(&budget->weight, venue_now(self));
	uint32_t most = quota_left(&budget->grants, venue_now(self));
	uint32_t free = left > budget->reserve ? (left - budget->reserve) / 2 : 0;

	most = most < free ? most : free;
	return wanted < most ? (uint32_t)wanted : most;
}

void budget_grant(struct executor *self, const struct grant_request *request)
{
	struct budget *budget = &self->budget;
	nanos_t until = quota_valid_until(&budget->weight, venue_now(self)) - self->clock.offset;

	if (request->quiet_until > self->now)
		be_quiet(self,
		         request->quiet_until < self->now + QUIET_MAX ? request->quiet_until
		                                                      : self->now + QUIET_MAX,
		         CLIENT_ERROR);
	bool may = self->started && self->now >= self->quiet_until && until > self->now;
	struct grant grant = {
		.weight = may ? grantable(self, request->weight) : 0,
		.until = until,
		.quiet_until = self->quiet_until > self->now ? self->quiet_until : 0,
	};
	quota_charge(&budget->weight, venue_now(self), (uint32_t)grant.weight);
	quota_charge(&budget->grants, venue_now(self), (uint32_t)grant.weight);
	outbox_answer(self->out, self->event->token, MESSAGE_GRANT, &grant);
}

struct rate_use budget_use(const struct executor *self, nanos_t now)
{
	const struct budget *budget = &self->budget;
	nanos_t at = now + self->clock.offset;

	return (struct rate_use){
		.weight_used = quota_used(&budget->weight, at),
		.weight_limit = budget->weight.limit,
		.weight_reserve = budget->reserve,
		.orders_used = orders_used(self, at),
		.orders_limit = budget->orders,
		.granted = quota_used(&budget->grants, at),
		.quiet_until = self->quiet_until > now ? self->quiet_until : 0,
		.at = now,
	};
}
