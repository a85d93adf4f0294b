/* Which format a feed is in, and what no feed holds. */
#include <stdlib.h>

#include "rules/lists/formats/format.h"

struct reader {
	struct feed_format format;
	bool (*sniff)(const struct feed_input *in);
	int (*read)(struct feed *f, const struct feed_input *in);
};

static const struct reader readers[] = {
#define FORMAT(id, what) {{#id, what}, feed_sniff_##id, feed_read_##id},
#include "rules/lists/formats/formats.def"
#undef FORMAT
};

enum { READERS = sizeof(readers) / sizeof(readers[0]) };

size_t feed_formats(void)
{
	return READERS;
}

struct feed_format feed_format(size_t i)
{
	return readers[i].format;
}

int feed_format_find(struct str name)
{
	for (int i = 0; i < READERS; i++) {
		const char *id = readers[i].format.name;
		bool same = strlen(id) == name.len;

		for (uint32_t k = 0; same && k < name.len; k++)
			same = id[k] == name.data[k] || (id[k] == '_' && name.data[k] == '-');
		if (same)
			return i;
	}
	return -1;
}

/* What begins like this is no text. */
static const char *packed_as(struct str text)
{
	static const struct {
		struct str start;
		const char *what;
	} known[] = {
		{{"\x1f\x8b", 2}, "gzip"},
		{{"PK\x03\x04", 4}, "a zip archive"},
		{{"\x28\xb5\x2f\xfd", 4}, "zstd"},
		{{"BZh", 3}, "bzip2"},
		{{"\xfd"
		  "7zXZ",
			 5},
			"xz"},
		{{"\xff\xfe", 2}, "UTF-16"},
		{{"\xfe\xff", 2}, "UTF-16"},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (text.len >= known[i].start.len &&
			memcmp(text.data, known[i].start.data, known[i].start.len) == 0)
			return known[i].what;
	}
	return NULL;
}

/* No control characters: they are in no feed, and in every binary file. */
static int check_bytes(struct feed *f, struct str text)
{
	const char *packed = packed_as(text);
	struct feed_place at = {1, 1, NULL};

	if (packed)
		return feed_refuse(
			f, NULL, "it is %s; unpack it to a UTF-8 text and import that", packed);
	for (uint32_t i = 0; i < text.len; i++) {
		const unsigned char c = (unsigned char)text.data[i];

		if (c == '\n') {
			at.line++;
			at.column = 0;
		} else if ((c < 0x20 && c != '\t' && c != '\r') || c == 0x7f) {
			return feed_refuse(
				f, &at, "byte 0x%02x is in no feed: this is a binary file", c);
		}
		at.column++;
	}
	return 0;
}

static bool looks_like_json(struct str text)
{
	text = feed_trim(text);
	for (uint32_t i = 0; i < text.len; i++) {
		if (text.data[i] != '\n' && text.data[i] != '\r' && text.data[i] != ' ' &&
			text.data[i] != '\t')
			return text.data[i] == '{' || text.data[i] == '[';
	}
	return false;
}

static int find_format(struct feed *f, const struct feed_input *in, bool json, int *ret)
{
	for (int i = 0; i < READERS; i++) {
		if (!readers[i].sniff(in))
			continue;
		*ret = i;
		return 0;
	}
	if (json)
		return feed_refuse(f, NULL,
			"JSON, but of no format that is known here: no STIX bundle, MISP event, "
			"warninglist, or abuse.ch list; --format says which it is");
	return feed_refuse(f, NULL, "no feed: it holds no line with a value");
}

static int read_text(struct feed *f, int format, struct str text, int *ret_format)
{
	struct feed_input in = {.name = f->file};
	struct json_tree *tree = NULL;
	struct error why = {.code = ERR_OK};
	bool json;
	int rc;

	if (text.len >= 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0)
		text = (struct str){text.data + 3, text.len - 3};
	in.text = text;
	rc = check_bytes(f, text);
	if (rc != 0)
		return rc;
	json = looks_like_json(text);
	if (json)
		tree = json_tree_parse(in.name, text.data, text.len, &why);
	in.tree = tree;
	*ret_format = format;
	if (format < 0)
		rc = find_format(f, &in, json, ret_format);
	/* That it is no JSON as a whole says more than that nobody knows it. */
	if (rc != 0 && json && !tree)
		rc = error_set(f->err, why.code, "%s", why.msg);
	if (rc == 0 && json && !tree && readers[*ret_format].sniff != feed_sniff_spamhaus)
		rc = error_set(f->err, why.code, "%s", why.msg);
	if (rc == 0)
		rc = readers[*ret_format].read(f, &in);
	json_tree_free(tree);
	return rc;
}

int feed_read(struct feed *f, const char *file, int format, struct str text, int *ret_format)
{
	int rc;

	f->file = file;
	f->before = f->counts.values;
	rc = read_text(f, format, text, ret_format);
	if (rc == 0 && f->counts.values == f->before)
		return feed_refuse(f, NULL,
			"not one value in it, and an empty list would say that nobody is listed: "
			"fetch the feed again");
	return rc;
}
