/* SPDX-License-Identifier: Apache-2.0 */
/* Frames that we send on the WebSocket API. Unlike REST, what is signed are the parameters sorted
   by name, joined as they are, without percent-encoding. */
#ifndef VENUE_BINANCE_FRAME_H
#define VENUE_BINANCE_FRAME_H

#include "common/logic/dialect.h"

/* userDataStream.subscribe.signature: works with both kinds of key and needs no log-on. */
enum err binance_user_subscribe(const char *link, struct link_frame *out);

/* dialect.sign_frame. `frame->text` is {"method":…,"params":{…}} with scalar parameters; the
   token becomes the id by which the response is matched. ERR_INVALID for any other text. */
MUST_CHECK enum err binance_sign_frame(const struct link_frame *frame, uint64_t token,
                                       nanos_t venue_now, const struct venue_key *key, char *out,
                                       size_t capacity);

#endif
