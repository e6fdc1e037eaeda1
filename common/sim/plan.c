/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sim/plan.h"

const struct fault_info fault_infos[FAULT_KINDS] = {
#define FAULT(NOUN, name, most, doc) [FAULT_##NOUN] = {#name, (most) * NANOS_MS, doc},
#include "common/sim/faults.def"
#undef FAULT
};
