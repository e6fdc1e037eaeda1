/* SPDX-License-Identifier: Apache-2.0 */
/* The keyed MAC over sealed messages: BLAKE2b-128 with a 32-byte key from `<state>/keys/seal.key`,
   made at the first start, mode 0600, readable by risk and executor only. */
#ifndef IO_SEAL_H
#define IO_SEAL_H

#include "proto/codec.h"

struct seal; /* key in locked memory */

/* Reads the key or makes it. ERR_INVALID when the file's mode is looser than 0600 or its size is
 * wrong. */
MUST_CHECK enum err seal_open(struct seal **out, const char *path, text_t *why);
void seal_make(const struct seal *self, const uint8_t *body, size_t size, uint8_t seal[SEAL_SIZE]);
MUST_CHECK enum err seal_check(const struct seal *self,
                               const struct sealing *sealing); /* ERR_SEAL */
void seal_close(struct seal **self);

#endif
