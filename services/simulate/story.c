/* SPDX-License-Identifier: Apache-2.0 */
#include "services/simulate/story.h"

#include "proto/print.h"
#include "services/bw/grid.h"

#include <stdarg.h>
#include <string.h>

void story_init(struct story *self, const struct world *world, FILE *file, bool colour)
{
	*self = (struct story){.world = world, .file = file, .colour = colour};
}

static void line(struct story *self, enum tint tint, const char *who, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static void line(struct story *self, enum tint tint, const char *who, const char *format, ...)
{
	nanos_t passed = world_now(self->world) - world_began(self->world);
	va_list arguments;
	fprintf(self->file, "%s%9.3f  %-10s ", tint_on(tint, self->colour),
	        (double)passed / (double)NANOS_S, who);
	va_start(arguments, format);
	vfprintf(self->file, format, arguments);
	va_end(arguments);
	fprintf(self->file, "%s\n", tint_off(tint, self->colour));
}

/* Faults have no call of their own: their counters move. */
static void tell_faults(struct story *self)
{
	const struct world_figures *figures = world_figures(self->world);
	for (unsigned i = 1; i < FAULT_KINDS; i++) {
		if (figures->hits[i] == self->hits[i])
			continue;
		self->hits[i] = figures->hits[i];
		line(self, TINT_WARN, "fault", "%s: %s", fault_infos[i].name, fault_infos[i].doc);
	}
}

static enum tint tint_of(enum severity severity)
{
	if (severity >= SEVERITY_ERROR)
		return TINT_BAD;
	return severity == SEVERITY_WARNING ? TINT_WARN : TINT_NONE;
}

static const char *name(const struct story *self, unsigned node)
{
	return world_name(self->world, node);
}

void story_effect(struct story *self, unsigned node, const struct effect *effect)
{
	if (self->file == NULL)
		return;
	tell_faults(self);
	if (effect->kind == EFFECT_NOTE && effect->severity >= SEVERITY_INFO &&
	    strcmp(name(self, node), "alert") != 0)
		line(self, tint_of(effect->severity), name(self, node), "%s: %s", effect->name,
		     effect->text);
}

static const char *method_name(enum http_method method)
{
	static const char *const names[] = {[HTTP_GET] = "GET",
	                                    [HTTP_POST] = "POST",
	                                    [HTTP_PUT] = "PUT",
	                                    [HTTP_DELETE] = "DELETE"};
	return names[method];
}

void story_sent(struct story *self, unsigned node, const struct http_request *request)
{
	if (self->file == NULL)
		return;
	tell_faults(self);
	line(self, request->method == HTTP_GET ? TINT_DIM : TINT_BOLD, name(self, node),
	     "-> %s %s %.200s", method_name(request->method), request->path, request->query);
}

void story_executed(struct story *self, unsigned node, const struct http_request *request)
{
	(void)node;
	if (self->file == NULL || request->method == HTTP_GET)
		return;
	tell_faults(self);
	line(self, TINT_GOOD, "exchange", "did %s %s", method_name(request->method), request->path);
}

void story_saved(struct story *self, unsigned node, enum message_type type, const void *record)
{
	char text[1024];
	if (self->file == NULL || type == MESSAGE_ALERT || type == MESSAGE_INSTRUMENT)
		return;
	message_print(message_info(type), record, text, sizeof text);
	line(self, type == MESSAGE_FILL ? TINT_GOOD : TINT_NONE, name(self, node),
	     "saved %s %.400s", message_info(type)->name, text);
}

static void tell_answer(struct story *self, unsigned node, const struct venue_answer *answer)
{
	bool is_good = answer->evidence == EVIDENCE_EXISTS;
	line(self, is_good ? TINT_DIM : TINT_WARN, name(self, node), "<- %llu %s %s",
	     (unsigned long long)answer->http_status, enum_print(&enum_evidence, answer->evidence),
	     answer->text.text);
}

void story_stepped(struct story *self, unsigned node, const struct event *event)
{
	if (self->file == NULL)
		return;
	tell_faults(self);
	if (event->kind == EVENT_REPLY && event->type == MESSAGE_VENUE_ANSWER)
		tell_answer(self, node, event->body);
	else if (event->kind == EVENT_SAVE_FAILED)
		line(self, TINT_BAD, name(self, node), "its journal failed");
	else if (event->type == MESSAGE_STREAM_STATE) {
		const struct stream_state *state = event->body;
		line(self, TINT_DIM, name(self, node), "stream of %s is %s %s",
		     state->publisher.text, state->whole ? "whole" : "broken:", state->reason.text);
	}
}

void story_booted(struct story *self, unsigned node)
{
	if (self->file != NULL)
		line(self, TINT_BOLD, name(self, node), "starts");
}

void story_died(struct story *self, unsigned node, enum fault_kind cause)
{
	if (self->file == NULL)
		return;
	tell_faults(self);
	line(self, TINT_BAD, name(self, node), "dies (%s)",
	     cause == FAULT_NONE ? "by itself" : fault_infos[cause].name);
}
