/* SPDX-License-Identifier: Apache-2.0 */
#include "services/exchange/prepare.h"

#include "common/io/keyfile.h"
#include "services/exchange/exchange.h"

#include <stdio.h>
#include <unistd.h>

/* Where the program's own tape may lie, seen from the directory of the programs: in the source
   tree, and installed. */
static const char *const places[] = {
	"../services/exchange/tape",
	"../../services/exchange/tape",
	"../../../services/exchange/tape",
	"../share/breakwater/tape",
};
static const char own_tape[] = "binance_spot_BTCUSDT_20240808.rawl.gz";

static void find_own_tape(const struct service_paths *paths, char path[1024])
{
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		snprintf(path, 1024, "%s/%s/%s", paths->programs, places[i], own_tape);
		if (access(path, R_OK) == 0)
			return;
	}
	snprintf(path, 1024, "services/exchange/tape/%s", own_tape);
}

static enum err read_key(const struct stack_config *stack, const struct service_paths *paths,
                         struct venue_key *key, text_t *why)
{
	char path[600];
	if (stack->key_file.size > 0)
		return keyfile_read(stack->key_file.text, key, why);
	snprintf(path, sizeof path, "%s/keys/venue.key", paths->state);
	enum err err = keyfile_make(path, why);
	return err == OK ? keyfile_read(path, key, why) : err;
}

enum err exchange_prepare(void *config, const struct stack_config *stack,
                          const struct service_paths *paths, text_t *why)
{
	struct exchange_config *exchange = config;
	char path[1024];
	if (exchange->tape.size > 0)
		snprintf(path, sizeof path, "%s", exchange->tape.text);
	else
		find_own_tape(paths, path);
	struct tape *tape;
	enum err err = tape_open(&tape, path, why);
	if (err != OK)
		return err;
	exchange->recording = tape;
	return read_key(stack, paths, &exchange->key, why);
}
