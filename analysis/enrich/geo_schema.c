#include "analysis/enrich/geo_schema.h"

#include <string.h>

struct path {
	const char *keys[3]; /* NULL-terminated */
	bool nested;
};

/* MaxMind, DB-IP and IP2Location; ip-location-db, iptoasn and IPinfo Lite; IPinfo's older files. In
 * IPinfo Lite "country" is a name in English, which is no code: hence "country_code" first, and
 * only two letters count. */
static const struct path country_paths[] = {
	{{"country", "iso_code", NULL}, true},
	{{"country_code", NULL, NULL}, false},
	{{"country", NULL, NULL}, false},
};

static const struct path registered_paths[] = {
	{{"registered_country", "iso_code", NULL}, true},
};

struct as_paths {
	struct path number, name;
};

static const struct as_paths as_paths[] = {
	{{{"autonomous_system_number", NULL, NULL}, true},
		{{"autonomous_system_organization", NULL, NULL}, true}},
	{{{"traits", "autonomous_system_number", NULL}, true},
		{{"traits", "autonomous_system_organization", NULL}, true}},
	{{{"asn", NULL, NULL}, false}, {{"as_name", NULL, NULL}, false}},
	{{{"asn", NULL, NULL}, false}, {{"name", NULL, NULL}, false}},
};

/* A record need not have every key, and may have another type under it: neither is damage. */
static int get(MMDB_entry_s *entry, const char *const *path, MMDB_entry_data_s *ret)
{
	int status = MMDB_aget_value(entry, ret, path);

	if (status != MMDB_SUCCESS)
		ret->has_data = false;
	if (status == MMDB_LOOKUP_PATH_DOES_NOT_MATCH_DATA_ERROR ||
		status == MMDB_INVALID_LOOKUP_PATH_ERROR)
		return MMDB_SUCCESS;
	return status;
}

static char ascii_upper(char c)
{
	if (c >= 'a' && c <= 'z')
		return (char)(c & ~0x20);
	return c;
}

static bool is_capital(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool read_country(const MMDB_entry_data_s *d, char ret[4])
{
	char code[4] = "";

	if (!d->has_data || d->type != MMDB_DATA_TYPE_UTF8_STRING || d->data_size != 2)
		return false;
	for (int i = 0; i < 2; i++) /* some flat files write them small */
		code[i] = ascii_upper(d->utf8_string[i]);
	if (!is_capital(code[0]) || !is_capital(code[1]))
		return false;
	memcpy(ret, code, sizeof(code));
	return true;
}

/* "64496" or "AS64496" */
static bool read_as_text(const char *s, uint32_t len, uint32_t *ret)
{
	uint64_t v = 0;
	uint32_t i = len > 2 && s[0] == 'A' && s[1] == 'S' ? 2 : 0;

	if (i == len || len > 12)
		return false;
	for (; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(s[i] - '0');
	}
	if (v == 0 || v > UINT32_MAX)
		return false;
	*ret = (uint32_t)v;
	return true;
}

static bool read_as_number(const MMDB_entry_data_s *d, uint32_t *ret)
{
	uint64_t v = 0;

	if (!d->has_data)
		return false;
	switch (d->type) {
	case MMDB_DATA_TYPE_UTF8_STRING:
		return read_as_text(d->utf8_string, d->data_size, ret);
	case MMDB_DATA_TYPE_UINT16:
		v = d->uint16;
		break;
	case MMDB_DATA_TYPE_UINT32:
		v = d->uint32;
		break;
	case MMDB_DATA_TYPE_UINT64:
		v = d->uint64;
		break;
	case MMDB_DATA_TYPE_INT32:
		v = d->int32 > 0 ? (uint64_t)d->int32 : 0;
		break;
	default:
		return false;
	}
	if (v == 0 || v > UINT32_MAX)
		return false;
	*ret = (uint32_t)v;
	return true;
}

/* Cut where a character begins, so that what was UTF-8 stays UTF-8. */
static bool read_name(const MMDB_entry_data_s *d, struct str *ret)
{
	uint32_t len = d->data_size;

	if (!d->has_data || d->type != MMDB_DATA_TYPE_UTF8_STRING || len == 0)
		return false;
	if (len > GEO_NAME_MAX_BYTES) {
		len = GEO_NAME_MAX_BYTES;
		while (len > 0 && ((uint8_t)d->utf8_string[len] & 0xc0) == 0x80)
			len--;
	}
	*ret = (struct str){d->utf8_string, len};
	return true;
}

static int learn_country(const struct path *paths, size_t n, MMDB_entry_s *entry,
	const char *const **ret_path, bool *ret_nested)
{
	char code[4];

	for (size_t i = 0; i < n && !*ret_path; i++) {
		MMDB_entry_data_s d;
		int status = get(entry, paths[i].keys, &d);

		if (status != MMDB_SUCCESS)
			return status;
		if (read_country(&d, code)) {
			*ret_path = paths[i].keys;
			*ret_nested |= paths[i].nested;
		}
	}
	return MMDB_SUCCESS;
}

static bool same_keys(const char *const *a, const char *const *b)
{
	while (*a && *b && strcmp(*a, *b) == 0) {
		a++;
		b++;
	}
	return !*a && !*b;
}

static int learn_as(struct geo_schema *schema, MMDB_entry_s *entry)
{
	for (size_t i = 0; i < sizeof(as_paths) / sizeof(as_paths[0]); i++) {
		const struct as_paths *p = &as_paths[i];
		MMDB_entry_data_s d;
		uint32_t number;
		struct str name;
		int status;

		if (schema->as_number && !same_keys(schema->as_number, p->number.keys))
			continue;
		status = get(entry, p->number.keys, &d);
		if (status != MMDB_SUCCESS)
			return status;
		if (!read_as_number(&d, &number))
			continue;
		schema->as_number = p->number.keys;
		schema->nested |= p->number.nested;
		if (schema->as_name)
			continue;
		status = get(entry, p->name.keys, &d);
		if (status != MMDB_SUCCESS)
			return status;
		if (read_name(&d, &name))
			schema->as_name = p->name.keys;
	}
	return MMDB_SUCCESS;
}

int geo_schema_learn(struct geo_schema *schema, MMDB_entry_s *entry)
{
	int status = learn_country(country_paths, sizeof(country_paths) / sizeof(country_paths[0]),
		entry, &schema->country, &schema->nested);

	if (status == MMDB_SUCCESS)
		status = learn_country(
			registered_paths, 1, entry, &schema->registered_country, &schema->nested);
	if (status == MMDB_SUCCESS)
		status = learn_as(schema, entry);
	return status;
}

int geo_schema_read(const struct geo_schema *schema, MMDB_entry_s *entry, struct geo_record *ret)
{
	const char *const *paths[] = {
		schema->country, schema->registered_country, schema->as_number, schema->as_name};
	MMDB_entry_data_s d[4];

	for (size_t i = 0; i < 4; i++) {
		int status = MMDB_SUCCESS;

		d[i].has_data = false;
		if (paths[i])
			status = get(entry, paths[i], &d[i]);
		if (status != MMDB_SUCCESS)
			return status;
	}
	(void)read_country(&d[0], ret->country);
	(void)read_country(&d[1], ret->registered_country);
	(void)read_as_number(&d[2], &ret->as_number);
	(void)read_name(&d[3], &ret->as_name);
	return MMDB_SUCCESS;
}
