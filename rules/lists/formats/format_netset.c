/* FireHOL: what a remark at the top says of the list, then a network or address in each line. */
#include "rules/lists/formats/format.h"

bool feed_sniff_netset(const struct feed_input *in)
{
	enum { HEAD_BYTES = 4096 };
	const struct str head = {
		in->text.data, in->text.len < HEAD_BYTES ? in->text.len : (uint32_t)HEAD_BYTES};

	return !in->tree && head.len > 0 && head.data[0] == '#' &&
	       (str_contains_nocase(head, STR("hash:net")) ||
		       str_contains_nocase(head, STR("hash:ip")) ||
		       str_contains_nocase(head, STR("firehol")));
}

/* The value of "Key   : value", or an empty text. */
static struct str value_of(struct str remark, struct str key)
{
	const char *colon;

	if (!feed_starts_with(remark, key))
		return STR("");
	colon = memchr(remark.data, ':', remark.len);
	if (!colon)
		return STR("");
	return feed_trim((struct str){colon + 1, (uint32_t)(remark.data + remark.len - colon - 1)});
}

/* The number in "20 subnets, 5120 unique IPs" or "3,080 unique IPs". */
static uint64_t first_number(struct str text)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < text.len && n < UINT32_MAX; i++) {
		const bool grouped = text.data[i] == ',' && i + 1 < text.len &&
				     text.data[i + 1] >= '0' && text.data[i + 1] <= '9';

		if (text.data[i] >= '0' && text.data[i] <= '9')
			n = n * 10 + (uint64_t)(text.data[i] - '0');
		else if (!grouped)
			break;
	}
	return n;
}

struct head {
	struct str name, url;
	int64_t date_days;
	uint64_t declared;
};

static void read_remark(struct head *h, struct str remark)
{
	static const char *const dates[] = {"Source File Date", "This File Date"};

	remark = feed_trim(remark);
	if (h->name.len == 0 && !memchr(remark.data, ':', remark.len))
		h->name = remark;
	if (h->url.len == 0)
		h->url = value_of(remark, STR("List source URL"));
	for (size_t i = 0; i < 2 && h->date_days == FEED_NO_DAY; i++)
		h->date_days = feed_date_in(value_of(remark, str_from(dates[i])));
	if (h->declared == 0)
		h->declared = first_number(value_of(remark, STR("Entries")));
}

int feed_read_netset(struct feed *f, const struct feed_input *in)
{
	struct feed_lines lines = feed_lines_of(in);
	struct head h = {.date_days = FEED_NO_DAY};
	struct str line, name;
	int rc;

	while ((rc = feed_next_line(f, &lines, &line)) > 0) {
		struct feed_entry e = feed_entry_at(lines.line, 1);

		line = feed_trim(line);
		if (line.len == 0)
			continue;
		if (line.data[0] == '#') {
			read_remark(&h, (struct str){line.data + 1, line.len - 1});
			continue;
		}
		e.kind = FEED_ADDRESS;
		e.value = line;
		rc = feed_add(f, &e);
		if (rc != 0)
			return rc;
	}
	name = h.name.len
		       ? arena_printf(f->store.arena, "FireHOL %.*s", (int)h.name.len, h.name.data)
		       : STR("FireHOL netset");
	feed_set_source(f, name, h.url.len ? h.url : name);
	feed_set_date(f, h.date_days);
	if (rc == 0 && h.declared > 0 && h.declared != f->counts.values - f->before)
		feed_note(f,
			"its head speaks of %llu entries, and there are %llu: it may have been cut",
			(unsigned long long)h.declared,
			(unsigned long long)(f->counts.values - f->before));
	return rc;
}
