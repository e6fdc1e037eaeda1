/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/toy.h"

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "common/base/hash.h"
#include "common/io/service.h"
#include "common/venue/venue.h"

struct toy_config {
	bool stubborn;
};

static const struct config_key keys[] = {
	{"stubborn", CONFIG_FLAG, offsetof(struct toy_config, stubborn), "false", "", "",
         "Doesn't exit when asked to.", NULL, 0, 0},
};

static const struct config_type toy_config_type = {
	.name = "toy",
	.doc = "Of a toy.",
	.keys = keys,
	.key_count = 1,
	.size = sizeof(struct toy_config),
};

struct durable {
	uint64_t records, chain;
};

struct toy {
	const struct toy_config *config;
	struct durable durable;
	uint64_t said, alerts, calls, entropy, pending;
	nanos_t now, patience;
};

static void toy_init(void *state, const struct identity *identity, const void *config)
{
	struct toy *self = state;
	(void)identity;
	self->config = config;
	self->patience = 300 * NANOS_MS;
}

static void toy_apply(void *state, enum message_type type, const void *record)
{
	struct toy *self = state;
	const uint8_t *bytes = record;
	self->durable.records++;
	for (size_t i = 0; i < message_info(type)->size; i++)
		self->durable.chain = hash_mix(self->durable.chain + bytes[i] + 1);
}

static void say(struct outbox *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct outbox *out, const char *format, ...)
{
	char text[200];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	struct trading_state state = {.status = TRADING_STATUS_NORMAL, .reason = text_from(text)};
	outbox_publish(out, MESSAGE_TRADING_STATE, &state);
}

static void save(struct toy *self, const struct event *event, enum save_class save_class,
                 struct outbox *out)
{
	struct journal_latch record = {
		.halted = true,
		.level = self->durable.records,
		.reason = text_format("%" PRId64 " %" PRIu64, event->now, event->entropy),
		.at = event->now,
	};
	outbox_save(out, save_class, MESSAGE_JOURNAL_LATCH, &record);
	toy_apply(self, MESSAGE_JOURNAL_LATCH, &record);
}

static void call(struct toy *self, nanos_t now, uint64_t number, struct outbox *out)
{
	struct approval approval = {
		.intent_id = {1, number},
		.purpose = PURPOSE_ENTRY,
		.side = SIDE_BUY,
		.type = ORDER_TYPE_LIMIT,
		.time_in_force = TIME_IN_FORCE_GTC,
		.stop_place = STOP_PLACE_EXCHANGE,
		.qty = DECIMAL_ONE,
		.price = DECIMAL_ONE,
	};
	outbox_call(out, "executor", number, now + self->patience, MESSAGE_APPROVAL, &approval);
}

static void answer(const struct toy *self, uint64_t token, struct outbox *out)
{
	struct command_result result = {
		.done = true,
		.text = text_format("%016" PRIx64 " %" PRIu64, self->durable.chain,
	                            self->durable.records),
	};
	outbox_answer(out, token, MESSAGE_COMMAND_RESULT, &result);
}

static void ask_exchange(struct outbox *out)
{
	struct http_request request = {
		.method = HTTP_GET,
		.is_signed = true,
		.timeout_ms = 5000,
		.path = "/api/v3/account",
		.query = "timestamp=1",
	};
	outbox_call_http(out, 1, &request);
}

static void fill_disk(void)
{
	struct rlimit none = {.rlim_cur = 1, .rlim_max = 1};
	setrlimit(RLIMIT_FSIZE, &none);
}

static void do_numbered(struct toy *self, const struct event *event, const char *word,
                        struct outbox *out)
{
	const char *colon = strchr(word, ':');
	uint64_t number = colon != NULL ? strtoull(colon + 1, NULL, 10) : ++self->calls;
	if (strncmp(word, "patience", 8) == 0)
		self->patience = (nanos_t)number * NANOS_MS;
	else if (strncmp(word, "publishes", 9) == 0)
		for (uint64_t i = 1; i <= number; i++)
			say(out, "said %" PRIu64, ++self->said);
	else if (strncmp(word, "calls", 5) == 0)
		for (uint64_t i = 1; i <= number; i++)
			call(self, event->now, i, out);
	else
		call(self, event->now, number, out);
}

static void do_word(struct toy *self, const struct event *event, const char *word,
                    const char *script, struct outbox *out)
{
	if (strcmp(word, "save") == 0)
		save(self, event, SAVE_SYNCED, out);
	else if (strcmp(word, "buffered") == 0)
		save(self, event, SAVE_BUFFERED, out);
	else if (strcmp(word, "publish") == 0)
		say(out, "said %" PRIu64, ++self->said);
	else if (strcmp(word, "answer") == 0)
		answer(self, event->token, out);
	else if (strcmp(word, "later") == 0)
		self->pending = event->token;
	else if (strcmp(word, "timer") == 0)
		outbox_set_timer(out, 1, event->now);
	else if (strcmp(word, "note") == 0)
		outbox_note(out, SEVERITY_INFO, "toy.note", "%s", script);
	else if (strcmp(word, "alert") == 0)
		outbox_alert(out, event->now, SEVERITY_CRITICAL, "toy.alert", "alert %" PRIu64,
		             ++self->alerts);
	else if (strcmp(word, "http") == 0)
		ask_exchange(out);
	else if (strcmp(word, "full") == 0)
		fill_disk();
	else if (strcmp(word, "overflow") == 0)
		for (size_t i = 0; i <= OUTBOX_EFFECTS_MAX; i++)
			outbox_set_timer(out, 1, event->now);
	else if (strcmp(word, "exit") == 0)
		outbox_exit(out, "told to");
	else
		do_numbered(self, event, word, out);
}

static void take_script(struct toy *self, const struct event *event, struct outbox *out)
{
	char script[TEXT_MAX_SIZE + 1], *rest = script;
	const struct command *command = event->body;
	strcpy(script, command->reason.text);
	for (char *word; (word = strsep(&rest, " ")) != NULL;)
		do_word(self, event, word, command->reason.text, out);
}

static void take_reply(const struct event *event, struct outbox *out)
{
	const struct call_failed *failed = event_body(event, MESSAGE_CALL_FAILED);
	const struct venue_answer *venue = event_body(event, MESSAGE_VENUE_ANSWER);
	say(out, "reply %" PRIu64 " %s%s%s", event->token, message_info(event->type)->name,
	    failed == NULL ? ""
	    : failed->sent ? " sent "
	                   : " unsent ",
	    failed != NULL  ? failed->reason.text
	    : venue != NULL ? " "
	                    : "");
}

static void take_message(const struct event *event, struct outbox *out)
{
	const struct stream_state *stream = event_body(event, MESSAGE_STREAM_STATE);
	const struct order *order = event_body(event, MESSAGE_ORDER);
	if (stream != NULL)
		say(out, "%s %s", stream->publisher.text, stream->whole ? "whole" : "broken");
	else if (order != NULL)
		say(out, "order %" PRIu64, order->venue_id);
	else
		say(out, "%s", message_info(event->type)->name);
}

static void take_request(struct toy *self, const struct event *event, struct outbox *out)
{
	struct receipt receipt = {.accepted = true};
	if (event->type == MESSAGE_COMMAND)
		take_script(self, event, out);
	else if (event->type == MESSAGE_APPROVAL)
		outbox_answer(out, event->token, MESSAGE_RECEIPT, &receipt);
}

static void take_timer(struct toy *self, struct outbox *out)
{
	say(out, "timer");
	if (self->pending != 0)
		answer(self, self->pending, out);
	self->pending = 0;
}

static void watch_time(struct toy *self, const struct event *event, struct outbox *out)
{
	if (event->now < self->now)
		say(out, "wrong time");
	if (event->entropy == self->entropy)
		say(out, "wrong chance");
	self->now = event->now;
	self->entropy = event->entropy;
}

static void toy_step(void *state, const struct event *event, struct outbox *out)
{
	struct toy *self = state;
	watch_time(self, event, out);
	if (event->kind == EVENT_START)
		say(out, "start %" PRIu64, self->durable.records);
	else if (event->kind == EVENT_REQUEST)
		take_request(self, event, out);
	else if (event->kind == EVENT_REPLY)
		take_reply(event, out);
	else if (event->kind == EVENT_MESSAGE)
		take_message(event, out);
	else if (event->kind == EVENT_TIMER)
		take_timer(self, out);
	else if (event->kind == EVENT_SAVE_FAILED)
		say(out, "save_failed");
	else if (event->kind == EVENT_STOP && !self->config->stubborn)
		outbox_exit(out, "asked to stop");
}

static void toy_republish(const void *state, nanos_t now, struct outbox *out)
{
	const struct toy *self = state;
	(void)now;
	say(out, "again %" PRIu64, self->durable.records);
}

static const struct logic toy_logic = {
	.name = "toy",
	.state_size = sizeof(struct toy),
	.arena_size = 4 << 20,
	.init = toy_init,
	.apply = toy_apply,
	.step = toy_step,
	.republish = toy_republish,
};

int toy_main(int argc, char **argv)
{
	const struct service toy = {
		.name = argv[1],
		.doc = "does what it is told",
		.logic = &toy_logic,
		.config = &toy_config_type,
		.needs = NEEDS_JOURNAL | NEEDS_SEAL | NEEDS_VENUE_KEY,
		.http = &http_part,
		.dialect = venue_dialect,
	};
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that is killed leaves no toy behind */
	return service_main(&toy, argc - 1, argv + 1);
}
