/* Segments: parts of the network by the tags that stand around their packets; and the collectors
 * that mirrors are sent to. */
#include <assert.h>
#include <stdlib.h>

#include "rules/policy/phrase.h"
#include "rules/policy/reading.h"

/* What values the tags take: IEEE 802.1Q-2022 9.6, 802.1ah (24 bits), RFC 3032 section 2.1 (labels
 * below 16 have a meaning of their own), RFC 7348 section 5, RFC 2890 section 2.1; the session of
 * ERSPAN has 10 bits. */
static const struct {
	uint32_t min, max;
} limits[PACKET_TAG_KINDS] = {
	[TAG_VLAN] = {1, 4094},
	[TAG_ISID] = {0, 0xffffff},
	[TAG_MPLS] = {16, 0xfffff},
	[TAG_VNI] = {0, 0xffffff},
	[TAG_GRE_KEY] = {0, UINT32_MAX},
	[TAG_ERSPAN] = {0, 1023},
};

static const char interface_key[] = "interface";

static int check_segment(struct load *l, const struct yaml_pair *pair)
{
	const char *keys[PACKET_TAG_KINDS + 2] = {interface_key};
	int r = read_map(l, pair->value, "a segment");

	for (int kind = 0; kind < PACKET_TAG_KINDS; kind++)
		keys[kind + 1] = packet_tag_kind_name((enum packet_tag_kind)kind);
	if (r == 0)
		r = yaml_check_keys(pair->value, keys, l->err);
	if (r == 0 && pair->value->n == 0)
		return yaml_error(pair->value, l->err,
			"a segment is known by the tags of its packets; add such as `vlan: [100]`");
	return r;
}

/* How many values all segments together have under KEY. */
static int count_all(
	struct load *l, const struct yaml_node *section, const char *key, uint32_t *ret)
{
	*ret = 0;
	for (size_t i = 0; i < section->n; i++) {
		const struct yaml_node *node = yaml_get(section->pairs[i].value, key);
		uint32_t n = 0;
		int r = node ? read_count(l, node, key, POLICY_MAX_TAGS, &n) : 0;

		if (r < 0)
			return r;
		*ret += n;
		if (*ret > POLICY_MAX_TAGS)
			return yaml_error(node, l->err,
				"all segments together have more than %d values of %s; write "
				"ranges, such as 200-299",
				POLICY_MAX_TAGS, key);
	}
	return 0;
}

static bool parse_number(struct str text, uint32_t *ret)
{
	uint64_t value = 0;

	if (text.len == 0 || text.len > 10)
		return false;
	for (uint32_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(text.data[i] - '0');
	}
	*ret = (uint32_t)value;
	return value <= UINT32_MAX;
}

/* "100" or "200-299" */
static bool parse_range(struct str text, struct tag_range *ret)
{
	const char *dash = memchr(text.data, '-', text.len);
	struct str first = {text.data, dash ? (uint32_t)(dash - text.data) : text.len};
	struct str last = dash ? (struct str){dash + 1, text.len - first.len - 1} : first;

	return parse_number(first, &ret->first) && parse_number(last, &ret->last) &&
	       ret->first <= ret->last;
}

static int read_range(struct load *l, const struct yaml_node *node, enum packet_tag_kind kind,
	struct tag_range *ret)
{
	char shown[SHOWN_BYTES];
	struct str text;
	int r = read_text(l, node, packet_tag_kind_name(kind), POLICY_NAME_BYTES, &text);

	if (r < 0)
		return r;
	if (!parse_range(text, ret) || ret->first < limits[kind].min ||
		ret->last > limits[kind].max)
		return yaml_error(node, l->err,
			"\"%s\" cannot stand under %s; write a number from %u to %u, or a range of "
			"them, such as 200-299",
			str_printable(shown, sizeof(shown), text), packet_tag_kind_name(kind),
			limits[kind].min, limits[kind].max);
	ret->node = node;
	return 0;
}

static int compare_ranges(const void *a, const void *b)
{
	const struct tag_range *x = a;
	const struct tag_range *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return read_order(x->node, y->node);
}

/* The tag that two entries have in common would leave open which segment a packet is in. */
static int twice(struct load *l, const struct yaml_node *a, uint16_t segment_a,
	const struct yaml_node *b, uint16_t segment_b, const char *key, const char *tag)
{
	bool swap = read_order(a, b) > 0;
	const struct yaml_node *first = swap ? b : a;

	return yaml_error(swap ? a : b, l->err,
		"%s %s belongs to segment %s already (line %u); remove one of them", key, tag,
		l->site->segments[(swap ? segment_b : segment_a) - 1].data, first->line);
}

static int load_kind(struct load *l, const struct yaml_node *section, enum packet_tag_kind kind)
{
	const char *key = packet_tag_kind_name(kind);
	struct site *s = l->site;
	struct tag_range *ranges;
	uint32_t n;
	uint32_t at = 0;
	int r = count_all(l, section, key, &n);

	if (r < 0)
		return r;
	ranges = arena_alloc(s->arena, n * sizeof(*ranges));
	if (!ranges)
		return read_no_memory(l);
	for (size_t i = 0; i < section->n; i++) {
		const struct yaml_node *node = yaml_get(section->pairs[i].value, key);
		uint32_t n_items = !node ? 0 : node->kind == YAML_LIST ? (uint32_t)node->n : 1;

		for (uint32_t j = 0; j < n_items; j++) {
			r = read_range(l, read_item(node, j), kind, &ranges[at]);
			if (r < 0)
				return r;
			ranges[at++].segment = s->segment_numbers[i];
		}
	}
	assert(at == n);
	qsort(ranges, n, sizeof(*ranges), compare_ranges);
	for (uint32_t i = 1; i < n; i++) {
		char tag[16];

		if (ranges[i].first > ranges[i - 1].last)
			continue;
		phrase_text(tag, sizeof(tag), "%u", ranges[i].first);
		return twice(l, ranges[i - 1].node, ranges[i - 1].segment, ranges[i].node,
			ranges[i].segment, key, tag);
	}
	s->tags[kind] = ranges;
	s->n_tags[kind] = n;
	return 0;
}

static int compare_interfaces(const void *a, const void *b)
{
	const struct tag_interface *x = a;
	const struct tag_interface *y = b;
	int order = str_cmp(x->name, y->name);

	return order != 0 ? order : read_order(x->node, y->node);
}

static int load_interfaces(struct load *l, const struct yaml_node *section)
{
	struct site *s = l->site;
	uint32_t n;
	int r = count_all(l, section, interface_key, &n);

	if (r < 0)
		return r;
	s->interfaces = arena_alloc(s->arena, n * sizeof(*s->interfaces));
	if (!s->interfaces)
		return read_no_memory(l);
	for (size_t i = 0; i < section->n; i++) {
		const struct yaml_node *node = yaml_get(section->pairs[i].value, interface_key);
		uint32_t n_items = !node ? 0 : node->kind == YAML_LIST ? (uint32_t)node->n : 1;

		for (uint32_t j = 0; j < n_items; j++) {
			struct tag_interface *x = &s->interfaces[s->n_interfaces];

			x->node = read_item(node, j);
			x->segment = s->segment_numbers[i];
			r = read_text(l, x->node, interface_key, POLICY_NAME_BYTES, &x->name);
			if (r < 0)
				return r;
			s->n_interfaces++;
		}
	}
	qsort(s->interfaces, n, sizeof(*s->interfaces), compare_interfaces);
	for (uint32_t i = 1; i < n; i++) {
		const struct tag_interface *x = &s->interfaces[i - 1];

		if (str_eq(x->name, x[1].name))
			return twice(l, x->node, x->segment, x[1].node, x[1].segment, interface_key,
				x->name.data);
	}
	return 0;
}

/* Names of the policy before, with their numbers. */
static int keep_names(struct load *l, size_t n_new)
{
	const struct site *before = l->before;
	const uint32_t n = before ? before->n_segments : 0;
	struct site *s = l->site;

	s->segments = arena_alloc(s->arena, (n + n_new) * sizeof(*s->segments));
	if (!s->segments)
		return read_no_memory(l);
	for (uint32_t i = 0; i < n; i++) {
		s->segments[i] = arena_str(s->arena, before->segments[i]);
		if (!s->segments[i].data)
			return read_no_memory(l);
	}
	s->n_segments = n;
	return 0;
}

/* Gives each segment of SECTION, of the same NAMES, its number. */
static int number_all(struct load *l, const struct yaml_node *section, const struct str *names)
{
	struct site *s = l->site;
	struct name_index kept;
	uint32_t ignored;

	s->segment_numbers = arena_alloc(s->arena, section->n * sizeof(*s->segment_numbers));
	if (!s->segment_numbers || name_index_build(&kept, s->arena, s->segments, s->n_segments,
					   &ignored, &ignored) != 0)
		return read_no_memory(l);
	for (uint32_t i = 0; i < section->n; i++) {
		const uint32_t id = name_index_find(&kept, names[i]);

		if (id == NO_ID && s->n_segments == POLICY_MAX_SEGMENTS)
			return yaml_error(section->pairs[i].key, l->err,
				"%d names of segments were in use since the start; start the "
				"program again to forget those that are gone",
				POLICY_MAX_SEGMENTS);
		if (id == NO_ID)
			s->segments[s->n_segments++] = names[i];
		s->segment_numbers[i] = (uint16_t)(id == NO_ID ? s->n_segments : id + 1);
	}
	s->n_declared_segments = (uint32_t)section->n;
	return 0;
}

static int load_declared(struct load *l, const struct yaml_node *section)
{
	struct str *names;
	int r = read_names(l, section, "the name of a segment", &names, &l->site->segment_names);

	if (r == 0)
		r = number_all(l, section, names);
	for (size_t i = 0; r == 0 && i < section->n; i++)
		r = check_segment(l, &section->pairs[i]);
	for (int kind = 0; r == 0 && kind < PACKET_TAG_KINDS; kind++)
		r = load_kind(l, section, (enum packet_tag_kind)kind);
	return r == 0 ? load_interfaces(l, section) : r;
}

int load_segments(struct load *l)
{
	const struct yaml_node *section;
	struct site *s = l->site;
	int r = read_section(l, l->root, "segments", YAML_MAP, POLICY_MAX_SEGMENTS, &section);

	if (r == 0)
		r = keep_names(l, section ? section->n : 0);
	if (r == 0 && section)
		r = load_declared(l, section);
	if (r < 0)
		return r;
	s->segment_scopes =
		arena_alloc(s->arena, ((size_t)s->n_segments + 1) * sizeof(struct prefix_trie *));
	return s->segment_scopes ? 0 : read_no_memory(l);
}

int load_collectors(struct load *l)
{
	const struct yaml_node *list;
	struct site *s = l->site;
	int r = read_section(l, l->root, "collectors", YAML_LIST, POLICY_MAX_ITEMS, &list);

	if (r < 0 || !list)
		return r;
	s->collectors = arena_alloc(s->arena, list->n * sizeof(*s->collectors));
	if (!s->collectors)
		return read_no_memory(l);
	for (size_t i = 0; r == 0 && i < list->n; i++)
		r = read_network(l, list->items[i], &s->collectors[i]);
	s->n_collectors = (uint32_t)list->n;
	return r;
}

int read_segment(struct load *l, const struct yaml_node *map, uint16_t *ret)
{
	const struct yaml_node *node = yaml_get(map, "segment");
	struct str name;
	uint32_t id;
	int r;

	*ret = 0;
	if (!node)
		return 0;
	r = read_text(l, node, "segment", POLICY_NAME_BYTES, &name);
	if (r == 0)
		r = read_reference(
			l, node, name, "segment", "segments", &l->site->segment_names, &id);
	if (r == 0)
		*ret = l->site->segment_numbers[id];
	return r;
}

/* The segment that TAG belongs to, or 0. */
static uint16_t find_tag(const struct site *s, const struct packet_tag *tag)
{
	const struct tag_range *ranges = s->tags[tag->kind];
	uint32_t low = 0;
	uint32_t high = s->n_tags[tag->kind];

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (tag->value < ranges[middle].first)
			high = middle;
		else if (tag->value > ranges[middle].last)
			low = middle + 1;
		else
			return ranges[middle].segment;
	}
	return 0;
}

static uint16_t find_interface(const struct site *s, struct str name)
{
	uint32_t low = 0;
	uint32_t high = s->n_interfaces;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = str_cmp(s->interfaces[middle].name, name);

		if (order == 0)
			return s->interfaces[middle].segment;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return 0;
}

uint16_t site_segment(
	const struct site *s, const struct packet *p, uint32_t layer, const char *interface)
{
	if (s->n_declared_segments == 0)
		return 0;
	for (uint32_t i = p->n_tags; i > 0; i--) {
		const struct packet_tag *tag = &p->tags[i - 1];
		uint16_t segment = tag->layer <= layer ? find_tag(s, tag) : 0;

		if (segment)
			return segment;
	}
	return interface ? find_interface(s, str_from(interface)) : 0;
}

const char *site_segment_name(const struct site *s, uint16_t segment)
{
	return segment && segment <= s->n_segments ? s->segments[segment - 1].data : "";
}

const struct ip_prefix *site_collectors(const struct site *s, size_t *ret_n)
{
	*ret_n = s->n_collectors;
	return s->collectors;
}

uint32_t site_segment_count(const struct site *s)
{
	return s->n_segments;
}
