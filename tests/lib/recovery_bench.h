/* SPDX-License-Identifier: Apache-2.0 */
/* Recovery on the bench, between an executor whose books the test tells and a small exchange that
   answers recovery's own questions. One symbol, BTCUSDT. Time passes in checks of 100 ms. */
#ifndef TESTS_LIB_RECOVERY_BENCH_H
#define TESTS_LIB_RECOVERY_BENCH_H

#include "services/recovery/state.h"
#include "tests/lib/logic_bench.h"

enum { BENCH_VENUE_MAX = 600, BENCH_TOLD_MAX = 512 };

struct recovery_bench {
	struct logic_bench logic;
	struct recovery_config config;
	struct recovery *recovery;

	/* The exchange. */
	struct venue_fill fills[BENCH_VENUE_MAX];
	size_t fill_count;
	struct venue_order orders[BENCH_VENUE_MAX];
	size_t order_count;
	struct venue_balance balances[128];
	size_t balance_count;
	bool is_silent;          /* answers nothing */
	uint64_t retry_after_ms; /* with each refusal, when not 0 */
	uint64_t asked;          /* questions that it got */
	nanos_t clock;           /* its clock minus ours */

	/* Told to the executor, and by recovery to all. */
	enum command_kind commands[BENCH_TOLD_MAX];
	size_t command_count;
	char notes[BENCH_TOLD_MAX][48];
	size_t note_count;
	struct rec_report report;
	struct stack_state stack;
	struct journal_agreed records[BENCH_TOLD_MAX];
	size_t record_count;

	struct position position; /* of bot "bot", as the executor would tell it */
	uint64_t executor_epoch;
};

struct recovery_bench *recovery_bench_open(void);
void recovery_bench_close(struct recovery_bench *self);
/* A new process over the records that were saved. */
void recovery_bench_restart(struct recovery_bench *self);

/* Everybody beats meanwhile. */
void rec_passes(struct recovery_bench *self, nanos_t time);
/* The executor tells its whole books again. */
void rec_given_executor(struct recovery_bench *self);
void rec_given_no_executor(struct recovery_bench *self);
/* Executed at the exchange; and told by the executor, too. */
void rec_given_execution(struct recovery_bench *self, const char *side, const char *qty);
void rec_given_missed_execution(struct recovery_bench *self, const char *side, const char *qty);
struct order rec_given_order(struct recovery_bench *self, uint64_t number, enum purpose purpose);
void rec_given_order_told(struct recovery_bench *self, const struct order *order);
void rec_given_order_listed(struct recovery_bench *self, const struct order *order);

size_t rec_noted(const struct recovery_bench *self, const char *name);
size_t rec_commanded(const struct recovery_bench *self, enum command_kind kind);
void rec_forget(struct recovery_bench *self);

#endif
