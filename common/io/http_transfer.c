/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/http_transfer.h"

#include "common/io/clock.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/crypto.h>

enum { CONNECTION_AGE_MAX_S = 50 };

static const char late[] = "its time was over before it was sent";
static const char broken[] =
	"the connection broke before an answer came; what must go out once is not sent again";
static const char too_big[] = "the answer is over 8 MiB";

/* The only headers that anybody reads; names in lower case. A trailing '-' takes every name that
 * begins so. */
static const char *const wanted_headers[] = {"retry-after", "x-mbx-", "content-type", "date"};

/* growing bytes */

static bool append(struct growing *self, const char *bytes, size_t size, size_t size_max)
{
	if (size > size_max - self->size)
		return false;
	if (self->size + size + 1 > self->capacity) {
		size_t capacity = (self->size + size) * 2 + 1024;
		char *grown = realloc(self->bytes, capacity);
		if (grown == NULL)
			return false;
		self->bytes = grown;
		self->capacity = capacity;
	}
	memcpy(self->bytes + self->size, bytes, size);
	self->size += size;
	self->bytes[self->size] = '\0';
	return true;
}

/* what curl calls */

/* Called once for each request that curl is about to write, on a connection that stands (handshake
   and certificate are behind it), also when curl wants to write it again on a fresh one. */
static int on_request(void *context, char *remote, char *local, int remote_port, int local_port)
{
	struct transfer *self = context;

	(void)remote, (void)local, (void)remote_port, (void)local_port;
	if (self->attempts > 0 && self->once) {
		self->refusal = broken;
		return CURL_PREREQFUNC_ABORT;
	}
	if (transfer_is_late(self))
		return CURL_PREREQFUNC_ABORT;
	self->attempts++;
	self->body_given = 0;
	return CURL_PREREQFUNC_OK;
}

static size_t on_read(char *out, size_t size, size_t count, void *context)
{
	struct transfer *self = context;
	size_t room = size * count, left = self->body_size - self->body_given;

	if (self->body_given == 0 && transfer_is_late(self))
		return CURL_READFUNC_ABORT;
	if (left > room)
		left = room;
	memcpy(out, self->body + self->body_given, left);
	self->body_given += left;
	return left;
}

static size_t on_answer(char *bytes, size_t size, size_t count, void *context)
{
	struct transfer *self = context;

	if (append(&self->answer, bytes, size * count, HTTP_ANSWER_MAX))
		return size * count;
	self->refusal = too_big;
	return 0;
}

static bool is_wanted(const char *name, size_t size)
{
	for (size_t i = 0; i < sizeof wanted_headers / sizeof wanted_headers[0]; i++) {
		const char *wanted = wanted_headers[i];
		size_t wanted_size = strlen(wanted);
		bool fits =
			wanted[wanted_size - 1] == '-' ? size > wanted_size : size == wanted_size;
		if (fits && strncasecmp(name, wanted, wanted_size) == 0)
			return true;
	}
	return false;
}

static void keep_header(struct transfer *self, const char *line, size_t size)
{
	const char *colon = memchr(line, ':', size);

	if (colon == NULL || !is_wanted(line, (size_t)(colon - line)))
		return;
	size_t start = self->headers.size;
	if (!append(&self->headers, line, size, HTTP_HEADERS_MAX - 1))
		return;
	(void)append(&self->headers, "\n", 1, HTTP_HEADERS_MAX);
	for (size_t i = 0; line + i < colon; i++)
		if (self->headers.bytes[start + i] >= 'A' && self->headers.bytes[start + i] <= 'Z')
			self->headers.bytes[start + i] =
				(char)(self->headers.bytes[start + i] + ('a' - 'A'));
}

static size_t on_header(char *line, size_t size, size_t count, void *context)
{
	struct transfer *self = context;
	size_t length = size * count;

	if (length >= 5 && memcmp(line, "HTTP/", 5) == 0)
		self->headers.size = 0; /* a new answer begins: the last one was 1xx */
	while (length > 0 && (line[length - 1] == '\r' || line[length - 1] == '\n'))
		length--;
	keep_header(self, line, length);
	return size * count;
}

/* life of a transfer */

static bool has_body(enum http_method method)
{
	return method == HTTP_POST || method == HTTP_PUT;
}

struct transfer *transfer_new(const struct http_job *job)
{
	struct transfer *self = calloc(1, sizeof *self);
	bool in_url = !has_body(job->method) && job->query[0] != '\0';
	size_t url_size = strlen(job->url), query_size = strlen(job->query),
	       header_size = strlen(job->header);

	if (self == NULL)
		return NULL;
	self->url = calloc(1, url_size + query_size + header_size + 4);
	if (self->url == NULL) {
		free(self);
		return NULL;
	}
	self->token = job->token;
	self->method = job->method;
	self->once = job->once;
	self->timeout_ms = job->timeout_ms;
	self->write_before = job->write_before;
	memcpy(self->url, job->url, url_size);
	self->body = self->url + url_size + 1;
	memcpy(self->body, job->query, query_size);
	self->body_size = has_body(job->method) ? query_size : 0;
	if (in_url)
		self->url[url_size] = '?'; /* the query follows: one text now */
	self->header = self->body + query_size + 1;
	memcpy(self->header, job->header, header_size);
	return self;
}

void transfer_free(struct transfer **transfer)
{
	struct transfer *self = *transfer;

	*transfer = NULL;
	if (self == NULL)
		return;
	curl_easy_cleanup(self->easy);
	curl_slist_free_all(self->lines);
	if (self->url != NULL) /* it held a signed query and a key */
		OPENSSL_cleanse(self->url,
		                (size_t)(self->header - self->url) + strlen(self->header));
	free(self->url);
	free(self->answer.bytes);
	free(self->headers.bytes);
	free(self);
}

bool transfer_is_late(struct transfer *self)
{
	if (self->write_before == 0 || clock_stamp() < self->write_before)
		return false;
	self->refusal = late;
	return true;
}

static void set_method(struct transfer *self)
{
	static const char *const names[] = {[HTTP_GET] = "GET",
	                                    [HTTP_POST] = "POST",
	                                    [HTTP_PUT] = "PUT",
	                                    [HTTP_DELETE] = "DELETE"};

	assert(self->method >= HTTP_GET && self->method <= HTTP_DELETE);
	if (has_body(self->method))
		curl_easy_setopt(self->easy, CURLOPT_POST, 1L);
	else
		curl_easy_setopt(self->easy, CURLOPT_HTTPGET, 1L);
	curl_easy_setopt(self->easy, CURLOPT_CUSTOMREQUEST, names[self->method]);
}

/* curl resends a POST by itself when a reused connection dies, if it can get at the body again. An
   order's body comes from a callback that gives it once and can't seek; on_request() refuses a
   second beginning. */
static void set_body(struct transfer *self)
{
	if (!has_body(self->method))
		return;
	curl_easy_setopt(self->easy, CURLOPT_POSTFIELDSIZE, (long)self->body_size);
	if (self->once) {
		curl_easy_setopt(self->easy, CURLOPT_READFUNCTION, on_read);
		curl_easy_setopt(self->easy, CURLOPT_READDATA, self);
	} else {
		curl_easy_setopt(self->easy, CURLOPT_POSTFIELDS, self->body);
	}
}

static void set_rules(struct transfer *self)
{
	CURL *easy = self->easy;

	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	/* A proxy from the environment would carry loopback requests off this machine. */
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	/* Else a request that gives up while its name is looked up holds all others until the name
	 * server answers. */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)CONNECTION_AGE_MAX_S);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)self->timeout_ms);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)self->timeout_ms);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "breakwater");
}

static void set_callbacks(struct transfer *self)
{
	CURL *easy = self->easy;

	curl_easy_setopt(easy, CURLOPT_PRIVATE, self);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, self->transport);
	curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_request);
	curl_easy_setopt(easy, CURLOPT_PREREQDATA, self);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_answer);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, self);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, self);
}

static bool add_line(struct transfer *self, const char *line)
{
	struct curl_slist *lines = curl_slist_append(self->lines, line);

	if (lines != NULL)
		self->lines = lines;
	return lines != NULL;
}

enum err transfer_prepare(struct transfer *self)
{
	self->refusal = "memory is used up";
	self->easy = curl_easy_init();
	/* No "Expect: 100-continue": its refusal makes curl send the request again. */
	if (self->easy == NULL || !add_line(self, "Expect:"))
		return ERR_IO;
	if (self->header[0] != '\0' && !add_line(self, self->header))
		return ERR_IO;
	if (curl_easy_setopt(self->easy, CURLOPT_URL, self->url) != CURLE_OK ||
	    curl_easy_setopt(self->easy, CURLOPT_HTTPHEADER, self->lines) != CURLE_OK)
		return ERR_IO;
	set_rules(self);
	set_callbacks(self);
	set_method(self);
	set_body(self);
	self->refusal = NULL;
	return OK;
}

void transfer_end(struct transfer *self)
{
	long status = 0;

	if (self->easy != NULL && self->refusal == NULL && self->code == CURLE_OK)
		curl_easy_getinfo(self->easy, CURLINFO_RESPONSE_CODE, &status);
	self->status = (unsigned)status;
	if (self->refusal != NULL)
		snprintf(self->transport, sizeof self->transport, "%s", self->refusal);
	else if (self->status == 0 && self->transport[0] == '\0')
		snprintf(self->transport, sizeof self->transport, "%s",
		         curl_easy_strerror(self->code));
	curl_easy_cleanup(self->easy);
	self->easy = NULL;
}

void transfer_tell(const struct transfer *self, struct http_result *result)
{
	bool is_answered = self->status != 0;

	*result = (struct http_result){
		.token = self->token,
		.answer =
			{
				.status = self->status,
				.may_have_arrived = self->attempts > 0,
				.transport = is_answered ? "" : self->transport,
				.headers = is_answered && self->headers.size > 0
	                                           ? self->headers.bytes
	                                           : "",
				.body = is_answered && self->answer.size > 0 ? self->answer.bytes
	                                                                     : "",
				.size = is_answered ? self->answer.size : 0,
			},
	};
}

void transfer_thread_ends(void)
{
	OPENSSL_thread_stop();
}
