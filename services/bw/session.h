/* SPDX-License-Identifier: Apache-2.0 */
/* A command's way to the stack: its places, its stack.yaml, the bus and the picture of what it
 * tells. */
#ifndef BW_SESSION_H
#define BW_SESSION_H

#include "common/io/client.h"
#include "common/io/config_file.h"
#include "services/bw/cli.h"
#include "services/bw/picture.h"

struct session {
	const struct cli *cli;
	struct service_paths paths;
	struct stack_config stack;
	struct config_reading reading;
	struct client *client;
	struct picture picture;
	void (*told)(struct session *self, const struct envelope *envelope,
	             const void *body); /* or NULL */
	void *watcher;                  /* of `told` */
	unsigned level;                 /* of a HALT; 0: the usual one */
};

/* Memory for one, zeroed: it is large. */
struct session *session_make(const struct cli *cli);
void session_close(struct session **self);

/* Finds places and reads stack.yaml. EXIT_CODE_OK, or told and CONFIG. */
int session_find(struct session *self);
/* Opens the bus. EXIT_CODE_OK, or told and FAILURE. */
int session_join(struct session *self);
/* All of that, and waits for a sign of life: told and NOT_RUNNING when nothing runs there. */
int session_meet(struct session *self);
/* Waits until the whole state of these services is in the picture. Tells (on standard error) who is
   silent; false when none of them answered. */
bool session_collect(struct session *self, const char *const *services, size_t count);
/* The same for every service of the stack. */
bool session_collect_all(struct session *self);

/* Asks one service to do something; told on standard error when there is no answer. */
MUST_CHECK enum err session_command(struct session *self, const char *service,
                                    enum command_kind kind, const char *reason, nanos_t patience,
                                    struct command_result *result);

/* The same with a command's other fields; the actor is filled in. */
MUST_CHECK enum err session_tell(struct session *self, const char *service, struct command *command,
                                 nanos_t patience, struct command_result *result);

#endif
