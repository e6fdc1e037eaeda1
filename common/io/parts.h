/* SPDX-License-Identifier: Apache-2.0 */
/* The heavy transports as tables that a service names when it needs them. What nobody names isn't
   linked, so risk, strategy and alert load no TLS, HTTP or WebSocket library: they start faster and
   weigh less. The functions are those of http.h, links.h and listen.h. */
#ifndef IO_PARTS_H
#define IO_PARTS_H

#include "common/io/http.h"
#include "common/io/links.h"
#include "common/io/listen.h"

struct http_part {
	enum err (*open)(struct http **out, text_t *why);
	enum err (*start)(struct http *self, const struct http_job *job);
	int (*fd)(const struct http *self);
	bool (*next)(struct http *self, struct http_result *result);
	void (*close)(struct http **self);
};

struct links_part {
	enum err (*open)(struct links **out, text_t *why);
	enum err (*connect)(struct links *self, const name_t *link, const char *url);
	void (*drop)(struct links *self, const name_t *link);
	enum err (*send)(struct links *self, const name_t *link, const char *text, size_t size);
	int (*fd)(const struct links *self);
	bool (*next)(struct links *self, struct link_event *event);
	void (*close)(struct links **self);
};

struct listener_part {
	enum err (*open)(struct listener **out, const char *address, unsigned port, unsigned *bound,
	                 text_t *why);
	int (*fd)(const struct listener *self);
	bool (*next)(struct listener *self, struct wire *wire);
	void (*answer)(struct listener *self, uint64_t client, unsigned status, const char *headers,
	               const char *body, size_t size);
	void (*frame)(struct listener *self, uint64_t client, const char *text, size_t size);
	void (*drop)(struct listener *self, uint64_t client);
	void (*close)(struct listener **self);
};

extern const struct http_part http_part;         /* part_http.c */
extern const struct links_part links_part;       /* part_links.c */
extern const struct listener_part listener_part; /* part_listener.c */

#endif
