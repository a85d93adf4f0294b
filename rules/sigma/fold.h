/* Texts without the case of ASCII letters, for tables. Folding sets one bit of each byte: what is
 * equal without case is equal when folded, and a little more is, which who looks up sorts out. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/str.h"

static inline uint64_t fold_mix(uint64_t hash, uint64_t bytes)
{
	hash = (hash ^ bytes) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 32;
}

static inline uint64_t fold_load(const char *data)
{
	uint64_t bytes;

	memcpy(&bytes, data, sizeof(bytes));
	return bytes | UINT64_C(0x2020202020202020);
}

static inline uint32_t fold_load_4(const char *data)
{
	uint32_t bytes;

	memcpy(&bytes, data, sizeof(bytes));
	return bytes | UINT32_C(0x20202020);
}

/* Equal for texts that differ in the case of ASCII letters only. No secret: for tables whose keys
 * come from files of the operator's. */
static inline uint64_t fold_hash(struct str text)
{
	uint64_t hash = text.len * UINT64_C(0xff51afd7ed558ccd);
	const char *at = text.data;
	uint32_t left = text.len;

	for (; left > 8; left -= 8, at += 8)
		hash = fold_mix(hash, fold_load(at));
	if (text.len >= 8)
		return fold_mix(hash, fold_load(text.data + text.len - 8));
	if (left >= 4)
		return fold_mix(hash, (uint64_t)fold_load_4(at) << 32 | fold_load_4(at + left - 4));
	for (; left > 0; left--, at++)
		hash = fold_mix(hash, (uint8_t)*at | 0x20U);
	return hash;
}

/* Whether TEXT has at its byte AT what LOWER says in lower case. */
static inline bool fold_has_at(struct str text, uint32_t at, struct str lower)
{
	if (at > text.len || lower.len > text.len - at)
		return false;
	return str_eq_nocase((struct str){text.data + at, lower.len}, lower);
}
