/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/host_rig.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static const char STACK[] = "symbols: [BTCUSDT]\n"
			    "services: [risk, executor, strategy]\n"
			    "redis: off\n"
			    "log_console: false\n"
			    "hot_cpu: none\n"
			    "heartbeat: 50ms\n"
			    "call_repeat: 20ms\n"
			    "silence_max: 1s\n";

static int64_t now_ms(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

void host_rig_open(struct host_rig *self, const char *toy)
{
	memset(self, 0, sizeof *self);
	scratch_open(&self->scratch);
	snprintf(self->profile, sizeof self->profile, "%s/profile", self->scratch.path);
	snprintf(self->state, sizeof self->state, "%s/state", self->scratch.path);
	snprintf(self->run, sizeof self->run, "%s/run", self->state);
	snprintf(self->output, sizeof self->output, "%s/output", self->scratch.path);
	snprintf(self->toy, sizeof self->toy, "%s", toy);
	mkdir(self->profile, 0700);
	mkdir(self->state, 0700);
	mkdir(self->run, 0700);
	scratch_write_text(&self->scratch, "profile/stack.yaml", STACK);
}

/* What a sanitizer had to say of the toy; false when nothing. */
static bool print_reports(struct host_rig *self)
{
	char *output = scratch_read(&self->scratch, "output", NULL);
	bool is_reported = output != NULL && strstr(output, "Sanitizer") != NULL;
	if (is_reported)
		print_error("%s", output);
	free(output);
	return is_reported;
}

void host_rig_close(struct host_rig *self)
{
	if (self->pid != 0)
		child_kill(self->pid);
	bus_peer_close(&self->bw);
	bool is_reported = print_reports(self);
	scratch_close(&self->scratch);
	assert_false(is_reported);
	assert_int_equal(self->wrongs, 0);
}

void host_rig_spawn(struct host_rig *self)
{
	char *argv[12] = {"/proc/self/exe", "--toy",   self->toy,  "--profile",
	                  self->profile,    "--state", self->state};
	if (self->extra[0] != '\0') {
		argv[7] = "--set";
		argv[8] = self->extra;
	}
	self->pid = child_start(argv, self->output);
}

int host_rig_wait(struct host_rig *self)
{
	int status = child_wait(self->pid);
	self->pid = 0;
	return status;
}

void host_rig_start(struct host_rig *self)
{
	struct bus_message message;
	host_rig_spawn(self);
	if (self->bw.context == NULL) {
		bus_peer_open(&self->bw, self->run, "bw", 21, false);
		bus_peer_connect(&self->bw, self->toy);
	}
	do
		bus_peer_await(&self->bw, PEER_HEARD, MESSAGE_HEARTBEAT, &message);
	while (message.body.heartbeat.pid != (uint64_t)self->pid);
	host_rig_ask(self, "answer");
}

static size_t pack(struct host_rig *self, const char *script, uint8_t frame[2048])
{
	struct command command = {
		.kind = COMMAND_KIND_HALT,
		.actor = name_from("test"),
		.reason = text_from(script),
	};
	return bus_peer_pack(&self->bw, MESSAGE_COMMAND, &command,
	                     self->bw.sequences[MESSAGE_COMMAND] + 1, 0, frame);
}

void host_rig_do(struct host_rig *self, const char *script)
{
	uint8_t frame[2048];
	size_t size = pack(self, script, frame);
	bus_peer_ask(&self->bw, frame, size);
}

const char *host_rig_ask(struct host_rig *self, const char *script)
{
	static struct bus_message message;
	host_rig_do(self, script);
	do
		bus_peer_await(&self->bw, PEER_ANSWERED, MESSAGE_COMMAND_RESULT, &message);
	while (message.envelope.correlation != self->bw.sequences[MESSAGE_COMMAND]);
	return message.body.result.text.text;
}

static const char *next_said(struct host_rig *self, int64_t until)
{
	static struct bus_message message;
	int64_t left;
	while ((left = until - now_ms()) > 0) {
		if (!bus_peer_next(&self->bw, PEER_HEARD, &message, (int)left) ||
		    message.envelope.type != MESSAGE_TRADING_STATE)
			continue;
		self->wrongs += strncmp(message.body.state.reason.text, "wrong", 5) == 0;
		return message.body.state.reason.text;
	}
	return NULL;
}

const char *host_rig_hear(struct host_rig *self, const char *beginning, int patience_ms)
{
	int64_t until = now_ms() + (patience_ms != 0 ? patience_ms : PATIENCE_MS);
	const char *said;
	while ((said = next_said(self, until)) != NULL)
		if (strncmp(said, beginning, strlen(beginning)) == 0)
			return said;
	return NULL;
}

const char *host_rig_expect(struct host_rig *self, const char *beginning)
{
	const char *said = host_rig_hear(self, beginning, 0);
	if (said == NULL)
		fail_msg("nobody said: %s", beginning);
	return said;
}

unsigned host_rig_count(struct host_rig *self, const char *beginning)
{
	unsigned count = 0;
	const char *said;
	host_rig_do(self, "patience:1 call:999999"); /* nobody answers it: its end is said behind
	                                                all the rest */
	while ((said = next_said(self, now_ms() + PATIENCE_MS)) != NULL &&
	       strncmp(said, "reply 999999", 12) != 0)
		count += strncmp(said, beginning, strlen(beginning)) == 0;
	assert_non_null(said);
	return count;
}

struct heartbeat host_rig_beat(struct host_rig *self)
{
	struct bus_message message;
	while (bus_peer_next(&self->bw, PEER_HEARD, &message, 0))
		self->wrongs += message.envelope.type == MESSAGE_TRADING_STATE &&
		                strncmp(message.body.state.reason.text, "wrong", 5) == 0;
	host_rig_ask(self, "answer"); /* the heartbeats behind it know of all that came before */
	while (bus_peer_next(&self->bw, PEER_HEARD, &message, 0))
		;
	for (unsigned i = 0; i < 2; i++) /* the first may have been under way */
		bus_peer_await(&self->bw, PEER_HEARD, MESSAGE_HEARTBEAT, &message);
	return message.body.heartbeat;
}

char *host_rig_output(struct host_rig *self)
{
	char *text = scratch_read(&self->scratch, "output", NULL);
	assert_non_null(text);
	return text;
}
