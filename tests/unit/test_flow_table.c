#include "analysis/flow/table.h"

#include <string.h>

#include "common/time_text.h"
#include "tests/unit/suite.h"

enum { MAX = 8, KEY = 42 };

#define S NS_PER_S

static struct flow_key key_of(uint32_t n)
{
	struct flow_key k;

	memset(&k, 0, sizeof(k));
	memcpy(k.addr[0].bytes, &n, sizeof(n));
	k.proto = 17;
	k.ip_version = 4;
	return k;
}

static uint32_t hash_of(const struct flow_key *k)
{
	return (uint32_t)flow_key_hash(k, KEY);
}

static struct flow *add(struct flow_table *t, uint32_t n, uint64_t ts_ns, enum flow_class class)
{
	const struct flow_key k = key_of(n);
	struct flow *f = flow_table_add(t, &k, hash_of(&k), ts_ns);

	ck_assert_ptr_nonnull(f);
	f->first_seq = n;
	flow_table_touch(t, f, ts_ns, class);
	return f;
}

static struct flow *find(struct flow_table *t, uint32_t n)
{
	const struct flow_key k = key_of(n);

	return flow_table_find(t, &k, hash_of(&k));
}

static struct flow *victim(struct flow_table *t)
{
	bool crowded;
	struct flow *f = flow_table_victim(t, 0, &crowded);

	ck_assert(!crowded);
	return f;
}

/* The flows that were visited, by first_seq. */
struct visited {
	uint64_t seq[64];
	uint32_t n;
};

static void visit(void *user, struct flow *f)
{
	struct visited *v = user;

	v->seq[v->n++] = f->first_seq;
}

static uint32_t count_expired(struct flow_table *t, uint64_t now_ns)
{
	struct visited v = {.n = 0};

	flow_table_visit_expired(t, now_ns, visit, &v);
	return v.n;
}

START_TEST(test_finds_what_was_added)
{
	struct flow_table *t = flow_table_new(MAX);

	ck_assert_ptr_null(find(t, 1));
	for (uint32_t i = 1; i <= MAX; i++)
		ck_assert_ptr_eq(add(t, i, S, FLOW_CLASS_UDP), find(t, i));
	ck_assert_uint_eq(flow_table_count(t), MAX);
	ck_assert_ptr_null(find(t, MAX + 1));
	for (uint32_t i = 1; i <= MAX; i++) {
		struct flow *f = find(t, i);

		ck_assert_ptr_eq(flow_table_at(t, flow_table_index(t, f)), f);
		flow_table_remove(t, f);
		ck_assert_ptr_null(find(t, i));
	}
	ck_assert_uint_eq(flow_table_count(t), 0);
	ck_assert_ptr_null(victim(t));
	flow_table_free(t);
	flow_table_free(NULL);
}
END_TEST

START_TEST(test_is_bounded)
{
	struct flow_table *t = flow_table_new(MAX);
	const struct flow_key k = key_of(99);

	for (uint32_t i = 0; i < MAX; i++)
		(void)add(t, i, S, FLOW_CLASS_UDP);
	ck_assert_ptr_null(flow_table_add(t, &k, hash_of(&k), S));
	flow_table_remove(t, find(t, 3));
	ck_assert_ptr_nonnull(flow_table_add(t, &k, hash_of(&k), S));
	ck_assert_ptr_null(flow_table_add(t, &(struct flow_key){.proto = 6}, 1, S));
	flow_table_free(t);
}
END_TEST

START_TEST(test_reused_flow_is_clean)
{
	struct flow_table *t = flow_table_new(1);
	struct flow *f = add(t, 1, S, FLOW_CLASS_UDP);

	f->packets[0] = 5;
	f->classified = true;
	f->due = 3;
	flow_table_remove(t, f);
	f = add(t, 2, 2 * S, FLOW_CLASS_TCP);
	ck_assert_uint_eq(f->packets[0], 0);
	ck_assert(!f->classified);
	ck_assert_int_eq(f->due, 0);
	ck_assert_uint_eq(f->detection, FLOW_NONE);
	flow_table_free(t);
}
END_TEST

/* One nanosecond before the timeout the flow lives, at the timeout it does not. */
START_TEST(test_every_class_expires_at_its_threshold)
{
	for (unsigned c = 0; c < FLOW_CLASS_COUNT; c++) {
		struct flow_table *t = flow_table_new(MAX);
		const uint64_t spoke_ns = 1000 * S + 37;
		const uint64_t end_ns = spoke_ns + flow_timeout_ns((enum flow_class)c);

		(void)add(t, 1, 900 * S, (enum flow_class)c);
		flow_table_touch(t, find(t, 1), spoke_ns, (enum flow_class)c);
		ck_assert_uint_eq(count_expired(t, end_ns - 1), 0);
		ck_assert_uint_eq(count_expired(t, end_ns), 1);
		flow_table_free(t);
	}
}
END_TEST

START_TEST(test_timeouts_are_as_documented)
{
	ck_assert_uint_eq(flow_timeout_ns(FLOW_CLASS_OVER), 5 * S);
	ck_assert_uint_eq(flow_timeout_ns(FLOW_CLASS_TCP_OPENING), 60 * S);
	ck_assert_uint_eq(flow_timeout_ns(FLOW_CLASS_TCP), 3600 * S);
	ck_assert_uint_eq(flow_timeout_ns(FLOW_CLASS_UDP_ONE_WAY), 60 * S);
	ck_assert_uint_eq(flow_timeout_ns(FLOW_CLASS_UDP), 180 * S);
	ck_assert_uint_eq(flow_timeout_ns(FLOW_CLASS_SCTP), 3600 * S);
	ck_assert_uint_eq(flow_timeout_ns(FLOW_CLASS_ICMP), 30 * S);
	ck_assert_uint_eq(flow_timeout_ns(FLOW_CLASS_OTHER), 180 * S);
	ck_assert_uint_eq(flow_timeout_ns(FLOW_CLASS_UDP_LONE), 60 * S);
	ck_assert_uint_eq(flow_timeout_ns(FLOW_CLASS_SCTP_ONE_WAY), 60 * S);
	ck_assert_uint_eq(flow_timeout_ns(FLOW_CLASS_TCP_ONE_WAY), 3600 * S);
	ck_assert_uint_eq(flow_timeout_ns(FLOW_CLASS_TCP_HALF_CLOSED), 120 * S);
	ck_assert_uint_eq(flow_timeout_ns(FLOW_CLASS_TCP_HALF_CLOSED_LONE), 120 * S);
	ck_assert_uint_eq(flow_timeout_ns(FLOW_CLASS_ICMP_LONE), 30 * S);
	ck_assert_uint_eq(flow_timeout_ns(FLOW_CLASS_OTHER_ONE_WAY), 180 * S);
}
END_TEST

/* Within 100 ms the list is not in order of the last packet: each flow is judged by its own. */
START_TEST(test_expiry_is_exact_within_an_epoch)
{
	struct flow_table *t = flow_table_new(MAX);
	const uint64_t base = 1000 * S;
	struct visited v = {.n = 0};

	(void)add(t, 1, base, FLOW_CLASS_ICMP);
	(void)add(t, 2, base + 10, FLOW_CLASS_ICMP);
	flow_table_touch(t, find(t, 1), base + 50, FLOW_CLASS_ICMP); /* stays in front of 2 */
	flow_table_visit_expired(t, base + 20 + 30 * S, visit, &v);
	ck_assert_uint_eq(v.n, 1);
	ck_assert_uint_eq(v.seq[0], 2);
	ck_assert_uint_eq(count_expired(t, base + 50 + 30 * S), 2);
	flow_table_free(t);
}
END_TEST

START_TEST(test_speaking_puts_expiry_off)
{
	struct flow_table *t = flow_table_new(MAX);

	(void)add(t, 1, 0, FLOW_CLASS_ICMP);
	(void)add(t, 2, S, FLOW_CLASS_ICMP);
	flow_table_touch(t, find(t, 1), 20 * S, FLOW_CLASS_ICMP);
	ck_assert_uint_eq(count_expired(t, 31 * S), 1);
	flow_table_touch(
		t, find(t, 2), 31 * S, FLOW_CLASS_OTHER); /* another class, another timeout */
	ck_assert_uint_eq(count_expired(t, 61 * S), 1);
	flow_table_free(t);
}
END_TEST

START_TEST(test_victims_in_order_of_how_little_they_are_missed)
{
	static const uint64_t want[] = {5, 4, 7, 6, 3, 8, 2, 1};
	struct flow_table *t = flow_table_new(MAX);

	(void)add(t, 2, 1 * S, FLOW_CLASS_UDP);
	(void)add(t, 1, 2 * S, FLOW_CLASS_TCP);
	(void)add(t, 3, 3 * S, FLOW_CLASS_UDP_ONE_WAY);
	(void)add(t, 8, 3 * S + S / 2, FLOW_CLASS_TCP_ONE_WAY);
	(void)add(t, 4, 4 * S, FLOW_CLASS_TCP_OPENING);
	(void)add(t, 7, 4 * S + S / 2, FLOW_CLASS_OTHER_LONE);
	(void)add(t, 6, 5 * S, FLOW_CLASS_SCTP_OPENING);
	(void)add(t, 5, 6 * S, FLOW_CLASS_OVER); /* the latest, but it is over */
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		struct flow *f = victim(t);

		ck_assert_uint_eq(f->first_seq, want[i]);
		flow_table_remove(t, f);
	}
	flow_table_free(t);
}
END_TEST

/* Whoever finds flows of one hash fills one bucket, not the time of the sensor: the least missed of
 * the bucket goes, though there is room elsewhere. */
START_TEST(test_a_chain_is_bounded)
{
	enum { PLENTY = 1000, HASH = 7 };
	struct flow_table *t = flow_table_new(PLENTY);
	struct flow_key k = key_of(0);
	uint32_t n = 0;
	struct flow *f, *least;
	bool crowded;

	while ((f = flow_table_add(t, &k, HASH, S))) {
		f->first_seq = ++n;
		flow_table_touch(t, f, n * S, n == 5 ? FLOW_CLASS_UDP_LONE : FLOW_CLASS_UDP);
		k = key_of(n);
		ck_assert_uint_lt(n, PLENTY);
	}
	ck_assert_uint_ge(n, 8);
	ck_assert_uint_lt(n, 64);
	(void)add(t, PLENTY, n * S, FLOW_CLASS_OVER); /* missed less, but of no help */
	least = flow_table_victim(t, HASH, &crowded);
	ck_assert(crowded);
	ck_assert_uint_eq(least->first_seq, 5);
	flow_table_remove(t, least);
	ck_assert_ptr_nonnull(flow_table_add(t, &k, HASH, n * S));
	flow_table_free(t);
}
END_TEST

START_TEST(test_the_longest_idle_is_the_victim)
{
	struct flow_table *t = flow_table_new(MAX);

	for (uint32_t i = 1; i <= 3; i++)
		(void)add(t, i, i * S, FLOW_CLASS_TCP);
	flow_table_touch(t, find(t, 1), 10 * S, FLOW_CLASS_TCP);
	ck_assert_uint_eq(victim(t)->first_seq, 2);
	flow_table_touch(t, find(t, 2), 11 * S, FLOW_CLASS_TCP);
	ck_assert_uint_eq(victim(t)->first_seq, 3);
	flow_table_free(t);
}
END_TEST

START_TEST(test_recent_are_those_that_spoke_since)
{
	struct flow_table *t = flow_table_new(MAX);
	struct visited v = {.n = 0};

	(void)add(t, 1, 59 * S, FLOW_CLASS_TCP);
	(void)add(t, 2, 60 * S - 1, FLOW_CLASS_TCP);
	(void)add(t, 3, 60 * S, FLOW_CLASS_TCP);
	(void)add(t, 4, 61 * S, FLOW_CLASS_UDP);
	flow_table_visit_recent(t, 60 * S, visit, &v);
	ck_assert_uint_eq(v.n, 2);
	ck_assert_uint_eq(v.seq[0], 3);
	ck_assert_uint_eq(v.seq[1], 4);
	v.n = 0;
	flow_table_visit_all(t, visit, &v);
	ck_assert_uint_eq(v.n, 4);
	flow_table_free(t);
}
END_TEST

static uint64_t epoch(uint64_t ts_ns)
{
	return ts_ns / (100 * NS_PER_MS);
}

/* Many flows come, speak and go in a scripted muddle; a plain array says what must be there. */
START_TEST(test_agrees_with_a_plain_array)
{
	enum { N = 200, STEPS = 20000 };
	struct flow_table *t = flow_table_new(64);
	uint64_t last[N] = {0}; /* 0: not there */
	uint32_t random = 1, n = 0;

	for (uint64_t step = 1; step <= STEPS; step++) {
		const uint64_t now_ns = step * 30 * NS_PER_MS;
		uint32_t i;
		struct flow *f;

		random = random * 1103515245u + 12345;
		i = random >> 16 & 127;
		f = find(t, i);
		ck_assert_int_eq(f != NULL, last[i] != 0);
		if (f && (random >> 8 & 7) == 0) {
			flow_table_remove(t, f);
			last[i] = 0;
			n--;
			continue;
		}
		if (!f && flow_table_count(t) == 64) {
			struct flow *least = victim(t);

			bool oldest = true;

			for (uint32_t j = 0; j < N; j++)
				oldest = oldest &&
					 (!last[j] || epoch(last[j]) >= epoch(least->last_ns));
			ck_assert(oldest);
			last[least->first_seq] = 0;
			flow_table_remove(t, least);
			n--;
		}
		if (!f) {
			(void)add(t, i, now_ns, FLOW_CLASS_UDP);
			n++;
		} else {
			flow_table_touch(t, f, now_ns, FLOW_CLASS_UDP);
		}
		last[i] = now_ns;
		ck_assert_uint_eq(flow_table_count(t), n);
	}
	flow_table_free(t);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_finds_what_was_added);
	tcase_add_test(tc, test_is_bounded);
	tcase_add_test(tc, test_reused_flow_is_clean);
	tcase_add_test(tc, test_every_class_expires_at_its_threshold);
	tcase_add_test(tc, test_timeouts_are_as_documented);
	tcase_add_test(tc, test_expiry_is_exact_within_an_epoch);
	tcase_add_test(tc, test_speaking_puts_expiry_off);
	tcase_add_test(tc, test_victims_in_order_of_how_little_they_are_missed);
	tcase_add_test(tc, test_a_chain_is_bounded);
	tcase_add_test(tc, test_the_longest_idle_is_the_victim);
	tcase_add_test(tc, test_recent_are_those_that_spoke_since);
	tcase_add_test(tc, test_agrees_with_a_plain_array);
}

int main(void)
{
	return suite_main("flow/table", add_tests);
}
