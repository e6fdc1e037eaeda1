/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/stage.h"

#include <assert.h>
#include <string.h>

static void toy_init(void *state, const struct identity *identity, const void *config)
{
	struct toy_state *self = state;
	self->identity = identity;
	self->part = config;
}

static void toy_apply(void *state, enum message_type type, const void *record)
{
	struct toy_state *self = state;
	assert(type == MESSAGE_JOURNAL_LATCH);
	self->records++;
	self->last = ((const struct journal_latch *)record)->level;
}

static void toy_step(void *state, const struct event *event, struct outbox *out)
{
	struct toy_state *self = state;
	if (event->kind == EVENT_STOP)
		outbox_exit(out, "asked to stop");
	else if (self->part->step != NULL)
		self->part->step(self, event, out);
}

static void toy_republish(const void *state, nanos_t now, struct outbox *out)
{
	const struct toy_state *self = state;
	(void)now;
	if (self->part->republish != NULL)
		self->part->republish(self, out);
}

static const struct logic toy_logic = {
	.name = "toy",
	.state_size = sizeof(struct toy_state),
	.init = toy_init,
	.apply = toy_apply,
	.step = toy_step,
	.republish = toy_republish,
};

static const struct {
	const char *name;
	unsigned needs;
} roles[STAGE_ROLES] = {
	[STAGE_STRATEGY] = {"strategy", 0},
	[STAGE_RISK] = {"risk", WORLD_JOURNAL | WORLD_SEAL},
	[STAGE_EXECUTOR] = {"executor", WORLD_JOURNAL | WORLD_SEAL | WORLD_VENUE},
	[STAGE_ALERT] = {"alert", WORLD_JOURNAL},
	[STAGE_SUPERVISOR] = {"supervisor", WORLD_PARENT},
};

static void set(struct stack_config *stack, const char *key, const char *value)
{
	text_t why;
	enum err err = config_set(&stack_config_type, stack, key, value, &why);
	assert(err == OK);
	(void)err;
}

void stage_init(struct stage *self, bool with_supervisor)
{
	memset(self, 0, sizeof *self);
	config_defaults(&stack_config_type, &self->stack);
	set(&self->stack, "services", "strategy,risk,executor,alert");
	for (unsigned i = 0; i < STAGE_ROLES; i++)
		self->roles[i] = (struct world_role){
			.instance = roles[i].name,
			.service = roles[i].name,
			.logic = &toy_logic,
			.config = &self->parts[i],
			.needs = roles[i].needs,
		};
	if (!with_supervisor)
		self->roles[STAGE_SUPERVISOR].instance = NULL;
	self->plan = (struct plan){.seed = 1, .calm_at = 10 * NANOS_S, .end = 10 * NANOS_S};
}

const struct world_figures *stage_run(struct stage *self)
{
	bool has_parent = self->roles[STAGE_SUPERVISOR].instance != NULL;
	if (self->world == NULL)
		self->world = world_open(self->roles, has_parent ? STAGE_ROLES : STAGE_ROLES - 1,
		                         &self->stack);
	world_run(self->world, &self->plan, &self->watch, NULL);
	return world_figures(self->world);
}

void stage_close(struct stage *self)
{
	world_close(&self->world);
}

void stage_fault(struct stage *self, enum fault_kind kind, unsigned node, nanos_t from,
                 nanos_t until, unsigned permille)
{
	assert(self->plan.count < PLAN_FAULTS_MAX);
	self->plan.faults[self->plan.count++] = (struct fault){
		.kind = kind,
		.node = (uint8_t)node,
		.permille = (uint16_t)permille,
		.from = from,
		.until = until,
	};
}

const struct toy_state *stage_state(const struct stage *self, enum stage_role role)
{
	return world_state(self->world, role);
}

void toy_save(struct toy_state *self, enum save_class save_class, uint64_t level,
              struct outbox *out)
{
	struct journal_latch record = {.level = level};
	outbox_save(out, save_class, MESSAGE_JOURNAL_LATCH, &record);
	toy_apply(self, MESSAGE_JOURNAL_LATCH, &record);
}

void toy_publish(uint64_t number, struct outbox *out)
{
	struct trading_state state = {.status = TRADING_STATUS_NORMAL, .level = number};
	outbox_publish(out, MESSAGE_TRADING_STATE, &state);
}

void toy_approve(uint64_t number, uint64_t token, nanos_t expires, struct outbox *out)
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
	outbox_call(out, "executor", token, expires, MESSAGE_APPROVAL, &approval);
}

void toy_accept(uint64_t token, struct outbox *out)
{
	struct receipt receipt = {.accepted = true};
	outbox_answer(out, token, MESSAGE_RECEIPT, &receipt);
}
