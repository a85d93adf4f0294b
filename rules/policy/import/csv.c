/* An inventory: a row for each piece of equipment, or for each of its addresses. The first row
 * names the columns. */
#include <stdlib.h>

#include "common/csv.h"
#include "common/file.h"
#include "common/time_text.h"
#include "rules/policy/import/internal.h"
#include "rules/policy/phrase.h"

enum column {
	COLUMN_NONE,
	COLUMN_NAME,
	COLUMN_ADDRESS,
	COLUMN_MAC,
	COLUMN_SEGMENT,
	COLUMN_SUPPLIER,
	COLUMN_ROLE,
	COLUMN_ZONE,
	COLUMN_FROM,
	COLUMN_UNTIL,
	COLUMNS
};

/* Column names of a policy, and what inventories call them. Compared without case, blanks, - and _.
 */
static const struct {
	const char *name;
	enum column column;
} names[] = {
	{"name", COLUMN_NAME},
	{"hostname", COLUMN_NAME},
	{"host", COLUMN_NAME},
	{"device", COLUMN_NAME},
	{"devicename", COLUMN_NAME},
	{"equipment", COLUMN_NAME},
	{"address", COLUMN_ADDRESS},
	{"addresses", COLUMN_ADDRESS},
	{"ip", COLUMN_ADDRESS},
	{"ipaddress", COLUMN_ADDRESS},
	{"ipv4", COLUMN_ADDRESS},
	{"ipv6", COLUMN_ADDRESS},
	{"managementip", COLUMN_ADDRESS},
	{"prefix", COLUMN_ADDRESS},
	{"mac", COLUMN_MAC},
	{"macaddress", COLUMN_MAC},
	{"segment", COLUMN_SEGMENT},
	{"vrf", COLUMN_SEGMENT},
	{"supplier", COLUMN_SUPPLIER},
	{"vendor", COLUMN_SUPPLIER},
	{"manufacturer", COLUMN_SUPPLIER},
	{"role", COLUMN_ROLE},
	{"function", COLUMN_ROLE},
	{"devicerole", COLUMN_ROLE},
	{"zone", COLUMN_ZONE},
	{"from", COLUMN_FROM},
	{"installed", COLUMN_FROM},
	{"until", COLUMN_UNTIL},
	{"decommissioned", COLUMN_UNTIL},
};

struct sheet {
	struct policy_import *im;
	struct csv_reader csv;
	struct csv_row row;
	enum column columns[CSV_MAX_FIELDS];
	uint32_t n_columns;
	const char *file; /* without folders */
	struct error *err;
};

static bool same_name(struct str text, const char *name)
{
	uint32_t i = 0;

	for (; *name; name++) {
		while (i < text.len && (text.data[i] == ' ' || text.data[i] == '-' ||
					       text.data[i] == '_' || text.data[i] == '.'))
			i++;
		if (i == text.len || ascii_lower(text.data[i]) != *name)
			return false;
		i++;
	}
	while (i < text.len && text.data[i] == ' ')
		i++;
	return i == text.len;
}

static struct str trim(struct str text)
{
	while (text.len > 0 && (text.data[0] == ' ' || text.data[0] == '\t')) {
		text.data++;
		text.len--;
	}
	while (text.len > 0 && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t'))
		text.len--;
	return text;
}

static int read_header(struct sheet *s)
{
	bool has[COLUMNS] = {false};
	char shown[80];
	int r = csv_next(&s->csv, &s->row, s->err);

	if (r < 0)
		return r;
	if (r == 0)
		return error_set(s->err, ERR_CONFIG,
			"%s:1:1: the file is empty; write a row of column names, such as "
			"name,address,role,supplier,zone",
			s->csv.name);
	s->n_columns = s->row.n;
	for (uint32_t i = 0; i < s->row.n; i++) {
		s->columns[i] = COLUMN_NONE;
		for (size_t j = 0; j < sizeof(names) / sizeof(names[0]); j++)
			if (same_name(trim(s->row.fields[i]), names[j].name))
				s->columns[i] = names[j].column;
		has[s->columns[i]] = true;
		if (s->columns[i] == COLUMN_NONE)
			import_add_note(s->im, "%s:%u:%u: column \"%s\": no part of a policy",
				s->file, s->row.line, s->row.columns[i],
				str_printable(shown, sizeof(shown), s->row.fields[i]));
	}
	if (!has[COLUMN_NAME])
		return csv_error(&s->csv, &s->row, 0, s->err,
			"no column is called name; the first row has to name the columns: "
			"name,address,role,supplier,zone");
	if (!has[COLUMN_ADDRESS] && !has[COLUMN_MAC])
		return csv_error(&s->csv, &s->row, 0, s->err,
			"no column is called address, and none mac; add one of them");
	return 0;
}

/* What stands in a policy as it is. */
static int read_text(struct sheet *s, uint32_t i, struct str text, const char **ret)
{
	char shown[2 * IMPORT_NAME_BYTES];

	if (text.len > IMPORT_NAME_BYTES)
		return csv_error(&s->csv, &s->row, i, s->err,
			"this has %u bytes; a name has at most %d", text.len, IMPORT_NAME_BYTES);
	if (!str_eq(str_from(str_printable(shown, sizeof(shown), text)), text))
		return csv_error(&s->csv, &s->row, i, s->err,
			"\"%s\" holds characters that cannot be shown; write plain text", shown);
	*ret = import_keep(s->im, text);
	return 0;
}

static int read_date(struct sheet *s, uint32_t i, struct str text, const char **ret)
{
	char shown[80];
	int64_t days;

	if (!date_parse(text, &days))
		return csv_error(&s->csv, &s->row, i, s->err,
			"\"%s\" is no date; write year-month-day, such as 2027-03-01",
			str_printable(shown, sizeof(shown), text));
	*ret = import_keep(s->im, text);
	return 0;
}

static int append(struct sheet *s, uint32_t i, struct text_list *list, const char *one)
{
	if (list->n == IMPORT_MAX_ADDRESSES)
		return csv_error(&s->csv, &s->row, i, s->err,
			"more than %d addresses of one piece of equipment; write their prefix",
			IMPORT_MAX_ADDRESSES);
	return import_list_add(s->im, list, one) ? 0 : import_no_memory(s->err);
}

static int read_address(struct sheet *s, uint32_t i, struct str text, struct text_list *list)
{
	char shown[80];
	char right[IMPORT_PREFIX_BYTES];
	struct ip_prefix prefix;
	bool host_bits = false;

	str_printable(shown, sizeof(shown), text);
	if (!ip_prefix_parse(text, &prefix, &host_bits))
		return csv_error(&s->csv, &s->row, i, s->err,
			"\"%s\" is no address and no prefix; write such as 192.0.2.1 or "
			"2001:db8::/64",
			shown);
	if (host_bits)
		return csv_error(&s->csv, &s->row, i, s->err,
			"\"%s\" has bits set behind its length; write the address alone, or the "
			"prefix %s",
			shown, ip_prefix_format(&prefix, right));
	if (prefix.length_bits < (ip_addr_is_v4(&prefix.addr) ? 96 + 8 : 16))
		return csv_error(&s->csv, &s->row, i, s->err,
			"\"%s\" is more than any equipment has; write its own addresses", shown);
	return append(
		s, i, list, import_keep(s->im, str_from(import_format_prefix(&prefix, right))));
}

/* Six pairs of hexadecimal digits, however they are divided: 0000.5e00.5301, too. */
static int read_mac(struct sheet *s, uint32_t i, struct str text, struct text_list *list)
{
	char shown[80];
	char digits[13];
	uint32_t n = 0;

	for (uint32_t j = 0; j < text.len && n < sizeof(digits); j++) {
		const char c = ascii_lower(text.data[j]);

		if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))
			digits[n++] = c;
		else if (c != ':' && c != '-' && c != '.')
			n = sizeof(digits);
	}
	if (n != 12)
		return csv_error(&s->csv, &s->row, i, s->err,
			"\"%s\" is no hardware address; write six pairs of hexadecimal digits, "
			"such as 00:00:5e:00:53:01",
			str_printable(shown, sizeof(shown), text));
	return append(s, i, list,
		import_printf(s->im, "\"%.2s:%.2s:%.2s:%.2s:%.2s:%.2s\"", digits, digits + 2,
			digits + 4, digits + 6, digits + 8, digits + 10));
}

/* Several in one field, with blanks, commas or semicolons between. */
static int read_several(struct sheet *s, uint32_t i, struct str text, struct text_list *list,
	int (*read)(struct sheet *, uint32_t, struct str, struct text_list *))
{
	static const char between[] = " ,;|\t\r\n";
	uint32_t at = 0;
	int r = 0;

	while (r == 0 && at < text.len) {
		uint32_t end = at;

		while (end < text.len && !strchr(between, text.data[end]))
			end++;
		if (end > at)
			r = read(s, i, (struct str){text.data + at, end - at}, list);
		at = end + 1;
	}
	return r;
}

static int read_field(struct sheet *s, uint32_t i, struct inventory_entry *e)
{
	const struct str text = trim(s->row.fields[i]);

	if (text.len == 0)
		return 0;
	switch (s->columns[i]) {
	case COLUMN_NAME:
		return read_text(s, i, text, &e->name);
	case COLUMN_ADDRESS:
		return read_several(s, i, text, &e->addresses, read_address);
	case COLUMN_MAC:
		return read_several(s, i, text, &e->macs, read_mac);
	case COLUMN_SEGMENT:
		return read_text(s, i, text, &e->segment);
	case COLUMN_SUPPLIER:
		return read_text(s, i, text, &e->supplier);
	case COLUMN_ROLE:
		return read_text(s, i, text, &e->role);
	case COLUMN_ZONE:
		return read_text(s, i, text, &e->zone);
	case COLUMN_FROM:
		return read_date(s, i, text, &e->from);
	case COLUMN_UNTIL:
		return read_date(s, i, text, &e->until);
	case COLUMN_NONE:
	case COLUMNS:
		break;
	}
	return 0;
}

static int read_row(struct sheet *s)
{
	struct inventory_entry *e;
	int r = 0;

	if (s->im->n_inventory == IMPORT_MAX_ENTRIES)
		return csv_error(&s->csv, &s->row, 0, s->err,
			"more than %d rows; a policy holds no more equipment", IMPORT_MAX_ENTRIES);
	if (s->row.n != s->n_columns)
		return csv_error(&s->csv, &s->row, s->row.n, s->err,
			"the row has %u fields, the first row %u; add or remove commas", s->row.n,
			s->n_columns);
	e = import_add_inventory(s->im);
	if (!e)
		return import_no_memory(s->err);
	e->name = NULL;
	for (uint32_t i = 0; r == 0 && i < s->row.n; i++)
		r = read_field(s, i, e);
	if (r < 0)
		return r;
	if (!e->name)
		return csv_error(&s->csv, &s->row, s->row.n, s->err,
			"the row has no name; each piece of equipment needs one");
	if (e->addresses.n == 0 && e->macs.n == 0)
		return csv_error(&s->csv, &s->row, s->row.n, s->err,
			"%s has neither address nor mac; add one, or remove the row", e->name);
	e->place = import_printf(s->im, "%s:%u", s->file, s->row.line);
	return s->im->failed ? import_no_memory(s->err) : 0;
}

/* What parts the fields is what the first line has most of. */
static char separator_of(const char *text)
{
	static const char candidates[] = ",;\t";
	size_t best = 0;
	char found = ',';

	for (const char *c = candidates; *c; c++) {
		size_t n = 0;

		for (const char *at = text; *at && *at != '\n'; at++)
			n += *at == *c;
		if (n > best) {
			best = n;
			found = *c;
		}
	}
	return found;
}

static int read_sheet(struct sheet *s)
{
	int r = read_header(s);

	while (r == 0) {
		r = csv_next(&s->csv, &s->row, s->err);
		if (r <= 0)
			return r;
		r = read_row(s);
	}
	return r;
}

int import_csv(struct policy_import *im, const char *path, struct error *err)
{
	size_t len;
	char *text = file_read(path, IMPORT_MAX_BYTES, &len, err);
	struct sheet *s = calloc(1, sizeof(*s));
	const char *slash = strrchr(path, '/');
	int r = err->code;

	if (text && s && csv_init(&s->csv, path, text, len, separator_of(text), '\0')) {
		s->im = im;
		s->err = err;
		s->file = import_keep(im, str_from(slash ? slash + 1 : path));
		r = read_sheet(s);
		csv_done(&s->csv);
	} else if (text) {
		r = import_no_memory(err);
	}
	free(s);
	free(text);
	return r;
}
