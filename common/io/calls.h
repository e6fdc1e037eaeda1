/* SPDX-License-Identifier: Apache-2.0 */
/* Requests under way, both sides, so that a frame may be lost or come twice (rules B-01, B-03):
   calls: what we asked, repeated until answered or expired (Lazy Pirate);
   asks:  what we were asked and have not answered yet, and the last ANSWERS_KEPT answers, by
   (sender, epoch, type, sequence), so that a repeat gets the same answer and has no second effect.
   No sockets here. */
#ifndef IO_CALLS_H
#define IO_CALLS_H

#include "common/base/table.h"
#include "common/io/bus.h"

enum {
	CALLS_MAX = 512,
	CALL_FRAME_MAX = 1024,
	ASKS_MAX = 512,
	ASK_PROBES = 16,
	ANSWERS_KEPT = 1024,
	ANSWER_FRAME_MAX = 768
};

struct call {
	uint64_t number; /* correlation; 0 = free */
	uint64_t token;
	name_t peer;
	nanos_t expires;
	bool sent;
	bool own; /* the host's, not its logic's */
	uint16_t size;
	uint8_t frame[CALL_FRAME_MAX];
};

struct ask {
	uint64_t token; /* 0 = free */
	struct envelope envelope;
	uint8_t identity[BUS_IDENTITY_MAX];
	uint8_t identity_size;
};

struct answer {
	uint64_t key; /* 0 = empty */
	uint16_t size;
	uint8_t frame[ANSWER_FRAME_MAX];
};

struct calls {
	struct call calls[CALLS_MAX];
	nanos_t due[CALLS_MAX]; /* of each call, INT64_MAX when free: scanned without touching the
	                           frames */
	nanos_t earliest;       /* no call is due before; may be too early */
	struct ask asks[ASKS_MAX];
	struct answer answers[ANSWERS_KEPT]; /* a ring */
	size_t answer_next;
	struct table answered; /* of it, by key */
	struct table_cell answered_cells[TABLE_CELLS(ANSWERS_KEPT)];
	size_t call_count;
	uint64_t number, ask_number;
	nanos_t repeat_interval;
};

/* `self` is zeroed memory. */
void calls_init(struct calls *self, nanos_t repeat_interval);

/* A free call to fill in and send; NULL when too many are under way. */
struct call *calls_add(struct calls *self, uint64_t token, const name_t *peer, nanos_t now,
                       nanos_t expires);
/* The call that a correlation answers; NULL when nobody waits for it. The caller frees it. */
struct call *calls_find(struct calls *self, uint64_t number);
void calls_free(struct calls *self, struct call *call);
/* The next call that is due to be repeated or has expired; NULL when none. The caller frees it or
   postpones it. */
struct call *calls_due(struct calls *self, nanos_t now);
void calls_postpone(struct calls *self, struct call *call, nanos_t now);
/* When calls_due should be asked next; INT64_MAX when no call waits. */
nanos_t calls_deadline(const struct calls *self);

enum ask_verdict { ASK_NEW, ASK_PENDING, ASK_ANSWERED, ASK_FULL };

/* A request came in. NEW: *ask is its entry. ANSWERED: *answer is to be sent again. An ask that
   expired unanswered makes room when room is needed. */
enum ask_verdict calls_asked(struct calls *self, const struct envelope *envelope,
                             const struct bus_frame *frame, nanos_t now, struct ask **ask,
                             const struct answer **answer);
struct ask *calls_ask_of(struct calls *self, uint64_t token);
/* Keeps the answer for repeats and frees the ask. */
void calls_answered(struct calls *self, struct ask *ask, const uint8_t *frame, size_t size);

#endif
