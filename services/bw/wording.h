/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers, times and states as people read them. Pure. */
#ifndef BW_WORDING_H
#define BW_WORDING_H

#include "services/bw/grid.h"
#include "services/bw/picture.h"

enum { WORDING_MAX = 64 };

/* "12.3M", "844K". Returns `out`, as all of these. */
char *word_bytes(uint64_t bytes, char out[WORDING_MAX]);
/* "340 ms", "2.4 s", "3 min", "2 h 05 min". */
char *word_span(nanos_t span, char out[WORDING_MAX]);
/* "12:34:56" UTC. */
char *word_clock(nanos_t moment, char out[WORDING_MAX]);
/* Cut to `places` digits (rounded toward zero), as plain text. */
char *word_money(decimal_t amount, unsigned places, char out[WORDING_MAX]);
/* An enum's name in small letters. */
char *word_lower(const struct enum_info *values, int number, char out[WORDING_MAX]);

enum tint tint_of_status(enum service_status status);
enum tint tint_of_market(enum market_status status);
enum tint tint_of_trading(enum trading_status status);
enum tint tint_of_severity(enum severity severity);
enum tint tint_of_order(enum order_status status);
enum tint tint_of_amount(decimal_t amount); /* a gain or a loss */

#endif
