/* SPDX-License-Identifier: Apache-2.0 */
/* The two expansions of a config.def, so that each service writes three lines for its table:

     struct risk_config {
     #define CONFIG_STRUCT
     #include "common/base/config_rows.h"   then  #include "services/risk/config.def"
     #include "common/base/config_rows_end.h"
     };
     static const struct config_key keys[] = {
     #define CONFIG_ROWS struct risk_config
     ... the same ...
     };                                                                                        */
#if defined(CONFIG_STRUCT)
#define KEY(name, kind, fallback, low, high, doc) config_##kind name;
#define NAMES(name, fallback, doc) struct config_names name;
#define PAIRS(name, doc) struct config_pairs name;
#define LIST(name, item, max, doc) struct item name[max]; uint32_t name##_count;
#elif defined(CONFIG_ROWS)
#define CONFIG_KIND_flag CONFIG_FLAG
#define CONFIG_KIND_count CONFIG_COUNT
#define CONFIG_KIND_decimal CONFIG_DECIMAL
#define CONFIG_KIND_duration CONFIG_DURATION
#define CONFIG_KIND_name CONFIG_NAME
#define CONFIG_KIND_text CONFIG_TEXT
#define KEY(name, kind, fallback, low, high, doc) \
	{#name, CONFIG_KIND_##kind, offsetof(CONFIG_ROWS, name), fallback, low, high, doc, NULL, \
	 0, 0},
#define NAMES(name, fallback, doc) \
	{#name, CONFIG_NAMES, offsetof(CONFIG_ROWS, name), fallback, "", "", doc, NULL, 0, 0},
#define PAIRS(name, doc) \
	{#name, CONFIG_PAIRS, offsetof(CONFIG_ROWS, name), "", "", "", doc, NULL, 0, 0},
#define LIST(name, item, max, doc) \
	{#name, CONFIG_LIST, offsetof(CONFIG_ROWS, name), "", "", "", doc, &item##_type, max, \
	 offsetof(CONFIG_ROWS, name##_count)},
#endif
