/* SPDX-License-Identifier: Apache-2.0 */
/* What `bw doctor` found: a grade, what was looked at, what to do. */
#ifndef BW_FINDINGS_H
#define BW_FINDINGS_H

#include "services/bw/session.h"

enum grade { GRADE_OK = 1, GRADE_WARN, GRADE_FAIL };

struct findings {
	struct session *session;
	unsigned warnings, failures;
	bool is_running; /* a stack answers */
	void *json;      /* json_t array, or NULL: lines on standard output */
};

/* `remedy` may be NULL when all is well. */
void finding_add(struct findings *self, enum grade grade, const char *what, const char *remedy,
                 const char *format, ...) __attribute__((format(printf, 5, 6)));

/* doctor_machine.c */
void doctor_programs(struct findings *self);
void doctor_libraries(struct findings *self);
void doctor_directories(struct findings *self);
void doctor_disk(struct findings *self);
void doctor_clock(struct findings *self);
void doctor_limits(struct findings *self);

/* doctor_stack.c */
void doctor_config(struct findings *self);
void doctor_keys(struct findings *self);
void doctor_addresses(struct findings *self);
void doctor_journals(struct findings *self);
void doctor_services(struct findings *self);
void doctor_redis(struct findings *self);
void doctor_exchange(struct findings *self);

#endif
