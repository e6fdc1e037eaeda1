/* SPDX-License-Identifier: Apache-2.0 */
/* The exchange's published signing examples (its keys are public), and RFC 8032's first key. */
#include "common/venue/binance/sign.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/venue/binance/frame.h"
#include "common/venue/binance/query.h"

#define API_KEY "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
#define SECRET "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
#define TERMS "side=BUY&type=LIMIT&timeInForce=GTC"
#define TAIL "quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559"
#define FULL_WIDTH "１２３４５６"
#define FULL_WIDTH_ENCODED "%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96"

static const struct venue_key hmac_key = {.api_key = API_KEY, .secret = SECRET};

static const struct venue_key ed25519_key = {
	.api_key = API_KEY,
	.is_ed25519 = true,
	.seed = {0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a,
                 0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32,
                 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60},
};

static struct http_request request_with(const char *query)
{
	struct http_request request = {.method = HTTP_POST, .is_signed = true};

	snprintf(request.query, sizeof request.query, "%s", query);
	return request;
}

static void assert_signed(const struct venue_key *key, const char *query, const char *signature)
{
	struct http_request request = request_with(query);
	char out[2048], expected[2048];

	snprintf(expected, sizeof expected, "%s&signature=%s", query, signature);
	assert_int_equal(binance_sign(&request, key, out, sizeof out), OK);
	assert_string_equal(out, expected);
}

static void signs_the_published_query(void **state)
{
	(void)state;
	assert_signed(&hmac_key, "symbol=LTCBTC&" TERMS "&" TAIL,
	              "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71");
}

static void signs_a_symbol_after_percent_encoding_it(void **state)
{
	char text[HTTP_TEXT_MAX];
	struct query query;

	(void)state;
	query_init(&query, text, sizeof text);
	query_add(&query, "symbol", FULL_WIDTH);
	assert_int_equal(query_end(&query), OK);
	assert_string_equal(text, "symbol=" FULL_WIDTH_ENCODED);
	assert_signed(&hmac_key, "symbol=" FULL_WIDTH_ENCODED "&" TERMS "&" TAIL,
	              "e1353ec6b14d888f1164ae9af8228a3dbd508bc82eb867db8ab6046442f33ef3");
}

static void signs_query_and_body_run_together(void **state)
{
	const char *text = "symbol=LTCBTC&" TERMS TAIL;
	char signature[SIGNATURE_TEXT_SIZE];

	(void)state;
	signature_make(&hmac_key, text, strlen(text), signature);
	assert_string_equal(signature,
	                    "0fd168b8ddb4876a0358a8d14d0c9f3da0e9b20c5d52b2a00fcf7d1c602f9a77");
}

static void signs_with_ed25519_and_percent_encodes_the_base64(void **state)
{
	(void)state;
	assert_signed(&ed25519_key,
	              "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=1&price=0.2"
	              "&timestamp=1668481559918&recvWindow=5000",
	              "XtZirsmmi0noRzUfkqktvkVfxpkq%2FWtbLg2UOL3QGYdUBZVlqOBEMuEVw8zioY93N54N"
	              "cKj9UuAXQEa9zgTDBg%3D%3D");
}

static struct link_frame order_frame(void)
{
	struct link_frame frame = {.is_signed = true};

	snprintf(frame.text, sizeof frame.text,
	         "{\"method\":\"order.place\",\"params\":{\"symbol\":\"BTCUSDT\",\"side\":\"SELL\","
	         "\"type\":\"LIMIT\",\"timeInForce\":\"GTC\",\"quantity\":\"0.01000000\","
	         "\"price\":\"52000.00\",\"recvWindow\":100}}");
	return frame;
}

static void signs_a_frame_over_its_sorted_raw_parameters(void **state)
{
	struct link_frame frame = order_frame();
	char out[2048];

	(void)state;
	assert_int_equal(
		binance_sign_frame(&frame, 7, 1645423376532 * NANOS_MS, &hmac_key, out, sizeof out),
		OK);
	assert_non_null(strstr(out, "\"signature\":\"aa1b5712c094bc4e57c05a1a5c1fd8d8"
	                            "8dcd628338ea863fec7b88e59fe2db24\""));
	assert_non_null(strstr(out, "\"id\":7"));
	assert_non_null(strstr(out, "\"apiKey\":\"" API_KEY "\""));
	assert_non_null(strstr(out, "\"timestamp\":1645423376532"));
}

static void signs_a_subscription_that_needs_no_parameters_of_its_own(void **state)
{
	struct link_frame frame;
	char out[2048];

	(void)state;
	assert_int_equal(binance_user_subscribe("user", &frame), OK);
	assert_true(name_is(&frame.link, "user"));
	assert_true(frame.is_signed);
	assert_int_equal(binance_sign_frame(&frame, 1, 1645423376532 * NANOS_MS, &ed25519_key, out,
	                                    sizeof out),
	                 OK);
	assert_non_null(strstr(out, "\"method\":\"userDataStream.subscribe.signature\""));
	assert_non_null(strstr(out, "\"apiKey\":\"" API_KEY "\""));
}

static void sends_a_public_request_as_it_is(void **state)
{
	struct http_request request = request_with("symbol=BTCUSDT&limit=5");
	char out[64];

	(void)state;
	request.is_signed = false;
	assert_int_equal(binance_sign(&request, &hmac_key, out, sizeof out), OK);
	assert_string_equal(out, "symbol=BTCUSDT&limit=5");
}

static void refuses_a_buffer_that_the_signature_does_not_fit(void **state)
{
	struct http_request request = request_with("timestamp=1");
	size_t needed = strlen("timestamp=1&signature=") + 64 + 1;
	char out[128];

	(void)state;
	for (size_t capacity = 1; capacity < needed; capacity++)
		assert_int_equal(binance_sign(&request, &hmac_key, out, capacity), ERR_FULL);
	assert_int_equal(binance_sign(&request, &hmac_key, out, needed), OK);
}

static void refuses_a_frame_that_does_not_fit_or_is_no_request(void **state)
{
	struct link_frame frame = order_frame();
	char out[1024];

	(void)state;
	for (size_t capacity = 1; capacity < 300; capacity++)
		assert_int_equal(binance_sign_frame(&frame, 7, NANOS_S, &hmac_key, out, capacity),
		                 ERR_FULL);
	assert_int_equal(binance_sign_frame(&frame, 0, NANOS_S, &hmac_key, out, sizeof out),
	                 ERR_INVALID);
	strcpy(frame.text, "{\"method\":\"x\",\"params\":{\"list\":[1]}}");
	assert_int_equal(binance_sign_frame(&frame, 7, NANOS_S, &hmac_key, out, sizeof out),
	                 ERR_INVALID);
	strcpy(frame.text, "not JSON");
	assert_int_equal(binance_sign_frame(&frame, 7, NANOS_S, &hmac_key, out, sizeof out),
	                 ERR_INVALID);
}

static void names_the_key_in_a_header(void **state)
{
	char out[256];

	(void)state;
	assert_int_equal(binance_key_header(&hmac_key, out, sizeof out), OK);
	assert_string_equal(out, "X-MBX-APIKEY: " API_KEY);
	assert_int_equal(binance_key_header(&hmac_key, out, strlen("X-MBX-APIKEY: " API_KEY)),
	                 ERR_FULL);
}

static void refuses_a_key_that_would_end_the_header(void **state)
{
	struct venue_key key = {.api_key = "abc\r\nX-Other: 1"};
	char out[256];

	(void)state;
	assert_int_equal(binance_key_header(&key, out, sizeof out), ERR_INVALID);
	key = (struct venue_key){.api_key = ""};
	assert_int_equal(binance_key_header(&key, out, sizeof out), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signs_the_published_query),
		cmocka_unit_test(signs_a_symbol_after_percent_encoding_it),
		cmocka_unit_test(signs_query_and_body_run_together),
		cmocka_unit_test(signs_with_ed25519_and_percent_encodes_the_base64),
		cmocka_unit_test(signs_a_frame_over_its_sorted_raw_parameters),
		cmocka_unit_test(signs_a_subscription_that_needs_no_parameters_of_its_own),
		cmocka_unit_test(sends_a_public_request_as_it_is),
		cmocka_unit_test(refuses_a_buffer_that_the_signature_does_not_fit),
		cmocka_unit_test(refuses_a_frame_that_does_not_fit_or_is_no_request),
		cmocka_unit_test(names_the_key_in_a_header),
		cmocka_unit_test(refuses_a_key_that_would_end_the_header),
	};

	return cmocka_run_group_tests_name("binance_sign", tests, NULL, NULL);
}
