/* Bytes that outlive the program: numbers little-endian, texts with their length in front. What is
 * read back is hostile: a read that does not fit returns 0, moves nothing and sets a flag that
 * stays; ask blob_ok() before anything is believed. Nothing is allocated by what a blob claims:
 * blob_count says how many of something may follow at most. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/ip.h"
#include "common/str.h"

struct blob_writer {
	uint8_t *data; /* owned */
	size_t len, capacity;
	size_t max_bytes;
	bool failed; /* out of memory, or more than max_bytes */
};

/* MAX_BYTES: what goes beyond it is an error. blob_done is due. */
void blob_init(struct blob_writer *w, size_t max_bytes);
void blob_done(struct blob_writer *w);
void blob_clear(struct blob_writer *w); /* keeps the memory */

void blob_put_u8(struct blob_writer *w, uint8_t v);
void blob_put_u16(struct blob_writer *w, uint16_t v);
void blob_put_u32(struct blob_writer *w, uint32_t v);
void blob_put_u64(struct blob_writer *w, uint64_t v);
void blob_put_bool(struct blob_writer *w, bool v);
void blob_put_bytes(struct blob_writer *w, const void *bytes, size_t n);
void blob_put_str(struct blob_writer *w, struct str s);
void blob_put_text(struct blob_writer *w, const char *text); /* as blob_put_str */
void blob_put_ip(struct blob_writer *w, const struct ip_addr *ip);

/* Room for a number that is known later: its place, for blob_set_u32. */
size_t blob_reserve_u32(struct blob_writer *w);
void blob_set_u32(struct blob_writer *w, size_t place, uint32_t v);

struct blob_reader {
	const uint8_t *data; /* borrowed */
	size_t at, len;
	bool failed;
};

static inline struct blob_reader blob_reader_init(const void *data, size_t len)
{
	return (struct blob_reader){data, 0, len, false};
}

static inline bool blob_ok(const struct blob_reader *r)
{
	return !r->failed;
}

/* All was read, and fitted. */
static inline bool blob_at_end(const struct blob_reader *r)
{
	return !r->failed && r->at == r->len;
}

/* What was read makes no sense. Returns false. */
static inline bool blob_fail(struct blob_reader *r)
{
	r->failed = true;
	return false;
}

uint8_t blob_u8(struct blob_reader *r);
uint16_t blob_u16(struct blob_reader *r);
uint32_t blob_u32(struct blob_reader *r);
uint64_t blob_u64(struct blob_reader *r);
bool blob_bool(struct blob_reader *r); /* neither 0 nor 1: failed */

/* A number of at most MOST. */
uint32_t blob_u32_most(struct blob_reader *r, uint32_t most);

/* The next N bytes, borrowed; NULL when there are fewer. */
const uint8_t *blob_bytes(struct blob_reader *r, size_t n);

/* A text of at most MOST bytes, borrowed; {"", 0} when it does not fit. */
struct str blob_str(struct blob_reader *r, uint32_t most);

void blob_ip(struct blob_reader *r, struct ip_addr *ret);

/* How many of something follow: at most MOST, and each takes EACH_BYTES or more of what is left. */
uint32_t blob_count(struct blob_reader *r, uint32_t most, size_t each_bytes);

/* The reader of the next part, which was put as a text; R goes on behind it. */
struct blob_reader blob_part(struct blob_reader *r);
