#include "redis/url.h"

#include <stdio.h>
#include <string.h>

#include "common/str.h"
#include "redis/tls/tls.h"

#define SLASH "a / in a user or a password of a Redis URL is written %2F, an @ %40"
#define FORMS                                                                                      \
	"redis://[[user]:password@]host[:port][/db], unix://[[user]:password@]/path[?db=N], "      \
	"redis+sentinel://host,.../MASTER or redis+cluster://host,..."

/* Undoes %XX from TEXT into BUF. WHAT names the part for the message, which must not show it. */
static int decode(struct str text, const char *what, char *buf, size_t size, struct error *err)
{
	size_t at = 0;

	for (uint32_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (c == '%') {
			int high = i + 2 < text.len ? hex_digit(text.data[i + 1]) : -1;
			int low = i + 2 < text.len ? hex_digit(text.data[i + 2]) : -1;

			if (high < 0 || low < 0 || (high == 0 && low == 0))
				return error_set(err, ERR_USAGE,
					"the %s in the Redis URL has a %% without two hexadecimal "
					"digits behind it; write %%25 for a %% sign",
					what);
			c = (char)(high << 4 | low);
			i += 2;
		}
		if (at + 1 >= size)
			return error_set(err, ERR_USAGE,
				"the %s in the Redis URL is longer than %zu bytes", what, size - 1);
		buf[at++] = c;
	}
	buf[at] = '\0';
	return 0;
}

/* A decimal number from 0 to MAX, digits only. */
static bool parse_number(struct str text, uint32_t max, uint32_t *ret)
{
	uint64_t v = 0;

	if (text.len == 0 || text.len > 10)
		return false;
	for (uint32_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(text.data[i] - '0');
	}
	*ret = (uint32_t)v;
	return v <= max;
}

/* What stands before the first (or last) C in *text, which becomes what stands behind it. */
static bool split(struct str *text, char c, bool last, struct str *ret_before)
{
	const char *at = NULL;

	if (text->len > 0)
		at = last ? memrchr(text->data, c, text->len) : memchr(text->data, c, text->len);
	if (!at)
		return false;
	*ret_before = (struct str){text->data, (uint32_t)(at - text->data)};
	text->len -= ret_before->len + 1;
	text->data = at + 1;
	return true;
}

/* "[user]:password@" at the start of *authority, which becomes what follows. */
static int parse_userinfo(struct str *authority, struct redis_url *ret, struct error *err)
{
	struct str password, user;
	int rc;

	if (!split(authority, '@', true, &password))
		return 0;
	if (!split(&password, ':', false, &user))
		return error_set(err, ERR_USAGE,
			"the Redis URL has a user but no password: write :password@ for a password "
			"alone, user:password@ for both");
	rc = decode(user, "user", ret->user, sizeof(ret->user), err);
	if (rc == 0)
		rc = decode(password, "password", ret->password, sizeof(ret->password), err);
	ret->has_password = true;
	return rc;
}

static int parse_db(struct str text, struct redis_url *ret, struct error *err)
{
	if (!parse_number(text, INT32_MAX, &ret->db))
		return error_set(err, ERR_USAGE,
			"\"%.*s\" is no database number in the Redis URL; write 0, 1, 2 ...",
			(int)text.len, text.data);
	return 0;
}

static int parse_port(struct str text, uint16_t *ret, struct error *err)
{
	uint32_t number;

	if (!parse_number(text, UINT16_MAX, &number) || number == 0)
		return error_set(err, ERR_USAGE,
			"\"%.*s\" is no port in the Redis URL; write 1 to 65535", (int)text.len,
			text.data);
	*ret = (uint16_t)number;
	return 0;
}

static int parse_host(struct str text, struct redis_url *ret, struct error *err)
{
	struct redis_place *place = &ret->places[ret->n_places];
	struct str host = text;
	struct str port = {NULL, 0};
	bool brackets = text.len > 0 && text.data[0] == '[';
	int rc;

	if (brackets) {
		text.data++;
		text.len--;
		if (!split(&text, ']', false, &host) || (text.len > 0 && text.data[0] != ':'))
			return error_set(err, ERR_USAGE,
				"an IPv6 address in a Redis URL stands in brackets: "
				"redis://[::1]:6379");
		if (text.len > 0)
			port = (struct str){text.data + 1, text.len - 1};
	} else if (split(&text, ':', false, &host)) {
		port = text;
		if (memchr(port.data, ':', port.len))
			return error_set(err, ERR_USAGE,
				"an IPv6 address in a Redis URL stands in brackets: "
				"redis://[::1]:6379");
	}
	rc = decode(host, "host", place->host, sizeof(place->host), err);
	if (rc < 0)
		return rc;
	if (place->host[0] == '\0')
		return error_set(err, ERR_USAGE, "the Redis URL names no host; write " FORMS);
	place->port = ret->topology == REDIS_SENTINEL ? 26379 : 6379;
	ret->n_places++;
	return port.len > 0 ? parse_port(port, &place->port, err) : 0;
}

static int parse_hosts(struct str text, struct redis_url *ret, struct error *err)
{
	struct str host = text;
	bool more = true;
	int rc = 0;

	if (ret->topology == REDIS_SINGLE && text.len > 0 && memchr(text.data, ',', text.len))
		return error_set(err, ERR_USAGE,
			"one server has one host: for several write "
			"redis+sentinel://host,host/MASTER or redis+cluster://host,host");
	while (rc == 0 && more) {
		if (ret->n_places == REDIS_PLACES_MAX)
			return error_set(err, ERR_USAGE,
				"the Redis URL names more than %d hosts; a few are enough, the "
				"others are learned from them",
				REDIS_PLACES_MAX);
		more = split(&text, ',', false, &host);
		rc = parse_host(more ? host : text, ret, err);
	}
	return rc;
}

/* One "name=value" behind the ?. */
static int parse_parameter(struct str value, struct redis_url *ret, struct error *err)
{
	struct {
		const char *name;
		bool allowed;
		char *to;
		size_t size;
	} known[] = {
		{"sentinel_password", ret->topology == REDIS_SENTINEL, ret->sentinel_password,
			sizeof(ret->sentinel_password)},
		{"sentinel_user", ret->topology == REDIS_SENTINEL, ret->sentinel_user,
			sizeof(ret->sentinel_user)},
		{"cacert", ret->tls, ret->ca_file, sizeof(ret->ca_file)},
		{"cert", ret->tls, ret->cert_file, sizeof(ret->cert_file)},
		{"key", ret->tls, ret->key_file, sizeof(ret->key_file)},
		{"server_name", ret->tls, ret->server_name, sizeof(ret->server_name)},
	};
	struct str name = value;
	bool named = split(&value, '=', false, &name);

	for (size_t i = 0; named && i < sizeof(known) / sizeof(known[0]); i++) {
		if (!known[i].allowed || !str_eq(name, str_from(known[i].name)))
			continue;
		ret->has_sentinel_password |= i == 0;
		return decode(value, known[i].name, known[i].to, known[i].size, err);
	}
	return error_set(err, ERR_USAGE,
		"only sentinel_password=, sentinel_user= (redis+sentinel://), cacert=, cert=, key= "
		"and server_name= (rediss://) may follow the ? in a Redis URL");
}

static int parse_parameters(struct str query, struct redis_url *ret, struct error *err)
{
	struct str one;
	int rc = 0;

	while (rc == 0 && query.len > 0) {
		if (!split(&query, '&', false, &one)) {
			one = query;
			query.len = 0;
		}
		rc = parse_parameter(one, ret, err);
	}
	if (rc == 0 && ret->sentinel_user[0] && !ret->has_sentinel_password)
		rc = error_set(err, ERR_USAGE,
			"the Redis URL has a sentinel_user= without sentinel_password=");
	if (rc == 0 && (ret->cert_file[0] != '\0') != (ret->key_file[0] != '\0'))
		rc = error_set(err, ERR_USAGE, "cert= and key= stand together in a rediss:// URL");
	return rc;
}

/* What stands behind the host's /. */
static int parse_place(struct str text, struct redis_url *ret, struct error *err)
{
	struct str master = text;
	int rc = 0;

	if (ret->topology == REDIS_SENTINEL) {
		if (!split(&text, '/', false, &master))
			text.len = 0;
		rc = decode(master, "name of the master", ret->master, sizeof(ret->master), err);
		if (rc == 0 && ret->master[0] == '\0')
			rc = error_set(err, ERR_USAGE,
				"the Redis URL does not say what the sentinels call the server: "
				"redis+sentinel://host,host/MASTER");
	}
	if (rc == 0 && text.len > 0)
		rc = parse_db(text, ret, err);
	if (rc == 0 && ret->topology == REDIS_CLUSTER && ret->db != 0)
		rc = error_set(err, ERR_USAGE,
			"a Redis Cluster has database 0 alone: leave the /%u out",
			(unsigned)ret->db);
	return rc;
}

static void append(char *buf, size_t size, const char *text)
{
	size_t len = strlen(buf);

	snprintf(buf + len, size - len, "%s", text);
}

static void make_name(struct redis_url *u)
{
	static const char *const schemes[] = {"redis", "redis+sentinel", "redis+cluster"};
	static const char *const tls_schemes[] = {"rediss", "rediss+sentinel", "rediss+cluster"};
	char part[300];

	snprintf(u->name, sizeof(u->name), "%s://",
		u->tls ? tls_schemes[u->topology] : schemes[u->topology]);
	for (uint32_t i = 0; i < u->n_places; i++) {
		snprintf(part, sizeof(part),
			strchr(u->places[i].host, ':') ? "%s[%s]:%u" : "%s%s:%u", i > 0 ? "," : "",
			u->places[i].host, (unsigned)u->places[i].port);
		append(u->name, sizeof(u->name), part);
	}
	if (u->topology == REDIS_SENTINEL) {
		append(u->name, sizeof(u->name), "/");
		append(u->name, sizeof(u->name), u->master);
	}
}

static int parse_tcp(struct str rest, struct redis_url *ret, struct error *err)
{
	struct str all = rest;
	struct str authority = rest;
	struct str place = {NULL, 0};
	struct str query = {NULL, 0};
	struct str hosts;
	int rc;

	if (split(&rest, '/', false, &authority))
		place = rest;
	/* What follows would be quoted in a message, and may be the rest of a password. */
	if (place.len > 0 && memchr(place.data, '@', place.len))
		return error_set(err, ERR_USAGE, "%s", SLASH);
	rc = parse_userinfo(&authority, ret, err);
	if (rc < 0)
		return rc;
	hosts = authority;
	if (split(&authority, '?', false, &hosts)) {
		place.len = 0;
		query = (struct str){
			authority.data, (uint32_t)(all.data + all.len - authority.data)};
	} else if (place.len > 0) {
		struct str behind = place;

		if (split(&behind, '?', false, &place))
			query = behind;
	}
	rc = parse_hosts(hosts, ret, err);
	if (rc == 0 && (place.len > 0 || ret->topology == REDIS_SENTINEL))
		rc = parse_place(place, ret, err);
	if (rc == 0)
		rc = parse_parameters(query, ret, err);
	if (rc == 0)
		make_name(ret);
	return rc;
}

static int parse_unix(struct str rest, struct redis_url *ret, struct error *err)
{
	struct str authority = {NULL, 0};
	struct str path = rest;
	struct str query = {NULL, 0};
	int rc;

	if (split(&path, '/', false, &authority)) {
		path.data--;
		path.len++;
	} else {
		return error_set(err, ERR_USAGE,
			"the path of a unix socket is absolute: unix:///run/redis/redis.sock");
	}
	if (authority.len > 0) {
		/* It may be the end of a password, and the path stands in messages. */
		if (memchr(path.data, '@', path.len))
			return error_set(err, ERR_USAGE, "%s, an @ in the path %%40", SLASH);
		rc = parse_userinfo(&authority, ret, err);
		if (rc < 0)
			return rc;
		if (authority.len > 0)
			return error_set(err, ERR_USAGE,
				"the path of a unix socket is absolute: "
				"unix:///run/redis/redis.sock");
	}
	rest = path;
	if (split(&rest, '?', false, &path))
		query = rest;
	rc = decode(path, "path", ret->path, sizeof(ret->path), err);
	if (rc == 0 && query.len > 0) {
		if (query.len < 3 || memcmp(query.data, "db=", 3) != 0)
			return error_set(
				err, ERR_USAGE, "only ?db=N may follow the path in a unix:// URL");
		rc = parse_db((struct str){query.data + 3, query.len - 3}, ret, err);
	}
	ret->is_unix = true;
	snprintf(ret->name, sizeof(ret->name), "unix://%s", ret->path);
	return rc;
}

static bool starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

int redis_url_parse(const char *url, struct redis_url *ret, struct error *err)
{
	static const struct {
		const char *scheme;
		enum redis_topology topology;
		bool tls;
	} schemes[] = {
		{"redis://", REDIS_SINGLE, false},
		{"redis+sentinel://", REDIS_SENTINEL, false},
		{"redis+cluster://", REDIS_CLUSTER, false},
		{"rediss://", REDIS_SINGLE, true},
		{"rediss+sentinel://", REDIS_SENTINEL, true},
		{"rediss+cluster://", REDIS_CLUSTER, true},
	};

	memset(ret, 0, sizeof(*ret));
	if (strlen(url) >= REDIS_URL_BYTES)
		return error_set(err, ERR_USAGE, "the Redis URL is longer than %d bytes",
			REDIS_URL_BYTES - 1);
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		if (!starts_with(url, schemes[i].scheme))
			continue;
		if (schemes[i].tls && !redis_tls_available())
			return error_set(err, ERR_USAGE,
				"rediss:// needs TLS, which this build does not have (hiredis "
				"1.0 or newer has it, Debian 13), and nothing is sent in the clear "
				"in its place; use a unix socket, or a TLS tunnel (stunnel) and "
				"redis://");
		ret->topology = schemes[i].topology;
		ret->tls = schemes[i].tls;
		return parse_tcp(str_from(url + strlen(schemes[i].scheme)), ret, err);
	}
	if (starts_with(url, "unix://"))
		return parse_unix(str_from(url + strlen("unix://")), ret, err);
	if (url[0] == '/')
		return error_set(err, ERR_USAGE,
			"that is a path, not a Redis URL; for a unix socket write unix:///path");
	return error_set(err, ERR_USAGE, "that is not a Redis URL; write " FORMS);
}

char *redis_url_unix(const char *path, char *buf)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t at = strlen("unix://");

	memcpy(buf, "unix://", at);
	for (; *path && at + 4 < REDIS_URL_BYTES; path++) {
		unsigned char c = (unsigned char)*path;

		if (c > ' ' && c < 0x7f && !strchr("%?@#\"\\", c)) {
			buf[at++] = (char)c;
			continue;
		}
		buf[at++] = '%';
		buf[at++] = digits[c >> 4];
		buf[at++] = digits[c & 15];
	}
	buf[at] = '\0';
	return buf;
}
