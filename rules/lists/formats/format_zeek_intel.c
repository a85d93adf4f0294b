/* Zeek's intelligence framework: a line of field names, then fields between tabs, or between what a
 * line "#separator" in front of it says. */
#include <stdlib.h>

#include "rules/lists/formats/format.h"

enum { MAX_FIELDS = 64 };

bool feed_sniff_zeek_intel(const struct feed_input *in)
{
	enum { HEAD_BYTES = 4096 };
	const struct str head = {
		in->text.data, in->text.len < HEAD_BYTES ? in->text.len : (uint32_t)HEAD_BYTES};

	return !in->tree && (feed_starts_with(head, STR("#fields")) ||
				    str_contains_nocase(head, STR("\n#fields")));
}

/* Which column holds what; -1: none. */
struct columns {
	int value, type, source, why, confidence, date, until;
	size_t n;
	char separator;
};

static size_t split(struct str line, char separator, struct str ret[MAX_FIELDS])
{
	size_t n = 0;

	while (n < MAX_FIELDS) {
		const char *end = line.len ? memchr(line.data, separator, line.len) : NULL;

		ret[n++] = (struct str){line.data, end ? (uint32_t)(end - line.data) : line.len};
		if (!end)
			break;
		line.len -= (uint32_t)(end + 1 - line.data);
		line.data = end + 1;
	}
	return n;
}

/* "#separator \x09": a character, as it is or by its code. */
static int read_separator(struct feed *f, struct str line, uint32_t number, struct columns *c)
{
	const uint32_t head = (uint32_t)strlen("#separator") + 1;
	const struct feed_place at = {number, head + 1, NULL};
	const struct str text = {line.data + head, line.len > head ? line.len - head : 0};
	int separator = -1;

	if (text.len == 1)
		separator = text.data[0];
	else if (text.len == 4 && text.data[0] == '\\' && text.data[1] == 'x' &&
		 hex_digit(text.data[2]) >= 0 && hex_digit(text.data[3]) >= 0)
		separator = 16 * hex_digit(text.data[2]) + hex_digit(text.data[3]);
	if (separator != '\t' && (separator < ' ' || separator > '~'))
		return feed_refuse(f, &at, "#separator names one character: \\x09 is a tab");
	c->separator = (char)separator;
	return 0;
}

static int read_names(struct feed *f, struct str line, uint32_t number, struct columns *ret)
{
	const char separator = ret->separator;
	const struct {
		const char *name;
		int *column;
	} known[] = {
		{"indicator", &ret->value},
		{"indicator_type", &ret->type},
		{"meta.source", &ret->source},
		{"meta.desc", &ret->why},
		{"meta.confidence", &ret->confidence},
		{"meta.cif_confidence", &ret->confidence},
		{"meta.lastseen", &ret->date},
		{"meta.last_seen", &ret->date},
		{"meta.date", &ret->date},
		{"meta.expire", &ret->until},
		{"meta.expires", &ret->until},
		{"meta.valid_until", &ret->until},
	};
	const struct feed_place at = {number, 1, NULL};
	struct str fields[MAX_FIELDS];

	*ret = (struct columns){
		-1, -1, -1, -1, -1, -1, -1, split(line, separator, fields), separator};
	for (size_t i = 1; i < ret->n; i++) {
		for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++) {
			if (!str_eq(fields[i], str_from(known[k].name)))
				continue;
			if (*known[k].column >= 0)
				return feed_refuse(
					f, &at, "the field %s stands twice", known[k].name);
			*known[k].column = (int)i - 1;
		}
	}
	if (ret->value < 0 || ret->type < 0)
		return feed_refuse(f, &at,
			"no fields \"indicator\" and \"indicator_type\"; names stand behind "
			"#fields, with a tab before each, or what #separator says");
	ret->n--;
	return 0;
}

/* The field of COLUMN; what is unset is empty. */
static struct str field(const struct str *fields, int column)
{
	if (column < 0 || str_eq(fields[column], STR("-")) ||
		str_eq(fields[column], STR("(empty)")))
		return STR("");
	return fields[column];
}

/* A date, or seconds since 1970. */
static int64_t date_of(struct str text)
{
	const char *dot = text.len ? memchr(text.data, '.', text.len) : NULL;
	uint64_t seconds;

	if (feed_number((struct str){text.data, dot ? (uint32_t)(dot - text.data) : text.len},
		    &seconds))
		return (int64_t)(seconds / 86400);
	return feed_date_in(text);
}

static int confidence_of(struct str text)
{
	const char *dot = text.len ? memchr(text.data, '.', text.len) : NULL;
	uint64_t n;

	if (text.len == 0)
		return -1;
	if (!feed_number((struct str){text.data, dot ? (uint32_t)(dot - text.data) : text.len}, &n))
		return -1;
	return n < INT32_MAX ? (int)n : INT32_MAX;
}

static int read_fields(struct feed *f, const struct columns *c, struct str line, uint32_t number)
{
	static const struct {
		const char *type;
		int kind;
	} types[] = {
		{"Intel::ADDR", FEED_ADDRESS},
		{"Intel::SUBNET", FEED_ADDRESS},
		{"Intel::DOMAIN", FEED_NAME},
		{"Intel::URL", FEED_URL},
		{"Intel::CERT_HASH", ENTRY_SHA1},
		{"Intel::JA3", ENTRY_JA3},
	};
	struct feed_entry e = feed_entry_at(number, 1);
	struct str fields[MAX_FIELDS];
	const size_t n = split(line, c->separator, fields);
	struct str type;

	if (n != c->n)
		return feed_fault(f, &e.at,
			"%zu fields, and #fields names %zu; one %s stands between two of them", n,
			c->n, c->separator == '\t' ? "tab" : "separator");
	type = field(fields, c->type);
	e.value = field(fields, c->value);
	e.source = field(fields, c->source);
	e.because = field(fields, c->why);
	e.confidence = confidence_of(field(fields, c->confidence));
	e.date_days = date_of(field(fields, c->date));
	e.until_days = date_of(field(fields, c->until));
	e.at.column = (uint32_t)(fields[c->value].data - line.data) + 1;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (!str_eq(type, str_from(types[i].type)))
			continue;
		e.kind = types[i].kind;
		if (e.kind == ENTRY_SHA1 && e.value.len != 40)
			return feed_leave_out(f, "a certificate's hash that is no SHA-1");
		return feed_add(f, &e);
	}
	if (!feed_starts_with(type, STR("Intel::")))
		return feed_fault(f, &e.at, "indicator_type is no Intel::...");
	return feed_leave_out_text(f, "of type", type);
}

int feed_read_zeek_intel(struct feed *f, const struct feed_input *in)
{
	struct feed_lines lines = feed_lines_of(in);
	struct columns columns = {.separator = '\t'};
	struct str line;
	int rc;

	while ((rc = feed_next_line(f, &lines, &line)) > 0) {
		const struct feed_place at = {lines.line, 1, NULL};

		rc = 0;
		if (feed_starts_with(line, STR("#separator")))
			rc = read_separator(f, line, lines.line, &columns);
		else if (feed_starts_with(line, STR("#fields")))
			rc = read_names(f, line, lines.line, &columns);
		else if (line.len > 0 && line.data[0] != '#' && columns.n == 0)
			rc = feed_refuse(f, &at, "a line of fields before #fields names them");
		else if (line.len > 0 && line.data[0] != '#')
			rc = read_fields(f, &columns, line, lines.line);
		if (rc != 0)
			return rc;
	}
	return rc;
}
