/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/flows.h"

#include <assert.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* flows.def names messages by noun. */
enum {
#define MESSAGE(NOUN, noun, number, version, doc) TYPE_of_##noun = MESSAGE_##NOUN,
#define SEALED MESSAGE
#define FIELD(message, kind, name, doc)
#define ENUM_FIELD(message, type, name, doc)
#define END(noun)
#include "proto/messages.def"
#undef MESSAGE
#undef SEALED
#undef FIELD
#undef ENUM_FIELD
#undef END
};

#define TYPE(noun) ((enum message_type)TYPE_of_##noun)

#define SERVICE(name, doc)
#define PUBLISHES(publisher, message)
#define LISTENS(subscriber, publisher, message)
#define ASKS(caller, callee, request, answer)
#define MIRRORS(publisher, message, key)

#undef SERVICE
const struct flow_service flow_services[] = {
#define SERVICE(name, doc) {#name, doc},
#include "proto/flows.def"
#undef SERVICE
};
const size_t flow_service_count = LENGTH(flow_services);
#define SERVICE(name, doc)

#undef PUBLISHES
const struct flow_publish flow_publishes[] = {
#define PUBLISHES(publisher, message) {#publisher, TYPE(message)},
#include "proto/flows.def"
#undef PUBLISHES
};
const size_t flow_publish_count = LENGTH(flow_publishes);
#define PUBLISHES(publisher, message)

#undef LISTENS
const struct flow_listen flow_listens[] = {
#define LISTENS(subscriber, publisher, message) {#subscriber, #publisher, TYPE(message)},
#include "proto/flows.def"
#undef LISTENS
};
const size_t flow_listen_count = LENGTH(flow_listens);
#define LISTENS(subscriber, publisher, message)

#undef ASKS
const struct flow_ask flow_asks[] = {
#define ASKS(caller, callee, request, answer) {#caller, #callee, TYPE(request), TYPE(answer)},
#include "proto/flows.def"
#undef ASKS
};
const size_t flow_ask_count = LENGTH(flow_asks);
#define ASKS(caller, callee, request, answer)

#undef MIRRORS
const struct flow_mirror flow_mirrors[] = {
#define MIRRORS(publisher, message, key) {#publisher, TYPE(message), key},
#include "proto/flows.def"
#undef MIRRORS
};
const size_t flow_mirror_count = LENGTH(flow_mirrors);

bool flow_is_instance_of(const char *instance, const char *service)
{
	assert(instance != NULL && service != NULL);
	size_t size = strlen(service);

	if (strncmp(instance, service, size) != 0)
		return false;
	return instance[size] == '\0' || (instance[size] == '.' && instance[size + 1] != '\0');
}
