/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/host.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum { SIGNED_MAX = 2048, FRAME_TEXT_MAX = 4096, FAIL_TEXT_MAX = 240 };

/* Address 0 stands for the built-in exchange on this machine, which writes its port to a file. */
static enum err resolve(const struct host *self, const char *configured, char out[URL_MAX])
{
	size_t size = strlen(configured);
	char path[600], port[16] = "";
	if (size < 2 || strcmp(configured + size - 2, ":0") != 0) {
		snprintf(out, URL_MAX, "%s", configured);
		return OK;
	}
	snprintf(path, sizeof path, "%s/exchange.port", self->paths.state);
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return ERR_UNAVAILABLE;
	bool is_read = fgets(port, sizeof port, file) != NULL;
	fclose(file);
	long number = strtol(port, NULL, 10);
	if (!is_read || number < 1 || number > 65535)
		return ERR_UNAVAILABLE;
	snprintf(out, URL_MAX, "%.*s:%ld", (int)(size - 2), configured, number);
	return OK;
}

static void refuse_http(struct host *self, uint64_t token, const char *reason)
{
	struct venue_answer answer = {
		.evidence = EVIDENCE_UNSENT,
		.text = text_from(reason),
		.sent = self->now,
	};
	host_later(self, EVENT_REPLY, token, MESSAGE_VENUE_ANSWER, &answer);
}

static struct http_call *free_http_call(struct host *self)
{
	for (size_t i = 0; i < HTTP_CALLS_MAX; i++) {
		struct http_call *call = &self->http_calls[++self->http_number % HTTP_CALLS_MAX];
		if (call->number == 0) {
			call->number = self->http_number;
			return call;
		}
	}
	return NULL;
}

static enum err write_request(const struct host *self, const struct http_request *request,
                              char *query, char *header)
{
	header[0] = '\0';
	if (!request->is_signed) {
		snprintf(query, SIGNED_MAX, "%s", request->query);
		return OK;
	}
	assert(self->key != NULL);
	enum err err = self->dialect->sign(request, self->key, query, SIGNED_MAX);
	return err != OK ? err : self->dialect->key_header(self->key, header, 256);
}

static enum err start_http(struct host *self, struct http_call *call, char why[FAIL_TEXT_MAX])
{
	char url[URL_MAX + 160], query[SIGNED_MAX], header[256];
	const struct http_request *request = &call->request;
	if (self->rest_base[0] == '\0' &&
	    resolve(self, self->stack.rest_url.text, self->rest_base) != OK) {
		snprintf(why, FAIL_TEXT_MAX, "the exchange isn't up yet");
		return ERR_UNAVAILABLE;
	}
	enum err err = write_request(self, request, query, header);
	snprintf(url, sizeof url, "%s%s", self->rest_base, request->path);
	snprintf(why, FAIL_TEXT_MAX, "can't send: %s", err_text(err));
	if (err != OK)
		return err;
	nanos_t left = request->write_before - self->now;
	struct http_job job = {
		.token = call->number,
		.method = request->method,
		.once = request->once,
		.timeout_ms = request->timeout_ms,
		.write_before = request->write_before != 0 ? clock_stamp() + left : 0,
		.url = url,
		.query = query,
		.header = header,
	};
	err = self->service->http->start(self->http, &job);
	snprintf(why, FAIL_TEXT_MAX, "can't send: %s", err_text(err));
	return err;
}

void host_call_http(struct host *self, const struct effect *effect)
{
	char why[FAIL_TEXT_MAX] = "too many requests are under way";
	struct http_call *call = free_http_call(self);
	if (call == NULL) {
		refuse_http(self, effect->token, why);
		return;
	}
	call->token = effect->token;
	call->sent = self->now;
	call->request = *(const struct http_request *)effect->body;
	if (start_http(self, call, why) != OK) {
		call->number = 0;
		refuse_http(self, effect->token, why);
	}
}

struct emitting {
	struct host *host;
	uint64_t token;
};

static void emit(void *context, enum message_type type, const void *body)
{
	struct emitting *emitting = context;
	host_message(emitting->host, type, body, emitting->token);
}

void host_drain_http(struct host *self)
{
	struct http_result result;
	while (self->service->http->next(self->http, &result)) {
		struct http_call *call = &self->http_calls[result.token % HTTP_CALLS_MAX];
		struct venue_answer answer = {0};
		assert(call->number == result.token);
		if (result.answer.status == 0) /* it may have come back elsewhere */
			self->rest_base[0] = '\0';
		struct emitting emitting = {.host = self, .token = call->token};
		struct message_sink sink = {.take = emit, .self = &emitting};
		self->dialect->read_answer(&call->request, &result.answer, &sink, &answer);
		answer.sent = call->sent;
		call->number = 0;
		struct event event = {
			.kind = EVENT_REPLY,
			.token = call->token,
			.type = MESSAGE_VENUE_ANSWER,
			.body = &answer,
		};
		host_step(self, &event);
	}
}

/* links */

static enum err open_link(struct host *self, const struct link_open *open)
{
	char base[URL_MAX], url[URL_MAX + TEXT_MAX_SIZE];
	bool is_user = strncmp(open->link.text, "user", 4) == 0;
	enum err err = resolve(
		self, is_user ? self->stack.user_url.text : self->stack.market_url.text, base);
	if (err != OK)
		return err;
	snprintf(url, sizeof url, "%s%s", base, open->path.text);
	err = self->service->links->connect(self->links, &open->link, url);
	if (err != OK)
		host_log(self, SEVERITY_ERROR, "link.refused", "%s: %s", url, err_text(err));
	return OK;
}

static void want_link(struct host *self, const struct link_open *open)
{
	size_t at = 0;
	if (open_link(self, open) == OK)
		return;
	while (at < self->link_waiting_count &&
	       !name_equals(&self->links_waiting[at].link, &open->link))
		at++; /* opened again: moved */
	assert(at < LINKS_WAITING_MAX);
	self->links_waiting[at] = *open;
	if (at == self->link_waiting_count)
		self->link_waiting_count++;
}

void host_open_waiting_links(struct host *self)
{
	size_t left = 0;
	for (size_t i = 0; i < self->link_waiting_count; i++)
		if (open_link(self, &self->links_waiting[i]) != OK)
			self->links_waiting[left++] = self->links_waiting[i];
	self->link_waiting_count = left;
}

static struct frame_call *free_frame_call(struct host *self)
{
	for (size_t i = 0; i < FRAME_CALLS_MAX; i++)
		if (self->frame_calls[i].number == 0)
			return &self->frame_calls[i];
	return NULL;
}

void host_call_frame(struct host *self, const struct effect *effect)
{
	char text[FRAME_TEXT_MAX];
	const struct link_frame *frame = effect->body;
	struct frame_call *call = free_frame_call(self);
	if (call == NULL) {
		host_fail_later(self, effect->token, frame->link.text, false,
		                "too many frames are under way");
		return;
	}
	call->number = ++self->frame_number;
	call->token = effect->token;
	call->link = frame->link;
	call->sent = self->now;
	call->expires = effect->at != 0 ? effect->at : self->now + NANOS_S;
	nanos_t venue_now = frame->venue_now != 0 ? frame->venue_now : self->now;
	enum err err = self->dialect->sign_frame(frame, call->number, venue_now, self->key, text,
	                                         sizeof text);
	if (err == OK)
		err = self->service->links->send(self->links, &frame->link, text, strlen(text));
	if (err != OK) {
		call->number = 0;
		host_fail_later(self, effect->token, frame->link.text, false, err_text(err));
	}
}

static void end_frame_calls(struct host *self, const name_t *link, nanos_t expired_before,
                            const char *reason)
{
	for (size_t i = 0; i < FRAME_CALLS_MAX; i++) {
		struct frame_call *call = &self->frame_calls[i];
		if (call->number == 0 || (link != NULL && !name_equals(&call->link, link)) ||
		    (expired_before != 0 && call->expires > expired_before))
			continue;
		call->number = 0;
		host_fail_later(self, call->token, call->link.text, true, reason);
	}
}

void host_expire_frames(struct host *self)
{
	end_frame_calls(self, NULL, self->now, "no answer in time");
}

static void reply_frame(struct host *self, uint64_t number, struct venue_answer *answer)
{
	for (size_t i = 0; i < FRAME_CALLS_MAX; i++) {
		if (self->frame_calls[i].number != number)
			continue;
		self->frame_calls[i].number = 0;
		answer->sent = self->frame_calls[i].sent;
		struct event event = {
			.kind = EVENT_REPLY,
			.token = self->frame_calls[i].token,
			.type = MESSAGE_VENUE_ANSWER,
			.body = answer,
		};
		host_step(self, &event);
		return;
	}
	self->dropped++;
}

static void tell_refused(struct host *self, const struct link_event *event, enum err err)
{
	struct venue_notice notice = {
		.link = event->link,
		.event = name_from("malformed"),
		.text = text_format("%s: %.120s", err_text(err), event->text),
	};
	self->refused++;
	host_message(self, MESSAGE_VENUE_NOTICE, &notice, 0);
}

static void read_link_frame(struct host *self, const struct link_event *event)
{
	struct emitting emitting = {.host = self};
	struct message_sink sink = {.take = emit, .self = &emitting};
	struct venue_answer answer = {0};
	uint64_t number = 0;
	enum err err = self->dialect->read_frame(event->link.text, event->text, event->size, &sink,
	                                         &number, &answer);
	if (err != OK)
		tell_refused(self, event, err);
	else if (number != 0)
		reply_frame(self, number, &answer);
}

static void tell_link(struct host *self, const struct link_event *event)
{
	bool is_up = event->kind == LINK_EVENT_UP;
	struct link_state state = {
		.link = event->link,
		.status = is_up ? LINK_STATUS_UP : LINK_STATUS_DOWN,
		.reason = text_from(is_up ? "" : event->text),
	};
	if (!is_up)
		end_frame_calls(self, &event->link, 0, "the link went down");
	host_message(self, MESSAGE_LINK_STATE, &state, 0);
}

void host_drain_links(struct host *self)
{
	struct link_event event;
	while (self->service->links->next(self->links, &event)) {
		if (event.kind == LINK_EVENT_FRAME)
			read_link_frame(self, &event);
		else
			tell_link(self, &event);
		if (self->now >= self->beat_at)
			return; /* level-triggered: the rest is taken in the next turn */
	}
}

/* our own listener */

void host_answer_wire(struct host *self, const struct effect *effect)
{
	if (self->listener == NULL)
		return;
	if (effect->status == 0)
		self->service->listener->frame(self->listener, effect->token, effect->text,
		                               effect->size);
	else if (effect->status == 1)
		self->service->listener->drop(self->listener, effect->token);
	else
		self->service->listener->answer(self->listener, effect->token, effect->status,
		                                effect->headers, effect->text, effect->size);
}

void host_drain_listener(struct host *self)
{
	struct wire wire;
	while (self->service->listener->next(self->listener, &wire)) {
		struct event event = {.kind = EVENT_WIRE, .wire = &wire};
		host_step(self, &event);
		if (self->now >= self->beat_at)
			return;
	}
}

/* child processes */

static void tell_child_ended(struct host *self, const name_t *service, uint64_t pid, text_t reason,
                             bool expected)
{
	struct child_ended ended = {
		.service = *service, .pid = pid, .reason = reason, .expected = expected};
	host_later(self, EVENT_MESSAGE, 0, MESSAGE_CHILD_ENDED, &ended);
}

/* The console of a child, for what it says before its own log stands. */
static void console_path(const struct host *self, const char *child, char *out, size_t capacity)
{
	const char *log_dir = self->stack.log_dir.text;
	if (log_dir[0] != '\0')
		snprintf(out, capacity, "%s/%s.console", log_dir, child);
	else
		snprintf(out, capacity, "%s/logs/%s.console", self->paths.state, child);
}

static void start_child(struct host *self, const struct child_start *start)
{
	char output[1024];
	uint64_t pid = 0;
	text_t why;
	char *const *argv = self->service->command(self->config, &self->stack, &self->paths,
	                                           start->service.text);
	console_path(self, start->service.text, output, sizeof output);
	if (processes_start(self->processes, &start->service, argv, output, &pid, &why) != OK) {
		tell_child_ended(self, &start->service, 0, why, false);
		return;
	}
	struct child_started started = {.service = start->service, .pid = pid};
	host_later(self, EVENT_MESSAGE, 0, MESSAGE_CHILD_STARTED, &started);
}

/* The last line in the tail of a console that begins like the program's own complaints. */
static bool find_complaint(char *tail, const char *program, size_t size, char **out)
{
	bool is_found = false;
	char *rest = tail;
	for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
		if (strncmp(line, program, size) != 0 || strncmp(line + size, ": ", 2) != 0)
			continue;
		*out = line + size + 2;
		is_found = true;
	}
	return is_found;
}

/* A program that gives up says why on its console, as does a failed assertion. */
static void add_last_words(const struct host *self, struct process_end *end)
{
	char path[1024], tail[4096], *words;
	bool gave_up = WIFEXITED(end->status) ? WEXITSTATUS(end->status) != 0
	                                      : WTERMSIG(end->status) == SIGABRT;
	if (!gave_up)
		return;
	console_path(self, end->name.text, path, sizeof path);
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return;
	if (fseek(file, -(long)(sizeof tail - 1), SEEK_END) != 0)
		rewind(file); /* shorter than that */
	tail[fread(tail, 1, sizeof tail - 1, file)] = '\0';
	fclose(file);
	if (find_complaint(tail, end->name.text, strcspn(end->name.text, "."), &words))
		end->reason = text_format("%s: %s", end->reason.text, words);
}

void host_drain_processes(struct host *self)
{
	struct process_end end;
	while (processes_next(self->processes, &end)) {
		add_last_words(self, &end);
		tell_child_ended(self, &end.name, end.pid, end.reason, end.status == 0);
	}
}

/* host_perform walks the outbox meanwhile: what comes of a call is an event after the walk. */
void host_call_host(struct host *self, const struct effect *effect)
{
	switch (effect->type) {
	case MESSAGE_LINK_OPEN: want_link(self, effect->body); break;
	case MESSAGE_LINK_CLOSE:
		self->service->links->drop(self->links,
		                           &((const struct link_close *)effect->body)->link);
		break;
	case MESSAGE_CHILD_START: start_child(self, effect->body); break;
	case MESSAGE_CHILD_SIGNAL: {
		const struct child_signal *signal = effect->body;
		if (processes_signal(self->processes, &signal->service, (int)signal->signal) != OK)
			host_log(self, SEVERITY_WARNING, "child.signal", "%s isn't running",
			         signal->service.text);
		break;
	}
	default: assert(!"a host call of an unknown type");
	}
}
