/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes are refused, or are exactly what the codec itself writes for their message. */
#include "proto/codec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static union {
	struct venue_depth alignment;
	uint8_t bytes[1 << 19];
} body;
static uint8_t again[FRAME_MAX];

static void fail(const char *why)
{
	fprintf(stderr, "fuzz_codec: %s\n", why);
	abort();
}

static void check_frame(const uint8_t *frame, size_t size)
{
	struct envelope envelope, peeked;
	struct sealing sealing;
	size_t written = 0;

	if (codec_unpack(frame, size, &envelope, &body, sizeof body, &sealing) != OK)
		return;
	if (codec_peek(frame, size, &peeked) != OK ||
	    memcmp(&peeked, &envelope, sizeof peeked) != 0)
		fail("peek and unpack differ");
	if (codec_pack(&envelope, &body, again, sizeof again, &written, NULL) != OK)
		fail("a frame that was read can't be written");
	size_t compared = sealing.seal != NULL ? size - SEAL_SIZE : size;
	if (written != size || memcmp(again, frame, compared) != 0)
		fail("a frame is written differently than it was read");
}

/* The first byte chooses the type, so that bodies are reached without an envelope. */
static void check_body(const uint8_t *bytes, size_t size)
{
	enum message_type type = (enum message_type)(bytes[0] % MESSAGE_TYPES_MAX);
	size_t written = 0;

	if (codec_unpack_body(type, bytes + 1, size - 1, &body, sizeof body) != OK)
		return;
	if (codec_pack_body(type, &body, again, sizeof again, &written) != OK)
		fail("a body that was read can't be written");
	if (written != size - 1 || memcmp(again, bytes + 1, written) != 0)
		fail("a body is written differently than it was read");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	check_frame(bytes, size);
	if (size > 0)
		check_body(bytes, size);
	return 0;
}
