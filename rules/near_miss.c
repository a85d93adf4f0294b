#include "rules/near_miss.h"

#include <stdlib.h>

#include "common/hash/hash.h"
#include "common/time_text.h"
#include "rules/sigma/program.h"

enum { SLOTS = 65536, MAX_LACKING = 8 };

#define AGAIN_NS (3600 * NS_PER_S)

/* The last one told of those that fall here; another one takes its place. */
struct slot {
	uint64_t key;
	uint64_t told_ns;
};

struct near_misses {
	const struct sigma *sigma;
	uint64_t hash_key;
	near_miss_fn *fn;
	void *user;
	struct sigma_scratch *scratch;
	struct slot *slots;
	struct json_writer json;
	struct near_misses_stats stats;
	int status;
};

struct near_misses *near_misses_new(
	const struct sigma *sigma, uint64_t hash_key, near_miss_fn *fn, void *user)
{
	struct near_misses *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->sigma = sigma;
	n->hash_key = hash_key;
	n->fn = fn;
	n->user = user;
	n->scratch = sigma_scratch_new(sigma);
	n->slots = calloc(SLOTS, sizeof(*n->slots));
	json_init(&n->json);
	if (n->scratch && n->slots)
		return n;
	near_misses_free(n);
	return NULL;
}

void near_misses_free(struct near_misses *n)
{
	if (!n)
		return;
	sigma_scratch_free(n->scratch);
	free(n->slots);
	json_done(&n->json);
	free(n);
}

/* What speaks another protocol is another matter. */
bool near_miss_is_telling(const struct rule_trace *trace, const struct facts *f)
{
	for (uint32_t i = 0; i < trace->n_lacking; i++) {
		int field = trace->lacking[i]->item->field;

		if (field == FIELD_NETWORK_PROTOCOL || field == FIELD_NETWORK_APPLICATION ||
			field == FIELD_NETWORK_TRANSPORT)
			return false;
		if (field >= 0 && !facts_has(f, (enum field_id)field))
			return false;
	}
	return true;
}

/* What makes two near misses the same. */
static uint64_t key_of(const struct near_misses *n, const struct rule *rule,
	const struct rule_trace *trace, const struct facts *f)
{
	static const enum field_id ids[] = {FIELD_EQUIPMENT_NAME, FIELD_PEER_ENTITY,
		FIELD_DESTINATION_PORT, FIELD_FLOW_SEGMENT, FIELD_DNS_QUESTION_NAME};
	uint64_t key = hash64(rule->id.data, rule->id.len, n->hash_key);

	for (uint32_t i = 0; i < trace->n_lacking; i++)
		key = hash64(trace->lacking[i]->wanted.data, trace->lacking[i]->wanted.len, key);
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		char buf[64];
		struct str text = facts_text(f, ids[i], 0, buf, sizeof(buf), NULL);

		key = hash64(text.data ? text.data : "", text.len, key);
	}
	return key ? key : 1;
}

/* Whether KEY is to be told now; it is remembered then. */
static bool is_due(struct near_misses *n, uint64_t key, uint64_t ts_ns)
{
	struct slot *s = &n->slots[key % SLOTS];

	if (s->key == key && ts_ns < s->told_ns + AGAIN_NS)
		return false;
	n->stats.forgotten += s->key != 0 && s->key != key && ts_ns < s->told_ns + AGAIN_NS;
	*s = (struct slot){key, ts_ns};
	return true;
}

static void write_lacking(struct json_writer *w, const struct rule_trace *t)
{
	json_key(w, "near_miss.lacking");
	json_array_begin(w);
	for (uint32_t i = 0; i < t->n_lacking && i < MAX_LACKING; i++)
		json_str(w, t->lacking[i]->wanted);
	json_array_end(w);
	json_key(w, "near_miss.found");
	json_array_begin(w);
	for (uint32_t i = 0; i < t->n_lacking && i < MAX_LACKING; i++)
		json_str(w, t->lacking[i]->found);
	json_array_end(w);
	json_key(w, "near_miss.matched");
	json_array_begin(w);
	for (uint32_t s = 0; s < t->n; s++) {
		for (uint32_t m = 0; t->selections[s].wanted && m < t->selections[s].n; m++) {
			const struct trace_map *map = &t->selections[s].maps[m];

			for (uint32_t i = 0; i < map->n; i++) {
				if (map->tests[i].holds)
					json_str(w, map->tests[i].found);
			}
		}
	}
	json_array_end(w);
}

static void tell(struct near_misses *n, const struct rule *rule, const struct rule_trace *t,
	const struct facts *f, uint64_t ts_ns)
{
	struct json_writer *w = &n->json;
	char time[TIME_TEXT_BYTES];

	json_clear(w);
	json_object_begin(w);
	if (!facts_has(f, FIELD_TIMESTAMP)) {
		json_key(w, field_info(FIELD_TIMESTAMP)->name);
		json_text(w, time_format(ts_ns, time));
	}
	json_key_str(w, field_info(FIELD_RULE_ID)->name, rule->id);
	json_key_str(w, field_info(FIELD_RULE_NAME)->name, rule->title);
	json_key_str(w, field_info(FIELD_RULE_RULESET)->name, rule->file);
	json_key_str(w, field_info(FIELD_RULE_VERSION)->name, rule->version);
	json_key_str(
		w, field_info(FIELD_ALERT_LEVEL)->name, str_from(rule_level_name(rule->level)));
	write_lacking(w, t);
	facts_write_json(f, w);
	json_object_end(w);
	n->stats.told++;
	n->status =
		w->failed ? ERR_SYSTEM : n->fn(n->user, (struct str){w->data, (uint32_t)w->len});
}

void near_misses_judged(
	void *user, enum rule_category category, const struct facts *f, uint64_t ts_ns)
{
	struct near_misses *n = user;

	for (size_t i = 0; i < sigma_count(n->sigma) && n->status == 0; i++) {
		const struct rule *rule = sigma_rule(n->sigma, i);
		struct rule_trace trace;
		uint32_t held;

		if (rule->category != category ||
			sigma_distance(n->sigma, i, f, n->scratch, &held) != 1 || held == 0)
			continue;
		if (!sigma_trace(n->sigma, i, f, n->scratch, &trace)) {
			n->status = ERR_SYSTEM;
		} else if (near_miss_is_telling(&trace, f)) {
			n->stats.found++;
			if (is_due(n, key_of(n, rule, &trace, f), ts_ns))
				tell(n, rule, &trace, f, ts_ns);
		}
	}
}

void near_misses_stats(const struct near_misses *n, struct near_misses_stats *ret)
{
	*ret = n->stats;
}

int near_misses_status(const struct near_misses *n)
{
	return n->status;
}
