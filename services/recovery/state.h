/* SPDX-License-Identifier: Apache-2.0 */
/* Recovery's state. `agreed` is a function of its journal; everything else is heard and asked anew
   after a restart. */
#ifndef RECOVERY_STATE_H
#define RECOVERY_STATE_H

#include "common/model/difference.h"
#include "common/venue/venue.h"
#include "services/recovery/agreed.h"
#include "services/recovery/look.h"
#include "services/recovery/ours.h"
#include "services/recovery/recovery.h"
#include "services/recovery/watch.h"

enum { PATIENTS_MAX = CONFIG_NAMES_MAX + 1 };

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

enum dispute { DISPUTE_NONE, DISPUTE_BOOKS, DISPUTE_UNSEEN /* nothing can be compared */ };

struct recovery {
	const struct recovery_config *config;
	const struct identity *identity;
	const struct venue *venue;
	const struct venue_profile *profile;

	struct patient patients[PATIENTS_MAX];
	uint32_t patient_count;

	struct agreed agreed; /* as the journal has it */
	struct agreed latest; /* newer by up to a minute */
	uint64_t restored;    /* agreed numbers at the start */
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
	bool is_second;                   /* the look that a difference must survive */
	struct differences found, before; /* of this look, of the one before */
	enum dispute dispute;
	bool guard_sent;
	uint64_t waiter;                /* the request that asked for a look; 0 = none */
	struct rec_report report, said; /* of this look; the last one that was published */
	struct differences told;        /* with that */
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
