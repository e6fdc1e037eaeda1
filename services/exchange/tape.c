/* SPDX-License-Identifier: Apache-2.0 */
#include "services/exchange/tape.h"

#include "common/model/book.h"
#include "services/exchange/money.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { LINE_MAX_BYTES = 1 << 20, POOL_SPARE = 16 * BOOK_DEPTH_MAX };

/* Between the last message of a round and the first of the next; more than the recorded delays
 * differ. */
static const nanos_t lead = 100 * NANOS_MS;

struct reading {
	struct tape *tape;
	size_t message_capacity, pool_capacity;
	nanos_t start, skew; /* receive time of the first line; most that E runs ahead of it */
	uint64_t snapshot_id;
	struct tape_levels snapshot;
	struct book book;
	struct levels bids, asks;
};

/* Doubles what is full. */
static void *room(void *items, size_t count, size_t *capacity, size_t size)
{
	if (count < *capacity)
		return items;
	*capacity = *capacity == 0 ? 1024 : *capacity * 2;
	void *more = realloc(items, *capacity * size);
	assert(more != NULL);
	return more;
}

static bool units_of(const json_t *text, int64_t *out)
{
	decimal_t value;
	if (!json_is_string(text) ||
	    decimal_parse(json_string_value(text), json_string_length(text), &value) != OK)
		return false;
	if (value.exponent < -MONEY_PLACES || decimal_sign(value) < 0)
		return false;
	int64_t units = value.coefficient;
	for (int exponent = value.exponent; exponent > -MONEY_PLACES; exponent--)
		if (__builtin_mul_overflow(units, 10, &units))
			return false;
	*out = units;
	return true;
}

static void pool_add(struct reading *self, int64_t price, int64_t qty)
{
	struct tape *tape = self->tape;
	tape->pool = room(tape->pool, tape->pool_count, &self->pool_capacity, sizeof *tape->pool);
	tape->pool[tape->pool_count++] = (struct tape_level){price, qty};
}

static bool read_side(struct reading *self, const json_t *side, uint32_t *count)
{
	*count = (uint32_t)json_array_size(side);
	for (size_t i = 0; i < *count; i++) {
		const json_t *pair = json_array_get(side, i);
		int64_t price, qty;
		if (!units_of(json_array_get(pair, 0), &price) ||
		    !units_of(json_array_get(pair, 1), &qty))
			return false;
		pool_add(self, price, qty);
	}
	return json_is_array(side) && *count <= LEVELS_MAX;
}

static bool read_levels(struct reading *self, const json_t *bids, const json_t *asks,
                        struct tape_levels *out)
{
	out->start = (uint32_t)self->tape->pool_count;
	return read_side(self, bids, &out->bids) && read_side(self, asks, &out->asks);
}

static bool read_id(const json_t *data, const char *key, uint64_t *out)
{
	const json_t *id = json_object_get(data, key);
	*out = (uint64_t)json_integer_value(id);
	return json_is_integer(id) && json_integer_value(id) > 0;
}

static nanos_t time_of(const json_t *data, const char *key)
{
	return json_integer_value(json_object_get(data, key)) * NANOS_MS;
}

static bool read_trade(const json_t *data, struct tape_message *out)
{
	out->kind = TAPE_TRADE;
	out->event = time_of(data, "E");
	out->at = time_of(data, "T");
	out->buyer_maker = json_is_true(json_object_get(data, "m"));
	if (!read_id(data, "t", &out->first))
		return false;
	out->last = out->first;
	return units_of(json_object_get(data, "p"), &out->bid.price) &&
	       units_of(json_object_get(data, "q"), &out->bid.qty);
}

static bool read_top(const json_t *data, struct tape_message *out)
{
	out->kind = TAPE_TOP;
	if (!read_id(data, "u", &out->first))
		return false;
	out->last = out->first;
	return units_of(json_object_get(data, "b"), &out->bid.price) &&
	       units_of(json_object_get(data, "B"), &out->bid.qty) &&
	       units_of(json_object_get(data, "a"), &out->ask.price) &&
	       units_of(json_object_get(data, "A"), &out->ask.qty);
}

static bool read_depth(struct reading *self, const json_t *data, struct tape_message *out)
{
	out->kind = TAPE_DEPTH;
	out->event = time_of(data, "E");
	return read_id(data, "U", &out->first) && read_id(data, "u", &out->last) &&
	       read_levels(self, json_object_get(data, "b"), json_object_get(data, "a"),
	                   &out->levels);
}

static bool read_message(struct reading *self, nanos_t received, const json_t *root)
{
	if (json_object_get(root, "lastUpdateId") != NULL)
		return read_id(root, "lastUpdateId", &self->snapshot_id) &&
		       read_levels(self, json_object_get(root, "bids"),
		                   json_object_get(root, "asks"), &self->snapshot);
	const char *stream = json_string_value(json_object_get(root, "stream"));
	const char *at = stream == NULL ? NULL : strchr(stream, '@');
	if (at == NULL)
		return false;
	const json_t *data = json_object_get(root, "data");
	struct tape_message message = {.due = received};
	bool good = strcmp(at, "@trade") == 0        ? read_trade(data, &message)
	            : strcmp(at, "@bookTicker") == 0 ? read_top(data, &message)
	            : strncmp(at, "@depth", 6) == 0  ? read_depth(self, data, &message)
	                                             : false;
	if (!good)
		return false;
	if (message.event - received > self->skew && message.event != 0)
		self->skew = message.event - received;
	struct tape *tape = self->tape;
	tape->messages = room(tape->messages, tape->message_count, &self->message_capacity,
	                      sizeof *tape->messages);
	tape->messages[tape->message_count++] = message;
	return true;
}

static bool read_line(struct reading *self, const char *line)
{
	char *json;
	nanos_t received = strtoll(line, &json, 10);
	if (received <= 0 || *json != ' ')
		return false;
	if (self->start == 0)
		self->start = received;
	json_t *root = json_loads(json, 0, NULL);
	bool good = root != NULL && read_message(self, received, root);
	json_decref(root);
	return good;
}

static enum err read_lines(struct reading *self, gzFile file, const char *path, text_t *why)
{
	char *line = malloc(LINE_MAX_BYTES);
	assert(line != NULL);
	enum err err = OK;
	for (unsigned number = 1; err == OK && gzgets(file, line, LINE_MAX_BYTES) != NULL; number++)
		if (!read_line(self, line)) {
			*why = text_format("%s, line %u: no market message; record it again", path,
			                   number);
			err = ERR_MALFORMED;
		}
	free(line);
	return err;
}

static void load_side(const struct tape_level *items, uint32_t count, struct levels *out)
{
	out->count = count;
	for (uint32_t i = 0; i < count; i++)
		out->items[i] = (struct level){decimal_make(items[i].price, -MONEY_PLACES),
		                               decimal_make(items[i].qty, -MONEY_PLACES)};
}

static void unfold(struct reading *self, const struct tape_levels *levels)
{
	const struct tape_level *items = self->tape->pool + levels->start;
	load_side(items, levels->bids, &self->bids);
	load_side(items + levels->bids, levels->asks, &self->asks);
}

static int64_t units(decimal_t value)
{
	int64_t coefficient = value.coefficient;
	for (int exponent = value.exponent; exponent > -MONEY_PLACES; exponent--)
		coefficient *= 10;
	return coefficient;
}

static void keep_book(struct reading *self, struct tape_levels *out)
{
	const struct book *book = &self->book;
	*out = (struct tape_levels){(uint32_t)self->tape->pool_count, book->bids.count,
	                            book->asks.count};
	for (uint32_t i = 0; i < book->bids.count; i++)
		pool_add(self, units(book->bids.levels[i].price), units(book->bids.levels[i].qty));
	for (uint32_t i = 0; i < book->asks.count; i++)
		pool_add(self, units(book->asks.levels[i].price), units(book->asks.levels[i].qty));
}

/* Drops depth messages that the snapshot already holds. */
static void drop_old_depth(struct reading *self)
{
	struct tape *tape = self->tape;
	size_t kept = 0;
	for (size_t i = 0; i < tape->message_count; i++)
		if (tape->messages[i].kind != TAPE_DEPTH ||
		    tape->messages[i].last > self->snapshot_id)
			tape->messages[kept++] = tape->messages[i];
	tape->message_count = kept;
}

/* The books at both ends of a round; ERR_GAP when the recording has a hole. */
static enum err play_once(struct reading *self)
{
	struct tape *tape = self->tape;
	unfold(self, &self->snapshot);
	enum err err = book_load(&self->book, self->snapshot_id, &self->bids, &self->asks);
	bool seam_found = false;
	for (size_t i = 0; err == OK && i < tape->message_count; i++) {
		const struct tape_message *message = &tape->messages[i];
		if (message->kind != TAPE_DEPTH)
			continue;
		unfold(self, &message->levels);
		err = book_apply(&self->book, message->first, message->last, &self->bids,
		                 &self->asks);
		if (err == OK && !seam_found) {
			seam_found = true;
			tape->seam = i;
			tape->first_id = self->book.id;
			keep_book(self, &tape->first_book);
		}
	}
	tape->last_id = self->book.id;
	keep_book(self, &tape->last_book);
	return err == OK && !seam_found ? ERR_GAP : err;
}

/* What turns the levels `from` into `to`; both are sorted, bids fall and asks rise. */
static uint32_t add_difference(struct reading *self, const struct tape_level *from,
                               uint32_t from_count, const struct tape_level *to, uint32_t to_count,
                               bool falling)
{
	uint32_t count = 0;
	for (uint32_t i = 0, j = 0; i < from_count || j < to_count;) {
		int64_t a = i < from_count ? from[i].price : 0, b = j < to_count ? to[j].price : 0;
		bool gone = j == to_count || (i < from_count && a != b && (a > b) == falling);
		bool same = i < from_count && j < to_count && a == b;
		if (!same || from[i].qty != to[j].qty) {
			pool_add(self, gone ? a : b, gone ? 0 : to[j].qty);
			count++;
		}
		i += same || gone;
		j += same || !gone;
	}
	return count;
}

static void make_seam(struct reading *self)
{
	struct tape *tape = self->tape;
	struct tape_levels last = tape->last_book, first = tape->first_book;
	/* The pool must not move while its own levels are compared. */
	self->pool_capacity = tape->pool_count + POOL_SPARE;
	tape->pool = realloc(tape->pool, self->pool_capacity * sizeof *tape->pool);
	assert(tape->pool != NULL);
	const struct tape_level *from = tape->pool + last.start, *to = tape->pool + first.start;
	tape->seam_levels.start = (uint32_t)tape->pool_count;
	tape->seam_levels.bids = add_difference(self, from, last.bids, to, first.bids, true);
	tape->seam_levels.asks = add_difference(self, from + last.bids, last.asks, to + first.bids,
	                                        first.asks, false);
}

/* Times become relative to the round; E and T stay behind `due`, however far the recorder's clock
 * was off. */
static void settle_times(struct reading *self)
{
	struct tape *tape = self->tape;
	nanos_t base = self->start - lead;
	for (size_t i = 0; i < tape->message_count; i++) {
		struct tape_message *message = &tape->messages[i];
		message->due -= base;
		message->event -= base + self->skew;
		message->at -= base + self->skew;
	}
	nanos_t end = tape->messages[tape->message_count - 1].due + lead;
	tape->period = (end + NANOS_MS - 1) / NANOS_MS * NANOS_MS;
}

static void total(struct tape_trade *next, const struct tape_trade *before)
{
	__int128 turnover = (__int128)before->price * before->qty;
	next->volume = before->volume + before->qty;
	next->turnover = before->turnover + turnover;
	next->taker_volume = before->taker_volume + (before->buyer_maker ? 0 : before->qty);
	next->taker_turnover = before->taker_turnover + (before->buyer_maker ? 0 : turnover);
}

static enum err collect_trades(struct tape *tape)
{
	tape->trades = calloc(tape->message_count + 1, sizeof *tape->trades);
	assert(tape->trades != NULL);
	uint64_t id = 0;
	for (size_t i = 0; i < tape->message_count; i++) {
		const struct tape_message *message = &tape->messages[i];
		if (message->kind != TAPE_TRADE)
			continue;
		if (id != 0 && message->first != id + 1)
			return ERR_GAP;
		id = message->first;
		struct tape_trade *trade = &tape->trades[tape->trade_count++];
		trade->at = message->at;
		trade->price = message->bid.price;
		trade->qty = message->bid.qty;
		trade->buyer_maker = message->buyer_maker;
		total(trade + 1, trade);
	}
	return tape->trade_count == 0 ? ERR_GAP : OK;
}

static void measure_ids(struct tape *tape)
{
	uint64_t low = UINT64_MAX, high = 0;
	for (size_t i = 0; i < tape->message_count; i++) {
		const struct tape_message *message = &tape->messages[i];
		if (message->kind == TAPE_TRADE)
			continue;
		low = message->first < low ? message->first : low;
		high = message->last > high ? message->last : high;
	}
	tape->id_span = high - low + 1;
}

static enum err finish(struct reading *self, const char *path, text_t *why)
{
	struct tape *tape = self->tape;
	if (self->snapshot_id == 0 || tape->message_count == 0) {
		*why = text_format("%s: holds no depth snapshot; record one beside the streams",
		                   path);
		return ERR_MALFORMED;
	}
	drop_old_depth(self);
	settle_times(self);
	enum err err = play_once(self);
	if (err == OK)
		err = collect_trades(tape);
	if (err != OK) {
		*why = text_format("%s: the recorded session has a gap (%s); record it again", path,
		                   err_text(err));
		return err;
	}
	make_seam(self);
	measure_ids(tape);
	return OK;
}

/* Without folder and endings. */
static name_t name_of_file(const char *path)
{
	const char *slash = strrchr(path, '/');
	text_t name = text_from(slash == NULL ? path : slash + 1);
	name.text[strcspn(name.text, ".")] = '\0';
	return name_from(name.text);
}

enum err tape_open(struct tape **out, const char *path, text_t *why)
{
	gzFile file = gzopen(path, "rb");
	if (file == NULL) {
		*why = text_format("%s: can't be read; set exchange.tape to a recorded session",
		                   path);
		return ERR_NOT_FOUND;
	}
	struct reading *reading = calloc(1, sizeof *reading);
	struct tape *tape = calloc(1, sizeof *tape);
	assert(reading != NULL && tape != NULL);
	tape->name = name_of_file(path);
	reading->tape = tape;
	reading->skew = INT64_MIN;
	enum err err = read_lines(reading, file, path, why);
	gzclose(file);
	if (err == OK)
		err = finish(reading, path, why);
	free(reading);
	if (err != OK)
		tape_close(&tape);
	else
		*out = tape;
	return err;
}

void tape_close(struct tape **self)
{
	struct tape *tape = *self;
	free(tape->messages);
	free(tape->trades);
	free(tape->pool);
	free(tape);
	*self = NULL;
}
