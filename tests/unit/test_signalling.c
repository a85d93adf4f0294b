#include "analysis/signalling/signalling.h"

#include <string.h>

#include "tests/unit/suite.h"

enum { TCP = 6, UDP = 17, SCTP = 132 };

/* Asks S, or all when it is NULL, with a buffer of exactly N bytes. */
static enum signalling_verdict ask(const struct signalling *s, const struct packet_layer *l,
	const void *bytes, uint32_t n, const char **ret_name)
{
	uint8_t *copy = malloc(n ? n : 1);
	struct signalling_carriers carriers;
	enum signalling_verdict v;
	enum signalling_id reader;

	memcpy(copy, bytes, n);
	*ret_name = NULL;
	signalling_carriers_make(&carriers);
	v = s ? signalling_ask(s, l, copy, n, ret_name)
	      : signalling_recognise(&carriers, l, copy, n, ret_name, &reader);
	ck_assert_int_eq(v == SIGNALLING_YES, *ret_name != NULL);
	free(copy);
	return v;
}

/* SCTP */

static uint32_t data_chunk(uint8_t *p, uint8_t type, uint8_t flags, uint32_t ppid)
{
	const uint32_t header = type == 64 ? 20 : 16;

	memset(p, 0, header + 4);
	p[0] = type;
	p[1] = flags;
	p[3] = (uint8_t)(header + 2); /* two bytes of data, two of padding */
	p[header - 4 + 0] = (uint8_t)(ppid >> 24);
	p[header - 4 + 1] = (uint8_t)(ppid >> 16);
	p[header - 4 + 2] = (uint8_t)(ppid >> 8);
	p[header - 4 + 3] = (uint8_t)ppid;
	return header + 4;
}

static enum signalling_verdict ask_sctp(const uint8_t *bytes, uint32_t n, const char **ret_name)
{
	const struct packet_layer l = {.proto = SCTP, .sport = 40000, .dport = 40001};

	return ask(&signalling_sctp, &l, bytes, n, ret_name);
}

START_TEST(test_ppids)
{
	static const struct {
		uint32_t ppid;
		const char *name;
	} rows[] = {{60, "NGAP"}, {66, "NGAP"}, {18, "S1AP"}, {27, "X2AP"}, {61, "XNAP"},
		{62, "F1AP"}, {64, "E1AP"}, {46, "Diameter"}, {47, "Diameter"}, {3, "M3UA"},
		{5, "M2PA"}, {4, "SUA"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t p[64];
		const char *name;
		const uint32_t n = data_chunk(p, 0, 3, rows[i].ppid);

		ck_assert_int_eq(ask_sctp(p, n, &name), SIGNALLING_YES);
		ck_assert_str_eq(name, rows[i].name);
	}
}
END_TEST

START_TEST(test_other_ppids)
{
	uint8_t p[64];
	const char *name;
	uint32_t n = data_chunk(p, 0, 3, 0);

	ck_assert_int_eq(ask_sctp(p, n, &name), SIGNALLING_NO);
	n = data_chunk(p, 0, 3, 60u << 24); /* NGAP in the wrong byte order */
	ck_assert_int_eq(ask_sctp(p, n, &name), SIGNALLING_NO);
}
END_TEST

START_TEST(test_data_behind_other_chunks)
{
	static const uint8_t sack[16] = {3, 0, 0, 16}, heartbeat[] = {4, 0, 0, 7, 0, 1, 0, 0};
	uint8_t p[128];
	const char *name;
	uint32_t n = 0;

	memcpy(p, sack, sizeof(sack));
	n += sizeof(sack);
	ck_assert_int_eq(ask_sctp(p, n, &name), SIGNALLING_MAYBE);
	memcpy(p + n, heartbeat, sizeof(heartbeat)); /* 7 bytes and one of padding */
	n += sizeof(heartbeat);
	n += data_chunk(p + n, 0, 3, 18);
	ck_assert_int_eq(ask_sctp(p, n, &name), SIGNALLING_YES);
	ck_assert_str_eq(name, "S1AP");
}
END_TEST

START_TEST(test_i_data)
{
	uint8_t p[64];
	const char *name;
	uint32_t n = data_chunk(p, 64, 2, 60);

	ck_assert_int_eq(ask_sctp(p, n, &name), SIGNALLING_YES);
	ck_assert_str_eq(name, "NGAP");
	n = data_chunk(p, 64, 0, 60); /* not the first fragment: that is a fragment's number */
	ck_assert_int_eq(ask_sctp(p, n, &name), SIGNALLING_MAYBE);
}
END_TEST

START_TEST(test_sctp_at_every_truncation)
{
	uint8_t p[64];
	const char *name;
	const uint32_t n = data_chunk(p, 0, 3, 60);

	for (uint32_t cut = 0; cut <= n; cut++)
		ck_assert_int_eq(
			ask_sctp(p, cut, &name), cut >= 16 ? SIGNALLING_YES : SIGNALLING_MAYBE);
}
END_TEST

START_TEST(test_hostile_chunks)
{
	static const uint8_t zero_length[64] = {3}, short_length[64] = {3, 0, 0, 3};
	uint8_t p[64];
	const char *name;
	uint32_t n;

	ck_assert_int_eq(ask_sctp(zero_length, sizeof(zero_length), &name), SIGNALLING_MAYBE);
	ck_assert_int_eq(ask_sctp(short_length, sizeof(short_length), &name), SIGNALLING_MAYBE);
	n = data_chunk(p, 0, 3, 60);
	p[2] = p[3] = 0xff; /* longer than the packet: the header counts */
	ck_assert_int_eq(ask_sctp(p, n, &name), SIGNALLING_YES);
	n = data_chunk(p, 0, 3, 60);
	p[3] = 16; /* data of no bytes is none (RFC 9260 §3.3.1) */
	ck_assert_int_eq(ask_sctp(p, n, &name), SIGNALLING_MAYBE);
}
END_TEST

START_TEST(test_sctp_only_over_sctp)
{
	const struct packet_layer tcp = {.proto = TCP}, hidden = {.proto = SCTP, .opaque = true};
	uint8_t p[64];
	const char *name;
	const uint32_t n = data_chunk(p, 0, 3, 60);

	ck_assert_int_eq(ask(&signalling_sctp, &tcp, p, n, &name), SIGNALLING_NO);
	ck_assert_int_eq(ask(&signalling_sctp, &hidden, p, n, &name), SIGNALLING_NO);
}
END_TEST

/* GTP-U */

static enum signalling_verdict ask_gtpu(
	const uint8_t head[8], uint32_t n, uint32_t payload_bytes, uint16_t dport)
{
	const struct packet_layer l = {.proto = UDP,
		.sport = 40000,
		.dport = dport,
		.payload_bytes = payload_bytes,
		.opaque = true};
	const char *name;
	const enum signalling_verdict v = ask(&signalling_gtpu, &l, head, n, &name);

	if (v == SIGNALLING_YES)
		ck_assert_str_eq(name, "GTP_U");
	return v;
}

START_TEST(test_gtpu_headers)
{
	const uint8_t g_pdu[8] = {0x30, 255, 0, 40, 0, 0, 0, 1}, echo[8] = {0x32, 1, 0, 4};

	ck_assert_int_eq(ask_gtpu(g_pdu, 8, 48, 2152), SIGNALLING_YES);
	ck_assert_int_eq(ask_gtpu(echo, 8, 12, 2152), SIGNALLING_YES);
	ck_assert_int_eq(ask_gtpu(g_pdu, 8, 60, 2152), SIGNALLING_YES); /* counted too little */
	ck_assert_int_eq(
		ask_gtpu(g_pdu, 8, 47, 2152), SIGNALLING_NO); /* counted what is not there */
	ck_assert_int_eq(ask_gtpu(g_pdu, 8, 48, 2153), SIGNALLING_NO);
	for (uint32_t n = 0; n < 8; n++)
		ck_assert_int_eq(ask_gtpu(g_pdu, n, 48, 2152), SIGNALLING_NO);
}
END_TEST

START_TEST(test_gtpu_near_misses)
{
	const uint8_t version_0[8] = {0x10, 255, 0, 40}, version_2[8] = {0x50, 255, 0, 40},
		      prime[8] = {0x20, 255, 0, 40};
	const uint8_t control[8] = {0x30, 16, 0, 40}, no_room[8] = {0x34, 255, 0, 3};

	ck_assert_int_eq(ask_gtpu(version_0, 8, 48, 2152), SIGNALLING_NO);
	ck_assert_int_eq(ask_gtpu(version_2, 8, 48, 2152), SIGNALLING_NO);
	ck_assert_int_eq(ask_gtpu(prime, 8, 48, 2152), SIGNALLING_NO);
	ck_assert_int_eq(ask_gtpu(control, 8, 48, 2152), SIGNALLING_NO);
	ck_assert_int_eq(ask_gtpu(no_room, 8, 11, 2152), SIGNALLING_NO);
}
END_TEST

/* What follows the 8 bytes is a subscriber's: the verdict cannot depend on it, since it is never
 * handed over. */
START_TEST(test_gtpu_looks_at_its_header_alone)
{
	uint8_t message[64] = {0x30, 255, 0, 56, 0, 0, 0, 1};
	const struct packet_layer l = {
		.proto = UDP, .dport = 2152, .payload_bytes = 64, .opaque = true};
	const char *name;

	ck_assert_int_eq(
		ask(&signalling_gtpu, &l, message, SIGNALLING_OPAQUE_BYTES, &name), SIGNALLING_YES);
	memset(message + 8, 0xff, 56);
	ck_assert_int_eq(ask(&signalling_gtpu, &l, message, 64, &name), SIGNALLING_YES);
}
END_TEST

/* Diameter */

/* A Capabilities-Exchange-Request of 32 bytes, with an Origin-Host of 4. */
static const uint8_t cer[32] = {1, 0, 0, 32, 0x80, 0, 1, 1, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0,
	0, 1, 8, 0x40, 0, 0, 12, 'h', 'o', 's', 't'};

static enum signalling_verdict ask_diameter(const uint8_t *bytes, uint32_t n, uint16_t dport)
{
	const struct packet_layer l = {.proto = TCP, .sport = 40000, .dport = dport};
	const char *name;
	const enum signalling_verdict v = ask(&signalling_diameter, &l, bytes, n, &name);

	if (v == SIGNALLING_YES)
		ck_assert_str_eq(name, "Diameter");
	return v;
}

START_TEST(test_diameter_on_any_port)
{
	uint8_t ulr[32];

	ck_assert_int_eq(ask_diameter(cer, 32, 3868), SIGNALLING_YES);
	ck_assert_int_eq(ask_diameter(cer, 32, 4000), SIGNALLING_YES);
	memcpy(ulr, cer, sizeof(ulr));
	ulr[4] = 0xc0; /* request, proxiable: Update-Location (3GPP TS 29.272 §7.2.3) */
	ulr[5] = 0;
	ulr[6] = 1;
	ulr[7] = 0x3c;
	ulr[23] = 7; /* Session-Id */
	ck_assert_int_eq(ask_diameter(ulr, 32, 3868), SIGNALLING_YES);
	ulr[2] = 4; /* goes on in the next segment */
	ck_assert_int_eq(ask_diameter(ulr, 32, 3868), SIGNALLING_YES);
}
END_TEST

START_TEST(test_diameter_near_misses)
{
	static const struct {
		uint8_t at, value;
	} rows[] = {
		{0, 2},     /* version */
		{3, 33},    /* length not in words */
		{3, 28},    /* shorter than its first attribute */
		{1, 0x20},  /* two megabytes */
		{4, 0x81},  /* reserved flag */
		{4, 0xa0},  /* a request that is an error */
		{4, 0x10},  /* an answer sent again */
		{6, 0},     /* command 1 */
		{23, 1},    /* User-Name comes first nowhere */
		{24, 0x41}, /* reserved attribute flag */
		{24, 0xc0}, /* a vendor's */
		{27, 8},    /* attribute of no bytes */
		{27, 13},   /* attribute beyond the message */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t bytes[32];

		memcpy(bytes, cer, sizeof(bytes));
		bytes[rows[i].at] = rows[i].value;
		ck_assert_msg(ask_diameter(bytes, 32, 4000) == SIGNALLING_NO, "row %zu", i);
		/* On its own port it may be the middle of a message. */
		ck_assert_int_eq(ask_diameter(bytes, 32, 3868), SIGNALLING_MAYBE);
	}
}
END_TEST

START_TEST(test_diameter_at_every_truncation)
{
	const struct packet_layer udp = {.proto = UDP, .dport = 3868};
	const char *name;

	for (uint32_t n = 0; n <= 32; n++)
		ck_assert_int_eq(ask_diameter(cer, n, 4000), n == 0   ? SIGNALLING_MAYBE
							     : n < 28 ? SIGNALLING_NO
								      : SIGNALLING_YES);
	ck_assert_int_eq(ask(&signalling_diameter, &udp, cer, 32, &name), SIGNALLING_NO);
}
END_TEST

START_TEST(test_all_are_asked)
{
	const struct packet_layer tcp = {.proto = TCP}, udp = {.proto = UDP, .dport = 53},
				  sctp = {.proto = SCTP};
	uint8_t p[64];
	const char *name;
	const uint32_t n = data_chunk(p, 0, 3, 60);

	ck_assert_int_eq(ask(NULL, &tcp, cer, 32, &name), SIGNALLING_YES);
	ck_assert_str_eq(name, "Diameter");
	ck_assert_int_eq(ask(NULL, &sctp, p, n, &name), SIGNALLING_YES);
	ck_assert_str_eq(name, "NGAP");
	ck_assert_int_eq(ask(NULL, &sctp, p, 0, &name), SIGNALLING_MAYBE);
	ck_assert_int_eq(ask(NULL, &udp, p, n, &name), SIGNALLING_NO);
}
END_TEST

/* SNMP */

static int version_of(const uint8_t *bytes, uint32_t n)
{
	uint8_t *copy = malloc(n ? n : 1);
	int v;

	memcpy(copy, bytes, n);
	v = snmp_version(copy, n);
	free(copy);
	return v;
}

START_TEST(test_snmp_versions)
{
	uint8_t m[] = {0x30, 41, 2, 1, 0, 4, 6, 'p', 'u', 'b'};

	for (uint8_t v = 0; v <= 3; v++) {
		m[4] = v;
		ck_assert_int_eq(version_of(m, sizeof(m)), v);
	}
	m[4] = 4;
	ck_assert_int_eq(version_of(m, sizeof(m)), -1);
}
END_TEST

/* The version is the fifth byte, or later where lengths are long: more is never needed, so no
 * community is ever read. */
START_TEST(test_snmp_reads_no_further_than_the_version)
{
	const uint8_t small[] = {0x30, 41, 2, 1, 1}, large[] = {0x30, 0x82, 1, 0, 2, 1, 3},
		      odd[] = {0x30, 0x81, 41, 2, 0x81, 1, 0};

	ck_assert_int_eq(version_of(small, sizeof(small)), 1);
	ck_assert_int_eq(version_of(large, sizeof(large)), 3);
	ck_assert_int_eq(version_of(odd, sizeof(odd)), 0);
	for (uint32_t n = 0; n < sizeof(small); n++)
		ck_assert_int_eq(version_of(small, n), -1);
	for (uint32_t n = 0; n < sizeof(large); n++)
		ck_assert_int_eq(version_of(large, n), -1);
}
END_TEST

START_TEST(test_what_is_no_snmp)
{
	const uint8_t set[] = {0x31, 41, 2, 1, 0}, text[] = {0x30, 41, 4, 1, 0},
		      wide[] = {0x30, 41, 2, 2, 0, 0};
	const uint8_t indefinite[] = {0x30, 0x80, 2, 1, 0},
		      absurd[] = {0x30, 0x85, 0, 0, 0, 0, 41, 2, 1, 0};
	const uint8_t empty[] = {0x30, 3, 2, 1, 0}, huge[] = {0x30, 0x83, 1, 0, 0, 2, 1, 0};

	ck_assert_int_eq(version_of(set, sizeof(set)), -1);
	ck_assert_int_eq(version_of(text, sizeof(text)), -1);
	ck_assert_int_eq(version_of(wide, sizeof(wide)), -1);
	ck_assert_int_eq(version_of(indefinite, sizeof(indefinite)), -1);
	ck_assert_int_eq(version_of(absurd, sizeof(absurd)), -1);
	ck_assert_int_eq(version_of(empty, sizeof(empty)), -1);
	ck_assert_int_eq(version_of(huge, sizeof(huge)), -1);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_ppids);
	tcase_add_test(tc, test_other_ppids);
	tcase_add_test(tc, test_data_behind_other_chunks);
	tcase_add_test(tc, test_i_data);
	tcase_add_test(tc, test_sctp_at_every_truncation);
	tcase_add_test(tc, test_hostile_chunks);
	tcase_add_test(tc, test_sctp_only_over_sctp);
	tcase_add_test(tc, test_gtpu_headers);
	tcase_add_test(tc, test_gtpu_near_misses);
	tcase_add_test(tc, test_gtpu_looks_at_its_header_alone);
	tcase_add_test(tc, test_diameter_on_any_port);
	tcase_add_test(tc, test_diameter_near_misses);
	tcase_add_test(tc, test_diameter_at_every_truncation);
	tcase_add_test(tc, test_all_are_asked);
	tcase_add_test(tc, test_snmp_versions);
	tcase_add_test(tc, test_snmp_reads_no_further_than_the_version);
	tcase_add_test(tc, test_what_is_no_snmp);
}

int main(void)
{
	return suite_main("signalling", add_tests);
}
