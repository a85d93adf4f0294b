#include "common/blob.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BYTES = 4096 };

void blob_init(struct blob_writer *w, size_t max_bytes)
{
	*w = (struct blob_writer){.max_bytes = max_bytes};
}

void blob_done(struct blob_writer *w)
{
	free(w->data);
	memset(w, 0, sizeof(*w));
}

void blob_clear(struct blob_writer *w)
{
	w->len = 0;
	w->failed = false;
}

/* Room for N more bytes; false: there is none. */
static bool grow(struct blob_writer *w, size_t n)
{
	size_t capacity = w->capacity ? w->capacity : FIRST_BYTES;
	uint8_t *data;

	if (w->failed || n > w->max_bytes - w->len) {
		w->failed = true;
		return false;
	}
	while (capacity < w->len + n)
		capacity *= 2;
	if (capacity > w->max_bytes)
		capacity = w->max_bytes;
	data = realloc(w->data, capacity);
	if (!data) {
		w->failed = true;
		return false;
	}
	w->data = data;
	w->capacity = capacity;
	return true;
}

/* N bytes, small and known where it is called. */
static inline void put(struct blob_writer *w, const void *bytes, size_t n)
{
	if ((w->failed || n > w->capacity - w->len) && !grow(w, n))
		return;
	memcpy(w->data + w->len, bytes, n);
	w->len += n;
}

void blob_put_u8(struct blob_writer *w, uint8_t v)
{
	put(w, &v, sizeof(v));
}

void blob_put_u16(struct blob_writer *w, uint16_t v)
{
	v = htole16(v);
	put(w, &v, sizeof(v));
}

void blob_put_u32(struct blob_writer *w, uint32_t v)
{
	v = htole32(v);
	put(w, &v, sizeof(v));
}

void blob_put_u64(struct blob_writer *w, uint64_t v)
{
	v = htole64(v);
	put(w, &v, sizeof(v));
}

void blob_put_bool(struct blob_writer *w, bool v)
{
	blob_put_u8(w, v);
}

void blob_put_bytes(struct blob_writer *w, const void *bytes, size_t n)
{
	if (n > 0)
		put(w, bytes, n);
}

void blob_put_str(struct blob_writer *w, struct str s)
{
	blob_put_u32(w, s.len);
	blob_put_bytes(w, s.data, s.len);
}

void blob_put_text(struct blob_writer *w, const char *text)
{
	blob_put_str(w, str_from(text));
}

void blob_put_ip(struct blob_writer *w, const struct ip_addr *ip)
{
	put(w, ip, sizeof(*ip));
}

size_t blob_reserve_u32(struct blob_writer *w)
{
	blob_put_u32(w, 0);
	return w->failed ? 0 : w->len - sizeof(uint32_t);
}

void blob_set_u32(struct blob_writer *w, size_t place, uint32_t v)
{
	if (w->failed)
		return;
	assert(place + sizeof(v) <= w->len);
	v = htole32(v);
	memcpy(w->data + place, &v, sizeof(v));
}

const uint8_t *blob_bytes(struct blob_reader *r, size_t n)
{
	if (r->failed || n > r->len - r->at) {
		r->failed = true;
		return NULL;
	}
	r->at += n;
	return r->data + (r->at - n);
}

static uint64_t number(struct blob_reader *r, size_t n)
{
	const uint8_t *at = blob_bytes(r, n);
	uint64_t v = 0;

	while (at && n-- > 0)
		v = v << 8 | at[n];
	return v;
}

uint8_t blob_u8(struct blob_reader *r)
{
	return (uint8_t)number(r, sizeof(uint8_t));
}

uint16_t blob_u16(struct blob_reader *r)
{
	return (uint16_t)number(r, sizeof(uint16_t));
}

uint32_t blob_u32(struct blob_reader *r)
{
	return (uint32_t)number(r, sizeof(uint32_t));
}

uint64_t blob_u64(struct blob_reader *r)
{
	return number(r, sizeof(uint64_t));
}

bool blob_bool(struct blob_reader *r)
{
	const uint8_t v = blob_u8(r);

	if (v > 1)
		r->failed = true;
	return v == 1;
}

uint32_t blob_u32_most(struct blob_reader *r, uint32_t most)
{
	const uint32_t v = blob_u32(r);

	if (v <= most)
		return v;
	r->failed = true;
	return 0;
}

struct str blob_str(struct blob_reader *r, uint32_t most)
{
	const uint32_t n = blob_u32_most(r, most);
	const uint8_t *at = blob_bytes(r, n);

	return at ? (struct str){(const char *)at, n} : (struct str){"", 0};
}

void blob_ip(struct blob_reader *r, struct ip_addr *ret)
{
	const uint8_t *at = blob_bytes(r, sizeof(*ret));

	memset(ret, 0, sizeof(*ret));
	if (at)
		memcpy(ret, at, sizeof(*ret));
}

uint32_t blob_count(struct blob_reader *r, uint32_t most, size_t each_bytes)
{
	const uint32_t n = blob_u32_most(r, most);

	assert(each_bytes > 0);
	if (n <= (r->len - r->at) / each_bytes)
		return n;
	r->failed = true;
	return 0;
}

struct blob_reader blob_part(struct blob_reader *r)
{
	const uint32_t n = blob_u32(r);
	const uint8_t *at = blob_bytes(r, n);
	struct blob_reader part = blob_reader_init(at, at ? n : 0);

	part.failed = !at;
	return part;
}
