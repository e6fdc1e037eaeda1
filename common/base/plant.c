/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/plant.h"

const struct plant_info plant_infos[PLANT_COUNT] = {
#define PLANT(NOUN, name, doc) [PLANT_##NOUN] = {#name, doc},
#include "common/base/plants.def"
#undef PLANT
};

#ifdef PLANTED_FAULTS
enum plant plant_chosen;
#endif
