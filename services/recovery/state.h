/* SPDX-License-Identifier: Apache-2.0 */
/* Recovery's state. `agreed` is a function of its journal; everything else is heard and asked anew
   after a restart. */
#ifndef RECOVERY_STATE_H
#define RECOVERY_STATE_H

#include "common/model/difference.h"
#include "common/venue/venue.h"
#include "services/recovery/recovery.h"

enum {
	PATIENTS_MAX = CONFIG_NAMES_MAX + 1,
	SUBJECTS_MAX = 64,   /* symbols, and as many assets */
	OUR_ORDERS_MAX = 1100,
	OUR_POSITIONS_MAX = 512,
	MOMENTS_MAX = 1024,
};

enum recovery_timer { TIMER_CHECK = 1 };

/* What a call was for, in the low bits of its token; above them a patient's place or a serial. */
enum recovery_call {
	RECOVERY_CALL_RESTART = 1,
	RECOVERY_CALL_RECONCILE,
	RECOVERY_CALL_GUARD,
	RECOVERY_CALL_UNGUARD,
	RECOVERY_CALL_EXCHANGE,
};

enum { RECOVERY_CALL_BITS = 8 };

/* A service whose heartbeat is watched. */
struct patient {
	name_t service;
	enum service_status
		status; /* HEALTHY, DEGRADED, DEAD, HUNG; STARTING before the first heartbeat */
	uint64_t epoch, progress;
	nanos_t heard, moved;   /* last heartbeat; last rise of its progress */
	nanos_t lost_at;        /* when it fell silent; 0 = it is there */
	uint64_t pid, restarts; /* as the supervisor last told */
	nanos_t patience_until;
	bool is_restarting;
};

/* The executor's number of one symbol or asset at one moment. */
struct moment {
	nanos_t at;
	decimal_t qty;   /* all bots together, or free and locked */
	decimal_t owned; /* symbols: held by bots other than manual */
	uint64_t executions;
};

struct subject {
	name_t name;
	struct moment moments[MOMENTS_MAX]; /* newest at (moment_count - 1) % MOMENTS_MAX */
	uint64_t moment_count;
};

struct subjects {
	struct subject items[SUBJECTS_MAX];
	uint32_t count;
};

/* An order of ours, open or ended a short while ago, as much of it as is compared. */
struct our_order {
	ident_t client_id;
	name_t symbol, bot;
	enum order_status status;
	enum purpose purpose;
	decimal_t executed;
	uint64_t venue_id;
	nanos_t updated, ended_at; /* ended_at 0 = open */
};

struct our_position {
	name_t symbol, bot;
	decimal_t qty;
	uint64_t executions;
	bool has_stop_orders; /* one was seen in this run */
	bool is_told;
	nanos_t naked_since; /* 0 = it isn't */
	bool naked_told;
};

/* The executor's books as it publishes them. */
struct ours {
	bool whole;
	uint64_t epoch;
	uint16_t tag; /* of our client ids; 0 = not seen yet */
	struct our_order orders[OUR_ORDERS_MAX];
	uint32_t order_count;
	struct our_position positions[OUR_POSITIONS_MAX];
	uint32_t position_count;
	struct subjects symbols, assets;
	bool is_full; /* something didn't fit: nothing may be concluded */
	struct trading_state executor, risk; /* status 0 = not heard */
};

struct their_order {
	ident_t client_id;
	name_t symbol;
	uint64_t venue_id;
	decimal_t qty, executed;
};

/* One symbol of a look. */
struct their_symbol {
	name_t symbol, base, quote; /* base.size 0: its rules are not known yet */
	decimal_t qty;
	uint64_t executions, watermark, read; /* read: of the executions, in this look */
	nanos_t asked_at;
};

struct their_asset {
	name_t asset;
	decimal_t amount;
};

enum look_phase {
	LOOK_IDLE,
	LOOK_TIME,
	LOOK_RULES,
	LOOK_FILLS,
	LOOK_ORDERS,
	LOOK_BALANCES,
	LOOK_DONE,
};

/* Asking the exchange about everything, one question at a time. */
struct look {
	enum look_phase phase;
	nanos_t started, asked_at, due; /* due: the next question, or the same again; 0 = none */
	uint64_t token;                 /* of the question under way, 0 = none */
	unsigned tries;
	uint32_t symbol;    /* being asked about */
	uint64_t page_from; /* first trade id of the page */
	unsigned page_items;
	bool counts_anew;   /* from the first execution, not from what was agreed */
	bool is_broken;     /* a number didn't fit */
	struct their_symbol symbols[SUBJECTS_MAX];
	uint32_t symbol_count;
	struct their_order orders[OUR_ORDERS_MAX];
	uint32_t order_count;
	nanos_t orders_at, balances_at; /* when they were asked for */
	struct their_asset assets[SUBJECTS_MAX];
	uint32_t asset_count;
	text_t why; /* it failed */
};

/* Numbers that both sides agreed on. */
struct agreed {
	struct journal_agreed items[2 * SUBJECTS_MAX];
	uint32_t count;
	uint64_t records; /* folded */
};

enum dispute { DISPUTE_NONE, DISPUTE_BOOKS, DISPUTE_UNSEEN /* nothing can be compared */ };

struct recovery {
	const struct recovery_config *config;
	const struct identity *identity;
	const struct venue *venue;
	const struct venue_profile *profile;

	struct patient patients[PATIENTS_MAX];
	uint32_t patient_count;

	struct agreed agreed;
	uint64_t restored; /* agreed numbers at the start */
	nanos_t agreed_saved_at;
	bool journal_failed;

	struct ours ours;
	struct look look;
	uint64_t serial; /* of calls */
	nanos_t offset;  /* exchange time − event time */
	nanos_t offset_at, quiet_until;

	nanos_t started_at, look_due, compared_at; /* compared_at 0 = never in this run */
	nanos_t done_at; /* the look is over; it is compared a moment later */
	name_t trigger;
	bool is_second;                  /* the look that a difference must survive */
	struct differences found, before; /* of this look, of the one before */
	enum dispute dispute;
	bool guard_sent;
	uint64_t waiter; /* the request that asked for a look; 0 = none */
	struct rec_report report;
	struct rec_line lines[3 * SUBJECTS_MAX];
	uint32_t line_count;
	struct stack_state stack;
	nanos_t naked_at, takeover_at;
	bool takeover_started;

	/* During a step only. */
	nanos_t now;
	const struct event *event;
	struct outbox *out;
};

uint64_t recovery_token(struct recovery *self, enum recovery_call call);

#endif
