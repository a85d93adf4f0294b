/* Spamhaus DROP, DROPv6 and ASN-DROP: an object in each line; one of type metadata says when it was
 * made and how many there are. */
#include "common/time_text.h"
#include "rules/lists/formats/format.h"

static struct json_tree *tree_of(const struct feed *f, const struct feed_input *in, struct str line,
	uint32_t number, struct error *err)
{
	struct error why;
	struct json_tree *tree = json_tree_parse(in->name, line.data, line.len, &why);
	const char *what = tree ? NULL : strstr(why.msg, "no JSON");

	(void)f;
	if (!tree)
		error_set(err, ERR_CONFIG, "%s:%u:1: %s", in->name, number,
			what ? what : "no JSON that can be read");
	return tree;
}

bool feed_sniff_spamhaus(const struct feed_input *in)
{
	struct str line = in->text;
	struct error why;
	struct json_tree *tree;
	bool known;

	while (line.len > 0 && (line.data[0] == '\n' || line.data[0] == '\r'))
		line = (struct str){line.data + 1, line.len - 1};
	for (uint32_t i = 0; i < line.len; i++) {
		if (line.data[i] == '\n')
			line.len = i;
	}
	if (line.len == 0 || line.len > FEED_MAX_LINE_BYTES)
		return false;
	tree = json_tree_parse(in->name, line.data, line.len, &why);
	known = tree && (json_node_get(json_tree_root(tree), "cidr") ||
				json_node_get(json_tree_root(tree), "asn") ||
				str_eq(json_node_text(json_node_get(json_tree_root(tree), "type")),
					STR("metadata")));
	json_tree_free(tree);
	return known;
}

static void read_metadata(struct feed *f, const struct json_node *o)
{
	int64_t n;

	if (json_node_i64(json_node_get(o, "timestamp"), &n) && n > 0)
		feed_set_date(f, n / (int64_t)(NS_PER_DAY / NS_PER_S));
	if (json_node_i64(json_node_get(o, "records"), &n) &&
		n != (int64_t)(f->counts.values - f->before))
		feed_note(f,
			"its metadata speaks of %lld records, and there are %llu: it may have been "
			"cut",
			(long long)n, (unsigned long long)(f->counts.values - f->before));
}

static struct str number_text(int64_t n, char buf[ASN_TEXT_BYTES])
{
	return n < 0 ? STR("-") : store_asn_text((uint64_t)n, buf);
}

static int read_object(struct feed *f, const struct json_node *o, uint32_t line)
{
	const struct json_node *cidr = json_node_get(o, "cidr");
	struct feed_entry e = feed_entry_at(line, 1);
	char digits[ASN_TEXT_BYTES];
	int64_t asn;

	if (json_node_is(cidr, JSON_KIND_TEXT)) {
		e.kind = FEED_ADDRESS;
		e.value = json_node_text(cidr);
		e.because = json_node_text(json_node_get(o, "sblid"));
		return feed_add(f, &e);
	}
	if (json_node_i64(json_node_get(o, "asn"), &asn)) {
		e.kind = ENTRY_ASN;
		e.value = number_text(asn, digits);
		e.because = json_node_text(json_node_get(o, "asname"));
		return feed_add(f, &e);
	}
	return feed_fault(f, &e.at, "an object with neither \"cidr\" nor \"asn\"");
}

int feed_read_spamhaus(struct feed *f, const struct feed_input *in)
{
	struct feed_lines lines = feed_lines_of(in);
	bool has_metadata = false, asns = false;
	struct str line;
	int rc;

	while ((rc = feed_next_line(f, &lines, &line)) > 0) {
		struct json_tree *tree;
		const struct json_node *root;

		if (feed_trim(line).len == 0)
			continue;
		tree = tree_of(f, in, line, lines.line, f->err);
		if (!tree)
			return ERR_CONFIG;
		root = json_tree_root(tree);
		rc = 0;
		asns = asns || json_node_get(root, "asn");
		if (str_eq(json_node_text(json_node_get(root, "type")), STR("metadata"))) {
			read_metadata(f, root);
			has_metadata = true;
		} else {
			rc = read_object(f, root, lines.line);
		}
		json_tree_free(tree);
		if (rc != 0)
			return rc;
	}
	if (!has_metadata)
		feed_note(f, "it has no line of metadata: it may have been cut");
	feed_set_source(f, asns ? STR("Spamhaus ASN-DROP") : STR("Spamhaus DROP"),
		asns ? STR("Spamhaus ASN-DROP") : STR("Spamhaus DROP"));
	return rc;
}
