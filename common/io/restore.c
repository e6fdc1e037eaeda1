/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/restore.h"

#include <stdlib.h>
#include <string.h>

enum { BODY_MAX = 1 << 16, ARENA_MIN = 64 << 10 };

/* Folds records into a state; counts those that can't be read. */
struct folding {
	const struct logic *logic;
	void *state;
	uint64_t refused, first_refused;
	enum err err;
	_Alignas(16) uint8_t body[BODY_MAX];
};

static void fold(void *context, const struct journal_record *record)
{
	struct folding *self = context;
	enum err err = codec_unpack_body(record->type, record->payload, record->size, self->body,
	                                 sizeof self->body);

	if (err == OK) {
		self->logic->apply(self->state, record->type, self->body);
		return;
	}
	if (self->refused++ == 0) {
		self->first_refused = record->sequence;
		self->err = err;
	}
}

/* The checkpoint of a state: records, and their bytes one behind the other. */
struct checkpoint {
	struct outbox *outbox;
	void *arena;
	uint8_t *bytes;
	size_t size, count;
	struct journal_item items[OUTBOX_EFFECTS_MAX];
};

static void checkpoint_free(struct checkpoint *self)
{
	if (self == NULL)
		return;
	free(self->outbox);
	free(self->arena);
	free(self->bytes);
	free(self);
}

static bool pack_items(struct checkpoint *self, size_t capacity)
{
	for (size_t i = 0; i < self->outbox->count; i++) {
		const struct effect *effect = &self->outbox->effects[i];
		size_t size;
		if (effect->kind != EFFECT_SAVE ||
		    codec_pack_body(effect->type, effect->body, self->bytes + self->size,
		                    capacity - self->size, &size) != OK)
			return false;
		self->items[self->count++] = (struct journal_item){
			.type = effect->type,
			.payload = self->bytes + self->size,
			.size = size,
		};
		self->size += size;
	}
	return true;
}

/* NULL when there is no memory for it. */
static struct checkpoint *checkpoint_make(const struct logic *logic, const void *state)
{
	struct checkpoint *self = calloc(1, sizeof *self);
	size_t capacity = ((logic->arena_size != 0 ? logic->arena_size : ARENA_MIN) + 63) / 64 * 64;

	if (self == NULL)
		return NULL;
	self->outbox = malloc(sizeof *self->outbox);
	self->arena = aligned_alloc(64, capacity);
	self->bytes = malloc(2 * capacity);
	bool has_memory = self->outbox != NULL && self->arena != NULL && self->bytes != NULL;
	if (has_memory) {
		outbox_init(self->outbox, self->arena, capacity);
		logic->checkpoint(state, self->outbox);
	}
	if (has_memory && pack_items(self, 2 * capacity))
		return self;
	checkpoint_free(self);
	return NULL;
}

/* The new file, read back into a state of its own. */
struct proof {
	struct folding folding;
	const struct checkpoint *expected;
};

static void prove_record(void *context, const struct journal_record *record)
{
	struct proof *self = context;
	fold(&self->folding, record);
}

static bool agrees(void *context)
{
	struct proof *self = context;
	struct checkpoint *found = checkpoint_make(self->folding.logic, self->folding.state);
	const struct checkpoint *expected = self->expected;
	bool same = self->folding.refused == 0 && found != NULL && found->size == expected->size &&
	            found->count == expected->count &&
	            memcmp(found->bytes, expected->bytes, found->size) == 0;

	for (size_t i = 0; same && i < found->count; i++)
		same = found->items[i].type == expected->items[i].type &&
		       found->items[i].size == expected->items[i].size;
	checkpoint_free(found);
	return same;
}

static enum err renew(struct host *self, const struct checkpoint *checkpoint, text_t *why)
{
	const struct logic *logic = self->service->logic;
	struct proof *proof = calloc(1, sizeof *proof);
	void *state = calloc(1, logic->state_size);
	enum err err = ERR_UNAVAILABLE;

	*why = text_from("no memory to read it back");
	if (proof != NULL && state != NULL) {
		logic->init(state, &self->identity, self->config);
		*proof = (struct proof){
			.folding = {.logic = logic, .state = state},
			.expected = checkpoint,
		};
		struct journal_verify verify = {prove_record, agrees, proof};
		err = journal_renew(self->journal, clock_now(&self->clock), checkpoint->items,
		                    checkpoint->count, &verify, why);
	}
	free(proof);
	free(state);
	return err;
}

/* A journal that can't be shortened goes on as it is: that costs time at the next start only. */
static enum err shorten(struct host *self, text_t *why)
{
	struct checkpoint *checkpoint = checkpoint_make(self->service->logic, self->state);
	enum err err = ERR_UNAVAILABLE;
	text_t reason = text_from("the state doesn't fit in a checkpoint");

	if (checkpoint != NULL && checkpoint->count > 0)
		err = renew(self, checkpoint, &reason);
	if (err == OK)
		host_log(self, SEVERITY_INFO, "journal.renewed",
		         "a new journal begins with a checkpoint of %zu records",
		         checkpoint->count);
	else if (err == ERR_UNAVAILABLE)
		host_log(self, SEVERITY_WARNING, "journal.not_renewed", "%s; the old one goes on",
		         reason.text);
	checkpoint_free(checkpoint);
	if (err == OK || err == ERR_UNAVAILABLE)
		return OK;
	*why = reason;
	return err;
}

/* Only a whole history is worth to be shortened: what is lost may still be found in its bytes. */
static bool wants_shorter(const struct host *self, const struct journal_report *report)
{
	return self->service->logic->checkpoint != NULL && self->identity.damage.size == 0 &&
	       report->records - report->items > self->stack.journal_records;
}

static void tell(struct host *self, const struct journal_report *report,
                 const struct folding *folding)
{
	host_log(self, report->quarantined ? SEVERITY_CRITICAL : SEVERITY_INFO, "journal.restored",
	         "%llu records, %llu bytes of a torn tail cut%s%s",
	         (unsigned long long)report->records, (unsigned long long)report->cut_bytes,
	         report->why.size > 0 ? "; " : "", report->why.text);
	if (report->quarantined)
		self->identity.damage = report->why;
	if (folding->refused == 0)
		return;
	self->refused += folding->refused;
	if (!report->quarantined)
		self->identity.damage = text_format(
			"%llu journal records can't be read and are left out, the first is %llu: "
			"%s",
			(unsigned long long)folding->refused,
			(unsigned long long)folding->first_refused, err_text(folding->err));
	host_log(self, SEVERITY_ERROR, "journal.record",
	         "%llu records are left out, the first is %llu: %s",
	         (unsigned long long)folding->refused, (unsigned long long)folding->first_refused,
	         err_text(folding->err));
}

enum err host_restore(struct host *self, text_t *why)
{
	struct journal_report report;
	struct folding *folding;

	if ((self->service->needs & NEEDS_JOURNAL) == 0)
		return OK;
	folding = calloc(1, sizeof *folding);
	if (folding == NULL) {
		*why = text_from("no memory to read the journal");
		return ERR_IO;
	}
	folding->logic = self->service->logic;
	folding->state = self->state;
	enum err err = journal_load(&self->journal, self->paths.own, fold, folding, &report, why);
	if (err == OK) {
		tell(self, &report, folding);
		if (wants_shorter(self, &report))
			err = shorten(self, why);
	}
	if (err == OK)
		err = journal_start(self->journal, why);
	if (err == OK)
		self->saved = journal_done(self->journal);
	free(folding);
	return err;
}
