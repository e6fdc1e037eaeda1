/* SPDX-License-Identifier: Apache-2.0 */
/* stack.yaml as a struct: what every service of a profile shares. Pure. */
#ifndef LOGIC_STACK_H
#define LOGIC_STACK_H

#include "common/base/config.h"

struct stack_config {
#define CONFIG_STRUCT
#include "common/base/config_rows.h"
#include "common/logic/stack.def"
#include "common/base/config_rows_end.h"
};

extern const struct config_type stack_config_type;

#endif
