/* SPDX-License-Identifier: Apache-2.0 */
/* flows.def as tables: who exists, who publishes, listens, asks; what is mirrored. Pure. */
#ifndef PROTO_FLOWS_H
#define PROTO_FLOWS_H

#include "proto/message.h"

struct flow_service {
	const char *name, *doc;
};

struct flow_publish {
	const char *publisher;
	enum message_type type;
};

struct flow_listen {
	const char *subscriber, *publisher;
	enum message_type type;
};

struct flow_ask {
	const char *caller, *callee;
	enum message_type request, answer;
};

struct flow_mirror {
	const char *publisher;
	enum message_type type;
	const char *key; /* field names, blank between */
};

extern const struct flow_service flow_services[];
extern const size_t flow_service_count;
extern const struct flow_publish flow_publishes[];
extern const size_t flow_publish_count;
extern const struct flow_listen flow_listens[];
extern const size_t flow_listen_count;
extern const struct flow_ask flow_asks[];
extern const size_t flow_ask_count;
extern const struct flow_mirror flow_mirrors[];
extern const size_t flow_mirror_count;

/* The service of an instance: "strategy.2" is an instance of "strategy". False when there is
   none. */
bool flow_is_instance_of(const char *instance, const char *service);

#endif
