/* SPDX-License-Identifier: Apache-2.0 */
#include "services/bw/screen.h"

bool screen_open(void)
{
	return false;
}

void screen_close(void)
{
}

void screen_draw(const struct picture *picture, const struct screen_facts *facts, nanos_t now)
{
	(void)picture;
	(void)facts;
	(void)now;
}

int screen_key(void)
{
	return 0;
}
