/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration as a typed table: each key is declared once in a config.def and gives the struct,
   the parser's row, the help text, docs/configuration.md and the check of every sample file. Pure:
   reading files is common/io/config_file.

   In a .def:  KEY(order_value_max, decimal, "1000", "0.01", "1000000", "Largest order, in quote
   units.") LIST(bots, bot_config, 32, "The bots of this host.")      items of another table Kinds:
   flag ("true"/"false") · count · decimal · duration ("250ms", "60s") · name · text · names
   (list)
   · pairs (free keys, for plugin parameters). Bounds "" means none. */
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include "common/base/decimal.h"
#include "common/base/text.h"
#include "common/base/time.h"

enum { CONFIG_NAMES_MAX = 32, CONFIG_PAIRS_MAX = 24 };

struct config_names {
	uint32_t count;
	name_t items[CONFIG_NAMES_MAX];
};

struct config_pair {
	name_t key;
	text_t value;
};

struct config_pairs {
	uint32_t count;
	struct config_pair items[CONFIG_PAIRS_MAX];
};

typedef bool config_flag;
typedef uint64_t config_count;
typedef decimal_t config_decimal;
typedef nanos_t config_duration;
typedef name_t config_name;
typedef text_t config_text;
/* struct config_names and struct config_pairs by the macros below */

enum config_kind {
	CONFIG_FLAG,
	CONFIG_COUNT,
	CONFIG_DECIMAL,
	CONFIG_DURATION,
	CONFIG_NAME,
	CONFIG_TEXT,
	CONFIG_NAMES,
	CONFIG_PAIRS,
	CONFIG_LIST,
};

struct config_type;

struct config_key {
	const char *name;
	enum config_kind kind;
	size_t offset;
	const char *fallback, *low, *high, *doc; /* as text; low and high "" when unbounded */
	const struct config_type *items;         /* CONFIG_LIST */
	size_t items_max, count_offset;          /* CONFIG_LIST */
};

struct config_type {
	const char *name, *doc; /* "risk": section in environment names and docs */
	const struct config_key *keys;
	size_t key_count, size;
};

/* Fills every key with its fallback; lists are empty. Asserts that fallbacks are within bounds. */
void config_defaults(const struct config_type *type, void *config);

/* Sets one plain key (not a list) from text. ERR_NOT_FOUND for an unknown key, ERR_INVALID for a
   bad value; a sentence in `why` (key, value, bound or remedy) for both. For `names`,
   comma-separated; for `pairs`, "key=value;key=value". The new value replaces the old one as a
   whole. */
MUST_CHECK enum err config_set(const struct config_type *type, void *config, const char *key,
                               const char *value, text_t *why);

/* The value as text, as config_set reads it. Returns `out`. */
char *config_print(const struct config_type *type, const void *config, const struct config_key *key,
                   char *out, size_t capacity);

/* NULL when there is no such key. */
const struct config_key *config_key_named(const struct config_type *type, const char *name);

/* The known key that `name` was probably meant to be (fewest letters to change); NULL when none is
 * near. */
const struct config_key *config_key_nearest(const struct config_type *type, const char *name);
/* One more name for a `names` key, and one more pair (or a new value for an old one) for a `pairs`
   key. As config_set. */
MUST_CHECK enum err config_add_name(const struct config_key *key, void *config, const char *name,
                                    text_t *why);
MUST_CHECK enum err config_add_pair(const struct config_key *key, void *config, const char *name,
                                    const char *value, text_t *why);

/* Applies the pairs to a plugin's own table, after its defaults. As config_set. */
MUST_CHECK enum err config_from_pairs(const struct config_type *type,
                                      const struct config_pairs *pairs, void *config, text_t *why);

#endif
