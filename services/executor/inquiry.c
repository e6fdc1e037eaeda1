/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/inquiry.h"

#include "common/model/lifecycle.h"
#include "services/executor/calls.h"
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

/* Both in the exchange's time and in ours, so that neither a step of its clock nor of the measured
   offset shortens the fence. */
static bool is_behind_fence(const struct executor *self, const struct order_slot *slot,
                            nanos_t moment)
{
	const struct venue_profile *profile = self->profile;
	nanos_t bounds = ((nanos_t)profile->queue_ms + profile->view_lag_ms +
	                  2 * (nanos_t)profile->clock_step_ms) *
	                 NANOS_MS;

	return moment != 0 && moment + self->clock.offset > slot->valid_until + bounds &&
	       moment > slot->sent_at + profile->window_ms * NANOS_MS + bounds;
}

static void conclude_never(struct executor *self, struct order_slot *slot)
{
	const struct market *market = holdings_market(&self->books.holdings, &slot->order.symbol);

	if (market == NULL)
		return;
	const struct loose *found = &round_of(self, market)->found;
	uint64_t loose = slot->order.side == SIDE_BUY ? found->buy : found->sell;
	if (loose > slot->trade_floor) {
		text_t why = text_format(
			"the exchange does not find it, yet execution %llu may be its own",
			(unsigned long long)loose);
		record_end(self, slot, ORDER_STATUS_DISPUTED, why.text);
		return;
	}
	record_end(self, slot, ORDER_STATUS_NEVER,
	           "absent behind the fence, and no execution of it");
}

static void try_fence(struct executor *self, struct order_slot *slot)
{
	if (slot->order.status != ORDER_STATUS_UNKNOWN ||
	    !is_behind_fence(self, slot, slot->inquiry.absent_at))
		return;
	if (is_behind_fence(self, slot, slot->inquiry.trades_at))
		conclude_never(self, slot);
	else
		rounds_scan_from(self, &slot->order.symbol, slot->trade_floor + 1);
}

void inquiry_answered(struct executor *self, struct order_slot *slot,
                      const struct venue_answer *answer)
{
	struct inquiry *inquiry = &slot->inquiry;

	inquiry->query_token = 0;
	if (answer->evidence == EVIDENCE_ABSENT) {
		/* The earlier of the two moments: the answer is at least as old as the question. */
		inquiry->absent_at = answer->sent != 0 && answer->sent < inquiry->query_sent
		                             ? answer->sent
		                             : inquiry->query_sent;
		try_fence(self, slot);
	}
	if (order_status_is_terminal(slot->order.status) ||
	    slot->order.status == ORDER_STATUS_DISPUTED)
		return;
	if (answer->evidence != EVIDENCE_EXISTS || slot->order.status == ORDER_STATUS_UNKNOWN)
		ask_again(self, slot);
}

void inquiry_scanned(struct executor *self, struct order_slot *slot, nanos_t asked)
{
	slot->inquiry.trades_at = asked;
	try_fence(self, slot);
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

static void resume(struct executor *self, struct order_slot *slot)
{
	if (slot->order.status == ORDER_STATUS_SENDING)
		record_unknown(self, slot, "the executor was restarted before an answer came");
	inquiry_ask(self, slot);
	if (slot->order.cancel != CANCEL_STATUS_NONE)
		inquiry_wake(self, &slot->inquiry.cancel_due,
		             self->now + self->config->query_first);
}

void inquiry_start(struct executor *self)
{
	struct orders *orders = &self->books.orders;

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

void inquiry_watch(struct executor *self)
{
	struct orders *orders = &self->books.orders;
	nanos_t patience = 3 * (nanos_t)self->profile->request_timeout_ms * NANOS_MS;

	for (uint32_t i = 0; i < orders->open_count; i++) {
		struct order_slot *slot = &orders->slots[orders->open[i]];
		if (slot->order.status != ORDER_STATUS_SENDING ||
		    self->now < slot->sent_at + patience)
			continue;
		record_unknown(self, slot, "no answer in time");
		inquiry_ask(self, slot);
	}
}
