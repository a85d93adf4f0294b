/* Where a Redis is, as a person writes it: refused without a word of the password, or read; and any
 * path of a socket comes back as it went in. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "redis/url.h"

enum { MAX_BYTES = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_read(const char *text)
{
	struct redis_url url;
	struct error err = {0};

	memset(&url, 0xa5, sizeof(url));
	if (redis_url_parse(text, &url, &err) < 0) {
		assert(err.code == ERR_USAGE && err.msg[0] != '\0');
		return;
	}
	assert(memchr(url.path, '\0', sizeof(url.path)) &&
		memchr(url.user, '\0', sizeof(url.user)) &&
		memchr(url.password, '\0', sizeof(url.password)) &&
		memchr(url.master, '\0', sizeof(url.master)) &&
		memchr(url.sentinel_user, '\0', sizeof(url.sentinel_user)) &&
		memchr(url.sentinel_password, '\0', sizeof(url.sentinel_password)) &&
		memchr(url.ca_file, '\0', sizeof(url.ca_file)) &&
		memchr(url.cert_file, '\0', sizeof(url.cert_file)) &&
		memchr(url.key_file, '\0', sizeof(url.key_file)) &&
		memchr(url.server_name, '\0', sizeof(url.server_name)) &&
		memchr(url.name, '\0', sizeof(url.name)));
	assert(url.is_unix ? url.path[0] != '\0' && url.n_places == 0 : url.n_places > 0);
	assert(url.n_places <= REDIS_PLACES_MAX);
	for (uint32_t i = 0; i < url.n_places; i++)
		assert(memchr(url.places[i].host, '\0', sizeof(url.places[i].host)) &&
			url.places[i].host[0] != '\0' && url.places[i].port > 0);
	assert((url.topology == REDIS_SENTINEL) == (url.master[0] != '\0'));
	assert(url.topology == REDIS_SINGLE || url.n_places > 0);
	assert(url.topology != REDIS_CLUSTER || url.db == 0);
	assert(url.has_password || url.password[0] == '\0');
}

/* Whatever stands around it, a password must not be in any message. Its letters stand nowhere else.
 */
static void check_secret(const char *scheme, const char *text)
{
	static const char secret[] = "QZJXQZJX";
	const int half = (int)strlen(text) / 2;
	char url[MAX_BYTES + 64];
	struct redis_url ret;
	struct error err = {0};

	if (strstr(text, secret))
		return;
	snprintf(url, sizeof(url), "%s://:%.*s%s@%s", scheme, half, text, secret, text + half);
	if (redis_url_parse(url, &ret, &err) < 0)
		assert(!strstr(err.msg, secret));
	else
		assert(!strstr(ret.name, secret));
}

/* Nor must that of the sentinels, and none of what else may stand behind the ?. */
static void check_parameter(const char *text)
{
	static const char secret[] = "QZJXQZJX";
	const int half = (int)strlen(text) / 2;
	char url[MAX_BYTES + 96];
	struct redis_url ret;
	struct error err = {0};

	if (strstr(text, secret))
		return;
	snprintf(url, sizeof(url), "redis+sentinel://h/m?sentinel_password=%s%.*s&%s", secret, half,
		text, text + half);
	if (redis_url_parse(url, &ret, &err) < 0)
		assert(!strstr(err.msg, secret));
	else
		assert(!strstr(ret.name, secret));
}

static void check_path(const char *path)
{
	char text[REDIS_URL_BYTES];
	struct redis_url url;
	struct error err = {0};

	if (path[0] != '/' || strlen(path) >= sizeof(url.path))
		return;
	assert(redis_url_parse(redis_url_unix(path, text), &url, &err) == 0);
	assert(url.is_unix && strcmp(url.path, path) == 0 && !url.has_password && url.db == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = size <= MAX_BYTES ? malloc(size + 1) : NULL;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	check_read(text);
	check_secret("redis", text);
	check_secret("unix", text);
	check_secret("redis+sentinel", text);
	check_secret("redis+cluster", text);
	check_parameter(text);
	check_path(text);
	free(text);
	return 0;
}
