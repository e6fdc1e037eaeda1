/* SPDX-License-Identifier: Apache-2.0 */
/* The catalogue as C: one struct per message, one enum per enum, and tables that describe them.
   Everything here is expanded from enums.def, messages.def and flows.def; nothing is declared
   twice. */
#ifndef PROTO_MESSAGE_H
#define PROTO_MESSAGE_H

#include "common/base/decimal.h"
#include "common/base/text.h"
#include "common/base/time.h"

enum { LEVELS_MAX = 5000, COUNTS_MAX = 24, FRAME_MAX = 1 << 19, MESSAGE_TYPES_MAX = 128 };

struct level {
	decimal_t price, qty;
};

struct levels {
	uint32_t count;
	struct level items[LEVELS_MAX];
};

struct counts {
	uint32_t count;
	uint64_t items[COUNTS_MAX];
};

/* enum side { SIDE_BUY = 1, ... }: zero is never a value. */
#define ENUM(NOUN, noun, doc) enum noun {
#define VALUE(NOUN, name, number, doc) NOUN##_##name = number,
#define END_ENUM(noun) };
#include "proto/enums.def"
#undef ENUM
#undef VALUE
#undef END_ENUM

typedef bool kind_flag;
typedef uint64_t kind_count;
typedef nanos_t kind_nanos;
typedef ident_t kind_ident;
typedef name_t kind_name;
typedef text_t kind_text;
typedef decimal_t kind_decimal;
typedef decimal_t kind_amount;
typedef struct levels kind_levels;
typedef struct counts kind_counts;

enum kind {
	KIND_FLAG,
	KIND_COUNT,
	KIND_NANOS,
	KIND_IDENT,
	KIND_NAME,
	KIND_TEXT,
	KIND_DECIMAL,
	KIND_AMOUNT,
	KIND_LEVELS,
	KIND_COUNTS,
	KIND_ENUM,
};

/* struct tick { ... }; one per message. */
#define MESSAGE(NOUN, noun, number, version, doc) struct noun {
#define SEALED(NOUN, noun, number, version, doc) struct noun {
#define FIELD(message, kind, name, doc) kind_##kind name;
#define ENUM_FIELD(message, type, name, doc) enum type name;
#define END(noun) };
#include "proto/messages.def"
#undef MESSAGE
#undef SEALED
#undef FIELD
#undef ENUM_FIELD
#undef END

/* MESSAGE_TICK = 40, ...: zero is never a type. */
enum message_type {
	MESSAGE_NONE = 0,
#define MESSAGE(NOUN, noun, number, version, doc) MESSAGE_##NOUN = number,
#define SEALED(NOUN, noun, number, version, doc) MESSAGE_##NOUN = number,
#define FIELD(message, kind, name, doc)
#define ENUM_FIELD(message, type, name, doc)
#define END(noun)
#include "proto/messages.def"
#undef MESSAGE
#undef SEALED
#undef FIELD
#undef ENUM_FIELD
#undef END
};

struct enum_value {
	const char *name, *doc;
	int number;
};

struct enum_info {
	const char *name, *doc;
	const struct enum_value *values;
	size_t count;
};

struct field_info {
	const char *name, *doc;
	enum kind kind;
	size_t offset;                  /* in the struct */
	const struct enum_info *values; /* KIND_ENUM only */
};

struct message_info {
	const char *name, *doc;
	enum message_type type;
	unsigned version;
	bool sealed;
	size_t size; /* of the struct */
	const struct field_info *fields;
	size_t field_count;
};

/* Every message in catalogue order; the walk of docs, tests and tools. */
extern const struct message_info *const message_infos[];
extern const size_t message_info_count;
extern const struct enum_info *const enum_infos[];
extern const size_t enum_info_count;

/* NULL for an unknown type or name. */
const struct message_info *message_info(enum message_type type);
const struct message_info *message_info_named(const char *name);

/* The value's name; "?" for a number that is none. `values` as in field_info. */
const char *enum_print(const struct enum_info *values, int number);
/* The number of a name, or 0. */
int enum_parse(const struct enum_info *values, const char *name);

/* const struct enum_info enum_side, ... for enum_print(&enum_side, SIDE_BUY). */
#define ENUM(NOUN, noun, doc) extern const struct enum_info enum_##noun;
#define VALUE(NOUN, name, number, doc)
#define END_ENUM(noun)
#include "proto/enums.def"
#undef ENUM
#undef VALUE
#undef END_ENUM

#endif
