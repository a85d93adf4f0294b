/* What every part of a saved state has to bear: it is the same after it was read, and whatever is
 * cut off or changed in it, it is refused or read as something that can be freed. */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "common/blob.h"
#include "tests/unit/suite.h"

enum { BLOB_CHECK_BYTES = 1 << 24 };

/* Reads R into something new; when that works, saves it to AGAIN (NULL: not asked for). Frees it.
 * Whether it worked, and all of R was read. */
typedef bool blob_round_fn(void *user, struct blob_reader *r, struct blob_writer *again);

/* N bytes in memory of exactly their size. */
static inline bool blob_try(
	const uint8_t *bytes, size_t n, blob_round_fn *round, void *user, struct blob_writer *again)
{
	uint8_t *copy = (uint8_t *)malloc(n ? n : 1);
	struct blob_reader r;
	bool ok;

	memcpy(copy, bytes, n);
	r = blob_reader_init(copy, n);
	ok = round(user, &r, again);
	free(copy);
	return ok;
}

/* STEP: how many bytes from one place to the next that is cut or changed at. */
static inline void blob_check(
	const struct blob_writer *w, size_t step, blob_round_fn *round, void *user)
{
	uint8_t *changed = (uint8_t *)malloc(w->len);
	struct blob_writer again;

	ck_assert(!w->failed);
	blob_init(&again, BLOB_CHECK_BYTES);
	ck_assert(blob_try(w->data, w->len, round, user, &again));
	ck_assert_uint_eq(again.len, w->len);
	ck_assert_mem_eq(again.data, w->data, w->len);
	blob_done(&again);
	for (size_t n = 0; n < w->len; n += step)
		ck_assert(!blob_try(w->data, n, round, user, NULL));
	memcpy(changed, w->data, w->len);
	for (size_t i = 0; i < w->len; i += step) {
		static const uint8_t flips[] = {0x01, 0x80, 0xff};

		for (size_t k = 0; k < sizeof(flips); k++) {
			changed[i] = (uint8_t)(w->data[i] ^ flips[k]);
			(void)blob_try(changed, w->len, round, user, NULL);
		}
		changed[i] = w->data[i];
	}
	free(changed);
}
