/* SPDX-License-Identifier: Apache-2.0 */
/* The live screen of `bw up`: the picture on a terminal, drawn again a few times a second and after
   every change of size. */
#ifndef BW_SCREEN_H
#define BW_SCREEN_H

#include "services/bw/picture.h"

struct screen_facts {
	const char *profile, *state;
	nanos_t started;
	const char *message; /* what is going on, for the last line */
};

/* False when the terminal can't do it: then plain lines are left. */
bool screen_open(void);
void screen_close(void);
void screen_draw(const struct picture *picture, const struct screen_facts *facts, nanos_t now);
/* The next key pressed, 0 when none; changes of size are taken care of. */
int screen_key(void);

#endif
