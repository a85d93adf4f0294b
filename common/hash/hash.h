/* Hashes of [xxHash]. hash64 is for tables: give it a secret key where an attacker chooses the
 * values. digest128 names things for ever (alert ids, versions of files): the same bytes give the
 * same text on every machine. It is no signature. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { DIGEST_TEXT_BYTES = 33 };

struct digest {
	uint8_t bytes[16];
};

uint64_t hash64(const void *data, size_t len, uint64_t key);

struct digest digest128(const void *data, size_t len);
char *digest_format(const struct digest *d,
	char *buf); /* 32 hex digits in BUF of DIGEST_TEXT_BYTES; returns BUF */
