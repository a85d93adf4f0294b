#include "cli/explanation.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/facts.h"
#include "cli/explanation_trace.h"
#include "cli/paragraph.h"
#include "cli/remedy.h"
#include "common/text_out.h"

enum { INDENT = 12, SENTENCE_BYTES = 4096 };

/* ---- sentences ---- */

/* A growing sentence; what does not fit is left out. */
struct sentence {
	char text[SENTENCE_BYTES];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void say(struct sentence *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	s->len = text_append(s->text, sizeof(s->text), s->len, fmt, ap);
	va_end(ap);
}

/* BEFORE, the fact and AFTER, when the fact is there. */
static void say_fact(struct sentence *s, const struct json_view *v, const char *before,
	const char *key, const char *after)
{
	char buf[JSON_VIEW_TEXT_BYTES];
	char shown[1024];
	struct str text = json_view_any(v, key, 0, buf);

	if (text.len > 0)
		say(s, "%s%s%s", before, str_printable(shown, sizeof(shown), text), after);
}

/* All items of the list, separated by commas. */
static void say_list(
	struct sentence *s, const struct json_view *v, const char *before, const char *key)
{
	for (size_t i = 0; i < json_view_count(v, key); i++) {
		char shown[512];

		say(s, "%s%s", i == 0 ? before : ", ",
			str_printable(shown, sizeof(shown), json_view_item(v, key, i)));
	}
}

static bool is(const struct json_view *v, const char *key, const char *value)
{
	return str_eq(json_view_text(v, key), str_from(value));
}

struct page {
	FILE *to;
	unsigned columns;
	bool colour;
};

static void heading(const struct page *p, const char *text)
{
	(void)fprintf(p->to, p->colour ? "\n\033[1m%s\033[0m\n" : "\n%s\n", text);
}

/* One paragraph of the page; nothing when the sentence is empty. A separator at its start belonged
 * to a fact that is missing. */
static void tell(const struct page *p, const char *label, const struct sentence *s)
{
	size_t skip = strspn(s->text, ",; ");

	if (s->len > skip)
		paragraph_print(p->to, p->columns, INDENT, label,
			(struct str){s->text + skip, (uint32_t)(s->len - skip)});
}

static void tell_fact(
	const struct page *p, const struct json_view *v, const char *label, const char *key)
{
	struct str text = json_view_text(v, key);

	if (text.len > 0)
		paragraph_print(p->to, p->columns, INDENT, label, text);
}

/* What a person wrote on several lines is one paragraph here. */
static void tell_prose(
	const struct page *p, const struct json_view *v, const char *label, const char *key)
{
	struct str text = json_view_text(v, key);
	char *copy = malloc((size_t)text.len + 1);
	struct str prose = {copy, 0};

	if (!copy) {
		tell_fact(p, v, label, key);
		return;
	}
	for (uint32_t i = 0; i < text.len; i++) {
		const char c = text.data[i];
		const bool gap = c == '\n' || c == '\r' || c == '\t' || c == ' ';

		if (!gap)
			copy[prose.len++] = c;
		else if (prose.len > 0 && copy[prose.len - 1] != ' ')
			copy[prose.len++] = ' ';
	}
	if (prose.len > 0 && copy[prose.len - 1] == ' ')
		prose.len--;
	if (prose.len > 0)
		paragraph_print(p->to, p->columns, INDENT, label, prose);
	free(copy);
}

/* Each item on lines of its own. */
static void tell_items(
	const struct page *p, const struct json_view *v, const char *label, const char *key)
{
	for (size_t i = 0; i < json_view_count(v, key); i++)
		paragraph_print(
			p->to, p->columns, INDENT, i == 0 ? label : "", json_view_item(v, key, i));
}

/* ---- what happened ---- */

/* Who the peer is, in the fewest words. */
static void say_peer(struct sentence *s, const struct json_view *v)
{
	static const char *const names[] = {"peer.equipment.name", "peer.domain"};
	const char *ip = "";

	for (size_t i = 0; i < 2 && *ip == '\0'; i++) {
		if (json_view_text(v, names[i]).len > 0) {
			say_fact(s, v, " ", names[i], "");
			ip = " at ";
		}
	}
	if (json_view_text(v, "peer.ip").len > 0)
		say_fact(s, v, *ip ? ip : " ", "peer.ip", "");
	else
		say_fact(s, v, " ", "peer.entity", "");
}

static void say_outcome(struct sentence *s, const struct json_view *v, bool initiator)
{
	if (is(v, "flow.state", "established"))
		say(s, initiator ? ", and was answered" : ", and answered");
	else if (is(v, "flow.state", "attempt"))
		say(s, initiator ? ", and got no answer" : ", and gave no answer");
	else if (is(v, "flow.state", "rejected"))
		say(s, initiator ? ", and was refused" : ", and refused");
	if (json_view_flag(v, "flow.midstream"))
		say(s, " (its beginning was not captured)");
}

static void tell_event(const struct page *p, const struct json_view *v)
{
	bool initiator = json_view_flag(v, "equipment.initiator");
	struct sentence s = {.len = 0};

	if (is(v, "event.dataset", "vedette.sensor")) {
		tell_fact(p, v, "What", "sensor.message");
		return;
	}
	say_fact(&s, v, "", "equipment.name", "");
	if (json_view_text(v, "dns.question.name").len > 0 &&
		is(v, "event.dataset", "vedette.dns")) {
		say_fact(&s, v, " asked for the name ", "dns.question.name", "");
	} else if (json_view_has(v, "peer.ip") || json_view_has(v, "peer.entity")) {
		say(&s, initiator ? " called" : " was called by");
		say_peer(&s, v);
		say_fact(&s, v, " with ",
			json_view_has(v, "network.application") ? "network.application"
								: "network.protocol",
			"");
		say_fact(&s, v, " over ", "network.transport", "");
		say_fact(&s, v, initiator ? ", port " : ", at its port ", "destination.port", "");
		say_outcome(&s, v, initiator);
	} else {
		say(&s, " was seen");
	}
	say(&s, ".");
	tell(p, "What", &s);
}

static void tell_when(const struct page *p, const struct json_view *v)
{
	uint64_t ended = json_view_number(v, "alert.flows_ended");
	struct sentence s = {.len = 0};

	say_fact(&s, v, "First packet ", "alert.first_seen", "");
	say_fact(&s, v, ", last so far ", "alert.last_seen", "");
	say(&s, " (packet time). ");
	say(&s, is(v, "event.action", "closed") ? "The alert is closed"
						: "The alert is still open");
	say(&s, " after %" PRIu64 " revision%s.", json_view_number(v, "event.sequence"),
		json_view_number(v, "event.sequence") == 1 ? "" : "s");
	tell(p, "When", &s);
	s = (struct sentence){.len = 0};
	say(&s, "%" PRIu64 " conversation%s ended", ended, ended == 1 ? "" : "s");
	if (ended > 0)
		say(&s, ", in which the equipment sent %" PRIu64 " and received %" PRIu64 " bytes",
			json_view_number(v, "alert.bytes_sent"),
			json_view_number(v, "alert.bytes_received"));
	say(&s, ".");
	if (json_view_number(v, "alert.matches") > 0)
		say(&s, " Its rule was met %" PRIu64 " time%s",
			json_view_number(v, "alert.matches"),
			json_view_number(v, "alert.matches") == 1 ? "" : "s");
	say_fact(&s, v, "; it takes ", "alert.threshold", " for an alert");
	if (json_view_number(v, "alert.matches") > 0)
		say(&s, ".");
	tell(p, "How much", &s);
}

/* ---- who ---- */

static void tell_equipment(const struct page *p, const struct json_view *v)
{
	struct sentence s = {.len = 0};

	say_fact(&s, v, "", "equipment.name", "");
	if (!str_eq(json_view_text(v, "equipment.name"), json_view_text(v, "equipment.ip")))
		say_fact(&s, v, " (", "equipment.ip", ")");
	say_fact(&s, v, ", role ", "equipment.role", "");
	say_fact(&s, v, ", zone ", "equipment.zone", "");
	say_fact(&s, v, ", supplier ", "equipment.supplier", "");
	say_fact(&s, v, ", jurisdiction ", "equipment.jurisdiction", "");
	say_fact(&s, v, ", trust: ", "equipment.trust", "");
	if (!json_view_flag(v, "equipment.declared"))
		say(&s, "; not in the inventory");
	if (json_view_flag(v, "equipment.zone_denied"))
		say(&s, "; its zone denies gear of a supplier with this trust");
	say_fact(&s, v, "; site ", "site.name", "");
	tell(p, "Equipment", &s);
}

static void tell_peer(const struct page *p, const struct json_view *v)
{
	struct sentence s = {.len = 0};

	say_fact(&s, v, "", "peer.ip", "");
	say_fact(&s, v, " port ", "peer.port", "");
	say_fact(&s, v, ", scope: ", "peer.scope", "");
	say_fact(&s, v, ", in the inventory as ", "peer.equipment.name", "");
	say_fact(&s, v, ", role ", "peer.equipment.role", "");
	say_list(&s, v, "; in the groups ", "peer.groups");
	tell(p, "Peer", &s);
	s = (struct sentence){.len = 0};
	say_fact(&s, v, "called ", "peer.domain", " in this conversation");
	say_list(&s, v, s.len > 0 ? "; the equipment resolved " : "the equipment resolved ",
		"peer.names");
	tell(p, "", &s);
	s = (struct sentence){.len = 0};
	say_fact(&s, v, "country ", "peer.geo.country_iso_code", "");
	say_fact(&s, v, ", its network registered in ", "peer.geo.registered_country_iso_code", "");
	say_fact(&s, v, s.len > 0 ? ", AS" : "AS", "peer.as.number", "");
	say_fact(&s, v, " ", "peer.as.organization.name", "");
	say_list(&s, v, "; the sources disagree: ", "peer.as.sources");
	tell(p, "", &s);
	s = (struct sentence){.len = 0};
	say_fact(&s, v, "network of the supplier ", "peer.supplier", "");
	if (json_view_flag(v, "peer.supplier_of_equipment"))
		say(&s, ", which made the equipment");
	tell(p, "", &s);
}

static void tell_linkage(const struct page *p, const struct json_view *v)
{
	struct sentence s = {.len = 0};

	if (!json_view_has(v, "peer.linkage.tier"))
		return;
	say_fact(&s, v, "tier ", "peer.linkage.tier", "");
	say_fact(&s, v, " of the list ", "peer.linkage.list", "");
	say_fact(&s, v, ", by ", "peer.linkage.match", "");
	say_fact(&s, v, ", confidence ", "peer.linkage.confidence", "");
	say(&s, ":");
	tell(p, "Linked", &s);
	tell_items(p, v, "", "peer.linkage.reason");
}

/* What feeds warn of, and what hid what they say. */
static void tell_feeds(const struct page *p, const struct json_view *v)
{
	struct sentence s = {.len = 0};

	if (json_view_has(v, "peer.indicator.list")) {
		say_fact(&s, v, "the list ", "peer.indicator.list", "");
		say_fact(&s, v, ", by ", "peer.indicator.match", "");
		say_fact(&s, v, ", confidence ", "peer.indicator.confidence", "");
		say(&s, ":");
		tell(p, "Indicator", &s);
		tell_items(p, v, "", "peer.indicator.reason");
	}
	s = (struct sentence){.len = 0};
	if (json_view_has(v, "peer.benign.list")) {
		say_fact(&s, v, "the list ", "peer.benign.list", "");
		say_fact(&s, v, ", by ", "peer.benign.match", "");
		say_list(&s, v, ", hides what is said by ", "peer.benign.hides");
		say(&s, ":");
		tell(p, "Harmless", &s);
		tell_items(p, v, "", "peer.benign.reason");
	}
}

/* ---- why ---- */

static void tell_policy(const struct page *p, const struct json_view *v)
{
	struct sentence s = {.len = 0};

	say_fact(&s, v, "", "contract.verdict", "");
	say_fact(&s, v, ", policy line ", "contract.line", "");
	say_fact(&s, v, ": ", "contract.text", "");
	tell(p, "Policy", &s);
	s = (struct sentence){.len = 0};
	if (is(v, "contract.window", "inside"))
		say(&s, "A maintenance window of the supplier was open.");
	else if (is(v, "contract.window", "outside"))
		say(&s, "No maintenance window of the supplier was open.");
	tell(p, "", &s);
}

static void tell_rule(const struct page *p, const struct json_view *v)
{
	struct sentence s = {.len = 0};

	say_fact(&s, v, "", "rule.ruleset", "");
	say_fact(&s, v, ", id ", "rule.id", "");
	say_fact(&s, v, ", version ", "rule.version", "");
	tell_prose(p, v, "Rule", "rule.description");
	tell_items(p, v, "Met", "alert.matched");
	tell(p, "Its file", &s);
	tell_fact(p, v, "See also", "rule.reference");
	s = (struct sentence){.len = 0};
	say_list(&s, v, "", "alert.tags");
	tell(p, "Tags", &s);
}

/* What a correlation put together. */
static void tell_correlation(const struct page *p, const struct json_view *v)
{
	struct sentence s = {.len = 0};

	if (!json_view_has(v, "correlation.type"))
		return;
	say_fact(&s, v, "", "correlation.type", "");
	say_fact(&s, v, " of ", "correlation.events", " conversations or other events");
	say_fact(&s, v, " within ", "correlation.timespan", "");
	say_fact(&s, v, "; held against the condition: ", "correlation.value", "");
	tell(p, "Correlated", &s);
	tell_items(p, v, "In common", "correlation.group");
	tell_items(p, v, "Counted", "correlation.rules");
	tell_items(p, v, "Alerts", "correlation.alerts");
}

/* ---- the conversation ---- */

/* classification.confidence in words */
static const char *confidence_text(const struct json_view *v)
{
	static const char *const words[][2] = {{"dpi", "read from the packets' content"},
		{"signalling", "read from the signalling's headers"},
		{"cache", "known from a related conversation's content"},
		{"port", "guessed from the port"}, {"address", "guessed from the address"}};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (is(v, "classification.confidence", words[i][0]))
			return words[i][1];
	}
	return "not recognised";
}

/* Both directions' tags: they may differ. */
static void say_tags(
	struct sentence *s, const struct json_view *v, const char *from_key, const char *tags_key)
{
	if (json_view_count(v, tags_key) == 0)
		return;
	say_fact(s, v, "; tags from ", from_key, ": ");
	say_list(s, v, "", tags_key);
}

static void tell_conversation(const struct page *p, const struct json_view *v)
{
	struct sentence s = {.len = 0};

	say_fact(&s, v, "", "event.start", "");
	say_fact(&s, v, " to ", "event.end", "");
	say_fact(&s, v, "; ", "source.ip", "");
	say_fact(&s, v, " port ", "source.port", "");
	say_fact(&s, v, " to ", "destination.ip", "");
	say_fact(&s, v, " port ", "destination.port", "");
	say_fact(&s, v, "; ", "source.bytes", " bytes one way");
	say_fact(&s, v, ", ", "destination.bytes", " the other");
	say_fact(&s, v, "; end: ", "flow.end_reason", "");
	tell(p, "Latest", &s);
	s = (struct sentence){.len = 0};
	say_fact(&s, v, "", "network.protocol", "");
	say_fact(&s, v, "/", "network.application", "");
	if (json_view_has(v, "classification.confidence"))
		say(&s, ", %s", confidence_text(v));
	say_fact(&s, v, "; this port belongs to ", "classification.expected_protocol", "");
	say_list(&s, v, "; risks: ", "classification.risks");
	tell(p, "Label", &s);
	s = (struct sentence){.len = 0};
	say_fact(&s, v, "", "flow.decapsulation", "");
	say_fact(&s, v, "; segment ", "flow.segment", "");
	say_tags(&s, v, "source.ip", "source.tags");
	say_tags(&s, v, "destination.ip", "destination.tags");
	say_fact(&s, v, "; TEID ", "tunnel.teid", "");
	tell(p, "Headers", &s);
	tell_fact(p, v, "Flow id", "network.community_id");
}

/* Every fact that the protocols gave, under its name. */
static void tell_protocol_facts(const struct page *p, const struct json_view *v)
{
	static const char *const prefixes[] = {
		"tls.", "certificate.", "http.", "url.", "user_agent.", "ssh.", "dns.", "snmp."};

	for (const char *const *name = field_names(); *name; name++) {
		struct sentence s = {.len = 0};
		bool ours = false;

		for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
			ours = ours || strncmp(*name, prefixes[i], strlen(prefixes[i])) == 0;
		if (!ours || !json_view_has(v, *name))
			continue;
		say(&s, "%s: ", *name);
		if (json_view_count(v, *name) == 1)
			say_fact(&s, v, "", *name, "");
		else
			say_list(&s, v, "", *name);
		tell(p, "", &s);
	}
}

static void tell_versions(const struct page *p, const struct json_view *v)
{
	struct sentence s = {.len = 0};

	say_fact(&s, v, "policy ", "version.policy", "");
	say_fact(&s, v, ", rules ", "version.rules", "");
	say_fact(&s, v, ", lists ", "version.lists", "");
	say_fact(&s, v, ", tuning ", "version.tuning", "");
	say_list(&s, v, "; geolocation: ", "version.geo");
	tell(p, "Versions", &s);
	tell_fact(p, v, "Alert id", "event.id");
}

static void tell_suppression(const struct page *p, const struct json_view *v)
{
	struct sentence s = {.len = 0};

	say_fact(&s, v, "", "suppression.name", "");
	say_fact(&s, v, " (", "suppression.line", ")");
	say_fact(&s, v, ", until ", "suppression.until", "");
	tell(p, "Name", &s);
	tell_fact(p, v, "Hides", "suppression.text");
	tell_fact(p, v, "Owner", "suppression.owner");
	tell_fact(p, v, "Because", "suppression.because");
	s = (struct sentence){.len = 0};
	say(&s, "%" PRIu64 " alerts in all, %" PRIu64 " in this period; %" PRIu64 " were expected",
		json_view_number(v, "suppression.alerts"),
		json_view_number(v, "suppression.day.alerts"),
		json_view_number(v, "suppression.expected"));
	tell(p, "Hidden", &s);
}

static void title(const struct page *p, const struct json_view *v)
{
	struct sentence s = {.len = 0};

	say_fact(&s, v, "", "rule.name", "");
	say_fact(&s, v, " [", "alert.level", "]");
	if (p->colour)
		(void)fputs("\033[1m", p->to);
	paragraph_print(p->to, p->columns, 0, "", (struct str){s.text, (uint32_t)s.len});
	if (p->colour)
		(void)fputs("\033[0m", p->to);
}

void explanation_print(const struct json_view *v, const struct explanation_rules *rules, FILE *to,
	unsigned columns, bool colour)
{
	struct page p = {to, columns, colour};

	title(&p, v);
	(void)fputc('\n', to);
	tell_event(&p, v);
	tell_when(&p, v);
	if (json_view_text(v, "suppression.name").len > 0) {
		heading(&p, "The suppression");
		tell_suppression(&p, v);
	} else if (!is(v, "event.dataset", "vedette.sensor") ||
		   json_view_text(v, "equipment.name").len > 0) {
		heading(&p, "Who");
		tell_equipment(&p, v);
		tell_peer(&p, v);
		tell_linkage(&p, v);
		tell_feeds(&p, v);
	}
	heading(&p, "Why this is an alert");
	tell_policy(&p, v);
	tell_rule(&p, v);
	tell_correlation(&p, v);
	if (rules) {
		heading(&p, "Test by test");
		explanation_trace(v, rules->sigma, rules->why, to, columns);
	}
	heading(&p, "The conversation");
	tell_conversation(&p, v);
	tell_protocol_facts(&p, v);
	tell_versions(&p, v);
	if (json_view_count(v, "alert.false_positives") > 0) {
		heading(&p, "It may be harmless");
		tell_items(&p, v, "", "alert.false_positives");
	}
	heading(&p, "What would clear it");
	remedy_print(v, to, columns);
}
