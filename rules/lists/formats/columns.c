#include "rules/lists/formats/columns.h"

enum { MAX_NAME = 32 };

static const struct {
	const char *name;
	enum column column;
} names[] = {
	{"iocvalue", COLUMN_VALUE},
	{"ioc", COLUMN_VALUE},
	{"indicator", COLUMN_VALUE},
	{"value", COLUMN_VALUE},
	{"ioctype", COLUMN_TYPE},
	{"indicatortype", COLUMN_TYPE},
	{"type", COLUMN_TYPE},
	{"url", COLUMN_URL},
	{"ip", COLUMN_ADDRESS},
	{"ipaddress", COLUMN_ADDRESS},
	{"dstip", COLUMN_ADDRESS},
	{"address", COLUMN_ADDRESS},
	{"cidr", COLUMN_ADDRESS},
	{"network", COLUMN_ADDRESS},
	{"netblock", COLUMN_ADDRESS},
	{"subnet", COLUMN_ADDRESS},
	{"prefix", COLUMN_ADDRESS},
	{"sha1", COLUMN_SHA1},
	{"sha1fingerprint", COLUMN_SHA1},
	{"ja3md5", COLUMN_JA3},
	{"ja3", COLUMN_JA3},
	{"domain", COLUMN_NAME},
	{"hostname", COLUMN_NAME},
	{"host", COLUMN_NAME},
	{"fqdn", COLUMN_NAME},
	{"asn", COLUMN_AS},
	{"asnumber", COLUMN_AS},
	{"firstseenutc", COLUMN_FIRST},
	{"firstseen", COLUMN_FIRST},
	{"dateadded", COLUMN_FIRST},
	{"listingdate", COLUMN_FIRST},
	{"date", COLUMN_FIRST},
	{"created", COLUMN_FIRST},
	{"lastonline", COLUMN_LAST},
	{"lastseenutc", COLUMN_LAST},
	{"lastseen", COLUMN_LAST},
	{"expires", COLUMN_UNTIL},
	{"expiry", COLUMN_UNTIL},
	{"validuntil", COLUMN_UNTIL},
	{"until", COLUMN_UNTIL},
	{"confidencelevel", COLUMN_CONFIDENCE},
	{"confidence", COLUMN_CONFIDENCE},
	{"malwareprintable", COLUMN_WHAT},
	{"malware", COLUMN_WHAT},
	{"listingreason", COLUMN_WHAT},
	{"threat", COLUMN_THREAT},
	{"threattype", COLUMN_THREAT},
	{"description", COLUMN_WHAT},
	{"comment", COLUMN_WHAT},
	{"reason", COLUMN_WHAT},
	{"because", COLUMN_WHAT},
};

int column_find(struct str name)
{
	char plain[MAX_NAME];
	uint32_t len = 0;

	for (uint32_t i = 0; i < name.len; i++) {
		const char c = ascii_lower(name.data[i]);

		if (c == '_' || c == ' ' || c == '-' || c == '"')
			continue;
		if (len == sizeof(plain))
			return -1;
		plain[len++] = c;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (str_eq((struct str){plain, len}, str_from(names[i].name)))
			return (int)names[i].column;
	}
	return -1;
}

/* What a type of an indicator means for the sensor. */
static bool kind_of_type(struct str type, int *ret)
{
	static const struct {
		const char *type;
		int kind;
	} types[] = {
		{"ip:port", FEED_ADDRESS},
		{"ip", FEED_ADDRESS},
		{"ipv4", FEED_ADDRESS},
		{"ipv6", FEED_ADDRESS},
		{"ip-dst", FEED_ADDRESS},
		{"ip-src", FEED_ADDRESS},
		{"cidr", FEED_ADDRESS},
		{"network", FEED_ADDRESS},
		{"domain", FEED_NAME},
		{"hostname", FEED_NAME},
		{"host", FEED_NAME},
		{"fqdn", FEED_NAME},
		{"url", FEED_URL},
		{"asn", ENTRY_ASN},
		{"as", ENTRY_ASN},
		{"ja3", ENTRY_JA3},
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (str_eq_nocase(type, str_from(types[i].type))) {
			*ret = types[i].kind;
			return true;
		}
	}
	return false;
}

static const struct {
	enum column column;
	int kind;
} plain_values[] = {
	{COLUMN_URL, FEED_URL},
	{COLUMN_ADDRESS, FEED_ADDRESS},
	{COLUMN_SHA1, ENTRY_SHA1},
	{COLUMN_JA3, ENTRY_JA3},
	{COLUMN_NAME, FEED_NAME},
	{COLUMN_AS, ENTRY_ASN},
};

static bool find_value(const struct str cells[COLUMNS], struct feed_entry *e, const char **left_out)
{
	if (cells[COLUMN_VALUE].len > 0) {
		e->value = cells[COLUMN_VALUE];
		if (cells[COLUMN_TYPE].len > 0 && !kind_of_type(cells[COLUMN_TYPE], &e->kind))
			*left_out = "of type";
		return true;
	}
	for (size_t i = 0; i < sizeof(plain_values) / sizeof(plain_values[0]); i++) {
		if (cells[plain_values[i].column].len == 0)
			continue;
		e->value = cells[plain_values[i].column];
		e->kind = plain_values[i].kind;
		return true;
	}
	return false;
}

bool column_entry(struct feed *f, const struct str cells[COLUMNS], struct feed_entry *ret,
	const char **ret_left_out)
{
	uint64_t confidence;
	int64_t last;

	*ret_left_out = NULL;
	if (!find_value(cells, ret, ret_left_out))
		return false;
	ret->date_days = feed_date_in(cells[COLUMN_FIRST]);
	last = feed_date_in(cells[COLUMN_LAST]);
	if (last > ret->date_days)
		ret->date_days = last;
	ret->until_days = feed_date_in(cells[COLUMN_UNTIL]);
	if (feed_number(cells[COLUMN_CONFIDENCE], &confidence))
		ret->confidence = confidence < INT32_MAX ? (int)confidence : INT32_MAX;
	ret->because = cells[COLUMN_WHAT].len ? cells[COLUMN_WHAT] : cells[COLUMN_THREAT];
	if (cells[COLUMN_WHAT].len && cells[COLUMN_THREAT].len)
		ret->because = arena_printf(f->store.arena, "%.*s, %.*s",
			(int)(cells[COLUMN_WHAT].len < 400 ? cells[COLUMN_WHAT].len : 400),
			cells[COLUMN_WHAT].data,
			(int)(cells[COLUMN_THREAT].len < 90 ? cells[COLUMN_THREAT].len : 90),
			cells[COLUMN_THREAT].data);
	return true;
}
