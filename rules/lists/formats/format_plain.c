/* One value in each line; what stands behind '#' or ';' says why. A file of hosts ("0.0.0.0 name")
 * is one, too. */
#include "rules/lists/formats/format.h"

bool feed_sniff_plain(const struct feed_input *in)
{
	struct str text = in->text;

	for (uint32_t i = 0; i < text.len; i++) {
		if (text.data[i] != '\n' && text.data[i] != '\r' && text.data[i] != ' ')
			return in->tree == NULL;
	}
	return false;
}

/* The address that a file of hosts gives to names that shall not be reached. */
static bool is_sink(struct str text)
{
	return str_eq(text, STR("0.0.0.0")) || str_eq(text, STR("127.0.0.1")) ||
	       str_eq(text, STR("::")) || str_eq(text, STR("::1"));
}

static struct str first_word(struct str *rest)
{
	struct str word = {rest->data, 0};

	while (word.len < rest->len && rest->data[word.len] != ' ' && rest->data[word.len] != '\t')
		word.len++;
	*rest = feed_trim((struct str){rest->data + word.len, rest->len - word.len});
	return word;
}

/* Where a remark begins: '#' or ';' at the start or behind a blank. */
static uint32_t remark_at(struct str line)
{
	for (uint32_t i = 0; i < line.len; i++) {
		const bool mark = line.data[i] == '#' || line.data[i] == ';';

		if (mark && (i == 0 || line.data[i - 1] == ' ' || line.data[i - 1] == '\t' ||
				    line.data[i] == ';'))
			return i;
	}
	return line.len;
}

static int read_line(struct feed *f, struct str line, uint32_t number)
{
	struct feed_entry e = feed_entry_at(number, 1);
	const uint32_t mark = remark_at(line);
	struct str rest = feed_trim((struct str){line.data, mark});
	int rc = 0;

	if (f->options->kind >= 0)
		e.kind = f->options->kind;
	if (mark < line.len)
		e.because = feed_trim((struct str){line.data + mark + 1, line.len - mark - 1});
	if (rest.len == 0 && f->counts.values == f->before)
		feed_set_date(f, feed_date_in(e.because));
	if (rest.len == 0)
		return 0;
	e.at.column = (uint32_t)(rest.data - line.data) + 1;
	if (e.kind == ENTRY_TEXT) {
		e.value = rest;
		return feed_add(f, &e);
	}
	e.value = first_word(&rest);
	if (rest.len == 0)
		return feed_add(f, &e);
	if (!is_sink(e.value))
		return feed_fault(f, &e.at,
			"more than one value in a line; a remark stands behind \"#\", and --format "
			"names a format that has columns");
	e.kind = FEED_NAME;
	while (rc == 0 && rest.len > 0) {
		e.value = first_word(&rest);
		rc = feed_add(f, &e);
	}
	return rc;
}

int feed_read_plain(struct feed *f, const struct feed_input *in)
{
	struct feed_lines lines = feed_lines_of(in);
	struct str line;
	int rc;

	while ((rc = feed_next_line(f, &lines, &line)) > 0) {
		rc = read_line(f, line, lines.line);
		if (rc != 0)
			break;
	}
	return rc;
}
