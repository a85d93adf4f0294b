#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/baseline.h"
#include "cli/baseline_rows.h"
#include "cli/learned_file.h"
#include "common/time_text.h"
#include "sensor/knowledge.h"

static const char help[] =
	"usage: vedette baseline approve [OPTION...] EDGE...\n\n"
	"Approves edges that 'vedette baseline propose' showed: writes them into the file of\n"
	"approved edges, with who approved them, why, and until when. All that are named are\n"
	"approved, or none. A peer that is linked to an adversary, when it was learned or by the\n"
	"lists of today, is never approved (status 8); an edge whose volume is a ramp only with\n"
	"--despite ramp. A sensor uses the file after 'vedette reload'.\n\n"
	"  --site FILE      the policy\n"
	"  --learned FILE   the file of approved edges; it is made when it is not there\n"
	"  --by NAME        who approves\n"
	"  --because TEXT   why: what the conversation is for, a ticket\n"
	"  --until DATE     the last day on which it is good: 2027-05-31\n"
	"  --date DATE      when it was approved; default: today\n"
	"  --despite WARNING  ramp: the growth was looked into\n"
	"  --from FILE      a file of 'vedette baseline learn'\n"
	"  --name NAME      which sensor; not needed when there is one with this state directory\n"
	"  --state DIR      its state directory\n"
	"  --ramp PERCENT   growth that is called a ramp; default 100\n"
	"  --lists DIR      lists of linked networks instead of the shipped ones\n"
	"  --geo DIR        MaxMind DB files for country and AS; \"\" for none\n"
	"  --as-of DATE     with the list entries that were in force then; default: today\n\n"
	"All of --site, --learned, --by, --because and --until are needed. EDGE is the id that\n"
	"'propose' shows; its start is enough.\n\n"
	"Example:\n"
	"  vedette baseline approve --site site.yaml --learned learned.yaml --from learned.db \\\n"
	"    --by j.kowalska --because 'telemetry, ticket 4711' --until 2099-05-31 EDGE\n";

enum { ENTRY_BYTES = 8192, LEAST_BITS_V4 = 96 + 16, LEAST_BITS_V6 = 32 };

struct approving {
	struct options options;
	struct knowledge knowledge;
	struct baseline_source source;
	struct learned_file file;
	char date[DATE_TEXT_BYTES];
	bool is_unmet; /* the error is that an edge may not be approved */
};

/* ---- what is refused ---- */

/* What may not be approved as it is: EXIT_UNMET, not a fault of a file. */
static int refuse_listed(struct approving *a, const struct baseline_row *r, unsigned tier,
	const char *list, struct error *err)
{
	char peer[128], why[64] = "an indicator";

	if (tier != BASELINE_INDICATOR)
		(void)snprintf(why, sizeof(why), "tier %u", tier);
	a->is_unmet = true;
	return error_set(err, ERR_CONFIG,
		"%s: its peer %s is linked to an adversary (%s, %s), and is never approved; an "
		"exception of the policy is the way, if it must be",
		r->id, str_printable(peer, sizeof(peer), r->edge.peer), why, list);
}

/* By the lists of today, for each address that was seen. */
static int check_lists(struct approving *a, const struct baseline_row *r, struct error *err)
{
	const struct baseline_edge *e = &r->edge;
	struct ip_prefix ignored;

	if (e->tier)
		return refuse_listed(a, r, e->tier, "when it was learned", err);
	for (uint8_t i = 0; i < e->n_addresses; i++) {
		struct lists_peer peer = {.addr = e->addresses[i]};
		struct geo_answer geo;
		struct linkage link;
		const struct claim *claim;
		char list[128];

		if (e->peer_is_equipment ||
			site_scope(a->knowledge.site, 0, &peer.addr) != SITE_EXTERNAL)
			continue;
		geo_lookup(a->knowledge.geo, &peer.addr, &geo);
		peer.as_number = geo.as_number;
		memcpy(peer.country, geo.country, sizeof(peer.country));
		memcpy(peer.registered_country, geo.registered_country,
			sizeof(peer.registered_country));
		if (!ip_prefix_parse(e->peer, &ignored, NULL) &&
			!memchr(e->peer.data, ' ', e->peer.len))
			peer.domain = e->peer;
		lists_linkage(a->knowledge.lists, &peer, &link);
		claim = link.tier ? &link.linked : &link.indicator;
		if (claim->list.len > 0)
			return refuse_listed(a, r, link.tier ? link.tier : BASELINE_INDICATOR,
				str_printable(list, sizeof(list), claim->list), err);
	}
	return 0;
}

static int check_row(struct approving *a, const struct baseline_row *r, struct error *err)
{
	const char *despite = a->options.baseline.despite;
	const int rc = check_lists(a, r, err);

	if (rc != 0)
		return rc;
	for (size_t i = 0; i < learned_count(a->file.learned); i++) {
		struct learned_entry e;

		learned_entry(a->file.learned, i, &e);
		if (e.is_revoked || !str_eq(e.id, str_from(r->id)))
			continue;
		a->is_unmet = true;
		return error_set(err, ERR_CONFIG,
			"%s is approved already, at %s; revoke that first, or change its end there",
			r->id, e.where);
	}
	if (!(r->warnings & BASELINE_RAMP) || (despite && strcmp(despite, "ramp") == 0))
		return 0;
	a->is_unmet = true;
	return error_set(err, ERR_CONFIG,
		"%s: its volume grew by %" PRId64
		"%% from its first days to its last, which is how "
		"a baseline is poisoned; look into it, then add --despite ramp",
		r->id, r->growth_percent);
}

/* ---- what is written ---- */

struct entry {
	char text[ENTRY_BYTES];
	size_t len;
	bool cut;
};

static void add_line(struct entry *e, const char *key, const char *between, const char *value)
{
	const int n = snprintf(
		e->text + e->len, sizeof(e->text) - e->len, "%s%s%s\n", key, between, value);

	if (n > 0 && (size_t)n < sizeof(e->text) - e->len)
		e->len += (size_t)n;
	else
		e->cut = true;
}

static void add(struct entry *e, const char *key, const char *value)
{
	add_line(e, key, ": ", value);
}

static void add_quoted(struct entry *e, const char *key, struct str value)
{
	char text[2 * BASELINE_TEXT_BYTES + 1024];

	if (!learned_file_quote(text, sizeof(text), value))
		e->cut = true;
	else
		add(e, key, text);
}

/* The networks in which the addresses of E were seen: the prefix that was announced, unless it is
 * wide, else the address. */
static void network_of(const struct approving *a, const struct ip_addr *addr, struct ip_prefix *ret)
{
	struct geo_answer geo;
	const bool is_v4 = ip_addr_is_v4(addr);

	geo_lookup(a->knowledge.geo, addr, &geo);
	*ret = geo.as_number && geo.prefix.length_bits >= (is_v4 ? LEAST_BITS_V4 : LEAST_BITS_V6) &&
			       ip_prefix_contains(&geo.prefix, addr)
		       ? geo.prefix
		       : (struct ip_prefix){*addr, 128};
}

static void add_networks(struct entry *out, const struct approving *a, const char *key,
	const struct baseline_edge *e)
{
	struct ip_prefix seen[BASELINE_ADDRESSES];
	char list[BASELINE_ADDRESSES * (IP_PREFIX_TEXT_BYTES + 4) + 4] = "[";
	size_t len = 1, n = 0;

	for (uint8_t i = 0; i < e->n_addresses; i++) {
		char text[IP_PREFIX_TEXT_BYTES];
		size_t k = 0;

		network_of(a, &e->addresses[i], &seen[n]);
		while (k < n && memcmp(&seen[k], &seen[n], sizeof(seen[k])) != 0)
			k++;
		if (k < n)
			continue;
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s\"%s\"", n ? ", " : "",
			seen[n].length_bits == 128 ? ip_addr_format(&e->addresses[i], text)
						   : ip_prefix_format(&seen[n], text));
		n++;
	}
	(void)snprintf(list + len, sizeof(list) - len, "]");
	add(out, key, list);
}

/* Equipment by its name; a name with the networks in which it was seen; else those alone. */
static void add_peer(struct entry *out, const struct approving *a, const struct baseline_edge *e)
{
	const char *key = e->initiator ? "to" : "from";
	char party[BASELINE_TEXT_BYTES + 16];
	struct ip_prefix ignored;

	if (e->peer_is_equipment) {
		(void)snprintf(
			party, sizeof(party), "equipment:%.*s", (int)e->peer.len, e->peer.data);
		add_quoted(out, key, str_from(party));
	} else if (!e->initiator || ip_prefix_parse(e->peer, &ignored, NULL) ||
		   memchr(e->peer.data, ' ', e->peer.len)) {
		add_networks(out, a, key, e);
	} else {
		(void)snprintf(party, sizeof(party), "domain:%.*s", (int)e->peer.len, e->peer.data);
		add_quoted(out, key, str_from(party));
		add_networks(out, a, "networks", e);
	}
	add_quoted(out, "peer", e->peer);
}

static int add_row(struct approving *a, const struct baseline_row *r, struct error *err)
{
	const struct baseline_options *o = &a->options.baseline;
	const struct baseline_edge *e = &r->edge;
	struct entry *out = calloc(1, sizeof(*out));
	char evidence[BASELINE_EVIDENCE_BYTES], port[16];
	int rc;

	if (!out)
		return error_set(err, ERR_SYSTEM, "out of memory");
	add_quoted(out, "id", str_from(r->id));
	add_line(out, "# ", "", baseline_evidence(a->source.view, r, evidence));
	add_quoted(out, "equipment", e->equipment);
	if (e->segment.len)
		add_quoted(out, "segment", e->segment);
	add_peer(out, a, e);
	add_quoted(out, "app", e->app.len ? e->app : STR("unknown"));
	add(out, "port", baseline_port_format(e->proto, e->port, port));
	add_quoted(out, "approved_by", str_from(o->by));
	add_quoted(out, "because", str_from(o->because));
	add(out, "date", a->date);
	add(out, "until", o->until);
	rc = out->cut ? error_set(err, ERR_USAGE, "--by or --because is too long")
		      : learned_file_add(&a->file, out->text, err);
	free(out);
	return rc;
}

/* ---- the command ---- */

static int check(const struct options *o, int n, struct error *err)
{
	const struct baseline_need needs[] = {
		{o->site, "--site site.yaml"},
		{o->learned, "--learned learned.yaml"},
		{o->baseline.by, "--by j.kowalska"},
		{o->baseline.because, "--because 'telemetry, ticket 4711'"},
		{o->baseline.until, "--until 2027-05-31"},
	};

	if (baseline_check_needs(needs, sizeof(needs) / sizeof(needs[0]),
		    "an approval says who, why and until when", err) < 0)
		return err->code;
	if (o->baseline.despite && strcmp(o->baseline.despite, "ramp") != 0)
		return error_set(err, ERR_USAGE, "--despite takes ramp alone");
	if (n == 0)
		return error_set(err, ERR_USAGE,
			"no edge given; 'vedette baseline propose' shows their ids");
	return 0;
}

static int open_approving(struct approving *a, struct error *err)
{
	struct knowledge_config kc = options_knowledge(&a->options);
	const char *date = a->options.baseline.date;
	int64_t last_day = 0;
	int rc;

	(void)date_format((uint64_t)time(NULL) * NS_PER_S, a->date);
	if (date)
		(void)snprintf(a->date, sizeof(a->date), "%.10s", date);
	(void)date_parse(str_from(a->options.baseline.until), &last_day);
	kc.rules_dir = NULL;
	kc.learned_path = NULL; /* it need not be there */
	rc = knowledge_open(&a->knowledge, &kc, err);
	if (rc == 0 && learned_end_ns(a->knowledge.site, last_day) <= kc.as_of_ns)
		rc = error_set(err, ERR_USAGE, "%s is over; --until wants a day to come",
			a->options.baseline.until);
	if (rc == 0)
		rc = baseline_source_open(&a->source, &a->options, err);
	return rc == 0 ? learned_file_open(&a->file, a->options.learned, a->knowledge.site, err)
		       : rc;
}

static int no_such_edge(const char *id, uint32_t n, struct error *err)
{
	char shown[64];

	(void)str_printable(shown, sizeof(shown), str_from(id));
	if (n > 1)
		return error_set(err, ERR_USAGE,
			"the ids of %u edges begin with \"%s\"; write more of it", n, shown);
	return error_set(err, ERR_USAGE,
		"no edge was learned whose id begins with \"%s\"; 'vedette baseline show' lists "
		"them",
		shown);
}

static int approve(struct approving *a, char **ids, int n, struct error *err)
{
	int rc = 0;

	for (int i = 0; i < n && rc == 0; i++) {
		uint32_t found;
		const struct baseline_row *r =
			baseline_view_find(a->source.view, str_from(ids[i]), &found);

		rc = r ? check_row(a, r, err) : no_such_edge(ids[i], found, err);
		if (rc == 0)
			rc = add_row(a, r, err);
	}
	return rc == 0 ? learned_file_write(&a->file, err) : rc;
}

static void close_approving(struct approving *a)
{
	learned_file_close(&a->file);
	baseline_source_close(&a->source);
	knowledge_close(&a->knowledge);
}

int baseline_approve(int argc, char **argv)
{
	static const int accepted[] = {OPTION_SITE, OPTION_LEARNED, OPTION_BY, OPTION_BECAUSE,
		OPTION_UNTIL, OPTION_DATE, OPTION_DESPITE, OPTION_FROM, OPTION_NAME, OPTION_STATE,
		OPTION_RAMP, OPTION_LISTS, OPTION_GEO, OPTION_AS_OF, 0};
	struct approving a = {.date = ""};
	struct error err = {ERR_OK, ""};
	int first, status, rc;

	if (!options_parse(&a.options, argc, argv, accepted, help, &first, &status))
		return status;
	rc = check(&a.options, argc - first, &err);
	if (rc == 0)
		rc = open_approving(&a, &err);
	if (rc == 0)
		rc = approve(&a, argv + first, argc - first, &err);
	status = rc == 0 ? EXIT_OK : command_fail("baseline approve", &err);
	if (a.is_unmet)
		status = EXIT_UNMET;
	if (rc == 0)
		(void)printf("%d edge%s approved in %s; a sensor uses it after 'vedette reload'\n",
			argc - first, argc - first == 1 ? "" : "s", a.options.learned);
	close_approving(&a);
	return status;
}
