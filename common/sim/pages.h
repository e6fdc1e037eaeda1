/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of a process that begins empty again and again. Only pages that were touched are cleared:
   most of a state never is. */
#ifndef SIM_PAGES_H
#define SIM_PAGES_H

#include <stddef.h>
#include <stdint.h>

struct pages {
	uint8_t *memory;
	uint8_t *touched; /* a byte for each page */
	size_t count;
	unsigned clearings;
};

/* Aborts when there is no memory. */
void pages_open(struct pages *self, size_t size);
void pages_clear(struct pages *self);
void pages_close(struct pages *self);

#endif
