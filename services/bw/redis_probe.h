/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a Redis answers. */
#ifndef BW_REDIS_PROBE_H
#define BW_REDIS_PROBE_H

#include "common/base/text.h"

/* `address`: "unix:PATH" or "HOST:PORT". ERR_UNAVAILABLE with the reason. */
MUST_CHECK enum err redis_probe(const char *address, text_t *why);

#endif
