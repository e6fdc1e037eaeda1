/* SPDX-License-Identifier: Apache-2.0 */
#include "common/venue/binance/levels.h"

static enum err read_level(const json_t *pair, struct level *out)
{
	if (json_array_size(pair) != 2)
		return ERR_MALFORMED;
	enum err err = json_amount(json_array_get(pair, 0), &out->price);
	if (err == OK && decimal_sign(out->price) == 0)
		err = ERR_MALFORMED;
	return err != OK ? err : json_amount(json_array_get(pair, 1), &out->qty);
}

void levels_read(struct fields *self, const char *key, struct levels *out)
{
	const json_t *list = fields_list(self, key);
	size_t count = json_array_size(list);

	out->count = 0;
	if (count > LEVELS_MAX) {
		fields_refuse(self, key);
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (read_level(json_array_get(list, i), &out->items[i]) != OK) {
			fields_refuse(self, key);
			return;
		}
	out->count = (uint32_t)count;
}

bool levels_are_sorted(const struct levels *levels, enum side side)
{
	for (uint32_t i = 1; i < levels->count; i++) {
		int order = decimal_compare(levels->items[i].price, levels->items[i - 1].price);
		if (side == SIDE_BUY ? order >= 0 : order <= 0)
			return false;
	}
	return true;
}
