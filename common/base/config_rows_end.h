/* SPDX-License-Identifier: Apache-2.0 */
/* Ends an expansion begun with common/base/config_rows.h. */
#undef CONFIG_STRUCT
#undef CONFIG_ROWS
#undef CONFIG_KIND_flag
#undef CONFIG_KIND_count
#undef CONFIG_KIND_decimal
#undef CONFIG_KIND_duration
#undef CONFIG_KIND_name
#undef CONFIG_KIND_text
#undef KEY
#undef NAMES
#undef PAIRS
#undef LIST
