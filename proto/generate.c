/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the documents that are made from tables: `generate messages` prints docs/messages.md. */
#include "proto/flows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *kind_word(enum kind kind)
{
	switch (kind) {
	case KIND_FLAG: return "flag";
	case KIND_COUNT: return "count";
	case KIND_NANOS: return "nanos";
	case KIND_IDENT: return "ident";
	case KIND_NAME: return "name";
	case KIND_TEXT: return "text";
	case KIND_DECIMAL: return "decimal";
	case KIND_AMOUNT: return "amount";
	case KIND_LEVELS: return "levels";
	case KIND_COUNTS: return "counts";
	case KIND_ENUM: return "enum";
	}
	return "?";
}

static void print_head(void)
{
	puts("# Messages\n\n"
	     "Made from the tables `proto/*.def` by `make docs`; change those.\n\n"
	     "A frame is one MessagePack array: version, type, sender, epoch, sequence, sent,\n"
	     "expires, correlation, causation, body, and for sealed messages a 16-byte seal over\n"
	     "the body's bytes. The body is an array of the fields below, in order. Times are\n"
	     "nanoseconds UTC unless a field says otherwise. A reader refuses what is not exactly\n"
	     "so: see `proto/codec.h`.\n");
}

static void print_kinds(void)
{
	puts("| kind | on the wire | means |\n|---|---|---|\n"
	     "| flag | boolean | yes or no |\n"
	     "| count | unsigned integer, 64 bits | a number that is no amount of money |\n"
	     "| nanos | integer, 64 bits | a moment or a duration |\n"
	     "| ident | two counts: high, low | 128-bit identity; all zero means none |");
	printf("| name | string, at most %d bytes, no NUL | a short name |\n", NAME_MAX_SIZE);
	printf("| text | string, at most %d bytes, no NUL | words for people |\n", TEXT_MAX_SIZE);
	printf("| decimal | two integers: coefficient, exponent | %s, exponent %d to %d |\n",
	       "coefficient × 10^exponent, normalised", DECIMAL_EXPONENT_MIN, DECIMAL_EXPONENT_MAX);
	puts("| amount | like decimal | never below zero |");
	printf("| levels | array: price, qty, price, qty … | at most %d levels |\n", LEVELS_MAX);
	printf("| counts | array of count | at most %d |\n", COUNTS_MAX);
	puts("| an enum | positive integer | one of its values below |\n");
}

static void print_fields(const struct message_info *info)
{
	puts("| field | kind | meaning |\n|---|---|---|");
	for (size_t i = 0; i < info->field_count; i++) {
		const struct field_info *field = &info->fields[i];
		if (field->kind == KIND_ENUM)
			printf("| %s | [%s](#enum-%s) | %s |\n", field->name, field->values->name,
			       field->values->name, field->doc);
		else
			printf("| %s | %s | %s |\n", field->name, kind_word(field->kind),
			       field->doc);
	}
	puts("");
}

/* "Published by a, b. " with the services for which `names` has an entry of this type. */
static void print_names(const char *lead, const char *names[], size_t count)
{
	if (count == 0)
		return;
	printf("%s ", lead);
	for (size_t i = 0; i < count; i++)
		printf("%s%s", i == 0 ? "" : ", ", names[i]);
	puts(".");
}

enum { NAMES_MAX = 128 };

static void add_name(const char *names[], size_t *count, const char *name)
{
	for (size_t i = 0; i < *count; i++)
		if (strcmp(names[i], name) == 0)
			return;
	if (*count < NAMES_MAX)
		names[(*count)++] = name;
}

static void print_streams_of(enum message_type type)
{
	const char *publishers[NAMES_MAX], *listeners[NAMES_MAX], *mirrors[NAMES_MAX];
	size_t publisher_count = 0, listener_count = 0, mirror_count = 0;

	for (size_t i = 0; i < flow_publish_count; i++)
		if (flow_publishes[i].type == type)
			add_name(publishers, &publisher_count, flow_publishes[i].publisher);
	for (size_t i = 0; i < flow_listen_count; i++)
		if (flow_listens[i].type == type)
			add_name(listeners, &listener_count, flow_listens[i].subscriber);
	for (size_t i = 0; i < flow_mirror_count; i++)
		if (flow_mirrors[i].type == type)
			add_name(mirrors, &mirror_count, flow_mirrors[i].publisher);
	print_names("- Published by", publishers, publisher_count);
	print_names("- Heard by", listeners, listener_count);
	print_names("- Mirrored to Redis by", mirrors, mirror_count);
}

static void print_calls_of(enum message_type type)
{
	for (size_t i = 0; i < flow_ask_count; i++) {
		const struct flow_ask *ask = &flow_asks[i];
		if (ask->request == type)
			printf("- %s asks %s; answered by %s.\n", ask->caller, ask->callee,
			       message_info(ask->answer)->name);
		else if (ask->answer == type)
			printf("- Answer of %s to %s's %s.\n", ask->callee, ask->caller,
			       message_info(ask->request)->name);
	}
}

static void print_messages(void)
{
	puts("## Messages\n");
	for (size_t i = 0; i < message_info_count; i++) {
		const struct message_info *info = message_infos[i];
		printf("### %s\n\n%s\n\n", info->name, info->doc);
		printf("- Type %d, version %u%s.\n", (int)info->type, info->version,
		       info->sealed ? ", sealed" : "");
		print_streams_of(info->type);
		print_calls_of(info->type);
		puts("");
		print_fields(info);
	}
}

static void print_enums(void)
{
	puts("## Enums\n");
	for (size_t i = 0; i < enum_info_count; i++) {
		const struct enum_info *info = enum_infos[i];
		printf("### enum %s\n\n%s\n\n| value | number | meaning |\n|---|---|---|\n",
		       info->name, info->doc);
		for (size_t k = 0; k < info->count; k++)
			printf("| %s | %d | %s |\n", info->values[k].name, info->values[k].number,
			       info->values[k].doc);
		puts("");
	}
}

static void print_services(void)
{
	puts("## Services\n\n"
	     "Every service publishes heartbeat, alert and resync_done and answers "
	     "resync_request.\n\n"
	     "| service | does |\n|---|---|");
	for (size_t i = 0; i < flow_service_count; i++)
		printf("| %s | %s |\n", flow_services[i].name, flow_services[i].doc);
	puts("\n| subscriber | listens to | for |\n|---|---|---|");
	for (size_t i = 0; i < flow_listen_count; i++)
		printf("| %s | %s | %s |\n", flow_listens[i].subscriber, flow_listens[i].publisher,
		       message_info(flow_listens[i].type)->name);
	puts("\n| caller | asks | request | answer |\n|---|---|---|---|");
	for (size_t i = 0; i < flow_ask_count; i++)
		printf("| %s | %s | %s | %s |\n", flow_asks[i].caller, flow_asks[i].callee,
		       message_info(flow_asks[i].request)->name,
		       message_info(flow_asks[i].answer)->name);
	puts("\n| publisher | mirrors to Redis | key fields |\n|---|---|---|");
	for (size_t i = 0; i < flow_mirror_count; i++)
		printf("| %s | %s | %s |\n", flow_mirrors[i].publisher,
		       message_info(flow_mirrors[i].type)->name, flow_mirrors[i].key);
	puts("");
}

int main(int argc, char **argv)
{
	if (argc != 2 || strcmp(argv[1], "messages") != 0) {
		fputs("usage: generate messages    prints docs/messages.md\n", stderr);
		return EXIT_FAILURE;
	}
	print_head();
	print_kinds();
	print_services();
	print_messages();
	print_enums();
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
