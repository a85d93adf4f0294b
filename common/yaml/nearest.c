#include "common/yaml/yaml.h"

enum { MAX_NAME_BYTES = 64 };

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Insertions, deletions, substitutions and swaps of neighbours that turn A into B, letters without
 * their case. Both hold at most MAX_NAME_BYTES. */
static uint32_t edit_distance(struct str a, struct str b)
{
	uint32_t rows[3][MAX_NAME_BYTES + 1];

	for (uint32_t j = 0; j <= b.len; j++)
		rows[0][j] = j;
	for (uint32_t i = 1; i <= a.len; i++) {
		uint32_t *row = rows[i % 3];
		const uint32_t *above = rows[(i + 2) % 3];
		const uint32_t *above2 = rows[(i + 1) % 3];
		char c = ascii_lower(a.data[i - 1]);

		row[0] = i;
		for (uint32_t j = 1; j <= b.len; j++) {
			char d = ascii_lower(b.data[j - 1]);

			row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (c != d));
			if (i > 1 && j > 1 && c == ascii_lower(b.data[j - 2]) &&
				ascii_lower(a.data[i - 2]) == d)
				row[j] = least(row[j], above2[j - 2] + 1);
		}
	}
	return rows[a.len % 3][b.len];
}

const char *nearest_name(struct str text, const char *const *names)
{
	const char *nearest = NULL;
	uint32_t best = UINT32_MAX;

	if (text.len == 0 || text.len > MAX_NAME_BYTES)
		return NULL;
	for (; *names; names++) {
		struct str name = str_from(*names);
		uint32_t longer = name.len > text.len ? name.len : text.len;
		uint32_t allowed = longer < 6 ? 1 : longer / 3;
		uint32_t distance;

		if (name.len > MAX_NAME_BYTES)
			continue;
		distance = edit_distance(text, name);
		/* When all letters of the shorter one are wrong, it was no slip. */
		if (distance <= allowed && distance < least(text.len, name.len) &&
			distance < best) {
			best = distance;
			nearest = *names;
		}
	}
	return nearest;
}
