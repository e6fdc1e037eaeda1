/* SPDX-License-Identifier: Apache-2.0 */
/* Map: lists; per message, expanded from messages.def: room (worst size), pack, unpack; the table
   of them by type; frames. */
#include "proto/codec.h"

#include <assert.h>
#include <string.h>

#include "proto/reader_kinds.h"
#include "proto/writer.h"

enum {
	FRAME_ELEMENTS = 10,
	ENVELOPE_ROOM = WIRE_ARRAY_SIZE_MAX + WIRE_NAME_SIZE_MAX + 8 * WIRE_INTEGER_SIZE_MAX,
	SEAL_ROOM = 2 + SEAL_SIZE,
	LEVEL_ELEMENTS = 4,
	LIST_ELEMENTS_MAX = UINT16_MAX,
};

static_assert((int)LEVELS_MAX * LEVEL_ELEMENTS <= LIST_ELEMENTS_MAX,
              "a list is written as array 16");
static_assert(2 * LEVELS_MAX * WIRE_LEVEL_SIZE_MAX + 4096 <= FRAME_MAX,
              "a whole book fits a frame");

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void put_levels(struct writer *self, const struct levels *value)
{
	if (value->count > LEVELS_MAX) {
		self->bad = true;
		return;
	}
	put_array(self, (size_t)value->count * LEVEL_ELEMENTS);
	for (size_t i = 0; i < value->count; i++) {
		put_amount(self, &value->items[i].price);
		put_amount(self, &value->items[i].qty);
	}
}

static void put_counts(struct writer *self, const struct counts *value)
{
	if (value->count > COUNTS_MAX) {
		self->bad = true;
		return;
	}
	put_array(self, value->count);
	for (size_t i = 0; i < value->count; i++)
		put_unsigned(self, value->items[i]);
}

/* The number of elements of a list, 0 when it can't be: every element takes a byte at least. */
static size_t get_list(struct reader *self, size_t elements_max)
{
	size_t count = get_array(self);

	if (count > elements_max || count > bytes_left(self)) {
		self->bad |= BAD_FORM;
		return 0;
	}
	return count;
}

static void get_levels(struct reader *self, struct levels *out)
{
	size_t elements = get_list(self, (size_t)LEVELS_MAX * LEVEL_ELEMENTS);
	size_t count = elements / LEVEL_ELEMENTS;

	memset(out, 0, offsetof(struct levels, items) + count * sizeof out->items[0]);
	refuse_if(self, elements % LEVEL_ELEMENTS != 0);
	for (size_t i = 0; i < count && !self->bad; i++) {
		get_amount(self, &out->items[i].price);
		get_amount(self, &out->items[i].qty);
	}
	out->count = self->bad ? 0 : (uint32_t)count;
}

static void get_counts(struct reader *self, struct counts *out)
{
	size_t count = get_list(self, COUNTS_MAX);

	for (size_t i = 0; i < count; i++)
		out->items[i] = get_unsigned(self);
	out->count = self->bad ? 0 : (uint32_t)count;
}

/* allowed_side, ...: bit n is set when n is a value. */
#define ENUM(NOUN, noun, doc) static const uint64_t allowed_##noun = 0
#define VALUE(NOUN, name, number, doc) | UINT64_C(1) << (number)
#define END_ENUM(noun) ;
#include "proto/enums.def"
#undef ENUM
#undef VALUE
#undef END_ENUM

/* Elements on the wire. */
enum {
	ELEMENTS_flag = 1,
	ELEMENTS_count = 1,
	ELEMENTS_nanos = 1,
	ELEMENTS_ident = 2,
	ELEMENTS_name = 1,
	ELEMENTS_text = 1,
	ELEMENTS_decimal = 2,
	ELEMENTS_amount = 2,
	ELEMENTS_levels = 1,
	ELEMENTS_counts = 1,
};

/* Bytes at the end of a struct that hold levels: too many to be zeroed for each message. */
enum {
	LEVELS_flag = 0,
	LEVELS_count = 0,
	LEVELS_nanos = 0,
	LEVELS_ident = 0,
	LEVELS_name = 0,
	LEVELS_text = 0,
	LEVELS_decimal = 0,
	LEVELS_amount = 0,
	LEVELS_levels = sizeof(struct levels),
	LEVELS_counts = 0,
};

#define ROOM_flag(value) WIRE_FLAG_SIZE_MAX
#define ROOM_count(value) WIRE_INTEGER_SIZE_MAX
#define ROOM_nanos(value) WIRE_INTEGER_SIZE_MAX
#define ROOM_ident(value) WIRE_IDENT_SIZE_MAX
#define ROOM_name(value) WIRE_NAME_SIZE_MAX
#define ROOM_text(value) WIRE_TEXT_SIZE_MAX
#define ROOM_decimal(value) WIRE_DECIMAL_SIZE_MAX
#define ROOM_amount(value) WIRE_DECIMAL_SIZE_MAX
#define ROOM_levels(value) \
	WIRE_ARRAY_SIZE_MAX + smaller((value).count, LEVELS_MAX) * WIRE_LEVEL_SIZE_MAX
#define ROOM_counts(value) \
	WIRE_ARRAY_SIZE_MAX + smaller((value).count, COUNTS_MAX) * WIRE_INTEGER_SIZE_MAX

#define SEALED MESSAGE

#define MESSAGE(NOUN, noun, number, version, doc) enum { ELEMENTS_of_##noun = 0
#define FIELD(message, kind, name, doc) + ELEMENTS_##kind
#define ENUM_FIELD(message, type, name, doc) + 1
#define END(noun) };
#include "proto/messages.def"
#undef MESSAGE
#undef FIELD
#undef ENUM_FIELD
#undef END

#define MESSAGE(NOUN, noun, number, version, doc) enum { ZEROED_of_##noun = sizeof(struct noun)
#define FIELD(message, kind, name, doc) - LEVELS_##kind
#define ENUM_FIELD(message, type, name, doc)
#define END(noun) };
#include "proto/messages.def"
#undef MESSAGE
#undef FIELD
#undef ENUM_FIELD
#undef END

#define MESSAGE(NOUN, noun, number, version, doc) \
	static size_t room_of_##noun(const void *body) \
	{ \
		const struct noun *message = body; \
		(void)message; \
		return WIRE_ARRAY_SIZE_MAX
#define FIELD(noun, kind, name, doc) + ROOM_##kind(message->name)
#define ENUM_FIELD(noun, type, name, doc) + WIRE_INTEGER_SIZE_MAX
#define END(noun) ; }
#include "proto/messages.def"
#undef MESSAGE
#undef FIELD
#undef ENUM_FIELD
#undef END

#define MESSAGE(NOUN, noun, number, version, doc) \
	static void pack_##noun(struct writer *out, const void *body) \
	{ \
		const struct noun *message = body; \
		struct writer writer = *out; \
		put_array(&writer, ELEMENTS_of_##noun);
#define FIELD(noun, kind, name, doc) put_##kind(&writer, &message->name);
#define ENUM_FIELD(noun, type, name, doc) put_enum(&writer, (int)message->name, allowed_##type);
#define END(noun) *out = writer; }
#include "proto/messages.def"
#undef MESSAGE
#undef FIELD
#undef ENUM_FIELD
#undef END

#define MESSAGE(NOUN, noun, number, version, doc) \
	static void unpack_##noun(struct reader *in, void *body) \
	{ \
		struct noun *message = body; \
		struct reader reader = *in; \
		refuse_if(&reader, get_array(&reader) != ELEMENTS_of_##noun);
#define FIELD(noun, kind, name, doc) get_##kind(&reader, &message->name);
#define ENUM_FIELD(noun, type, name, doc) \
	message->name = (enum type)get_enum(&reader, allowed_##type);
#define END(noun) *in = reader; }
#include "proto/messages.def"
#undef MESSAGE
#undef FIELD
#undef ENUM_FIELD
#undef END
#undef SEALED

struct codec {
	size_t size;   /* of the struct; 0 for a type that is none */
	size_t zeroed; /* of these, the ones before any levels */
	unsigned version;
	bool sealed;
	size_t (*room)(const void *body);
	void (*pack)(struct writer *out, const void *body);
	void (*unpack)(struct reader *in, void *body);
};

static const struct codec codecs[MESSAGE_TYPES_MAX] = {
#define CODEC(noun, version, sealed) \
	{sizeof(struct noun), ZEROED_of_##noun, version, sealed, \
	 room_of_##noun, pack_##noun, unpack_##noun}
#define MESSAGE(NOUN, noun, number, version, doc) [MESSAGE_##NOUN] = CODEC(noun, version, false),
#define SEALED(NOUN, noun, number, version, doc) [MESSAGE_##NOUN] = CODEC(noun, version, true),
#define FIELD(message, kind, name, doc)
#define ENUM_FIELD(message, type, name, doc)
#define END(noun)
#include "proto/messages.def"
#undef CODEC
#undef MESSAGE
#undef SEALED
#undef FIELD
#undef ENUM_FIELD
#undef END
};

static const struct codec *codec_of(uint64_t type)
{
	return type < MESSAGE_TYPES_MAX && codecs[type].size != 0 ? &codecs[type] : NULL;
}

static uint8_t frame_tag(const struct codec *codec)
{
	return (uint8_t)(WIRE_FIXARRAY | (FRAME_ELEMENTS + codec->sealed));
}

static void unpack(const struct codec *codec, struct reader *reader, void *body)
{
	memset(body, 0, codec->zeroed);
	codec->unpack(reader, body);
}

static enum err reader_err(const struct reader *reader)
{
	if (reader->bad & BAD_FORM || reader->at != reader->end)
		return ERR_MALFORMED;
	return reader->bad & BAD_ENUM ? ERR_ENUM : OK;
}

uint64_t envelope_id(const struct envelope *envelope)
{
	assert(envelope != NULL);
	ident_t stream = {name_hash(&envelope->sender) ^ (uint64_t)envelope->type, envelope->epoch};
	uint64_t id = ident_hash((ident_t){ident_hash(stream), envelope->sequence});
	return id != 0 ? id : 1;
}

static void put_envelope(struct writer *self, const struct codec *codec,
                         const struct envelope *envelope)
{
	put_byte(self, frame_tag(codec));
	put_unsigned(self, codec->version);
	put_unsigned(self, (uint64_t)envelope->type);
	put_name(self, &envelope->sender);
	put_unsigned(self, envelope->epoch);
	put_unsigned(self, envelope->sequence);
	put_signed(self, envelope->sent);
	put_signed(self, envelope->expires);
	put_unsigned(self, envelope->correlation);
	put_unsigned(self, envelope->causation);
}

static const uint8_t *put_empty_seal(struct writer *self)
{
	put_byte(self, WIRE_BIN8);
	put_byte(self, SEAL_SIZE);
	uint8_t *seal = self->at;
	memset(seal, 0, SEAL_SIZE);
	self->at += SEAL_SIZE;
	return seal;
}

enum err codec_pack(const struct envelope *envelope, const void *body, uint8_t *frame,
                    size_t capacity, size_t *size, struct sealing *sealing)
{
	assert(envelope != NULL && body != NULL && frame != NULL && size != NULL);
	const struct codec *codec = codec_of((uint64_t)envelope->type);
	if (codec == NULL)
		return ERR_TYPE;
	if (capacity < ENVELOPE_ROOM + codec->room(body) + SEAL_ROOM)
		return ERR_FULL;
	struct writer writer = {frame, false};
	put_envelope(&writer, codec, envelope);
	const uint8_t *start = writer.at;
	codec->pack(&writer, body);
	struct sealing covered = {start, (size_t)(writer.at - start), NULL};
	if (codec->sealed)
		covered.seal = put_empty_seal(&writer);
	if (writer.bad)
		return ERR_INVALID;
	*size = (size_t)(writer.at - frame);
	if (sealing != NULL)
		*sealing = covered;
	return OK;
}

enum err codec_pack_body(enum message_type type, const void *body, uint8_t *bytes, size_t capacity,
                         size_t *size)
{
	assert(body != NULL && bytes != NULL && size != NULL);
	const struct codec *codec = codec_of((uint64_t)type);
	if (codec == NULL)
		return ERR_TYPE;
	if (capacity < codec->room(body))
		return ERR_FULL;
	struct writer writer = {bytes, false};
	codec->pack(&writer, body);
	if (writer.bad)
		return ERR_INVALID;
	*size = (size_t)(writer.at - bytes);
	return OK;
}

static enum err get_envelope(struct reader *self, struct envelope *out, const struct codec **codec)
{
	unsigned tag = get_byte(self);
	uint64_t version = get_unsigned(self), type = get_unsigned(self);

	if (self->bad || (tag & 0xf0) != WIRE_FIXARRAY)
		return ERR_MALFORMED;
	*codec = codec_of(type);
	if (*codec == NULL)
		return ERR_TYPE;
	if (version != (*codec)->version)
		return ERR_VERSION;
	*out = (struct envelope){.version = (unsigned)version, .type = (enum message_type)type};
	get_name(self, &out->sender);
	out->epoch = get_unsigned(self);
	out->sequence = get_unsigned(self);
	out->sent = get_signed(self);
	out->expires = get_signed(self);
	out->correlation = get_unsigned(self);
	out->causation = get_unsigned(self);
	return self->bad || tag != frame_tag(*codec) ? ERR_MALFORMED : OK;
}

static const uint8_t *get_seal(struct reader *self)
{
	if (bytes_left(self) < SEAL_ROOM || self->at[0] != WIRE_BIN8 || self->at[1] != SEAL_SIZE) {
		self->bad |= BAD_FORM;
		return NULL;
	}
	const uint8_t *seal = self->at + 2;
	self->at += SEAL_ROOM;
	return seal;
}

enum err codec_peek(const uint8_t *frame, size_t size, struct envelope *envelope)
{
	assert(frame != NULL && envelope != NULL);
	struct reader reader = {frame, frame + size, 0};
	const struct codec *codec;
	struct envelope read;
	enum err err = get_envelope(&reader, &read, &codec);
	if (err == OK)
		*envelope = read;
	return err;
}

enum err codec_unpack(const uint8_t *frame, size_t size, struct envelope *envelope, void *body,
                      size_t capacity, struct sealing *sealing)
{
	assert(frame != NULL && envelope != NULL && body != NULL);
	struct reader reader = {frame, frame + size, 0};
	const struct codec *codec;
	struct envelope read;
	enum err err = get_envelope(&reader, &read, &codec);
	if (err != OK)
		return err;
	if (capacity < codec->size)
		return ERR_FULL;
	const uint8_t *start = reader.at;
	unpack(codec, &reader, body);
	struct sealing covered = {start, (size_t)(reader.at - start), NULL};
	if (codec->sealed)
		covered.seal = get_seal(&reader);
	err = reader_err(&reader);
	if (err != OK)
		return err;
	*envelope = read;
	if (sealing != NULL)
		*sealing = covered;
	return OK;
}

enum err codec_unpack_body(enum message_type type, const uint8_t *bytes, size_t size, void *body,
                           size_t capacity)
{
	assert(bytes != NULL && body != NULL);
	const struct codec *codec = codec_of((uint64_t)type);
	if (codec == NULL)
		return ERR_TYPE;
	if (capacity < codec->size)
		return ERR_FULL;
	struct reader reader = {bytes, bytes + size, 0};
	unpack(codec, &reader, body);
	return reader_err(&reader);
}

void codec_prefix(enum message_type type, uint8_t prefix[CODEC_PREFIX_SIZE])
{
	const struct codec *codec = codec_of((uint64_t)type);

	assert(codec != NULL);
	prefix[0] = frame_tag(codec);
	prefix[1] = (uint8_t)codec->version;
	prefix[2] = (uint8_t)type;
}
