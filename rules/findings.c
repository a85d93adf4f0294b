#include "rules/findings.h"

#include <stdlib.h>

#include "common/decimal.h"
#include "common/time_text.h"
#include "rules/findings_state.h"
#include "rules/sigma/correlator.h"

static const struct str plain_category[] = {{"network", 7}}; /* of events that are no alerts */

void findings_leave_common(struct common *c)
{
	if (c && --c->users == 0)
		free(c);
}

struct findings *findings_new(const struct findings_config *cfg, alert_sink_fn *sink, void *user)
{
	struct findings *fs = calloc(1, sizeof(*fs));

	if (!fs)
		return NULL;
	fs->cfg = *cfg;
	fs->outbox = outbox_new(sink, user);
	json_init(&fs->json);
	if (!fs->outbox || !findings_table_init(fs)) {
		findings_free(fs);
		return NULL;
	}
	return fs;
}

void findings_free(struct findings *fs)
{
	if (!fs)
		return;
	for (uint32_t i = 0; fs->slots && i < fs->fresh; i++) {
		free(fs->slots[i].rule_id);
		free(fs->slots[i].equipment);
		free(fs->slots[i].facts);
		findings_leave_common(fs->slots[i].common);
	}
	findings_leave_common(fs->common);
	json_done(&fs->json);
	outbox_free(fs->outbox);
	free(fs->slots);
	free(fs->buckets);
	free(fs);
}

bool findings_set_common(struct findings *fs, const struct facts *common)
{
	struct json_writer *w = &fs->json;
	struct common *c;
	size_t len;

	json_clear(w);
	json_object_begin(w);
	facts_write_json(common, w);
	json_object_end(w);
	if (w->failed || w->len < 2)
		return false;
	len = w->len - 2; /* without the braces */
	c = malloc(sizeof(*c) + len);
	if (!c)
		return false;
	c->users = 1;
	c->len = (uint32_t)len;
	memcpy(c->text, w->data + 1, len);
	findings_leave_common(fs->common);
	fs->common = c;
	return true;
}

/* "tls.teamviewer", else the transport and port that were called. */
static struct str application(struct facts *f)
{
	struct str parts[3] = {facts_str(f, FIELD_NETWORK_PROTOCOL), STR("."),
		facts_str(f, FIELD_NETWORK_APPLICATION)};
	char port[DECIMAL_BYTES];

	if (parts[0].len > 0 && parts[2].len == 0)
		return parts[0];
	if (parts[0].len == 0) {
		parts[0] = facts_str(f, FIELD_NETWORK_TRANSPORT);
		parts[1] = STR("/");
		parts[2].data = port;
		parts[2].len =
			(uint32_t)(decimal_put(port, facts_num(f, FIELD_DESTINATION_PORT)) - port);
	}
	return arena_join(f->arena, parts, 3);
}

/* What makes a finding what it is; with the time of its first packet, an alert. */
struct parts {
	struct str items[6];
	size_t n;
};

static struct parts parts_of(struct facts *f, const struct rule_match *m, struct str app)
{
	const struct rule *rule = m->rule;
	struct parts p = {.items = {rule->id, facts_str(f, FIELD_EQUIPMENT_NAME),
				  facts_str(f, FIELD_PEER_ENTITY), app},
		.n = 4};
	struct str segment = facts_str(f, FIELD_FLOW_SEGMENT);

	/* A group is one finding, whichever of its events was the last. */
	if (m->correlated) {
		p.items[1] = correlated_group_text(m->correlated, f);
		p.n = 2;
		return p;
	}
	/* What is wrong with a piece of equipment is one finding, whomever it talks to and where.
	 * What is not in the inventory is known by its address, which means one thing in one
	 * segment. */
	if (rule->category == RULE_EQUIPMENT) {
		p.items[2] = p.items[3] = STR("");
		if (facts_num(f, FIELD_EQUIPMENT_DECLARED))
			segment.len = 0;
	}
	/* Whom a sweep met last is no matter. */
	if (rule->category == RULE_BEHAVIOUR && facts_has(f, FIELD_BEHAVIOUR_SUBJECT)) {
		p.items[2] = facts_str(f, FIELD_BEHAVIOUR_SUBJECT);
		p.items[3] = STR("");
	}
	if (rule->category == RULE_SENSOR) {
		p.items[2] = facts_str(f, FIELD_SENSOR_INTERFACE);
		p.items[3] = facts_str(f, FIELD_SENSOR_CAUSE);
		segment = facts_str(f, FIELD_SUPPRESSION_NAME);
	}
	if (segment.len > 0)
		p.items[p.n++] = segment;
	return p;
}

/* Writes N and a colon. */
static size_t put_length(char *at, uint32_t n)
{
	char digits[10];
	size_t len = 0, i = 0;

	do
		digits[len++] = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	while (len > 0)
		at[i++] = digits[--len];
	at[i++] = ':';
	return i;
}

/* Hashes the parts with their lengths, so that no two lists of parts look alike: "3:ntp;". */
static struct digest digest_of(struct facts *f, const struct parts *parts)
{
	size_t room = 0, at = 0;
	char *text;

	for (size_t i = 0; i < parts->n; i++)
		room += parts->items[i].len + sizeof("4294967295:;");
	text = arena_alloc(f->arena, room);
	for (size_t i = 0; text && i < parts->n; i++) {
		const struct str *s = &parts->items[i];

		at += put_length(text + at, s->len);
		if (s->len > 0)
			memcpy(text + at, s->data, s->len);
		at += s->len;
		text[at++] = ';';
	}
	return digest128(text, at);
}

/* One revision of finding I: what changes with each revision, then the facts of the last match. */
static int revise(struct findings *fs, uint32_t i, const char *action, uint64_t ts_ns)
{
	struct finding *s = &fs->slots[i];
	struct json_writer *w = &fs->json;
	char text[TIME_TEXT_BYTES];

	if (ts_ns < fs->last_ns)
		ts_ns = fs->last_ns;
	fs->last_ns = ts_ns;
	fs->is_settled = false;
	s->revision++;
	s->revised_ns = ts_ns;
	json_clear(w);
	json_object_begin(w);
	json_key(w, field_info(FIELD_TIMESTAMP)->name);
	json_text(w, time_format(ts_ns, text));
	json_key(w, field_info(FIELD_EVENT_ACTION)->name);
	json_text(w, action);
	json_key(w, field_info(FIELD_EVENT_ID)->name);
	json_text(w, s->id);
	json_key(w, field_info(FIELD_EVENT_SEQUENCE)->name);
	json_u64(w, s->revision);
	json_key(w, field_info(FIELD_ALERT_MATCHES)->name);
	json_u64(w, s->matches);
	json_key(w, field_info(FIELD_ALERT_FLOWS_ENDED)->name);
	json_u64(w, s->flows_ended);
	json_key(w, field_info(FIELD_ALERT_BYTES_SENT)->name);
	json_u64(w, s->bytes_sent);
	json_key(w, field_info(FIELD_ALERT_BYTES_RECEIVED)->name);
	json_u64(w, s->bytes_received);
	json_key(w, field_info(FIELD_ALERT_FIRST_SEEN)->name);
	json_text(w, time_format(s->first_ns, text));
	json_key(w, field_info(FIELD_ALERT_LAST_SEEN)->name);
	json_text(w, time_format(s->last_ns, text));
	kept_facts_write_json(s->facts, w);
	if (s->common)
		json_members(w, (struct str){s->common->text, s->common->len});
	json_object_end(w);
	fs->stats.revisions++;
	if (w->failed)
		return ERR_SYSTEM;

	struct alert a = {
		.revision = s->revision,
		.ts_ns = ts_ns,
		.level = s->level,
		.rule_id = str_from(s->rule_id),
		.equipment = str_from(s->equipment),
		.json = {w->data, (uint32_t)w->len},
	};

	memcpy(a.id, s->id, sizeof(a.id));
	return outbox_add(fs->outbox, &a);
}

int findings_close(struct findings *fs, uint32_t i, uint64_t ts_ns)
{
	int rc = revise(fs, i, "closed", ts_ns);

	findings_release(fs, i);
	return rc;
}

/* An alert repeats so many entries of a rule's list. */
static uint32_t few(uint32_t n)
{
	return n < RULE_MAX_TAGS ? n : RULE_MAX_TAGS;
}

static void set_rule_facts(const struct findings *fs, struct facts *f, const struct rule_match *m)
{
	static const struct str category[] = {{"network", 7}, {"intrusion_detection", 19}};
	const struct rule *r = m->rule;
	struct rule_reasons reasons;
	struct str *matched;

	facts_settle_all(f);
	sigma_explain(m, f, &reasons);
	if (m->correlated)
		correlated_facts(m->correlated, f);
	matched = arena_alloc(f->arena, reasons.n * sizeof(*matched));
	if (matched)
		memcpy(matched, reasons.items, reasons.n * sizeof(*matched));
	facts_set_strs(f, FIELD_EVENT_CATEGORY, category, 2);
	facts_set_text(f, FIELD_EVENT_KIND, "alert");
	facts_set_num(f, FIELD_EVENT_SEVERITY, (uint64_t)r->level);
	facts_set_str(f, FIELD_RULE_ID, r->id);
	facts_set_str(f, FIELD_RULE_NAME, r->title);
	facts_set_text(f, FIELD_RULE_CATEGORY, rule_category_name(r->category));
	facts_set_str(f, FIELD_RULE_DESCRIPTION, r->description);
	facts_set_str(f, FIELD_RULE_RULESET, r->file);
	facts_set_str(f, FIELD_RULE_VERSION, r->version);
	facts_set_str(f, FIELD_RULE_REFERENCE,
		r->n_references ? r->references[0] : (struct str){NULL, 0});
	facts_set_text(f, FIELD_ALERT_LEVEL, rule_level_name(r->level));
	facts_set_strs(f, FIELD_ALERT_MATCHED, matched, matched ? reasons.n : 0);
	facts_set_strs(
		f, FIELD_ALERT_FALSE_POSITIVES, r->false_positives, few(r->n_false_positives));
	facts_set_strs(f, FIELD_ALERT_TAGS, r->tags, few(r->n_tags));
	facts_set_strs(f, FIELD_THREAT_TECHNIQUE_ID, r->techniques, few(r->n_techniques));
	findings_name_techniques(fs->techniques, r, f);
}

/* The next rule judges the facts as they were. */
static void unset_rule_facts(struct facts *f)
{
	facts_unset_range(f, FIELD_RULE_ID, FIELD_FIGHT_TECHNIQUE_NAME);
	facts_set_text(f, FIELD_EVENT_KIND, "event");
	facts_set_strs(f, FIELD_EVENT_CATEGORY, plain_category, 1);
	facts_unset(f, FIELD_EVENT_SEVERITY);
	facts_unset(f, FIELD_EVENT_REASON);
}

/* "gnb-017 called update.example (tls): Equipment leaves its contract" */
static void set_reason(struct facts *f, const struct rule_match *m, struct str app)
{
	const struct rule *r = m->rule;

	if (m->correlated) {
		facts_set_str(f, FIELD_EVENT_REASON, correlated_sentence(m, f));
		return;
	}
	if (r->category == RULE_SENSOR) {
		const struct str parts[] = {
			r->title, STR(": "), facts_str(f, FIELD_SENSOR_MESSAGE)};

		facts_set_str(f, FIELD_EVENT_REASON, arena_join(f->arena, parts, 3));
		return;
	}

	struct str verb = STR(" was called by ");
	struct str other = facts_str(f, FIELD_PEER_ENTITY);

	if (r->category == RULE_DNS) { /* the resolver is the peer of another event */
		other = facts_str(f, FIELD_DNS_QUESTION_NAME);
		verb = STR(" asked for ");
	} else if (facts_num(f, FIELD_EQUIPMENT_INITIATOR)) {
		verb = STR(" called ");
	}

	const struct str parts[] = {facts_str(f, FIELD_EQUIPMENT_NAME), verb, other, STR(" ("), app,
		STR("): "), r->title};

	facts_set_str(f, FIELD_EVENT_REASON,
		arena_join(f->arena, parts, sizeof(parts) / sizeof(parts[0])));
}

/* Keeps the facts of this match: closing happens when they are long gone. */
static int keep_facts(struct findings *fs, struct finding *s, const struct facts *f)
{
	struct kept_facts *kept = facts_keep(f);

	if (!kept)
		return ERR_SYSTEM;
	free(s->facts);
	s->facts = kept;
	if (s->common != fs->common) {
		findings_leave_common(s->common);
		s->common = fs->common;
		if (s->common)
			s->common->users++;
	}
	return 0;
}

static char *copy_text(struct str s)
{
	char *copy = malloc((size_t)s.len + 1);

	if (!copy)
		return NULL;
	if (s.len > 0)
		memcpy(copy, s.data, s.len);
	copy[s.len] = '\0';
	return copy;
}

/* When what M is about began. */
static uint64_t first_packet_ns(const struct rule_match *m, const struct facts *f, uint64_t ts_ns)
{
	if (m->correlated)
		return m->correlated->first_ns;
	return facts_has(f, FIELD_EVENT_START) ? facts_num(f, FIELD_EVENT_START) : ts_ns;
}

/* And when it was last seen. */
static uint64_t last_packet_ns(const struct rule_match *m, const struct facts *f, uint64_t ts_ns)
{
	if (m->correlated)
		return m->correlated->last_ns;
	return facts_has(f, FIELD_EVENT_END) ? facts_num(f, FIELD_EVENT_END) : ts_ns;
}

/* Opens a finding for KEY. BEFORE: what of it was withheld. */
static int open_finding(struct findings *fs, const struct rule_match *m, const struct digest *key,
	struct facts *f, const struct parts *parts, uint64_t ts_ns,
	const struct noise_before *before, uint32_t *ret)
{
	const struct rule *rule = m->rule;
	uint64_t first_ns = first_packet_ns(m, f, ts_ns);
	struct str equipment = facts_str(f, FIELD_EQUIPMENT_NAME);
	const int rc = findings_free_slot(fs, ts_ns);

	if (rule->category == RULE_SENSOR && equipment.len == 0)
		equipment = STR("(sensor)");
	if (before->first_ns && before->first_ns < first_ns)
		first_ns = before->first_ns;

	uint32_t i = fs->free_head;
	struct finding *s = &fs->slots[i];

	s->equipment = copy_text(equipment);
	s->rule_id = copy_text(rule->id);
	if (!s->equipment || !s->rule_id)
		return ERR_SYSTEM;
	findings_take(fs, i, key, fs->cfg.window_ns);
	s->level = rule->level;
	s->first_ns = first_ns;
	s->last_ns = first_ns;
	s->matches = before->matches;
	s->flows_ended = before->flows_ended;
	s->bytes_sent = before->bytes_sent;
	s->bytes_received = before->bytes_received;

	char start[TIME_TEXT_BYTES];
	struct parts with_time = *parts;

	with_time.items[with_time.n++] = str_from(time_format(first_ns, start));

	struct digest id = digest_of(f, &with_time);

	(void)digest_format(&id, s->id);
	fs->stats.opened++;
	fs->stats.by_level[rule->level]++;
	*ret = i;
	return rc;
}

/* The finding under KEY. One whose window is over is closed first: there is not always a tick
 * before what comes behind a long silence. */
static int find_open(struct findings *fs, const struct digest *key, uint64_t ts_ns, uint32_t *ret)
{
	const struct finding *s;

	*ret = findings_find(fs, key);
	if (*ret == FINDING_NONE)
		return 0;
	s = &fs->slots[*ret];
	if (!noise_is_over(s->matched_ns, fs->ages[s->ages].window_ns, ts_ns))
		return 0;
	const int rc = findings_close(fs, *ret, ts_ns);

	*ret = FINDING_NONE;
	return rc;
}

/* What the rule's threshold is, where it has one. */
static void set_threshold(const struct findings *fs, struct facts *f, const struct rule *r)
{
	struct tuned_rule tuned;

	if (!fs->noise)
		return;
	tuning_rule(noise_tuning(fs->noise), r->id, &tuned);
	if (tuned.matches > 0)
		facts_set_str(f, FIELD_ALERT_THRESHOLD,
			arena_printf(f->arena, "%u within %.*s", tuned.matches,
				(int)tuned.within.len, tuned.within.data));
}

/* M belongs to finding I, which was OPENED by it. */
static int add_match(struct findings *fs, const struct rule_match *m, struct facts *f,
	struct str app, uint64_t ts_ns, bool ended, uint32_t i, bool opened)
{
	const struct noise_window window =
		fs->noise ? noise_window(fs->noise, m->rule)
			  : noise_default_window(m->rule,
				    (struct noise_window){fs->cfg.window_ns, fs->cfg.repeat_ns});
	const uint64_t last_ns = last_packet_ns(m, f, ts_ns);
	struct finding *s = &fs->slots[i];
	int rc;

	memcpy(fs->matched_id, s->id, sizeof(fs->matched_id));
	findings_touch(fs, i, window.window_ns);
	s->matched_ns = ts_ns;
	s->matches++;
	if (last_ns > s->last_ns)
		s->last_ns = last_ns;
	if (ended) {
		s->flows_ended++;
		s->bytes_sent += facts_num(f, FIELD_EQUIPMENT_BYTES);
		s->bytes_received += facts_num(f, FIELD_PEER_BYTES);
	}
	/* Each interval in which the sensor was blind counts; the sensor itself bounds their rate.
	 */
	bool due = opened || m->rule->category == RULE_SENSOR ||
		   ts_ns - s->revised_ns >= window.repeat_ns;

	if (!due && !ended)
		return 0;
	set_rule_facts(fs, f, m);
	set_threshold(fs, f, m->rule);
	set_reason(f, m, app);
	rc = keep_facts(fs, s, f);
	unset_rule_facts(f);
	if (rc == 0 && due)
		rc = revise(fs, i, opened ? "opened" : "repeated", ts_ns);
	return rc;
}

int findings_match(struct findings *fs, const struct rule_match *m, struct facts *f, uint64_t ts_ns,
	bool ended)
{
	struct str app = application(f);
	struct parts parts = parts_of(f, m, app);
	struct noise_before before = {0};
	uint32_t i;

	if (ts_ns < fs->last_ns)
		ts_ns = fs->last_ns;

	struct digest key = digest_of(f, &parts);
	int rc = find_open(fs, &key, ts_ns, &i);
	const bool opened = i == FINDING_NONE;

	fs->stats.matches++;
	fs->matched_id[0] = '\0';
	if (rc == 0 && fs->noise) {
		const struct noise_match nm = {m->rule, f, &key, ts_ns, ended, !opened};

		if (noise_judge(fs->noise, &nm, &before) != NOISE_TOLD)
			return 0;
	}
	if (rc == 0 && opened)
		rc = open_finding(fs, m, &key, f, &parts, ts_ns, &before, &i);
	return rc == 0 ? add_match(fs, m, f, app, ts_ns, ended, i, opened) : rc;
}

int findings_settle(struct findings *fs, uint64_t ts_ns)
{
	if (fs->is_settled || ts_ns <= fs->last_ns)
		return 0;
	/* What comes now, when the input ends as of its last packet, must not be of an instant that
	 * has left. */
	fs->is_settled = true;
	fs->last_ns++;
	return outbox_flush(fs->outbox);
}

int findings_tick(struct findings *fs, uint64_t ts_ns)
{
	int rc = findings_settle(fs, ts_ns);

	for (int i = 0; i < FINDING_WINDOWS; i++) {
		const struct finding_ages *ages = &fs->ages[i];

		/* What matched last may be ahead of the ticks: a report of the sensor's own. */
		while (rc == 0 && ages->oldest != FINDING_NONE &&
			ts_ns >= fs->slots[ages->oldest].matched_ns + ages->window_ns)
			rc = findings_close(fs, ages->oldest, ts_ns);
	}
	return rc;
}

int findings_finish(struct findings *fs, uint64_t ts_ns)
{
	int rc = 0;

	while (rc == 0 && fs->stats.open_now > 0)
		rc = findings_close(fs, findings_oldest(fs), ts_ns);
	return rc == 0 ? outbox_flush(fs->outbox) : rc;
}

const char *findings_matched_id(const struct findings *fs)
{
	return fs->matched_id;
}

void findings_set_noise(struct findings *fs, struct noise *noise)
{
	fs->noise = noise;
}

void findings_stats(const struct findings *fs, struct findings_stats *ret)
{
	*ret = fs->stats;
}
