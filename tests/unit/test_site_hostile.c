/* Policies that are cut, damaged, enormous or nested: read whole, or refused with one message. */
#include <stdlib.h>

#include "tests/unit/policy_fixture.h"

static const char POLICY[] =
	"schema: 1\n"
	"site: t\n"
	"timezone: UTC\n"
	"networks: {own: [10.0.0.0/8, '2001:db8::/32'], subscribers: [100.64.0.0/10]}\n"
	"suppliers:\n"
	"  acme: {trust: untrusted, because: \"x\", asns: [64500], domains: [acme.example], "
	"networks: [203.0.113.0/24]}\n"
	"zones: {core: {deny_trust: [untrusted]}}\n"
	"equipment:\n"
	"  - {name: a, address: [10.1.0.0/16, '2001:db8::1'], mac: '00:00:5e:00:53:01', supplier: "
	"acme, role: r, zone: core}\n"
	"  - {name: b, address: 10.1.0.1, from: 2026-01-01, until: 2026-12-31}\n"
	"groups: {ntp: [10.0.0.123]}\n"
	"roles:\n"
	"  r:\n"
	"    connects: [{to: [role:r, group:ntp, own], app: [NTP, TLS], port: [tcp/443, udp/123, "
	"esp]}]\n"
	"    accepts: [{from: 'domain:x.example', app: any}]\n"
	"windows: {w: {supplier: acme, from: [group:ntp], days: [Tue], hours: '22:00-02:00', "
	"timezone: UTC}}\n"
	"exceptions: [{equipment: a, to: supplier:acme, app: TLS, until: 2027-03-01, owner: o, "
	"because: b}]\n";

/* Reads TEXT; what is read is used once, what is not has said why. */
static bool reads(const struct fixture *x, const char *text, size_t len)
{
	struct error err = {0};
	struct conversation c = {.equipment_addr = addr("10.1.0.1"),
		.peer_addr = addr("203.0.113.1"),
		.initiator = true};
	struct judgement j;
	struct site *s;

	fixture_write(x->site, text, len);
	s = site_open(x->site, NULL, NULL, &err);
	if (!s) {
		ck_assert_int_eq(err.code, ERR_CONFIG);
		ck_assert_msg(strstr(err.msg, "/site.yaml") != NULL, "%s", err.msg);
		ck_assert_msg(strchr(err.msg, '\n') == NULL, "%s", err.msg);
		return false;
	}
	c.equipment = inventory_find(site_inventory(s), &c.equipment_addr, NULL, 0, 0);
	site_judge(s, &c, &j);
	ck_assert_uint_lt(strlen(j.text), sizeof(j.text));
	site_close(s);
	return true;
}

START_TEST(cut_at_every_length)
{
	struct fixture x;

	fixture_begin(&x);
	for (size_t len = 0; len < sizeof(POLICY) - 1; len++)
		reads(&x, POLICY, len);
	ck_assert(reads(&x, POLICY, sizeof(POLICY) - 1));
	ck_assert(!reads(&x, POLICY, sizeof(POLICY) - 3));
	ck_assert(!reads(&x, POLICY, 0));
	fixture_end(&x);
}
END_TEST

START_TEST(one_byte_changed_anywhere)
{
	static const char values[] = {'\0', '\n', ' ', ':', '{', '"', '9', 'z', '\xff'};
	char text[sizeof(POLICY)];
	struct fixture x;

	memcpy(text, POLICY, sizeof(text));
	fixture_begin(&x);
	for (size_t i = 0; i < sizeof(POLICY) - 1; i++) {
		text[i] = values[i % sizeof(values)];
		reads(&x, text, sizeof(text) - 1);
		text[i] = values[(i + i / sizeof(values) + 1) % sizeof(values)];
		reads(&x, text, sizeof(text) - 1);
		text[i] = POLICY[i];
	}
	fixture_end(&x);
}
END_TEST

struct repeat {
	const char *head;
	const char *before, *after; /* around the number of each item, written A.B.C */
	const char *tail;
};

static char *repeated(const struct repeat *r, unsigned n, size_t *ret_len)
{
	size_t item_bytes = strlen(r->before) + strlen(r->after) + 12;
	size_t size = strlen(r->head) + strlen(r->tail) + n * item_bytes + 1;
	char *text = malloc(size);
	size_t len;

	ck_assert_ptr_nonnull(text);
	len = (size_t)snprintf(text, size, "%s", r->head);
	for (unsigned i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, size - len, "%s%u.%u.%u%s", r->before, i >> 16,
			i >> 8 & 255, i & 255, r->after);
	len += (size_t)snprintf(text + len, size - len, "%s", r->tail);
	*ret_len = len;
	return text;
}

#define HEAD "schema: 1\nsite: t\nnetworks: {own: [10.0.0.0/8]}\n"

static void expect_limit(const struct repeat *r, unsigned most, const char *said)
{
	size_t len;
	char *text = repeated(r, most, &len);
	struct error err = {0};
	struct site *s = site_from_bytes(text, len, NULL, &err);

	ck_assert_msg(s != NULL, "%s", err.msg);
	site_close(s);
	free(text);
	text = repeated(r, most + 1, &len);
	s = site_from_bytes(text, len, NULL, &err);
	ck_assert_ptr_null(s);
	ck_assert_msg(strstr(err.msg, said) != NULL, "%s", err.msg);
	ck_assert_msg(strstr(err.msg, "site.yaml:4:") != NULL, "%s", err.msg);
	free(text);
}

START_TEST(counts_are_bounded)
{
	static const struct repeat parties = {
		HEAD "roles: {r: {connects: [{app: any, to: [", "10.", ",", "]}]}}\n"};
	static const struct repeat apps = {
		HEAD "roles: {r: {connects: [{to: own, app: [", "a", ",", "]}]}}\n"};
	static const struct repeat lines = {
		HEAD "roles: {r: {connects: [", "{to: own, app: a", "},", "]}}\n"};
	static const struct repeat zones = {HEAD "zones: {", "z", ": ,", "}\n"};
	static const struct repeat addresses = {
		HEAD "equipment: [{name: a, address: [", "10.", ",", "]}]\n"};

	expect_limit(&parties, 256, "at most 256");
	expect_limit(&apps, 256, "at most 256");
	expect_limit(&lines, 1024, "at most 1024");
	expect_limit(&zones, 4096, "at most 4096");
	expect_limit(&addresses, 4096, "at most 4096");
}
END_TEST

START_TEST(file_of_more_than_16_mib_is_refused)
{
	size_t size = (16 << 20) + 1;
	char *text = malloc(size);
	struct error err = {0};
	struct site *s;

	ck_assert_ptr_nonnull(text);
	memset(text, '#', size);
	for (size_t i = 0; i < strlen(HEAD); i++)
		text[i] = HEAD[i];
	ck_assert_ptr_null(site_from_bytes(text, size, NULL, &err));
	ck_assert_msg(strstr(err.msg, "site.yaml") != NULL && strstr(err.msg, "16777216") != NULL,
		"%s", err.msg);
	s = site_from_bytes(text, size - 1, NULL, &err);
	ck_assert_msg(s != NULL, "%s", err.msg);
	site_close(s);
	free(text);
}
END_TEST

START_TEST(large_inventory_is_read_and_found)
{
	const size_t size = 2400000;
	char *text = malloc(size);
	struct error err = {0};
	struct site *s;
	size_t len;

	ck_assert_ptr_nonnull(text);
	len = (size_t)snprintf(text, size, "%s", HEAD "roles: {r: }\nequipment:\n");
	for (unsigned i = 0; i < 30000; i++)
		len += (size_t)snprintf(text + len, size - len,
			"  - {name: n%u, role: r, address: 10.%u.%u.%u}\n", i, i >> 16,
			i >> 8 & 255, i & 255);
	s = site_from_bytes(text, len, NULL, &err);
	ck_assert_msg(s != NULL, "%s", err.msg);
	ck_assert(str_eq(at(s, "10.0.117.47", 0)->name, STR("n29999")));
	ck_assert_ptr_null(at(s, "10.0.117.48", 0));
	ck_assert_str_eq(at(s, "10.0.0.0", 0)->where, "site.yaml:6");
	site_close(s);
	free(text);
}
END_TEST

/* Names of PREFIX and characters of two bytes: a cut in the middle of one would show. */
static void expect_whole_characters(const char *prefix)
{
	char text[16 * 1024];
	char name[101];
	struct site *s;
	struct conversation c = {
		.initiator = true, .proto = 6, .port = 1, .certain = true, .protocol = STR("TLS")};
	struct judgement j;
	size_t len;

	strcpy(name, prefix);
	while (strlen(name) < 98)
		strcat(name, "\xc3\xa9");
	len = (size_t)snprintf(text, sizeof(text),
		HEAD "groups: {%s: [192.0.2.0/24]}\nequipment: [{name: %s, address: 10.0.0.1, "
		     "role: %s}]\n"
		     "roles: {%s: {connects: [{app: TLS, to: [",
		name, name, name, name);
	for (int i = 0; i < 40; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "group:%s, ", name);
	snprintf(text + len, sizeof(text) - len, "own]}]}}\n");
	s = site_from(text, NULL);
	c.equipment_addr = addr("10.0.0.1");
	c.equipment = at(s, "10.0.0.1", 0);
	c.peer_addr = addr("192.0.2.1");
	site_judge(s, &c, &j);
	ck_assert_int_eq(j.verdict, VERDICT_ALLOWED);
	ck_assert_str_eq(j.text + strlen(j.text) - 3, "...");
	for (size_t i = 0; i < strlen(j.text);) {
		uint32_t n = utf8_decode(j.text + i, strlen(j.text) - i, NULL);

		ck_assert_uint_gt(n, 0);
		i += n;
	}
	c.peer_addr = addr("198.51.100.1");
	site_judge(s, &c, &j);
	ck_assert_int_eq(j.verdict, VERDICT_VIOLATION);
	ck_assert_msg(strstr(j.text, "198.51.100.1") != NULL, "%s", j.text);
	site_close(s);
}

START_TEST(longest_texts_fit_and_end_in_dots)
{
	expect_whole_characters("");
	expect_whole_characters("x");
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, cut_at_every_length);
	tcase_add_test(tc, one_byte_changed_anywhere);
	tcase_add_test(tc, counts_are_bounded);
	tcase_add_test(tc, file_of_more_than_16_mib_is_refused);
	tcase_add_test(tc, large_inventory_is_read_and_found);
	tcase_add_test(tc, longest_texts_fit_and_end_in_dots);
}

int main(void)
{
	return suite_main("site hostile", add_tests);
}
