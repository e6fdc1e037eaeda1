/* SPDX-License-Identifier: Apache-2.0 */
#include "services/bw/grid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct grid_column columns[] = {{"symbol", false}, {"qty", true}, {"note", false}};

static char *printed(const struct grid *grid, bool colour)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);
	assert_non_null(file);
	grid_print(grid, file, colour);
	fclose(file);
	return text;
}

static void assert_grid(const struct grid *grid, bool colour, const char *expected)
{
	char *text = printed(grid, colour);
	assert_string_equal(text, expected);
	free(text);
}

static void columns_are_as_wide_as_their_widest_cell(void **state)
{
	struct grid grid;
	(void)state;
	grid_init(&grid, columns, 3);
	grid_add(&grid, TINT_NONE, "BTCUSDT");
	grid_add(&grid, TINT_NONE, "0.5");
	grid_add(&grid, TINT_NONE, "a");
	grid_add(&grid, TINT_NONE, "X");
	grid_add(&grid, TINT_NONE, "1234.5");
	grid_add(&grid, TINT_NONE, "bb");
	assert_grid(&grid, false,
	            "symbol      qty  note\n"
	            "BTCUSDT     0.5  a\n"
	            "X        1234.5  bb\n");
	grid_free(&grid);
}

static void a_grid_without_rows_prints_its_titles(void **state)
{
	struct grid grid;
	(void)state;
	grid_init(&grid, columns, 3);
	assert_grid(&grid, false, "symbol  qty  note\n");
	grid_free(&grid);
}

static void a_row_that_is_not_whole_is_left_out(void **state)
{
	struct grid grid;
	(void)state;
	grid_init(&grid, columns, 3);
	grid_add(&grid, TINT_NONE, "BTCUSDT");
	assert_grid(&grid, false, "symbol  qty  note\n");
	grid_free(&grid);
}

static void colours_take_no_width(void **state)
{
	static const struct grid_column two[] = {{"a", false}, {"b", false}};
	struct grid grid;
	(void)state;
	grid_init(&grid, two, 2);
	grid_add(&grid, TINT_BAD, "no");
	grid_add(&grid, TINT_NONE, "x");
	assert_grid(&grid, true, "\033[1ma\033[0m   \033[1mb\033[0m\n\033[31mno\033[0m  x\n");
	grid_free(&grid);
}

static void characters_of_several_bytes_count_once(void **state)
{
	static const struct grid_column two[] = {{"a", false}, {"b", false}};
	struct grid grid;
	(void)state;
	assert_int_equal(text_width("gr\xc3\xbc\xc3\x9f"), 4);
	grid_init(&grid, two, 2);
	grid_add(&grid, TINT_NONE, "\xc3\xbc\xc3\xbc");
	grid_add(&grid, TINT_NONE, "x");
	grid_add(&grid, TINT_NONE, "ab");
	grid_add(&grid, TINT_NONE, "y");
	assert_grid(&grid, false, "a   b\n\xc3\xbc\xc3\xbc  x\nab  y\n");
	grid_free(&grid);
}

static void a_cell_cannot_steer_the_terminal(void **state)
{
	static const struct grid_column one[] = {{"a", false}};
	struct grid grid;
	(void)state;
	grid_init(&grid, one, 1);
	grid_add(&grid, TINT_NONE, "%s", "\033[2Jx\ny\x7f");
	assert_grid(&grid, false, "a\n?[2Jx?y?\n");
	grid_free(&grid);
}

static void a_long_cell_is_cut(void **state)
{
	static const struct grid_column one[] = {{"a", false}};
	char text[2 * GRID_CELL_MAX];
	struct grid grid;
	(void)state;
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	grid_init(&grid, one, 1);
	grid_add(&grid, TINT_NONE, "%s", text);
	assert_int_equal(strlen(grid.cells[0].text), GRID_CELL_MAX - 1);
	grid_free(&grid);
}

static void a_thousand_rows_fit(void **state)
{
	static const struct grid_column one[] = {{"a", true}};
	struct grid grid;
	(void)state;
	grid_init(&grid, one, 1);
	for (int i = 1; i <= 1000; i++)
		grid_add(&grid, TINT_NONE, "%d", i);
	char *text = printed(&grid, false);
	assert_non_null(strstr(text, "\n   1\n"));
	assert_non_null(strstr(text, "\n1000\n"));
	free(text);
	grid_free(&grid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
		cmocka_unit_test(a_grid_without_rows_prints_its_titles),
		cmocka_unit_test(a_row_that_is_not_whole_is_left_out),
		cmocka_unit_test(colours_take_no_width),
		cmocka_unit_test(characters_of_several_bytes_count_once),
		cmocka_unit_test(a_cell_cannot_steer_the_terminal),
		cmocka_unit_test(a_long_cell_is_cut),
		cmocka_unit_test(a_thousand_rows_fit),
	};
	return cmocka_run_group_tests_name("grid", tests, NULL, NULL);
}
