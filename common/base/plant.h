/* SPDX-License-Identifier: Apache-2.0 */
/* PLANTED(NAME) is false in everything that trades. Built with -DPLANTED_FAULTS, as the simulator's
   second program is, it is true for the one weakening that was chosen: a simulator that doesn't
   find it proves nothing. */
#ifndef BASE_PLANT_H
#define BASE_PLANT_H

#include <stdbool.h>
#include <stddef.h>

enum plant {
	PLANT_NONE = 0,
#define PLANT(NOUN, name, doc) PLANT_##NOUN,
#include "common/base/plants.def"
#undef PLANT
	PLANT_COUNT
};

struct plant_info {
	const char *name, *doc;
};
extern const struct plant_info plant_infos[PLANT_COUNT];

#ifdef PLANTED_FAULTS
extern enum plant plant_chosen;
#define PLANTED(noun) (plant_chosen == PLANT_##noun)
#else
#define PLANTED(noun) false
#endif

#endif
