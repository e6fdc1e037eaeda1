/* SPDX-License-Identifier: Apache-2.0 */
/* Client order ids: installation tag 16 · boot nonce 32 · counter 48 · attempt 8 · check 24
   bits,
   printed as 32 hex digits. The nonce is random for each run and durable before the first id, so
   ids never repeat, whatever backup was restored. The tag tells our orders from foreign ones; the
   check detects damage and ids that only look like ours. Pure. */
#ifndef EXECUTOR_IDS_H
#define EXECUTOR_IDS_H

#include "common/base/text.h"

enum { IDS_COUNTER_BITS = 48 };

struct client_id {
	uint16_t tag;
	uint32_t nonce;
	uint64_t counter; /* below 2^48 */
	uint8_t attempt;
};

/* Asserts that the counter fits. Never none. */
ident_t client_id_pack(const struct client_id *id);

/* False when the check doesn't match: damaged, or not made by us. */
bool client_id_unpack(ident_t ident, struct client_id *out);

/* Whether an id was made by this installation. */
bool client_id_is_ours(ident_t ident, uint16_t tag);

#endif
