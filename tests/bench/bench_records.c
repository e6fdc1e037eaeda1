/* SPDX-License-Identifier: Apache-2.0 */
/* What durability costs. "records": from INTENT and SEND to the journal's word that both are on the
   disk, beside one write and fdatasync of as many bytes on a file of its own, in turn in one run.
   "replay": the start of an executor on COUNT records, beside the start on the checkpoint of them.
   bench_records ROUNDS COUNT */
#include "tests/bench/measure.h"

#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/io/journal.h"
#include "services/executor/executor.h"

enum { ROOM = 64 << 20, ORDER_RECORDS = 4, BODY_MAX = 1 << 16 };

static char folder[64] = "/tmp/breakwater-bench-XXXXXX";

static void require(bool is_good, const char *what)
{
	if (is_good)
		return;
	fprintf(stderr, "bench_records: %s failed\n", what);
	exit(EXIT_FAILURE);
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *ftw)
{
	(void)info;
	(void)type;
	(void)ftw;
	return remove(path);
}

static struct journal_intent intent_of(uint64_t number)
{
	return (struct journal_intent){
		.intent_id = {1, number},
		.client_id = {2, number},
		.nonce = {3, number},
		.bot = name_from("bench"),
		.symbol = name_from("BTCUSDT"),
		.purpose = PURPOSE_ENTRY,
		.side = SIDE_BUY,
		.type = ORDER_TYPE_LIMIT,
		.time_in_force = TIME_IN_FORCE_GTC,
		.qty = decimal_of("0.001"),
		.price = decimal_of("61837.63"),
		.stop_place = STOP_PLACE_EXCHANGE,
		.attempt = 1,
		.expires = (nanos_t)number * NANOS_MS,
		.at = (nanos_t)number * NANOS_MS,
	};
}

static size_t append(struct journal *journal, enum save_class save_class, enum message_type type,
                     const void *body)
{
	uint8_t payload[4096];
	size_t size;

	require(codec_pack_body(type, body, payload, sizeof payload, &size) == OK, "packing");
	journal_append(journal, save_class, 1, 1, type, payload, size);
	return size;
}

static size_t append_sent(struct journal *journal, enum save_class save_class, uint64_t number)
{
	struct journal_intent intent = intent_of(number);
	struct journal_send send = {
		.intent_id = intent.intent_id,
		.client_id = intent.client_id,
		.attempt = 1,
		.valid_until = intent.at,
		.at = intent.at,
	};

	return append(journal, save_class, MESSAGE_JOURNAL_INTENT, &intent) +
	       append(journal, save_class, MESSAGE_JOURNAL_SEND, &send);
}

static void wait_for(struct journal *journal, uint64_t sequence)
{
	text_t why;

	while (journal_done(journal) < sequence) {
		struct pollfd item = {.fd = journal_fd(journal), .events = POLLIN};
		require(!journal_failed(journal, &why), "the journal");
		poll(&item, 1, 1000);
	}
}

static uint64_t time_records(struct journal *journal, uint64_t number, size_t *size)
{
	uint64_t begin = measure_now();

	journal_hold(journal);
	*size = append_sent(journal, SAVE_SYNCED, number);
	journal_release(journal);
	wait_for(journal, 2 * number);
	return measure_now() - begin;
}

static int open_bare(void)
{
	static const char zeros[1 << 20];
	char path[128];

	snprintf(path, sizeof path, "%s/bare", folder);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	for (off_t at = 0; at < ROOM; at += (off_t)sizeof zeros)
		require(pwrite(fd, zeros, sizeof zeros, at) == sizeof zeros, "a write");
	require(fsync(fd) == 0, "a sync");
	return fd;
}

static uint64_t time_bare(int fd, off_t *at, size_t size)
{
	char bytes[1024];

	memset(bytes, 'x', sizeof bytes);
	uint64_t begin = measure_now();
	require(pwrite(fd, bytes, size, *at) == (ssize_t)size && fdatasync(fd) == 0, "a write");
	*at += (off_t)size;
	return measure_now() - begin;
}

static void ignore(void *self, const struct journal_record *record)
{
	(void)self;
	(void)record;
}

static void bench_records(size_t rounds)
{
	uint64_t *ours = calloc(rounds, sizeof *ours), *bare = calloc(rounds, sizeof *bare);
	struct journal_report report;
	struct journal *journal;
	char directory[128];
	off_t at = 0;
	text_t why;

	snprintf(directory, sizeof directory, "%s/records", folder);
	require(journal_open(&journal, directory, ignore, NULL, &report, &why) == OK, "opening");
	int fd = open_bare();
	for (size_t i = 0; i < rounds; i++) {
		size_t size;
		ours[i] = time_records(journal, i + 1, &size);
		bare[i] = time_bare(fd, &at, size + 104 /* two headers */);
	}
	measure_print_latency("records.ours", ours, rounds);
	measure_print_latency("records.bare", bare, rounds);
	close(fd);
	journal_close(&journal, 10 * NANOS_S);
	free(ours);
	free(bare);
}

/* An executor without its process. */
struct restored {
	struct stack_config stack;
	struct executor_config config;
	struct identity identity;
	void *state;
	_Alignas(16) uint8_t body[BODY_MAX];
};

static struct restored *restored_open(void)
{
	struct restored *self = calloc(1, sizeof *self);

	config_defaults(&stack_config_type, &self->stack);
	config_defaults(&executor_config_type, &self->config);
	self->identity.stack = &self->stack;
	self->state = calloc(1, executor_logic.state_size);
	executor_logic.init(self->state, &self->identity, &self->config);
	return self;
}

static void restored_close(struct restored *self)
{
	free(self->state);
	free(self);
}

static void fold(void *context, const struct journal_record *record)
{
	struct restored *self = context;

	require(codec_unpack_body(record->type, record->payload, record->size, self->body,
	                          sizeof self->body) == OK,
	        "unpacking");
	executor_logic.apply(self->state, record->type, self->body);
}

static bool agrees(void *self)
{
	(void)self;
	return true;
}

static void write_history(const char *directory, uint64_t count)
{
	struct journal_report report;
	struct journal *journal;
	text_t why;

	require(journal_open(&journal, directory, ignore, NULL, &report, &why) == OK, "opening");
	for (uint64_t i = 1; i <= count / ORDER_RECORDS; i++) {
		struct journal_intent intent = intent_of(i);
		struct journal_ack ack = {.client_id = intent.client_id,
		                          .venue_id = i,
		                          .source = SOURCE_ACK,
		                          .at = intent.at};
		struct journal_end end = {.client_id = intent.client_id,
		                          .status = ORDER_STATUS_CANCELED,
		                          .at = intent.at};
		append_sent(journal, SAVE_BUFFERED, i);
		append(journal, SAVE_BUFFERED, MESSAGE_JOURNAL_ACK, &ack);
		append(journal, SAVE_BUFFERED, MESSAGE_JOURNAL_END, &end);
		if (i % 1000 == 0)
			wait_for(journal, i * ORDER_RECORDS);
	}
	journal_close(&journal, 60 * NANOS_S);
}

/* Time from nothing to the state. */
static struct restored *time_start(const char *directory, struct journal **journal,
                                   const char *name)
{
	struct journal_report report;
	text_t why;
	uint64_t begin = measure_now();
	struct restored *self = restored_open();

	require(journal_load(journal, directory, fold, self, &report, &why) == OK, "loading");
	measure_print(name, (double)(measure_now() - begin) / 1e6);
	return self;
}

static void renew(struct journal *journal, const struct restored *restored)
{
	struct outbox *out = malloc(sizeof *out);
	void *arena = aligned_alloc(64, executor_logic.arena_size);
	uint8_t *bytes = malloc(executor_logic.arena_size);
	struct journal_item *items = calloc(OUTBOX_EFFECTS_MAX, sizeof *items);
	struct restored *proof = restored_open();
	struct journal_verify verify = {fold, agrees, proof};
	size_t used = 0;
	text_t why;

	outbox_init(out, arena, executor_logic.arena_size);
	executor_logic.checkpoint(restored->state, out);
	for (size_t i = 0; i < out->count; i++) {
		items[i] = (struct journal_item){out->effects[i].type, bytes + used, 0};
		require(codec_pack_body(items[i].type, out->effects[i].body, bytes + used,
		                        executor_logic.arena_size - used, &items[i].size) == OK,
		        "packing");
		used += items[i].size;
	}
	require(journal_renew(journal, 1, items, out->count, &verify, &why) == OK, "renewing");
	restored_close(proof);
	free(items);
	free(bytes);
	free(arena);
	free(out);
}

static void bench_replay(uint64_t count)
{
	struct journal *journal;
	char directory[128];

	snprintf(directory, sizeof directory, "%s/replay", folder);
	write_history(directory, count);
	struct restored *restored = time_start(directory, &journal, "replay.all_ms");
	renew(journal, restored);
	journal_close(&journal, NANOS_S);
	restored_close(restored);
	restored = time_start(directory, &journal, "replay.checkpoint_ms");
	journal_close(&journal, NANOS_S);
	restored_close(restored);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return EXIT_FAILURE;
	require(mkdtemp(folder) != NULL, "a folder");
	bench_records(strtoull(argv[1], NULL, 10));
	bench_replay(strtoull(argv[2], NULL, 10));
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return EXIT_SUCCESS;
}
