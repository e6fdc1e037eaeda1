/* SPDX-License-Identifier: Apache-2.0 */
/* A pointer told as a distance from its owner. The memory that a table or a ring works in stands in
   the same struct as itself; so the whole state may be copied, saved and compared byte by byte. */
#ifndef BASE_RELATIVE_H
#define BASE_RELATIVE_H

#include <stdint.h>

typedef int64_t relative_t;

static inline relative_t relative_from(const void *owner, const void *memory)
{
	return (relative_t)((intptr_t)memory - (intptr_t)owner);
}

static inline void *relative_at(const void *owner, relative_t distance)
{
	return (void *)((intptr_t)owner + (intptr_t)distance);
}

#endif
