/* A feed as a list file. */
#include <inttypes.h>

#include "common/time_text.h"
#include "rules/lists/formats/feed.h"
#include "rules/lists/parse.h"
#include "rules/lists/value.h"

/* In double quotes. TEXT is clean: valid UTF-8 in one line. */
static void put_quoted(FILE *to, struct str text)
{
	(void)fputc('"', to);
	for (uint32_t i = 0; i < text.len; i++) {
		if (text.data[i] == '"' || text.data[i] == '\\')
			(void)fputc('\\', to);
		(void)fputc(text.data[i], to);
	}
	(void)fputc('"', to);
}

static void put_text(FILE *to, const char *key, struct str text)
{
	if (text.len == 0)
		return;
	(void)fprintf(to, "%s: ", key);
	put_quoted(to, text);
	(void)fputc('\n', to);
}

static void put_date(FILE *to, const char *between, const char *key, int64_t days)
{
	char text[DATE_TEXT_BYTES];

	if (days >= 0)
		(void)fprintf(to, "%s%s: %s", between, key,
			date_format((uint64_t)days * NS_PER_DAY, text));
}

/* The kind of which there are most: its values stand alone. */
static enum entry_kind main_kind(const struct feed *f)
{
	int most = 0;

	for (int i = 1; i < ENTRY_KINDS; i++) {
		if (f->counts.of_kind[i] > f->counts.of_kind[most])
			most = i;
	}
	return (enum entry_kind)most;
}

static void put_head(const struct feed *f, const struct feed_head *h, FILE *to)
{
	static const char *const roles[] = {NULL, NULL, "indicators", "benign"};

	(void)fprintf(to, "# Imported from %.*s. Import it anew instead of changing it.\n",
		(int)h->from.len, h->from.data);
	(void)fputs("schema: 1\n", to);
	(void)fprintf(to, "list: %.*s\n", (int)h->name.len, h->name.data);
	put_text(to, "title", h->title);
	if (h->tier)
		(void)fprintf(to, "tier: %u\n", h->tier);
	if (roles[h->role])
		(void)fprintf(to, "role: %s\n", roles[h->role]);
	put_text(to, "source", h->source);
	put_date(to, "", "date", h->date_days);
	(void)fputc('\n', to);
	if (h->stale_after_days)
		(void)fprintf(to, "stale_after: %" PRIu32 "d\n", h->stale_after_days);
	if (h->confidence >= 0)
		(void)fprintf(to, "confidence: %d\n", h->confidence);
	if (h->until_days != FEED_NO_DAY) {
		put_date(to, "", "until", h->until_days);
		(void)fputc('\n', to);
	}
	put_text(to, "licence", h->licence);
	(void)fprintf(to, "kind: %s\nentries:\n", value_kind_name(main_kind(f)));
}

static void put_value(FILE *to, enum entry_kind kind, struct str value, bool in_map)
{
	char upper[4] = "";

	if (kind == ENTRY_COUNTRY && value.len < sizeof(upper)) {
		for (uint32_t i = 0; i < value.len; i++)
			upper[i] = (char)(value.data[i] - 'a' + 'A');
		value.data = upper;
	}
	if (kind == ENTRY_ASN || (kind == ENTRY_CIDR && !in_map))
		(void)fprintf(to, "%.*s", (int)value.len, value.data);
	else
		put_quoted(to, value);
}

static void put_entry(const struct feed *f, const struct feed_head *h, uint32_t i, FILE *to)
{
	const struct entry *e = &f->store.entries[i];
	const struct feed_detail *d = &f->details[i];
	const enum entry_kind kind = (enum entry_kind)e->kind;
	const bool source = d->source.len > 0 && !str_eq(d->source, h->source);
	const bool date = d->date_days >= 0 && (source || d->date_days != h->date_days);
	const bool confidence = d->confidence >= 0 && d->confidence != h->confidence;
	const bool until = d->until_days != FEED_NO_DAY && d->until_days != h->until_days;

	if (kind == main_kind(f) && !source && !date && !confidence && !until &&
		d->because.len == 0) {
		(void)fputs("  - ", to);
		put_value(to, kind, store_value(&f->store, e), false);
		(void)fputc('\n', to);
		return;
	}
	(void)fprintf(to, "  - {%s: ", value_kind_name(kind));
	put_value(to, kind, store_value(&f->store, e), true);
	if (d->because.len) {
		(void)fputs(", because: ", to);
		put_quoted(to, d->because);
	}
	if (source) {
		(void)fputs(", source: ", to);
		put_quoted(to, d->source);
	}
	if (date || source)
		put_date(to, ", ", "date", date ? d->date_days : h->date_days);
	if (confidence)
		(void)fprintf(to, ", confidence: %d", d->confidence);
	if (until)
		put_date(to, ", ", "until", d->until_days);
	(void)fputs("}\n", to);
}

bool feed_write(const struct feed *f, const struct feed_head *h, FILE *to)
{
	put_head(f, h, to);
	for (uint32_t i = 0; i < f->store.n; i++)
		put_entry(f, h, i, to);
	return fflush(to) == 0 && !ferror(to);
}

int feed_check(const char *name, struct str text, uint64_t n, struct error *err)
{
	struct yaml_file *file = yaml_parse(name, text.data, text.len, 1, err);
	struct list list = {.file = name};
	struct store store;
	int rc = file ? 0 : err->code;

	if (!store_init(&store) && rc == 0)
		rc = error_set(err, ERR_SYSTEM, "not enough memory for the list");
	if (rc == 0)
		rc = parse_head(yaml_root(file, 0), &store, &list, err);
	if (rc == 0)
		rc = parse_entries(yaml_root(file, 0), &store, &list, 0, err);
	if (rc == 0 && list.entries != n)
		rc = error_set(err, ERR_CONFIG, "%s: %zu of %" PRIu64 " entries can be read again",
			name, list.entries, n);
	store_done(&store);
	yaml_file_free(file);
	return rc;
}
