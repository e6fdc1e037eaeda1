/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a host is this machine. */
#ifndef IO_LOOPBACK_H
#define IO_LOOPBACK_H

#include <stdbool.h>

/* 127.0.0.0/8, ::1 or localhost. */
bool host_is_loopback(const char *host);

#endif
