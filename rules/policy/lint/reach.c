/* Lines that nobody can meet: parties that are nobody, labels that the classifier never gives, apps
 * that do not run where the line says. */
#include "analysis/signalling/signalling.h"
#include "rules/policy/app_port.h"
#include "rules/policy/lint/internal.h"

static bool has_ended(const struct lint *l, uint32_t equipment)
{
	return inventory_at(site_inventory(l->site), equipment)->until_ns <= l->options.now_ns;
}

/* Equipment of role or zone P that has not ended. */
static bool has_equipment(const struct lint *l, const struct party *p)
{
	for (uint32_t i = 0; i < l->site->n_declared; i++) {
		const struct declared *d = &l->site->declared[i];

		if ((p->kind == PARTY_ROLE ? d->role : d->zone) == p->id && !has_ended(l, i))
			return true;
	}
	return false;
}

static bool supplier_has_network(const struct lint *l, uint32_t id)
{
	const struct yaml_node *map = lint_section(l->root, "suppliers")->pairs[id].value;

	return lint_section(map, "domains") || lint_section(map, "asns") ||
	       lint_section(map, "networks");
}

/* Why P is nobody; NULL when it may be somebody. *ret_remedy is what to write. */
static const char *nobody(const struct lint *l, const struct party *p, const char **ret_remedy)
{
	const struct place place = {.prefix = p->network, .segment = p->segment};

	switch (p->kind) {
	case PARTY_ROLE:
		*ret_remedy = "give equipment this role, or remove it here";
		return has_equipment(l, p) ? NULL : "no equipment has this role";
	case PARTY_ZONE:
		*ret_remedy = "put equipment into this zone, or remove it here";
		return has_equipment(l, p) ? NULL : "no equipment is in this zone";
	case PARTY_EQUIPMENT:
		*ret_remedy = "remove it, or correct the equipment's until";
		return has_ended(l, p->id) ? "this equipment has ended" : NULL;
	case PARTY_GROUP:
		*ret_remedy = "add its addresses under groups, or remove it here";
		return l->groups[p->id].n == 0 ? "this group is empty" : NULL;
	case PARTY_SUPPLIER:
		*ret_remedy = "add networks, asns or domains to the supplier, or remove it here";
		return supplier_has_network(l, p->id)
			       ? NULL
			       : "this supplier has neither networks nor asns nor domains";
	case PARTY_NETWORK:
		*ret_remedy = "remove it, or declare what is there as equipment";
		return place_is_subscribers(l, &place)
			       ? "these are subscribers, who are never inspected"
			       : NULL;
	default:
		return NULL;
	}
}

static void look_at_parties(struct lint *l, const struct line *line, const struct yaml_node *map,
	const struct yaml_node *peers)
{
	const char *remedy = "";
	const char *why = NULL;
	uint32_t n = 0;

	for (uint32_t i = 0; i < line->n_parties; i++) {
		why = nobody(l, &line->parties[i], &remedy);
		n += why != NULL;
	}
	if (n == line->n_parties && n > 0) {
		why = nobody(l, &line->parties[0], &remedy);
		lint_add(l, LINT_UNREACHABLE_LINE, map, remedy,
			"nobody can meet this line: \"%s\": %s", line->parties[0].text.data, why);
		return;
	}
	for (uint32_t i = 0; peers && peers->kind == YAML_LIST && i < line->n_parties; i++) {
		why = nobody(l, &line->parties[i], &remedy);
		if (why)
			lint_add(l, LINT_EMPTY_PARTY, peers->items[i], remedy,
				"\"%s\" is nobody: %s", line->parties[i].text.data, why);
	}
}

/* APP is a label that the classifier may give. */
static bool is_label(const struct lint *l, struct str app)
{
	if (app_port_is_known(app) || signalling_find(app) != SIGNALLING_NONE)
		return true;
	for (size_t i = 0; l->labels[i]; i++)
		if (str_eq_nocase(app, str_from(l->labels[i])))
			return true;
	return false;
}

/* What people write and what the classifier says. */
static const char *usual_label(struct str app)
{
	static const struct {
		const char *written, *label;
	} usual[] = {{"HTTPS", "TLS"}, {"SSL", "TLS"}, {"HTTP2", "HTTP"}, {"GTP", "GTP_U"},
		{"GTPU", "GTP_U"}, {"GTP-U", "GTP_U"}, {"GTPC", "GTP_C"}, {"GTP-C", "GTP_C"},
		{"NETCONF", "SSH"}, {"SFTP", "SSH"}, {"SCP", "SSH"}, {"DOT", "DoH_DoT"},
		{"DOH", "DoH_DoT"}, {"FTP", "FTP_CONTROL"}, {"IKE", "IPsec"}, {"ESP", "IPsec"}};

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (str_eq_nocase(app, str_from(usual[i].written)))
			return usual[i].label;
	return NULL;
}

static void look_at_label(struct lint *l, struct str app, const struct yaml_node *node)
{
	const char *label = is_label(l, app) ? NULL : usual_label(app);
	const char *near = label ? label : nearest_name(app, l->labels);

	if (is_label(l, app))
		return;
	lint_add(l, LINT_UNKNOWN_APP, node,
		near ? lint_text(l, "did you mean \"%s\"?", near)
		     : "write a label that `vedette flows` shows, or the port alone",
		"the classifier has no label \"%s\", so this app is never seen", app.data);
}

/* APP, which has registered ports, may run on a port of LINE. */
static bool fits_a_port(struct str app, const struct line *line)
{
	for (uint32_t i = 0; i < line->n_ports; i++)
		if (line->ports[i].any_proto || app_port_has_proto(app, line->ports[i].proto))
			return true;
	return line->n_ports == 0;
}

static void look_at_apps(struct lint *l, const struct line *line, const struct yaml_node *map)
{
	const struct yaml_node *apps = yaml_get(map, "app");

	for (uint32_t i = 0; i < line->n_apps; i++) {
		const struct yaml_node *node = apps->kind == YAML_LIST ? apps->items[i] : apps;

		look_at_label(l, line->apps[i], node);
		if (app_port_is_known(line->apps[i]) && !fits_a_port(line->apps[i], line))
			lint_add(l, LINT_APP_PORT, node,
				"write the port with the transport that it runs on, or remove it",
				"%s does not run on port %s", line->apps[i].data,
				line->ports[0].text.data);
	}
}

/* A port that an app is registered for, without that app. */
static void look_at_ports(struct lint *l, const struct line *line, const struct yaml_node *map)
{
	const struct yaml_node *ports = yaml_get(map, "port");

	for (uint32_t i = 0; line->n_apps == 0 && !yaml_get(map, "app") && i < line->n_ports; i++) {
		const struct port_match *p = &line->ports[i];
		const struct yaml_node *node = ports->kind == YAML_LIST ? ports->items[i] : ports;
		const char *app = p->any_proto || p->any_port || p->port != p->last
					  ? NULL
					  : app_port_usual(p->proto, p->port);

		if (app)
			lint_add(l, LINT_PORT_ALONE, node,
				lint_text(l, "add `app: %s`, if that is what is meant", app),
				"this believes whatever speaks on %s", p->text.data);
	}
}

static void look_at_anybody(struct lint *l, const struct role_lines *r, uint32_t i)
{
	const struct line *line = &r->lines[i];

	for (uint32_t j = 0; j < line->n_parties; j++) {
		if (line->parties[j].kind != PARTY_ANY)
			continue;
		lint_add(l, LINT_OPEN_TO_ANYBODY, r->list->items[i],
			"name the networks or the domain that is meant",
			"role %s %s with anybody, the Internet included", r->role->name.data,
			r->key[0] == 'c' ? "may begin this" : "accepts this");
		return;
	}
}

static void look_at_role_line(struct lint *l, const struct role_lines *r, uint32_t i)
{
	const struct yaml_node *map = r->list->items[i];

	look_at_parties(l, &r->lines[i], map, yaml_get(map, r->peer_key));
	look_at_apps(l, &r->lines[i], map);
	look_at_ports(l, &r->lines[i], map);
	look_at_anybody(l, r, i);
}

void lint_reach(struct lint *l)
{
	const struct yaml_node *exceptions = lint_section(l->root, "exceptions");
	const struct yaml_node *windows = lint_section(l->root, "windows");
	const struct site *s = l->site;

	lint_each_role_line(l, look_at_role_line);
	for (uint32_t i = 0; i < s->n_exceptions; i++) {
		const struct yaml_node *map = exceptions->items[i];

		look_at_parties(l, &s->exceptions[i].line, map, yaml_get(map, "to"));
		look_at_apps(l, &s->exceptions[i].line, map);
	}
	for (uint32_t i = 0; i < s->n_windows; i++)
		look_at_parties(l, &s->windows[i].line, windows->pairs[i].key,
			yaml_get(windows->pairs[i].value, "from"));
}
