/* SPDX-License-Identifier: Apache-2.0 */
/* What a test sees of the desk: books, what was said and written. */
#include "tests/lib/desk.h"

#include <string.h>

struct desk_order *desk_last(struct desk *self)
{
	return &self->orders[self->order_count - 1];
}

struct order desk_book(struct desk *self, ident_t intent_id)
{
	const struct order_slot *slot = orders_by_intent(&self->executor->books.orders, intent_id);

	return slot == NULL ? (struct order){0} : slot->order;
}

const char *desk_held(struct desk *self, const char *bot)
{
	static char text[DECIMAL_TEXT_SIZE];
	name_t name = name_from(bot), symbol = name_from("BTCUSDT");

	return decimal_print(holdings_qty(&self->executor->books.holdings, &symbol, &name), text);
}

static size_t count_of(const struct desk_message *messages, size_t count, enum message_type type)
{
	size_t found = 0;

	while (count-- > 0)
		found += messages[count].type == type;
	return found;
}

size_t desk_said(const struct desk *self, enum message_type type)
{
	return count_of(self->said, self->said_count, type);
}

size_t desk_saved(const struct desk *self, enum message_type type)
{
	return count_of(self->records, self->record_count, type);
}

size_t desk_noted(const struct desk *self, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < self->note_count; i++)
		count += strcmp(self->notes[i], name) == 0;
	return count;
}

const void *desk_last_said(const struct desk *self, enum message_type type)
{
	for (size_t i = self->said_count; i-- > 0;)
		if (self->said[i].type == type)
			return self->said[i].body;
	return NULL;
}
