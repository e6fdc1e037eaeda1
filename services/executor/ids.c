/* SPDX-License-Identifier: Apache-2.0 */
#include "services/executor/ids.h"

#include <assert.h>

#include "common/base/hash.h"

enum { CHECK_BITS = 24 };

/* Over everything but the check itself; the step keeps an id of zeros from having a check of zeros.
 */
static uint32_t check_of(ident_t ident)
{
	uint64_t rest = ident.low >> CHECK_BITS;

	return (uint32_t)(hash_mix(hash_mix(ident.high + HASH_STEP) + rest) >> (64 - CHECK_BITS));
}

ident_t client_id_pack(const struct client_id *id)
{
	assert(id->counter >> IDS_COUNTER_BITS == 0);
	ident_t ident = {
		.high = (uint64_t)id->tag << 48 | (uint64_t)id->nonce << 16 | id->counter >> 32,
		.low = id->counter << 32 | (uint64_t)id->attempt << CHECK_BITS,
	};
	ident.low |= check_of(ident);
	return ident;
}

bool client_id_unpack(ident_t ident, struct client_id *out)
{
	if ((ident.low & ((1u << CHECK_BITS) - 1)) != check_of(ident))
		return false;
	*out = (struct client_id){
		.tag = (uint16_t)(ident.high >> 48),
		.nonce = (uint32_t)(ident.high >> 16),
		.counter = (ident.high & 0xffff) << 32 | ident.low >> 32,
		.attempt = (uint8_t)(ident.low >> CHECK_BITS),
	};
	return true;
}

bool client_id_is_ours(ident_t ident, uint16_t tag)
{
	struct client_id id;

	return client_id_unpack(ident, &id) && id.tag == tag;
}
