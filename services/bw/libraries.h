/* SPDX-License-Identifier: Apache-2.0 */
/* The libraries that this program runs with, and the oldest version of each that will do. */
#ifndef BW_LIBRARIES_H
#define BW_LIBRARIES_H

#include <stdbool.h>
#include <stddef.h>

enum { LIBRARIES_MAX = 10 };

struct library {
	const char *name;
	char version[24];
	const char *oldest;
	bool is_recent_enough;
};

/* Returns how many. */
size_t libraries_list(struct library out[LIBRARIES_MAX]);

/* Dotted numbers by value: "4.3.10" is newer than "4.3.9". Pure. */
bool version_is_at_least(const char *version, const char *oldest);

#endif
