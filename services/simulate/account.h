/* SPDX-License-Identifier: Apache-2.0 */
/* What the witness keeps of one order and of one process's journal. */
#ifndef SIMULATE_ACCOUNT_H
#define SIMULATE_ACCOUNT_H

#include "proto/message.h"

enum { DURABLE_MAX = 16384, CLASSES_MAX = 4096 };

/* All that was seen of one client id. */
struct account {
	ident_t client_id, intent_id;
	ident_t hash_high, hash_low; /* of the bytes that its SEND allows */
	name_t symbol, bot;
	enum side side;
	enum purpose purpose;
	decimal_t qty;
	bool has_intent, durable_before, was_halted, never, was_unknown;
	unsigned sends, transmissions, executions;
	nanos_t left_at, valid_until; /* exchange time */
	nanos_t durable_at;           /* of its SEND */
	uint64_t epoch;
};

/* What each process reported durable, as hashes of its records in order. What is only buffered may
   be gone after a loss of power. */
struct durable {
	uint64_t hashes[DURABLE_MAX];
	uint32_t count, synced; /* all up to `synced` survives that too */
	bool overflowed, lost_power;
	bool sync_failed;         /* in its last run: only what was synced before was promised */
	uint64_t losses;          /* of power, seen at its last start */
	uint64_t appended, saved; /* in this run */
	uint8_t classes[CLASSES_MAX]; /* of records on their way, by their place */

	uint64_t older[DURABLE_MAX]; /* of the file before, as long as it may come back */
	uint32_t older_count;
	bool may_go_back;
	uint64_t renewals; /* which file the records are in */
	uint64_t folded;   /* records in files before, as the executor counts */
};

#endif
