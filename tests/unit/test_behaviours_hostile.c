/* What behaviours remember comes back from a file as it lies there, and may be anything: with every
 * content of their memories they must do no harm. Sanitizers look on in the preset dev.
 */
#include "analysis/signalling/signalling.h"
#include "common/hash/hash.h"
#include "tests/unit/behaviour_fixture.h"

#define T0 (UINT64_C(1795305600) * NS_PER_S)

enum { ROUNDS = 400, SIGHTS = 12 };

static const struct behaviour *const all[] = {
#define BEHAVIOUR(name) &behaviour_##name,
#include "analysis/behaviour/behaviours.def"
#undef BEHAVIOUR
};

static uint64_t lot(uint64_t *state)
{
	*state = hash64(state, sizeof(*state), 11);
	return *state;
}

/* Noise, or one number throughout: the extremes of 8, 32 and 64 bits. */
static void fill(void *memory, uint32_t n, uint64_t *state)
{
	static const uint64_t numbers[] = {0, UINT64_MAX, UINT64_C(0x0101010101010101),
		UINT64_C(0x7fffffff7fffffff), UINT64_C(0x8000000080000000), INT64_MAX,
		UINT64_C(1) << 63};
	const uint64_t how = lot(state) % 14;
	uint8_t *at = memory;

	for (uint32_t i = 0; i < n; i++)
		at[i] = (uint8_t)(how < 7 ? numbers[how] >> i % 8 * 8 : lot(state));
}

static struct scene open_noise(const struct behaviour *b, uint64_t *state)
{
	struct scene c;

	scene_open(&c, b);
	scene_peer(&c, (uint32_t)(lot(state) % 8));
	fill(c.memory.equipment, b->equipment_bytes, state);
	fill(c.memory.role, b->role_bytes, state);
	fill(c.memory.site, b->site_bytes, state);
	fill(c.memory.pair, b->pair_bytes, state);
	return c;
}

static void set_flow(struct scene *c, uint64_t *state)
{
	static const uint8_t protos[] = {IPPROTO_NUM_TCP, IPPROTO_NUM_UDP, IPPROTO_NUM_SCTP,
		IPPROTO_NUM_ICMP, IPPROTO_NUM_ICMP6};
	struct flow_record *r = &c->ev.flow;

	r->proto = protos[lot(state) % sizeof(protos)];
	r->state = lot(state) % 4 ? FLOW_ESTABLISHED : FLOW_ATTEMPT;
	r->port[0] = 40000;
	r->port[1] = (uint16_t)(lot(state) % 3000);
	r->tcp_flags[0] = r->tcp_flags[1] = TCP_SYN;
	r->icmp_type = 8;
	r->last_ns = c->sight.ts_ns;
	r->first_ns = r->last_ns - lot(state) % (100 * 3600 * NS_PER_S);
	r->first_seq = lot(state) % 4;
	for (int i = 0; i < 2; i++) {
		r->packets[i] = 1 + lot(state) % 4;
		r->bytes[i] = lot(state) >> lot(state) % 64;
		r->payload_bytes[i] = r->bytes[i];
	}
	r->label.protocol = "DNS";
}

static void set_sight(struct scene *c, enum sight_kind kind, uint64_t *state)
{
	static const struct flow_details details = {
		.dns_name = {"x7f3k2.example.net", 18}, .dns_type = 16, .ja3 = {"abc", 3}};
	static const struct dns_reply reply = {.type = 16, .code = 3, .name_hash = 77};
	static struct signalling_message message = {
		.bytes = (const uint8_t *)"R\x93 10.0.0.3:4444 and more", .n_bytes = 24};
	static const char *const names[] = {"opening", "echo-request", "echo-reply", "unassigned"};
	struct sight *s = &c->sight;

	s->kind = kind;
	s->side = (uint8_t)(lot(state) % 2);
	s->equipment = STR("smf1");
	s->peer = STR("peer");
	s->app = STR("TLS");
	s->country = STR("XX");
	s->as_number = 64500;
	s->peer_is_own = lot(state) % 2;
	s->peer_is_external = !s->peer_is_own;
	s->by_window = lot(state) % 2;
	s->outlasts_window = lot(state) % 2;
	s->out_of_window = true;
	s->sent = lot(state) >> lot(state) % 64;
	s->received = lot(state) >> lot(state) % 64;
	s->site_day = (int64_t)(s->ts_ns / (86400 * NS_PER_S));
	s->site_minute = (uint32_t)(lot(state) % 1440);
	s->pair_flows = (uint32_t)(lot(state) % 5);
	set_flow(c, state);
	c->ev.details = &details;
	if (kind == SIGHT_DNS) {
		c->ev.dns_name = details.dns_name;
		c->ev.dns_reply = &reply;
	} else if (kind == SIGHT_MESSAGE) {
		message.name = names[lot(state) % 4];
		message.n_facts = 0;
		message_num(&message, FIELD_ICMP_SIZE, lot(state) % 2000);
		message_num(&message, FIELD_SIGNALLING_BYTES, lot(state) % 2000);
		message_text(&message, FIELD_ICMP_PATTERN, STR("other"));
		message_text(&message, FIELD_SIGNALLING_HEAD, STR("52930000"));
		c->ev.message = &message;
		c->ev.message_protocol = "ICMP";
		c->ev.message_count = 4;
		c->ev.message_sender = (uint8_t)(lot(state) % 2);
	}
}

/* Longer and longer steps, from a moment to months. */
static void step(struct scene *c, uint64_t *state)
{
	c->sight.ts_ns += lot(state) % (UINT64_C(1) << (20 + lot(state) % 34));
}

static bool tick(struct scene *c, uint64_t *state)
{
	const uint64_t ts_ns = c->sight.ts_ns;
	const struct behaviour_equipment e = {.name = STR("smf1"),
		.declared = true,
		.site_day = (int64_t)(ts_ns / (86400 * NS_PER_S)),
		.site_minute = (uint32_t)(lot(state) % 1440)};
	const void *const pair = c->memory.pair;
	bool said;

	arena_reset(c->facts.arena);
	facts_clear(&c->facts);
	c->memory.pair = NULL;
	said = c->behaviour->tick(ts_ns, &e, &c->memory, &c->facts);
	c->memory.pair = (void *)(uintptr_t)pair;
	return said;
}

/* Facts are unset behind what was told alone. */
static void expect_nothing(const struct facts *f)
{
	unsigned set = 0;

	for (unsigned id = FIELD_BEHAVIOUR_NAME; id < FIELD_SENSOR_EVENT; id++)
		set += facts_has(f, (enum field_id)id);
	ck_assert_uint_eq(set, 0);
}

START_TEST(test_any_memory)
{
	const struct behaviour *b = all[_i];
	uint64_t state = (uint64_t)_i + 1;

	for (int round = 0; round < ROUNDS; round++) {
		struct scene c = open_noise(b, &state);

		c.sight.ev = &c.ev;
		c.sight.peer_addr = &c.peer;
		c.sight.ts_ns = T0;
		for (int i = 0; i < SIGHTS; i++) {
			set_sight(&c, (enum sight_kind)(lot(&state) % SIGHT_KINDS), &state);
			if (!scene_see(&c))
				expect_nothing(&c.facts);
			if (b->tick && !tick(&c, &state))
				expect_nothing(&c.facts);
			/* What is measured stays within what fields.def says. */
			if (facts_has(&c.facts, FIELD_BEHAVIOUR_SCORE)) {
				ck_assert_uint_le(scene_num(&c, FIELD_BEHAVIOUR_SCORE), 1000);
				ck_assert_uint_le(scene_num(&c, FIELD_BEHAVIOUR_CONFIDENCE), 100);
			}
			step(&c, &state);
		}
		scene_close(&c);
	}
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_loop_test(tc, test_any_memory, 0, (int)(sizeof(all) / sizeof(all[0])));
}

int main(void)
{
	return suite_main("behaviours_hostile", add_tests);
}
