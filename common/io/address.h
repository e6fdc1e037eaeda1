/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of an http:, https:, ws: or wss: address. The rule about what may be used is
   address_check() in http.h. */
#ifndef IO_ADDRESS_H
#define IO_ADDRESS_H

#include "common/base/text.h"

enum { ADDRESS_HOST_MAX = 254, ADDRESS_TARGET_MAX = 2048 };

struct address {
	bool is_tls;
	bool is_websocket;
	unsigned port;
	char host[ADDRESS_HOST_MAX];     /* without the brackets of IPv6 */
	char target[ADDRESS_TARGET_MAX]; /* path and query as in the URL, at least "/" */
};

/* ERR_INVALID with the remedy in `why`. Names and passwords in an address are refused. */
MUST_CHECK enum err address_parse(const char *url, struct address *out, text_t *why);

#endif
