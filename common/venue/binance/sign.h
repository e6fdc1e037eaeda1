/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures of Binance (exchange documentation, request security). REST: every value is
   percent-encoded first, the text is signed as it will be sent, and the signature comes last. The
   WebSocket API signs sorted, unencoded parameters instead: see frame.h. Deterministic: the
   timestamp is part of what is signed. Pure. */
#ifndef VENUE_BINANCE_SIGN_H
#define VENUE_BINANCE_SIGN_H

#include "common/logic/dialect.h"

enum { SIGNATURE_TEXT_SIZE = 96 }; /* 64 hex digits or 88 base64 characters */

/* The signature of `size` bytes: lower-case hex (HMAC-SHA256) or base64 (Ed25519). Returns
   `text`. */
char *signature_make(const struct venue_key *key, const char *bytes, size_t size,
                     char text[SIGNATURE_TEXT_SIZE]);

/* dialect.sign and dialect.key_header. A key that holds a blank or a control character is
   ERR_INVALID: it would end the header line. */
MUST_CHECK enum err binance_sign(const struct http_request *request, const struct venue_key *key,
                                 char *out, size_t capacity);
MUST_CHECK enum err binance_key_header(const struct venue_key *key, char *out, size_t capacity);

#endif
