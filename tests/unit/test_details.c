#include "analysis/flow/details.h"

#include <string.h>

#include "tests/unit/suite.h"

START_TEST(test_what_goes_in_comes_out)
{
	struct arena *a = arena_new(4096);
	struct flow_details d, got;
	const struct details *copy;
	struct details *packed;

	details_clear(&d);
	d.server_name = STR("gnb.example");
	d.ja3 = STR("0123456789abcdef0123456789abcdef");
	d.http_url = STR("http://a/b\0c"); /* bytes, not text */
	d.tls_names[0] = STR("a.example");
	d.tls_names[1] = STR("b.example");
	d.n_tls_names = 2;
	d.risks[0] = "weak-tls-cipher";
	d.n_risks = 1;
	d.tls_not_before_ns = 1;
	d.tls_not_after_ns = 2;
	d.http_status = 404;
	d.dns_type = 28;
	d.dns_code = 3;
	d.cert_self_signed = d.cert_expired = d.cert_not_yet_valid = d.cert_mismatch = true;
	packed = details_pack(&d);
	ck_assert_ptr_nonnull(packed);
	copy = details_copy(packed, a);
	details_free(packed); /* the copy stands for itself */
	details_unpack(copy, &got);
	ck_assert(str_eq(got.server_name, d.server_name));
	ck_assert(str_eq(got.ja3, d.ja3));
	ck_assert(str_eq(got.http_url, d.http_url));
	ck_assert_uint_eq(got.n_tls_names, 2);
	ck_assert(str_eq(got.tls_names[1], d.tls_names[1]));
	ck_assert_uint_eq(got.n_risks, 1);
	ck_assert_str_eq(got.risks[0], "weak-tls-cipher");
	ck_assert_uint_eq(got.tls_not_before_ns, 1);
	ck_assert_uint_eq(got.tls_not_after_ns, 2);
	ck_assert_uint_eq(got.http_status, 404);
	ck_assert_uint_eq(got.dns_type, 28);
	ck_assert_uint_eq(got.dns_code, 3);
	ck_assert(got.cert_self_signed && got.cert_expired && got.cert_not_yet_valid &&
		  got.cert_mismatch);
	ck_assert_uint_eq(got.ssh_client.len, 0);
	arena_free(a);
}
END_TEST

/* Every string has its own place: each alone comes back as itself. */
START_TEST(test_each_string_alone)
{
	static const size_t offsets[] = {
		offsetof(struct flow_details, server_name),
		offsetof(struct flow_details, ja3),
		offsetof(struct flow_details, ja3s),
		offsetof(struct flow_details, tls_version),
		offsetof(struct flow_details, tls_cipher),
		offsetof(struct flow_details, tls_issuer),
		offsetof(struct flow_details, tls_subject),
		offsetof(struct flow_details, tls_alpn),
		offsetof(struct flow_details, tls_sha1),
		offsetof(struct flow_details, http_host),
		offsetof(struct flow_details, http_url),
		offsetof(struct flow_details, http_user_agent),
		offsetof(struct flow_details, http_method),
		offsetof(struct flow_details, ssh_client),
		offsetof(struct flow_details, ssh_server),
		offsetof(struct flow_details, hassh_client),
		offsetof(struct flow_details, hassh_server),
		offsetof(struct flow_details, dns_name),
		offsetof(struct flow_details, snmp_version),
	};

	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		struct flow_details d, got;
		struct details *packed;
		const struct str text = STR("x");
		struct str *s;

		details_clear(&d);
		memcpy((char *)&d + offsets[i], &text, sizeof(text));
		packed = details_pack(&d);
		ck_assert_ptr_nonnull(packed);
		details_unpack(packed, &got);
		s = (struct str *)(void *)((char *)&got + offsets[i]);
		ck_assert(str_eq(*s, text));
		*s = (struct str){NULL, 0};
		ck_assert_uint_eq(got.server_name.len + got.http_url.len + got.dns_name.len +
					  got.tls_alpn.len,
			0);
		details_free(packed);
	}
}
END_TEST

/* There are a million of them. */
START_TEST(test_little_takes_little)
{
	struct flow_details d;
	struct details *packed;

	details_clear(&d);
	d.dns_name = STR("www.example");
	d.dns_type = 1;
	packed = details_pack(&d);
	ck_assert_ptr_nonnull(packed);
	ck_assert_uint_le(details_bytes(packed), 32);
	details_free(packed);
}
END_TEST

START_TEST(test_nothing_takes_no_memory)
{
	struct flow_details d;

	details_clear(&d);
	ck_assert_uint_eq(d.dns_code, 0xffff);
	ck_assert_ptr_null(details_pack(&d));
	ck_assert_uint_eq(details_bytes(NULL), 0);
	details_free(NULL);
	memset(&d, 0x55, sizeof(d));
	details_unpack(NULL, &d);
	ck_assert_uint_eq(d.server_name.len, 0);
	ck_assert_uint_eq(d.n_risks, 0);
	ck_assert_uint_eq(d.dns_code, 0xffff);
	d.dns_code = 0; /* NOERROR is something */
	struct details *packed = details_pack(&d);

	ck_assert_ptr_nonnull(packed);
	details_free(packed);
}
END_TEST

START_TEST(test_is_bounded)
{
	static char long_text[DETAILS_MAX_BYTES];
	struct flow_details d, got;
	struct details *packed;

	memset(long_text, 'u', sizeof(long_text));
	details_clear(&d);
	d.http_url = (struct str){long_text, 3000};
	d.http_user_agent =
		(struct str){long_text, 3000}; /* does not fit beside what matters more */
	d.tls_issuer = (struct str){long_text, 500};
	d.server_name = STR("a.example");
	packed = details_pack(&d);
	ck_assert_uint_le(details_bytes(packed), DETAILS_MAX_BYTES);
	details_unpack(packed, &got);
	ck_assert(str_eq(got.server_name, d.server_name));
	ck_assert_uint_eq(got.tls_issuer.len, 500);
	ck_assert_uint_eq(got.http_user_agent.len + got.http_url.len, 3000);
	details_free(packed);
	for (uint32_t i = 0; i < FLOW_MAX_NAMES; i++)
		d.tls_names[i] = (struct str){long_text, 1000};
	d.n_tls_names = FLOW_MAX_NAMES;
	packed = details_pack(&d);
	ck_assert_uint_le(details_bytes(packed), DETAILS_MAX_BYTES);
	details_unpack(packed, &got);
	ck_assert_uint_lt(got.n_tls_names, 4);
	details_free(packed);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_what_goes_in_comes_out);
	tcase_add_test(tc, test_each_string_alone);
	tcase_add_test(tc, test_little_takes_little);
	tcase_add_test(tc, test_nothing_takes_no_memory);
	tcase_add_test(tc, test_is_bounded);
}

int main(void)
{
	return suite_main("flow/details", add_tests);
}
