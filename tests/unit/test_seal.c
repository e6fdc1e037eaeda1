/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/scratch.h"

static struct scratch scratch;
static text_t why;
static const uint8_t body[] = "buy 0.2 at 60000, limits version 7, until noon";

static int set_up(void **state)
{
	(void)state;
	scratch_open(&scratch);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	scratch_close(&scratch);
	return 0;
}

static struct seal *open_seal(void)
{
	struct seal *seal = NULL;

	if (seal_open(&seal, scratch_path(&scratch, "keys/seal.key"), &why) != OK)
		fail_msg("%s", why.text);
	return seal;
}

static enum err check(const struct seal *seal, const uint8_t *bytes, size_t size,
                      const uint8_t *mac)
{
	struct sealing sealing = {.body = bytes, .size = size, .seal = mac};

	return seal_check(seal, &sealing);
}

static void the_first_start_makes_a_private_key_and_the_next_reads_it(void **state)
{
	uint8_t mac[SEAL_SIZE];
	struct stat info;
	(void)state;

	struct seal *risk = open_seal(), *executor = open_seal();
	seal_make(risk, body, sizeof body, mac);
	assert_int_equal(check(executor, body, sizeof body, mac), OK);
	assert_int_equal(stat(scratch_path(&scratch, "keys/seal.key"), &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
	assert_int_equal(info.st_size, 32);
	assert_int_equal(stat(scratch_path(&scratch, "keys"), &info), 0);
	assert_int_equal(info.st_mode & 0777, 0700);
	assert_int_equal(scratch_count(&scratch, "keys", "", NULL), 1);
	seal_close(&risk);
	seal_close(&executor);
	assert_null(risk);
}

static void every_flipped_bit_of_body_or_seal_is_refused(void **state)
{
	uint8_t mac[SEAL_SIZE], copy[sizeof body];
	(void)state;

	struct seal *seal = open_seal();
	memcpy(copy, body, sizeof body);
	seal_make(seal, body, sizeof body, mac);
	for (size_t bit = 0; bit < 8 * sizeof body; bit++) {
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(check(seal, copy, sizeof body, mac), ERR_SEAL);
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t bit = 0; bit < 8 * SEAL_SIZE; bit++) {
		mac[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(check(seal, body, sizeof body, mac), ERR_SEAL);
		mac[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_int_equal(check(seal, body, sizeof body - 1, mac), ERR_SEAL);
	assert_int_equal(check(seal, body, sizeof body, NULL), ERR_SEAL);
	assert_int_equal(check(seal, body, sizeof body, mac), OK);
	seal_close(&seal);
}

static void another_key_is_refused(void **state)
{
	uint8_t mac[SEAL_SIZE];
	struct seal *other = NULL;
	(void)state;

	struct seal *seal = open_seal();
	assert_int_equal(seal_open(&other, scratch_path(&scratch, "other.key"), &why), OK);
	seal_make(other, body, sizeof body, mac);
	assert_int_equal(check(seal, body, sizeof body, mac), ERR_SEAL);
	seal_close(&seal);
	seal_close(&other);
}

static void a_key_that_others_can_read_is_refused_with_the_remedy(void **state)
{
	static const mode_t modes[] = {0640, 0604, 0620, 0602, 0601, 0666};
	struct seal *seal = open_seal();
	(void)state;

	seal_close(&seal);
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		chmod(scratch_path(&scratch, "keys/seal.key"), modes[i]);
		assert_int_equal(seal_open(&seal, scratch_path(&scratch, "keys/seal.key"), &why),
		                 ERR_INVALID);
		assert_non_null(strstr(why.text, "chmod 600 "));
	}
}

static void a_key_of_the_wrong_size_is_refused(void **state)
{
	static const size_t sizes[] = {0, 31, 33, 5000};
	uint8_t bytes[5000] = {1};
	struct seal *seal = NULL;
	(void)state;

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		const char *path = scratch_write(&scratch, "bad.key", bytes, sizes[i]);
		chmod(path, 0600);
		assert_int_equal(seal_open(&seal, path, &why), ERR_INVALID);
		assert_non_null(strstr(why.text, "bytes"));
	}
}

static void a_place_that_cant_be_written_is_told(void **state)
{
	struct seal *seal = NULL;
	(void)state;

	scratch_write_text(&scratch, "file", "x");
	assert_int_not_equal(seal_open(&seal, scratch_path(&scratch, "file/seal.key"), &why), OK);
	assert_non_null(strstr(why.text, "Not a directory"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_start_makes_a_private_key_and_the_next_reads_it),
		TEST(every_flipped_bit_of_body_or_seal_is_refused),
		TEST(another_key_is_refused),
		TEST(a_key_that_others_can_read_is_refused_with_the_remedy),
		TEST(a_key_of_the_wrong_size_is_refused),
		TEST(a_place_that_cant_be_written_is_told),
	};

	return cmocka_run_group_tests_name("seal", tests, NULL, NULL);
}
