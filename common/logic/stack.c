/* SPDX-License-Identifier: Apache-2.0 */
#include "common/logic/stack.h"

static const struct config_key keys[] = {
#define CONFIG_ROWS struct stack_config
#include "common/base/config_rows.h"
#include "common/logic/stack.def"
#include "common/base/config_rows_end.h"
};

const struct config_type stack_config_type = {
	.name = "stack",
	.doc = "What every service of a profile shares.",
	.keys = keys,
	.key_count = sizeof keys / sizeof *keys,
	.size = sizeof(struct stack_config),
};
