/* SPDX-License-Identifier: Apache-2.0 */
/* A disk that forgets: the journal file of one service as bytes, in the product's own format
   (common/io/journal_format.h). Appended bytes are written (they survive the process) or synced
   (they survive the machine). Each call's fate is the world's choice. */
#ifndef SIM_DISK_H
#define SIM_DISK_H

#include "common/base/random.h"
#include "common/io/journal_format.h"

enum { SIM_DISK_BYTES = 4 << 20 };

/* A journal in the making. */
struct sim_draft {
	size_t size;
	struct journal_chain chain;
	nanos_t at;
	uint64_t older, items;
	bool is_full;
};

struct sim_disk {
	uint8_t *bytes; /* SIM_DISK_BYTES, the caller's */
	uint8_t *spare; /* as many, of the file beside it; NULL: it is never renewed */
	uint64_t seed;
	size_t written, synced;
	size_t kept;                /* what can still be read behind a failed sync */
	struct journal_chain chain; /* of the writer */
	bool is_lost;               /* records were lost, and nothing was synced since */
	size_t opened;              /* bytes when it was opened last */
	uint64_t quarantines;       /* files that were set aside as damaged */
	uint64_t older, items; /* records in files before it; of its own the mark and checkpoint */
	uint64_t renewals;     /* which file this is */
	uint64_t drafts;
	struct sim_draft draft; /* in the spare bytes */
	size_t beside;          /* of the older journal in the spare bytes; 0: none */
	bool is_listed;         /* the directory was synced after the last renaming */
	bool failed; /* a write or sync of this run failed: nothing more is taken until it is opened
	                again */
};

/* An empty journal. */
void sim_disk_init(struct sim_disk *self, uint8_t *bytes, uint64_t seed);

/* The writer's view. ERR_FULL when the file is full, ERR_IO when it has failed. */
MUST_CHECK enum err sim_disk_append(struct sim_disk *self, const struct journal_record *record,
                                    enum save_class save_class);
void sim_disk_sync(struct sim_disk *self);

/* The machine lost power: a random cut between `synced` and `written`, the last sector perhaps
 * torn. */
void sim_disk_lose_power(struct sim_disk *self, struct random *random);
/* A failed append: nothing, a part or all of the record is there. A failed sync: what was written
   may be gone when it is opened again. Both fail the disk for this run. */
void sim_disk_fail_append(struct sim_disk *self, const struct journal_record *record,
                          enum save_class save_class, struct random *random);
void sim_disk_fail_sync(struct sim_disk *self, struct random *random);
void sim_disk_flip_bit(struct sim_disk *self, struct random *random);

/* A new journal begins with a checkpoint: begun and filled, read back, put in the old one's place,
   listed. Before it is listed, a loss of power may bring the old one back. */
void sim_disk_begin_draft(struct sim_disk *self, nanos_t now, uint64_t items);
void sim_disk_draft(struct sim_disk *self, enum message_type type, const uint8_t *payload,
                    size_t size);
/* False when it isn't whole. */
bool sim_disk_read_draft(const struct sim_disk *self,
                         void (*apply)(void *self, const struct journal_record *record),
                         void *apply_self);
void sim_disk_install(struct sim_disk *self);
void sim_disk_list(struct sim_disk *self);
void sim_disk_go_back(struct sim_disk *self);
/* At the next start: whether the checkpoint isn't whole, so that the older file goes on. */
bool sim_disk_choose(struct sim_disk *self);

/* What a process does at its start: every good record in order to `apply`, a torn tail cut, damage
   before later records quarantined (then it goes on behind what was good before it, as the real
   journal does). What is left is synced. */
void sim_disk_open(struct sim_disk *self,
                   void (*apply)(void *self, const struct journal_record *record), void *apply_self,
                   struct journal_report *report);

#endif
