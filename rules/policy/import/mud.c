/* Manufacturer Usage Descriptions (RFC 8520): access lists in JSON that say what a device has to do
 * with whom. A description becomes a role of the same name. JSON is read by the reader of YAML,
 * which knows where each value stands and refuses keys that are there twice. */
#include <stdio.h>
#include <stdlib.h>

#include "common/file.h"
#include "common/json/json_tree.h"
#include "rules/policy/import/internal.h"
#include "rules/policy/phrase.h"

enum { MAX_LINES = POLICY_MAX_LINES, PORTS_BYTES = 256, PEERS_BYTES = 600 };

/* A description while it is read. */
struct description {
	struct policy_import *im;
	const char *path, *file;
	const char *role;
	const struct yaml_node *acls;
	struct text_list lines[2]; /* connects, accepts: as they will be written */
	struct error *err;
};

/* One entry of an access list. */
struct rule {
	const struct yaml_node *node;
	bool from_device;  /* it stands in from-device-policy */
	const char *peers; /* as a line writes them; NULL: none could be */
	const char *transport;
	const struct yaml_node *source_port, *destination_port;
	const char *direction; /* ietf-mud:direction-initiated; NULL: any */
};

static void leave_out(struct description *d, const struct yaml_node *node, const char *what)
{
	import_add_note(d->im, "%s:%u:%u: %s", d->file, node->line, node->column, what);
}

static const struct yaml_node *member(const struct yaml_node *map, const char *key)
{
	return map ? yaml_get(map, key) : NULL;
}

/* The value under KEY, with the prefix of its module or without (RFC 7951 section 4). */
static const struct yaml_node *get(const struct yaml_node *map, const char *module, const char *key)
{
	char full[96];
	const struct yaml_node *node = map ? member(map, key) : NULL;

	if (!map || node)
		return node;
	(void)snprintf(full, sizeof(full), "%s:%s", module, key);
	return member(map, full);
}

static struct str text_of(const struct yaml_node *node)
{
	return node && node->kind == YAML_SCALAR ? node->text : (struct str){NULL, 0};
}

static const struct yaml_node *list_of(const struct yaml_node *node)
{
	return node && node->kind == YAML_LIST ? node : NULL;
}

/* Adds ONE to the peers of R. */
static void add_peer(struct description *d, struct rule *r, const char *one)
{
	r->peers = r->peers ? import_printf(d->im, "%s, %s", r->peers, one) : one;
}

static void add_network(struct description *d, struct rule *r, const struct yaml_node *node)
{
	char text[IMPORT_PREFIX_BYTES];
	struct ip_prefix prefix;

	if (!node)
		return;
	if (!ip_prefix_parse(text_of(node), &prefix, NULL)) {
		leave_out(d, node, "no prefix");
		return;
	}
	add_peer(d, r, import_keep(d->im, str_from(import_format_prefix(&prefix, text))));
}

static void add_domain(struct description *d, struct rule *r, const struct yaml_node *node)
{
	char shown[300];

	if (!node)
		return;
	str_printable(shown, sizeof(shown), text_of(node));
	if (strspn(shown, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") !=
			strlen(shown) ||
		!*shown) {
		leave_out(d, node, "no domain name");
		return;
	}
	add_peer(d, r, import_printf(d->im, "\"domain:%s\"", shown));
}

/* A controller is known by a URI whose addresses the site has to say: a group. */
static void add_controller(
	struct description *d, struct rule *r, const char *name, const char *comment)
{
	if (import_add_entry(d->im, IMPORT_GROUPS, name))
		text_out_add(&d->im->sections[IMPORT_GROUPS],
			"  # %s: its addresses are the site's to say\n  %s: []\n", comment, name);
	add_peer(d, r, import_printf(d->im, "group:%s", name));
}

static void add_mud_matches(struct description *d, struct rule *r, const struct yaml_node *mud)
{
	const struct yaml_node *controller = get(mud, "ietf-mud", "controller");
	const struct yaml_node *manufacturer = get(mud, "ietf-mud", "manufacturer");
	const struct yaml_node *model = get(mud, "ietf-mud", "model");
	char shown[200];

	if (get(mud, "ietf-mud", "local-networks"))
		add_peer(d, r, "own");
	if (get(mud, "ietf-mud", "same-manufacturer"))
		add_peer(d, r, import_printf(d->im, "role:%s", d->role));
	if (get(mud, "ietf-mud", "my-controller"))
		add_controller(d, r, import_printf(d->im, "%s-controller", d->role),
			import_printf(d->im, "controller of %s (my-controller)", d->role));
	if (controller) {
		const char *slug = import_slug(d->im, text_of(controller));

		add_controller(d, r, *slug ? slug : "controller",
			import_printf(d->im, "controller %s",
				str_printable(shown, sizeof(shown), text_of(controller))));
	}
	if (manufacturer)
		leave_out(d, manufacturer,
			"manufacturer: a policy knows equipment by its role; write role:NAME");
	if (model)
		leave_out(d, model, "model: a policy knows equipment by its role; write role:NAME");
}

/* Who the other end of R is, for an access list of what the device sends or receives. */
static void read_peers(struct description *d, struct rule *r, const struct yaml_node *matches)
{
	static const char *const families[] = {"ipv4", "ipv6"};
	const char *side = r->from_device ? "destination" : "source";
	char key[64];

	for (size_t i = 0; i < 2; i++) {
		const struct yaml_node *ip = member(matches, families[i]);

		(void)snprintf(key, sizeof(key), "%s-%s-network", side, families[i]);
		add_network(d, r, get(ip, "ietf-access-control-list", key));
		add_domain(d, r,
			get(ip, "ietf-acldns", r->from_device ? "dst-dnsname" : "src-dnsname"));
	}
	add_mud_matches(d, r, get(matches, "ietf-mud", "mud"));
	/* Nothing said is anybody; what could not be said was noted, and must not become that. */
}

static const char *const transports[] = {"tcp", "udp"};

static void read_transport(struct description *d, struct rule *r, const struct yaml_node *matches)
{
	const struct yaml_node *ip = member(matches, "ipv4");
	const struct yaml_node *protocol;
	int64_t number = 0;

	for (size_t i = 0; i < 2; i++) {
		const struct yaml_node *node = member(matches, transports[i]);
		const struct yaml_node *direction = get(node, "ietf-mud", "direction-initiated");

		if (!node)
			continue;
		r->transport = transports[i];
		r->source_port = member(node, "source-port");
		r->destination_port = member(node, "destination-port");
		r->direction = direction ? import_keep(d->im, text_of(direction)) : NULL;
	}
	if (r->transport)
		return;
	if (member(matches, "icmp")) {
		r->transport = member(matches, "ipv6") ? "ipv6-icmp" : "icmp";
		return;
	}
	protocol = member(ip ? ip : member(matches, "ipv6"), "protocol");
	if (protocol && yaml_i64(protocol, &number) && number >= 0 && number <= UINT8_MAX) {
		bool has_ports = false;
		const char *name = policy_transport_name((uint8_t)number, &has_ports);

		r->transport =
			has_ports || !name ? import_printf(d->im, "ip/%d", (int)number) : name;
		if (has_ports)
			r->transport = name;
	}
}

static bool read_number(const struct yaml_node *map, const char *key, int64_t *ret)
{
	const struct yaml_node *node = member(map, key);

	return node && yaml_i64(node, ret) && *ret >= 0 && *ret <= UINT16_MAX;
}

/* "tcp/443", "tcp/1-99, tcp/101-65535"; NULL when NODE (NULL: any port) is no condition on ports.
 */
static const char *ports_of(
	struct description *d, const char *transport, const struct yaml_node *node)
{
	char text[PORTS_BYTES];
	struct phrase p = phrase_begin(text, sizeof(text));
	const struct str op = text_of(node ? member(node, "operator") : NULL);
	int64_t low = 1;
	int64_t high = UINT16_MAX;
	int64_t port = 0;

	if (node && member(node, "lower-port")) {
		if (!read_number(node, "lower-port", &low) ||
			!read_number(node, "upper-port", &high))
			return NULL;
	} else if (node) {
		if (!read_number(node, "port", &port))
			return NULL;
		if (str_eq(op, STR("neq"))) {
			if (port > 1)
				phrase_add(&p, "%s/1-%d", transport, (int)port - 1);
			if (port < UINT16_MAX)
				phrase_add(&p, "%s%s/%d-65535", port > 1 ? ", " : "", transport,
					(int)port + 1);
			return import_keep(d->im, str_from(text));
		}
		if (!str_eq(op, STR("gte")))
			high = port;
		if (!str_eq(op, STR("lte")))
			low = port;
	}
	low = low == 0 ? 1 : low;
	if (low > high)
		return NULL;
	phrase_add(&p, low == high ? "%s/%d" : "%s/%d-%d", transport, (int)low, (int)high);
	return import_keep(d->im, str_from(text));
}

static void add_line(struct description *d, const struct rule *r, int direction, const char *ports)
{
	struct text_list *lines = &d->lines[direction];
	const char *line = import_printf(d->im, "{%s: %s%s%s, port: %s%s%s}",
		direction == 0 ? "to" : "from", strchr(r->peers, ',') ? "[" : "", r->peers,
		strchr(r->peers, ',') ? "]" : "", strchr(ports, ',') ? "[" : "", ports,
		strchr(ports, ',') ? "]" : "");

	for (size_t i = 0; i < lines->n; i++)
		if (strcmp(lines->items[i], line) == 0)
			return; /* the same, from the other access list */
	if (lines->n == MAX_LINES)
		leave_out(d, r->node, "more lines than a contract may have");
	else
		lines->items[lines->n++] = line;
}

/* Who begins a conversation that R speaks of: 0 the device, 1 the other; -1 cannot be told. RFC
 * 8520 section 8 has it for TCP; else ports tell: what a device sends from a port of its own it
 * serves.
 */
static int initiator_of(const struct rule *r)
{
	if (r->direction && strcmp(r->direction, "from-device") == 0)
		return 0;
	if (r->direction && strcmp(r->direction, "to-device") == 0)
		return 1;
	if (r->from_device)
		return r->source_port && !r->destination_port ? 1 : 0;
	return r->source_port && !r->destination_port ? 0 : 1;
}

static void take_rule(struct description *d, struct rule *r)
{
	const int direction = initiator_of(r);
	/* The port that is called is the other end's when the device calls. */
	const bool called_is_destination = r->from_device == (direction == 0);
	const struct yaml_node *called =
		called_is_destination ? r->destination_port : r->source_port;
	bool has_ports = r->transport &&
			 (strcmp(r->transport, "tcp") == 0 || strcmp(r->transport, "udp") == 0 ||
				 strcmp(r->transport, "sctp") == 0);
	const char *ports;

	if (!r->peers) {
		leave_out(d, r->node, "the other end could not be said, or is anybody");
		return;
	}
	if (!r->transport) {
		leave_out(d, r->node,
			"neither tcp nor udp nor icmp nor a protocol: a line needs a port; write "
			"it "
			"by hand");
		return;
	}
	ports = has_ports ? ports_of(d, r->transport, called) : r->transport;
	if (!ports) {
		leave_out(d, r->node, "its ports are no numbers from 0 to 65535 in order");
		return;
	}
	add_line(d, r, direction, ports);
}

/* 0, or ERR_CONFIG for what is no access list at all. */
static int read_ace(struct description *d, const struct yaml_node *ace, bool from_device)
{
	const struct yaml_node *matches = member(ace, "matches");
	const struct yaml_node *forwarding = member(member(ace, "actions"), "forwarding");
	const struct str action = text_of(forwarding);
	struct rule r = {.node = ace, .from_device = from_device};

	if (ace->kind != YAML_MAP || !forwarding)
		return yaml_error(ace, d->err,
			"this entry of an access list says neither accept nor drop under actions; "
			"ask the manufacturer for a description that is RFC 8520");
	if (!str_ends_with_nocase(action, STR("accept"))) {
		leave_out(d, ace, "what is dropped: a contract lists what is allowed, and no more");
		return 0;
	}
	if (!matches || matches->kind != YAML_MAP) {
		leave_out(d, ace, "it accepts everything: a policy allows nobody everything");
		return 0;
	}
	read_peers(d, &r, matches);
	read_transport(d, &r, matches);
	take_rule(d, &r);
	return 0;
}

static const struct yaml_node *find_acl(const struct description *d, struct str name)
{
	const struct yaml_node *list = list_of(get(d->acls, "ietf-access-control-list", "acl"));

	for (size_t i = 0; list && i < list->n; i++)
		if (str_eq(text_of(member(list->items[i], "name")), name))
			return list->items[i];
	return NULL;
}

static int read_acl(struct description *d, const struct yaml_node *reference, bool from_device)
{
	const struct yaml_node *name = member(reference, "name");
	const struct yaml_node *acl = find_acl(d, text_of(name));
	const struct yaml_node *list = acl ? list_of(member(member(acl, "aces"), "ace")) : NULL;
	int r = 0;

	if (!name || !acl)
		return yaml_error(name ? name : reference, d->err,
			"no access list has this name; it has to stand under acls, as acl");
	for (size_t i = 0; r == 0 && list && i < list->n; i++)
		r = read_ace(d, list->items[i], from_device);
	return r;
}

static int read_policy(struct description *d, const struct yaml_node *mud, bool from_device)
{
	const char *key = from_device ? "from-device-policy" : "to-device-policy";
	const struct yaml_node *policy = get(mud, "ietf-mud", key);
	const struct yaml_node *lists = policy ? member(policy, "access-lists") : NULL;
	const struct yaml_node *list = lists ? list_of(member(lists, "access-list")) : NULL;
	int r = 0;

	for (size_t i = 0; r == 0 && list && i < list->n; i++)
		r = read_acl(d, list->items[i], from_device);
	return r;
}

/* The last part of the URL without its ending: "lightbulb2000". */
static const char *name_of(struct description *d, const struct yaml_node *mud)
{
	struct str url = text_of(get(mud, "ietf-mud", "mud-url"));
	const char *slug;

	while (url.len > 0 && url.data[url.len - 1] == '/')
		url.len--;
	for (uint32_t i = url.len; i > 0; i--) {
		if (url.data[i - 1] != '/')
			continue;
		url = (struct str){url.data + i, url.len - i};
		break;
	}
	if (str_ends_with_nocase(url, STR(".json")))
		url.len -= 5;
	slug = import_slug(d->im, url);
	return *slug ? slug : "device";
}

static void write_comment(struct description *d, struct text_out *out, const struct yaml_node *mud)
{
	const struct str info = text_of(get(mud, "ietf-mud", "systeminfo"));
	const struct str url = text_of(get(mud, "ietf-mud", "mud-url"));
	char shown[300];

	text_out_add(out, "  # %s: ", d->file);
	text_out_add(out, "%s", str_printable(shown, sizeof(shown), url));
	if (info.len > 0)
		text_out_add(out, ", %s", str_printable(shown, sizeof(shown), info));
	text_out_add(out,
		"\n  # It says ports and no applications: add `app` to each line where it is "
		"known.\n");
}

static int write_role(struct description *d, const struct yaml_node *mud)
{
	static const char *const keys[] = {"connects", "accepts"};
	struct text_out *out = &d->im->sections[IMPORT_ROLES];

	if (!import_add_entry(d->im, IMPORT_ROLES, d->role))
		return yaml_error(
			get(mud, "ietf-mud", "mud-url") ? get(mud, "ietf-mud", "mud-url") : mud,
			d->err, "two descriptions are called %s; import them one at a time",
			d->role);
	write_comment(d, out, mud);
	text_out_add(out, "  %s:\n", d->role);
	for (int direction = 0; direction < 2; direction++) {
		if (d->lines[direction].n > 0)
			text_out_add(out, "    %s:\n", keys[direction]);
		for (size_t i = 0; i < d->lines[direction].n; i++)
			text_out_add(out, "      - %s\n", d->lines[direction].items[i]);
	}
	return 0;
}

static int read_description(struct description *d, const struct yaml_node *root)
{
	const struct yaml_node *mud = get(root, "ietf-mud", "mud");
	int r = 0;

	d->acls = get(root, "ietf-access-control-list", "acls");
	if (!d->acls)
		d->acls = get(root, "ietf-access-control-list", "access-lists");
	if (!mud || mud->kind != YAML_MAP || !d->acls)
		return yaml_error(root, d->err,
			"this is no manufacturer usage description: it has no %s; give the file "
			"that the device's MUD URL leads to",
			mud ? "ietf-access-control-list:acls" : "ietf-mud:mud");
	d->role = name_of(d, mud);
	for (int i = 0; i < 2 && !d->im->failed; i++) {
		d->lines[i].items = arena_alloc(d->im->arena, MAX_LINES * sizeof(char *));
		d->im->failed = d->im->failed || !d->lines[i].items;
	}
	if (d->im->failed)
		return import_no_memory(d->err);
	r = read_policy(d, mud, true);
	if (r == 0)
		r = read_policy(d, mud, false);
	return r == 0 ? write_role(d, mud) : r;
}

/* Four hexadecimal digits behind "\\u" at AT, which json_tree_parse has seen; 0 for none. */
static unsigned escape_at(const char *at)
{
	unsigned value = 0;

	if (at[0] != '\\' || at[1] != 'u')
		return 0;
	for (int i = 2; i < 6; i++) {
		const char c = ascii_lower(at[i]);

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return 0;
		value = value << 4 | (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return value;
}

/* Writes the one character that a pair of escapes stands for (RFC 8259 section 7): YAML has no such
 * pairs. Text becomes shorter; LEN bytes of it, with a NUL behind. */
static size_t join_pairs(char *text, size_t len)
{
	size_t n = 0;

	for (size_t at = 0; at < len;) {
		const unsigned high = len - at >= 12 ? escape_at(text + at) : 0;
		const unsigned low = high >= 0xd800 && high < 0xdc00 ? escape_at(text + at + 6) : 0;

		if (low >= 0xdc00 && low < 0xe000) {
			const unsigned c = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);

			text[n++] = (char)(0xf0 | c >> 18);
			text[n++] = (char)(0x80 | (c >> 12 & 0x3f));
			text[n++] = (char)(0x80 | (c >> 6 & 0x3f));
			text[n++] = (char)(0x80 | (c & 0x3f));
			at += 12;
			continue;
		}
		/* An escaped backslash begins no other escape. */
		if (text[at] == '\\' && at + 1 < len)
			text[n++] = text[at++];
		text[n++] = text[at++];
	}
	text[n] = '\0';
	return n;
}

int import_mud(struct policy_import *im, const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/');
	struct description d = {
		.im = im, .path = path, .file = slash ? slash + 1 : path, .err = err};
	size_t len = 0;
	char *text = file_read(path, IMPORT_MAX_BYTES, &len, err);
	struct json_tree *json = text ? json_tree_parse(path, text, len, err) : NULL;
	struct yaml_file *file =
		json ? yaml_parse(path, text, join_pairs(text, len), 1, err) : NULL;
	int r = file ? read_description(&d, yaml_root(file, 0)) : err->code;

	if (r == 0 && im->failed)
		r = import_no_memory(err);
	yaml_file_free(file);
	json_tree_free(json);
	free(text);
	return r;
}
