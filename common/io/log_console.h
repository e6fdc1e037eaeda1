/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines on standard error: coloured for people at a terminal, "<4>" prefix and no time under
   journald, or JSON. Never waits long: a reader that doesn't read costs it lines. For the log's
   worker only. */
#ifndef IO_LOG_CONSOLE_H
#define IO_LOG_CONSOLE_H

#include "proto/message.h"

struct log_console;

/* NULL without memory. */
struct log_console *log_console_open(const name_t *instance, bool json);
/* `event` and `text` have no control characters. Returns the number of lines lost: 0 or 1. */
unsigned log_console_put(struct log_console *self, nanos_t now, enum severity severity,
                         const char *event, const char *text);
void log_console_close(struct log_console **self);

#endif
