/* A tuning file of any bytes: refused with one message that names the file, or read so that it
 * judges matches, hides no canary and hides nothing without an end. Seeds: the example of
 * docs/tuning.md, tests/golden/tuning. */
#include "tests/fuzz/fuzz_tuning.h"

#include <assert.h>

#include "common/time_text.h"
#include "rules/tuning/noise.h"

enum { MAX_BYTES = 1 << 18, ARENA_BYTES = 1 << 14 };

#define T0 UINT64_C(1790000000000000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	struct site *site;
	struct sigma *sigma;
	struct facts facts;
} rig;

static void fill(struct facts *f, uint32_t i)
{
	static const struct ip_addr addr = {
		{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 198, 51, 100, 1}};

	facts_clear(f);
	facts_set_text(f, FIELD_EQUIPMENT_NAME, i % 3 ? "gnb" : "192.0.2.7");
	facts_set_ip(f, FIELD_EQUIPMENT_IP, &addr);
	facts_set_ip(f, FIELD_PEER_IP, &addr);
	facts_set_ip(f, FIELD_SOURCE_IP, &addr);
	facts_set_ip(f, FIELD_DESTINATION_IP, &addr);
	facts_set_text(f, FIELD_PEER_DOMAIN, "fw.update.example");
	facts_set_text(f, FIELD_NETWORK_PROTOCOL, i % 2 ? "tls" : "ssh");
	facts_set_text(f, FIELD_NETWORK_TRANSPORT, "tcp");
	facts_set_num(f, FIELD_DESTINATION_PORT, 443);
	facts_set_text(f, FIELD_FLOW_PHASE, "end");
	facts_set_num(f, FIELD_EVENT_START, T0 + i);
}

static void check_texts(const struct tuning *t)
{
	for (uint32_t i = 0; i < tuning_suppression_count(t); i++) {
		const struct suppression *s = tuning_suppression(t, i);

		assert(s->name.len && s->owner.len && s->because.len && s->text.len);
		assert(s->until_ns > 0 && s->until_ns < UINT64_MAX && s->from_ns <= s->until_ns);
		assert(s->expected > 0);
	}
}

static void use(const struct tuning *t)
{
	static const struct noise_config cfg = {1, 4, 4, 16, 1, 1};
	struct noise *n = noise_new(&cfg);
	uint64_t hidden = 0;

	assert(n);
	noise_use(n, t);
	for (uint32_t i = 0; i < 24; i++) {
		const struct rule *rule = sigma_rule(rig.sigma, i % 2);
		const struct digest key = digest128(&i, i % 5);
		struct noise_match m = {
			rule, &rig.facts, &key, T0 + (uint64_t)i * NS_PER_DAY, i % 2, i % 7 == 0};
		struct noise_before before;
		struct noise_news news;

		fill(&rig.facts, i);
		hidden += noise_judge(n, &m, &before) == NOISE_HIDDEN;
		while (noise_take_news(n, m.ts_ns, &news))
			assert(news.suppression < noise_suppressions(n));
		facts_set_text(&rig.facts, FIELD_EQUIPMENT_NAME, "vedette-canary");
		assert(noise_judge(n, &m, &before) == NOISE_TOLD);
	}
	for (uint32_t i = 0; i < noise_suppressions(n); i++) {
		struct noise_count c;

		noise_at(n, i, &c);
		assert(c.alerts <= c.matches);
		hidden -= c.matches;
	}
	assert(hidden == 0);
	noise_free(n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = {ERR_OK, ""};
	struct tuning *t;

	if (size > MAX_BYTES)
		return 0;
	if (!rig.site) {
		rig.site = fuzz_site_open();
		rig.sigma = fuzz_sigma_open();
		rig.facts.arena = arena_new(ARENA_BYTES);
	}
	t = fuzz_tuning_open(data, size, rig.site, rig.sigma, &err);
	if (t) {
		check_texts(t);
		use(t);
	} else {
		assert(err.code != ERR_OK && strncmp(err.msg, "/proc/self/fd/", 14) == 0);
	}
	tuning_close(t);
	return 0;
}
