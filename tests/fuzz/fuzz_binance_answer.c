/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as an answer: its messages are ones that the catalogue accepts, and they come only with
   evidence that the thing exists. The first byte chooses the form, the second the HTTP status. */
#include "common/venue/binance/answer.h"
#include "common/venue/binance/binance.h"
#include "tests/lib/venue_messages.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const unsigned statuses[] = {200, 400, 418, 429, 500};
	struct venue_messages messages = {.count = 0};
	struct http_request request = {.symbol = name_from("BTCUSDT")};
	struct venue_answer answer;

	if (size < 2)
		return 0;
	request.answer = ANSWER_ORDER + bytes[0] % ANSWER_BOOK;
	request.symbol = bytes[0] & 128 ? request.symbol : (name_t){0};
	const struct http_answer http = {
		.status = statuses[bytes[1] % (sizeof statuses / sizeof statuses[0])],
		.transport = "",
		.headers = "retry-after: 3\n",
		.body = (const char *)bytes + 2,
		.size = size - 2,
	};
	venue_messages_clear(&messages);
	binance_read_answer(&request, &http, &messages.sink, &answer);
	venue_messages_check(MESSAGE_VENUE_ANSWER, &answer);
	if (messages.count != answer.items)
		abort();
	if (messages.count > 0 && answer.evidence != EVIDENCE_EXISTS)
		abort();
	if (http.status != 200 && answer.evidence == EVIDENCE_EXISTS)
		abort();
	venue_messages_clear(&messages);
	return 0;
}
