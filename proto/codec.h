/* SPDX-License-Identifier: Apache-2.0 */
/* MessagePack frames of catalogue messages.

   frame = [version, type, sender, epoch, sequence, sent, expires, correlation, causation, body]
           and, for SEALED types, an eleventh element: bin 16, the MAC over the body's bytes
   body  = [fields in the order of messages.def]; a decimal is two elements (coefficient, exponent),
           an ident two, a list one array.

   Integers take their shortest form, as msgpack-c writes them. The reader is bounds-checked, never
   allocates, and refuses: another version, an unknown type, a wrong element count, a number out of
   range, an unknown enum value, a denormal decimal, a NUL in a string, more list elements than
   bytes are left or the struct holds, and bytes after the end. Pure. */
#ifndef PROTO_CODEC_H
#define PROTO_CODEC_H

#include "proto/message.h"

enum { SEAL_SIZE = 16 };

/* Rule B-02. (sender, epoch, type, sequence) identifies a message; sequence counts per type. */
struct envelope {
	unsigned version; /* of the type */
	enum message_type type;
	name_t sender;        /* instance */
	uint64_t epoch;       /* random at the sender's start */
	uint64_t sequence;    /* per (sender, epoch, type), from 1 */
	nanos_t sent;         /* UTC */
	nanos_t expires;      /* UTC; 0 = never */
	uint64_t correlation; /* of the call that this answers or makes; 0 = none */
	uint64_t causation;   /* envelope_id of the message that led to this; 0 = none */
};

struct sealing {
	const uint8_t *body; /* the body's bytes inside the frame */
	size_t size;
	const uint8_t *seal; /* SEAL_SIZE bytes, NULL for types without */
};

/* A number that tells this message from every other, for causation and dedupe. */
uint64_t envelope_id(const struct envelope *envelope);

/* Writes a frame, of the type's own version whatever envelope->version says. ERR_FULL when
   `capacity` is below the worst size of such a frame (lists count as long as they are; FRAME_MAX
   is enough for every message), ERR_INVALID when the body holds a value that the reader would
   refuse, ERR_TYPE. Bytes behind `size`, within `capacity`, may be scribbled on. `sealing` (may
   be NULL) tells what a seal covers; its place in the frame is zero and the caller's to fill in. */
MUST_CHECK enum err codec_pack(const struct envelope *envelope, const void *body, uint8_t *frame,
                               size_t capacity, size_t *size, struct sealing *sealing);

/* Reads the envelope only (cheap: to route, count, and look for gaps). Refuses another version
   and an unknown type too. */
MUST_CHECK enum err codec_peek(const uint8_t *frame, size_t size, struct envelope *envelope);

/* Reads envelope and body. `body` must hold message_info(type)->size bytes, see codec_peek, else
   ERR_FULL. ERR_ENUM is said only of frames that are sound otherwise. `sealing` may be NULL;
   verifying the MAC is the caller's. After success all bytes of the body are set, unused ones to
   zero (list items beyond the count excepted); after a refusal the body holds nothing to use. */
MUST_CHECK enum err codec_unpack(const uint8_t *frame, size_t size, struct envelope *envelope,
                                 void *body, size_t capacity, struct sealing *sealing);

/* The body alone, as journal payloads hold it. */
MUST_CHECK enum err codec_pack_body(enum message_type type, const void *body, uint8_t *bytes,
                                    size_t capacity, size_t *size);
MUST_CHECK enum err codec_unpack_body(enum message_type type, const uint8_t *bytes, size_t size,
                                      void *body, size_t capacity);

/* The first three bytes of every frame of a type: a PUB/SUB subscription filter. */
enum { CODEC_PREFIX_SIZE = 3 };
void codec_prefix(enum message_type type, uint8_t prefix[CODEC_PREFIX_SIZE]);

#endif
