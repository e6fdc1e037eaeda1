/* SPDX-License-Identifier: Apache-2.0 */
/* Child processes by pidfd: start, signal, learn of their end at once. */
#ifndef IO_PROCESS_H
#define IO_PROCESS_H

#include "common/base/text.h"

struct processes;

struct process_end {
	name_t name;
	uint64_t pid;
	int status;    /* as waitpid */
	text_t reason; /* "exit code 1", "killed by SIGKILL" */
};

MUST_CHECK enum err processes_open(struct processes **out);
/* fork + exec (argv[0] is searched in PATH); stdin from /dev/null, stdout and stderr appended to
   `output` (NULL: inherited). The child gets SIGTERM when we die, no other fd of ours, no blocked
   or ignored signal, and a process group of its own, so that Ctrl-C reaches us alone. ERR_EXISTS
   while a child of that name runs, ERR_FULL for more than 64, ERR_NOT_FOUND when the program can't
   be executed. */
MUST_CHECK enum err processes_start(struct processes *self, const name_t *name, char *const argv[],
                                    const char *output, uint64_t *pid, text_t *why);
MUST_CHECK enum err processes_signal(struct processes *self, const name_t *name, int signal);
/* One fd (epoll of all pidfds): readable when a child ended. */
int processes_fd(const struct processes *self);
bool processes_next(struct processes *self, struct process_end *end);
/* SIGKILLs and reaps what is left. */
void processes_close(struct processes **self);

#endif
