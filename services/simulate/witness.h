/* SPDX-License-Identifier: Apache-2.0 */
/* The witness of a schedule: sees what leaves, what became durable, what the exchange did and who
   died, and says which invariant didn't hold. It changes nothing.

   witness.c          routing, readiness, rare states that notes tell
   witness_orders.c   one account for each client id: records, transmissions, executions
   witness_bus.c      streams and requests between services
   witness_journal.c  what a restarted process read back, against what was reported durable
   witness_risk.c     what risk counts, against what is at stake
   witness_guard.c    what protects positions
   witness_facts.c    our books and the exchange's as facts for common/model/invariants.h
   witness_end.c      what must hold when all is quiet */
#ifndef SIMULATE_WITNESS_H
#define SIMULATE_WITNESS_H

#include "common/model/invariants.h"
#include "services/executor/state.h"
#include "services/risk/state.h"
#include "services/simulate/cast.h"
#include "services/simulate/outcome.h"
#include "services/simulate/account.h"

enum {
	ACCOUNTS_MAX = SIM_ORDERS_MAX,
	ACCOUNT_CELLS = 2 * ACCOUNTS_MAX,
	FILLS_MAX = SIM_TRADES_MAX,
	ALERTS_MAX = 256,
	REQUESTS_MAX = 64,
	TOLD_MAX = 128,
	GUARDED_MAX = 16,
};

struct critical {
	name_t origin, event;
	text_t text;
	nanos_t at;
	bool told; /* the alert service wrote it down */
};

/* The last requests that one process heard in this run. */
struct requests {
	uint64_t ids[REQUESTS_MAX];
	uint64_t next;
};

/* What one process heard of another. */
struct heard {
	uint64_t epoch;
	bool broken; /* and it was told so */
	uint64_t last[MESSAGE_TYPES_MAX];
};

struct witness {
	const struct cast *cast;
	struct world *world;

	struct account accounts[ACCOUNTS_MAX];
	uint32_t account_count;
	uint16_t cells[ACCOUNT_CELLS]; /* index + 1, by client id */
	struct fill fills[FILLS_MAX];  /* durable ones, as the journal has them */
	uint32_t fill_count;
	uint32_t fills_before; /* of them, in journals before this one */
	struct durable durable[CAST_COUNT];
	struct critical criticals[ALERTS_MAX];
	uint32_t critical_count;

	bool executor_halted, risk_halted; /* durably */
	bool is_armed;            /* by a person, since the executor's journal was last damaged */
	bool arming[CAST_COUNT];  /* such a record is, or was, on its way */
	bool residue_told;        /* what a halt of level 3 could not sell was named */
	bool damaged[CAST_COUNT]; /* durable records were lost to a flipped bit */
	uint64_t quarantines[CAST_COUNT]; /* seen so far */
	nanos_t silent_until;             /* the executor was told to wait */
	nanos_t executor_boot;            /* 0: it is ready */
	nanos_t booted_at;
	nanos_t naked_since[GUARDED_MAX]; /* of the executor's positions; 0: as it should be */
	uint64_t entry_epoch;             /* whose entries leave, */
	nanos_t entries_since;            /* since when */
	unsigned executor_deaths;
	uint64_t scanned[SYMBOLS_MAX];
	bool broken[CAST_COUNT]; /* it was told that a stream isn't whole */
	struct requests requests[CAST_COUNT];
	uint64_t alerts_kept[TOLD_MAX]; /* hashes of the last that the alert service wrote down */
	uint64_t alerts_kept_next;
	bool alerts_lost; /* it can't write any more, and tells all the same */
	struct heard heard[CAST_COUNT][CAST_COUNT];
	bool changed;
	nanos_t commanded_at;
	nanos_t told_at, checked_at, ready_since;

	/* Scratch of the facts. */
	struct order orders[ORDERS_MAX];
	struct position positions[POSITIONS_MAX];
	struct balance balances[BALANCES_MAX], venue_balances[SIM_ASSETS_MAX];
	struct fact_order venue_orders[SIM_ORDERS_MAX];
	struct fact_trade venue_trades[SIM_TRADES_MAX];
	struct fact_send sends[ACCOUNTS_MAX];
	struct instrument instruments[SIM_SYMBOLS_MAX];

	struct outcome *outcome;
};

/* Before each schedule. `outcome` outlives it. */
void witness_init(struct witness *self, const struct cast *cast, struct world *world,
                  struct outcome *outcome);

void witness_effect(struct witness *self, unsigned node, const struct effect *effect);
void witness_sent(struct witness *self, unsigned node, const struct http_request *request);
void witness_admitted(struct witness *self, unsigned node, const struct http_request *request);
void witness_executed(struct witness *self, unsigned node, const struct http_request *request);
void witness_saved(struct witness *self, unsigned node, enum message_type type, const void *record);
void witness_stepped(struct witness *self, unsigned node, const struct event *event);
void witness_booted(struct witness *self, unsigned node);
void witness_renewed(struct witness *self, unsigned node, bool is_listed);
void witness_died(struct witness *self, unsigned node, enum fault_kind cause);

/* Whether all is at rest. Asked once a second when no fault comes any more; brings about the rest
   by having the executor wind down. */
bool witness_is_settled(struct witness *self);
/* After the run. */
void witness_end(struct witness *self);

#endif
