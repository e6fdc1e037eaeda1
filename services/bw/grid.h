/* SPDX-License-Identifier: Apache-2.0 */
/* A table as aligned text: columns as wide as their widest cell, numbers to the right, colours
   without a width of their own. */
#ifndef BW_GRID_H
#define BW_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { GRID_COLUMNS_MAX = 12, GRID_CELL_MAX = 256 };

enum tint { TINT_NONE, TINT_GOOD, TINT_WARN, TINT_BAD, TINT_DIM, TINT_BOLD };

struct grid_column {
	const char *title;
	bool is_number;
};

struct grid_cell {
	char *text;
	enum tint tint;
};

struct grid {
	const struct grid_column *columns;
	size_t column_count;
	struct grid_cell *cells; /* row by row */
	size_t cell_count, capacity;
};

void grid_init(struct grid *self, const struct grid_column *columns, size_t column_count);
void grid_free(struct grid *self);
/* The next cell, left to right, row by row; cut at GRID_CELL_MAX bytes, control characters become
 * '?'. */
void grid_add(struct grid *self, enum tint tint, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Title line and whole rows; the last column isn't padded. Nothing for no rows but the titles. */
void grid_print(const struct grid *self, FILE *file, bool colour);

/* What switches a tint on, and off: "" without colour. */
const char *tint_on(enum tint tint, bool colour);
const char *tint_off(enum tint tint, bool colour);
/* Columns that UTF-8 text takes, one for each character. Pure. */
size_t text_width(const char *text);

#endif
