#include "analysis/signalling/associations.h"

#include <string.h>

#include "tests/unit/suite.h"

enum { MAX = 512, PORT_A = 40000, PORT_B = 38412, TAG_A = 0xaaaa0001, TAG_B = 0xbbbb0002 };

static struct ip_addr ip(uint8_t net, uint8_t host)
{
	const uint8_t v4[4] = {192, 0, net, host};

	return ip_addr_from_v4(v4);
}

/* A's addresses are in 192.0.1.0/24, B's in 192.0.2.0/24. */
static struct association_sight from_a(uint8_t chunk, uint8_t a, uint8_t b)
{
	return (struct association_sight){.src = ip(1, a),
		.dst = ip(2, b),
		.sport = PORT_A,
		.dport = PORT_B,
		.chunk = chunk,
		.tag = TAG_B,
		.ts_ns = 1};
}

static struct association_sight from_b(uint8_t chunk, uint8_t b, uint8_t a)
{
	return (struct association_sight){.src = ip(2, b),
		.dst = ip(1, a),
		.sport = PORT_B,
		.dport = PORT_A,
		.sender = 1,
		.chunk = chunk,
		.tag = TAG_A,
		.ts_ns = 1};
}

static struct association *see(struct associations *t, struct association_sight s, int want_sender)
{
	int sender = -1;
	struct association *as = associations_see(t, &s, &sender);

	if (as)
		ck_assert_int_eq(sender, want_sender);
	return as;
}

static struct association *init(
	struct associations *t, uint32_t tag, const struct ip_addr *named, uint32_t n)
{
	struct association_sight s = from_a(SCTP_CHUNK_INIT, 1, 1);

	s.tag = 0;
	s.new_tag = tag;
	s.named = named;
	s.n_named = n;
	return see(t, s, 0);
}

static struct association *init_ack(struct associations *t, const struct ip_addr *named, uint32_t n)
{
	struct association_sight s = from_b(SCTP_CHUNK_INIT_ACK, 1, 1);

	s.new_tag = TAG_B;
	s.named = named;
	s.n_named = n;
	return see(t, s, 1);
}

static struct association *find(struct associations *t, uint8_t a, uint8_t b)
{
	const struct ip_addr x = ip(1, a), y = ip(2, b);
	int first = -1, other = -1;
	struct association *as = associations_find(t, 0, &x, PORT_A, &y, PORT_B, &first);

	ck_assert_ptr_eq(associations_find(t, 0, &y, PORT_B, &x, PORT_A, &other), as);
	if (as)
		ck_assert_int_eq(first, !other);
	return as;
}

static struct associations *table;

static void set_up(void)
{
	table = associations_new(MAX, 7);
	ck_assert_ptr_nonnull(table);
}

static void tear_down(void)
{
	associations_free(table);
}

START_TEST(test_life)
{
	const struct ip_addr a[2] = {ip(1, 1), ip(1, 2)}, b[2] = {ip(2, 1), ip(2, 2)};
	struct association *as = init(table, TAG_A, a, 2);

	ck_assert_ptr_nonnull(as);
	ck_assert_str_eq(association_state_name(as->state), "init");
	ck_assert_ptr_eq(init(table, TAG_A, a, 2), as); /* sent again */
	ck_assert_ptr_eq(init_ack(table, b, 2), as);
	ck_assert_str_eq(association_state_name(as->state), "init-ack");
	ck_assert_uint_eq(as->tag[0], TAG_A);
	ck_assert_uint_eq(as->tag[1], TAG_B);
	ck_assert_ptr_eq(see(table, from_a(SCTP_CHUNK_COOKIE_ECHO, 1, 1), 0), as);
	ck_assert_str_eq(association_state_name(as->state), "cookie-echoed");
	ck_assert_ptr_eq(see(table, from_a(SCTP_CHUNK_DATA, 1, 1), 0), as); /* with the cookie */
	ck_assert_str_eq(association_state_name(as->state), "cookie-echoed");
	ck_assert_ptr_eq(see(table, from_b(SCTP_CHUNK_COOKIE_ACK, 1, 1), 1), as);
	ck_assert_str_eq(association_state_name(as->state), "established");
	ck_assert_uint_eq(association_path_count(as), 1);
	ck_assert_ptr_eq(see(table, from_a(SCTP_CHUNK_HEARTBEAT, 2, 2), 0), as);
	ck_assert_uint_eq(association_path_count(as), 2);
	ck_assert_ptr_eq(find(table, 1, 1), as);
	ck_assert_ptr_eq(find(table, 2, 2), as);
	ck_assert_ptr_null(find(table, 1, 2)); /* nobody went there */
	ck_assert_uint_eq(as->n_addr[0], 2);
	ck_assert_uint_eq(as->n_addr[1], 2);
	ck_assert_uint_eq(as->named[0], 3);
	ck_assert_ptr_eq(see(table, from_b(SCTP_CHUNK_SHUTDOWN, 2, 2), 1), as);
	ck_assert_str_eq(association_state_name(as->state), "shutdown");
	ck_assert_ptr_eq(see(table, from_b(SCTP_CHUNK_SHUTDOWN_COMPLETE, 1, 1), 1), as);
	ck_assert_str_eq(association_state_name(as->state), "closed");
	ck_assert(!as->midstream);
}
END_TEST

START_TEST(test_refused)
{
	struct association *as = init(table, TAG_A, NULL, 0);
	struct association_sight abort = from_b(SCTP_CHUNK_ABORT, 1, 1);

	ck_assert_ptr_eq(see(table, abort, 1), as);
	ck_assert_str_eq(association_state_name(as->state), "aborted");
	/* The same ends again: another association, which has the path now. */
	ck_assert_ptr_ne(init(table, TAG_A + 1, NULL, 0), as);
	ck_assert_uint_eq(find(table, 1, 1)->tag[0], TAG_A + 1);
	/* The end of something unknown begins nothing. */
	abort.tag = 5;
	abort.sport++;
	ck_assert_ptr_null(see(table, abort, 1));
}
END_TEST

/* An ABORT of who knows no association shows its sender the sender's own tag (§8.4). */
START_TEST(test_reflected_tag)
{
	struct association *as = init(table, TAG_A, NULL, 0);
	struct association_sight s = from_a(SCTP_CHUNK_ABORT, 1, 1);

	init_ack(table, NULL, 0);
	s.tag = TAG_A;
	ck_assert_ptr_eq(see(table, s, 0), as);
	ck_assert_str_eq(association_state_name(as->state), "aborted");
}
END_TEST

/* The capture begins in the middle: each direction shows one tag, the paths are linked by them. */
START_TEST(test_midstream)
{
	struct association *as = see(table, from_a(SCTP_CHUNK_DATA, 1, 1), 0);

	ck_assert_ptr_nonnull(as);
	ck_assert(as->midstream);
	ck_assert_str_eq(association_state_name(as->state), "established");
	ck_assert_ptr_eq(see(table, from_b(SCTP_CHUNK_DATA, 1, 1), 1), as);
	ck_assert_uint_eq(as->tag[0], TAG_A);
	ck_assert_uint_eq(as->tag[1], TAG_B);
	ck_assert_ptr_eq(see(table, from_a(SCTP_CHUNK_HEARTBEAT, 2, 2), 0), as);
	ck_assert_ptr_eq(find(table, 2, 2), as);
	ck_assert_uint_eq(as->named[0], 0);
}
END_TEST

/* Other ports, another segment, another tag: other associations. */
START_TEST(test_near_misses)
{
	struct association *as = init(table, TAG_A, NULL, 0);
	struct association_sight s;

	init_ack(table, NULL, 0);
	s = from_a(SCTP_CHUNK_HEARTBEAT, 2, 2);
	s.tag++;
	ck_assert_ptr_ne(see(table, s, 0), as);
	s = from_a(SCTP_CHUNK_HEARTBEAT, 3, 3);
	s.sport++;
	ck_assert_ptr_ne(see(table, s, 0), as);
	s = from_a(SCTP_CHUNK_HEARTBEAT, 4, 4);
	s.segment = 1;
	ck_assert_ptr_ne(see(table, s, 0), as);
	s = from_a(SCTP_CHUNK_HEARTBEAT, 5, 5);
	s.tag = 0;
	ck_assert_ptr_null(see(table, s, 0));
	ck_assert_uint_eq(association_path_count(as), 1);
}
END_TEST

/* Neither a forged INIT nor a forged tag takes a path from who has it. */
START_TEST(test_forgeries_take_no_path)
{
	struct association *as = init(table, TAG_A, NULL, 0);
	struct association_sight s = from_a(SCTP_CHUNK_DATA, 1, 1);

	init_ack(table, NULL, 0);
	see(table, from_b(SCTP_CHUNK_COOKIE_ACK, 1, 1), 1);
	ck_assert_ptr_ne(init(table, 99, NULL, 0), as);
	ck_assert_ptr_eq(find(table, 1, 1), as);
	s.tag = 12345;
	ck_assert_ptr_ne(see(table, s, 0), as);
	ck_assert_ptr_eq(find(table, 1, 1), as);
}
END_TEST

START_TEST(test_asconf)
{
	const struct ip_addr more[1] = {ip(1, 9)};
	struct association *as = init(table, TAG_A, NULL, 0);
	struct association_sight s = from_a(SCTP_CHUNK_ASCONF, 1, 1);

	init_ack(table, NULL, 0);
	s.named = more;
	s.n_named = 1;
	ck_assert_ptr_eq(see(table, s, 0), as);
	ck_assert_uint_eq(as->n_addr[0], 2);
	ck_assert_uint_eq(as->named[0], 2);
	as->told[0] = 2;
	s.n_named = 0;
	s.removed = more;
	s.n_removed = 1;
	see(table, s, 0);
	ck_assert_uint_eq(as->named[0], 0);
	ck_assert_uint_eq(as->told[0], 0); /* when it comes back, it is news again */
}
END_TEST

START_TEST(test_more_addresses_than_there_is_room)
{
	struct ip_addr a[ASSOCIATION_ADDRESSES];
	struct association *as;

	for (uint8_t i = 0; i < ASSOCIATION_ADDRESSES; i++)
		a[i] = ip(1, (uint8_t)(i + 1));
	as = init(table, TAG_A, a, ASSOCIATION_ADDRESSES);
	ck_assert_uint_eq(as->n_addr[0], ASSOCIATION_ADDRESSES);
	ck_assert(!as->left_out);
	init_ack(table, NULL, 0);
	see(table, from_a(SCTP_CHUNK_DATA, 100, 1), 0);
	ck_assert_uint_eq(as->n_addr[0], ASSOCIATION_ADDRESSES);
	ck_assert(as->left_out);
}
END_TEST

/* Attempts without end forget each other, and nothing that was answered. */
START_TEST(test_flood)
{
	init(table, TAG_A, NULL, 0);
	init_ack(table, NULL, 0);
	see(table, from_b(SCTP_CHUNK_COOKIE_ACK, 1, 1), 1);
	for (uint32_t i = 0; i < 10000; i++) {
		struct association_sight s = from_a(SCTP_CHUNK_INIT, 2, 2);

		s.tag = 0;
		s.new_tag = i + 1;
		s.sport = (uint16_t)i;
		ck_assert_ptr_nonnull(see(table, s, 0));
	}
	ck_assert_uint_eq(associations_evicted(table), 10001 - MAX);
	ck_assert_uint_eq(associations_evicted_established(table), 0);
	ck_assert_ptr_nonnull(find(table, 1, 1));
	ck_assert_str_eq(association_state_name(find(table, 1, 1)->state), "established");
}
END_TEST

START_TEST(test_restart)
{
	const struct ip_addr a[2] = {ip(1, 1), ip(1, 2)};
	struct associations *t = associations_new(MAX, 7);
	struct blob_writer w, again;
	struct blob_reader r;
	struct association *as;

	as = init(table, TAG_A, a, 2);
	init_ack(table, NULL, 0);
	see(table, from_b(SCTP_CHUNK_COOKIE_ACK, 1, 1), 1);
	see(table, from_a(SCTP_CHUNK_HEARTBEAT, 2, 1), 0);
	as->told[0] = 3;
	memcpy(as->label, "NGAP", 5);
	init(table, 77, NULL, 0);
	blob_init(&w, 1 << 20);
	blob_init(&again, 1 << 20);
	associations_save(table, &w);
	ck_assert(!w.failed);
	r = blob_reader_init(w.data, w.len);
	ck_assert(associations_load(t, &r));
	ck_assert(blob_at_end(&r));
	associations_save(t, &again);
	ck_assert_uint_eq(again.len, w.len);
	ck_assert_mem_eq(again.data, w.data, w.len);
	as = find(t, 2, 1);
	ck_assert_ptr_nonnull(as);
	ck_assert_str_eq(as->label, "NGAP");
	ck_assert_uint_eq(as->told[0], 3);
	ck_assert_ptr_eq(see(t, from_a(SCTP_CHUNK_DATA, 1, 1), 0), as);
	associations_free(t);
	for (size_t n = 0; n < w.len; n++) { /* cut anywhere, it is refused */
		t = associations_new(MAX, 7);
		r = blob_reader_init(w.data, n);
		ck_assert(!associations_load(t, &r));
		associations_free(t);
	}
	blob_done(&w);
	blob_done(&again);
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, test_life);
	tcase_add_test(t, test_refused);
	tcase_add_test(t, test_reflected_tag);
	tcase_add_test(t, test_midstream);
	tcase_add_test(t, test_near_misses);
	tcase_add_test(t, test_forgeries_take_no_path);
	tcase_add_test(t, test_asconf);
	tcase_add_test(t, test_more_addresses_than_there_is_room);
	tcase_add_test(t, test_flood);
	tcase_add_test(t, test_restart);
}

int main(void)
{
	return suite_main("associations", add_tests);
}
