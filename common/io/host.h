/* SPDX-License-Identifier: Apache-2.0 */
/* The live world: turns bytes, clock and signals into events, and performs effects. It decides
   nothing about trading. Shared by host_*.c and service.c only; a program sees service.h.

   host.c          life, loop, timers, heartbeats, step
   host_effects.c  what an effect does
   host_bus.c      frames of peers: sequences, calls, answers, resync
   host_venue.c    HTTP, links, listener, child processes */
#ifndef IO_HOST_H
#define IO_HOST_H

#include "common/base/random.h"
#include "common/io/backlog.h"
#include "common/io/bus.h"
#include "common/io/calls.h"
#include "common/io/clock.h"
#include "common/io/http.h"
#include "common/io/journal.h"
#include "common/io/links.h"
#include "common/io/listen.h"
#include "common/io/log.h"
#include "common/io/pending.h"
#include "common/io/process.h"
#include "common/io/seal.h"
#include "common/io/service.h"
#include "common/io/spool.h"
#include "common/io/streams.h"
#include "common/io/view.h"

enum { LINKS_WAITING_MAX = 4, URL_MAX = 768 };

struct host {
	const struct service *service;
	struct identity identity;
	struct stack_config stack;
	struct service_paths paths;
	void *config, *state;

	struct clock clock;
	nanos_t now;      /* of the current turn's event */
	uint64_t entropy; /* of it */
	struct random random;
	struct log *log;
	struct bus *bus;
	struct journal *journal;
	struct http *http;
	struct links *links;
	struct listener *listener;
	struct processes *processes;
	struct view *view;
	struct seal *seal;
	struct venue_key *key;
	const struct dialect *dialect;

	int epoll, signals, lock;
	struct outbox outbox;
	struct backlog backlog;
	struct streams streams;
	struct calls calls;
	nanos_t timers[LOGIC_TIMERS_MAX]; /* 0 = not set */
	nanos_t timer_next;
	struct http_call *http_calls;
	struct frame_call frame_calls[FRAME_CALLS_MAX];
	uint64_t http_number, frame_number;
	char rest_base[URL_MAX];                           /* resolved; "" = not known now */
	struct link_open links_waiting[LINKS_WAITING_MAX]; /* the exchange's port isn't known yet */
	size_t link_waiting_count;
	struct later later[LATER_MAX];
	size_t later_head, later_count;
	struct alert alerts[SPOOL_SLOTS]; /* the newest of our own, also of earlier runs: who missed
	                                     them hears them again */
	size_t alert_count;               /* ever; the next one's place is its remainder */
	struct spool spool;

	bool listens[MESSAGE_TYPES_MAX];
	const struct flow_mirror *mirrors[MESSAGE_TYPES_MAX];
	uint64_t sequences[MESSAGE_TYPES_MAX];
	uint8_t *body;  /* of the frame being read */
	uint8_t *frame; /* being written */
	size_t body_size;

	nanos_t handed; /* stamp of the last SAVE's hand-over */
	uint64_t saved, refused, dropped, progress;
	uint64_t causation; /* of the current step */
	nanos_t beat_at, started;
	bool save_failed, stopping, exiting;
	nanos_t exit_by;
	char exit_reason[256];
};

/* host.c */
MUST_CHECK enum err host_open(struct host *self, text_t *why);
void host_run(struct host *self);
void host_close(struct host *self);
/* One event to the logic, then its effects. Fills in now, stamp and entropy. */
void host_step(struct host *self, struct event *event);
/* A message of the host's own, or of a link or answer (`token`), as an event. */
void host_message(struct host *self, enum message_type type, const void *body, uint64_t token);
void host_log(struct host *self, enum severity severity, const char *event, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* Everything the logic holds, published again; to Redis only unless `to_bus`. */
void host_republish(struct host *self, bool to_bus);

/* host_effects.c */
void host_perform(struct host *self, struct outbox *outbox);
void host_drain_backlog(struct host *self);
/* Whether a record is on its way to the disk, or an effect waits for one. */
bool host_must_wait(struct host *self);
void host_publish(struct host *self, enum message_type type, const void *body);
/* Takes up the alerts of earlier runs. Without a spool, alerts die with the process: that is
   logged. */
void host_open_spool(struct host *self);
/* The alerts that are kept, oldest first. */
void host_add_alerts(const struct host *self, struct outbox *out);
void host_mirror(struct host *self, enum message_type type, const void *body);
/* Packs a frame of ours into self->frame. */
MUST_CHECK enum err host_pack(struct host *self, enum message_type type, const void *body,
                              uint64_t correlation, nanos_t expires, size_t *size);
void host_later(struct host *self, enum event_kind kind, uint64_t token, enum message_type type,
                const void *body);
void host_fail_later(struct host *self, uint64_t token, const char *peer, bool sent,
                     const char *reason);

/* host_bus.c */
MUST_CHECK enum err host_join_bus(struct host *self, text_t *why);
void host_drain_bus(struct host *self);
void host_repeat_calls(struct host *self);
void host_call_peer(struct host *self, const struct effect *effect);
void host_answer_peer(struct host *self, const struct effect *effect);
void host_tend_streams(struct host *self);

/* host_venue.c */
void host_call_http(struct host *self, const struct effect *effect);
void host_call_frame(struct host *self, const struct effect *effect);
void host_call_host(struct host *self, const struct effect *effect);
void host_answer_wire(struct host *self, const struct effect *effect);
void host_drain_http(struct host *self);
void host_drain_links(struct host *self);
void host_drain_listener(struct host *self);
void host_drain_processes(struct host *self);
void host_expire_frames(struct host *self);
void host_open_waiting_links(struct host *self);

#endif
