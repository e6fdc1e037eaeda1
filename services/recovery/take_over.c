/* SPDX-License-Identifier: Apache-2.0 */
#include "services/recovery/take_over.h"

#include "common/io/exit_code.h"
#include "common/io/service.h"
#include "common/model/instrument.h"
#include "common/model/lifecycle.h"
#include "services/executor/state.h"
#include "services/recovery/seize.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	TIMER_LOOK = LOGIC_TIMERS_MAX - 1,
	LOOK_MS = 200,
	PATIENCE_S = 30, /* behind the fence */
	WORDS_MAX = 64,
	LEVEL_MAX = 4,
};

#define HALT_TOKEN UINT64_C(0x68616c74)

struct take_over {
	nanos_t started, until;
	bool ended;
	struct executor executor;
};

/* Of this process; set before the logic runs. */
static struct command halt;

static void init(void *state, const struct identity *identity, const void *config)
{
	struct take_over *self = state;

	executor_logic.init(&self->executor, identity, config);
}

static void apply(void *state, enum message_type type, const void *record)
{
	struct take_over *self = state;

	executor_logic.apply(&self->executor, type, record);
}

static void republish(const void *state, nanos_t now, struct outbox *out)
{
	const struct take_over *self = state;

	executor_logic.republish(&self->executor, now, out);
}

static enum service_status health(const void *state, nanos_t now, text_t *why)
{
	const struct take_over *self = state;

	return executor_logic.health(&self->executor, now, why);
}

static bool sells(void)
{
	return halt.level >= 3;
}

static bool is_to_end(const struct order *order)
{
	bool is_stop = order->purpose == PURPOSE_PROTECT || order->purpose == PURPOSE_FLATTEN;

	return sells() || !is_stop;
}

static bool is_dust(const struct executor *executor, const struct position *position)
{
	const struct market *market =
		holdings_market((struct holdings *)&executor->books.holdings, &position->symbol);

	return market != NULL &&
	       instrument_is_dust(&market->instrument, position->qty, position->entry_price);
}

static bool is_held(const struct position *position)
{
	return decimal_sign(position->qty) > 0 && !name_is(&position->bot, "manual");
}

/* Every symbol's open orders and executions were asked for in this run: what the journal doesn't
   know can't be missed. */
static bool has_compared(const struct executor *executor)
{
	for (uint32_t i = 0; i < executor->books.holdings.market_count; i++)
		if (executor->rounds[i].orders_at == 0 || executor->rounds[i].trades_at == 0)
			return false;
	return executor->clock.known;
}

static uint32_t orders_left(const struct executor *executor)
{
	const struct orders *orders = &executor->books.orders;
	uint32_t count = 0;

	for (uint32_t i = 0; i < orders->open_count; i++)
		count += is_to_end(&orders->slots[orders->open[i]].order);
	return count;
}

static uint32_t positions_left(const struct executor *executor)
{
	const struct holdings *holdings = &executor->books.holdings;
	uint32_t count = 0;

	for (uint32_t i = 0; sells() && i < holdings->position_count; i++) {
		const struct position *position = &holdings->positions[i].position;
		count += is_held(position) && !is_dust(executor, position);
	}
	return count;
}

static nanos_t patience(const struct executor *executor)
{
	const struct venue_profile *profile = executor->profile;
	unsigned fence_ms = profile->window_ms + profile->queue_ms + profile->view_lag_ms +
	                    2 * profile->clock_step_ms;

	return fence_ms * NANOS_MS + PATIENCE_S * NANOS_S;
}

/* The answer goes to nobody's socket: it is a line for who reads along. */
static void turn_answer(struct effect *effect)
{
	const struct command_result *result = effect->body;

	if (effect->kind != EFFECT_ANSWER || effect->token != HALT_TOKEN ||
	    effect->type != MESSAGE_COMMAND_RESULT)
		return;
	effect->kind = EFFECT_NOTE;
	effect->severity = result->done ? SEVERITY_INFO : SEVERITY_ERROR;
	effect->note = NOTE_LOG;
	effect->name = "kill.halt";
	effect->text = result->text.text;
}

static void tell_order(const struct order *order, struct outbox *out)
{
	char id[IDENT_TEXT_SIZE];

	if (order_status_is_terminal(order->status))
		outbox_note(out, SEVERITY_INFO, "kill.order", "%s order %s in %s of %s: %s",
		            enum_print(&enum_purpose, (int)order->purpose),
		            ident_print(order->client_id, id), order->symbol.text, order->bot.text,
		            enum_print(&enum_order_status, (int)order->status));
}

static void tell_position(const struct position *position, struct outbox *out)
{
	char qty[DECIMAL_TEXT_SIZE];

	if (!name_is(&position->bot, "manual"))
		outbox_note(out, SEVERITY_INFO, "kill.position", "%s holds %s in %s",
		            position->bot.text, decimal_print(position->qty, qty),
		            position->symbol.text);
}

static void tell_progress(size_t from, struct outbox *out)
{
	size_t count = out->count;

	for (size_t i = from; i < count; i++) {
		struct effect *effect = &out->effects[i];
		turn_answer(effect);
		if (effect->kind == EFFECT_PUBLISH && effect->type == MESSAGE_ORDER)
			tell_order(effect->body, out);
		else if (effect->kind == EFFECT_PUBLISH && effect->type == MESSAGE_POSITION)
			tell_position(effect->body, out);
	}
}

static void begin(struct take_over *self, const struct event *start, struct outbox *out)
{
	struct envelope envelope = {.type = MESSAGE_COMMAND,
	                            .sender = name_from("recovery"),
	                            .epoch = 1,
	                            .sequence = 1};
	struct event event = {
		.kind = EVENT_REQUEST,
		.now = start->now,
		.stamp = start->stamp,
		.handed = start->handed,
		.entropy = start->entropy ^ HALT_TOKEN,
		.token = HALT_TOKEN,
		.envelope = &envelope,
		.type = MESSAGE_COMMAND,
		.body = &halt,
	};

	self->started = start->now;
	if (!self->executor.started)
		return; /* it said why and ends */
	self->until = start->now + patience(&self->executor);
	executor_logic.step(&self->executor, &event, out);
	outbox_set_timer(out, TIMER_LOOK, start->now + LOOK_MS * NANOS_MS);
}

static void look(struct take_over *self, nanos_t now, struct outbox *out)
{
	const struct executor *executor = &self->executor;
	bool is_clean = has_compared(executor) && orders_left(executor) == 0 &&
	                positions_left(executor) == 0;

	if (!is_clean && now < self->until) {
		outbox_set_timer(out, TIMER_LOOK, now + LOOK_MS * NANOS_MS);
		return;
	}
	self->ended = is_clean;
	outbox_exit(out, is_clean ? "nothing is left" : "not everything has ended in time");
}

static void step(void *state, const struct event *event, struct outbox *out)
{
	struct take_over *self = state;
	size_t from = out->count;

	if (event->kind == EVENT_TIMER && event->timer == TIMER_LOOK) {
		look(self, event->now, out);
		return;
	}
	executor_logic.step(&self->executor, event, out);
	if (event->kind == EVENT_START)
		begin(self, event, out);
	tell_progress(from, out);
}

struct logic take_over_logic(const struct command *command)
{
	struct logic logic = executor_logic;

	halt = *command;
	logic.state_size = sizeof(struct take_over);
	logic.init = init;
	logic.apply = apply;
	logic.checkpoint = NULL;
	logic.step = step;
	logic.republish = republish;
	logic.health = health;
	return logic;
}

static void print_orders(const struct executor *executor)
{
	const struct orders *orders = &executor->books.orders;
	char id[IDENT_TEXT_SIZE], qty[DECIMAL_TEXT_SIZE];

	for (uint32_t i = 0; i < orders->open_count; i++) {
		const struct order *order = &orders->slots[orders->open[i]].order;
		printf("%s  order %s %s %s %s of %s in %s: %s\n",
		       is_to_end(order) ? "left " : "stays", ident_print(order->client_id, id),
		       enum_print(&enum_purpose, (int)order->purpose),
		       enum_print(&enum_side, (int)order->side), decimal_print(order->qty, qty),
		       order->bot.text, order->symbol.text,
		       enum_print(&enum_order_status, (int)order->status));
	}
}

static void print_positions(const struct executor *executor)
{
	const struct holdings *holdings = &executor->books.holdings;
	char qty[DECIMAL_TEXT_SIZE];

	for (uint32_t i = 0; i < holdings->position_count; i++) {
		const struct position *position = &holdings->positions[i].position;
		if (!is_held(position))
			continue;
		bool is_small = is_dust(executor, position);
		printf("%s  position %s in %s of %s%s\n",
		       !sells()   ? "stays"
		       : is_small ? "dust "
		                  : "left ",
		       decimal_print(position->qty, qty), position->symbol.text, position->bot.text,
		       is_small ? " (too little to be sold)" : "");
	}
}

int take_over_verdict(const void *state)
{
	const struct take_over *self = state;
	uint32_t orders = orders_left(&self->executor);
	uint32_t positions = positions_left(&self->executor);

	print_orders(&self->executor);
	print_positions(&self->executor);
	printf("halted at level %u: %u orders and %u positions are left%s\n", (unsigned)halt.level,
	       orders, positions,
	       has_compared(&self->executor) ? "" : "; the exchange didn't tell everything");
	return self->ended ? EXIT_CODE_OK : EXIT_CODE_FAILURE;
}

bool take_over_is_asked(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strncmp(argv[i], "--take-over", strlen("--take-over")) == 0)
			return true;
	return false;
}

static int usage(void)
{
	fprintf(stderr,
	        "recovery --take-over LEVEL --reason TEXT [--profile DIR] [--state DIR]\n"
	        "\n  Halts in the executor's place: level 2 cancels entries and exits, level "
	        "3 cancels all\n  and sells positions. An executor that holds the journal is "
	        "killed; bw kill asks it\n  first.\n");
	return EXIT_CODE_USAGE;
}

/* Its own two options; the rest is the executor's. */
static bool read_order(int argc, char **argv, struct command *out, char **words, int *word_count)
{
	unsigned long level = 0;

	words[(*word_count)++] = argv[0];
	for (int i = 1; i < argc; i++) {
		bool is_level = strcmp(argv[i], "--take-over") == 0;
		if (!is_level && strcmp(argv[i], "--reason") != 0) {
			if (*word_count == WORDS_MAX)
				return false;
			words[(*word_count)++] = argv[i];
			continue;
		}
		if (++i == argc)
			return false;
		if (is_level)
			level = strtoul(argv[i], NULL, 10);
		else
			out->reason = text_from(argv[i]);
	}
	words[*word_count] = NULL;
	out->level = level;
	return level >= 1 && level <= LEVEL_MAX && out->reason.size > 0;
}

int take_over_main(int argc, char **argv)
{
	static char *words[WORDS_MAX + 1];
	static struct logic logic;
	static struct service service = {
		.name = "executor",
		.doc = "recovery in the executor's place",
		.config = &executor_config_type,
		.needs = NEEDS_JOURNAL | NEEDS_SEAL | NEEDS_VENUE_KEY,
		.http = &http_part,
		.links = &links_part,
		.dialect = venue_dialect,
		.seize = seize_executor,
		.verdict = take_over_verdict,
	};
	struct command command = {.kind = COMMAND_KIND_HALT, .actor = name_from("recovery")};
	int word_count = 0;

	if (!read_order(argc, argv, &command, words, &word_count))
		return usage();
	logic = take_over_logic(&command);
	service.logic = &logic;
	return service_main(&service, word_count, words);
}
