#include <stdio.h>
#include <string.h>

#include "analysis/behaviour/behaviour.h"
#include "common/hash/hash.h"
#include "common/time_text.h"
#include "tests/unit/suite.h"

#define T0 (UINT64_C(1795305600) * NS_PER_S)

enum { A = 1, CNAME = 5, NUL = 10, PTR = 12, TXT = 16, NXDOMAIN = 3, KEY = 7, PRIVATE_USE = 65399 };

/* One piece of equipment that asks. */
struct world {
	uint64_t memory[1024 / 8];
	struct facts facts;
	struct arena *arena;
	uint64_t now_ns;
	unsigned told;
};

static void open_world(struct world *w)
{
	memset(w, 0, sizeof(*w));
	ck_assert_uint_le(behaviour_dns_tunnel.equipment_bytes, sizeof(w->memory));
	w->arena = arena_new(4096);
	facts_clear(&w->facts);
	w->facts.arena = w->arena;
	w->now_ns = T0;
}

static void close_world(struct world *w)
{
	arena_free(w->arena);
}

static bool see(struct world *w, const struct sight *s)
{
	const struct behaviour_memory m = {.equipment = w->memory, .hash_key = KEY};
	bool told;

	facts_unset_range(&w->facts, FIELD_BEHAVIOUR_NAME, FIELD_BEHAVIOUR_DNS_TUNNEL_SPAN_S);
	told = behaviour_wants(
		       &behaviour_dns_tunnel, s->kind, s->side, behaviour_needs_met(s, NULL)) &&
	       behaviour_dns_tunnel.see(s, &m, &w->facts);
	w->told += told;
	return told;
}

static bool ask(struct world *w, const char *name, uint16_t type, uint8_t code, uint32_t octets)
{
	const struct dns_reply reply = {.type = type,
		.code = code,
		.answer_octets = octets,
		.name_hash = (uint32_t)hash64(name, strlen(name), KEY)};
	const struct event ev = {
		.kind = EVENT_DNS_ANSWER, .dns_name = str_from(name), .dns_reply = &reply};
	const struct sight s = {.kind = SIGHT_DNS, .ev = &ev, .ts_ns = w->now_ns};

	return see(w, &s);
}

/* N octets in base32, different for each I. */
static const char *coded(char *buf, uint32_t n, uint32_t i)
{
	uint64_t bits = 0;

	for (uint32_t k = 0; k < n; k++) {
		if (k % 12 == 0) {
			const uint32_t at[2] = {i, k};

			bits = hash64(at, sizeof(at), 1);
		}
		buf[k] = "abcdefghijklmnopqrstuvwxyz234567"[bits & 31];
		bits >>= 5;
	}
	buf[n] = '\0';
	return buf;
}

/* Question I of a tunnel below t.example.com. */
static bool ask_coded(struct world *w, uint32_t i, uint16_t type)
{
	static char label[64], name[128]; /* facts borrow them */

	snprintf(name, sizeof(name), "%s.t.example.com", coded(label, 40, i));
	return ask(w, name, type, 0, 100);
}

static uint64_t fact(const struct world *w, enum field_id id)
{
	return facts_num(&w->facts, id);
}

/* 8 questions are the least that is told of, and each step of a quarter after that. */
START_TEST(test_when_it_is_told)
{
	static const uint32_t at[] = {8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80};
	struct world w;
	uint32_t next = 0;

	open_world(&w);
	for (uint32_t n = 1; n <= 80; n++) {
		const bool told = ask_coded(&w, n, A);

		ck_assert_msg(told == (at[next] == n), "%u", n);
		if (told) {
			next++;
			ck_assert_uint_eq(fact(&w, FIELD_BEHAVIOUR_DNS_TUNNEL_N), n);
			ck_assert_uint_eq(
				fact(&w, FIELD_BEHAVIOUR_CONFIDENCE), n < 40 ? n * 100 / 40 : 100);
		}
	}
	close_world(&w);
}
END_TEST

START_TEST(test_a_tunnel)
{
	struct world w;
	uint64_t score = 0;

	open_world(&w);
	for (uint32_t n = 1; n <= 512; n++) {
		w.now_ns += NS_PER_S;
		if (!ask_coded(&w, n, n % 2 ? TXT : A))
			continue;
		score = fact(&w, FIELD_BEHAVIOUR_SCORE);
		if (n == 64) {
			const struct str domain =
				facts_str(&w.facts, FIELD_BEHAVIOUR_DNS_TUNNEL_DOMAIN);

			ck_assert(str_eq(domain, STR("example.com")));
			ck_assert_uint_ge(fact(&w, FIELD_BEHAVIOUR_DNS_TUNNEL_NAMES), 60);
			ck_assert_uint_le(fact(&w, FIELD_BEHAVIOUR_DNS_TUNNEL_NAMES), 68);
			ck_assert_uint_ge(fact(&w, FIELD_BEHAVIOUR_DNS_TUNNEL_HIDDEN_BYTES), 400);
			ck_assert_uint_ge(fact(&w, FIELD_BEHAVIOUR_DNS_TUNNEL_ENTROPY), 400);
			ck_assert_uint_eq(fact(&w, FIELD_BEHAVIOUR_DNS_TUNNEL_TEXT_PERCENT), 50);
			ck_assert_uint_eq(fact(&w, FIELD_BEHAVIOUR_DNS_TUNNEL_NULL), 0);
			ck_assert_uint_eq(fact(&w, FIELD_BEHAVIOUR_DNS_TUNNEL_ANSWER_BYTES), 100);
			ck_assert_uint_eq(fact(&w, FIELD_BEHAVIOUR_DNS_TUNNEL_SPAN_S), 63);
			ck_assert_uint_ge(fact(&w, FIELD_BEHAVIOUR_SCORE), 700);
		}
	}
	ck_assert_uint_ge(score, 850);
	close_world(&w);
}
END_TEST

static void check_quiet(const char *format, uint32_t n, uint16_t type, uint8_t code)
{
	struct world w;

	open_world(&w);
	for (uint32_t i = 1; i <= n; i++) {
		char name[254];

		snprintf(name, sizeof(name), format, i, i / 16, i * 7 % 256);
		w.now_ns += NS_PER_S;
		if (ask(&w, name, type, code, 40))
			ck_assert_msg(fact(&w, FIELD_BEHAVIOUR_SCORE) < 480, "%s after %u: %u",
				format, i, (unsigned)fact(&w, FIELD_BEHAVIOUR_SCORE));
	}
	close_world(&w);
}

/* Many names that are made by a scheme, and many questions for the same one. */
START_TEST(test_names_by_a_scheme)
{
	check_quiet("host-%u.example.com", 300, A, 0);
	check_quiet("www.example.com", 1000, A, 0);
	check_quiet("tac-lb%02x.tac-hb%02x.tac.epc.mnc001.mcc001.3gppnetwork.org", 200, A, 0);
	check_quiet("rac%04x.lac%04x.mnc001.mcc001.gprs", 120, A, 0);
	check_quiet("topon.s5-a.node%u.epc.mnc001.mcc001.3gppnetwork.org", 200, A, 0);
	check_quiet("%u.%u.%u.192.zen.spamhaus.org", 600, A, NXDOMAIN);
	check_quiet("img%u.cdn%u.example.net", 300, CNAME, 0);
	check_quiet("_sip._udp.pop%u.example.org", 300, TXT, 0);
}
END_TEST

START_TEST(test_reverse_names_are_left_out)
{
	struct world w;

	open_world(&w);
	for (uint32_t i = 0; i < 100; i++) {
		char name[64];

		snprintf(name, sizeof(name), "%u.%u.0.192.in-addr.arpa", i, i);
		ck_assert(!ask(&w, name, PTR, 0, 20));
	}
	ck_assert(!ask(&w, "", A, 0, 0));
	close_world(&w);
}
END_TEST

/* Without a domain of their own: what asks the other end directly. */
START_TEST(test_names_without_a_domain)
{
	struct world w;

	open_world(&w);
	for (uint32_t i = 1; i <= 16; i++) {
		char label[64], name[128];

		snprintf(name, sizeof(name), "dnscat.%s7", coded(label, 40, i));
		ck_assert_int_eq(ask(&w, name, NUL, 0, 60), i >= 8 && i % 2 == 0);
	}
	ck_assert(!facts_has(&w.facts, FIELD_BEHAVIOUR_DNS_TUNNEL_DOMAIN));
	ck_assert_uint_eq(fact(&w, FIELD_BEHAVIOUR_DNS_TUNNEL_NULL), 16);
	ck_assert_uint_ge(fact(&w, FIELD_BEHAVIOUR_DNS_TUNNEL_NAMES), 15);
	ck_assert_uint_le(fact(&w, FIELD_BEHAVIOUR_DNS_TUNNEL_NAMES), 17);
	ck_assert(!ask(&w, "dnscat.x7", PRIVATE_USE, 0, 60));
	close_world(&w);
}
END_TEST

/* A slow tunnel is not forgotten for names that carry nothing, however many domains they have. */
START_TEST(test_a_slow_tunnel_among_many_domains)
{
	struct world w;
	uint64_t n = 0;

	open_world(&w);
	for (uint32_t i = 1; i <= 64; i++) {
		w.now_ns += 600 * NS_PER_S;
		if (ask_coded(&w, i, A))
			n = fact(&w, FIELD_BEHAVIOUR_DNS_TUNNEL_N);
		for (uint32_t k = 0; k < 40; k++) {
			char name[64];

			snprintf(name, sizeof(name), "www.name%u.com", i * 40 + k);
			ck_assert(!ask(&w, name, A, 0, 4));
		}
	}
	ck_assert_uint_ge(n, 56);
	close_world(&w);
}
END_TEST

/* After a day a domain begins anew; a second before it does not. */
START_TEST(test_a_day)
{
	for (uint64_t age = 86399; age <= 86400; age++) {
		struct world w;

		open_world(&w);
		for (uint32_t i = 1; i <= 7; i++)
			ck_assert(!ask_coded(&w, i, A));
		w.now_ns = T0 + age * NS_PER_S;
		ck_assert_int_eq(ask_coded(&w, 8, A), age == 86399);
		close_world(&w);
	}
}
END_TEST

/* The one question of a conversation that nobody answered. */
START_TEST(test_questions_in_vain)
{
	struct world w;

	open_world(&w);
	for (uint32_t i = 1; i <= 10; i++) {
		char label[64], name[128];
		struct flow_details details = {.dns_type = TXT};
		struct event ev = {.kind = EVENT_FLOW_END,
			.flow = {.packets = {1, 0}, .label = {.protocol = "DNS"}},
			.details = &details};
		struct sight s = {.kind = SIGHT_END, .ev = &ev, .ts_ns = w.now_ns};

		snprintf(name, sizeof(name), "%s.example.com", coded(label, 40, i));
		details.dns_name = str_from(name);
		ck_assert_int_eq(see(&w, &s), i == 8 || i == 10);
		/* near misses, none of which is counted */
		s.side = 1;
		ck_assert(!see(&w, &s));
		s.side = 0;
		ev.flow.packets[1] = 1;
		ck_assert(!see(&w, &s));
		ev.flow.packets[1] = 0;
		ev.flow.label.protocol = "MDNS";
		ck_assert(!see(&w, &s));
	}
	ck_assert(see(&w, &(struct sight){.kind = SIGHT_DNS,
				  .ts_ns = w.now_ns,
				  .ev = &(struct event){.dns_name = STR("x.example.com"),
					  .dns_reply = &(struct dns_reply){.code = DNS_UNANSWERED,
						  .name_hash = 1}}}) == false);
	close_world(&w);
}
END_TEST

/* What is read back may be anything. */
START_TEST(test_any_memory)
{
	for (uint32_t seed = 0; seed < 300; seed++) {
		struct world w;

		open_world(&w);
		for (size_t i = 0; i < sizeof(w.memory) / sizeof(w.memory[0]); i++)
			w.memory[i] = seed == 0 ? UINT64_MAX
						: hash64(&i, sizeof(i), seed) &
							  hash64(&seed, sizeof(seed), i);
		for (uint32_t i = 0; i < 20; i++) {
			if (ask_coded(&w, i, NUL))
				ck_assert_uint_le(fact(&w, FIELD_BEHAVIOUR_SCORE), 1000);
		}
		close_world(&w);
	}
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_when_it_is_told);
	tcase_add_test(tc, test_a_tunnel);
	tcase_add_test(tc, test_names_by_a_scheme);
	tcase_add_test(tc, test_reverse_names_are_left_out);
	tcase_add_test(tc, test_names_without_a_domain);
	tcase_add_test(tc, test_a_slow_tunnel_among_many_domains);
	tcase_add_test(tc, test_a_day);
	tcase_add_test(tc, test_questions_in_vain);
	tcase_add_test(tc, test_any_memory);
}

int main(void)
{
	return suite_main("dns_tunnel", add_tests);
}
