/* Text from the wire without the identities of subscribers: nothing but '*' is put in, the same
 * twice as once, and no number is left that is long enough for one. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/redact.h"

enum { MAX_BYTES = 4096, LONG_DIGITS = 10 };

typedef void redact_fn(char *text, uint32_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy of exactly its size. */
static char *redacted(redact_fn *redact, const uint8_t *data, size_t size)
{
	char *text = malloc(size ? size : 1);

	if (!text)
		abort();
	memcpy(text, data, size);
	redact(text, (uint32_t)size);
	return text;
}

static void check(redact_fn *redact, const uint8_t *data, size_t size)
{
	char *once = redacted(redact, data, size);
	char *twice = redacted(redact, (const uint8_t *)once, size);
	size_t digits = 0;

	assert(memcmp(once, twice, size) == 0);
	for (size_t i = 0; i < size; i++) {
		assert(once[i] == (char)data[i] || once[i] == '*');
		digits = once[i] >= '0' && once[i] <= '9' ? digits + 1 : 0;
		assert(redact != redact_name || digits < LONG_DIGITS);
	}
	free(once);
	free(twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > MAX_BYTES)
		return 0;
	check(redact_name, data, size);
	check(redact_text, data, size);
	return 0;
}
