/* SPDX-License-Identifier: Apache-2.0 */
#include "services/recovery/reconcile.h"

#include "services/recovery/compare.h"
#include "services/recovery/report.h"

enum { RECOUNT_MAX = 20000 };

/* Let the executor's own news of the same moments arrive. */
#define GRACE (1 * NANOS_S)
#define RETRY (5 * NANOS_S)
#define LAG_MAX (5 * NANOS_S)
#define CALL_PATIENCE (15 * NANOS_S) /* it answers a RECONCILE when it is through */

static nanos_t lesser(nanos_t a, nanos_t b)
{
	return a < b ? a : b;
}

void reconcile_want(struct recovery *self, const char *trigger)
{
	self->trigger = name_from(trigger);
	self->look_due = self->now;
}

static void command_executor(struct recovery *self, enum command_kind kind, enum recovery_call call,
                             const char *reason)
{
	struct command command = {
		.kind = kind,
		.actor = self->identity->instance,
		.reason = text_from(reason),
	};

	outbox_call(self->out, "executor", recovery_token(self, call), self->now + CALL_PATIENCE,
	            MESSAGE_COMMAND, &command);
}

static void answer_waiter(struct recovery *self, bool done, const char *text)
{
	struct command_result result = {.done = done, .text = text_from(text)};

	if (self->waiter != 0)
		outbox_answer(self->out, self->waiter, MESSAGE_COMMAND_RESULT, &result);
	self->waiter = 0;
}

/* Entries stay off until the books agree again. An executor that was restarted, or didn't answer,
   is told again with the next look. */
static void guard(struct recovery *self, enum dispute dispute, const char *reason)
{
	bool is_new = self->dispute != dispute;

	self->dispute = dispute;
	if (is_new || !self->guard_sent)
		command_executor(self, COMMAND_KIND_GUARD, RECOVERY_CALL_GUARD, reason);
	self->guard_sent = true;
	if (is_new && dispute == DISPUTE_BOOKS)
		outbox_alert(self->out, self->now, SEVERITY_CRITICAL, "books.differ",
		             "our books and the exchange differ in %u places: %.150s; bw recovery "
		             "shows all",
		             differences_counting(&self->found, true), reason);
	else if (is_new)
		outbox_alert(self->out, self->now, SEVERITY_ERROR, "books.unseen",
		             "our books can't be compared with the exchange: %.200s", reason);
}

static void end_guard(struct recovery *self)
{
	if (self->dispute != DISPUTE_NONE)
		outbox_alert(self->out, self->now, SEVERITY_WARNING, "books.agree",
		             "our books and the exchange agree again");
	/* An earlier run may have set one, and one that was under way may come to a new run of the
	   executor: ended whenever the executor stands guarded, whatever for. */
	if (self->guard_sent || self->dispute != DISPUTE_NONE ||
	    self->ours.executor.status == TRADING_STATUS_GUARDED)
		command_executor(self, COMMAND_KIND_UNGUARD, RECOVERY_CALL_UNGUARD,
		                 "our books and the exchange agree");
	self->guard_sent = false;
	self->dispute = DISPUTE_NONE;
}

/* Nothing is known for so long that the whole must not go on as if it were. */
static bool is_unseen(const struct recovery *self)
{
	nanos_t bound = self->config->compare_max;

	if (self->compared_at == 0)
		return self->now - self->started_at >= bound;
	return self->now - self->compared_at >= bound + self->config->reconcile_interval;
}

static void not_compared(struct recovery *self, const char *why)
{
	report_failed(self, why);
	if (is_unseen(self) && self->dispute != DISPUTE_BOOKS)
		guard(self, DISPUTE_UNSEEN, why);
	report_publish(self);
	answer_waiter(self, false, why);
}

static void look_failed(struct recovery *self, const char *why)
{
	self->look_due = self->now + lesser(RETRY, self->config->reconcile_interval);
	not_compared(self, why);
}

static void books_agree(struct recovery *self)
{
	differences_clear(&self->before);
	self->is_second = false;
	end_guard(self);
	self->compared_at = self->now;
	self->look_due = self->now + self->config->reconcile_interval;
	agreed_note(self);
	report_done(self);
	report_publish(self);
	answer_waiter(self, true, "our books and the exchange agree");
}

static void books_differ(struct recovery *self)
{
	const struct rec_difference *worst = differences_worst(&self->found);
	text_t reason = worst->text;

	self->before = self->found;
	self->compared_at = self->now;
	self->look_due = self->now + lesser(RETRY, self->config->reconcile_interval);
	guard(self, DISPUTE_BOOKS, reason.text);
	report_done(self);
	report_publish(self);
	answer_waiter(self, false, reason.text);
}

/* Perhaps only a matter of time: the executor compares by itself, and we look again. */
static void look_again(struct recovery *self)
{
	nanos_t lag = lesser(self->profile->view_lag_ms * NANOS_MS, LAG_MAX);
	nanos_t wait = self->config->settle > lag ? self->config->settle : lag;

	outbox_note(self->out, SEVERITY_INFO, "recovery.suspicion",
	            "%u differences, looked at again: %s",
	            differences_counting(&self->found, false), self->found.items[0].text.text);
	self->before = self->found;
	self->is_second = true;
	self->look_due = self->now + wait;
	command_executor(self, COMMAND_KIND_RECONCILE, RECOVERY_CALL_RECONCILE,
	                 self->found.items[0].text.text);
}

static void conclude(struct recovery *self)
{
	self->look.phase = LOOK_IDLE;
	report_begin(self);
	if (self->look.why.size > 0) {
		look_failed(self, self->look.why.text);
		return;
	}
	if (!self->ours.whole || self->ours.is_full) {
		look_failed(self, self->ours.whole ? "the executor's books have no room here"
		                                   : "the executor doesn't tell its books");
		return;
	}
	compare_books(self);
	differences_confirm(&self->found, &self->before);
	if (differences_counting(&self->found, false) == 0)
		books_agree(self);
	else if (differences_counting(&self->found, true) > 0)
		books_differ(self);
	else
		look_again(self);
}

/* The number agreed on may itself be wrong: a second look counts from the first execution, where
   that isn't too much to ask. */
static bool may_count_anew(const struct recovery *self)
{
	uint64_t executions = 0;

	for (uint32_t i = 0; i < self->latest.count; i++)
		executions += self->latest.items[i].executions;
	return executions <= RECOUNT_MAX;
}

static void begin(struct recovery *self)
{
	bool is_doubted = self->is_second || self->dispute == DISPUTE_BOOKS;

	self->look_due = 0;
	self->done_at = 0;
	look_begin(self, is_doubted && may_count_anew(self));
	look_run(self);
}

/* Said once when it begins, then at the pace of looks. */
static void tell_unseen(struct recovery *self)
{
	const char *why = self->ours.whole ? "the exchange hasn't answered everything yet"
	                                   : "the executor doesn't tell its books";

	if (self->dispute != DISPUTE_NONE || !is_unseen(self))
		return;
	report_begin(self);
	not_compared(self, why);
}

void reconcile_run(struct recovery *self)
{
	look_run(self);
	if (self->look.phase == LOOK_DONE && self->done_at == 0)
		self->done_at = self->now;
	if (self->look.phase == LOOK_DONE && self->now - self->done_at >= GRACE)
		conclude(self);
	bool may_begin = self->look.phase == LOOK_IDLE && self->ours.whole;
	if (may_begin && self->look_due != 0 && self->look_due <= self->now)
		begin(self);
	tell_unseen(self);
	compare_stops(self);
}

void reconcile_stream(struct recovery *self, bool whole)
{
	bool was_whole = self->ours.whole;

	ours_stream(&self->ours, whole, self->now);
	if (!whole) {
		self->look.phase = LOOK_IDLE; /* half of it would be compared with other books */
		self->look.token = 0;
		self->look_due = 0;
		self->guard_sent = false; /* a restart ends it */
	} else if (!was_whole) {
		self->is_second = false;
		reconcile_want(self, self->compared_at == 0 ? "start" : "executor");
	}
}

void reconcile_asked(struct recovery *self, const struct command *command)
{
	struct command_result refused = {
		.text = text_format("recovery doesn't do %s: it knows RECONCILE",
	                            enum_print(&enum_command_kind, (int)command->kind)),
	};

	if (command->kind != COMMAND_KIND_RECONCILE) {
		outbox_answer(self->out, self->event->token, MESSAGE_COMMAND_RESULT, &refused);
		return;
	}
	answer_waiter(self, false, "somebody else asked again");
	self->waiter = self->event->token;
	if (!self->ours.whole)
		answer_waiter(self, false, "the executor doesn't tell its books");
	else
		reconcile_want(self, command->actor.text);
}

void reconcile_answered(struct recovery *self)
{
	const struct command_result *result = event_body(self->event, MESSAGE_COMMAND_RESULT);
	const struct call_failed *failed = event_body(self->event, MESSAGE_CALL_FAILED);

	if (result != NULL && result->done)
		return;
	if ((self->event->token & ((1u << RECOVERY_CALL_BITS) - 1)) == RECOVERY_CALL_GUARD)
		self->guard_sent = false;
	outbox_note(self->out, SEVERITY_WARNING, "books.command",
	            "the executor didn't do what recovery asked: %s",
	            result != NULL   ? result->text.text
	            : failed != NULL ? failed->reason.text
	                             : "an answer of another kind");
}
