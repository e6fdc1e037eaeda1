/* SPDX-License-Identifier: Apache-2.0 */
/* Where an instance publishes and answers. On this machine: ipc sockets in the private run
   directory; elsewhere: what `endpoints` of stack.yaml says. */
#ifndef IO_ADDRESSES_H
#define IO_ADDRESSES_H

#include "common/logic/stack.h"

enum { ADDRESS_MAX = 160 };

struct addresses {
	char run[512];
	const struct stack_config *stack;
};

/* ERR_INVALID with the remedy when a path is too long for a unix socket or an endpoint is not
 * usable. */
MUST_CHECK enum err addresses_publish(const struct addresses *self, const char *instance,
                                      char out[ADDRESS_MAX], text_t *why);
MUST_CHECK enum err addresses_answer(const struct addresses *self, const char *instance,
                                     char out[ADDRESS_MAX], text_t *why);

#endif
