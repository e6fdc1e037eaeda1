/* SPDX-License-Identifier: Apache-2.0 */
/* Whether what we hear from each publisher is whole. PUB/SUB is a hint: every type carries a
   sequence, a heartbeat tells the last ones, and a gap, a new epoch or silence makes the stream not
   whole until the publisher has said everything again (resync_request → its whole state →
   resync_done). Messages on streams are absolute states, so saying them again heals every loss. No
   sockets here. */
#ifndef IO_STREAMS_H
#define IO_STREAMS_H

#include "proto/codec.h"

enum { STREAM_PUBLISHERS_MAX = 64 };

struct stream {
	name_t publisher;
	uint64_t epoch;                   /* 0 before the first frame */
	uint64_t last[MESSAGE_TYPES_MAX]; /* sequence; 0 = none of this type yet */
	bool counted[MESSAGE_TYPES_MAX]; /* a heartbeat of this epoch told where the sequence stands
	                                  */
	bool wanted[MESSAGE_TYPES_MAX];  /* see streams_want */
	uint8_t published[COUNTS_MAX];   /* types, in the order of its heartbeat's sequences */
	uint32_t published_count;
	bool placed; /* such a heartbeat came: from here on every loss shows */
	nanos_t heard;
	bool whole, reported;
	uint64_t nonce; /* of the resync we wait for */
	nanos_t asked;  /* when it was asked for, 0 = not yet */
	text_t reason;
};

struct streams {
	struct stream items[STREAM_PUBLISHERS_MAX];
	size_t count;
	nanos_t silence_max;
	uint64_t gaps;   /* losses by number, and by a heartbeat's word */
	uint64_t losses; /* rises whenever a stream stops being whole or is asked to begin anew */
};

enum stream_verdict {
	STREAM_DELIVER, /* new */
	STREAM_REPEAT,  /* seen before: drop */
	STREAM_UNKNOWN, /* nobody we listen to: drop, count */
};

void streams_init(struct streams *self, nanos_t silence_max);
/* Asserts that there is room. Adding twice is fine. */
void streams_add(struct streams *self, const char *publisher);
/* A subscription holds for every publisher: what of it is meant for the logic is said here. */
void streams_want(struct streams *self, const char *publisher, enum message_type type);
bool streams_is_wanted(struct streams *self, const struct envelope *envelope);

enum stream_verdict streams_arrived(struct streams *self, const struct envelope *envelope,
                                    nanos_t now);
/* A heartbeat tells which sequences exist: a last message that was lost shows here. */
void streams_heartbeat(struct streams *self, const struct envelope *envelope,
                       const struct heartbeat *heartbeat, const bool *listens);
void streams_resynced(struct streams *self, const struct envelope *envelope,
                      const struct resync_done *done, const char *instance);
/* Marks publishers that are silent for too long. */
void streams_check(struct streams *self, nanos_t now);

/* The next publisher that must be asked to say everything again (at most every `interval`), with
   the nonce to ask with; NULL when none. Nobody is asked before its first heartbeat: only then can
   a loss while it says everything again be seen. */
const struct stream *streams_wanting(struct streams *self, nanos_t now, nanos_t interval,
                                     uint64_t nonce);
/* The next publisher whose wholeness changed since it was last told; NULL when none. */
const struct stream *streams_changed(struct streams *self);

#endif
