/* SPDX-License-Identifier: Apache-2.0 */
#include "services/bw/wording.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

char *word_bytes(uint64_t bytes, char out[WORDING_MAX])
{
	static const char units[] = "KMGT";
	double value = (double)bytes / 1024;
	size_t unit = 0;
	while (value >= 999.5 && units[unit + 1] != '\0') {
		value /= 1024;
		unit++;
	}
	snprintf(out, WORDING_MAX, value < 99.95 && unit > 0 ? "%.1f%c" : "%.0f%c", value,
	         units[unit]);
	return out;
}

char *word_span(nanos_t span, char out[WORDING_MAX])
{
	if (span < NANOS_S)
		snprintf(out, WORDING_MAX, "%" PRId64 " ms", span / NANOS_MS);
	else if (span < 100 * NANOS_S)
		snprintf(out, WORDING_MAX, "%.1f s", (double)(span / (NANOS_S / 10)) / 10);
	else if (span < 100 * NANOS_MIN)
		snprintf(out, WORDING_MAX, "%" PRId64 " min", span / NANOS_MIN);
	else
		snprintf(out, WORDING_MAX, "%" PRId64 " h %02" PRId64 " min",
		         span / (60 * NANOS_MIN), span / NANOS_MIN % 60);
	return out;
}

char *word_clock(nanos_t moment, char out[WORDING_MAX])
{
	char text[TIME_TEXT_SIZE];
	snprintf(out, WORDING_MAX, "%.8s", time_print(moment, text) + 11);
	return out;
}

char *word_money(decimal_t amount, unsigned places, char out[WORDING_MAX])
{
	char text[DECIMAL_TEXT_SIZE];
	decimal_t cut = amount;
	if (decimal_round_places(amount, places, ROUND_DOWN, &cut) != OK ||
	    decimal_print_fixed(cut, places, text) != OK)
		decimal_print(amount, text);
	snprintf(out, WORDING_MAX, "%s", text);
	return out;
}

char *word_lower(const struct enum_info *values, int number, char out[WORDING_MAX])
{
	snprintf(out, WORDING_MAX, "%s", number == 0 ? "-" : enum_print(values, number));
	for (char *at = out; *at != '\0'; at++)
		*at = (char)tolower((unsigned char)*at);
	return out;
}

enum tint tint_of_status(enum service_status status)
{
	switch (status) {
	case SERVICE_STATUS_HEALTHY: return TINT_GOOD;
	case SERVICE_STATUS_DEAD:
	case SERVICE_STATUS_HUNG: return TINT_BAD;
	default: return TINT_WARN;
	}
}

enum tint tint_of_market(enum market_status status)
{
	return status == MARKET_STATUS_LIVE   ? TINT_GOOD
	       : status == MARKET_STATUS_DOWN ? TINT_BAD
	                                      : TINT_WARN;
}

enum tint tint_of_trading(enum trading_status status)
{
	return status == TRADING_STATUS_NORMAL   ? TINT_GOOD
	       : status == TRADING_STATUS_HALTED ? TINT_BAD
	                                         : TINT_WARN;
}

enum tint tint_of_severity(enum severity severity)
{
	return severity >= SEVERITY_ERROR     ? TINT_BAD
	       : severity == SEVERITY_WARNING ? TINT_WARN
	                                      : TINT_NONE;
}

enum tint tint_of_order(enum order_status status)
{
	switch (status) {
	case ORDER_STATUS_FILLED: return TINT_GOOD;
	case ORDER_STATUS_UNKNOWN:
	case ORDER_STATUS_DISPUTED:
	case ORDER_STATUS_REJECTED: return TINT_BAD;
	case ORDER_STATUS_LIVE:
	case ORDER_STATUS_PARTIAL: return TINT_NONE;
	default: return TINT_DIM;
	}
}

enum tint tint_of_amount(decimal_t amount)
{
	int sign = decimal_sign(amount);
	return sign > 0 ? TINT_GOOD : sign < 0 ? TINT_BAD : TINT_NONE;
}
