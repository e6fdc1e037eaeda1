/* SPDX-License-Identifier: Apache-2.0 */
/* Time as a number. Pure: nobody here reads a clock; time is an argument everywhere. */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include "common/base/err.h"

#include <stddef.h>
#include <stdint.h>

/* Nanoseconds: since 1970-01-01 UTC for a moment, plain for a duration. */
typedef int64_t nanos_t;

#define NANOS_US ((nanos_t)1000)
#define NANOS_MS ((nanos_t)1000000)
#define NANOS_S ((nanos_t)1000000000)
#define NANOS_MIN (60 * NANOS_S)
#define NANOS_DAY (86400 * NANOS_S)

enum { TIME_TEXT_SIZE = 32 };

/* RFC 3339 UTC with milliseconds, "2024-08-08T23:54:13.937Z". Returns `text`. */
char *time_print(nanos_t moment, char text[TIME_TEXT_SIZE]);

/* The UTC day, "2024-08-08". Returns `text`. */
char *time_print_day(nanos_t moment, char text[TIME_TEXT_SIZE]);

/* A duration such as "250ms", "60s", "2m", "4h", "1d" or "0". ERR_INVALID for anything else,
   ERR_OVERFLOW beyond 292 years. */
MUST_CHECK enum err time_parse_duration(const char *text, nanos_t *out);

#endif
