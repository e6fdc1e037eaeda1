/* SPDX-License-Identifier: Apache-2.0 */
/* flows.def against the catalogue and against itself. */
#include "proto/flows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static bool is_service(const char *name)
{
	for (size_t i = 0; i < flow_service_count; i++)
		if (strcmp(flow_services[i].name, name) == 0)
			return true;
	return false;
}

/* What the host of every service publishes by itself. */
static bool is_everybodys(enum message_type type)
{
	return type == MESSAGE_HEARTBEAT || type == MESSAGE_ALERT || type == MESSAGE_RESYNC_DONE;
}

static bool publishes(const char *publisher, enum message_type type)
{
	for (size_t i = 0; i < flow_publish_count; i++)
		if (flow_publishes[i].type == type &&
		    strcmp(flow_publishes[i].publisher, publisher) == 0)
			return true;
	return is_everybodys(type);
}

static void every_service_is_declared_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < flow_service_count; i++) {
		assert_true(strlen(flow_services[i].doc) > 3);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(flow_services[i].name, flow_services[k].name);
	}
}

static void every_publisher_is_a_service(void **state)
{
	(void)state;
	for (size_t i = 0; i < flow_publish_count; i++) {
		assert_true(is_service(flow_publishes[i].publisher));
		assert_non_null(message_info(flow_publishes[i].type));
		assert_false(is_everybodys(flow_publishes[i].type));
	}
}

static void nothing_is_published_twice(void **state)
{
	(void)state;
	for (size_t i = 0; i < flow_publish_count; i++)
		for (size_t k = 0; k < i; k++)
			assert_false(flow_publishes[i].type == flow_publishes[k].type &&
			             strcmp(flow_publishes[i].publisher,
			                    flow_publishes[k].publisher) == 0);
}

static void every_listener_hears_what_somebody_publishes(void **state)
{
	(void)state;
	for (size_t i = 0; i < flow_listen_count; i++) {
		const struct flow_listen *listen = &flow_listens[i];
		assert_true(is_service(listen->subscriber));
		assert_true(is_service(listen->publisher));
		assert_true(publishes(listen->publisher, listen->type));
	}
}

static void every_call_is_between_services_and_has_one_answer_type(void **state)
{
	(void)state;
	for (size_t i = 0; i < flow_ask_count; i++) {
		const struct flow_ask *ask = &flow_asks[i];
		assert_true(is_service(ask->caller) && is_service(ask->callee));
		assert_string_not_equal(ask->caller, ask->callee);
		assert_non_null(message_info(ask->request));
		assert_non_null(message_info(ask->answer));
		for (size_t k = 0; k < i; k++)
			if (flow_asks[k].request == ask->request)
				assert_int_equal(flow_asks[k].answer, ask->answer);
	}
}

/* A heartbeat counts each of them: see heartbeat.sequences. */
static void no_service_publishes_more_than_a_heartbeat_counts(void **state)
{
	(void)state;
	for (size_t i = 0; i < flow_service_count; i++) {
		size_t count = 3;
		for (size_t k = 0; k < flow_publish_count; k++)
			count += strcmp(flow_publishes[k].publisher, flow_services[i].name) == 0;
		assert_in_range(count, 3, COUNTS_MAX);
	}
}

static bool has_field(const struct message_info *info, const char *name, size_t size)
{
	for (size_t i = 0; i < info->field_count; i++)
		if (strlen(info->fields[i].name) == size &&
		    memcmp(info->fields[i].name, name, size) == 0)
			return true;
	return false;
}

static void every_mirror_is_published_and_keyed_by_its_own_fields(void **state)
{
	(void)state;
	for (size_t i = 0; i < flow_mirror_count; i++) {
		const struct flow_mirror *mirror = &flow_mirrors[i];
		assert_true(is_service(mirror->publisher));
		assert_true(publishes(mirror->publisher, mirror->type));
		for (const char *at = mirror->key; *at != '\0'; at += strspn(at, " ")) {
			size_t size = strcspn(at, " ");
			assert_true(has_field(message_info(mirror->type), at, size));
			at += size;
		}
	}
}

static void an_instance_is_a_service_with_or_without_a_number(void **state)
{
	(void)state;
	assert_true(flow_is_instance_of("strategy", "strategy"));
	assert_true(flow_is_instance_of("strategy.2", "strategy"));
	assert_false(flow_is_instance_of("strategy2", "strategy"));
	assert_false(flow_is_instance_of("strategy.", "strategy"));
	assert_false(flow_is_instance_of("strateg", "strategy"));
	assert_false(flow_is_instance_of("", "strategy"));
	assert_false(flow_is_instance_of("risk.1", "strategy"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_service_is_declared_once),
		cmocka_unit_test(every_publisher_is_a_service),
		cmocka_unit_test(nothing_is_published_twice),
		cmocka_unit_test(every_listener_hears_what_somebody_publishes),
		cmocka_unit_test(every_call_is_between_services_and_has_one_answer_type),
		cmocka_unit_test(no_service_publishes_more_than_a_heartbeat_counts),
		cmocka_unit_test(every_mirror_is_published_and_keyed_by_its_own_fields),
		cmocka_unit_test(an_instance_is_a_service_with_or_without_a_number),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
