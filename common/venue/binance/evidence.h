/* SPDX-License-Identifier: Apache-2.0 */
/* What an error answer of Binance proves. errors.def is the table. Pure. */
#ifndef VENUE_BINANCE_EVIDENCE_H
#define VENUE_BINANCE_EVIDENCE_H

#include "proto/message.h"

enum evidence_request {
	EVIDENCE_OF_PLACING = 1, /* an order, or another frame that asks to do something once */
	EVIDENCE_OF_CANCEL,
	EVIDENCE_OF_ASKING, /* everything that changes nothing */
};

/* `code` without its sign, 0 when none was told. A status of 500 or more, of 409 (half done), or
   one that is no error proves nothing, whatever the code. `words` is the exchange's message: a
   refusal of a duplicate id tells that an order with this id is open, so it refuses nothing. */
enum evidence evidence_of(enum evidence_request request, unsigned status, uint64_t code,
                          const char *words);

/* How long to wait after 429 or 418 when the exchange doesn't tell: the shortest that it names,
   10 s (the order limit's interval) and 120 s (the shortest ban). Zero for any other status. */
uint64_t evidence_wait_ms(unsigned status);

#endif
