/* SPDX-License-Identifier: Apache-2.0 */
#include "services/recovery/report.h"

static const struct {
	enum difference_kind kind;
	const char *advice;
} advices[] = {
	{DIFFERENCE_KIND_BALANCE, "somebody moved what bots hold, or a balance is stale: look at "
                                  "the exchange's own history, "
                                  "then bw halt or bw arm"},
	{DIFFERENCE_KIND_ORDER_UNKNOWN,
         "bw orders; an order with our mark and no record: cancel it at the exchange if it isn't "
         "meant"},
	{DIFFERENCE_KIND_ORDER_GONE,
         "bw logs executor; it asks for the order's end; if it stays: restart the executor"},
	{DIFFERENCE_KIND_EXECUTION_MISSING,
         "bw logs executor; restart the executor: it fetches what it missed; believe the exchange"},
	{DIFFERENCE_KIND_QUANTITY,
         "believe the exchange; bw halt, then find the first record that differs in bw logs "
         "executor"},
	{DIFFERENCE_KIND_NAKED_POSITION,
         "bw orders; bw kill --level 3 sells it if the stop doesn't come back"},
};

void report_begin(struct recovery *self)
{
	nanos_t began = self->look.started != 0 ? self->look.started : self->started_at;

	self->report = (struct rec_report){
		.number = self->said.number + 1,
		.trigger = self->trigger,
		.at = self->now,
		.duration_ms = (uint64_t)((self->now - began) / NANOS_MS),
		.restored = self->restored,
	};
}

static text_t advice_of(const struct recovery *self)
{
	const struct rec_difference *worst = differences_worst(&self->found);

	for (size_t i = 0; worst != NULL && i < sizeof advices / sizeof *advices; i++)
		if (advices[i].kind == worst->kind)
			return text_from(advices[i].advice);
	if (self->report.orders_disputed > 0)
		return text_format("%llu orders have an unknown or disputed fate: bw orders, "
		                   "docs/operations.md",
		                   (unsigned long long)self->report.orders_disputed);
	return text_from("nothing to do");
}

void report_done(struct recovery *self)
{
	const struct rec_difference *worst = differences_worst(&self->found);
	struct rec_report *report = &self->report;

	report->success = true;
	report->differences = differences_counting(&self->found, true);
	report->agree = report->differences == 0;
	report->guarded = self->dispute != DISPUTE_NONE;
	report->reason = worst != NULL ? worst->text : text_from("");
	report->advice = advice_of(self);
	for (uint32_t i = 0; report->agree && i < self->line_count; i++)
		self->lines[i].agreed = self->lines[i].exchange;
}

void report_failed(struct recovery *self, const char *why)
{
	struct rec_report *report = &self->report;

	report->success = report->agree = false;
	report->reason = text_from(why);
	report->guarded = self->dispute != DISPUTE_NONE;
	report->advice = text_from(
		self->ours.whole
			? "bw doctor: is the exchange reachable, is the key right, is the clock?"
			: "bw status, bw logs executor; bw kill works without the executor");
	differences_clear(&self->found);
}

/* The first, and those that aren't well, are worth a line. */
static void note(struct recovery *self)
{
	const struct rec_report *report = &self->report;
	bool is_quiet = report->agree && name_is(&report->trigger, "interval");

	if (!report->success)
		outbox_note(self->out, SEVERITY_WARNING, "recovery.report",
		            "books not compared: %s", report->reason.text);
	else
		outbox_note(self->out, is_quiet ? SEVERITY_DEBUG : SEVERITY_INFO, "recovery.report",
		            "%s (%s): %llu numbers compared, %llu new executions, %llu orders "
		            "resumed, %llu adopted, %llu disputed, %llu differences in %llu ms",
		            report->agree ? "books agree" : "books differ", report->trigger.text,
		            (unsigned long long)report->instruments,
		            (unsigned long long)report->executions,
		            (unsigned long long)report->orders_resumed,
		            (unsigned long long)report->orders_adopted,
		            (unsigned long long)report->orders_disputed,
		            (unsigned long long)report->differences,
		            (unsigned long long)report->duration_ms);
	for (uint32_t i = 0; i < self->found.count; i++)
		if (difference_counts(self->found.items[i].kind))
			outbox_note(self->out, SEVERITY_WARNING, "recovery.difference", "%s",
			            self->found.items[i].text.text);
}

void report_publish(struct recovery *self)
{
	self->report.guarded = self->dispute != DISPUTE_NONE;
	note(self);
	self->trigger = name_from("interval");
	for (uint32_t i = 0; i < self->found.count; i++)
		self->found.items[i].report = self->report.number;
	self->said = self->report;
	self->told = self->found;
	report_republish(self, self->out);
}

void report_republish(const struct recovery *self, struct outbox *out)
{
	if (self->said.number == 0)
		return;
	for (uint32_t i = 0; i < self->line_count; i++)
		outbox_publish(out, MESSAGE_REC_LINE, &self->lines[i]);
	for (uint32_t i = 0; i < self->told.count; i++)
		outbox_publish(out, MESSAGE_REC_DIFFERENCE, &self->told.items[i]);
	outbox_publish(out, MESSAGE_REC_REPORT, &self->said);
}
