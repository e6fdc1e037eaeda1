/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/addresses.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct stack_config stack;
static struct addresses addresses;
static char out[ADDRESS_MAX];
static text_t why;

static int set_up(void **state)
{
	(void)state;
	memset(&stack, 0, sizeof stack);
	addresses = (struct addresses){.run = "/tmp/x/run", .stack = &stack};
	why = text_from("");
	return 0;
}

static void configure(const char *instance, const char *endpoint)
{
	stack.endpoints.count = 1;
	stack.endpoints.items[0].key = name_from(instance);
	stack.endpoints.items[0].value = text_from(endpoint);
}

static void an_instance_of_this_machine_has_two_sockets_in_the_run_directory(void **state)
{
	(void)state;
	assert_int_equal(addresses_publish(&addresses, "strategy.1", out, &why), OK);
	assert_string_equal(out, "ipc:///tmp/x/run/strategy.1.pub");
	assert_int_equal(addresses_answer(&addresses, "strategy.1", out, &why), OK);
	assert_string_equal(out, "ipc:///tmp/x/run/strategy.1.ask");
}

static void a_configured_endpoint_publishes_there_and_answers_one_port_above(void **state)
{
	(void)state;
	configure("risk", "tcp://127.0.0.1:7000");
	assert_int_equal(addresses_publish(&addresses, "risk", out, &why), OK);
	assert_string_equal(out, "tcp://127.0.0.1:7000");
	assert_int_equal(addresses_answer(&addresses, "risk", out, &why), OK);
	assert_string_equal(out, "tcp://127.0.0.1:7001");
	configure("risk", "tcp://[::1]:7000");
	assert_int_equal(addresses_answer(&addresses, "risk", out, &why), OK);
	assert_string_equal(out, "tcp://[::1]:7001");
}

static void an_endpoint_of_another_instance_does_not_count(void **state)
{
	(void)state;
	configure("risk", "tcp://127.0.0.1:7000");
	assert_int_equal(addresses_publish(&addresses, "risk.1", out, &why), OK);
	assert_string_equal(out, "ipc:///tmp/x/run/risk.1.pub");
}

static void an_endpoint_that_leaves_this_machine_is_refused_with_the_remedy(void **state)
{
	static const char *const endpoints[] = {
		"tcp://10.0.0.5:7000", "tcp://0.0.0.0:7000",
		"tcp://*:7000",        "tcp://127.example.com:7000",
		"tcp://[::]:7000",     "udp://127.0.0.1:7",
		"127.0.0.1:7000",      "tcp://127.0.0.1",
		"tcp://:7000",         "",
		"tcp://localhost:7",   "tcp://127.0.0.1@10.0.0.5:7000",
	};
	(void)state;
	for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; i++) {
		configure("risk", endpoints[i]);
		assert_int_equal(addresses_publish(&addresses, "risk", out, &why), ERR_INVALID);
		assert_non_null(strstr(why.text, "only tcp://127.0.0.1:PORT"));
	}
}

static void a_port_that_is_none_is_refused(void **state)
{
	static const char *const ports[] = {"0", "65535", "-1", "70000", "", "7000x", "x"};
	char endpoint[40];
	(void)state;
	for (size_t i = 0; i < sizeof ports / sizeof *ports; i++) {
		snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%s", ports[i]);
		configure("risk", endpoint);
		assert_int_equal(addresses_publish(&addresses, "risk", out, &why), ERR_INVALID);
		assert_non_null(strstr(why.text, "port"));
	}
}

static void a_path_that_no_unix_socket_takes_is_refused_with_the_remedy(void **state)
{
	(void)state;
	memset(addresses.run, 'a', 120);
	addresses.run[0] = '/';
	addresses.run[120] = '\0';
	assert_int_equal(addresses_publish(&addresses, "risk", out, &why), ERR_INVALID);
	assert_non_null(strstr(why.text, "choose a shorter state directory"));
	addresses.run[98] = '\0'; /* 98 + "/risk.pub" = 107 bytes and a NUL: the longest */
	assert_int_equal(addresses_publish(&addresses, "risk", out, &why), OK);
	addresses.run[98] = 'a';
	addresses.run[99] = '\0';
	assert_int_equal(addresses_publish(&addresses, "risk", out, &why), ERR_INVALID);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_instance_of_this_machine_has_two_sockets_in_the_run_directory),
		TEST(a_configured_endpoint_publishes_there_and_answers_one_port_above),
		TEST(an_endpoint_of_another_instance_does_not_count),
		TEST(an_endpoint_that_leaves_this_machine_is_refused_with_the_remedy),
		TEST(a_port_that_is_none_is_refused),
		TEST(a_path_that_no_unix_socket_takes_is_refused_with_the_remedy),
	};
	return cmocka_run_group_tests_name("addresses", tests, NULL, NULL);
}
