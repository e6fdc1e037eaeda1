/* SPDX-License-Identifier: Apache-2.0 */
/* The wire form of every message and enum, as it was when it was first written down: bytes on other
   machines and on disks don't change with our code.

   tests/golden/messages.txt: name, version, frame in hex, body as JSON; tab between.
   tests/golden/enums.txt:    enum, value, number; tab between.
   `test_golden --write` appends the lines that are missing and never touches the others: run it
   after a message, a version or a value was added. A line is taken out only while nothing that
   wrote such bytes was ever released. A line whose message or value is gone keeps its number from
   being used again. */
#include "proto/codec.h"
#include "proto/print.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/lib/sample.h"

enum { LINE_MAX_SIZE = 16384, SEED = 1, LEVELS = 2 };

static const char messages_path[] = "tests/golden/messages.txt";
static const char enums_path[] = "tests/golden/enums.txt";

struct golden {
	char *name, *version, *hex, *json;
};

static union sample body;
static uint8_t frame[FRAME_MAX];
static char line[LINE_MAX_SIZE], text[LINE_MAX_SIZE], hex[LINE_MAX_SIZE];

static FILE *open_file(const char *path, const char *mode)
{
	FILE *file = fopen(path, mode);

	if (file == NULL)
		fail_msg("%s can't be opened: run the test in the root of the source tree", path);
	return file;
}

/* The next tab-separated field of `*rest`, or "". */
static char *next_field(char **rest)
{
	char *field = *rest;
	size_t size = strcspn(field, "\t\n");
	bool is_last = field[size] != '\t';

	field[size] = '\0';
	*rest = field + size + !is_last;
	return field;
}

static bool next_line(FILE *file, char **fields, size_t count)
{
	if (fgets(line, sizeof line, file) == NULL)
		return false;
	char *rest = line;
	for (size_t i = 0; i < count; i++)
		fields[i] = next_field(&rest);
	return true;
}

static bool next_golden(FILE *file, struct golden *golden)
{
	char *fields[4];

	if (!next_line(file, fields, 4))
		return false;
	*golden = (struct golden){fields[0], fields[1], fields[2], fields[3]};
	return true;
}

static size_t bytes_of(const char *digits)
{
	size_t size = strlen(digits) / 2;

	assert_in_range(size, CODEC_PREFIX_SIZE, sizeof frame);
	for (size_t i = 0; i < size; i++) {
		char pair[3] = {digits[2 * i], digits[2 * i + 1], '\0'};
		frame[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return size;
}

static const char *hex_of(const uint8_t *bytes, size_t size)
{
	assert_true(2 * size < sizeof hex);
	for (size_t i = 0; i < size; i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	return hex;
}

static bool is_current(const struct golden *golden)
{
	const struct message_info *info = message_info_named(golden->name);

	return info != NULL && strtoul(golden->version, NULL, 10) == info->version;
}

static void check_current(const struct golden *golden)
{
	struct envelope envelope;
	size_t size = bytes_of(golden->hex), size_again = 0;
	enum err err = codec_unpack(frame, size, &envelope, &body, sizeof body, NULL);

	if (err != OK)
		fail_msg("the golden frame of %s is refused: %s", golden->name, err_text(err));
	const struct message_info *info = message_info(envelope.type);
	assert_string_equal(info->name, golden->name);
	assert_in_range(message_print(info, &body, text, sizeof text), 1, sizeof text - 1);
	assert_string_equal(text, golden->json);
	assert_int_equal(codec_pack(&envelope, &body, frame, sizeof frame, &size_again, NULL), OK);
	assert_string_equal(hex_of(frame, size_again), golden->hex);
}

static void every_golden_frame_means_what_it_meant(void **state)
{
	struct golden golden;
	FILE *file = open_file(messages_path, "r");

	(void)state;
	while (next_golden(file, &golden))
		if (is_current(&golden))
			check_current(&golden);
	fclose(file);
}

static void an_older_version_is_refused(void **state)
{
	struct golden golden;
	struct envelope envelope;
	FILE *file = open_file(messages_path, "r");

	(void)state;
	while (next_golden(file, &golden))
		if (message_info_named(golden.name) != NULL && !is_current(&golden))
			assert_int_equal(codec_peek(frame, bytes_of(golden.hex), &envelope),
			                 ERR_VERSION);
	fclose(file);
}

static void a_type_number_belongs_to_one_name_for_ever(void **state)
{
	struct golden golden;
	FILE *file = open_file(messages_path, "r");

	(void)state;
	while (next_golden(file, &golden)) {
		bytes_of(golden.hex);
		const struct message_info *info = message_info((enum message_type)frame[2]);
		if (info != NULL)
			assert_string_equal(info->name, golden.name);
		else if (message_info_named(golden.name) != NULL)
			fail_msg("%s has another type number than it had", golden.name);
	}
	fclose(file);
}

static bool has_golden(const struct message_info *info)
{
	struct golden golden;
	bool found = false;
	FILE *file = fopen(messages_path, "r");

	while (file != NULL && !found && next_golden(file, &golden))
		found = strcmp(golden.name, info->name) == 0 && is_current(&golden);
	if (file != NULL)
		fclose(file);
	return found;
}

static void every_message_has_a_golden_frame(void **state)
{
	(void)state;
	for (size_t i = 0; i < message_info_count; i++)
		if (!has_golden(message_infos[i]))
			fail_msg("%s has no line for %s version %u: run test_golden --write",
			         messages_path, message_infos[i]->name, message_infos[i]->version);
}

static const struct enum_info *enum_named(const char *name)
{
	for (size_t i = 0; i < enum_info_count; i++)
		if (strcmp(enum_infos[i]->name, name) == 0)
			return enum_infos[i];
	return NULL;
}

static void an_enum_number_belongs_to_one_value_for_ever(void **state)
{
	char *fields[3];
	FILE *file = open_file(enums_path, "r");

	(void)state;
	while (next_line(file, fields, 3)) {
		const struct enum_info *info = enum_named(fields[0]);
		int number = (int)strtol(fields[2], NULL, 10);
		if (info == NULL)
			continue;
		if (enum_parse(info, fields[1]) != 0)
			assert_int_equal(enum_parse(info, fields[1]), number);
		else
			assert_string_equal(enum_print(info, number), "?");
	}
	fclose(file);
}

static bool has_golden_value(const char *noun, const char *value)
{
	char *fields[3];
	bool found = false;
	FILE *file = fopen(enums_path, "r");

	while (file != NULL && !found && next_line(file, fields, 3))
		found = strcmp(fields[0], noun) == 0 && strcmp(fields[1], value) == 0;
	if (file != NULL)
		fclose(file);
	return found;
}

static void every_enum_value_is_written_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < enum_info_count; i++)
		for (size_t k = 0; k < enum_infos[i]->count; k++)
			if (!has_golden_value(enum_infos[i]->name, enum_infos[i]->values[k].name))
				fail_msg("%s has no line for %s %s: run test_golden --write",
				         enums_path, enum_infos[i]->name,
				         enum_infos[i]->values[k].name);
}

static void write_message(const struct message_info *info)
{
	struct sampler sampler = {SEED + (uint64_t)info->type, LEVELS};
	struct envelope envelope = {.type = info->type,
	                            .sender = name_from("golden.1"),
	                            .epoch = UINT64_C(0xfedcba9876543210),
	                            .sequence = 300,
	                            .sent = INT64_C(1723161253937000000),
	                            .expires = INT64_C(1723161254937000000),
	                            .correlation = 70000,
	                            .causation = 7};
	size_t size = 0;
	FILE *file = open_file(messages_path, "a");

	sample_body(&sampler, info, &body);
	assert_int_equal(codec_pack(&envelope, &body, frame, sizeof frame, &size, NULL), OK);
	message_print(info, &body, text, sizeof text);
	fprintf(file, "%s\t%u\t%s\t%s\n", info->name, info->version, hex_of(frame, size), text);
	fclose(file);
}

static void write_value(const struct enum_info *info, const struct enum_value *value)
{
	FILE *file = open_file(enums_path, "a");

	fprintf(file, "%s\t%s\t%d\n", info->name, value->name, value->number);
	fclose(file);
}

static void write_what_is_missing(void **state)
{
	(void)state;
	for (size_t i = 0; i < message_info_count; i++)
		if (!has_golden(message_infos[i]))
			write_message(message_infos[i]);
	for (size_t i = 0; i < enum_info_count; i++)
		for (size_t k = 0; k < enum_infos[i]->count; k++)
			if (!has_golden_value(enum_infos[i]->name, enum_infos[i]->values[k].name))
				write_value(enum_infos[i], &enum_infos[i]->values[k]);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest writers[] = {cmocka_unit_test(write_what_is_missing)};
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_golden_frame_means_what_it_meant),
		cmocka_unit_test(an_older_version_is_refused),
		cmocka_unit_test(a_type_number_belongs_to_one_name_for_ever),
		cmocka_unit_test(every_message_has_a_golden_frame),
		cmocka_unit_test(an_enum_number_belongs_to_one_value_for_ever),
		cmocka_unit_test(every_enum_value_is_written_down),
	};

	if (argc == 2 && strcmp(argv[1], "--write") == 0)
		return cmocka_run_group_tests(writers, NULL, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
