#include "redis/slot.h"

#include <string.h>

/* Polynomial 0x1021, start 0, most significant bit first. */
static uint16_t crc16(const char *data, size_t len)
{
	uint32_t crc = 0;

	for (size_t i = 0; i < len; i++) {
		crc ^= (uint32_t)(unsigned char)data[i] << 8;
		for (int bit = 0; bit < 8; bit++)
			crc = (crc & 0x8000) ? crc << 1 ^ 0x1021 : crc << 1;
	}
	return (uint16_t)crc;
}

uint16_t redis_slot(struct str key)
{
	const char *open = key.len > 0 ? memchr(key.data, '{', key.len) : NULL;
	size_t behind = open ? (size_t)(key.data + key.len - open - 1) : 0;
	const char *close = behind > 0 ? memchr(open + 1, '}', behind) : NULL;

	if (close && close > open + 1)
		return crc16(open + 1, (size_t)(close - open - 1)) % REDIS_SLOTS;
	return crc16(key.data, key.len) % REDIS_SLOTS;
}
