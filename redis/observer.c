#include "redis/observer.h"

#include <stdio.h>
#include <string.h>

bool observer_is_line(struct str json)
{
	if (json.len < 2 || json.data[0] != '{' || json.data[json.len - 1] != '}')
		return false;
	for (uint32_t i = 0; i < json.len; i++) {
		if ((unsigned char)json.data[i] < ' ')
			return false;
	}
	return true;
}

const char *observer_find(struct str json, struct str key)
{
	const char *at = json.data;
	const char *end = json.data + json.len;

	while (at && (size_t)(end - at) > key.len) {
		at = memmem(at, (size_t)(end - at), key.data, key.len);
		if (!at)
			return NULL;
		if (at > json.data && (at[-1] == ',' || at[-1] == '{'))
			return at + key.len;
		at++;
	}
	return NULL;
}

size_t observer_add(struct str json, const char *name, char *buf)
{
	size_t n = json.len;

	memcpy(buf, json.data, n);
	if (observer_find(json, STR("\"observer.name\":")))
		return n;
	n--; /* the brace */
	return n + (size_t)snprintf(buf + n, OBSERVER_BYTES + 1, "%s\"observer.name\":\"%s\"}",
			   n > 1 ? "," : "", name);
}
