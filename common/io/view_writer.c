/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/view_writer.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include <hiredis/hiredis.h>

enum {
	TIMEOUT_MS = 500,
	FIELDS_MAX = 64,
	FIELD_TEXT_SIZE = TEXT_MAX_SIZE + 1 + COUNTS_MAX * 21,
	ADDRESS_MAX = 256
};

struct view_writer {
	redisContext *redis;              /* NULL: not connected */
	char address[ADDRESS_MAX], *path; /* path: of the unix socket, or NULL */
	int port;
	name_t instance;
	char epoch_key[VIEW_KEY_MAX], epoch_value[64];
	uint64_t epoch;
	nanos_t started;
	bool is_fresh; /* nothing was written over this connection yet */
	char texts[FIELDS_MAX][FIELD_TEXT_SIZE];
};

static enum err parse_address(struct view_writer *self, const char *address, text_t *why)
{
	char *end, *colon;

	snprintf(self->address, sizeof self->address, "%s", address);
	if (strncmp(address, "unix:", 5) == 0 && address[5] != '\0') {
		self->path = self->address + 5;
		return OK;
	}
	colon = strrchr(self->address, ':');
	long port = colon != NULL ? strtol(colon + 1, &end, 10) : 0;
	if (colon == NULL || colon == self->address || *end != '\0' || port < 1 || port > 65535 ||
	    strlen(address) >= sizeof self->address) {
		*why = text_format("redis: \"%.100s\" is no address: unix:PATH or HOST:PORT wanted",
		                   address);
		return ERR_INVALID;
	}
	*colon = '\0';
	self->port = (int)port;
	return OK;
}

enum err view_writer_open(struct view_writer **out, const char *address, const name_t *instance,
                          uint64_t epoch, nanos_t started, text_t *why)
{
	struct view_writer *self = calloc(1, sizeof *self);

	if (self == NULL) {
		*why = text_from("no memory for the view");
		return ERR_IO;
	}
	enum err err = parse_address(self, address, why);
	if (err != OK) {
		free(self);
		return err;
	}
	self->instance = *instance;
	self->epoch = epoch;
	self->started = started;
	snprintf(self->epoch_key, sizeof self->epoch_key, "breakwater:%s:epoch", instance->text);
	snprintf(self->epoch_value, sizeof self->epoch_value, "%" PRId64 " %" PRIu64, started,
	         epoch);
	*out = self;
	return OK;
}

static void disconnect(struct view_writer *self)
{
	if (self->redis != NULL)
		redisFree(self->redis);
	self->redis = NULL;
}

void view_writer_close(struct view_writer **self)
{
	if (*self == NULL)
		return;
	disconnect(*self);
	free(*self);
	*self = NULL;
}

enum err view_writer_connect(struct view_writer *self)
{
	const struct timeval timeout = {.tv_usec = TIMEOUT_MS * 1000};

	disconnect(self);
	self->redis = self->path != NULL
	                      ? redisConnectUnixWithTimeout(self->path, timeout)
	                      : redisConnectWithTimeout(self->address, self->port, timeout);
	if (self->redis == NULL || self->redis->err != 0 ||
	    redisSetTimeout(self->redis, timeout) != REDIS_OK) {
		disconnect(self);
		return ERR_UNAVAILABLE;
	}
	self->is_fresh = true;
	return OK;
}

/* NULL when the connection is gone or Redis answers with an error: both end the connection. */
static redisReply *take_reply(struct view_writer *self)
{
	void *reply = NULL;

	if (redisGetReply(self->redis, &reply) != REDIS_OK || reply == NULL)
		return NULL;
	if (((redisReply *)reply)->type != REDIS_REPLY_ERROR)
		return reply;
	freeReplyObject(reply);
	return NULL;
}

static bool skip_replies(struct view_writer *self, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		redisReply *reply = take_reply(self);
		if (reply == NULL)
			return false;
		freeReplyObject(reply);
	}
	return true;
}

static char *field_text(const struct field_info *field, const void *body, char out[FIELD_TEXT_SIZE])
{
	const void *at = (const char *)body + field->offset;
	size_t used = 0;

	switch (field->kind) {
	case KIND_FLAG:
		snprintf(out, FIELD_TEXT_SIZE, "%s", *(const bool *)at ? "true" : "false");
		break;
	case KIND_COUNT: snprintf(out, FIELD_TEXT_SIZE, "%" PRIu64, *(const uint64_t *)at); break;
	case KIND_NANOS: snprintf(out, FIELD_TEXT_SIZE, "%" PRId64, *(const nanos_t *)at); break;
	case KIND_IDENT: return ident_print(*(const ident_t *)at, out);
	case KIND_NAME: snprintf(out, FIELD_TEXT_SIZE, "%s", ((const name_t *)at)->text); break;
	case KIND_TEXT: snprintf(out, FIELD_TEXT_SIZE, "%s", ((const text_t *)at)->text); break;
	case KIND_DECIMAL:
	case KIND_AMOUNT: return decimal_print(*(const decimal_t *)at, out);
	case KIND_ENUM:
		snprintf(out, FIELD_TEXT_SIZE, "%s", enum_print(field->values, *(const int *)at));
		break;
	case KIND_COUNTS:
		out[0] = '\0';
		for (uint32_t i = 0; i < ((const struct counts *)at)->count; i++)
			used += (size_t)snprintf(out + used, FIELD_TEXT_SIZE - used, "%s%" PRIu64,
			                         i > 0 ? "," : "",
			                         ((const struct counts *)at)->items[i]);
		break;
	case KIND_LEVELS: /* books are no part of the view */
		snprintf(out, FIELD_TEXT_SIZE, "%" PRIu32 " levels",
		         ((const struct levels *)at)->count);
		break;
	}
	return out;
}

/* Returns the number of commands. */
static size_t append_entry(struct view_writer *self, const struct view_entry *entry)
{
	const char *words[2 + 2 * FIELDS_MAX] = {"HSET"};
	char key[VIEW_KEY_MAX + 128];
	int count = 2;

	assert(entry->info->field_count <= FIELDS_MAX);
	snprintf(key, sizeof key, "breakwater:%s:%s%s%s", self->instance.text, entry->info->name,
	         entry->key[0] != '\0' ? ":" : "", entry->key);
	words[1] = key;
	for (size_t i = 0; i < entry->info->field_count; i++) {
		words[count++] = entry->info->fields[i].name;
		words[count++] = field_text(&entry->info->fields[i], entry->body, self->texts[i]);
	}
	redisAppendCommandArgv(self->redis, count, words, NULL);
	if (entry->lifetime_s == 0)
		return 1;
	redisAppendCommand(self->redis, "EXPIRE %s %u", key, entry->lifetime_s);
	return 2;
}

/* Negative: an older run, or no epoch at all. 0: ours. Positive: a younger one. */
static int compare_epoch(const struct view_writer *self, const redisReply *reply)
{
	nanos_t started;
	uint64_t epoch;

	if (reply->type != REDIS_REPLY_STRING ||
	    sscanf(reply->str, "%" SCNd64 " %" SCNu64, &started, &epoch) != 2)
		return -1;
	if (started != self->started)
		return started > self->started ? 1 : -1;
	return (epoch > self->epoch) - (epoch < self->epoch);
}

static bool look_at_epoch(struct view_writer *self, int *order)
{
	redisAppendCommand(self->redis, "WATCH %s", self->epoch_key);
	redisAppendCommand(self->redis, "GET %s", self->epoch_key);
	if (!skip_replies(self, 1))
		return false;
	redisReply *reply = take_reply(self);
	if (reply == NULL)
		return false;
	*order = compare_epoch(self, reply);
	freeReplyObject(reply);
	return true;
}

static enum view_outcome unwatch(struct view_writer *self)
{
	redisAppendCommand(self->redis, "UNWATCH");
	return skip_replies(self, 1) ? VIEW_WRITTEN : VIEW_LOST;
}

/* A batch of an earlier connection that is still under way must not come behind this one: setting
   the epoch anew breaks its WATCH. */
static enum view_outcome write_batch(struct view_writer *self, const struct view_entry *entries,
                                     size_t count, bool reclaims)
{
	size_t commands = 1;

	redisAppendCommand(self->redis, "MULTI");
	if (reclaims || self->is_fresh) {
		redisAppendCommand(self->redis, "SET %s %b", self->epoch_key, self->epoch_value,
		                   strlen(self->epoch_value));
		commands++;
	}
	for (size_t i = 0; i < count; i++)
		commands += append_entry(self, &entries[i]);
	redisAppendCommand(self->redis, "EXEC");
	if (!skip_replies(self, commands))
		return VIEW_LOST;
	redisReply *reply = take_reply(self);
	if (reply == NULL)
		return VIEW_LOST;
	bool is_raced = reply->type == REDIS_REPLY_NIL;
	freeReplyObject(reply);
	if (is_raced)
		return VIEW_RACED;
	self->is_fresh = false;
	return reclaims ? VIEW_RECLAIMED : VIEW_WRITTEN;
}

enum view_outcome view_writer_write(struct view_writer *self, const struct view_entry *entries,
                                    size_t count)
{
	enum view_outcome outcome = VIEW_LOST;
	int order;

	if (self->redis != NULL && look_at_epoch(self, &order))
		outcome = order > 0                  ? VIEW_FENCED
		          : order == 0 && count == 0 && !self->is_fresh
		                  ? unwatch(self)
		                                     : write_batch(self, entries, count, order < 0);
	if (outcome == VIEW_LOST || outcome == VIEW_FENCED)
		disconnect(self);
	return outcome;
}
