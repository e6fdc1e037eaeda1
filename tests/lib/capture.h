/* SPDX-License-Identifier: Apache-2.0 */
/* A recorded session of Binance spot, message by message, as the catalogue's venue messages. The
   file is gzip, a line of it is "<receive time in ns> <JSON>". A line that can't be read ends the
   test program with its number. */
#ifndef TESTS_LIB_CAPTURE_H
#define TESTS_LIB_CAPTURE_H

#include "proto/message.h"

#define CAPTURE_BTCUSDT "services/exchange/tape/binance_spot_BTCUSDT_20240808.rawl.gz"

enum capture_kind {
	CAPTURE_TRADE = 1,
	CAPTURE_TOP,
	CAPTURE_DEPTH,
	CAPTURE_BOOK, /* the snapshot from a query; it names no symbol */
};

struct capture_message {
	nanos_t received;
	enum capture_kind kind;
	union {
		struct venue_trade trade;
		struct venue_top top;
		struct venue_depth depth;
		struct venue_book book;
	};
};

struct capture;

/* From the repository's root. Ends the test program when there is no such file. */
struct capture *capture_open(const char *path);

/* Valid until the next call; NULL at the end. */
const struct capture_message *capture_next(struct capture *self);

void capture_close(struct capture *self);

#endif
