/* SPDX-License-Identifier: Apache-2.0 */
/* Child processes of a test: started, waited for with a bound, never left behind. */
#ifndef TESTS_LIB_CHILD_H
#define TESTS_LIB_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

enum { PATIENCE_MS = 30000 }; /* only a hanging test reaches it */

/* argv[0] is the path. Standard output and error are appended to `output`. */
pid_t child_start(char *const argv[], const char *output);
/* The status as of waitpid. Killed when it doesn't end within the patience: the status then says
 * so. */
int child_wait(pid_t pid);
bool child_is_running(pid_t pid);
/* SIGKILL, and waits. */
void child_kill(pid_t pid);

#endif
