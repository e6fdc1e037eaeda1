/* SPDX-License-Identifier: Apache-2.0 */
/* What happens in a run as plain lines, for a log or a pipe: "[ 3.2s] feed healthy". */
#ifndef BW_PROGRESS_H
#define BW_PROGRESS_H

#include "services/bw/picture.h"

#include <stdio.h>

enum { PROGRESS_SUMMARY_S = 10, PROGRESS_ALERTS_MAX = 5 };

struct progress {
	FILE *file;
	nanos_t started, summary_at;
	enum service_status services[PICTURE_SERVICES_MAX];
	enum market_status markets[PICTURE_SYMBOLS_MAX];
	enum trading_status trading;
	uint64_t pids[PICTURE_SERVICES_MAX];
	uint64_t alert_told;  /* number of the newest told */
	unsigned alerts_told; /* since the last summary */
	bool first_order, first_fill, first_alert;
};

void progress_init(struct progress *self, FILE *file, nanos_t started);
void progress_say(struct progress *self, nanos_t now, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Tells what is new in the picture. */
void progress_update(struct progress *self, const struct picture *picture, nanos_t now);

#endif
