/* SPDX-License-Identifier: Apache-2.0 */
/* What a run of `bw up` came to, as the JSON of --report. Pure but for JSON's allocation. */
#ifndef BW_RUN_REPORT_H
#define BW_RUN_REPORT_H

#include "services/bw/books.h"

#include <jansson.h>

struct run_report {
	const char *build;
	nanos_t started, ended;           /* ended: when winding down began */
	const struct picture *running;    /* then */
	const struct picture *wound_down; /* after it */
	const struct books_result *books;
	bool wind_down_confirmed;
	text_t wind_down_text;
};

/* Keys are fixed: others may be added, none removed. The caller's to release. */
json_t *run_report_json(const struct run_report *self);
/* Alerts raised since `from`. */
uint64_t run_report_alerts(const struct picture *picture, nanos_t from);

#endif
