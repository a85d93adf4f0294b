/* A rule file of any bytes, up to a NUL: its correlations over some events; half of them behind a
 * restart say what one run says. Behind the NUL stand changes of what was saved: four bytes of a
 * place, and one to change there (0: all behind is cut off). It is refused, or read as something
 * that can be used. */
#include <assert.h>
#include <string.h>

#include "common/time_text.h"
#include "rules/sigma/build.h"
#include "rules/sigma/correlator.h"

#define T0 (UINT64_C(1795305600) * NS_PER_S)

enum {
	MAX_BYTES = 1 << 16,
	ARENA_BYTES = 1 << 16,
	STATE_BYTES = 1 << 22,
	CHANGE_BYTES = 5,
	EVENTS = 48
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct rig {
	const struct sigma *rules;
	struct sigma_scratch *scratch;
	struct correlator *correlator;
	struct facts facts;
	uint64_t told; /* hash of what was met */
};

static int on_met(void *user, const struct rule_match *m, struct facts *f, uint64_t ts_ns,
	char ret_alert_id[ALERT_ID_BYTES])
{
	struct rig *rig = user;
	const struct correlated *c = m->correlated;
	const uint64_t what[] = {
		rig->told, ts_ns, c->numerator, c->denominator, c->events, c->first_ns};
	struct rule_reasons reasons;

	assert(m->rule == &c->correlation->rule && !m->rule->is_silent && c->denominator > 0);
	assert(c->first_ns <= c->last_ns && c->last_ns <= ts_ns);
	sigma_explain(m, f, &reasons);
	assert(reasons.n > 0 && reasons.n <= RULE_MAX_MATCHED);
	assert(correlated_sentence(m, f).len > 0);
	correlated_facts(c, f);
	facts_unset_range(f, FIELD_RULE_ID, FIELD_THREAT_TECHNIQUE_ID);
	rig->told = hash64(what, sizeof(what), 0) ^ hash64(m->rule->id.data, m->rule->id.len, 0);
	memset(ret_alert_id, 'a', ALERT_ID_BYTES - 1);
	ret_alert_id[ALERT_ID_BYTES - 1] = '\0';
	return 0;
}

static void on_match(void *user, const struct rule_match *m)
{
	struct rig *rig = user;

	(void)correlator_match(rig->correlator, m, &rig->facts,
		m->rule->is_silent ? NULL : "0123456789abcdef0123456789abcdef");
}

static struct correlator *make(struct rig *rig)
{
	const struct correlator_config cfg = {.sigma = rig->rules,
		.scratch = rig->scratch,
		.hash_key = 1,
		.max_groups = 8,
		.max_events = 64,
		.sink = on_met,
		.user = rig};

	return correlator_new(&cfg);
}

/* Facts of a few values, so that they meet and group. */
static void fill(struct facts *f, uint32_t i)
{
	static const char *const protocols[] = {"ssh", "tls", "dns"};
	static const struct str groups[] = {{"ntp", 3}, {"dns", 3}};
	struct ip_addr a = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 0}};

	arena_reset(f->arena);
	facts_clear(f);
	a.bytes[15] = (uint8_t)(i % 3);
	facts_set_text(f, FIELD_NETWORK_PROTOCOL, protocols[i % 5 % 3]);
	facts_set_text(f, FIELD_FLOW_STATE, i % 4 ? "attempt" : "established");
	facts_set_text(f, FIELD_NETWORK_DIRECTION, i % 3 ? "inbound" : "outbound");
	facts_set_ip(f, FIELD_SOURCE_IP, &a);
	facts_set_ip(f, FIELD_DESTINATION_IP, &a);
	facts_set_num(f, FIELD_DESTINATION_PORT, i % 7);
	facts_set_num(f, FIELD_NETWORK_BYTES, (uint64_t)i * i * 997);
	facts_set_strs(f, FIELD_PEER_GROUPS, groups, i % 3);
}

static void run(struct rig *rig, uint32_t from, uint32_t until)
{
	uint64_t ts_ns = T0 + (uint64_t)from * from * NS_PER_S;

	for (uint32_t i = from; i < until; i++) {
		ts_ns = T0 + (uint64_t)i * i * NS_PER_S;
		(void)correlator_tick(rig->correlator, ts_ns);
		fill(&rig->facts, i);
		correlator_begin(rig->correlator, ts_ns, i % 4 ? i / 3 + 1 : 0);
		for (int c = 0; c < RULE_CATEGORIES; c++)
			sigma_eval(rig->rules, rig->scratch, (enum rule_category)c, &rig->facts,
				on_match, rig);
		if (i % 9 == 8)
			correlator_end(rig->correlator, i / 3 + 1);
	}
	if (until == EVENTS)
		(void)correlator_finish(rig->correlator, ts_ns);
}

static void change(struct blob_writer *w, const uint8_t *at, size_t size)
{
	for (; size >= CHANGE_BYTES && w->len > 0; at += CHANGE_BYTES, size -= CHANGE_BYTES) {
		uint32_t place;

		memcpy(&place, at, sizeof(place));
		place %= (uint32_t)w->len;
		if (at[4] == 0)
			w->len = place;
		else
			w->data[place] ^= at[4];
	}
}

/* From the middle on, by what W says. Whether it was read. */
static bool go_on(struct rig *rig, const struct blob_writer *w)
{
	struct blob_reader r = blob_reader_init(w->data, w->len);
	bool good;

	correlator_free(rig->correlator);
	rig->correlator = make(rig);
	good = correlator_load(rig->correlator, &r) && blob_at_end(&r);
	if (good)
		run(rig, EVENTS / 2, EVENTS);
	return good;
}

static void check(struct rig *rig, const uint8_t *changes, size_t n)
{
	struct blob_writer w;
	uint64_t half, whole;

	blob_init(&w, STATE_BYTES);
	run(rig, 0, EVENTS / 2);
	half = rig->told;
	correlator_save(rig->correlator, true, &w);
	assert(!w.failed);
	run(rig, EVENTS / 2, EVENTS);
	whole = rig->told;
	rig->told = half;
	assert(go_on(rig, &w) && rig->told == whole);
	change(&w, changes, n);
	(void)go_on(rig, &w);
	blob_done(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size > 0 ? memchr(data, '\0', size) : NULL;
	const size_t len = nul ? (size_t)(nul - data) : size;
	struct error err = {0};
	struct sigma *s = size > MAX_BYTES ? NULL : sigma_new();
	struct rig rig = {.rules = s};

	if (!s)
		return 0;
	if (sigma_add(s, NULL, "fuzz.yml", STR("fuzz.yml"),
		    (struct str){(const char *)data, (uint32_t)len}, &err) == 0 &&
		sigma_finish(s, &err) == 0 && sigma_correlations(s) > 0) {
		rig.scratch = sigma_scratch_new(s);
		rig.facts.arena = arena_new(ARENA_BYTES);
		facts_clear(&rig.facts);
		rig.correlator = make(&rig);
		if (rig.scratch && rig.correlator)
			check(&rig, nul ? nul + 1 : data, nul ? size - len - 1 : 0);
		correlator_free(rig.correlator);
		arena_free(rig.facts.arena);
		sigma_scratch_free(rig.scratch);
	}
	sigma_close(s);
	return 0;
}
