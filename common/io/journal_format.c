/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/journal_format.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

#include "common/base/crc32c.h"

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
              "numbers are copied as the file holds them");
static_assert(JOURNAL_HASH_SIZE == crypto_shorthash_siphashx24_BYTES,
              "the chain is SipHash-2-4-128");

static const char magic[8] = {'B', 'W', 'J', 'O', 'U', 'R', 'N', '\n'};

/* Offsets. */
enum { HEADER_VERSION = 8, HEADER_CRC = 12, HEADER_MADE = 16, HEADER_ID = 24 };
enum {
	AT_SIZE = 0,
	AT_CRC = 4,
	AT_SEQUENCE = 8,
	AT_NOW = 16,
	AT_ENTROPY = 24,
	AT_TYPE = 32,
	AT_CLASS = 34,
	AT_PREVIOUS = 36,
};

/* The chain tells order, not authorship: everybody may know the key. */
static void hash_bytes(const uint8_t *bytes, size_t size, uint8_t hash[JOURNAL_HASH_SIZE])
{
	static const uint8_t key[crypto_shorthash_siphashx24_KEYBYTES] = "breakwater chain";

	crypto_shorthash_siphashx24(hash, bytes, size, key);
}

static uint32_t checksum(const uint8_t *bytes, size_t crc_at, size_t size)
{
	return crc32c_extend(crc32c(bytes, crc_at), bytes + crc_at + sizeof(uint32_t),
	                     size - crc_at - sizeof(uint32_t));
}

static uint32_t get_u32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof value);
	return value;
}

static uint64_t get_u64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof value);
	return value;
}

static uint16_t get_u16(const uint8_t *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof value);
	return value;
}

static void put_u32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, sizeof value);
}

static void put_u64(uint8_t *at, uint64_t value)
{
	memcpy(at, &value, sizeof value);
}

static void put_u16(uint8_t *at, uint16_t value)
{
	memcpy(at, &value, sizeof value);
}

static size_t padded(size_t size)
{
	return (size + 7) / 8 * 8;
}

size_t journal_record_space(size_t payload_size)
{
	return padded(JOURNAL_RECORD_HEADER + payload_size);
}

void journal_header_put(uint8_t header[JOURNAL_HEADER_SIZE], nanos_t made, const uint64_t id[2])
{
	memset(header, 0, JOURNAL_HEADER_SIZE);
	memcpy(header, magic, sizeof magic);
	put_u32(header + HEADER_VERSION, JOURNAL_VERSION);
	put_u64(header + HEADER_MADE, (uint64_t)made);
	put_u64(header + HEADER_ID, id[0]);
	put_u64(header + HEADER_ID + 8, id[1]);
	put_u32(header + HEADER_CRC, checksum(header, HEADER_CRC, JOURNAL_HEADER_SIZE));
}

enum err journal_header_check(const uint8_t header[JOURNAL_HEADER_SIZE],
                              struct journal_chain *chain)
{
	if (memcmp(header, magic, sizeof magic) != 0 ||
	    get_u32(header + HEADER_CRC) != checksum(header, HEADER_CRC, JOURNAL_HEADER_SIZE))
		return ERR_CHECKSUM;
	if (get_u32(header + HEADER_VERSION) != JOURNAL_VERSION)
		return ERR_VERSION;
	chain->sequence = 0;
	hash_bytes(header, JOURNAL_HEADER_SIZE, chain->hash);
	return OK;
}

void journal_record_put(uint8_t *at, const struct journal_record *record,
                        enum save_class save_class)
{
	size_t size = JOURNAL_RECORD_HEADER + record->size;

	assert(record->size <= FRAME_MAX);
	put_u64(at + padded(size) - 8, 0);
	put_u32(at + AT_SIZE, (uint32_t)size);
	put_u64(at + AT_SEQUENCE, record->sequence);
	put_u64(at + AT_NOW, (uint64_t)record->now);
	put_u64(at + AT_ENTROPY, record->entropy);
	put_u16(at + AT_TYPE, (uint16_t)record->type);
	put_u16(at + AT_CLASS, (uint16_t)save_class);
	if (record->size > 0)
		memcpy(at + JOURNAL_RECORD_HEADER, record->payload, record->size);
}

enum save_class journal_record_class(const uint8_t *at)
{
	return (enum save_class)get_u16(at + AT_CLASS);
}

size_t journal_record_seal(uint8_t *at, struct journal_chain *chain)
{
	size_t space = padded(get_u32(at + AT_SIZE));

	assert(get_u64(at + AT_SEQUENCE) == chain->sequence + 1);
	memcpy(at + AT_PREVIOUS, chain->hash, JOURNAL_HASH_SIZE);
	put_u32(at + AT_CRC, checksum(at, AT_CRC, space));
	chain->sequence++;
	hash_bytes(at, space, chain->hash);
	return space;
}

static enum err check_record(const uint8_t *at, size_t left, size_t *space)
{
	uint32_t size = left >= sizeof size ? get_u32(at) : 0;

	if (size == 0)
		return ERR_NOT_FOUND;
	if (size < JOURNAL_RECORD_HEADER || size > JOURNAL_RECORD_MAX)
		return ERR_CHECKSUM;
	if (padded(size) > left)
		return ERR_AGAIN;
	if (get_u32(at + AT_CRC) != checksum(at, AT_CRC, padded(size)))
		return ERR_CHECKSUM;
	*space = padded(size);
	return OK;
}

enum err journal_record_read(const uint8_t *at, size_t left, struct journal_chain *chain,
                             struct journal_record *record, size_t *space)
{
	enum err err = check_record(at, left, space);

	if (err != OK)
		return err;
	if (get_u64(at + AT_SEQUENCE) != chain->sequence + 1 ||
	    memcmp(at + AT_PREVIOUS, chain->hash, JOURNAL_HASH_SIZE) != 0)
		return ERR_GAP;
	*record = (struct journal_record){
		.sequence = chain->sequence + 1,
		.now = (nanos_t)get_u64(at + AT_NOW),
		.entropy = get_u64(at + AT_ENTROPY),
		.type = (enum message_type)get_u16(at + AT_TYPE),
		.payload = at + JOURNAL_RECORD_HEADER,
		.size = get_u32(at + AT_SIZE) - JOURNAL_RECORD_HEADER,
	};
	chain->sequence++;
	hash_bytes(at, *space, chain->hash);
	return OK;
}

bool journal_has_later_record(const uint8_t *bytes, size_t size, const struct journal_chain *chain)
{
	for (size_t at = 0; at + JOURNAL_RECORD_HEADER <= size; at += 8) {
		size_t space;
		if (get_u64(bytes + at + AT_SEQUENCE) > chain->sequence &&
		    check_record(bytes + at, size - at, &space) == OK)
			return true;
	}
	return false;
}
