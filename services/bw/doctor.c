/* SPDX-License-Identifier: Apache-2.0 */
#include "services/bw/doctor.h"

#include "common/io/exit_code.h"
#include "services/bw/findings.h"
#include "services/bw/grid.h"
#include "services/bw/lists.h"

#include <stdarg.h>
#include <string.h>

static void (*const checks[])(struct findings *self) = {
	doctor_programs, doctor_libraries, doctor_config,   doctor_directories, doctor_disk,
	doctor_clock,    doctor_limits,    doctor_keys,     doctor_addresses,   doctor_journals,
	doctor_services, doctor_redis,     doctor_exchange,
};

static const char *word_of(enum grade grade)
{
	return grade == GRADE_OK ? "ok" : grade == GRADE_WARN ? "warn" : "FAIL";
}

static void tell(const struct findings *self, enum grade grade, const char *what, const char *text,
                 const char *remedy)
{
	static const enum tint tints[] = {
		[GRADE_OK] = TINT_GOOD, [GRADE_WARN] = TINT_WARN, [GRADE_FAIL] = TINT_BAD};
	bool colour = self->session->cli->colour;
	if (self->json != NULL) {
		json_array_append_new(self->json,
		                      json_pack("{s:s, s:s, s:s, s:s}", "check", what, "verdict",
		                                word_of(grade), "text", text, "remedy", remedy));
		return;
	}
	printf("%s%-4s%s  %-12s %s\n", tint_on(tints[grade], colour), word_of(grade),
	       tint_off(tints[grade], colour), what, text);
	if (remedy[0] != '\0')
		printf("      %-12s %s\n", "", remedy);
	fflush(stdout);
}

void finding_add(struct findings *self, enum grade grade, const char *what, const char *remedy,
                 const char *format, ...)
{
	char text[1024];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	self->warnings += grade == GRADE_WARN;
	self->failures += grade == GRADE_FAIL;
	tell(self, grade, what, text, remedy != NULL && grade != GRADE_OK ? remedy : "");
}

static int sum_up(const struct findings *self)
{
	if (self->json != NULL)
		list_write(self->json, stdout);
	else
		printf("\n%u failed, %u to look at\n", self->failures, self->warnings);
	return self->failures > 0 ? EXIT_CODE_FAILURE : EXIT_CODE_OK;
}

int doctor_run(const struct cli *cli)
{
	struct findings findings = {.session = session_make(cli)};
	int code = session_find(findings.session);
	if (code == EXIT_CODE_OK) {
		findings.json = cli_has(cli, "json") ? json_array() : NULL;
		for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
			checks[i](&findings);
		code = sum_up(&findings);
	}
	session_close(&findings.session);
	return code;
}
