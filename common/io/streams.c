/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/streams.h"

#include "common/base/plant.h"
#include "proto/flows.h"

#include <assert.h>
#include <string.h>

void streams_init(struct streams *self, nanos_t silence_max)
{
	memset(self, 0, sizeof *self);
	self->silence_max = silence_max;
}

static struct stream *find(struct streams *self, const name_t *publisher)
{
	for (size_t i = 0; i < self->count; i++)
		if (name_equals(&self->items[i].publisher, publisher))
			return &self->items[i];
	return NULL;
}

static void list_published(struct stream *stream)
{
	for (size_t i = 0; i < flow_publish_count && stream->published_count < COUNTS_MAX; i++)
		if (flow_is_instance_of(stream->publisher.text, flow_publishes[i].publisher))
			stream->published[stream->published_count++] =
				(uint8_t)flow_publishes[i].type;
}

void streams_add(struct streams *self, const char *publisher)
{
	name_t name = name_from(publisher);
	if (find(self, &name) != NULL)
		return;
	assert(self->count < STREAM_PUBLISHERS_MAX);
	struct stream *stream = &self->items[self->count++];
	stream->publisher = name;
	stream->reason = text_from("not heard yet");
	list_published(stream);
}

void streams_want(struct streams *self, const char *publisher, enum message_type type)
{
	name_t name = name_from(publisher);
	struct stream *stream = find(self, &name);
	assert(stream != NULL);
	stream->wanted[type] = true;
}

bool streams_is_wanted(struct streams *self, const struct envelope *envelope)
{
	const struct stream *stream = find(self, &envelope->sender);
	return stream != NULL && stream->wanted[envelope->type];
}

static void lose(struct streams *self, struct stream *stream, text_t reason)
{
	self->losses++;
	if (stream->whole)
		stream->reported = false;
	stream->whole = false;
	stream->nonce = 0;
	stream->reason = reason;
}

static void meet(struct streams *self, struct stream *stream, const struct envelope *envelope)
{
	lose(self, stream, text_from(stream->epoch == 0 ? "just met" : "it was started again"));
	memset(stream->last, 0, sizeof stream->last);
	memset(stream->counted, 0, sizeof stream->counted);
	stream->placed = false;
	stream->asked = 0;
	stream->epoch = envelope->epoch;
}

enum stream_verdict streams_arrived(struct streams *self, const struct envelope *envelope,
                                    nanos_t now)
{
	struct stream *stream = find(self, &envelope->sender);
	if (stream == NULL)
		return STREAM_UNKNOWN;
	stream->heard = now;
	if (stream->epoch != envelope->epoch)
		meet(self, stream, envelope);
	uint64_t *last = &stream->last[envelope->type];
	if (envelope->sequence <= *last)
		return STREAM_REPEAT;
	bool is_known =
		(*last != 0 || stream->counted[envelope->type]) && !PLANTED(B04_GAP_IGNORED);
	if (is_known && envelope->sequence != *last + 1) {
		self->gaps++;
		lose(self, stream,
		     text_format("%s %llu to %llu missing", message_info(envelope->type)->name,
		                 (unsigned long long)*last + 1,
		                 (unsigned long long)envelope->sequence - 1));
	}
	*last = envelope->sequence;
	return STREAM_DELIVER;
}

static void compare_last(struct streams *self, struct stream *stream, enum message_type type,
                         uint64_t told)
{
	uint64_t *last = &stream->last[type];
	stream->counted[type] = true;
	if (told <= *last)
		return;
	if (stream->placed) { /* before the first heartbeat all is part of the resync that is to
		                 come */
		self->gaps++;
		lose(self, stream,
		     text_format("the last %llu of %s missing", (unsigned long long)(told - *last),
		                 message_info(type)->name));
	}
	*last = told;
}

void streams_heartbeat(struct streams *self, const struct envelope *envelope,
                       const struct heartbeat *heartbeat, const bool *listens)
{
	struct stream *stream = find(self, &envelope->sender);
	if (stream == NULL)
		return;
	for (uint32_t i = 0; i < stream->published_count && i < heartbeat->sequences.count; i++)
		if (listens[stream->published[i]])
			compare_last(self, stream, (enum message_type)stream->published[i],
			             heartbeat->sequences.items[i]);
	stream->placed = true;
}

void streams_resynced(struct streams *self, const struct envelope *envelope,
                      const struct resync_done *done, const char *instance)
{
	struct stream *stream = find(self, &envelope->sender);
	if (stream == NULL || stream->nonce == 0 || done->nonce != stream->nonce ||
	    !name_is(&done->requester, instance))
		return;
	if (!stream->whole)
		stream->reported = false;
	stream->whole = true;
	stream->nonce = 0;
	stream->reason = text_from("");
}

void streams_check(struct streams *self, nanos_t now)
{
	for (size_t i = 0; i < self->count; i++) {
		struct stream *stream = &self->items[i];
		if (stream->whole && now - stream->heard > self->silence_max)
			lose(self, stream,
			     text_format("silent for %lld ms",
			                 (long long)((now - stream->heard) / NANOS_MS)));
	}
}

const struct stream *streams_wanting(struct streams *self, nanos_t now, nanos_t interval,
                                     uint64_t nonce)
{
	for (size_t i = 0; i < self->count; i++) {
		struct stream *stream = &self->items[i];
		bool is_heard = stream->placed && now - stream->heard <= self->silence_max;
		if (stream->whole || !is_heard ||
		    (stream->asked != 0 && now - stream->asked < interval))
			continue;
		stream->asked = now;
		stream->nonce = nonce != 0 ? nonce : 1;
		return stream;
	}
	return NULL;
}

const struct stream *streams_changed(struct streams *self)
{
	for (size_t i = 0; i < self->count; i++) {
		if (self->items[i].reported)
			continue;
		self->items[i].reported = true;
		return &self->items[i];
	}
	return NULL;
}
