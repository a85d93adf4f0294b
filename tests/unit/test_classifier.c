#include "analysis/dpi/classifier.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/time_text.h"
#include "tests/support/payloads.h"
#include "tests/unit/suite.h"

/* One TCP conversation, shown to a classifier of its own. */
struct session {
	struct classifier *c;
	struct classifier_flow *f;
	struct classifier_label label;
	struct arena *arena;
	uint32_t seq[2];
	uint16_t port;
	uint64_t now_ns;
};

/* 2026-11-22 */
#define NOW_NS (UINT64_C(1795305600) * NS_PER_S)

static void session_begin(struct session *s, uint16_t port)
{
	struct error err;

	memset(s, 0, sizeof(*s));
	s->c = classifier_new(NULL, &err);
	ck_assert_ptr_nonnull(s->c);
	s->f = classifier_flow_new(s->c);
	s->arena = arena_new(4096);
	s->port = port;
	s->seq[0] = 1000;
	s->seq[1] = 9000;
	s->now_ns = NOW_NS;
}

static void session_end(struct session *s)
{
	classifier_flow_free(s->c, s->f);
	classifier_free(s->c);
	arena_free(s->arena);
}

static enum classifier_state show(struct session *s, const struct builder *b, bool last)
{
	return classifier_packet(
		s->c, s->f, b->bytes + b->at, build_len(b), s->now_ns, last, &s->label);
}

static enum classifier_state segment(
	struct session *s, uint8_t from, uint8_t flags, const struct payload *p)
{
	const unsigned i = from - 1u;
	struct builder b;

	carry_tcp(&b, from, s->port, flags, s->seq[i], s->seq[!i], p);
	s->seq[i] += (p ? p->n : 0) + (flags & TCP_SYN ? 1 : 0);
	return show(s, &b, false);
}

static enum classifier_state data(struct session *s, uint8_t from, struct payload p)
{
	return segment(s, from, TCP_ACK | TCP_PSH, &p);
}

static void handshake(struct session *s)
{
	ck_assert_int_eq(segment(s, CLIENT, TCP_SYN, NULL), CLASSIFIER_SEARCHING);
	ck_assert_int_eq(segment(s, SERVER, TCP_SYN | TCP_ACK, NULL), CLASSIFIER_SEARCHING);
	ck_assert_int_eq(segment(s, CLIENT, TCP_ACK, NULL), CLASSIFIER_SEARCHING);
}

static void assert_label(struct session *s, const char *protocol, const char *application,
	enum label_confidence confidence)
{
	ck_assert_str_eq(classifier_protocol_name(s->c, s->label.protocol), protocol);
	ck_assert_str_eq(classifier_protocol_name(s->c, s->label.application), application);
	ck_assert_int_eq(s->label.confidence, confidence);
}

static void details(struct session *s, struct flow_details *ret)
{
	classifier_details(s->c, s->f, s->now_ns, s->arena, ret);
}

#define ASSERT_TEXT(got, want)                                                                     \
	ck_assert_msg(                                                                             \
		str_eq(got, str_from(want)), "%.*s", (int)(got).len, (got).data ? (got).data : "")

static bool has_risk(const struct flow_details *d, const char *name)
{
	for (uint32_t i = 0; i < d->n_risks; i++) {
		if (strcmp(d->risks[i], name) == 0)
			return true;
	}
	return false;
}

START_TEST(test_http)
{
	struct session s;
	struct flow_details d;

	session_begin(&s, 80);
	handshake(&s);
	ck_assert_int_eq(data(&s, CLIENT, http_request()), CLASSIFIER_FOUND);
	assert_label(&s, "HTTP", "", LABEL_BY_DPI);
	ck_assert_str_eq(classifier_category_name(s.c, s.label.category), "Web");
	ck_assert_int_eq(data(&s, SERVER, http_response()), CLASSIFIER_DONE);
	assert_label(&s, "HTTP", "", LABEL_BY_DPI);
	details(&s, &d);
	ASSERT_TEXT(d.http_host, "udm.example");
	ASSERT_TEXT(d.http_url, "http://udm.example/nudm-sdm/v2/imsi-***************/am-data");
	ASSERT_TEXT(d.http_user_agent, "amf/1.0");
	ASSERT_TEXT(d.http_method, "GET");
	ck_assert_uint_eq(d.http_status, 404);
	ck_assert_uint_eq(d.server_name.len, 0);
	session_end(&s);
}
END_TEST

START_TEST(test_tls_client)
{
	struct session s;
	struct flow_details d;

	session_begin(&s, 443);
	handshake(&s);
	ck_assert_int_eq(data(&s, CLIENT, tls_client_hello()), CLASSIFIER_FOUND);
	assert_label(&s, "TLS", "", LABEL_BY_DPI);
	details(&s, &d);
	ASSERT_TEXT(d.server_name, "gnb-017.example");
	ASSERT_TEXT(d.ja3, TLS_CLIENT_JA3);
	ASSERT_TEXT(d.tls_alpn, "h2,http/1.1");
	ck_assert_uint_eq(d.ja3s.len, 0);
	ck_assert_uint_eq(d.tls_sha1.len, 0);
	ck_assert(!d.cert_self_signed && !d.cert_expired && !d.cert_not_yet_valid &&
		  !d.cert_mismatch);
	classifier_give_up(s.c, s.f, &s.label); /* the server never answers: what is known stays */
	assert_label(&s, "TLS", "", LABEL_BY_DPI);
	session_end(&s);
}
END_TEST

static void certificate(
	struct session *s, const char *not_before, const char *not_after, struct flow_details *ret)
{
	session_begin(s, 443);
	handshake(s);
	(void)data(s, CLIENT, tls_client_hello());
	(void)data(s, SERVER, tls_server_flight(not_before, not_after));
	details(s, ret);
}

START_TEST(test_tls_server)
{
	struct session s;
	struct flow_details d;

	certificate(&s, NULL, NULL, &d);
	ASSERT_TEXT(d.ja3s, TLS_SERVER_JA3S);
	ASSERT_TEXT(d.tls_version, "1.2");
	ASSERT_TEXT(d.tls_cipher, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
	ASSERT_TEXT(d.tls_sha1, TLS_CERTIFICATE_SHA1);
	ASSERT_TEXT(d.tls_subject,
		"C=XX, O=Example, CN=2102350000001234"); /* a serial number is evidence */
	ASSERT_TEXT(d.tls_issuer, "C=XX, O=Example, CN=2102350000001234");
	ck_assert_uint_ge(d.n_tls_names, 2);
	for (uint32_t i = 0; i < d.n_tls_names; i++)
		ck_assert_ptr_null(memmem(d.tls_names[i].data, d.tls_names[i].len, "0010100", 7));
	ASSERT_TEXT(d.tls_names[d.n_tls_names - 1], "imsi-***************.example");
	ck_assert_uint_eq(d.tls_not_before_ns, UINT64_C(1577836800) * NS_PER_S);
	ck_assert_uint_eq(d.tls_not_after_ns, UINT64_C(1609459200) * NS_PER_S);
	ck_assert(d.cert_self_signed);
	ck_assert(has_risk(&d, "self-signed-certificate"));
	session_end(&s);
}
END_TEST

START_TEST(test_certificate_dates)
{
	struct session s;
	struct flow_details d;

	certificate(&s, "200101", "210101", &d); /* seen in 2026 */
	ck_assert(d.cert_expired && !d.cert_not_yet_valid);
	ck_assert(has_risk(&d, "tls-expired-certificate"));
	session_end(&s);
	certificate(&s, "200101", "300101", &d);
	ck_assert(!d.cert_expired && !d.cert_not_yet_valid);
	ck_assert(!has_risk(&d, "tls-expired-certificate"));
	session_end(&s);
	certificate(&s, "270101", "300101", &d); /* not valid yet is something else */
	ck_assert(!d.cert_expired && d.cert_not_yet_valid);
	ck_assert(!has_risk(&d, "tls-expired-certificate"));
	session_end(&s);
	certificate(&s, "200101", "xx0101",
		&d); /* unreadable, as dates from 2050 on are to the library */
	ck_assert(!d.cert_expired);
	ck_assert_uint_eq(d.tls_not_after_ns, 0);
	session_end(&s);
}
END_TEST

/* At the last second of its validity a certificate is valid, a second later it is not. */
START_TEST(test_certificate_date_thresholds)
{
	const uint64_t end_ns = UINT64_C(1893456000) * NS_PER_S; /* 2030-01-01 */
	struct session s;
	struct flow_details d;

	certificate(&s, "200101", "300101", &d);
	s.now_ns = end_ns;
	details(&s, &d);
	ck_assert(!d.cert_expired);
	s.now_ns = end_ns + 1;
	details(&s, &d);
	ck_assert(d.cert_expired);
	s.now_ns = UINT64_C(1577836800) * NS_PER_S;
	details(&s, &d);
	ck_assert(!d.cert_not_yet_valid);
	s.now_ns -= 1;
	details(&s, &d);
	ck_assert(d.cert_not_yet_valid);
	session_end(&s);
}
END_TEST

START_TEST(test_ssh)
{
	struct session s;
	struct flow_details d;

	session_begin(&s, 2222);
	handshake(&s);
	(void)data(&s, SERVER, payload_text("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"));
	ck_assert_int_eq(
		data(&s, CLIENT, payload_text("SSH-2.0-dropbear_2022.83\r\n")), CLASSIFIER_FOUND);
	assert_label(&s, "SSH", "", LABEL_BY_DPI);
	details(&s, &d);
	ck_assert_uint_gt(d.ssh_client.len, 0);
	ck_assert_uint_gt(d.ssh_server.len, 0);
	ck_assert(has_risk(&d, "known-protocol-on-non-standard-port"));
	ck_assert_str_eq(classifier_expected(s.c, 6, 2222, "SSH", ""), "");
	session_end(&s);
}
END_TEST

START_TEST(test_dns)
{
	const struct payload question = dns_message("www.example", 0, 0),
			     answer = dns_message("www.example", 1, 2);
	struct session s;
	struct flow_details d;
	struct builder b;

	session_begin(&s, 53);
	carry_udp(&b, CLIENT, 53, &question);
	ck_assert_int_eq(show(&s, &b, false), CLASSIFIER_FOUND);
	assert_label(&s, "DNS", "", LABEL_BY_DPI);
	details(&s, &d);
	ASSERT_TEXT(d.dns_name, "www.example");
	ck_assert_uint_eq(d.dns_type, 1);
	ck_assert_uint_eq(d.dns_code, 0xffff);
	carry_udp(&b, SERVER, 53, &answer);
	ck_assert_int_eq(show(&s, &b, false), CLASSIFIER_DONE);
	details(&s, &d);
	ck_assert_uint_eq(d.dns_code, 0);
	session_end(&s);
}
END_TEST

START_TEST(test_enum_names_are_redacted)
{
	const struct payload question = dns_message("4.3.2.1.5.5.5.6.8.4.e164.arpa", 0, 0);
	struct session s;
	struct flow_details d;
	struct builder b;

	session_begin(&s, 53);
	carry_udp(&b, CLIENT, 53, &question);
	(void)show(&s, &b, false);
	details(&s, &d);
	ASSERT_TEXT(d.dns_name, "*.*.*.*.*.*.*.*.*.*.e164.arpa");
	session_end(&s);
}
END_TEST

START_TEST(test_giving_up_guesses_by_port)
{
	const struct payload noise = payload_text("\x01\x02\x03\x04 no protocol at all");
	struct session s;
	struct builder b;

	session_begin(&s, 22);
	handshake(&s);
	classifier_give_up(s.c, s.f, &s.label);
	assert_label(&s, "SSH", "", LABEL_BY_PORT);
	session_end(&s);
	session_begin(&s, 33333);
	carry_udp(&b, CLIENT, 33333, &noise);
	ck_assert_int_eq(show(&s, &b, false), CLASSIFIER_SEARCHING);
	ck_assert_int_eq(show(&s, &b, true), CLASSIFIER_DONE); /* the last one decides */
	assert_label(&s, "", "", LABEL_NONE);
	ck_assert_str_eq(classifier_category_name(s.c, s.label.category), "");
	session_end(&s);
}
END_TEST

/* The library looks at no more than 32 packets of a flow. */
START_TEST(test_ends_when_the_library_does)
{
	const struct payload noise = payload_text("\x01\x02\x03\x04 no protocol at all");
	struct session s;
	struct builder b;
	int shown = 0;

	session_begin(&s, 33333);
	carry_udp(&b, CLIENT, 33333, &noise);
	do {
		shown++;
	} while (show(&s, &b, false) == CLASSIFIER_SEARCHING);
	ck_assert_int_eq(shown, 32);
	session_end(&s);
}
END_TEST

START_TEST(test_guess_without_packets)
{
	struct session s;

	session_begin(&s, 0);
	classifier_guess(s.c, 50, 0, &s.label);
	assert_label(&s, "IPsec", "", LABEL_BY_DPI);
	ck_assert_str_eq(classifier_category_name(s.c, s.label.category), "VPN");
	classifier_guess(s.c, 47, 0, &s.label);
	assert_label(&s, "GRE", "", LABEL_BY_DPI);
	classifier_guess(s.c, 6, 22, &s.label);
	assert_label(&s, "SSH", "", LABEL_BY_PORT);
	classifier_guess(s.c, 17, 22, &s.label);
	assert_label(&s, "", "", LABEL_NONE);
	classifier_guess(s.c, 200, 0, &s.label);
	assert_label(&s, "", "", LABEL_NONE);
	session_end(&s);
}
END_TEST

START_TEST(test_expected_protocol)
{
	struct session s;

	session_begin(&s, 0);
	ck_assert_str_eq(classifier_expected(s.c, 6, 443, "SSH", ""), "TLS");
	ck_assert_str_eq(classifier_expected(s.c, 6, 443, "TLS", "Google"), "");
	ck_assert_str_eq(classifier_expected(s.c, 6, 22, "HTTP", ""), "SSH");
	ck_assert_str_eq(classifier_expected(s.c, 6, 12345, "SSH", ""), "");
	ck_assert_str_eq(
		classifier_expected(s.c, 6, 8080, "HTTP", ""), ""); /* a proxy is on record there */
	ck_assert_str_ne(classifier_expected(s.c, 6, 8080, "SSH", ""), "");
	ck_assert_str_eq(classifier_expected(s.c, 6, 445, "SMBv1", ""), ""); /* two are on record */
	ck_assert_str_eq(classifier_expected(s.c, 6, 445, "SMBv23", ""), "");
	ck_assert_str_eq(classifier_expected(s.c, 6, 993, "TLS", ""), "");
	ck_assert_str_eq(classifier_expected(s.c, 17, 2152, "GTP_U", ""), "");
	ck_assert_str_eq(classifier_expected(s.c, 17, 53, "OpenVPN", ""), "DNS");
	session_end(&s);
}
END_TEST

/* Packets that lie about their lengths, cut anywhere, in buffers of exactly their size. */
START_TEST(test_hostile_packets)
{
	struct session s;
	struct builder b;
	const struct payload hello = tls_client_hello();

	session_begin(&s, 443);
	carry_tcp(&b, CLIENT, 443, TCP_ACK, 1, 1, &hello);
	for (uint32_t n = 20; n <= build_len(&b); n++) {
		uint8_t *copy = malloc(n);

		memcpy(copy, b.bytes + b.at, n);
		classifier_flow_free(s.c, s.f);
		s.f = classifier_flow_new(s.c);
		(void)classifier_packet(s.c, s.f, copy, n, s.now_ns, n % 2, &s.label);
		put16(copy + 2, n); /* the IP header agrees with the cut */
		(void)classifier_packet(s.c, s.f, copy, n, s.now_ns, false, &s.label);
		free(copy);
	}
	session_end(&s);
}
END_TEST

static long written_to(int fd)
{
	return (long)lseek(fd, 0, SEEK_END);
}

/* The library has printf in many places: none of them may be reached. */
START_TEST(test_library_is_silent)
{
	char path[] = "/tmp/vedette-silent-XXXXXX";
	const int fd = mkstemp(path), out = dup(1), error = dup(2);
	struct session s;
	long bytes;

	ck_assert_int_ge(fd, 0);
	(void)unlink(path);
	(void)fflush(NULL);
	ck_assert(dup2(fd, 1) >= 0 && dup2(fd, 2) >= 0);
	session_begin(&s, 443);
	(void)segment(&s, CLIENT, TCP_SYN, NULL);
	(void)data(&s, CLIENT, tls_client_hello());
	(void)data(&s, SERVER, tls_server_flight(NULL, NULL));
	(void)data(&s, CLIENT, http_request());
	classifier_give_up(s.c, s.f, &s.label);
	session_end(&s);
	(void)fflush(NULL);
	bytes = written_to(fd);
	ck_assert(dup2(out, 1) >= 0 && dup2(error, 2) >= 0);
	(void)close(fd);
	(void)close(out);
	(void)close(error);
	ck_assert_int_eq(bytes, 0);
}
END_TEST

START_TEST(test_version)
{
	ck_assert_int_eq(strncmp(classifier_version(), "nDPI ", 5), 0);
	ck_assert_int_ge(classifier_version()[5], '4');
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_http);
	tcase_add_test(tc, test_tls_client);
	tcase_add_test(tc, test_tls_server);
	tcase_add_test(tc, test_certificate_dates);
	tcase_add_test(tc, test_certificate_date_thresholds);
	tcase_add_test(tc, test_ssh);
	tcase_add_test(tc, test_dns);
	tcase_add_test(tc, test_enum_names_are_redacted);
	tcase_add_test(tc, test_giving_up_guesses_by_port);
	tcase_add_test(tc, test_ends_when_the_library_does);
	tcase_add_test(tc, test_guess_without_packets);
	tcase_add_test(tc, test_expected_protocol);
	tcase_add_test(tc, test_hostile_packets);
	tcase_add_test(tc, test_library_is_silent);
	tcase_add_test(tc, test_version);
}

int main(void)
{
	return suite_main("dpi/classifier", add_tests);
}
