#include "common/decimal.h"

#include <string.h>

/* Two digits a division. */
static const char pairs[] =
	"00010203040506070809101112131415161718192021222324252627282930313233343536373839"
	"40414243444546474849505152535455565758596061626364656667686970717273747576777879"
	"8081828384858687888990919293949596979899";

char *decimal_put(char *at, uint64_t v)
{
	char digits[DECIMAL_BYTES];
	char *first = digits + sizeof(digits);
	size_t n;

	while (v >= 100) {
		first -= 2;
		memcpy(first, pairs + 2 * (v % 100), 2);
		v /= 100;
	}
	if (v >= 10) {
		first -= 2;
		memcpy(first, pairs + 2 * v, 2);
	} else {
		*--first = (char)('0' + v);
	}
	n = (size_t)(digits + sizeof(digits) - first);
	memcpy(at, first, n);
	return at + n;
}

char *decimal_put_fixed(char *at, uint32_t v, int n)
{
	int i = n;

	for (; i >= 2; v /= 100) {
		i -= 2;
		memcpy(at + i, pairs + (size_t)2 * (v % 100), 2);
	}
	if (i > 0)
		at[0] = (char)('0' + v % 10);
	return at + n;
}
