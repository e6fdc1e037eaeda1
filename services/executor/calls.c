/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/calls.h"

#include <assert.h>

enum { INDEX_SHIFT = 8, SERIAL_SHIFT = 24, MARGIN_PARTS = 10, UNDER_WAY_MAX = 24 };

static_assert(ORDERS_MAX <= 1 << (SERIAL_SHIFT - INDEX_SHIFT),
              "a token holds the index of every order");
static_assert((int)CALL_KIND_COUNT <= (int)CALL_KINDS_MAX, "every kind is counted");

enum call_kind token_kind(uint64_t token)
{
	return (enum call_kind)(token & ((1u << INDEX_SHIFT) - 1));
}

uint32_t token_index(uint64_t token)
{
	return (uint32_t)(token >> INDEX_SHIFT & ((1u << (SERIAL_SHIFT - INDEX_SHIFT)) - 1));
}

uint64_t call_token(struct executor *self, enum call_kind kind, uint32_t index)
{
	return ++self->serial << SERIAL_SHIFT | (uint64_t)index << INDEX_SHIFT | (uint64_t)kind;
}

uint64_t call_exchange(struct executor *self, enum call_kind kind, uint32_t index,
                       struct http_request *request)
{
	uint64_t token = call_token(self, kind, index);
	nanos_t margin = (nanos_t)self->profile->window_ms * NANOS_MS / MARGIN_PARTS;

	if (request->valid_until != 0)
		request->write_before = request->valid_until - self->clock.offset - margin;
	self->under_way[kind]++;
	outbox_call_http(self->out, token, request);
	return token;
}

bool call_has_room(const struct executor *self, enum call_kind kind)
{
	return self->under_way[kind] < UNDER_WAY_MAX;
}

void call_ended(struct executor *self, enum call_kind kind)
{
	if (self->under_way[kind] > 0)
		self->under_way[kind]--;
}
