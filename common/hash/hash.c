#include "common/hash/hash.h"

/* Its code becomes part of ours: keys of some twenty bytes are hashed in less time than the calls
 * into its library take. */
#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t hash64(const void *data, size_t len, uint64_t key)
{
	return XXH3_64bits_withSeed(data, len, key);
}

struct digest digest128(const void *data, size_t len)
{
	XXH128_canonical_t canonical;
	struct digest d;

	XXH128_canonicalFromHash(&canonical, XXH3_128bits(data, len));
	for (size_t i = 0; i < sizeof(d.bytes); i++)
		d.bytes[i] = canonical.digest[i];
	return d;
}

char *digest_format(const struct digest *d, char *buf)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < sizeof(d->bytes); i++) {
		buf[2 * i] = digits[d->bytes[i] >> 4];
		buf[2 * i + 1] = digits[d->bytes[i] & 15];
	}
	buf[2 * sizeof(d->bytes)] = '\0';
	return buf;
}
