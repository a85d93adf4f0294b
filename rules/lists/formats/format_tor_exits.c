/* The Tor exit list: for each relay its fingerprint and the addresses that it was seen to leave by.
 */
#include "rules/lists/formats/format.h"

bool feed_sniff_tor_exits(const struct feed_input *in)
{
	enum { HEAD_BYTES = 1024 };
	const struct str head = {
		in->text.data, in->text.len < HEAD_BYTES ? in->text.len : (uint32_t)HEAD_BYTES};

	return !in->tree && (str_contains_nocase(head, STR("ExitAddress ")) ||
				    feed_starts_with(head, STR("ExitNode ")));
}

/* What stands behind KEY and a blank. */
static bool take_key(struct str line, struct str key, struct str *ret)
{
	if (!feed_starts_with(line, key) || line.len <= key.len)
		return false;
	*ret = feed_trim((struct str){line.data + key.len, line.len - key.len});
	return true;
}

static int read_address(struct feed *f, struct str rest, struct str node, uint32_t line)
{
	const char *blank = memchr(rest.data, ' ', rest.len);
	struct feed_entry e = feed_entry_at(line, sizeof("ExitAddress"));

	e.kind = FEED_ADDRESS;
	e.value = rest;
	if (blank)
		e.value.len = (uint32_t)(blank - rest.data);
	e.date_days = feed_date_in(rest);
	if (node.len)
		e.because = arena_printf(f->store.arena, "Tor exit %.*s",
			(int)(node.len < 64 ? node.len : 64), node.data);
	feed_set_date(f, e.date_days);
	return feed_add(f, &e);
}

int feed_read_tor_exits(struct feed *f, const struct feed_input *in)
{
	struct feed_lines lines = feed_lines_of(in);
	struct str line, rest, node = STR("");
	int rc;

	feed_set_source(f, STR("Tor exits"), STR("Tor exit list"));
	while ((rc = feed_next_line(f, &lines, &line)) > 0) {
		const struct feed_place at = {lines.line, 1, NULL};

		line = feed_trim(line);
		rc = 0;
		if (take_key(line, STR("ExitAddress "), &rest))
			rc = read_address(f, rest, node, lines.line);
		else if (take_key(line, STR("ExitNode "), &rest))
			node = rest;
		else if (line.len > 0 && line.data[0] != '@' && line.data[0] != '#' &&
			 !take_key(line, STR("Published "), &rest) &&
			 !take_key(line, STR("LastStatus "), &rest) &&
			 !take_key(line, STR("Downloaded "), &rest))
			rc = feed_fault(f, &at,
				"no line of an exit list: ExitNode, Published, LastStatus, "
				"ExitAddress");
		if (rc != 0)
			return rc;
	}
	return rc;
}
