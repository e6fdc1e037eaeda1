/* SPDX-License-Identifier: Apache-2.0 */
#include "common/venue/binance/evidence.h"

#include <assert.h>
#include <string.h>

enum { CODE_NEW_ORDER_REJECTED = 2010, STATUS_THROTTLED = 429, STATUS_BANNED = 418 };

struct code_row {
	uint64_t number;
	enum evidence placing, cancelling, asking;
};

static const struct code_row code_rows[] = {
#define CODE(number, name, placing, cancelling, asking, doc) \
	{number, EVIDENCE_##placing, EVIDENCE_##cancelling, EVIDENCE_##asking},
#include "common/venue/binance/errors.def"
#undef CODE
};

static enum evidence row_evidence(const struct code_row *row, enum evidence_request request)
{
	switch (request) {
	case EVIDENCE_OF_PLACING: return row->placing;
	case EVIDENCE_OF_CANCEL: return row->cancelling;
	case EVIDENCE_OF_ASKING: return row->asking;
	}
	assert(!"an evidence_request");
	return EVIDENCE_NOTHING;
}

static bool is_duplicate(uint64_t code, const char *words)
{
	return code == CODE_NEW_ORDER_REJECTED && strncmp(words, "Duplicate order", 15) == 0;
}

enum evidence evidence_of(enum evidence_request request, unsigned status, uint64_t code,
                          const char *words)
{
	assert(words != NULL);
	if (status < 400 || status >= 500 || status == 409 || is_duplicate(code, words))
		return EVIDENCE_NOTHING;
	for (size_t i = 0; i < sizeof code_rows / sizeof code_rows[0]; i++)
		if (code_rows[i].number == code)
			return row_evidence(&code_rows[i], request);
	return EVIDENCE_NOTHING;
}

uint64_t evidence_wait_ms(unsigned status)
{
	if (status == STATUS_BANNED)
		return 120000;
	return status == STATUS_THROTTLED ? 10000 : 0;
}
