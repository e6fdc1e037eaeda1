/* SPDX-License-Identifier: Apache-2.0 */
/* A toy service in a process of its own, in a state directory of its own, and peers on its bus:
   `bw`, which asks it and hears it, and, when the test wants it, others that it hears and asks. */
#ifndef TESTS_LIB_HOST_RIG_H
#define TESTS_LIB_HOST_RIG_H

#include "tests/lib/bus_peer.h"
#include "tests/lib/child.h"
#include "tests/lib/scratch.h"

#include <sys/wait.h>

struct host_rig {
	struct scratch scratch;
	char profile[128], state[128], run[160], output[128], toy[16];
	char extra[128]; /* one more --set, or "" */
	pid_t pid;       /* 0 = not running */
	struct bus_peer bw;
	uint64_t wrongs; /* "wrong …" that the toy published */
};

/* The profile is written, nothing runs. `toy` is the service that is played. */
void host_rig_open(struct host_rig *self, const char *toy);
/* Ends what runs; fails the test when the toy saw time go back or chance repeat, or a sanitizer
 * reported. */
void host_rig_close(struct host_rig *self);

/* Without waiting: for those that don't come up. */
void host_rig_spawn(struct host_rig *self);
/* Started, and bw hears it and is heard. */
void host_rig_start(struct host_rig *self);
int host_rig_wait(struct host_rig *self);

/* Runs a script of the toy without asking for an answer. */
void host_rig_do(struct host_rig *self, const char *script);
/* Runs a script that answers; the answer's text. */
const char *host_rig_ask(struct host_rig *self, const char *script);

/* The next thing that the toy says with this beginning; NULL when none came in `patience_ms`, 0 for
   the longest. What is said before it is dropped. */
const char *host_rig_hear(struct host_rig *self, const char *beginning, int patience_ms);
/* Fails the test when it isn't said. */
const char *host_rig_expect(struct host_rig *self, const char *beginning);
/* Everything that was said up to the answer of a last question; how many began so. */
unsigned host_rig_count(struct host_rig *self, const char *beginning);

/* The next heartbeat that was sent from now on. */
struct heartbeat host_rig_beat(struct host_rig *self);
/* What it printed. To be freed. */
char *host_rig_output(struct host_rig *self);

#endif
