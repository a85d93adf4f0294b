/* What was saved before a restart, changed: it is refused, or read as something that is saved, used
 * and freed like any other. The first byte names the part. With its high bit the rest are the bytes
 * of the part; else the rest are changes of a good one: four bytes of a place, and one to change
 * there (0: all behind is cut off). */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/enrich/names.h"
#include "analysis/flow/details.h"
#include "analysis/shard.h"
#include "capture/decode/decode.h"
#include "common/time_text.h"
#include "rules/baseline/view.h"
#include "rules/entity.h"
#include "rules/findings.h"
#include "rules/visibility.h"
#include "sensor/live/blind_log.h"
#include "sensor/reader.h"
#include "tests/fuzz/fuzz_tuning.h"
#include "tests/support/payloads.h"

#define T0 (UINT64_C(1795305600) * NS_PER_S)

enum { MAX_BYTES = 1 << 22, ARENA_BYTES = 1 << 16, CHANGE_BYTES = 5, SHARD_RUNS = 500 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads R into something new; when that works, and W is not NULL, saves it there. */
typedef bool part_fn(struct blob_reader *r, struct blob_writer *w);

static struct {
	struct arena *arena;
	struct facts facts;
	struct shard *shard; /* making one takes long */
	uint32_t shard_runs;
	uint64_t seq;
	struct site *site;
	struct tuning *tuning;
} rig;

static const struct noise_config noise_config = {1, 8, 8, 32, NS_PER_S, NS_PER_S};

static void ignore_event(void *user, const struct event *ev)
{
	(void)user;
	assert(ev->flow.label.protocol && ev->flow.label.application);
}

static int ignore_alert(void *user, const struct alert *a)
{
	(void)user;
	assert(a->json.len > 2 && a->id[0]);
	return 0;
}

static bool part_names(struct blob_reader *r, struct blob_writer *w)
{
	const struct ip_addr a = {{1}};
	struct str found[NAMES_PER_ADDRESS];
	struct names *n = names_new(32, 1);
	const bool ok = names_load(n, r);

	if (ok && w)
		names_save(n, w);
	for (int i = 0; ok && i < 40; i++) {
		names_learn(n, 0, &a, &(struct ip_addr){{(uint8_t)i}}, STR("host.example"), T0);
		(void)names_find(n, 0, &a, &a, found);
	}
	names_free(n);
	return ok;
}

static bool part_entities(struct blob_reader *r, struct blob_writer *w)
{
	struct entities *e = entities_new(1);
	const bool ok = entities_load(e, r);
	bool is_new;

	if (ok && w)
		entities_save(e, w);
	if (ok)
		(void)entities_at(
			e, entities_who(e, STR("gnb")), 0, &(struct ip_addr){{1}}, &is_new);
	entities_free(e);
	return ok;
}

static bool part_visibility(struct blob_reader *r, struct blob_writer *w)
{
	struct visibility *v = visibility_new(8, 1);
	const struct event ev = {.kind = EVENT_FLOW_END, .ts_ns = T0};
	const bool ok = visibility_load(v, r);

	if (ok && w)
		visibility_save(v, w);
	if (ok)
		(void)visibility_add(v, STR("gnb"), 1, &ev, 0);
	visibility_free(v);
	return ok;
}

static bool part_findings(struct blob_reader *r, struct blob_writer *w)
{
	static const struct findings_config cfg = {
		.hash_key = 1, .max_open = 8, .window_ns = NS_PER_S, .repeat_ns = NS_PER_S};
	struct findings *fs = findings_new(&cfg, ignore_alert, NULL);
	const bool ok = findings_load(fs, r, &rig.facts);

	if (ok && w)
		findings_save(fs, true, w);
	if (ok)
		(void)findings_finish(fs, T0);
	findings_free(fs);
	return ok;
}

static bool part_noise(struct blob_reader *r, struct blob_writer *w)
{
	struct noise *n = noise_new(&noise_config);
	bool ok;

	noise_use(n, rig.tuning);
	ok = noise_load(n, r);
	if (ok && w)
		noise_save(n, w);
	if (ok)
		noise_end_period(n);
	noise_free(n);
	return ok;
}

static struct baseline_sight sight_of(uint32_t i)
{
	return (struct baseline_sight){
		.equipment = i % 2 ? STR("gnb") : STR("amf"),
		.role = STR("gnb"),
		.peer = i % 3 ? STR("a.example") : STR("AS64500 192.0.2.0/24"),
		.app = i % 4 ? STR("TLS") : (struct str){NULL, 0},
		.peer_addr = {{(uint8_t)i}},
		.flow = i,
		.ts_ns = T0 + i * NS_PER_DAY,
		.first_ns = T0 + i * NS_PER_DAY,
		.last_ns = T0 + i * NS_PER_DAY,
		.sent = i,
		.port = 443,
		.proto = 6,
		.initiator = true,
		.answered = true,
		.resumed = i % 5 == 0,
		.ended = i % 7 != 0,
	};
}

static bool part_baseline(struct blob_reader *r, struct blob_writer *w)
{
	const struct baseline_limits limits = baseline_default_limits();
	struct baseline *b = baseline_new(1);
	const bool ok = baseline_load(b, r);
	struct baseline_view *v;
	uint32_t n;

	if (ok && w)
		baseline_save(b, true, w);
	baseline_begin(b, T0);
	for (uint32_t i = 0; ok && i < 20; i++) {
		const struct baseline_sight s = sight_of(i);

		assert(baseline_add(b, &s));
	}
	v = ok ? baseline_view_new(b, &limits) : NULL;
	for (uint32_t i = 0; v && i < v->n; i++) {
		assert(v->rows[i].days_seen <= BASELINE_MAX_DAYS && v->rows[i].rising <= 100);
		assert(baseline_view_find(v, str_from(v->rows[i].id), &n) || n > 1);
	}
	baseline_view_free(v);
	baseline_free(b);
	return ok;
}

static bool part_details(struct blob_reader *r, struct blob_writer *w)
{
	struct details *d = NULL;
	const bool ok = details_load(r, classifier_risk_name, &d);

	if (ok && w)
		details_save(d, w);
	details_free(d);
	return ok;
}

static bool part_reader(struct blob_reader *r, struct blob_writer *w)
{
	static struct pipeline_stats stats;
	const struct pipeline_config cfg = {.site = rig.site, .hash_key = 1};
	struct reader reader;
	uint64_t tick_ns, until_ns, n = 0;
	bool ok;

	assert(reader_init(&reader, &cfg, &stats));
	ok = reader_load(&reader, r);
	if (ok && w)
		reader_save(&reader, w);
	until_ns = reader.clock.now_ns + NS_PER_S;
	while (ok && packet_clock_tick(&reader.clock, until_ns, &tick_ns))
		assert(++n < 1000); /* no clock that ticks for hours */
	reader_done(&reader);
	return ok;
}

static bool part_blind(struct blob_reader *r, struct blob_writer *w)
{
	static const char *const names[] = {"eth0", "eth1"};
	static struct blind_log log;
	struct str texts[BLIND_LOG_INTERVALS];
	uint64_t lost;
	bool ok;

	memset(&log, 0, sizeof(log));
	ok = blind_log_load(&log, names, 2, T0, r);
	if (ok && w)
		blind_log_save(&log, names, w);
	if (ok)
		(void)blind_log_report(&log, names, rig.arena, texts, BLIND_LOG_INTERVALS, &lost);
	return ok;
}

static struct shard *shard_make(void)
{
	static const struct shard_config cfg = {.hash_key = 1,
		.max_flows = 64,
		.max_detections = 16,
		.tcp_packet_budget = 80,
		.udp_packet_budget = 24};
	struct error err;
	struct shard *s = shard_new(&cfg, ignore_event, NULL, &err);

	assert(s);
	return s;
}

static bool part_shard(struct blob_reader *r, struct blob_writer *w)
{
	struct shard_stats stats;
	bool ok;

	if (!rig.shard || rig.shard_runs++ == SHARD_RUNS) {
		shard_free(rig.shard);
		rig.shard = shard_make();
		rig.shard_runs = 0;
	}
	ok = shards_load(&rig.shard, 1, r, 1);
	if (ok && w)
		shard_save(rig.shard, w);
	shard_finish(rig.shard, 0, ++rig.seq); /* and its clock goes back */
	(void)shard_pay(rig.shard, UINT32_MAX, rig.arena);
	shard_stats(rig.shard, &stats);
	assert(stats.flows_now == 0 && stats.detections_now == 0);
	return ok;
}

static part_fn *const parts[] = {part_names, part_entities, part_visibility, part_findings,
	part_noise, part_details, part_reader, part_blind, part_shard, part_baseline};

enum { N_PARTS = sizeof(parts) / sizeof(parts[0]) };

static struct blob_writer good[N_PARTS];

/* Good ones to change. */

static void make_names(struct blob_writer *w)
{
	struct names *n = names_new(32, 1);

	for (uint32_t i = 0; i < 60; i++)
		names_learn(n, (uint16_t)(i % 2), &(struct ip_addr){{(uint8_t)(i % 5)}},
			&(struct ip_addr){{(uint8_t)(i % 40)}},
			i % 3 ? STR("a.example") : STR("another.example"), T0 + i);
	names_save(n, w);
	names_free(n);
}

static void make_entities(struct blob_writer *w)
{
	struct entities *e = entities_new(1);
	bool is_new;

	for (uint32_t i = 0; i < 9; i++)
		entity_name(entities_at(e, entities_who(e, STR("gnb")), 0,
				    &(struct ip_addr){{(uint8_t)i}}, &is_new),
			STR("AS64500 192.0.2.0/24"));
	entities_save(e, w);
	entities_free(e);
}

static void make_visibility(struct blob_writer *w)
{
	struct visibility *v = visibility_new(8, 1);
	struct event ev = {.kind = EVENT_FLOW_END, .ts_ns = T0};

	for (uint32_t i = 0; i < 5; i++) {
		ev.flow.addr[0].bytes[15] = (uint8_t)i;
		(void)visibility_add(v, i % 2 ? STR("gnb") : (struct str){NULL, 0}, i, &ev, 0);
	}
	visibility_save(v, w);
	visibility_free(v);
}

static void make_findings(struct blob_writer *w)
{
	static const struct findings_config cfg = {
		.hash_key = 1, .max_open = 8, .window_ns = NS_PER_S, .repeat_ns = NS_PER_S};
	static const struct rule rule = {
		.id = {"rule", 4}, .title = {"title", 5}, .level = LEVEL_HIGH};
	const struct rule_match m = {.rule = &rule};
	const struct str names[] = {STR("a"), STR("b")};
	struct findings *fs = findings_new(&cfg, ignore_alert, NULL);

	for (uint32_t i = 0; i < 6; i++) {
		facts_clear(&rig.facts);
		if (i % 3 == 0) {
			facts_set_num(&rig.facts, FIELD_EVENT_SEVERITY, i);
			(void)findings_set_common(fs, &rig.facts);
		}
		facts_clear(&rig.facts);
		facts_set_text(&rig.facts, FIELD_EQUIPMENT_NAME, i % 2 ? "gnb" : "amf");
		facts_set_num(&rig.facts, FIELD_DESTINATION_PORT, i / 2);
		facts_set_strs(&rig.facts, FIELD_PEER_NAMES, names, 2);
		facts_set_ip(&rig.facts, FIELD_PEER_IP, &(struct ip_addr){{1}});
		facts_set_bool(&rig.facts, FIELD_EQUIPMENT_DECLARED, true);
		(void)findings_match(fs, &m, &rig.facts, T0 + i / 4, i % 2);
	}
	findings_save(fs, true, w);
	findings_free(fs);
}

static void make_noise(struct blob_writer *w)
{
	static const struct rule rule = {.id = {FUZZ_RULE, 36}, .title = {"One", 3}};
	struct noise *n = noise_new(&noise_config);
	struct noise_before before;

	noise_use(n, rig.tuning);
	for (uint32_t i = 0; i < 12; i++) {
		const struct digest key = digest128(&i, 1 + i % 4);
		const struct noise_match m = {&rule, &rig.facts, &key, T0 + i, i % 2, false};

		facts_clear(&rig.facts);
		facts_set_text(&rig.facts, FIELD_EQUIPMENT_NAME, i % 3 ? "gnb" : "amf");
		(void)noise_judge(n, &m, &before);
	}
	noise_save(n, w);
	noise_free(n);
}

static void make_baseline(struct blob_writer *w)
{
	struct baseline *b = baseline_new(1);

	baseline_begin(b, T0);
	for (uint32_t i = 0; i < 40; i++) {
		const struct baseline_sight s = sight_of(i);

		assert(baseline_add(b, &s));
	}
	baseline_save(b, true, w);
	baseline_free(b);
}

static void make_details(struct blob_writer *w)
{
	struct flow_details d = details_none;
	struct details *packed;

	d.server_name = STR("www.example");
	d.tls_names[d.n_tls_names++] = STR("a.example");
	d.tls_not_after_ns = T0;
	d.risks[d.n_risks++] = classifier_risk_name(STR("punycode-domain-name"));
	packed = details_pack(&d);
	details_save(packed, w);
	details_free(packed);
}

static void make_reader(struct blob_writer *w)
{
	static struct pipeline_stats stats;
	const struct pipeline_config cfg = {.site = rig.site, .hash_key = 1};
	struct reader r;

	assert(reader_init(&r, &cfg, &stats));
	r.clock = (struct packet_clock){.started = true,
		.now_ns = T0 + 5,
		.next_tick_ns = T0 + PACKET_CLOCK_TICK_NS,
		.settled_ns = T0 + NS_PER_S};
	r.seq = 17;
	r.now_ns = T0 + 5;
	reader_save(&r, w);
	reader_done(&r);
}

static void make_blind(struct blob_writer *w)
{
	static const char *const names[] = {"eth0", "eth1"};
	static struct blind_log log;

	for (uint32_t i = 0; i < 4; i++)
		blind_log_add(&log, &(struct live_blind){i % 2, (enum live_blind_cause)i, T0 + i,
					    T0 + i + 1, i});
	blind_log_save(&log, names, w);
}

static void feed(const struct builder *b)
{
	struct frame f = build_frame(b, LINKTYPE_NUM_RAW);
	struct packet p;

	f.ts_ns = T0;
	decode_frame(&f, NULL, &p);
	for (uint32_t i = 0; i < p.n_layers; i++) {
		struct sighting at;

		sighting_make(&at, &f, &p, i, 0, T0, 1);
		shard_packet(rig.shard, &at, &f, &p, i, ++rig.seq, T0, rig.arena);
	}
}

static void make_shard(struct blob_writer *w)
{
	const struct payload request = http_request(), noise = payload_text("no protocol at all");
	struct builder b;

	rig.shard = shard_make();
	for (uint16_t i = 0; i < 8; i++) {
		carry_tcp(&b, CLIENT, (uint16_t)(80 + i), TCP_SYN, 100, 0, NULL);
		feed(&b);
		carry_tcp(
			&b, CLIENT, (uint16_t)(80 + i), TCP_ACK, 101, 501, i % 2 ? &request : NULL);
		feed(&b);
	}
	for (uint16_t i = 0; i < 60; i++) {
		carry_udp(&b, i % 2 ? CLIENT : SERVER, 9999, &noise);
		feed(&b);
	}
	shard_save(rig.shard, w);
	shard_free(rig.shard);
	rig.shard = NULL;
	arena_reset(rig.arena);
}

static void open_tuning(void)
{
	static const char text[] =
		"schema: 1\n"
		"thresholds: [{rule: One, matches: 3, within: 1h}]\n"
		"suppressions: [{name: a, equipment: gnb, until: 2400-01-01, owner: o, because: b, "
		"expect: 1}]\n";
	struct site *site = fuzz_site_open();
	struct sigma *sigma = fuzz_sigma_open();
	struct error err;

	rig.tuning = fuzz_tuning_open(text, sizeof(text) - 1, site, sigma, &err);
	assert(rig.tuning);
	sigma_close(sigma);
	site_close(site);
}

static void start(void)
{
	static void (*const makers[])(struct blob_writer * w) = {make_names, make_entities,
		make_visibility, make_findings, make_noise, make_details, make_reader, make_blind,
		make_shard, make_baseline};
	struct error err;

	rig.arena = arena_new(ARENA_BYTES);
	rig.facts.arena = arena_new(ARENA_BYTES);
	rig.site = site_open(NULL, NULL, NULL, &err);
	assert(rig.arena && rig.facts.arena && rig.site);
	open_tuning();
	for (int i = 0; i < N_PARTS; i++) {
		blob_init(&good[i], MAX_BYTES);
		makers[i](&good[i]);
		assert(!good[i].failed && good[i].len > 0);
	}
}

/* Changes BYTES, N of them, as DATA says; returns how many are left. */
static size_t change(uint8_t *bytes, size_t n, const uint8_t *data, size_t size)
{
	for (; size >= CHANGE_BYTES && n > 0; data += CHANGE_BYTES, size -= CHANGE_BYTES) {
		uint32_t place;

		memcpy(&place, data, sizeof(place));
		place %= (uint32_t)n;
		if (data[4] == 0)
			n = place;
		else
			bytes[place] ^= data[4];
	}
	return n;
}

static void check(part_fn *part, const uint8_t *bytes, size_t n)
{
	struct blob_reader r = blob_reader_init(bytes, n);
	struct blob_writer once, twice;

	blob_init(&once, MAX_BYTES);
	blob_init(&twice, MAX_BYTES);
	if (part(&r, &once)) {
		assert(!once.failed && blob_ok(&r));
		r = blob_reader_init(once.data, once.len);
		assert(part(&r, &twice) && blob_at_end(&r));
		assert(once.len == twice.len && memcmp(once.data, twice.data, once.len) == 0);
	}
	blob_done(&once);
	blob_done(&twice);
	arena_reset(rig.arena);
	arena_reset(rig.facts.arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned which;
	uint8_t *bytes;
	size_t n;

	if (!rig.arena)
		start();
	if (size == 0)
		return 0;
	which = (data[0] & 0x7fu) % N_PARTS;
	n = data[0] & 0x80 ? size - 1 : good[which].len;
	bytes = malloc(n ? n : 1); /* of exactly its size */
	assert(bytes);
	memcpy(bytes, data[0] & 0x80 ? data + 1 : good[which].data, n);
	if (!(data[0] & 0x80)) {
		const size_t left = change(bytes, n, data + 1, size - 1);
		uint8_t *cut = malloc(left ? left : 1);

		assert(cut);
		memcpy(cut, bytes, left);
		free(bytes);
		bytes = cut;
		n = left;
	}
	check(parts[which], bytes, n);
	free(bytes);
	return 0;
}
