/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/protect.h"

#include <string.h>

#include "common/model/lifecycle.h"
#include "services/executor/control.h"
#include "services/executor/exits.h"
#include "services/executor/flatten.h"
#include "services/executor/own.h"
#include "services/executor/records.h"
#include "services/executor/send.h"
#include "services/executor/sight.h"

enum { CODE_NOT_OPEN = 2011, REJECTIONS_MAX = 3, LOOKS_MAX = 6 };

enum want { WANT_NOTHING, WANT_STOP, WANT_WATCH, WANT_ROOM, WANT_FLAT, WANT_COUNT };

/* What there is, seen by what is wanted. */
enum found {
	FOUND_NOTHING,
	FOUND_RIGHT,
	FOUND_OTHER,
	FOUND_ON_ITS_WAY,
	FOUND_LEAVING,
	FOUND_UNKNOWN,
	FOUND_DISPUTED,
	FOUND_COUNT
};

bool protect_is_manual(const struct holding *holding)
{
	return name_is(&holding->position.bot, "manual");
}

bool protect_keeps_waiting(struct executor *self, const struct approval *approval, uint64_t token)
{
	struct holding *holding =
		holdings_find(&self->books.holdings, &approval->symbol, &approval->bot);
	struct standing standing;

	if (approval->purpose != PURPOSE_EXIT || approval->side != SIDE_SELL || holding == NULL ||
	    !standing_take(self, holding, &standing))
		return false;
	if (decimal_compare(approval->qty, standing_rest(&standing)) <= 0)
		return false;
	if (decimal_compare(approval->qty, standing_stoppable(&standing)) > 0)
		send_refuse(self, approval, token, "position",
		            "the bot holds less than that besides what it offers already");
	else if (!exits_add(self, approval, token))
		send_refuse(self, approval, token, "exits_waiting", "too many exits wait");
	return true;
}

/* One step of judging: all that the actions look at. */
struct judged {
	struct standing standing;
	enum want want;
	enum found found;
	struct order wanted; /* the stop; quantity zero when it would be too small */
};

/* The action; true when the holding is to be judged again. */
typedef bool act(struct executor *self, struct judged *judged);

static bool wait(struct executor *self, struct judged *judged)
{
	(void)self, (void)judged;
	return false;
}

static bool place(struct executor *self, struct judged *judged)
{
	struct order order = judged->wanted;
	struct standing *standing = &judged->standing;

	order.qty = stops_fit(&standing->market->instrument, order.type, standing_rest(standing),
	                      order.stop_price);
	if (decimal_sign(order.qty) > 0)
		own_send(self, standing, &order);
	return false;
}

static bool cancel(struct executor *self, struct judged *judged)
{
	send_cancel(self, judged->standing.order, "protection");
	return false;
}

static bool hurry(struct executor *self, struct judged *judged)
{
	own_hurry(self, judged->standing.order);
	return false;
}

/* The surplus of two live ones goes first. */
static bool change(struct executor *self, struct judged *judged)
{
	struct standing *standing = &judged->standing;

	if (standing->older != NULL)
		send_cancel(self, standing->older, "protection");
	else if (decimal_sign(judged->wanted.qty) == 0 ||
	         !own_replace(self, standing, &judged->wanted, "resized"))
		send_cancel(self, standing->order, "resized");
	return false;
}

/* Asked for at the exchange behind its window; what it leaves uncovered is covered meanwhile. */
static bool probe(struct executor *self, struct judged *judged)
{
	own_probe(self, judged->standing.order);
	return judged->want == WANT_STOP && place(self, judged);
}

static bool release(struct executor *self, struct judged *judged)
{
	struct exit_wait *exit = exits_of(self, judged->standing.holding);

	exits_release(self, &judged->standing, exit);
	return true;
}

/* The exit takes the stop's place in one call, or the stop goes first. */
static bool make_room(struct executor *self, struct judged *judged)
{
	struct standing *standing = &judged->standing;
	struct exit_wait *exit = exits_of(self, standing->holding);

	own_wake(self, exit->approval.expires);
	if (standing->older == NULL && standing->order->order.replace != REPLACE_STATUS_REFUSED &&
	    send_replacing(self, standing->order, &exit->approval, exit->token)) {
		exits_drop(self, exit);
		return true;
	}
	send_cancel(self, standing->order, "exit");
	return false;
}

static bool await_room(struct executor *self, struct judged *judged)
{
	own_hurry(self, judged->standing.order);
	own_wake(self, exits_of(self, judged->standing.holding)->approval.expires);
	return false;
}

static bool probe_for_room(struct executor *self, struct judged *judged)
{
	send_cancel(self, judged->standing.order, "exit");
	own_probe(self, judged->standing.order);
	return await_room(self, judged);
}

static bool flatten(struct executor *self, struct judged *judged)
{
	exits_refuse(self, judged->standing.holding, "flattening", "the position is being sold");
	flatten_run(self, &judged->standing);
	return false;
}

static act *const actions[WANT_COUNT][FOUND_COUNT] = {
	/* NOTHING  RIGHT      OTHER      ON_ITS_WAY  LEAVING     UNKNOWN         DISPUTED */
	[WANT_NOTHING] = {wait, cancel, cancel, wait, hurry, probe, wait},
	[WANT_STOP] = {place, wait, change, wait, hurry, probe, place},
	[WANT_WATCH] = {wait, cancel, cancel, wait, hurry, probe, wait},
	[WANT_ROOM] = {release, make_room, make_room, await_room, await_room, probe_for_room,
                       release},
	[WANT_FLAT] = {flatten, flatten, flatten, flatten, flatten, flatten, flatten},
};

static enum order_type stop_type(const struct executor *self)
{
	return name_is(&self->config->stop_type, "STOP_LOSS_LIMIT") ? ORDER_TYPE_STOP_LOSS_LIMIT
	                                                            : ORDER_TYPE_STOP_LOSS;
}

static struct order wanted_stop(const struct executor *self, const struct standing *standing)
{
	const struct position *position = &standing->holding->position;
	const struct instrument *instrument = &standing->market->instrument;
	struct order order = {
		.bot = position->bot,
		.symbol = position->symbol,
		.purpose = PURPOSE_PROTECT,
		.side = SIDE_SELL,
		.type = stop_type(self),
		.time_in_force = TIME_IN_FORCE_GTC,
		.stop_price = stops_on_tick(standing->holding->guard.trigger, instrument),
	};

	if (order.type == ORDER_TYPE_STOP_LOSS_LIMIT)
		order.price =
			stops_below(order.stop_price, self->config->stop_slippage_pct, instrument);
	order.qty = stops_fit(instrument, order.type, standing_stoppable(standing),
	                      decimal_sign(order.price) > 0 ? order.price : order.stop_price);
	return order;
}

static bool is_triggered(const struct order *order)
{
	return order->stop == STOP_STATUS_TRIGGERED || decimal_sign(order->executed) > 0;
}

/* One that is selling already is left to it, as long as it sells no more than there is. */
static bool is_right(const struct order *order, const struct order *wanted)
{
	decimal_t open = standing_open(order);

	if (order->purpose != PURPOSE_PROTECT || order->type != wanted->type)
		return false;
	if (is_triggered(order))
		return decimal_compare(open, wanted->qty) <= 0;
	return decimal_equals(open, wanted->qty) &&
	       decimal_equals(order->stop_price, wanted->stop_price);
}

/* An exit that fits, or whose time is over, needs no more room. */
static bool has_room(struct executor *self, const struct judged *judged)
{
	const struct exit_wait *exit = exits_of(self, judged->standing.holding);

	return exit->approval.expires <= self->now ||
	       decimal_compare(exit->approval.qty, standing_rest(&judged->standing)) <= 0;
}

static enum found found_of(const struct standing *standing, const struct order *wanted)
{
	static const enum found founds[HAVE_COUNT] = {
		[HAVE_NOTHING] = FOUND_NOTHING,   [HAVE_ON_ITS_WAY] = FOUND_ON_ITS_WAY,
		[HAVE_UNKNOWN] = FOUND_UNKNOWN,   [HAVE_LEAVING] = FOUND_LEAVING,
		[HAVE_DISPUTED] = FOUND_DISPUTED, [HAVE_LIVE] = FOUND_OTHER,
	};

	if (standing->have == HAVE_LIVE && standing->older == NULL &&
	    is_right(&standing->order->order, wanted))
		return FOUND_RIGHT;
	return founds[standing->have];
}

static void tell_dust(struct executor *self, const struct standing *standing)
{
	const struct position *position = &standing->holding->position;
	char qty[DECIMAL_TEXT_SIZE];

	if (standing->watch->dust_told)
		return;
	standing->watch->dust_told = true;
	outbox_alert(self->out, self->now, SEVERITY_WARNING, "stop.dust",
	             "%s %s: %s is too little for a stop at the exchange; the executor watches it",
	             position->bot.text, position->symbol.text, decimal_print(position->qty, qty));
}

/* A stop needs a place where somebody sees the price. */
static enum want place_of(struct executor *self, struct judged *judged)
{
	struct standing *standing = &judged->standing;
	const struct guard *guard = &standing->holding->guard;
	bool fits = decimal_sign(stops_fit(&standing->market->instrument, judged->wanted.type,
	                                   standing->held, guard->trigger)) > 0;

	if (guard->held == STOP_PLACE_EXECUTOR &&
	    !sight_is_blind(self, standing, &self->protection.due))
		return WANT_WATCH;
	if (!fits) {
		tell_dust(self, standing);
		return WANT_WATCH;
	}
	return decimal_sign(judged->wanted.qty) > 0 ? WANT_STOP : WANT_WATCH;
}

static enum want want_of(struct executor *self, struct judged *judged)
{
	struct holding *holding = judged->standing.holding;
	bool must_sell = holding->guard.fired || self->books.latch.level >= LEVEL_FLATTEN;

	if (protect_is_manual(holding))
		return WANT_NOTHING;
	if (must_sell && decimal_sign(protect_sellable(self, holding)) > 0)
		return WANT_FLAT;
	if (exits_of(self, holding) != NULL)
		return WANT_ROOM;
	if (decimal_sign(judged->standing.held) <= 0 || decimal_sign(holding->guard.trigger) <= 0)
		return WANT_NOTHING;
	return place_of(self, judged);
}

decimal_t protect_sellable(struct executor *self, const struct holding *holding)
{
	const struct market *market =
		holdings_market(&self->books.holdings, &holding->position.symbol);

	return market == NULL ? DECIMAL_ZERO : flatten_fit(self, market, holding->position.qty);
}

static void save_guard(struct executor *self, struct holding *holding, bool fired,
                       enum stop_place held)
{
	struct journal_protect record =
		guard_record(&holding->guard, &holding->position, self->now);

	record.fired = fired;
	record.held = held;
	records_save(self, MESSAGE_JOURNAL_PROTECT, &record);
}

static bool says_through(struct executor *self, const struct holding *holding)
{
	struct order_slot *last = own_last(self, holding);

	return last != NULL && last->order.purpose == PURPOSE_PROTECT &&
	       last->order.status == ORDER_STATUS_REJECTED &&
	       strstr(last->order.reason.text, "trigger immediately") != NULL &&
	       decimal_equals(last->order.stop_price, holding->guard.trigger);
}

/* Durable before the first sale, so that a restart goes on with it wherever the price is then. */
static bool fire(struct executor *self, struct standing *standing)
{
	struct holding *holding = standing->holding;
	bool through = sight_is_through(self, standing) || says_through(self, holding);
	char trigger[DECIMAL_TEXT_SIZE], bid[DECIMAL_TEXT_SIZE];

	if (holding->guard.fired || !through || decimal_sign(protect_sellable(self, holding)) <= 0)
		return false;
	save_guard(self, holding, true, holding->guard.held);
	outbox_alert(self->out, self->now, SEVERITY_WARNING, "stop.fired",
	             "%s %s: the price (%s) is at or through the stop (%s): all is sold",
	             holding->position.bot.text, holding->position.symbol.text,
	             decimal_print(sight_of(self, standing->market)->bid, bid),
	             decimal_print(holding->guard.trigger, trigger));
	return true;
}

/* Nothing is left that could be sold. */
static bool rest(struct executor *self, struct standing *standing)
{
	struct holding *holding = standing->holding;

	if (!holding->guard.fired || decimal_sign(standing->offered) > 0 ||
	    decimal_sign(protect_sellable(self, holding)) > 0)
		return false;
	save_guard(self, holding, false, holding->guard.held);
	return true;
}

static bool give_up_exchange(struct executor *self, struct standing *standing)
{
	struct holding *holding = standing->holding;

	if (holding->guard.rejections < REJECTIONS_MAX ||
	    holding->guard.held == STOP_PLACE_EXECUTOR || holding->guard.fired)
		return false;
	save_guard(self, holding, false, STOP_PLACE_EXECUTOR);
	outbox_alert(self->out, self->now, SEVERITY_CRITICAL, "stop.refused",
	             "%s %s: the exchange refused the stop %d times: the executor watches it; look "
	             "at the reason of the order",
	             holding->position.bot.text, holding->position.symbol.text, REJECTIONS_MAX);
	return true;
}

static void watch_naked(struct executor *self, const struct judged *judged)
{
	struct guard_watch *watch = judged->standing.watch;
	const struct position *position = &judged->standing.holding->position;
	bool naked = (judged->want == WANT_STOP && judged->found != FOUND_RIGHT) ||
	             judged->want == WANT_ROOM;

	if (!naked) {
		watch->naked_since = 0;
		watch->naked_told = false;
		return;
	}
	if (watch->naked_since == 0)
		watch->naked_since = self->now;
	nanos_t limit = watch->naked_since + self->config->naked_max;
	if (watch->naked_told)
		return;
	if (self->now <= limit) {
		own_wake(self, limit + 1);
		return;
	}
	watch->naked_told = true;
	outbox_alert(self->out, self->now, SEVERITY_CRITICAL, "position.naked",
	             "%s %s: without its stop for %lld ms, and it is still being placed",
	             position->bot.text, position->symbol.text,
	             (long long)((self->now - watch->naked_since) / NANOS_MS));
}

static bool judge(struct executor *self, struct holding *holding, struct judged *judged)
{
	struct standing *standing = &judged->standing;

	if (!standing_take(self, holding, standing))
		return false;
	judged->wanted = wanted_stop(self, standing);
	if (standing->doubt != NULL)
		own_probe(self, standing->doubt);
	return true;
}

static void tend(struct executor *self, struct holding *holding)
{
	struct judged judged;

	for (unsigned looks = 0; looks < LOOKS_MAX && judge(self, holding, &judged); looks++) {
		struct standing *standing = &judged.standing;
		if (!protect_is_manual(holding) && (fire(self, standing) || rest(self, standing) ||
		                                    give_up_exchange(self, standing)))
			continue;
		judged.want = want_of(self, &judged);
		judged.found = judged.want == WANT_ROOM && has_room(self, &judged)
		                       ? FOUND_NOTHING
		                       : found_of(standing, &judged.wanted);
		if (actions[judged.want][judged.found](self, &judged))
			continue;
		watch_naked(self, &judged);
		return;
	}
}

static bool is_idle(const struct holding *holding)
{
	return decimal_sign(holding->position.qty) <= 0 && ident_is_none(holding->guard.client_id);
}

static void ring(struct executor *self)
{
	if (self->protection.due == self->protection.set)
		return;
	self->protection.set = self->protection.due;
	outbox_set_timer(self->out, TIMER_PROTECT, self->protection.due);
}

static void tend_all(struct executor *self)
{
	struct holdings *holdings = &self->books.holdings;

	self->protection.due = 0;
	self->protection.look = false;
	for (uint32_t i = 0; i < holdings->position_count; i++)
		if (!is_idle(&holdings->positions[i]))
			tend(self, &holdings->positions[i]);
	self->protection.looked_at = self->books.records;
}

void protect_run(struct executor *self)
{
	bool is_due = self->protection.due != 0 && self->protection.due <= self->now;

	if (!self->clock.known || self->journal_failed)
		return;
	if (!self->protection.look && !is_due && self->protection.looked_at == self->books.records)
		return;
	if (self->now < self->quiet_until)
		self->protection.due = self->quiet_until;
	else
		tend_all(self);
	ring(self);
}

void protect_cancel_answered(struct executor *self, struct order_slot *slot,
                             const struct venue_answer *answer)
{
	(void)self;
	if (answer->evidence == EVIDENCE_REFUSED && answer->code == CODE_NOT_OPEN)
		slot->inquiry.gone_at = slot->inquiry.cancel_sent;
}
