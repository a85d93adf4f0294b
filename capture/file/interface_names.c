#include "capture/file/interface_names.h"

#include <stdlib.h>
#include <string.h>

/* The place of TEXT among those that are sorted: where it is, or where it belongs. */
static uint32_t place_of(const struct interface_names *names, const char *text, bool *ret_found)
{
	uint32_t low = 0, high = names->n;

	*ret_found = false;
	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		const int order = strcmp(names->sorted[middle], text);

		if (order == 0) {
			*ret_found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* False without memory. */
static bool insert(struct interface_names *names, uint32_t place, const char *text)
{
	char *copy;

	if (!names->sorted)
		names->sorted = calloc(INTERFACE_NAMES_MAX, sizeof(*names->sorted));
	copy = names->sorted ? strdup(text) : NULL;
	if (!copy)
		return false;
	memmove(names->sorted + place + 1, names->sorted + place,
		(names->n - place) * sizeof(*names->sorted));
	names->sorted[place] = copy;
	names->n++;
	return true;
}

bool interface_names_keep(
	struct interface_names *names, const uint8_t *bytes, size_t n, const char **ret)
{
	const uint8_t *end = n ? memchr(bytes, '\0', n) : NULL;
	char text[INTERFACE_NAME_MAX_BYTES + 1];
	uint32_t place;
	bool found;

	*ret = NULL;
	if (end)
		n = (size_t)(end - bytes);
	if (n > INTERFACE_NAME_MAX_BYTES)
		return true;
	if (n)
		memcpy(text, bytes, n);
	text[n] = '\0';
	place = place_of(names, text, &found);
	if (!found && names->n == INTERFACE_NAMES_MAX)
		return true;
	if (!found && !insert(names, place, text))
		return false;
	*ret = names->sorted[place];
	return true;
}

void interface_names_done(struct interface_names *names)
{
	for (uint32_t i = 0; i < names->n; i++)
		free(names->sorted[i]);
	free(names->sorted);
	*names = (struct interface_names){.n = 0};
}
