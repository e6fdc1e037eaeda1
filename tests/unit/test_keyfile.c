/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/keyfile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/scratch.h"

static struct scratch scratch;
static struct venue_key key;
static text_t why;

static int set_up(void **state)
{
	(void)state;
	scratch_open(&scratch);
	memset(&key, 0, sizeof key);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	scratch_close(&scratch);
	return 0;
}

static enum err read_text(const char *text)
{
	const char *path = scratch_write_text(&scratch, "key.yaml", text);

	chmod(path, 0600);
	return keyfile_read(path, &key, &why);
}

static void reads_an_hmac_key(void **state)
{
	(void)state;
	assert_int_equal(read_text("# mine\napi_key: abc\nsecret: \"d e f\"\n"), OK);
	assert_string_equal(key.api_key, "abc");
	assert_string_equal(key.secret, "d e f");
	assert_false(key.is_ed25519);
}

static void reads_an_ed25519_seed_alone_or_as_pkcs8(void **state)
{
	static const char *const texts[] = {
		"api_key: abc\ned25519_seed: nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=\n",
		"api_key: abc\n"
		"ed25519_seed: MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMRESVxpezJpGXA7rAMcrn9g\n",
	};
	static const uint8_t first[] = {0x9d, 0x61, 0xb1, 0x9d};
	(void)state;

	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(read_text(texts[i]), OK);
		assert_true(key.is_ed25519);
		assert_memory_equal(key.seed, first, sizeof first);
	}
}

static void what_is_no_key_file_is_refused_without_telling_secrets(void **state)
{
	static const struct {
		const char *text, *part;
	} rows[] = {
		{"", "api_key"},
		{"- SEKRIT\n", "api_key"},
		{"api_key: SEKRIT\n", "one of secret and ed25519_seed"},
		{"secret: SEKRIT\n", "api_key is missing"},
		{"api_key: SEKRIT\nsecret: \"\"\n", ":2: secret: 1 to 255"},
		{"api_key: SEKRIT\nsecret: [SEKRIT]\n", ":2: lines of the form"},
		{"api_key: SEKRIT\nsecret: SEKRIT\nsecret: SEKRIT\n", ":3: the key is given twice"},
		{"api_key: SEKRIT\nsekret: SEKRIT\n", ":2: unknown key"},
		{"api_key: SEKRIT\nsecret: a\ned25519_seed: "
	         "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=\n",
	         "one of secret"},
		{"api_key: SEKRIT\ned25519_seed: SEKRIT\n", ":2: ed25519_seed: base64 of 32 bytes"},
		{"api_key: SEKRIT\ned25519_seed: "
	         "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=SEKRIT\n",
	         ":2: ed25519_seed: base64 of 32 bytes"},
		{"api_key: \"SEKRIT\n", "not YAML"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(read_text(rows[i].text), ERR_INVALID);
		if (strstr(why.text, rows[i].part) == NULL)
			fail_msg("%s: \"%s\" should say \"%s\"", rows[i].text, why.text,
			         rows[i].part);
		assert_null(strstr(why.text, "SEKRIT"));
		assert_string_equal(key.api_key, "");
	}
}

static void too_long_values_and_files_are_refused(void **state)
{
	char text[6000];
	(void)state;

	snprintf(text, sizeof text, "api_key: %0128d\nsecret: a\n", 0);
	assert_int_equal(read_text(text), ERR_INVALID);
	snprintf(text, sizeof text, "api_key: %0127d\nsecret: %0255d\n", 0, 0);
	assert_int_equal(read_text(text), OK);
	snprintf(text, sizeof text, "api_key: a\nsecret: %05000d\n", 0);
	assert_int_equal(read_text(text), ERR_INVALID);
	assert_non_null(strstr(why.text, "at most 4096 bytes"));
}

static void a_file_that_others_can_read_is_refused_with_the_remedy(void **state)
{
	const char *path = scratch_write_text(&scratch, "key.yaml", "api_key: a\nsecret: b\n");
	(void)state;

	chmod(path, 0644);
	assert_int_equal(keyfile_read(path, &key, &why), ERR_INVALID);
	assert_non_null(strstr(why.text, "chmod 600 "));
	assert_non_null(strstr(why.text, "0644"));
}

static void a_missing_file_is_not_found(void **state)
{
	(void)state;
	assert_int_equal(keyfile_read(scratch_path(&scratch, "none"), &key, &why), ERR_NOT_FOUND);
}

static void a_made_key_is_private_random_and_kept(void **state)
{
	struct venue_key second, other;
	struct stat info;
	(void)state;

	assert_int_equal(keyfile_make(scratch_path(&scratch, "keys/venue.yaml"), &why), OK);
	assert_int_equal(keyfile_read(scratch_path(&scratch, "keys/venue.yaml"), &key, &why), OK);
	assert_int_equal(strlen(key.api_key), 64);
	assert_int_equal(strlen(key.secret), 64);
	assert_string_not_equal(key.api_key, key.secret);
	assert_int_equal(stat(scratch_path(&scratch, "keys/venue.yaml"), &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
	assert_int_equal(keyfile_make(scratch_path(&scratch, "keys/venue.yaml"), &why), OK);
	assert_int_equal(keyfile_read(scratch_path(&scratch, "keys/venue.yaml"), &second, &why),
	                 OK);
	assert_string_equal(second.secret, key.secret);
	assert_int_equal(keyfile_make(scratch_path(&scratch, "other.yaml"), &why), OK);
	assert_int_equal(keyfile_read(scratch_path(&scratch, "other.yaml"), &other, &why), OK);
	assert_string_not_equal(other.secret, key.secret);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_an_hmac_key),
		TEST(reads_an_ed25519_seed_alone_or_as_pkcs8),
		TEST(what_is_no_key_file_is_refused_without_telling_secrets),
		TEST(too_long_values_and_files_are_refused),
		TEST(a_file_that_others_can_read_is_refused_with_the_remedy),
		TEST(a_missing_file_is_not_found),
		TEST(a_made_key_is_private_random_and_kept),
	};

	return cmocka_run_group_tests_name("keyfile", tests, NULL, NULL);
}
