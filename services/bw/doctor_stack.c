/* SPDX-License-Identifier: Apache-2.0 */
#include "services/bw/findings.h"

#include "common/io/addresses.h"
#include "common/io/exit_code.h"
#include "common/io/journal.h"
#include "common/io/keyfile.h"
#include "services/bw/redis_probe.h"
#include "services/bw/runlock.h"
#include "services/bw/tables.h"
#include "services/bw/venue_reader.h"
#include "services/bw/wording.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIFE_PATIENCE (1500 * NANOS_MS)

void doctor_config(struct findings *self)
{
	const struct session *session = self->session;
	unsigned wrong = tables_check(&session->paths, &session->stack, false);
	finding_add(self, wrong > 0 ? GRADE_FAIL : GRADE_OK, "config",
	            "mend the lines named on standard error", wrong > 0 ? "%s: %u wrong" : "%s",
	            session->paths.profile, wrong);
}

static void check_key(struct findings *self, const char *path, bool is_made)
{
	struct stat info;
	char remedy[900];
	if (stat(path, &info) != 0) {
		bool is_fine = errno == ENOENT && is_made;
		finding_add(self, is_fine ? GRADE_OK : GRADE_FAIL, "keys",
		            "name the right file as key_file in stack.yaml", "%s: %s", path,
		            is_fine ? "not there yet, made at the first start" : strerror(errno));
		return;
	}
	snprintf(remedy, sizeof remedy, "chmod 0600 %.800s", path);
	finding_add(self, (info.st_mode & 077) != 0 ? GRADE_FAIL : GRADE_OK, "keys", remedy,
	            "%s, mode %04o", path, (unsigned)(info.st_mode & 07777));
}

static void check_venue_key(struct findings *self, const char *path)
{
	struct venue_key key;
	text_t why;
	if (access(path, F_OK) != 0)
		return;
	if (keyfile_read(path, &key, &why) != OK)
		finding_add(self, GRADE_FAIL, "keys",
		            "write it again: api_key and secret (or ed25519_seed), mode 0600", "%s",
		            why.text);
	explicit_bzero(&key, sizeof key);
}

void doctor_keys(struct findings *self)
{
	char path[700];
	const struct session *session = self->session;
	bool is_own = session->stack.key_file.size == 0;
	snprintf(path, sizeof path, "%s/keys/seal.key", session->paths.state);
	check_key(self, path, true);
	snprintf(path, sizeof path, "%s/keys/venue.key", session->paths.state);
	const char *venue_key = is_own ? path : session->stack.key_file.text;
	check_key(self, venue_key, is_own);
	check_venue_key(self, venue_key);
}

void doctor_addresses(struct findings *self)
{
	const struct session *session = self->session;
	struct addresses addresses = {.stack = &session->stack};
	char address[ADDRESS_MAX];
	text_t why = text_from("");
	memcpy(addresses.run, session->paths.run, sizeof addresses.run);
	enum err err = addresses_answer(&addresses, "supervisor", address, &why);
	for (uint32_t i = 0; err == OK && i < session->stack.services.count; i++)
		err = addresses_answer(&addresses, session->stack.services.items[i].text, address,
		                       &why);
	finding_add(self, err == OK ? GRADE_OK : GRADE_FAIL, "addresses",
	            "take a shorter --state, or mend endpoints in stack.yaml", "%s",
	            err == OK ? session->paths.run : why.text);
}

static void count_record(void *context, const struct journal_record *record)
{
	uint64_t *count = context;
	(void)record;
	++*count;
}

static void check_journal(struct findings *self, const char *instance)
{
	struct journal_report report;
	char path[700], file[800];
	uint64_t count = 0;
	text_t why;
	snprintf(path, sizeof path, "%s/%s", self->session->paths.state, instance);
	snprintf(file, sizeof file, "%s/journal", path);
	if (access(file, F_OK) != 0)
		return;
	enum err err = journal_read(path, count_record, &count, &report, &why);
	if (err != OK)
		finding_add(self, GRADE_FAIL, "journals",
		            "keep a copy of the directory before anything else", "%s: %s", path,
		            why.text);
	else if (report.quarantined)
		finding_add(self, GRADE_FAIL, "journals",
		            "keep a copy; the service tells at its start what it left out",
		            "%s: %s", path, report.why.text);
	else
		finding_add(self, GRADE_OK, "journals", NULL, "%s: %llu records", instance,
		            (unsigned long long)count);
}

void doctor_journals(struct findings *self)
{
	const struct config_names *services = &self->session->stack.services;
	for (uint32_t i = 0; i < services->count; i++)
		check_journal(self, services->items[i].text);
}

static bool meets_stack(struct session *session)
{
	if (session_join(session) != EXIT_CODE_OK)
		return false;
	nanos_t until = client_now(session->client) + LIFE_PATIENCE;
	while (client_now(session->client) < until)
		client_run(session->client, client_patience(session->client));
	for (size_t i = 0; i < session->picture.service_count; i++)
		if (session->picture.services[i].heard != 0)
			return true;
	return false;
}

static void check_service(struct findings *self, const struct picture_service *service, nanos_t now)
{
	char word[WORDING_MAX], age[WORDING_MAX], remedy[100];
	enum service_status status = picture_status(&self->session->picture, service, now);
	enum grade grade = status == SERVICE_STATUS_HEALTHY ? GRADE_OK
	                   : status == SERVICE_STATUS_DEAD || status == SERVICE_STATUS_HUNG
	                           ? GRADE_FAIL
	                           : GRADE_WARN;
	snprintf(remedy, sizeof remedy, "bw logs %s", service->name.text);
	finding_add(self, grade, "services", remedy,
	            "%s %s, last heartbeat %s ago, %llu restarts%s%s", service->name.text,
	            word_lower(&enum_service_status, (int)status, word),
	            service->heard != 0 ? word_span(now - service->heard, age) : "never",
	            (unsigned long long)picture_restarts(service),
	            service->heartbeat.note.size > 0 ? ": " : "", service->heartbeat.note.text);
}

void doctor_services(struct findings *self)
{
	struct session *session = self->session;
	long pid = 0;
	name_t who;
	bool is_held = runlock_is_held(&session->paths, &pid);
	if (!is_held && !runlock_finds_service(&session->paths, &who)) {
		finding_add(self, GRADE_OK, "stack", NULL, "none runs on %s; bw up starts one",
		            session->paths.state);
		return;
	}
	self->is_running = meets_stack(session);
	if (!self->is_running) {
		finding_add(self, GRADE_FAIL, "stack", "bw logs; then end bw up and start it again",
		            "bw up (pid %ld) holds %s, but no service answers", pid,
		            session->paths.state);
		return;
	}
	finding_add(self, GRADE_OK, "stack", NULL, "runs on %s (bw up, pid %ld)",
	            session->paths.state, pid);
	for (size_t i = 0; i < session->picture.service_count; i++)
		if (!name_is(&session->picture.services[i].name, "redis"))
			check_service(self, &session->picture.services[i],
			              client_now(session->client));
}

void doctor_redis(struct findings *self)
{
	const struct session *session = self->session;
	const char *setting = session->stack.redis.text;
	bool is_private = strcmp(setting, "private") == 0;
	char address[700];
	text_t why;
	if (strcmp(setting, "off") == 0 || (is_private && !self->is_running))
		return;
	snprintf(address, sizeof address, is_private ? "unix:%s/redis.sock" : "%s",
	         is_private ? session->paths.run : setting);
	bool is_up = redis_probe(address, &why) == OK;
	finding_add(self, is_up ? GRADE_OK : GRADE_WARN, "redis",
	            "trading goes on without it; bw logs supervisor", "%s%s%s", address,
	            is_up ? " answers" : ": ", is_up ? "" : why.text);
}

void doctor_exchange(struct findings *self)
{
	const struct session *session = self->session;
	struct venue_view *view = calloc(1, sizeof *view);
	text_t why;
	if (view == NULL || (!self->is_running && venue_is_built_in(&session->stack))) {
		free(view);
		return;
	}
	enum err err = venue_view_read(&session->paths, &session->stack, view, &why);
	if (err == OK)
		finding_add(self, GRADE_OK, "exchange", NULL,
		            "answers signed requests: %zu executions, %zu open orders",
		            view->trade_count, view->order_count);
	else
		finding_add(self, GRADE_FAIL, "exchange",
		            "bw logs exchange; look at rest_url and key_file in stack.yaml", "%s",
		            why.text);
	venue_view_free(view);
	free(view);
}
