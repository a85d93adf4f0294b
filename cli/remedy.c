#include "cli/remedy.h"

#include <inttypes.h>
#include <string.h>

#include "cli/paragraph.h"
#include "common/ip.h"

enum { INDENT = 2 };

static bool is(const struct json_view *v, const char *key, const char *value)
{
	return str_eq(json_view_text(v, key), str_from(value));
}

static void advise(FILE *to, unsigned columns, const char *text)
{
	paragraph_print(to, columns, INDENT, "", str_from(text));
}

/* ---- YAML ---- */

static bool is_plain(struct str text)
{
	struct ip_addr ip;

	/* an IPv6 address may end with a colon, which means something else inside braces */
	if (text.len == 0 || (ip_addr_parse(text, &ip) && memchr(text.data, ':', text.len)))
		return false;
	if (str_eq_nocase(text, STR("null")) || str_eq_nocase(text, STR("true")) ||
		str_eq_nocase(text, STR("false")))
		return false;
	for (uint32_t i = 0; i < text.len; i++) {
		char c = ascii_lower(text.data[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
			(i == 0 || !strchr("._-/", c) || c == '\0'))
			return false;
	}
	return true;
}

/* PREFIX and TEXT as one scalar: plain where nothing in it could mean something else, else in
 * double quotes. */
static void yaml_scalar(FILE *to, const char *prefix, struct str text)
{
	if (is_plain(text)) {
		(void)fprintf(to, "%s%.*s", prefix, (int)text.len, text.data);
		return;
	}
	(void)fprintf(to, "\"%s", prefix);
	for (uint32_t i = 0; i < text.len;) {
		uint32_t code = 0;
		uint32_t n = utf8_decode(text.data + i, text.len - i, &code);
		char character[5] = "";
		char shown[16];

		if (n == 0) {
			(void)fputs("\\uFFFD", to);
			i++;
			continue;
		}
		memcpy(character, text.data + i, n);
		i += n;
		/* what str_printable would escape for the terminal is escaped for YAML */
		str_printable(shown, sizeof(shown), (struct str){character, n});
		if (code == '"' || code == '\\')
			(void)fprintf(to, "\\%c", (char)code);
		else if (strcmp(shown, character) != 0)
			(void)fprintf(to, code > 0xffff ? "\\U%08" PRIX32 : "\\u%04" PRIX32, code);
		else
			(void)fputs(character, to);
	}
	(void)fputc('"', to);
}

/* The peer's address, which means it in the segment of the conversation alone. */
static void yaml_peer_address(FILE *to, const struct json_view *v)
{
	struct str segment = json_view_text(v, "flow.segment");

	if (segment.len > 0)
		(void)fputs("{address: ", to);
	yaml_scalar(to, "", json_view_text(v, "peer.ip"));
	if (segment.len == 0)
		return;
	(void)fputs(", segment: ", to);
	yaml_scalar(to, "", segment);
	(void)fputc('}', to);
}

/* The other end as a party of the policy. */
static void yaml_peer(FILE *to, const struct json_view *v)
{
	if (json_view_text(v, "peer.equipment.name").len > 0)
		yaml_scalar(to, "equipment:", json_view_text(v, "peer.equipment.name"));
	else
		yaml_peer_address(to, v);
}

/* A label that was read from the packets; only such a one makes a line with `app` allow anything.
 */
static bool is_certain(const struct json_view *v)
{
	return is(v, "classification.confidence", "dpi") ||
	       is(v, "classification.confidence", "cache") ||
	       is(v, "classification.confidence", "signalling");
}

static struct str label_of(const struct json_view *v)
{
	struct str application = json_view_text(v, "network.application");

	return application.len > 0 ? application : json_view_text(v, "network.protocol");
}

/* "app: tls", or the port where the label is no more than a guess. */
static void yaml_what(FILE *to, const struct json_view *v)
{
	struct str transport = json_view_text(v, "network.transport");

	if (label_of(v).len > 0 && is_certain(v)) {
		(void)fputs("app: ", to);
		yaml_scalar(to, "", label_of(v));
		return;
	}
	(void)fputs("port: ", to);
	if (json_view_number(v, "destination.port") > 0 && is_plain(transport))
		(void)fprintf(to, "%.*s/%" PRIu64, (int)transport.len, transport.data,
			json_view_number(v, "destination.port"));
	else if (is_plain(transport) && transport.data[0] > '9')
		yaml_scalar(to, "", transport);
	else
		yaml_scalar(to, "ip/", transport);
}

/* ---- remedies ---- */

/* What an exception lets EQUIPMENT (the initiator) do. TARGET: the other end's entry of the
 * inventory, empty for the peer. */
static void print_exception(
	FILE *to, const struct json_view *v, struct str equipment, struct str target)
{
	(void)fputs("\n    exceptions:\n      - equipment: ", to);
	yaml_scalar(to, "", equipment);
	(void)fputs("\n        to: ", to);
	if (target.len > 0)
		yaml_scalar(to, "equipment:", target);
	else
		yaml_peer(to, v);
	(void)fputs("\n        ", to);
	yaml_what(to, v);
	(void)fputs(
		"\n        until: YEAR-MONTH-DAY\n        owner: WHO\n        because: \"WHY\"\n\n",
		to);
}

static void print_contract(FILE *to, const struct json_view *v, bool initiator)
{
	(void)fputs("\n    roles:\n      ", to);
	yaml_scalar(to, "", json_view_text(v, "equipment.role"));
	(void)fprintf(to, ":\n        %s:\n          - {%s: ", initiator ? "connects" : "accepts",
		initiator ? "to" : "from");
	yaml_peer(to, v);
	(void)fputs(", ", to);
	yaml_what(to, v);
	(void)fputs("}\n\n", to);
}

static void print_window(FILE *to, const struct json_view *v)
{
	(void)fputs("\n    windows:\n      NAME:\n        supplier: ", to);
	yaml_scalar(to, "", json_view_text(v, "equipment.supplier"));
	(void)fputs("\n        from: [", to);
	yaml_peer_address(to, v);
	(void)fputs("]\n        days: [DAY]\n        hours: \"HH:MM-HH:MM\"\n\n", to);
}

static void print_inventory(FILE *to, const struct json_view *v)
{
	(void)fputs("\n    equipment:\n      - name: NAME\n        address: ", to);
	yaml_scalar(to, "", json_view_text(v, "equipment.ip"));
	if (json_view_text(v, "flow.segment").len > 0) {
		(void)fputs("\n        segment: ", to);
		yaml_scalar(to, "", json_view_text(v, "flow.segment"));
	}
	(void)fputs("\n        supplier: SUPPLIER\n        role: ROLE\n        zone: ZONE\n\n", to);
}

/* A suppression of just this alert. */
static void print_suppression(FILE *to, const struct json_view *v)
{
	(void)fputs("\n    suppressions:\n      - name: NAME\n        rule: ", to);
	yaml_scalar(to, "", json_view_text(v, "rule.id"));
	if (json_view_text(v, "equipment.name").len > 0) {
		(void)fputs("\n        equipment: ", to);
		yaml_scalar(to, "", json_view_text(v, "equipment.name"));
	}
	if (json_view_text(v, "peer.entity").len > 0 && !is(v, "rule.category", "equipment")) {
		(void)fputs("\n        peer: ", to);
		yaml_scalar(to, "entity:", json_view_text(v, "peer.entity"));
	}
	(void)fputs("\n        until: YEAR-MONTH-DAY\n        owner: WHO\n        because: \"WHY\""
		    "\n        expect: 1\n\n",
		to);
}

static void hide_it(const struct json_view *v, FILE *to, unsigned columns)
{
	if (json_view_text(v, "rule.id").len == 0 || is(v, "equipment.role", "canary"))
		return;
	advise(to, columns,
		"When it is known, and harmless, it can be hidden for a time, by somebody who "
		"answers for it, in the file of --tuning (docs/tuning.md):");
	print_suppression(to, v);
}

static void clear_sensor_event(const struct json_view *v, FILE *to, unsigned columns)
{
	if (is(v, "sensor.event", "suppression-exceeded"))
		advise(to, columns,
			"Look at what it hides, with a replay without --tuning. Then end the "
			"suppression, narrow it, or raise what it expects.");
	else if (is(v, "sensor.event", "suppression-ended"))
		advise(to, columns,
			"Nothing: what it hid raises alerts again. Where it is still known and "
			"harmless, give it another end.");
	else if (is(v, "sensor.event", "suppression"))
		advise(to, columns, "Nothing: it is for the record.");
	else
		hide_it(v, to, columns);
}

static void ordered_conversation(const struct json_view *v, FILE *to, unsigned columns)
{
	bool initiator = json_view_flag(v, "equipment.initiator");
	struct str self = json_view_text(v, "equipment.name");
	struct str peer = json_view_text(v, "peer.equipment.name");

	if (!is_certain(v))
		advise(to, columns,
			"The label of this conversation is a guess, and a guess is never allowed "
			"by a line with app: the lines below name the port, and so believe "
			"whatever speaks there.");
	if (initiator || peer.len > 0) {
		advise(to, columns,
			"When this conversation is ordered for a time, an exception in site.yaml "
			"(the last day included):");
		print_exception(
			to, v, initiator ? self : peer, initiator ? (struct str){NULL, 0} : self);
	}
	if (json_view_text(v, "equipment.role").len > 0) {
		advise(to, columns,
			"When it belongs to the work of this role, a line of its contract (a role "
			"in site.yaml replaces the shipped one of that name as a whole: copy its "
			"other lines, too):");
		print_contract(to, v, initiator);
	}
	if (json_view_flag(v, "peer.supplier_of_equipment")) {
		advise(to, columns,
			"When the supplier may come at certain hours, a maintenance window:");
		print_window(to, v);
	}
	if (!json_view_has(v, "peer.linkage.tier") && !json_view_has(v, "peer.indicator.list"))
		advise(to, columns,
			"When it is a habit of the equipment: where it was learned, 'vedette "
			"baseline "
			"propose' says since when, how often and how much, and 'vedette baseline "
			"approve' keeps who approved it, and why.");
	advise(to, columns,
		"Replay the capture again: rules that leave out what contract.verdict calls "
		"allowed, exception, window or learned are then silent.");
}

/* Whether something of site.yaml had a say in the match, as far as the alert tells. */
static bool asked_policy(const struct json_view *v)
{
	static const char *const words[] = {"contract.", "equipment.", "peer.groups",
		"peer.supplier", "peer.scope", "network.direction", "site."};

	for (size_t i = 0; i < json_view_count(v, "alert.matched"); i++) {
		struct str text = json_view_item(v, "alert.matched", i);

		for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++)
			if (memmem(text.data, text.len, words[k], strlen(words[k])))
				return true;
	}
	return json_view_count(v, "alert.matched") == 0;
}

static void order_it(const struct json_view *v, FILE *to, unsigned columns)
{
	static const char *const ordered[] = {"allowed", "exception", "window", "learned"};

	for (size_t i = 0; i < sizeof(ordered) / sizeof(ordered[0]); i++) {
		if (!is(v, "contract.verdict", ordered[i]))
			continue;
		advise(to, columns,
			"The policy orders this conversation, and the rule does not ask for that. "
			"Change what it met, or add a filter on contract.verdict to a copy of the "
			"rule (--rules DIR).");
		return;
	}
	if (!asked_policy(v)) {
		advise(to, columns,
			"The rule asks nothing of the policy, so no line of site.yaml clears it. "
			"What is harmless here a filter takes out of it, without touching the "
			"rule (docs/correlations.md).");
		return;
	}
	if (is(v, "site.mode", "discover")) {
		advise(to, columns,
			"There is no policy, so nothing can order this. Declare the equipment in a "
			"site.yaml (docs/policy.md), and replay with --site site.yaml:");
		print_inventory(to, v);
		advise(to, columns,
			"What it then does beyond the contract of its role needs an exception:");
		print_exception(to, v, STR("NAME"), (struct str){NULL, 0});
	} else if (!json_view_flag(v, "equipment.declared")) {
		advise(to, columns,
			"Nobody declared this equipment. When it is the operator's, an entry in "
			"the inventory of site.yaml clears this rule, and the contract of its role "
			"judges it from then on:");
		print_inventory(to, v);
		advise(to, columns,
			"When it is a subscriber's, its address space belongs under "
			"networks.subscribers.");
	} else if (json_view_flag(v, "equipment.zone_denied") &&
		   is(v, "rule.category", "equipment")) {
		advise(to, columns,
			"Gear of this supplier must not stand in this zone: replace it, or move "
			"it. When the declaration is wrong, correct equipment.zone, the supplier's "
			"trust, or the zone's deny_trust in site.yaml.");
	} else {
		ordered_conversation(v, to, columns);
	}
}

void remedy_print(const struct json_view *v, FILE *to, unsigned columns)
{
	if (is(v, "event.dataset", "vedette.sensor")) {
		clear_sensor_event(v, to, columns);
		return;
	}
	order_it(v, to, columns);
	hide_it(v, to, columns);
}
