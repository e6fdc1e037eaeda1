/* SPDX-License-Identifier: Apache-2.0 */
#include "services/bw/libraries.h"

#include <curl/curl.h>
#include <curses.h>
#include <czmq.h>
#include <hiredis/hiredis.h>
#include <jansson.h>
#include <libwebsockets.h>
#include <sodium.h>
#include <yaml.h>
#include <zlib.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool version_is_at_least(const char *version, const char *oldest)
{
	while (*version != '\0' || *oldest != '\0') {
		char *end;
		unsigned long ours = strtoul(version, &end, 10);
		version = *end == '.' ? end + 1 : "";
		unsigned long wanted = strtoul(oldest, &end, 10);
		oldest = *end == '.' ? end + 1 : "";
		if (ours != wanted)
			return ours > wanted;
	}
	return true;
}

static void add(struct library **at, const char *name, const char *oldest, const char *version)
{
	struct library *library = (*at)++;
	library->name = name;
	library->oldest = oldest;
	snprintf(library->version, sizeof library->version, "%.*s", (int)strcspn(version, " -"),
	         version);
	library->is_recent_enough = version_is_at_least(library->version, oldest);
}

static const char *dotted(int major, int minor, int patch)
{
	static char text[24];
	snprintf(text, sizeof text, "%d.%d.%d", major, minor, patch);
	return text;
}

size_t libraries_list(struct library out[LIBRARIES_MAX])
{
	struct library *at = out;
	int major, minor, patch;
	zmq_version(&major, &minor, &patch);
	add(&at, "libzmq", "4.3.3",
	    dotted(major, minor, patch)); /* ipc and mailbox fixes that the bus counts on */
	zsys_version(&major, &minor, &patch);
	add(&at, "czmq", "4.2.0", dotted(major, minor, patch));
	add(&at, "hiredis", "0.14.0", dotted(HIREDIS_MAJOR, HIREDIS_MINOR, HIREDIS_PATCH));
	add(&at, "libcurl", "7.88.0", curl_version_info(CURLVERSION_NOW)->version);
	add(&at, "libsodium", "1.0.18", sodium_version_string());
	add(&at, "jansson", "2.13", jansson_version_str());
	add(&at, "libwebsockets", "4.1.6", lws_get_library_version());
	yaml_get_version(&major, &minor, &patch);
	add(&at, "libyaml", "0.2.5", dotted(major, minor, patch));
	add(&at, "ncurses", "6.3",
	    dotted(NCURSES_VERSION_MAJOR, NCURSES_VERSION_MINOR, NCURSES_VERSION_PATCH));
	add(&at, "zlib", "1.2.11", zlibVersion());
	return (size_t)(at - out);
}
