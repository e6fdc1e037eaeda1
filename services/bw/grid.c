/* SPDX-License-Identifier: Apache-2.0 */
#include "services/bw/grid.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void grid_init(struct grid *self, const struct grid_column *columns, size_t column_count)
{
	assert(column_count > 0 && column_count <= GRID_COLUMNS_MAX);
	*self = (struct grid){.columns = columns, .column_count = column_count};
}

void grid_free(struct grid *self)
{
	for (size_t i = 0; i < self->cell_count; i++)
		free(self->cells[i].text);
	free(self->cells);
	self->cells = NULL;
	self->cell_count = self->capacity = 0;
}

static bool grow(struct grid *self)
{
	size_t capacity = self->capacity == 0 ? 64 : 2 * self->capacity;
	struct grid_cell *cells = realloc(self->cells, capacity * sizeof *cells);
	if (cells == NULL)
		return false;
	self->cells = cells;
	self->capacity = capacity;
	return true;
}

void grid_add(struct grid *self, enum tint tint, const char *format, ...)
{
	char text[GRID_CELL_MAX];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	/* A text of a service must not steer the terminal. */
	for (char *at = text; *at != '\0'; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = '?';
	if (self->cell_count == self->capacity && !grow(self))
		return;
	self->cells[self->cell_count++] = (struct grid_cell){strdup(text), tint};
}

size_t text_width(const char *text)
{
	size_t width = 0;
	for (; *text != '\0'; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

const char *tint_on(enum tint tint, bool colour)
{
	static const char *const codes[] = {
		[TINT_NONE] = "",        [TINT_GOOD] = "\033[32m", [TINT_WARN] = "\033[33m",
		[TINT_BAD] = "\033[31m", [TINT_DIM] = "\033[2m",   [TINT_BOLD] = "\033[1m",
	};
	return colour ? codes[tint] : "";
}

const char *tint_off(enum tint tint, bool colour)
{
	return colour && tint != TINT_NONE ? "\033[0m" : "";
}

static void print_cell(const struct grid *self, FILE *file, size_t column, size_t width,
                       const char *text, enum tint tint, bool colour)
{
	bool is_last = column + 1 == self->column_count;
	int pad = (int)(width - text_width(text));
	if (self->columns[column].is_number)
		fprintf(file, "%*s", pad, "");
	fprintf(file, "%s%s%s", tint_on(tint, colour), text, tint_off(tint, colour));
	if (!is_last)
		fprintf(file, "%*s  ", self->columns[column].is_number ? 0 : pad, "");
}

static const char *cell_text(const struct grid *self, size_t index)
{
	return self->cells[index].text != NULL ? self->cells[index].text : "";
}

void grid_print(const struct grid *self, FILE *file, bool colour)
{
	size_t widths[GRID_COLUMNS_MAX], rows = self->cell_count / self->column_count;
	for (size_t column = 0; column < self->column_count; column++) {
		widths[column] = text_width(self->columns[column].title);
		for (size_t row = 0; row < rows; row++) {
			size_t width =
				text_width(cell_text(self, row * self->column_count + column));
			widths[column] = width > widths[column] ? width : widths[column];
		}
	}
	for (size_t column = 0; column < self->column_count; column++)
		print_cell(self, file, column, widths[column], self->columns[column].title,
		           TINT_BOLD, colour);
	fputc('\n', file);
	for (size_t i = 0; i < rows * self->column_count; i++) {
		print_cell(self, file, i % self->column_count, widths[i % self->column_count],
		           cell_text(self, i), self->cells[i].tint, colour);
		if ((i + 1) % self->column_count == 0)
			fputc('\n', file);
	}
}
