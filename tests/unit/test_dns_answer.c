#include "analysis/dns_answer.h"

#include <string.h>

#include "tests/unit/suite.h"

enum { A = 1, CNAME = 5, AAAA = 28, IN = 1, CHAOS = 3, RESPONSE = 0x8180, QUERY = 0x0100 };

struct message {
	uint8_t bytes[4096];
	uint32_t n;
};

static void put8(struct message *m, uint32_t v)
{
	m->bytes[m->n++] = (uint8_t)v;
}

static void put16(struct message *m, uint32_t v)
{
	put8(m, v >> 8);
	put8(m, v);
}

static void header(struct message *m, uint16_t flags, uint16_t questions, uint16_t answers)
{
	m->n = 0;
	put16(m, 0x1234);
	put16(m, flags);
	put16(m, questions);
	put16(m, answers);
	put16(m, 0);
	put16(m, 0);
}

/* "www.example" as labels, and the root. */
static void name(struct message *m, const char *text)
{
	while (*text) {
		const size_t n = strcspn(text, ".");

		put8(m, (uint32_t)n);
		memcpy(m->bytes + m->n, text, n);
		m->n += (uint32_t)n;
		text += n + (text[n] == '.');
	}
	put8(m, 0);
}

static void question(struct message *m, const char *text)
{
	name(m, text);
	put16(m, A);
	put16(m, IN);
}

/* A record of the name at offset 12. */
static void record(struct message *m, uint16_t type, uint16_t class, uint32_t ttl, const void *data,
	uint16_t n)
{
	put16(m, 0xc00c);
	put16(m, type);
	put16(m, class);
	put16(m, ttl >> 16);
	put16(m, ttl);
	put16(m, n);
	memcpy(m->bytes + m->n, data, n);
	m->n += n;
}

static const uint8_t v4[] = {192, 0, 2, 1};
static const uint8_t v6[] = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

/* A buffer of exactly N bytes, so that the sanitizer sees a read beyond it. */
static bool parse(const struct message *m, uint32_t n, struct dns_answer *ret)
{
	uint8_t *copy = malloc(n ? n : 1);
	bool ok;

	memcpy(copy, m->bytes, n);
	ok = dns_answer_parse(copy, n, ret);
	free(copy);
	return ok;
}

START_TEST(test_addresses_behind_an_alias)
{
	const struct ip_addr want4 = ip_addr_from_v4(v4), want6 = ip_addr_from_v6(v6);
	struct message m;
	struct dns_answer a;

	header(&m, RESPONSE, 1, 3);
	question(&m, "WWW.Example");
	record(&m, CNAME, IN, 5, "\3cdn\300\020", 6);
	record(&m, A, IN, 300, v4, 4);
	record(&m, AAAA, IN, 60, v6, 16);
	ck_assert(parse(&m, m.n, &a));
	ck_assert_str_eq(a.name, "www.example");
	ck_assert_uint_eq(a.name_len, strlen("www.example"));
	ck_assert_uint_eq(a.n_addr, 2);
	ck_assert_int_eq(ip_addr_cmp(&a.addr[0], &want4), 0);
	ck_assert_int_eq(ip_addr_cmp(&a.addr[1], &want6), 0);
	ck_assert_uint_eq(a.ttl_s, 60); /* not the alias's 5 */
}
END_TEST

/* What a tunnel carries down stands in records of any type. */
START_TEST(test_octets_of_answers)
{
	enum { NUL = 10, PRIVATE_USE = 65399 };
	struct message m;
	struct dns_answer a;

	header(&m, RESPONSE, 1, 3);
	question(&m, "a.example");
	record(&m, NUL, IN, 0, "0123456789abcdef", 16);
	record(&m, PRIVATE_USE, IN, 0, "0123", 4);
	record(&m, A, CHAOS, 0, v4, 4);
	ck_assert(parse(&m, m.n, &a));
	ck_assert_uint_eq(a.answer_octets, 24);
	ck_assert_uint_eq(a.n_data, 0);
	ck_assert(parse(&m, m.n - 1, &a)); /* the last one is cut */
	ck_assert_uint_eq(a.answer_octets, 20);
}
END_TEST

START_TEST(test_questions)
{
	struct message m;
	struct dns_answer a;

	header(&m, QUERY, 1, 0);
	question(&m, "A.example");
	ck_assert(dns_question_parse(m.bytes, m.n, &a));
	ck_assert_str_eq(a.name, "a.example");
	ck_assert_uint_eq(a.type, A);
	for (uint32_t n = 0; n < m.n; n++) {
		uint8_t *cut = malloc(n + 1);

		memcpy(cut, m.bytes, n);
		ck_assert(!dns_question_parse(cut, n, &a));
		free(cut);
	}
	m.bytes[2] = 0x29; /* an update */
	ck_assert(!dns_question_parse(m.bytes, m.n, &a));
	m.bytes[2] = 0x81; /* an answer */
	ck_assert(!dns_question_parse(m.bytes, m.n, &a));
	m.bytes[2] = 0x01;
	m.bytes[5] = 2;
	ck_assert(!dns_question_parse(m.bytes, m.n, &a));
	header(&m, QUERY, 1, 0);
	question(&m, "");
	ck_assert(!dns_question_parse(m.bytes, m.n, &a));
}
END_TEST

START_TEST(test_what_is_no_answer)
{
	struct message m;
	struct dns_answer a;

	header(&m, QUERY, 1, 1);
	question(&m, "a.example");
	record(&m, A, IN, 1, v4, 4);
	ck_assert(!parse(&m, m.n, &a));
	m.bytes[2] = 0xa8; /* a response to something other than a query (opcode 5) */
	ck_assert(!parse(&m, m.n, &a));
	m.bytes[2] = 0x81;
	ck_assert(parse(&m, m.n, &a));
	m.bytes[5] = 2; /* two questions */
	ck_assert(!parse(&m, m.n, &a));
	m.bytes[5] = 1;
	m.bytes[7] = 0; /* no answers: there is no such name */
	m.bytes[3] = 0x83;
	ck_assert(parse(&m, m.n, &a));
	ck_assert_uint_eq(a.n_addr, 0);
	ck_assert_uint_eq(a.n_data, 0);
	ck_assert_uint_eq(a.code, 3);
	ck_assert_uint_eq(a.type, A);
	header(&m, RESPONSE, 1, 1); /* of the root */
	question(&m, "");
	record(&m, A, IN, 1, v4, 4);
	ck_assert(!parse(&m, m.n, &a));
}
END_TEST

START_TEST(test_records_that_are_no_addresses)
{
	struct message m;
	struct dns_answer a;

	header(&m, RESPONSE, 1, 4);
	question(&m, "a.example");
	record(&m, A, CHAOS, 1, v4, 4);
	record(&m, A, IN, 1, v6, 16);
	record(&m, AAAA, IN, 1, v4, 4);
	record(&m, 99, IN, 1, v4, 4);
	ck_assert(parse(&m, m.n, &a));
	ck_assert_uint_eq(a.n_addr, 0);
	ck_assert_uint_eq(a.n_data, 0);
}
END_TEST

/* What answers say, as texts. */
static void check_data(const struct dns_answer *a, const char *const *wanted, uint32_t n)
{
	uint32_t at = 0;

	ck_assert_uint_eq(a->n_data, n);
	for (uint32_t i = 0; i < n; i++) {
		ck_assert_uint_eq(a->data_len[i], strlen(wanted[i]));
		ck_assert_int_eq(memcmp(a->data + at, wanted[i], a->data_len[i]), 0);
		at += a->data_len[i];
	}
	ck_assert_uint_eq(at, a->n_data_bytes);
}

START_TEST(test_data)
{
	static const char *const wanted[] = {"cdn.a.example", "192.0.2.1", "2001:db8::1",
		"mx.a.example", "IEX ('x')?", "ns.a.example", "s.a.example"};
	struct message m;
	struct dns_answer a;

	header(&m, RESPONSE, 1, 7);
	question(&m, "a.example");
	record(&m, CNAME, IN, 5, "\3cdn\300\014", 6);
	record(&m, A, IN, 1, v4, 4);
	record(&m, AAAA, IN, 1, v6, 16);
	record(&m, 15, IN, 1, "\0\012\2mx\300\014", 7);
	record(&m, 16, IN, 1, "\4IEX \6('x')\x80", 12);
	record(&m, 2, IN, 1, "\2NS\300\014", 5);
	record(&m, 33, IN, 1, "\0\0\0\0\0\120\1s\300\014", 10);
	m.bytes[3] |= 0x70;
	ck_assert(parse(&m, m.n, &a));
	check_data(&a, wanted, 7);
	ck_assert_uint_eq(a.z, 7);
	ck_assert_uint_eq(a.code, 0);
	ck_assert_uint_eq(a.n_addr, 2);
}
END_TEST

/* More, and longer, than is kept. */
START_TEST(test_data_is_bounded)
{
	uint8_t text[256];
	struct message m;
	struct dns_answer a;

	memset(text, 'x', sizeof(text));
	text[0] = 255;
	header(&m, RESPONSE, 1, DNS_MAX_DATA + 2);
	question(&m, "a.example");
	for (uint32_t i = 0; i < DNS_MAX_DATA + 2; i++)
		record(&m, A, IN, 1, v4, 4);
	ck_assert(parse(&m, m.n, &a));
	ck_assert_uint_eq(a.n_data, DNS_MAX_DATA);
	header(&m, RESPONSE, 1, 6);
	question(&m, "a.example");
	for (uint32_t i = 0; i < 5; i++)
		record(&m, 16, IN, 1, text, sizeof(text));
	record(&m, A, IN, 1, v4, 4);
	ck_assert(parse(&m, m.n, &a));
	ck_assert_uint_eq(a.n_data, 5); /* the fifth is cut, nothing fits behind it */
	ck_assert_uint_eq(a.n_data_bytes, DNS_DATA_BYTES);
	ck_assert_uint_eq(a.n_addr, 1);
	/* a string that says it is longer than its record */
	header(&m, RESPONSE, 1, 1);
	question(&m, "a.example");
	record(&m, 16, IN, 1, "\377ab", 3);
	ck_assert(parse(&m, m.n, &a));
	check_data(&a, (const char *const[]){"ab"}, 1);
}
END_TEST

/* Cut anywhere: what is whole counts, nothing beyond is read. */
START_TEST(test_every_truncation)
{
	struct message m;
	uint32_t asked, first, second;

	header(&m, RESPONSE, 1, 2);
	question(&m, "www.example");
	asked = m.n;
	record(&m, A, IN, 300, v4, 4);
	first = m.n;
	record(&m, AAAA, IN, 60, v6, 16);
	second = m.n;
	for (uint32_t n = 0; n <= second; n++) {
		struct dns_answer a;
		const bool ok = parse(&m, n, &a);

		ck_assert_int_eq(ok, n >= asked);
		if (ok)
			ck_assert_uint_eq(a.n_addr, n < first ? 0 : n < second ? 1 : 2);
	}
}
END_TEST

START_TEST(test_more_addresses_than_are_kept)
{
	struct message m;
	struct dns_answer a;

	header(&m, RESPONSE, 1, DNS_MAX_ADDRESSES + 3);
	question(&m, "a.example");
	for (uint32_t i = 0; i < DNS_MAX_ADDRESSES + 3; i++)
		record(&m, A, IN, 100 - i, v4, 4);
	ck_assert(parse(&m, m.n, &a));
	ck_assert_uint_eq(a.n_addr, DNS_MAX_ADDRESSES);
	ck_assert_uint_eq(a.ttl_s, 100 - (DNS_MAX_ADDRESSES - 1));
}
END_TEST

START_TEST(test_pointers_that_lead_nowhere)
{
	static const uint16_t pointers[] = {0xc00c, 0xc00d, 0xc0ff, 0xffff};
	struct message m;
	struct dns_answer a;

	for (size_t i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++) {
		header(&m, RESPONSE, 1, 1);
		put16(&m, pointers[i]); /* at offset 12: itself, into itself, forward */
		put16(&m, A);
		put16(&m, IN);
		record(&m, A, IN, 1, v4, 4);
		ck_assert(!parse(&m, m.n, &a));
	}
	header(&m, RESPONSE, 1, 1); /* a label in front makes the loop grow */
	put8(&m, 1);
	put8(&m, 'a');
	put16(&m, 0xc00c);
	put16(&m, A);
	put16(&m, IN);
	record(&m, A, IN, 1, v4, 4);
	ck_assert(!parse(&m, m.n, &a));
}
END_TEST

/* N pointers, each leading to the one before it, and the first to a label. */
static void pointer_chain(struct message *m, uint32_t n)
{
	header(m, RESPONSE, 1, 1);
	question(m, "a");
	for (uint32_t i = 0; i < n; i++)
		put16(m, 0xc000 | (i == 0 ? 12 : 19 + 2 * (i - 1)));
	put16(m, A);
	put16(m, IN);
	put16(m, 0);
	put16(m, 1);
	put16(m, 4);
	for (int i = 0; i < 4; i++)
		put8(m, v4[i]);
}

/* Of the chain only its last pointer is the record's name; the others lie in front of it. */
START_TEST(test_pointer_chains_are_bounded)
{
	static const struct {
		uint32_t pointers;
		bool ok;
	} rows[] = {{1, true}, {16, true}, {17, false}, {1000, false}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct message m;
		struct dns_answer a;
		const uint32_t n = rows[i].pointers;

		pointer_chain(&m, n);
		/* Everything in front of the last pointer becomes the data of a first record, of
		 * another type. */
		if (n > 1) {
			const uint32_t data = 2 * (n - 1);

			m.bytes[7] = 2;
			memmove(m.bytes + 19 + 12, m.bytes + 19, m.n - 19);
			m.n += 12;
			memcpy(m.bytes + 19,
				(uint8_t[]){0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 1, (uint8_t)(data >> 8),
					(uint8_t)data},
				12);
			for (uint32_t j = 0; j < n; j++) {
				const uint32_t to = j == 0 ? 12 : 31 + 2 * (j - 1);

				m.bytes[31 + 2 * j] = (uint8_t)(0xc0 | to >> 8);
				m.bytes[32 + 2 * j] = (uint8_t)to;
			}
		}
		ck_assert(parse(&m, m.n, &a));
		ck_assert_msg((a.n_addr == 1) == rows[i].ok, "%u pointers", n);
	}
}
END_TEST

START_TEST(test_reserved_labels)
{
	struct message m;
	struct dns_answer a;

	for (unsigned bits = 0x40; bits <= 0x80; bits += 0x40) {
		header(&m, RESPONSE, 1, 1);
		put8(&m, bits | 1);
		put8(&m, 'a');
		put8(&m, 0);
		put16(&m, A);
		put16(&m, IN);
		record(&m, A, IN, 1, v4, 4);
		ck_assert(!parse(&m, m.n, &a));
	}
}
END_TEST

START_TEST(test_names_at_their_limit)
{
	char text[300] = "";
	struct message m;
	struct dns_answer a;

	/* 3 labels of 63 and one of 61 are 255 octets: the longest name there is. */
	for (int i = 0; i < 4; i++) {
		memset(text + strlen(text), 'a', i < 3 ? 63 : 61);
		if (i < 3)
			strcat(text, ".");
	}
	ck_assert_uint_eq(strlen(text), 253);
	header(&m, RESPONSE, 1, 1);
	question(&m, text);
	record(&m, A, IN, 1, v4, 4);
	ck_assert(parse(&m, m.n, &a));
	ck_assert_str_eq(a.name, text);
	strcat(text, "a");
	header(&m, RESPONSE, 1, 1);
	question(&m, text);
	record(&m, A, IN, 1, v4, 4);
	ck_assert(!parse(&m, m.n, &a));
}
END_TEST

START_TEST(test_bytes_that_no_name_holds)
{
	struct message m;
	struct dns_answer a;

	header(&m, RESPONSE, 1, 1);
	put8(&m, 5);
	memcpy(m.bytes + m.n, "a.\n\xff\0", 5);
	m.n += 5;
	put8(&m, 0);
	put16(&m, A);
	put16(&m, IN);
	record(&m, A, IN, 1, v4, 4);
	ck_assert(parse(&m, m.n, &a));
	ck_assert_str_eq(a.name, "a????");
}
END_TEST

/* Thousands of records, each with the slowest name: the work is bounded, and the test's timeout
 * says so. */
START_TEST(test_slow_messages)
{
	static uint8_t bytes[65535];
	struct dns_answer a;

	memset(bytes, 0, sizeof(bytes));
	bytes[2] = 0x81;
	bytes[5] = 1;
	bytes[6] = bytes[7] = 0xff;
	bytes[12] = 1;
	bytes[13] = 'a';
	for (uint32_t at = 19; at + 13 < sizeof(bytes); at += 12)
		bytes[at] = 0xc0, bytes[at + 1] = 12;
	for (int i = 0; i < 2000; i++) {
		ck_assert(dns_answer_parse(bytes, sizeof(bytes), &a));
		ck_assert_uint_eq(a.n_addr, 0);
	}
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_addresses_behind_an_alias);
	tcase_add_test(tc, test_octets_of_answers);
	tcase_add_test(tc, test_questions);
	tcase_add_test(tc, test_what_is_no_answer);
	tcase_add_test(tc, test_records_that_are_no_addresses);
	tcase_add_test(tc, test_data);
	tcase_add_test(tc, test_data_is_bounded);
	tcase_add_test(tc, test_every_truncation);
	tcase_add_test(tc, test_more_addresses_than_are_kept);
	tcase_add_test(tc, test_pointers_that_lead_nowhere);
	tcase_add_test(tc, test_pointer_chains_are_bounded);
	tcase_add_test(tc, test_reserved_labels);
	tcase_add_test(tc, test_names_at_their_limit);
	tcase_add_test(tc, test_bytes_that_no_name_holds);
	tcase_add_test(tc, test_slow_messages);
}

int main(void)
{
	return suite_main("dns_answer", add_tests);
}
