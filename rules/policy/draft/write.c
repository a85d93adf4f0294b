/* The draft as text: what a person reads line by line before it becomes a policy. */
#include <inttypes.h>
#include <string.h>

#include "common/quantity.h"
#include "common/text_out.h"
#include "common/time_text.h"
#include "rules/policy/draft/internal.h"

enum { MAX_SHOWN = 8, SHOWN_BYTES = 200 };

struct writer {
	const struct draft *d;
	struct text_out text;
	uint32_t *seen_in; /* by host: the last line that it was counted for, from 1 */
};

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* Within flow style, a colon would end an IPv6 address. */
static void put_address(struct writer *w, const struct ip_addr *a)
{
	char text[IP_ADDR_TEXT_BYTES];

	text_out_add(&w->text, ip_addr_is_v4(a) ? "%s" : "\"%s\"", ip_addr_format(a, text));
}

static void put_time(struct writer *w, uint64_t ts_ns)
{
	char text[TIME_TEXT_BYTES];

	text_out_add(&w->text, "%.10s %.8s", time_format(ts_ns, text), text + 11);
}

static void put_bytes(struct writer *w, uint64_t bytes)
{
	char text[QUANTITY_TEXT_BYTES];

	text_out_add(&w->text, "%s", quantity_bytes_format(bytes, text));
}

static void put_head(struct writer *w)
{
	const struct draft *d = w->d;
	char shown[SHOWN_BYTES];

	text_out_add(&w->text,
		"# A draft, and no policy yet: each line allows what was seen, and what was seen "
		"may "
		"be an intrusion.\n"
		"# Read the evidence above each line, correct names and roles, take out what has "
		"no "
		"business there, then:\n"
		"#   vedette policy lint, vedette policy test, vedette replay --site\n"
		"# Made from %s: ",
		str_printable(shown, sizeof(shown), str_from(d->options.source)));
	text_out_add(&w->text, "%" PRIu64 " conversation%s, ", d->counts.conversations,
		plural(d->counts.conversations));
	put_time(w, d->first_ns);
	text_out_add(&w->text, " to ");
	put_time(w, d->last_ns);
	text_out_add(&w->text, " UTC.\nschema: 1\nsite: '");
	for (const char *c = str_printable(shown, sizeof(shown), str_from(d->options.site)); *c;
		c++)
		text_out_add(&w->text, *c == '\'' ? "''" : "%c", *c);
	text_out_add(&w->text, "'\n\n");
}

static bool is_seen(const struct draft *d, const struct ip_prefix *p)
{
	for (size_t i = 0; i < d->n_hosts; i++)
		if (ip_prefix_contains(p, &d->hosts[i].addr))
			return true;
	return false;
}

static void put_prefix(struct writer *w, const struct ip_prefix *p, bool first)
{
	char text[IP_PREFIX_TEXT_BYTES];

	(void)ip_prefix_format(p, text);
	text_out_add(&w->text, strchr(text, ':') ? "%s\"%s\"" : "%s%s", first ? "" : ", ", text);
}

static void put_networks(struct writer *w)
{
	const struct draft *d = w->d;
	size_t n;
	const struct ip_prefix *own = site_own(d->options.discover, &n);
	bool first = true;

	text_out_add(&w->text, "networks:\n  own: [");
	for (size_t i = 0; i < n; i++) {
		if (!is_seen(d, &own[i]))
			continue;
		put_prefix(w, &own[i], first);
		first = false;
	}
	text_out_add(&w->text, "]\n");
	if (d->options.n_subscribers > 0) {
		text_out_add(&w->text, "  subscribers: [");
		for (size_t i = 0; i < d->options.n_subscribers; i++)
			put_prefix(w, &d->options.subscribers[i], i == 0);
		text_out_add(&w->text, "]\n");
	}
}

static void put_equipment(struct writer *w)
{
	const struct draft *d = w->d;

	text_out_add(&w->text, "\nequipment:\n");
	for (size_t i = 0; i < d->n_hosts; i++) {
		const struct host *h = &d->hosts[i];

		text_out_add(&w->text, "  # began %" PRIu64 ", answered %" PRIu64 "; ", h->began,
			h->accepted);
		put_time(w, h->first_ns);
		text_out_add(&w->text, " to ");
		put_time(w, h->last_ns);
		text_out_add(&w->text, "; %s\n  - {name: %s, address: ",
			h->kind ? h->kind->evidence
				: "its role is named by what it did, not by what it is",
			h->name);
		put_address(w, &h->addr);
		text_out_add(&w->text, ", role: %s}\n", d->roles[h->role].name);
	}
}

/* The wants of a line, added up. */
struct evidence {
	uint64_t flows, bytes, certain, first_ns, last_ns;
	uint32_t members, unanswered;
};

static struct evidence evidence_of(struct writer *w, const struct draft_line *line)
{
	const struct draft *d = w->d;
	const uint32_t number = (uint32_t)(line - d->lines) + 1;
	struct evidence sum = {0};

	for (uint32_t i = 0; i < line->n; i++) {
		const struct item *item = &d->items[line->first + i];

		for (uint32_t j = 0; j < item->n; j++) {
			const struct want *want = &d->wants[item->first + j];
			const struct edge *e = &d->edges[want->edge];

			sum.flows += e->flows;
			sum.bytes += e->bytes;
			sum.certain += e->certain ? e->flows : 0;
			sum.unanswered += !e->answered;
			if (sum.first_ns == 0 || e->first_ns < sum.first_ns)
				sum.first_ns = e->first_ns;
			if (e->last_ns > sum.last_ns)
				sum.last_ns = e->last_ns;
			sum.members += w->seen_in[want->host] != number;
			w->seen_in[want->host] = number;
		}
	}
	return sum;
}

static void put_sum(struct writer *w, const struct draft_line *line)
{
	const struct draft *d = w->d;
	const struct evidence sum = evidence_of(w, line);
	const char *app = d->wants[d->items[line->first].first].app;

	text_out_add(&w->text, "      # %" PRIu64 " conversation%s of %" PRIu32 " of %" PRIu32 ", ",
		sum.flows, plural(sum.flows), sum.members, d->roles[line->role].n_members);
	put_bytes(w, sum.bytes);
	text_out_add(&w->text, ", ");
	put_time(w, sum.first_ns);
	text_out_add(&w->text, " to ");
	put_time(w, sum.last_ns);
	if (*app && sum.certain < sum.flows)
		text_out_add(&w->text, "; label certain in %" PRIu64, sum.certain);
	if (!*app)
		text_out_add(&w->text, "; no label");
	if (sum.unanswered)
		text_out_add(&w->text, "; some unanswered");
	text_out_add(&w->text, "\n");
}

/* "198.51.100.7: update.example, AS64500 Example, XX" */
static void put_about(struct writer *w, const struct ip_addr *a, const struct edge *e)
{
	char text[IP_ADDR_TEXT_BYTES];
	char shown[SHOWN_BYTES];

	text_out_add(&w->text, "%s:", ip_addr_format(a, text));
	if (e->peer.domain.len > 0)
		text_out_add(&w->text, " %s,", str_printable(shown, sizeof(shown), e->peer.domain));
	if (e->peer.as_number)
		text_out_add(&w->text, " AS%" PRIu32 "%s%s,", e->peer.as_number,
			e->peer.as_name.len ? " " : "",
			str_printable(shown, sizeof(shown), e->peer.as_name));
	if (e->peer.country.len > 0)
		text_out_add(
			&w->text, " %s,", str_printable(shown, sizeof(shown), e->peer.country));
	text_out_add(&w->text, " %" PRIu64 " conversation%s\n", e->flows, plural(e->flows));
}

static const struct want *want_of(const struct draft *d, const struct draft_line *line, uint32_t i)
{
	return &d->wants[d->items[line->first + i].first];
}

/* Who the addresses in a line are, as far as anything is known. */
static void put_addresses(struct writer *w, const struct draft_line *line, const char *indent)
{
	const struct draft *d = w->d;
	uint32_t shown = 0;

	for (uint32_t i = 0; i < line->n; i++) {
		const struct want *want = want_of(d, line, i);
		const struct edge *e = &d->edges[want->edge];

		if (want->peer.kind != PEER_ADDRESS ||
			(e->peer.domain.len == 0 && e->peer.as_number == 0 &&
				e->peer.country.len == 0))
			continue;
		if (shown++ == MAX_SHOWN) {
			text_out_add(&w->text, "%s#   and others\n", indent);
			return;
		}
		text_out_add(&w->text, "%s#   ", indent);
		put_about(w, &want->peer.addr, e);
	}
}

static void put_peer(struct writer *w, const struct peer_ref *peer)
{
	if (peer->kind == PEER_ROLE)
		text_out_add(&w->text, "role:%s", w->d->roles[peer->id].name);
	else if (peer->kind == PEER_EQUIPMENT)
		text_out_add(&w->text, "equipment:%s", w->d->hosts[peer->id].name);
	else
		put_address(w, &peer->addr);
}

static void put_peers(struct writer *w, const struct draft_line *line)
{
	const struct draft *d = w->d;
	uint32_t n = 0;

	for (uint32_t i = 0; i < line->n; i++)
		n += !line->group || want_of(d, line, i)->peer.kind != PEER_ADDRESS;
	n += line->group != 0;
	text_out_add(&w->text, "%s", n > 1 ? "[" : "");
	n = 0;
	for (uint32_t i = 0; i < line->n; i++) {
		const struct peer_ref *peer = &want_of(d, line, i)->peer;

		if (line->group && peer->kind == PEER_ADDRESS)
			continue;
		text_out_add(&w->text, "%s", n++ ? ", " : "");
		put_peer(w, peer);
	}
	if (line->group)
		text_out_add(&w->text, "%sgroup:peers-%" PRIu32, n++ ? ", " : "", line->group);
	text_out_add(&w->text, "%s", n > 1 ? "]" : "");
}

static void put_line(struct writer *w, const struct draft_line *line)
{
	const struct draft *d = w->d;
	const struct item *first = &d->items[line->first];
	const char *app = d->wants[first->first].app;

	put_sum(w, line);
	if (!line->group)
		put_addresses(w, line, "      ");
	text_out_add(&w->text, "      - {%s: ", line->direction == 0 ? "to" : "from");
	put_peers(w, line);
	if (*app)
		text_out_add(&w->text, ", app: %s", app);
	if (*first->ports)
		text_out_add(&w->text, ", port: %s", first->ports);
	text_out_add(&w->text, "}\n");
}

static void put_groups(struct writer *w)
{
	const struct draft *d = w->d;

	if (d->n_groups == 0)
		return;
	text_out_add(&w->text, "\ngroups:\n");
	for (size_t i = 0; i < d->n_lines; i++) {
		const struct draft_line *line = &d->lines[i];
		bool first = true;

		if (!line->group)
			continue;
		text_out_add(&w->text, "  # %s %s\n",
			line->direction == 0 ? "called by" : "callers of",
			d->roles[line->role].name);
		put_addresses(w, line, "  ");
		text_out_add(&w->text, "  peers-%" PRIu32 ": [", line->group);
		for (uint32_t j = 0; j < line->n; j++) {
			const struct peer_ref *peer = &want_of(d, line, j)->peer;

			if (peer->kind != PEER_ADDRESS)
				continue;
			text_out_add(&w->text, "%s", first ? "" : ", ");
			put_address(w, &peer->addr);
			first = false;
		}
		text_out_add(&w->text, "]\n");
	}
}

static void put_roles(struct writer *w)
{
	static const char *const keys[] = {"connects", "accepts"};
	const struct draft *d = w->d;

	text_out_add(&w->text, "\nroles:\n");
	for (size_t i = 0; i < d->n_roles; i++) {
		const struct draft_role *role = &d->roles[i];

		if (role->kind && role->kind->is_shipped)
			text_out_add(&w->text,
				"  # In place of the shipped role %s, which lists more: leave this "
				"one out to use that.\n",
				role->name);
		text_out_add(&w->text, "  %s:\n", role->name);
		for (int direction = 0; direction < 2; direction++) {
			if (role->n_lines[direction] > 0)
				text_out_add(&w->text, "    %s:\n", keys[direction]);
			for (uint32_t j = 0; j < role->n_lines[direction]; j++)
				put_line(w, &d->lines[role->first_line[direction] + j]);
		}
	}
}

/* What a list names is not proposed: a policy outranks the lists, and would silence them. */
static void put_left_out(struct writer *w)
{
	const struct draft *d = w->d;
	bool first = true;

	for (size_t i = 0; i < d->n_edges; i++) {
		const struct edge *e = &d->edges[i];
		const int side = draft_party(d, e, 0) != DRAFT_NO_HOST ? 0 : 1;
		const uint32_t host = draft_party(d, e, side);
		char shown[SHOWN_BYTES];

		if (!edge_is_listed(e) || host == DRAFT_NO_HOST)
			continue;
		if (first)
			text_out_add(&w->text,
				"\n# Left out, because a list names the other end. These stay "
				"violations; an exception with an owner\n# and an end is the way "
				"to allow one:\n");
		first = false;
		text_out_add(
			&w->text, "#   %s %s ", d->hosts[host].name, side == 0 ? "to" : "from");
		put_about(w, &e->addr[1 - side], e);
		text_out_add(&w->text,
			"#     list %s: ", str_printable(shown, sizeof(shown), e->peer.list));
		text_out_add(&w->text, "%s\n", str_printable(shown, sizeof(shown), e->peer.reason));
	}
}

int draft_write(struct draft *d, char **ret, struct draft_counts *ret_counts, struct error *err)
{
	struct writer w = {.d = d, .text = text_out_init()};

	*ret = NULL;
	draft_sort(d);
	draft_find_hosts(d);
	if (!d->failed && d->n_hosts == 0)
		return error_set(err, ERR_INPUT,
			"no conversation of the operator's equipment was seen; name its networks "
			"with --own PREFIX,...");
	if (!d->failed)
		draft_find_lines(d);
	if (d->failed)
		return error_set(err, ERR_SYSTEM, "not enough memory to write the draft");
	d->counts.equipment = d->n_hosts;
	d->counts.roles = d->n_roles;
	d->counts.lines = d->n_lines;
	d->counts.groups = d->n_groups;
	w.seen_in = arena_alloc(d->arena, d->n_hosts * sizeof(*w.seen_in));
	if (!w.seen_in)
		return error_set(err, ERR_SYSTEM, "not enough memory to write the draft");
	put_head(&w);
	put_networks(&w);
	put_equipment(&w);
	put_groups(&w);
	put_roles(&w);
	put_left_out(&w);
	*ret_counts = d->counts;
	if (w.text.failed) {
		text_out_done(&w.text);
		return error_set(err, ERR_SYSTEM, "not enough memory to write the draft");
	}
	*ret = w.text.data;
	return 0;
}
