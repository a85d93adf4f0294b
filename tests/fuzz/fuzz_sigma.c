/* A rule file of any bytes: refused with a message, or loaded so that it can be judged and
 * explained, and the index agrees with brute force. Seeds: rules/packs/rules. */
#include <assert.h>
#include <string.h>

#include "rules/sigma/build.h"
#include "rules/sigma/program.h"
#include "rules/sigma/trace.h"
#include "rules/trial/mutant.h"

enum { MAX_BYTES = 1 << 20, ARENA_BYTES = 1 << 16, MAX_TRACED = 4, MAX_TRACED_NODES = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct met {
	const struct facts *facts;
	size_t n;
};

static void on_match(void *user, const struct rule_match *m)
{
	struct met *met = user;
	struct rule_reasons reasons;

	met->n++;
	sigma_explain(m, met->facts, &reasons);
	assert(m->rule->id.len == 36 && reasons.n <= RULE_MAX_MATCHED);
	for (uint32_t i = 0; i < reasons.n; i++)
		assert(memchr(reasons.items[i].data, ':', reasons.items[i].len));
}

/* Some facts of each type; the texts are the file's own, so that rules meet them. */
static void fill(struct facts *f, struct str text, struct str groups[2])
{
	static const struct ip_addr addr = {
		{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 203, 0, 113, 7}};

	groups[0] = STR("ntp");
	groups[1] = text;
	facts_set_text(f, FIELD_NETWORK_PROTOCOL, "ssh");
	facts_set_text(f, FIELD_CONTRACT_VERDICT, "violation");
	facts_set_str(f, FIELD_PEER_DOMAIN, text);
	facts_set_strs(f, FIELD_PEER_GROUPS, groups, 2);
	facts_set_ip(f, FIELD_PEER_IP, &addr);
	facts_set_ips(f, FIELD_DNS_RESOLVED_IP, &addr, 1);
	facts_set_num(f, FIELD_DESTINATION_PORT, 22);
	facts_set_num(f, FIELD_PEER_LINKAGE_TIER, 1);
	facts_set_num(f, FIELD_TLS_NOT_AFTER, 0);
	facts_set_bool(f, FIELD_EQUIPMENT_DECLARED, true);
}

/* A trace says what the rule says, and each change of the rule can be asked. */
static void trace(const struct sigma *s, size_t i, const struct facts *f, struct sigma_scratch *w)
{
	struct arena *arena = arena_new(ARENA_BYTES);
	struct rule_trace t;
	size_t n = 0;

	if (sigma_trace(s, i, f, w, &t)) {
		uint32_t held;

		assert(t.met == program_holds(&s->programs[i], f, w));
		assert(t.distance == sigma_distance(s, i, f, w, &held));
		assert(t.distance >= TRACE_FAR || t.n_lacking == t.distance);
	}
	if (arena && s->programs[i].n_nodes < MAX_TRACED_NODES) {
		const struct mutant *m = mutants_new(&s->programs[i], arena, &n);

		for (size_t k = 0; m && k < n; k++)
			(void)mutant_holds(&m[k], f, w);
	}
	if (arena)
		arena_free(arena);
}

static void judge(const struct sigma *s, const struct facts *f)
{
	struct sigma_scratch *w = sigma_scratch_new(s);
	struct met met = {.facts = f};
	size_t brute = 0;

	if (!w)
		return;
	for (int c = 0; c < RULE_CATEGORIES; c++)
		sigma_eval(s, w, (enum rule_category)c, f, on_match, &met);
	for (size_t i = 0; i < s->n; i++)
		brute += program_holds(&s->programs[i], f, w);
	for (size_t i = 0; i < s->n && i < MAX_TRACED; i++)
		trace(s, i, f, w);
	assert(met.n == brute);
	sigma_scratch_free(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, (uint32_t)size};
	struct error err = {0};
	struct sigma *s = size > MAX_BYTES ? NULL : sigma_new();
	struct str groups[2];
	struct facts facts;

	if (!s)
		return 0;
	if (sigma_add(s, NULL, "fuzz.yml", STR("fuzz.yml"), text, &err) < 0 ||
		sigma_finish(s, &err) < 0) {
		assert(err.code != 0 && err.msg[0] != '\0');
	} else {
		facts.arena = arena_new(ARENA_BYTES);
		facts_clear(&facts);
		judge(s, &facts);
		fill(&facts, text, groups);
		judge(s, &facts);
		arena_free(facts.arena);
	}
	sigma_close(s);
	return 0;
}
