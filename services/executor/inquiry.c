/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/inquiry.h"

#include "common/base/plant.h"
#include "common/model/lifecycle.h"
#include "services/executor/calls.h"
#include "services/executor/evidence.h"
#include "services/executor/fence.h"
#include "services/executor/orphans.h"
#include "services/executor/records.h"
#include "services/executor/rounds.h"
#include "services/executor/send.h"

/* A message and its executions come one after the other: what is missing is asked for after this.
 */
#define TRADES_PATIENCE (200 * NANOS_MS)
#define ROOM_PATIENCE (50 * NANOS_MS)

static nanos_t earlier(nanos_t a, nanos_t b)
{
	if (a == 0 || b == 0)
		return a == 0 ? b : a;
	return a < b ? a : b;
}

void inquiry_wake(struct executor *self, nanos_t *due, nanos_t at)
{
	*due = at;
	self->inquiry_at = earlier(self->inquiry_at, at);
}

static nanos_t wait_of(const struct executor *self, unsigned tries)
{
	nanos_t wait = self->config->query_first;

	for (unsigned i = 0; i < tries && wait < self->config->query_max; i++)
		wait *= 2;
	return wait < self->config->query_max ? wait : self->config->query_max;
}

void inquiry_ask(struct executor *self, struct order_slot *slot)
{
	slot->inquiry.query_tries = 0;
	if (slot->inquiry.query_token == 0)
		inquiry_wake(self, &slot->inquiry.query_due, self->now);
}

static void ask_again(struct executor *self, struct order_slot *slot)
{
	nanos_t wait = wait_of(self, slot->inquiry.query_tries++);

	inquiry_wake(self, &slot->inquiry.query_due, self->now + wait);
}

void inquiry_ask_trades(struct executor *self, struct order_slot *slot)
{
	if (slot->inquiry.trades_due == 0)
		inquiry_wake(self, &slot->inquiry.trades_due,
		             self->now + TRADES_PATIENCE +
		                     (slot->inquiry.trades_tries == 0
		                              ? 0
		                              : wait_of(self, slot->inquiry.trades_tries - 1)));
}

static struct fence_moment moment_of(const struct executor *self, nanos_t at)
{
	return (struct fence_moment){.at = at, .offset = self->clock.offset};
}

static bool is_behind_fence(const struct executor *self, const struct order_slot *slot, nanos_t at)
{
	struct fence fence = fence_now(self);

	return fence_has_passed(&fence, slot->sent_at, slot->valid_until, moment_of(self, at));
}

static void dispute(struct executor *self, struct order_slot *slot, text_t why)
{
	if (slot->order.status != ORDER_STATUS_DISPUTED)
		record_end(self, slot, ORDER_STATUS_DISPUTED, why.text);
}

/* An execution that nobody owns may be its own: the exchange is asked whose it is (orphans.h). When
   it lists the execution and knows no order of it, a person must look. */
static void conclude_never(struct executor *self, struct order_slot *slot)
{
	const struct market *market = holdings_market(&self->books.holdings, &slot->order.symbol);

	if (market == NULL)
		return;
	const struct loose *found = &round_of(self, market)->found;
	bool buys = slot->order.side == SIDE_BUY;
	uint64_t nameless = buys ? found->nameless_buy : found->nameless_sell;
	if (nameless > slot->trade_floor)
		dispute(self, slot,
		        text_format("the exchange does not find it, yet execution %llu may be "
		                    "its own",
		                    (unsigned long long)nameless));
	else if ((buys ? found->buy : found->sell) <= slot->trade_floor)
		record_end(self, slot, ORDER_STATUS_NEVER,
		           "absent behind the fence, and no execution of it");
}

static bool planted_never(const struct inquiry *inquiry)
{
	return (PLANTED(ABSENT_ONCE) && inquiry->absences >= 1) ||
	       (PLANTED(ABSENT_THRICE) && inquiry->absences >= 3);
}

static void try_fence(struct executor *self, struct order_slot *slot)
{
	const struct inquiry *inquiry = &slot->inquiry;

	if (slot->order.status != ORDER_STATUS_UNKNOWN)
		return;
	if (planted_never(inquiry))
		record_end(self, slot, ORDER_STATUS_NEVER, "planted");
	else if (!is_behind_fence(self, slot, inquiry->absent_at))
		return;
	else if (is_behind_fence(self, slot, inquiry->trades_at))
		conclude_never(self, slot);
	else
		rounds_scan_from(self, &slot->order.symbol, slot->trade_floor + 1);
}

/* Kills what still arrives; the answer of a cancel that hits tells what was executed. From here on
   nobody waits for the order any more. */
static void probe(struct executor *self, struct order_slot *slot, nanos_t asked)
{
	struct fence fence = fence_now(self);

	if (slot->order.status == ORDER_STATUS_UNKNOWN && send_is_strategys(&slot->order) &&
	    fence_window_is_over(&fence, slot->sent_at, slot->valid_until, moment_of(self, asked)))
		send_cancel(self, slot, "probe");
}

/* The exchange told that it has the order, and a query doesn't see it: for a while that is lag. */
static void overlooked(struct executor *self, struct order_slot *slot, nanos_t asked)
{
	struct inquiry *inquiry = &slot->inquiry;
	struct fence fence = fence_of(self->profile, 0);
	nanos_t late = asked - inquiry->known_at;

	if (inquiry->known_at == 0 || late < 0 || slot->order.status == ORDER_STATUS_UNKNOWN)
		return;
	inquiry->overlooked = true;
	fence_saw_lag(self, &slot->order.symbol, late);
	if (late > 2 * fence_length(&fence))
		dispute(self, slot,
		        text_from("the exchange had it, and for longer than twice the fence says "
		                  "that there is no such order"));
}

static void absent(struct executor *self, struct order_slot *slot, nanos_t asked)
{
	slot->inquiry.absent_at = asked;
	slot->inquiry.absences++;
	if (order_status_is_terminal(slot->order.status))
		return;
	overlooked(self, slot, asked);
	try_fence(self, slot);
	probe(self, slot, asked);
}

static void found(struct executor *self, struct order_slot *slot, nanos_t asked)
{
	struct inquiry *inquiry = &slot->inquiry;

	if (inquiry->overlooked)
		fence_saw_lag(self, &slot->order.symbol, asked - inquiry->known_at);
	inquiry->overlooked = false;
	inquiry->absences = inquiry->useless = 0;
}

/* An exchange that can't be reached, or asks for silence, says nothing: the order stays UNKNOWN as
   long as that takes. One that answers, but never about this order, contradicts itself. */
static void said_nothing(struct executor *self, struct order_slot *slot,
                         const struct venue_answer *answer, nanos_t asked)
{
	enum { USELESS_MAX = 5 };
	struct fence fence = fence_now(self);
	bool answers = answer->http_status >= 200 && answer->http_status < 500 &&
	               answer->retry_after_ms == 0;

	slot->inquiry.useless = answers ? slot->inquiry.useless + 1 : 0;
	if (slot->order.status == ORDER_STATUS_UNKNOWN && slot->inquiry.useless >= USELESS_MAX &&
	    asked > slot->sent_at + 2 * fence_length(&fence))
		dispute(self, slot,
		        text_format("the exchange answers, but not about this order: %.150s",
		                    answer->text.text));
}

void inquiry_answered(struct executor *self, struct order_slot *slot,
                      const struct venue_answer *answer)
{
	struct inquiry *inquiry = &slot->inquiry;
	bool is_found = inquiry->query_token == inquiry->open_round;
	/* The earlier of the two moments: the answer is at least as old as the question. */
	nanos_t asked = answer->sent != 0 && answer->sent < inquiry->query_sent
	                        ? answer->sent
	                        : inquiry->query_sent;

	inquiry->query_token = 0;
	if (is_found)
		found(self, slot, asked);
	else if (answer->evidence == EVIDENCE_ABSENT)
		absent(self, slot, asked);
	else
		said_nothing(self, slot, answer, asked);
	if (order_status_is_terminal(slot->order.status) ||
	    slot->order.status == ORDER_STATUS_DISPUTED)
		return;
	if (!is_found || slot->order.status == ORDER_STATUS_UNKNOWN)
		ask_again(self, slot);
}

void inquiry_scanned(struct executor *self, struct order_slot *slot, nanos_t asked)
{
	slot->inquiry.trades_at = asked;
	try_fence(self, slot);
	orphans_scanned(self, slot, asked);
}

static void query(struct executor *self, struct order_slot *slot)
{
	struct inquiry *inquiry = &slot->inquiry;
	struct http_request request;

	inquiry->query_due = 0;
	if (inquiry->query_token != 0)
		return;
	if (!call_has_room(self, CALL_KIND_QUERY)) {
		inquiry_wake(self, &inquiry->query_due, self->now + ROOM_PATIENCE);
		return;
	}
	if (self->venue->query(&slot->order, venue_now(self), self->profile, &request) != OK) {
		ask_again(self, slot);
		return;
	}
	inquiry->query_token = call_exchange(self, CALL_KIND_QUERY,
	                                     orders_index_of(&self->books.orders, slot), &request);
	inquiry->query_sent = self->now;
}

/* Until the sum of the executions reaches what the exchange told. */
static void fetch_trades(struct executor *self, struct order_slot *slot)
{
	struct inquiry *inquiry = &slot->inquiry;

	inquiry->trades_due = 0;
	if (decimal_compare(inquiry->told_executed, slot->order.executed) <= 0) {
		inquiry->trades_tries = 0;
		return;
	}
	if (holdings_market(&self->books.holdings, &slot->order.symbol) == NULL)
		orphans_scanned(self, slot, self->now); /* nothing of it can be accounted */
	rounds_scan_from(self, &slot->order.symbol, slot->trade_floor + 1);
	inquiry->trades_tries++;
	inquiry_ask_trades(self, slot);
}

static bool is_due(const struct executor *self, nanos_t due)
{
	return due != 0 && due <= self->now;
}

static void run_slot(struct executor *self, struct order_slot *slot)
{
	struct inquiry *inquiry = &slot->inquiry;

	if (is_due(self, inquiry->cancel_due))
		send_cancel_again(self, slot);
	if (is_due(self, inquiry->query_due))
		query(self, slot);
	if (is_due(self, inquiry->trades_due))
		fetch_trades(self, slot);
	self->inquiry_at = earlier(
		self->inquiry_at,
		earlier(inquiry->cancel_due, earlier(inquiry->query_due, inquiry->trades_due)));
}

/* While the exchange asks for silence only cancels go, by their other way. */
static void run_cancels(struct executor *self)
{
	struct orders *orders = &self->books.orders;

	self->inquiry_at = self->quiet_until;
	for (uint32_t i = 0; i < orders->open_count; i++) {
		struct order_slot *slot = &orders->slots[orders->open[i]];
		if (is_due(self, slot->inquiry.cancel_due))
			send_cancel_again(self, slot);
		self->inquiry_at = earlier(self->inquiry_at, slot->inquiry.cancel_due);
	}
}

void inquiry_run(struct executor *self)
{
	struct orders *orders = &self->books.orders;

	self->inquiry_at = 0;
	if (self->now < self->quiet_until) {
		run_cancels(self);
		return;
	}
	for (uint32_t i = 0; i < orders->open_count; i++) {
		struct order_slot *slot = &orders->slots[orders->open[i]];
		if (slot->order.status != ORDER_STATUS_DISPUTED)
			run_slot(self, slot);
	}
	rounds_run(self);
}

/* What was written down and did not leave before the restart is judged anew; what did leave goes
   on: repeating it does no harm. */
static bool cancel_is_wanted(const struct executor *self, const struct order_slot *slot)
{
	const name_t *reason = &slot->cancel_reason;

	if (slot->order.cancel != CANCEL_STATUS_REQUESTED)
		return slot->order.cancel != CANCEL_STATUS_NONE;
	if (name_is(reason, "halt"))
		return self->books.latch.halted;
	return !name_is(reason, "wind_down") && !name_is(reason, "probe");
}

static void resume_cancel(struct executor *self, struct order_slot *slot)
{
	if (cancel_is_wanted(self, slot))
		inquiry_wake(self, &slot->inquiry.cancel_due,
		             self->now + self->config->query_first);
	else
		record_cancel_end(self, slot, CANCEL_STATUS_NONE);
}

static void resume(struct executor *self, struct order_slot *slot)
{
	if (slot->order.status == ORDER_STATUS_SENDING)
		record_unknown(self, slot, "the executor was restarted before an answer came");
	if (slot->order.venue_id != 0)
		slot->inquiry.known_at = self->now;
	inquiry_ask(self, slot);
	resume_cancel(self, slot);
	evidence_cancel_unwanted(self, slot);
}

void inquiry_start(struct executor *self)
{
	struct orders *orders = &self->books.orders;

	self->lag_due = self->now + self->config->lag_interval;
	/* An order that ends leaves the list, and the last one takes its place. */
	for (uint32_t i = orders->open_count; i-- > 0;) {
		struct order_slot *slot = &orders->slots[orders->open[i]];
		if (slot->order.status == ORDER_STATUS_INTENT)
			record_end(self, slot, ORDER_STATUS_UNSENT,
			           "the executor was restarted before it was sent");
		else if (slot->order.status != ORDER_STATUS_DISPUTED)
			resume(self, slot);
	}
}

static void tell_unanswered(struct executor *self, struct order_slot *slot)
{
	struct fence fence = fence_now(self);
	char id[IDENT_TEXT_SIZE];

	if (slot->inquiry.unanswered || self->now < slot->sent_at + 2 * fence_length(&fence))
		return;
	slot->inquiry.unanswered = true;
	outbox_alert(
		self->out, self->now, SEVERITY_CRITICAL, "order.unanswered",
		"%s %s: the fate of order %s is still not known after %lld s; its exposure stays "
		"reserved and it is asked for on; is the exchange reachable?",
		slot->order.bot.text, slot->order.symbol.text,
		ident_print(slot->order.client_id, id),
		(long long)((self->now - slot->sent_at) / NANOS_S));
}

/* Calls end with an answer or with the host's word; one that doesn't must not stop the next. */
static void watch_calls(struct executor *self, struct order_slot *slot, nanos_t patience)
{
	struct inquiry *inquiry = &slot->inquiry;

	if (inquiry->query_token != 0 && self->now >= inquiry->query_sent + patience) {
		inquiry->query_token = 0;
		inquiry_ask(self, slot);
	}
	if (inquiry->cancel_token != 0 && self->now >= inquiry->cancel_sent + patience) {
		inquiry->cancel_token = 0;
		record_cancel_end(self, slot, CANCEL_STATUS_UNKNOWN);
	}
}

static void watch(struct executor *self, struct order_slot *slot, nanos_t patience)
{
	if (slot->order.status == ORDER_STATUS_SENDING && self->now >= slot->sent_at + patience) {
		record_unknown(self, slot, "no answer in time");
		inquiry_ask(self, slot);
	}
	if (slot->order.status == ORDER_STATUS_UNKNOWN)
		tell_unanswered(self, slot);
	watch_calls(self, slot, patience);
}

void inquiry_watch(struct executor *self)
{
	struct orders *orders = &self->books.orders;
	nanos_t patience = 3 * (nanos_t)self->profile->request_timeout_ms * NANOS_MS;

	for (uint32_t i = 0; i < orders->open_count; i++)
		watch(self, &orders->slots[orders->open[i]], patience);
}
