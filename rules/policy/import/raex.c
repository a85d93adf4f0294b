/* GSMA IR.21 in the exchange format RAEX (TD.81): which networks a roaming partner reaches ours
 * from. Elements are known by their names wherever they stand, since editions of the schema nest
 * them differently. */
#include <stdlib.h>

#include "common/file.h"
#include "common/ip_range.h"
#include "rules/policy/import/internal.h"
#include "rules/policy/import/raex/xml.h"

enum { TADIG_BYTES = 16, TYPE_BYTES = 64 };

struct partner {
	struct policy_import *im;
	const char *path, *file;
	char organisation[IMPORT_NAME_BYTES + 1];
	char tadig[TADIG_BYTES];
	char element[TYPE_BYTES]; /* NwElementType of the node at hand */
	size_t n_networks;
	bool is_raex;
};

/* Element types of IR.21's list of network nodes, and which of our groups their addresses are for.
 */
static const struct {
	const char *type, *group;
} nodes[] = {
	{"SGSN", "roaming-gtp"},
	{"GGSN", "roaming-gtp"},
	{"SGW", "roaming-gtp"},
	{"PGW", "roaming-gtp"},
	{"SMF", "roaming-gtp"},
	{"UPF", "roaming-gtp"},
	{"MME", "roaming-diameter"},
	{"HSS", "roaming-diameter"},
	{"DRA", "roaming-diameter"},
	{"DEA", "roaming-diameter"},
	{"PCRF", "roaming-diameter"},
	{"SEPP", "roaming-sepp"},
	{"STP", "roaming-sigtran"},
	{"HLR", "roaming-sigtran"},
	{"MSC", "roaming-sigtran"},
	{"VLR", "roaming-sigtran"},
	{"SMSC", "roaming-sigtran"},
	{"DNS", "roaming-dns"},
};

static const struct {
	const char *name, *comment;
} groups[] = {
	{"roaming-gtp", "of roaming partners: their backbone (IR.21)"},
	{"roaming-diameter", "of roaming partners: Diameter (IR.21)"},
	{"roaming-sepp", "of roaming partners: SEPP (IR.21)"},
	{"roaming-sigtran", "of roaming partners: SIGTRAN (IR.21)"},
	{"roaming-dns", "of roaming partners: DNS (IR.21)"},
};

static const char *comment_of(const char *group)
{
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (strcmp(groups[i].name, group) == 0)
			return groups[i].comment;
	return NULL;
}

static bool is(const struct xml_element *e, const char *name)
{
	return str_eq(e->path[e->depth - 1], str_from(name));
}

static bool is_within(const struct xml_element *e, const char *name)
{
	for (uint32_t i = 0; i + 1 < e->depth; i++)
		if (str_eq(e->path[i], str_from(name)))
			return true;
	return false;
}

static bool is_letter(char c)
{
	c = ascii_lower(c);
	return c >= 'a' && c <= 'z';
}

/* "MSC" in "MSC/VLR", and not in "SMSC". */
static bool has_word(const char *text, const char *word)
{
	const size_t len = strlen(word);

	for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
		if ((at == text || !is_letter(at[-1])) && !is_letter(at[len]))
			return true;
	return false;
}

/* The group that addresses in E are for; NULL: none of ours. */
static const char *group_of(const struct partner *p, const struct xml_element *e)
{
	if (is_within(e, "InterPMNBackboneIPList"))
		return "roaming-gtp";
	if (is_within(e, "PMNAuthoritativeDNSIPList") || is_within(e, "PMNLocalDNSIPList"))
		return "roaming-dns";
	if (!is_within(e, "NwNode"))
		return NULL;
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++)
		if (has_word(p->element, nodes[i].type))
			return nodes[i].group;
	return NULL;
}

static int refuse(
	const struct partner *p, const struct xml_element *e, struct error *err, const char *what)
{
	char shown[120];

	return error_set(err, ERR_CONFIG, "%s:%u:%u: \"%s\" %s", p->path, e->line, e->column,
		str_printable(shown, sizeof(shown), e->text), what);
}

static void add(struct partner *p, const char *group, const struct ip_prefix *prefix)
{
	const char *who = import_printf(p->im, "%s %s", *p->tadig ? p->tadig : "?",
		*p->organisation ? p->organisation : "");
	const char *slug = import_slug(p->im, str_from(p->tadig));

	import_add_member(p->im, group, comment_of(group), prefix, who);
	if (*slug)
		import_add_member(p->im, import_printf(p->im, "partner-%s", slug),
			import_printf(p->im, "%s %s, all of its networks in %s", p->tadig,
				p->organisation, p->file),
			prefix, NULL);
	p->n_networks++;
}

/* An address, a prefix or a range: "192.0.2.0/24", "192.0.2.1-192.0.2.62". */
static int read_network(
	struct partner *p, const struct xml_element *e, const char *group, struct error *err)
{
	struct ip_prefix parts[IP_RANGE_MAX_PREFIXES];
	struct ip_addr first, last;
	char text[IP_PREFIX_TEXT_BYTES];
	bool host_bits = false;
	size_t n = 1;

	if (p->n_networks >= IMPORT_MAX_ENTRIES)
		return refuse(p, e, err, "is one more than a policy holds in all groups");
	if (ip_range_parse(e->text, &first, &last))
		n = ip_range_prefixes(&first, &last, parts);
	else if (!ip_prefix_parse(e->text, &parts[0], &host_bits))
		return refuse(p, e, err,
			"is no address, prefix or range; write such as 192.0.2.0/24 or "
			"192.0.2.0-192.0.2.63");
	if (n == 0)
		return refuse(p, e, err,
			"is no range: the last address is before the first, or of another family");
	for (size_t i = 0; i < n; i++)
		if (parts[i].length_bits < (ip_addr_is_v4(&parts[i].addr) ? 96 + 8 : 16))
			return refuse(p, e, err,
				"is more than any operator has; ask the partner what is meant");
	if (host_bits)
		import_add_note(p->im, "%s:%u:%u: bits set behind the length: taken for %s",
			p->file, e->line, e->column, ip_prefix_format(&parts[0], text));
	for (size_t i = 0; i < n; i++)
		add(p, group, &parts[i]);
	return 0;
}

static void keep_text(char *buf, size_t size, struct str text)
{
	if (size > IMPORT_NAME_BYTES)
		(void)str_printable(buf, size, text);
	else if (text.len < size) {
		char shown[4 * TYPE_BYTES];

		(void)str_printable(shown, sizeof(shown), text);
		if (strlen(shown) < size)
			memcpy(buf, shown, strlen(shown) + 1);
	}
}

static int on_element(void *user, const struct xml_element *e, struct error *err)
{
	struct partner *p = user;
	const char *group;

	if (is(e, "RAEXIR21FileHeader") || is(e, "OrganisationInfo"))
		p->is_raex = true;
	if (is(e, "OrganisationName") && !*p->organisation)
		keep_text(p->organisation, sizeof(p->organisation), e->text);
	else if (is(e, "TADIGCode") || (is(e, "SenderTADIG") && !*p->tadig))
		keep_text(p->tadig, sizeof(p->tadig), e->text);
	else if (is(e, "NwElementType"))
		keep_text(p->element, sizeof(p->element), e->text);
	else if (is(e, "NwNode"))
		p->element[0] = '\0';
	if (e->text.len == 0 ||
		!(is(e, "IPAddressRange") || is(e, "IPAddress") || is(e, "IPAddressOrRange")))
		return p->im->failed ? import_no_memory(err) : 0;
	group = group_of(p, e);
	if (group)
		return read_network(p, e, group, err);
	import_add_note(p->im, "%s:%u:%u: an address that no group of a policy is for (%s%s%s)",
		p->file, e->line, e->column, e->depth > 1 ? e->path[e->depth - 2].data : "",
		*p->element ? ", " : "", p->element);
	return 0;
}

static int read_all(struct partner *p, const char *text, size_t len, struct error *err)
{
	int r = xml_read(p->path, text, len, on_element, p, err);

	if (r < 0)
		return r;
	if (!p->is_raex)
		return error_set(err, ERR_CONFIG,
			"%s:1:1: this is XML and no RAEX IR.21: it has no OrganisationInfo; give "
			"the file that the roaming partner sent",
			p->path);
	if (p->n_networks == 0)
		import_add_note(p->im, "%s:1:1: no address of a network is in this file", p->file);
	return p->im->failed ? import_no_memory(err) : 0;
}

int import_raex(struct policy_import *im, const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/');
	size_t len = 0;
	char *text = file_read(path, IMPORT_MAX_BYTES, &len, err);
	struct partner p = {.im = im, .path = path, .file = slash ? slash + 1 : path};
	int r;

	if (!text)
		return err->code;
	r = read_all(&p, text, len, err);
	free(text);
	return r;
}
