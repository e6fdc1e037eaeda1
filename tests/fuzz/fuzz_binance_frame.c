/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a frame: taken with messages that the catalogue accepts, or refused with none. */
#include "common/venue/binance/stream.h"
#include "tests/lib/venue_messages.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct venue_messages messages = {.count = 0};
	struct venue_answer answer;
	uint64_t call;

	venue_messages_clear(&messages);
	enum err err = binance_read_frame("main", (const char *)bytes, size, &messages.sink, &call,
	                                  &answer);
	if (err != OK && (err != ERR_MALFORMED || messages.count > 0 || call != 0))
		abort();
	if (call != 0)
		venue_messages_check(MESSAGE_VENUE_ANSWER, &answer);
	venue_messages_clear(&messages);
	return 0;
}
