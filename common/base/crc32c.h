/* SPDX-License-Identifier: Apache-2.0 */
/* CRC-32C (Castagnoli), as in iSCSI and ext4: tells a torn or flipped record from a whole one. Not
   a defence against intent. */
#ifndef BASE_CRC32C_H
#define BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

uint32_t crc32c(const void *bytes, size_t size);

/* The checksum of what `crc` stands for, followed by `bytes`; start with 0. */
uint32_t crc32c_extend(uint32_t crc, const void *bytes, size_t size);

#endif
