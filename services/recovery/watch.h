/* SPDX-License-Identifier: Apache-2.0 */
/* Who is alive: heartbeats, and the supervisor's word about processes. A silent service is missing,
   one that hangs is killed and started again by the supervisor. Pure. */
#ifndef RECOVERY_WATCH_H
#define RECOVERY_WATCH_H

#include "proto/message.h"

struct recovery;

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

void watch_init(struct recovery *self);
/* Everyone gets the time to come up. */
void watch_start(struct recovery *self);
void watch_heartbeat(struct recovery *self);
void watch_child(struct recovery *self);
/* Every check: who fell silent, who stands still. */
void watch_run(struct recovery *self);
/* The supervisor's answer to an order to restart. */
void watch_answered(struct recovery *self);

/* The first service that is missing; NULL when all are there. */
const struct patient *watch_missing(const struct recovery *self);
/* NULL when this machine has none of that name. */
const struct patient *watch_patient(const struct recovery *self, const char *service);
bool watch_is_missing(const struct patient *patient);

#endif
