/* SPDX-License-Identifier: Apache-2.0 */
/* The exchange account's key: a small YAML file, mode 0600:  api_key: …  and  secret: …
   (HMAC) or
   ed25519_seed: … (base64, of the 32-byte seed or of the whole PKCS#8 key as a PEM file holds
   it).
   What goes wrong is told without any part of the secrets. */
#ifndef IO_KEYFILE_H
#define IO_KEYFILE_H

#include "common/logic/dialect.h"

/* ERR_INVALID when the mode is looser than 0600, with the chmod command in `why`. */
MUST_CHECK enum err keyfile_read(const char *path, struct venue_key *out, text_t *why);
/* Makes a random key for the built-in exchange unless the file exists. */
MUST_CHECK enum err keyfile_make(const char *path, text_t *why);

#endif
