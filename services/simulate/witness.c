/* SPDX-License-Identifier: Apache-2.0 */
#include "services/simulate/witness_parts.h"

#include "common/base/hash.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define CHECK_INTERVAL (2 * NANOS_S)
/* What was asked for before the exchange said so may still wait for the disk. */
#define SILENCE_SLACK (1500 * NANOS_MS)
#define TRADING_BEFORE_END (3 * NANOS_S)
#define COMMAND_PATIENCE (3 * NANOS_S)
#define RECOVERY_MAX (5 * NANOS_S)
#define RETURN_MAX (30 * NANOS_S)
/* What a fault left behind may take so long. */
#define SETTLING (10 * NANOS_S)

const struct rare_info rare_infos[RARE_COUNT] = {
#define RARE(NOUN, name, event, doc) [RARE_##NOUN] = {#name, event, doc},
#include "services/simulate/rare.def"
#undef RARE
};

void violate(struct witness *self, const char *id, const char *text, text_t why)
{
	struct violation *violation = &self->outcome->violation;
	if (is_violated(self))
		return;
	snprintf(violation->id, sizeof violation->id, "%s", id);
	violation->text = text_from(text);
	violation->why = why;
	violation->at = world_now(self->world) - world_began(self->world);
}

bool is_violated(const struct witness *self)
{
	return outcome_is_violated(self->outcome);
}

const struct executor *witness_executor(const struct witness *self)
{
	return world_state(self->world, CAST_EXECUTOR);
}

const struct risk *witness_risk(const struct witness *self)
{
	return world_state(self->world, CAST_RISK);
}

nanos_t witness_clock_doubt(const struct witness *self)
{
	nanos_t step = (nanos_t)world_exchange(self->world)->profile->clock_step_ms * NANOS_MS;
	return world_figures(self->world)->hits[FAULT_VENUE_STEP] > 0 ? step : 0;
}

void witness_init(struct witness *self, const struct cast *cast, struct world *world,
                  struct outcome *outcome)
{
	for (unsigned i = 0; i < CAST_COUNT; i++) {
		struct durable *durable = &self->durable[i];
		durable->count = durable->synced = 0;
		durable->appended = durable->saved = durable->losses = 0;
		durable->overflowed = durable->lost_power = durable->sync_failed = false;
		durable->may_go_back = false;
		durable->renewals = durable->folded = 0;
	}
	memset(self->cells, 0, sizeof self->cells);
	self->account_count = self->fill_count = self->critical_count = 0;
	self->fills_before = 0;
	/* The books behind these counts need no clearing; all that follows does. */
	memset((char *)self + offsetof(struct witness, executor_halted), 0,
	       offsetof(struct witness, orders) - offsetof(struct witness, executor_halted));
	self->cast = cast;
	self->world = world;
	self->outcome = outcome;
}

static void count_note(struct witness *self, const struct effect *effect)
{
	for (unsigned i = 0; i < RARE_COUNT; i++)
		if (rare_infos[i].event != NULL && strcmp(rare_infos[i].event, effect->name) == 0)
			self->outcome->rare[i]++;
}

/* Said again after a resync. */
static bool is_known(const struct witness *self, unsigned node, const struct alert *alert)
{
	for (uint32_t i = 0; i < self->critical_count; i++)
		if (name_is(&self->criticals[i].origin, cast_names[node]) &&
		    name_equals(&self->criticals[i].event, &alert->event) &&
		    strcmp(self->criticals[i].text.text, alert->text.text) == 0)
			return true;
	return false;
}

static void take_alert(struct witness *self, unsigned node, const struct alert *alert)
{
	if (alert->severity != SEVERITY_CRITICAL || node == CAST_ALERT ||
	    self->critical_count == ALERTS_MAX || is_known(self, node, alert))
		return;
	self->criticals[self->critical_count++] = (struct critical){
		.origin = name_from(cast_names[node]),
		.event = alert->event,
		.text = alert->text,
		.at = world_now(self->world),
	};
}

static void mark_told(struct witness *self, const char *text)
{
	for (uint32_t i = 0; i < self->critical_count; i++) {
		size_t size = strlen(text), tail = self->criticals[i].text.size;
		if (size >= tail && strcmp(text + size - tail, self->criticals[i].text.text) == 0)
			self->criticals[i].told = true;
	}
}

static uint64_t hash_of_alert(const char *text)
{
	uint64_t hash = 1;
	for (; *text != '\0'; text++)
		hash = hash_mix(hash ^ (unsigned char)*text);
	return hash;
}

void witness_keep_alert(struct witness *self, const struct alert *alert)
{
	char text[2 * TEXT_MAX_SIZE];
	snprintf(text, sizeof text, "%s: %s", alert->origin.text, alert->text.text);
	self->alerts_kept[self->alerts_kept_next++ % TOLD_MAX] = hash_of_alert(text);
	mark_told(self, alert->text.text);
}

/* D-04: who was told may rely on it. */
static void check_telling(struct witness *self, const struct effect *effect)
{
	uint64_t hash = hash_of_alert(effect->text);
	for (unsigned i = 0; i < TOLD_MAX; i++)
		if (self->alerts_kept[i] == hash)
			return;
	if (!self->alerts_lost)
		violate(self, "D-04", "An alert is told when it is written down, not before.",
		        text_format("told, and not kept: %.150s", effect->text));
}

static void see_note(struct witness *self, unsigned node, const struct effect *effect)
{
	if (effect->severity > SEVERITY_DEBUG)
		count_note(self, effect);
	self->residue_told |= strcmp(effect->name, "halt.residue") == 0;
	if (node != CAST_ALERT)
		return;
	mark_told(self, effect->text);
	if (effect->note == NOTE_ALERT)
		check_telling(self, effect);
}

void witness_effect(struct witness *self, unsigned node, const struct effect *effect)
{
	if (effect->kind == EFFECT_SAVE && effect->type == MESSAGE_JOURNAL_LATCH)
		self->arming[node] |= !((const struct journal_latch *)effect->body)->halted;
	if (effect->kind == EFFECT_SAVE)
		journal_appended(self, node, effect->save_class);
	if (effect->kind == EFFECT_NOTE)
		see_note(self, node, effect);
	else if (effect->kind == EFFECT_PUBLISH && effect->type == MESSAGE_ALERT)
		take_alert(self, node, effect->body);
	else if (effect->kind == EFFECT_CALL && effect->type == MESSAGE_APPROVAL &&
	         node == CAST_RISK)
		exposure_checked(self, effect->body);
}

static void check_silence(struct witness *self, const struct http_request *request)
{
	nanos_t now = world_now(self->world);
	if (request->method == HTTP_DELETE || now >= self->silent_until ||
	    now < self->told_at + SILENCE_SLACK)
		return;
	violate(self, "I-31", "After a told wait nothing is asked before it is over.",
	        text_format("%s left %lld ms too early", request->path,
	                    (long long)((self->silent_until - now) / NANOS_MS)));
}

void witness_sent(struct witness *self, unsigned node, const struct http_request *request)
{
	if (node == CAST_EXECUTOR)
		check_silence(self, request);
	orders_left(self, node, request);
}

void witness_admitted(struct witness *self, unsigned node, const struct http_request *request)
{
	(void)node;
	orders_admitted(self, request);
}

void witness_executed(struct witness *self, unsigned node, const struct http_request *request)
{
	(void)node;
	self->changed = true;
	orders_executed(self, request);
}

void witness_saved(struct witness *self, unsigned node, enum message_type type, const void *record)
{
	journal_saved(self, node, type, record);
	if (node == CAST_EXECUTOR) {
		self->changed = true;
		orders_saved(self, type, record);
	}
	if (node == CAST_RISK && type == MESSAGE_JOURNAL_LATCH)
		self->risk_halted = ((const struct journal_latch *)record)->halted;
	if (node == CAST_ALERT && type == MESSAGE_ALERT)
		witness_keep_alert(self, record);
}

/* I-18: every execution up to the watermark is in the books. */
static void check_watermark(struct witness *self, const struct executor *executor, uint32_t index)
{
	const struct market *market = &executor->books.holdings.markets[index];
	const struct sim_exchange *exchange = world_exchange(self->world);
	uint64_t scanned = executor->rounds[index].scanned;
	for (uint32_t i = 0; i < exchange->trade_count; i++) {
		const struct sim_trade *trade = &exchange->trades[i];
		if (trade->trade_id > scanned || trade->trade_id <= self->scanned[index] ||
		    witness_is_before_us(executor, trade) ||
		    !name_equals(&trade->symbol, &market->instrument.symbol) ||
		    holdings_news(&executor->books.holdings, market, trade->trade_id) != FILL_NEW)
			continue;
		violate(self, "I-18", "The watermark never passes an execution that isn't kept.",
		        text_format("%s: scanned up to %llu, but execution %llu is not accounted",
		                    market->instrument.symbol.text, (unsigned long long)scanned,
		                    (unsigned long long)trade->trade_id));
	}
	self->scanned[index] = scanned;
}

static bool is_crash(enum fault_kind kind)
{
	return kind == FAULT_CRASH || kind == FAULT_CRASH_ALL || kind == FAULT_POWER_LOSS;
}

/* Whether nothing but crashes before the start touched it. */
static bool recovered_in_peace(const struct witness *self, nanos_t boot, nanos_t until)
{
	const struct plan *plan = world_plan(self->world);
	nanos_t from = boot - world_began(self->world) - SETTLING;
	for (uint32_t i = 0; i < plan->count; i++) {
		const struct fault *fault = &plan->faults[i];
		bool before = is_crash(fault->kind) && fault->from < from + SETTLING;
		if (!before && fault->until >= from &&
		    fault->from <= until - world_began(self->world))
			return false;
	}
	return true;
}

static void check_recovery(struct witness *self, nanos_t boot, nanos_t now)
{
	if (now - boot <= RECOVERY_MAX || !recovered_in_peace(self, boot, now))
		return;
	violate(self, "I-27", "The executor trades again within 5 s of its start.",
	        text_format("it took %lld ms, and nothing else went wrong",
	                    (long long)((now - boot) / NANOS_MS)));
}

static void watch_readiness(struct witness *self, const struct executor *executor)
{
	bool ready = executor->trading.status == TRADING_STATUS_NORMAL ||
	             executor->trading.status == TRADING_STATUS_HALTED;
	nanos_t now = world_now(self->world);
	if (!ready)
		self->ready_since = 0;
	else if (self->ready_since == 0)
		self->ready_since = now;
	if (!ready || self->executor_boot == 0)
		return;
	if (self->outcome->recovery_count < RECOVERIES_MAX)
		self->outcome->recoveries[self->outcome->recovery_count++] =
			now - self->executor_boot;
	check_recovery(self, self->executor_boot, now);
	self->executor_boot = 0;
}

static void watch_silence(struct witness *self, const struct event *event)
{
	const struct venue_answer *answer = event_body(event, MESSAGE_VENUE_ANSWER);
	if (answer == NULL || answer->retry_after_ms == 0)
		return;
	nanos_t now = world_now(self->world);
	nanos_t until = now + (nanos_t)answer->retry_after_ms * NANOS_MS;
	self->outcome->rare[RARE_BANNED]++;
	self->outcome->rare[RARE_BAN_RECOVERING] += self->executor_boot != 0;
	if (until <= self->silent_until)
		return;
	self->silent_until = until;
	self->told_at = now;
}

static void check_now_and_then(struct witness *self)
{
	nanos_t now = world_now(self->world);
	text_t why;
	if (!self->changed || now < self->checked_at + CHECK_INTERVAL || is_violated(self))
		return;
	self->checked_at = now;
	self->changed = false;
	const struct invariant *violated = facts_violated(self, false, &why);
	if (violated != NULL)
		violate(self, violated->id, violated->text, why);
}

void witness_stepped(struct witness *self, unsigned node, const struct event *event)
{
	const struct executor *executor = witness_executor(self);
	bus_stepped(self, node, event);
	self->alerts_lost |= node == CAST_ALERT && event->kind == EVENT_SAVE_FAILED;
	if (node != CAST_EXECUTOR || executor == NULL)
		return;
	watch_silence(self, event);
	watch_readiness(self, executor);
	for (uint32_t i = 0; i < executor->books.holdings.market_count; i++)
		if (executor->rounds[i].scanned != self->scanned[i] &&
		    !self->damaged[CAST_EXECUTOR])
			check_watermark(self, executor, i);
	guard_stepped(self, executor);
	check_now_and_then(self);
}

void witness_booted(struct witness *self, unsigned node)
{
	journal_booted(self, node);
	bus_booted(self, node);
	self->alerts_lost &= node != CAST_ALERT;
	if (node != CAST_EXECUTOR)
		return;
	self->silent_until = 0;
	self->executor_boot = self->booted_at = world_now(self->world);
	memset(self->naked_since, 0, sizeof self->naked_since);
	self->ready_since = 0;
	memset(self->scanned, 0, sizeof self->scanned);
}

/* The time that an alert has to be written down where it survives the machine (M-01). */
#define ALERT_TIME (5 * NANOS_S)

static void excuse_young_alerts(struct witness *self)
{
	for (uint32_t i = 0; i < self->critical_count; i++)
		self->criticals[i].told |=
			world_now(self->world) - self->criticals[i].at < ALERT_TIME;
}

void witness_renewed(struct witness *self, unsigned node, bool is_listed)
{
	journal_renewed(self, node, is_listed);
	self->outcome->rare[RARE_RENEWED] += is_listed;
}

void witness_died(struct witness *self, unsigned node, enum fault_kind cause)
{
	const struct executor *executor = witness_executor(self);
	uint64_t *rare = self->outcome->rare;
	journal_died(self, node);
	if (cause == FAULT_POWER_LOSS)
		excuse_young_alerts(self);
	if (node != CAST_EXECUTOR)
		return;
	self->executor_deaths++;
	view_checked(self);
	rare[RARE_CRASH_SECOND] += self->executor_deaths == 2;
	rare[RARE_CRASH_RECOVERING] += self->executor_boot != 0 && self->executor_deaths > 1;
	for (uint32_t i = 0; i < self->account_count; i++) {
		const struct account *account = &self->accounts[i];
		rare[RARE_CRASH_BETWEEN] += account->has_intent && account->sends == 0;
	}
	for (uint32_t i = 0; executor != NULL && i < executor->books.orders.open_count; i++) {
		const struct orders *orders = &executor->books.orders;
		rare[RARE_CRASH_UNANSWERED] +=
			orders->slots[orders->open[i]].order.status == ORDER_STATUS_SENDING;
	}
	rare[RARE_POWER_LOST] += cause == FAULT_POWER_LOSS;
}

static void command(struct witness *self, enum cast_member to, enum command_kind kind,
                    const char *target)
{
	struct command wanted = {
		.kind = kind,
		.target = name_from(target),
		.actor = name_from("witness"),
		.reason = text_from("the schedule ends"),
	};
	self->commanded_at = world_now(self->world);
	world_command(self->world, cast_names[to], &wanted);
}

/* What the texts ask of a person: a process whose journal failed is started again. */
static bool repairs(struct witness *self, const struct executor *executor)
{
	const struct risk *risk = witness_risk(self);
	if (executor->journal_failed)
		command(self, CAST_SUPERVISOR, COMMAND_KIND_RESTART, cast_names[CAST_EXECUTOR]);
	else if (risk != NULL && risk->save_failed)
		command(self, CAST_SUPERVISOR, COMMAND_KIND_RESTART, cast_names[CAST_RISK]);
	else
		return false;
	return true;
}

/* A stack that comes back only after minutes of peace has found something to wait for. */
static void check_return(struct witness *self, const struct executor *executor)
{
	nanos_t calm = world_began(self->world) + world_plan(self->world)->calm_at;
	if (self->ready_since != 0 || world_now(self->world) < calm + RETURN_MAX)
		return;
	violate(self, "I-29r", "The executor is open again 30 s after the last fault.",
	        text_format("it is %s",
	                    enum_print(&enum_trading_status, executor->trading.status)));
}

bool witness_is_settled(struct witness *self)
{
	const struct executor *executor = witness_executor(self);
	nanos_t now = world_now(self->world);
	struct violation why;
	if (is_violated(self))
		return true;
	if (executor == NULL || now < self->commanded_at + COMMAND_PATIENCE ||
	    repairs(self, executor))
		return false;
	if (executor->winding_down)
		return rest_is_reached(self, &why);
	check_return(self, executor);
	if (self->ready_since != 0 && now >= self->ready_since + TRADING_BEFORE_END)
		command(self, CAST_EXECUTOR, COMMAND_KIND_WIND_DOWN, "");
	return false;
}

void witness_end(struct witness *self)
{
	const struct sim_exchange *exchange = world_exchange(self->world);
	const struct world_figures *figures = world_figures(self->world);
	struct violation why;
	self->outcome->rare[RARE_STALE_REFUSED] += exchange->late_requests;
	for (uint32_t i = 0; i < exchange->order_count; i++) {
		const struct sim_order *order = &exchange->orders[i];
		bool is_stop = decimal_sign(order->stop_price) > 0;
		self->outcome->rare[RARE_STOP_PLACED] += is_stop && !order->foreign;
		self->outcome->rare[RARE_STOP_TRIGGERED] += is_stop && order->triggered;
	}
	self->outcome->rare[RARE_HALF_REPLACE] += figures->hits[FAULT_HALF_REPLACE];
	if (figures->renewals_refused > 0)
		violate(self, "W-07", "A checkpoint read back is the state that it was made of.",
		        text_format("%llu checkpoints were not",
		                    (unsigned long long)figures->renewals_refused));
	self->outcome->rare[RARE_VIEW_REFILLED] +=
		figures->hits[FAULT_REDIS_FLUSH] + figures->hits[FAULT_REDIS_ROLLBACK];
	if (is_violated(self) || rest_is_reached(self, &why))
		return;
	violate(self, why.id, why.text.text, why.why);
}
