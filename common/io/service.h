/* SPDX-License-Identifier: Apache-2.0 */
/* A program of the stack in one declaration. Arguments, configuration, log, restore, loop,
   heartbeat, Redis mirror and shutdown exist once, behind service_main(). */
#ifndef IO_SERVICE_H
#define IO_SERVICE_H

#include "common/io/parts.h"
#include "common/logic/dialect.h"
#include "common/logic/logic.h"

enum service_needs {
	NEEDS_JOURNAL = 1 << 0,   /* SAVE */
	NEEDS_PROCESSES = 1 << 1, /* child_start, child_signal */
	NEEDS_SEAL = 1 << 2,      /* makes or checks sealed messages */
	NEEDS_VENUE_KEY = 1 << 3, /* signed requests */
	NEEDS_HOT_CPU = 1 << 4,   /* main thread pinned to stack.hot_cpu (decision 0013) */
	STREAMS_ON_DEMAND =
		1 << 5, /* what peers publish wakes nobody: it is read before each request and
	                   every few ms, so a decision sees the newest and ticks cost nothing */
};

/* Where things stand on this machine. */
struct service_paths {
	char profile[512];  /* directory of the YAML files */
	char state[512];    /* state directory of the stack */
	char own[600];      /* <state>/<instance> */
	char run[512];      /* sockets */
	char programs[512]; /* directory of the programs */
};

struct service {
	const char *name, *doc;
	const struct logic *logic;
	const struct config_type *config;
	unsigned needs;
	const struct http_part
		*http; /* for CALL_HTTP; NULL: none, and no library for it is loaded */
	const struct links_part *links;                      /* for link_open and CALL_FRAME */
	const struct listener_part *listener;                /* for WIRE events; port below */
	const struct dialect *(*dialect)(const char *venue); /* with http or links */

	/* After the configuration is read, before init: loads what a logic can't (a tape, a key).
	   May be NULL. `why` tells place and remedy. */
	enum err (*prepare)(void *config, const struct stack_config *stack,
	                    const struct service_paths *paths, text_t *why);

	/* With a listener: which port (0: any) of 127.0.0.1; the bound one is written to
	 * <state>/<instance>.port. */
	unsigned (*port)(const void *config);

	/* Another process holds the instance's lock at this path: ends it (OK: the lock is tried
	   again) or says why not. NULL: this process gives way. */
	enum err (*seize)(const char *lock, text_t *why);

	/* Exit code of a run that ended by itself. NULL: 0. */
	int (*verdict)(const void *state);

	/* With NEEDS_PROCESSES: the command line of a child, NULL-terminated, kept alive by the
	 * callee. */
	char *const *(*command)(const void *config, const struct stack_config *stack,
	                        const struct service_paths *paths, const char *child);
};

int service_main(const struct service *service, int argc, char **argv);

#endif
