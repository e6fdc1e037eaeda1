/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/message.h"

#include <assert.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* values_side[], ... */
#define ENUM(NOUN, noun, doc) static const struct enum_value values_##noun[] = {
#define VALUE(NOUN, name, number, doc) {#name, doc, number},
#define END_ENUM(noun) };
#include "proto/enums.def"
#undef ENUM
#undef VALUE
#undef END_ENUM

#define ENUM(NOUN, noun, doc) \
	const struct enum_info enum_##noun = {#noun, doc, values_##noun, LENGTH(values_##noun)};
#define VALUE(NOUN, name, number, doc)
#define END_ENUM(noun)
#include "proto/enums.def"
#undef ENUM
#undef VALUE
#undef END_ENUM

const struct enum_info *const enum_infos[] = {
#define ENUM(NOUN, noun, doc) &enum_##noun,
#define VALUE(NOUN, name, number, doc)
#define END_ENUM(noun)
#include "proto/enums.def"
#undef ENUM
#undef VALUE
#undef END_ENUM
};
const size_t enum_info_count = LENGTH(enum_infos);

#define KIND_of_flag KIND_FLAG
#define KIND_of_count KIND_COUNT
#define KIND_of_nanos KIND_NANOS
#define KIND_of_ident KIND_IDENT
#define KIND_of_name KIND_NAME
#define KIND_of_text KIND_TEXT
#define KIND_of_decimal KIND_DECIMAL
#define KIND_of_amount KIND_AMOUNT
#define KIND_of_levels KIND_LEVELS
#define KIND_of_counts KIND_COUNTS

/* fields_tick[], ... */
#define MESSAGE(NOUN, noun, number, version, doc) static const struct field_info fields_##noun[] = {
#define SEALED MESSAGE
#define FIELD(message, kind, name, doc) \
	{#name, doc, KIND_of_##kind, offsetof(struct message, name), NULL},
#define ENUM_FIELD(message, type, name, doc) \
	{#name, doc, KIND_ENUM, offsetof(struct message, name), &enum_##type},
#define END(noun) };
#include "proto/messages.def"
#undef MESSAGE
#undef FIELD
#undef ENUM_FIELD
#undef END
#undef SEALED

#define FIELD(message, kind, name, doc)
#define ENUM_FIELD(message, type, name, doc)
#define END(noun)

#define INFO(NOUN, noun, version, sealed, doc) \
	static const struct message_info info_##noun = { \
		#noun, doc, MESSAGE_##NOUN, version, sealed, \
		sizeof(struct noun), fields_##noun, LENGTH(fields_##noun), \
	};
#define MESSAGE(NOUN, noun, number, version, doc) INFO(NOUN, noun, version, false, doc)
#define SEALED(NOUN, noun, number, version, doc) INFO(NOUN, noun, version, true, doc)
#include "proto/messages.def"
#undef MESSAGE
#undef SEALED

const struct message_info *const message_infos[] = {
#define MESSAGE(NOUN, noun, number, version, doc) &info_##noun,
#define SEALED MESSAGE
#include "proto/messages.def"
#undef MESSAGE
#undef SEALED
};
const size_t message_info_count = LENGTH(message_infos);

static const struct message_info *const infos_by_type[MESSAGE_TYPES_MAX] = {
#define MESSAGE(NOUN, noun, number, version, doc) [MESSAGE_##NOUN] = &info_##noun,
#define SEALED MESSAGE
#include "proto/messages.def"
#undef MESSAGE
#undef SEALED
};

const struct message_info *message_info(enum message_type type)
{
	unsigned number = (unsigned)type;

	return number < MESSAGE_TYPES_MAX ? infos_by_type[number] : NULL;
}

const struct message_info *message_info_named(const char *name)
{
	assert(name != NULL);
	for (size_t i = 0; i < message_info_count; i++)
		if (strcmp(message_infos[i]->name, name) == 0)
			return message_infos[i];
	return NULL;
}

const char *enum_print(const struct enum_info *values, int number)
{
	assert(values != NULL);
	for (size_t i = 0; i < values->count; i++)
		if (values->values[i].number == number)
			return values->values[i].name;
	return "?";
}

int enum_parse(const struct enum_info *values, const char *name)
{
	assert(values != NULL && name != NULL);
	for (size_t i = 0; i < values->count; i++)
		if (strcmp(values->values[i].name, name) == 0)
			return values->values[i].number;
	return 0;
}
