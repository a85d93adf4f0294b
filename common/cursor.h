/* Reads bytes from the wire in order, never beyond their end. A read that does not fit returns 0,
 * moves nothing and sets a flag that stays: read a whole header, then ask cursor_ok() once, then
 * trust the fields. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cursor {
	const uint8_t *data; /* start of the buffer; borrowed */
	uint32_t at;         /* offset of the next byte; never beyond end */
	uint32_t end;        /* bytes that may be read */
	bool failed;
};

static inline struct cursor cursor_init(const uint8_t *data, uint32_t len)
{
	return (struct cursor){data, 0, len, false};
}

static inline bool cursor_ok(const struct cursor *c)
{
	return !c->failed;
}

static inline uint32_t cursor_left(const struct cursor *c)
{
	return c->end - c->at;
}

/* The next N bytes, or NULL (and the flag) when there are fewer. */
static inline const uint8_t *cursor_take(struct cursor *c, uint32_t n)
{
	if (n > c->end - c->at) {
		c->failed = true;
		return NULL;
	}
	c->at += n;
	return c->data + (c->at - n);
}

static inline void cursor_skip(struct cursor *c, uint32_t n)
{
	(void)cursor_take(c, n);
}

/* Nothing beyond N more bytes may be read: what lies behind is padding or another header's. N
 * larger than what is left changes nothing: the bytes were not captured. */
static inline void cursor_limit(struct cursor *c, uint32_t n)
{
	if (n < c->end - c->at)
		c->end = c->at + n;
}

static inline uint8_t cursor_u8(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 1);

	return p ? p[0] : 0;
}

static inline uint16_t cursor_be16(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 2);

	if (!p)
		return 0;
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t cursor_be24(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 3);

	return p ? (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2] : 0;
}

static inline uint32_t cursor_be32(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 4);

	return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}

static inline uint64_t cursor_be64(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 8);
	uint64_t v = 0;

	for (int i = 0; p && i < 8; i++)
		v = v << 8 | p[i];
	return v;
}
