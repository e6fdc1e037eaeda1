/* SPDX-License-Identifier: Apache-2.0 */
#include "services/strategy/plugins/plugins.h"

#include "services/strategy/plugins/metronome.h"
#include "services/strategy/plugins/sma_cross.h"
#include "services/strategy/plugins/touch_quoter.h"

#include <assert.h>
#include <stdio.h>

const struct strategy *const plugins[] = {&sma_cross, &touch_quoter, &metronome};
const size_t plugin_count = sizeof plugins / sizeof *plugins;

const struct strategy *plugin_named(const name_t *name)
{
	for (size_t i = 0; i < plugin_count; i++)
		if (name_is(name, plugins[i]->name))
			return plugins[i];
	return NULL;
}

char *plugin_names(char *out, size_t capacity)
{
	size_t used = 0;
	assert(capacity > 0);
	out[0] = '\0';
	for (size_t i = 0; i < plugin_count && used < capacity; i++)
		used += (size_t)snprintf(out + used, capacity - used, "%s%s", i > 0 ? ", " : "",
		                         plugins[i]->name);
	return out;
}
