/* SPDX-License-Identifier: Apache-2.0 */
#include "services/bw/redis_probe.h"

#include <hiredis/hiredis.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct timeval PATIENCE = {.tv_sec = 1};

static redisContext *connect_to(const char *address)
{
	char host[256];
	const char *colon = strrchr(address, ':');
	if (strncmp(address, "unix:", 5) == 0)
		return redisConnectUnixWithTimeout(address + 5, PATIENCE);
	snprintf(host, sizeof host, "%.*s",
	         colon != NULL ? (int)(colon - address) : (int)strlen(address), address);
	return redisConnectWithTimeout(host, colon != NULL ? atoi(colon + 1) : 6379, PATIENCE);
}

enum err redis_probe(const char *address, text_t *why)
{
	redisContext *context = connect_to(address);
	redisReply *reply = NULL;
	if (context != NULL && context->err == 0 && redisSetTimeout(context, PATIENCE) == REDIS_OK)
		reply = redisCommand(context, "PING");
	bool is_up = reply != NULL && reply->type == REDIS_REPLY_STATUS;
	if (!is_up)
		*why = text_from(context == NULL     ? "no memory"
		                 : context->err != 0 ? context->errstr
		                                     : "it refused PING");
	if (reply != NULL)
		freeReplyObject(reply);
	if (context != NULL)
		redisFree(context);
	return is_up ? OK : ERR_UNAVAILABLE;
}
