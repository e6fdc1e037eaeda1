/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/web_actor.h"

#include <stdatomic.h>
#include <stdlib.h>

#include <openssl/crypto.h>

enum { READ_SIZE = 64 << 10, HEADER_SIZE = 16 << 10, HANDSHAKE_MAX_S = 10 };

const lws_retry_bo_t web_patience = {
	.secs_since_valid_ping = WEB_PING_AFTER_S,
	.secs_since_valid_hangup = WEB_SILENCE_MAX_S,
};

static void (*_Atomic log_taker)(const char *line);

static void forward_line(int level, const char *line)
{
	void (*take)(const char *) = atomic_load(&log_taker);

	(void)level;
	if (take != NULL)
		take(line);
}

void web_log_to(void (*take)(const char *line))
{
	atomic_store(&log_taker, take);
}

static struct lws_context *make_context(struct web_actor *self)
{
	struct lws_context_creation_info info = {
		.port = self->role->port,
		.protocols = self->role->protocols,
		.user = self->owner,
		.gid = (gid_t)-1,
		.uid = (uid_t)-1,
		/* Else tables are made for as many descriptors as the system allows, perhaps a
	           thousand million. */
		.fd_limit_per_thread = self->role->fds_max,
		.options = self->role->uses_tls ? LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT : 0,
		.pt_serv_buf_size = READ_SIZE,
		.max_http_header_data2 = HEADER_SIZE,
		.timeout_secs = HANDSHAKE_MAX_S,
		.connect_timeout_secs = HANDSHAKE_MAX_S,
		.retry_and_idle_policy = &web_patience,
		.vhost_name = "breakwater",
		.server_string = "breakwater",
		/* Not the environment's proxy: a loopback address must stay on this machine. */
		.http_proxy_address = "",
	};

	lws_set_log_level(LLL_ERR, forward_line);
	return lws_create_context(&info);
}

static void take_commands(struct web_actor *self)
{
	struct parcel *parcel;

	while (!self->stopping && (parcel = handoff_take(&self->commands)) != NULL)
		self->role->command(self->owner, parcel);
}

static void web_actor_run(struct worker *worker, void *args)
{
	struct web_actor *self = args;

	(void)worker;
	while (!self->stopping) {
		take_commands(self);
		if (!self->stopping && lws_service(self->context, 0) < 0)
			break;
	}
	lws_context_destroy(self->context);
	OPENSSL_thread_stop();
}

enum err web_actor_open(struct web_actor *self, const struct web_role *role, void *owner,
                        text_t *why)
{
	*self = (struct web_actor){.role = role, .owner = owner};
	if (handoff_open(&self->commands) != OK) {
		*why = text_from("can't start the WebSocket thread: file descriptors are used up "
		                 "(ulimit -n)");
		return ERR_IO;
	}
	self->context = make_context(self);
	/* The thread doesn't run yet, so this one may speak for it. */
	bool is_open = self->context != NULL && (role->ready == NULL || role->ready(owner)) &&
	               worker_open(&self->worker, web_actor_run, self) == OK;
	if (is_open)
		return OK;
	if (self->context != NULL)
		lws_context_destroy(self->context);
	handoff_close(&self->commands, NULL);
	*why = text_from("can't start the WebSocket thread: memory or file descriptors are used up "
	                 "(ulimit -n)");
	return ERR_IO;
}

void web_actor_post(struct web_actor *self, struct parcel *parcel)
{
	if (handoff_put(&self->commands, parcel))
		lws_cancel_service(self->context);
}

void web_actor_stop(struct web_actor *self)
{
	self->stopping = true;
}

static void discard(struct parcel *parcel)
{
	free(parcel);
}

bool web_actor_close(struct web_actor *self, nanos_t patience)
{
	if (!worker_close(&self->worker, patience))
		return false;
	handoff_close(&self->commands, discard);
	return true;
}
