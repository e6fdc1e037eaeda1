/* SPDX-License-Identifier: Apache-2.0 */
/* An answer to a cancel-replace, half by half: the status alone tells nothing, and one half may
   have been done without the other (-2021), or none (-2022).

   Each half is judged by itself, and in every case both get a venue_leg: the order to cancel first,
   then the order to place. A half that was done is EXISTS behind its venue_order and venue_fills;
   one that failed is what its own error code proves; one that wasn't attempted is REFUSED; one that
   makes no sense is NOTHING. Without halves in the body both are what the error as a whole proves.
 */
#ifndef VENUE_BINANCE_LEGS_H
#define VENUE_BINANCE_LEGS_H

#include "common/logic/dialect.h"

#include <jansson.h>

/* `json` is the body, NULL when it isn't JSON. `answer` tells the status already; its evidence
   becomes what both halves have in common, else NOTHING. */
void legs_read(const struct http_request *request, const json_t *json,
               const struct message_sink *sink, struct venue_answer *answer);

/* No answer came: both halves are this. */
void legs_tell(const struct http_request *request, enum evidence evidence, const text_t *text,
               const struct message_sink *sink);

#endif
