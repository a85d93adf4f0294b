#include "analysis/signalling/sctp_chunk.h"

#include <string.h>

#include "tests/unit/suite.h"

/* A packet whose bytes end where the allocation does. */
static struct sctp_chunk chunk_of(const uint8_t *bytes, uint32_t n, uint8_t **ret_copy)
{
	struct sctp_chunk c = {.next = 0};

	*ret_copy = malloc(n ? n : 1);
	memcpy(*ret_copy, bytes, n);
	if (!sctp_chunk_at(*ret_copy, n, 0, &c))
		c.type = 0xff;
	return c;
}

START_TEST(test_walk)
{
	/* SACK of 16, HEARTBEAT of 7 and one of padding, COOKIE ACK of 4 */
	static const uint8_t p[28] = {
		3, 0, 0, 16, [16] = 4, 0, 0, 7, 0, 1, 0, 0xee, [24] = 11, 0, 0, 4};
	struct sctp_chunk c;

	ck_assert(sctp_chunk_at(p, sizeof(p), 0, &c));
	ck_assert_uint_eq(c.type, SCTP_CHUNK_SACK);
	ck_assert_uint_eq(c.n, 12);
	ck_assert_uint_eq(c.next, 16);
	ck_assert(sctp_chunk_at(p, sizeof(p), c.next, &c));
	ck_assert_uint_eq(c.type, SCTP_CHUNK_HEARTBEAT);
	ck_assert_uint_eq(c.n, 3);
	ck_assert_uint_eq(c.next, 24);
	ck_assert(sctp_chunk_at(p, sizeof(p), c.next, &c));
	ck_assert_uint_eq(c.type, SCTP_CHUNK_COOKIE_ACK);
	ck_assert_uint_eq(c.n, 0);
	ck_assert_uint_eq(c.next, 28);
	ck_assert(!sctp_chunk_at(p, sizeof(p), c.next, &c));
}
END_TEST

START_TEST(test_lengths_that_lie)
{
	static const uint8_t short_one[8] = {1, 0, 0, 3}, long_one[8] = {1, 0, 0xff, 0xff};
	struct sctp_chunk c;

	ck_assert(!sctp_chunk_at(short_one, sizeof(short_one), 0, &c));
	ck_assert(sctp_chunk_at(long_one, sizeof(long_one), 0, &c));
	ck_assert_uint_eq(c.length, 0xffff - 4);
	ck_assert_uint_eq(c.n, 4);
	ck_assert_uint_eq(c.next, 8);
	for (uint32_t n = 0; n < 4; n++)
		ck_assert(!sctp_chunk_at(long_one, n, 0, &c));
	ck_assert(!sctp_chunk_at(long_one, 8, 9, &c));
}
END_TEST

START_TEST(test_names)
{
	ck_assert_str_eq(sctp_chunk_name(1), "init");
	ck_assert_str_eq(sctp_chunk_name(2), "init-ack");
	ck_assert_str_eq(sctp_chunk_name(193), "asconf");
	ck_assert_str_eq(sctp_chunk_name(14), "shutdown-complete");
	ck_assert_ptr_null(sctp_chunk_name(3));
	ck_assert_ptr_null(sctp_chunk_name(132));
	ck_assert_int_eq(sctp_chunk_find(STR("init-ack")), SCTP_CHUNK_INIT_ACK);
	ck_assert_int_eq(sctp_chunk_find(STR("data")), SCTP_CHUNK_DATA);
	ck_assert_int_eq(sctp_chunk_find(STR("sack")), -1);
}
END_TEST

/* INIT of tag 0xa1b2c3d4 with supported address types, two addresses of IPv4, one of them twice,
 * 0.0.0.0, and one of IPv6. */
static const uint8_t init[] = {1, 0, 0, 80, 0xa1, 0xb2, 0xc3, 0xd4, 0, 1, 0, 0, 0, 10, 0, 10, 0, 0,
	0, 1, 0, 12, 0, 6, 0, 5, 0, 0, 0, 5, 0, 8, 192, 0, 2, 1, 0, 5, 0, 8, 198, 51, 100, 7, 0, 5,
	0, 8, 192, 0, 2, 1, 0, 5, 0, 8, 0, 0, 0, 0, 0, 6, 0, 20, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 9};

static void check_addr(const struct ip_addr *a, const char *text)
{
	char buf[IP_ADDR_TEXT_BYTES];

	ck_assert_str_eq(ip_addr_format(a, buf), text);
}

START_TEST(test_init)
{
	uint8_t *copy;
	struct sctp_chunk c = chunk_of(init, sizeof(init), &copy);
	struct sctp_init i;

	ck_assert(sctp_read_init(&c, &i));
	ck_assert_uint_eq(i.tag, 0xa1b2c3d4);
	ck_assert_uint_eq(i.addresses.n, 3);
	ck_assert_uint_eq(i.addresses.left_out, 0);
	check_addr(&i.addresses.addr[0], "192.0.2.1");
	check_addr(&i.addresses.addr[1], "198.51.100.7");
	check_addr(&i.addresses.addr[2], "2001:db8::9");
	c.type = SCTP_CHUNK_INIT_ACK;
	ck_assert(sctp_read_init(&c, &i));
	c.type = SCTP_CHUNK_DATA;
	ck_assert(!sctp_read_init(&c, &i));
	free(copy);
}
END_TEST

START_TEST(test_init_at_every_truncation)
{
	for (uint32_t n = 4; n <= sizeof(init); n++) {
		uint8_t *copy;
		const struct sctp_chunk c = chunk_of(init, n, &copy);
		struct sctp_init i;

		ck_assert_int_eq(sctp_read_init(&c, &i), n >= 20);
		ck_assert_uint_eq(i.addresses.n, n < 36 ? 0 : n < 44 ? 1 : n < 80 ? 2 : 3);
		free(copy);
	}
}
END_TEST

START_TEST(test_init_without_sense)
{
	uint8_t p[sizeof(init)];
	uint8_t *copy;
	struct sctp_chunk c;
	struct sctp_init i;

	memcpy(p, init, sizeof(p));
	memset(p + 4, 0, 4); /* a tag of 0 is none (RFC 9260 §3.3.2) */
	c = chunk_of(p, sizeof(p), &copy);
	ck_assert(!sctp_read_init(&c, &i));
	free(copy);
	memcpy(p, init, sizeof(p));
	p[23] = 3; /* a parameter shorter than its header ends the walk */
	c = chunk_of(p, sizeof(p), &copy);
	ck_assert(sctp_read_init(&c, &i));
	ck_assert_uint_eq(i.addresses.n, 0);
	free(copy);
	memcpy(p, init, sizeof(p));
	p[31] = 12; /* an IPv4 address of 8 bytes is none */
	c = chunk_of(p, sizeof(p), &copy);
	ck_assert(sctp_read_init(&c, &i));
	ck_assert(i.addresses.n < 3);
	free(copy);
}
END_TEST

START_TEST(test_more_addresses_than_are_kept)
{
	uint8_t p[20 + 8 * 10] = {2, 0, 0, 100, 0, 0, 0, 7};
	struct sctp_chunk c;
	struct sctp_init i;

	for (uint8_t k = 0; k < 10; k++) {
		const uint8_t parameter[8] = {0, 5, 0, 8, 192, 0, 2, (uint8_t)(k + 1)};

		memcpy(p + 20 + 8 * k, parameter, sizeof(parameter));
	}
	ck_assert(sctp_chunk_at(p, sizeof(p), 0, &c));
	ck_assert(sctp_read_init(&c, &i));
	ck_assert_uint_eq(i.addresses.n, SCTP_MAX_ADDRESSES);
	ck_assert_uint_eq(i.addresses.left_out, 2);
}
END_TEST

/* Serial number, the address of the association, ADD 198.51.100.9, DELETE 192.0.2.2, SET PRIMARY
 * 198.51.100.9. */
static const uint8_t asconf[] = {193, 0, 0, 64, 0, 0, 0, 1, 0, 5, 0, 8, 192, 0, 2, 1, 0xc0, 1, 0,
	16, 0, 0, 0, 1, 0, 5, 0, 8, 198, 51, 100, 9, 0xc0, 2, 0, 16, 0, 0, 0, 2, 0, 5, 0, 8, 192, 0,
	2, 2, 0xc0, 4, 0, 16, 0, 0, 0, 3, 0, 5, 0, 8, 198, 51, 100, 9};

START_TEST(test_asconf)
{
	uint8_t *copy;
	const struct sctp_chunk c = chunk_of(asconf, sizeof(asconf), &copy);
	struct sctp_asconf a;

	ck_assert(sctp_read_asconf(&c, &a));
	ck_assert_uint_eq(a.added.n, 1);
	check_addr(&a.added.addr[0], "198.51.100.9");
	ck_assert_uint_eq(a.removed.n, 1);
	check_addr(&a.removed.addr[0], "192.0.2.2");
	ck_assert(a.has_primary);
	check_addr(&a.primary, "198.51.100.9");
	free(copy);
	for (uint32_t n = 4; n < sizeof(asconf); n++) {
		const struct sctp_chunk cut = chunk_of(asconf, n, &copy);

		ck_assert_int_eq(sctp_read_asconf(&cut, &a), n >= 8);
		ck_assert(!a.has_primary);
		ck_assert_uint_eq(a.added.n, n >= 32);
		free(copy);
	}
}
END_TEST

START_TEST(test_data)
{
	static const uint8_t data[20] = {
		0, 3, 0, 19, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 60, 'a', 'b', 'c'};
	static const uint8_t i_data[24] = {
		64, 2, 0, 22, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 18, 'a', 'b'};
	struct sctp_chunk c;
	struct sctp_data d;

	ck_assert(sctp_chunk_at(data, sizeof(data), 0, &c));
	ck_assert(sctp_read_data(&c, &d));
	ck_assert(d.begins);
	ck_assert_uint_eq(d.ppid, 60);
	ck_assert_uint_eq(d.n, 3);
	ck_assert_int_eq(memcmp(d.bytes, "abc", 3), 0);
	c.flags = 1; /* the last fragment */
	ck_assert(sctp_read_data(&c, &d));
	ck_assert(!d.begins);
	c.length = 12; /* no bytes at all (RFC 9260 §3.3.1) */
	ck_assert(!sctp_read_data(&c, &d));
	ck_assert(sctp_chunk_at(i_data, sizeof(i_data), 0, &c));
	ck_assert(sctp_read_data(&c, &d));
	ck_assert_uint_eq(d.ppid, 18);
	ck_assert_uint_eq(d.n, 2);
	c.flags = 0; /* a later fragment: its number stands there */
	ck_assert(!sctp_read_data(&c, &d));
}
END_TEST

START_TEST(test_data_at_every_truncation)
{
	static const uint8_t data[20] = {
		0, 3, 0, 20, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 60, 'a', 'b', 'c', 'd'};

	for (uint32_t n = 4; n <= sizeof(data); n++) {
		uint8_t *copy;
		const struct sctp_chunk c = chunk_of(data, n, &copy);
		struct sctp_data d;

		ck_assert_int_eq(sctp_read_data(&c, &d), n >= 16);
		if (n >= 16)
			ck_assert_uint_eq(d.n, n - 16);
		free(copy);
	}
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, test_walk);
	tcase_add_test(t, test_lengths_that_lie);
	tcase_add_test(t, test_names);
	tcase_add_test(t, test_init);
	tcase_add_test(t, test_init_at_every_truncation);
	tcase_add_test(t, test_init_without_sense);
	tcase_add_test(t, test_more_addresses_than_are_kept);
	tcase_add_test(t, test_asconf);
	tcase_add_test(t, test_data);
	tcase_add_test(t, test_data_at_every_truncation);
}

int main(void)
{
	return suite_main("sctp_chunk", add_tests);
}
