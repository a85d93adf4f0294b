/* CSV whose columns have names, in its first record or, as abuse.ch does it, in a remark before it.
 */
#include <stdlib.h>

#include "common/csv.h"
#include "rules/lists/formats/columns.h"
#include "rules/lists/formats/format.h"

struct table {
	int columns[CSV_MAX_FIELDS]; /* enum column, or -1 */
	size_t n;                    /* 0: not known yet */
};

/* Takes the names in NAMES; false when none of them is a value's. */
static bool take_names(struct table *t, const struct str *names, size_t n)
{
	bool has_value = false;

	for (size_t i = 0; i < n; i++) {
		const int column = column_find(names[i]);

		t->columns[i] = column;
		has_value =
			has_value || (column >= 0 && column <= COLUMN_AS && column != COLUMN_TYPE);
	}
	t->n = has_value ? n : 0;
	return t->n > 0;
}

/* The names that a remark lists: "# id,dateadded,url". */
static bool take_remark(struct table *t, struct str remark)
{
	struct str names[CSV_MAX_FIELDS];
	size_t n = 0;

	while (n < CSV_MAX_FIELDS) {
		const char *comma = remark.len ? memchr(remark.data, ',', remark.len) : NULL;

		names[n++] = feed_trim((struct str){
			remark.data, comma ? (uint32_t)(comma - remark.data) : remark.len});
		if (!comma)
			break;
		remark.len -= (uint32_t)(comma + 1 - remark.data);
		remark.data = comma + 1;
	}
	return n > 1 && take_names(t, names, n);
}

/* Lines before the first row that begin with '#'. */
static int read_remarks(struct feed *f, struct str text, struct table *t,
	void (*fn)(struct feed *f, struct table *t, struct str remark))
{
	const struct feed_input in = {.text = text};
	struct feed_lines lines = feed_lines_of(&in);
	struct str line;
	int rc;

	while ((rc = feed_next_line(f, &lines, &line)) > 0) {
		line = feed_trim(line);
		if (line.len > 0 && line.data[0] != '#')
			return 0;
		if (line.len > 0)
			fn(f, t, (struct str){line.data + 1, line.len - 1});
	}
	return rc;
}

static void sniff_remark(struct feed *f, struct table *t, struct str remark)
{
	struct table names = {.n = 0};

	(void)f;
	if (take_remark(&names, remark))
		*t = names;
}

/* Sniffs with the beginning alone; a fault there is told when it is read. */
bool feed_sniff_csv(const struct feed_input *in)
{
	enum { HEAD_BYTES = 64 * 1024 };
	const struct str head = {
		in->text.data, in->text.len < HEAD_BYTES ? in->text.len : (uint32_t)HEAD_BYTES};
	struct error err;
	struct feed f = {.file = in->name, .err = &err};
	struct table t = {.n = 0};
	struct csv_row *row = in->tree ? NULL : malloc(sizeof(*row));
	struct csv_reader r;
	bool known = false;

	if (row && csv_init(&r, in->name, head.data, head.len, ',', '#')) {
		r.blanks = true;
		known = read_remarks(&f, head, &t, sniff_remark) == 0 &&
			csv_next(&r, row, &err) > 0 && row->n > 1 &&
			(t.n > 0 || take_names(&t, row->fields, row->n));
		csv_done(&r);
	}
	free(row);
	return known;
}

static void read_remark(struct feed *f, struct table *t, struct str remark)
{
	static const struct {
		struct str part, name;
	} sources[] = {
		{{"Feodo Tracker", 13}, {"abuse.ch Feodo Tracker", 22}},
		{{"JA3 Fingerprint", 15}, {"abuse.ch SSLBL, JA3 fingerprints", 32}},
		{{"SSLBL", 5}, {"abuse.ch SSLBL", 14}},
		{{"URLhaus", 7}, {"abuse.ch URLhaus", 16}},
		{{"ThreatFox", 9}, {"abuse.ch ThreatFox", 18}},
	};

	remark = feed_trim(remark);
	if (!t->n)
		(void)take_remark(t, remark);
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		if (str_contains_nocase(remark, sources[i].part))
			feed_set_source(f, sources[i].name, sources[i].name);
	}
	if (feed_starts_with(remark, STR("Last updated")))
		feed_set_date(f, feed_date_in(remark));
}

static int read_record(struct feed *f, const struct table *t, const struct csv_row *row)
{
	struct feed_entry e = feed_entry_at(row->line, 1);
	struct str cells[COLUMNS] = {{NULL, 0}};
	const char *left_out;

	if (row->n != t->n)
		return feed_fault(f, &e.at,
			"%u cells, and there are %zu columns; a cell with a comma stands in "
			"quotes",
			row->n, t->n);
	for (size_t i = 0; i < row->n; i++) {
		const struct str cell = feed_trim(row->fields[i]);
		const int column = t->columns[i];

		if (column >= 0 && cells[column].len == 0 && !str_eq_nocase(cell, STR("none")) &&
			!str_eq_nocase(cell, STR("null")))
			cells[column] = cell;
	}
	if (!column_entry(f, cells, &e, &left_out))
		return feed_fault(f, &e.at, "a record without a value");
	return left_out ? feed_leave_out_text(f, left_out, cells[COLUMN_TYPE]) : feed_add(f, &e);
}

/* A name that stands twice: which of the two is meant? */
static int check_names(struct feed *f, const struct csv_row *row)
{
	const struct feed_place at = {row->line, 1, NULL};
	char shown[64];

	for (uint32_t i = 0; i < row->n; i++) {
		for (uint32_t k = 0; k < i; k++) {
			if (row->fields[i].len > 0 && str_eq_nocase(row->fields[i], row->fields[k]))
				return feed_refuse(f, &at, "the column \"%s\" stands twice",
					str_printable(shown, sizeof(shown), row->fields[i]));
		}
	}
	return 0;
}

static int read_rows(struct feed *f, struct csv_reader *r, struct csv_row *row)
{
	struct table t = {.n = 0}, names = {.n = 0};
	const struct str text = {r->text, (uint32_t)r->len};
	bool first = true;
	int rc = read_remarks(f, text, &t, read_remark);

	while (rc == 0 && (rc = csv_next(r, row, f->err)) > 0) {
		const struct feed_place at = {row->line, 1, NULL};

		rc = 0;
		if (first && take_names(&names, row->fields, row->n)) {
			t = names;
			rc = check_names(f, row);
		} else if (!t.n) {
			return feed_refuse(f, &at,
				"no names of columns that are known here: ip, cidr, domain, url, "
				"asn, sha1, ja3, ioc_value with ioc_type, first_seen, confidence, "
				"expires, description");
		} else {
			rc = read_record(f, &t, row);
		}
		if (rc != 0)
			break;
		first = false;
	}
	return rc;
}

int feed_read_csv(struct feed *f, const struct feed_input *in)
{
	struct csv_row *row = malloc(sizeof(*row));
	struct csv_reader r = {.unquoted = NULL};
	int rc;

	if (row && csv_init(&r, in->name, in->text.data, in->text.len, ',', '#')) {
		r.blanks = true;
		rc = read_rows(f, &r, row);
		csv_done(&r);
	} else {
		rc = error_set(f->err, ERR_SYSTEM, "not enough memory for the feed");
	}
	free(row);
	return rc;
}
