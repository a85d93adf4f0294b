#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analysis/enrich/geo.h"
#include "tests/unit/suite.h"

#define FIXTURES VEDETTE_SOURCE_DIR "/tests/fixtures/geo/"

/* libmaxminddb 1.7.1 forgets a list of its own when a language or a description in damaged metadata
 * is no text. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libmaxminddb.so";
}

static struct geo *open_fixture(const char *name)
{
	struct error err = {0};
	char dir[512];
	struct geo *g;

	snprintf(dir, sizeof(dir), FIXTURES "%s", name);
	g = geo_open(dir, &err);
	ck_assert_msg(g != NULL, "%s: %s", dir, err.msg);
	return g;
}

static void look_up(const struct geo *g, const char *text, struct geo_answer *ret)
{
	struct ip_addr a;

	memset(ret, 0x5a, sizeof(*ret));
	ck_assert(ip_addr_parse(str_from(text), &a));
	geo_lookup(g, &a, ret);
}

static struct geo_opinions opinions_of(const struct geo *g, const char *text)
{
	struct geo_opinions o;
	struct ip_addr a;

	memset(&o, 0x5a, sizeof(o));
	ck_assert(ip_addr_parse(str_from(text), &a));
	geo_opinions(g, &a, &o);
	return o;
}

static void assert_answer(const struct geo *g, const char *address, const char *country,
	uint32_t as_number, const char *as_name, const char *prefix)
{
	char text[IP_PREFIX_TEXT_BYTES];
	struct geo_answer a;

	look_up(g, address, &a);
	ck_assert_str_eq(a.country, country);
	ck_assert_uint_eq(a.as_number, as_number);
	ck_assert_msg(str_eq(a.as_name, str_from(as_name)), "%s: %.*s", address, (int)a.as_name.len,
		a.as_name.data);
	ck_assert_str_eq(ip_prefix_format(&a.prefix, text), prefix);
	ck_assert(!a.disagree);
}

/* Opening must fail with ERR_CONFIG and a message that holds each of the NULL-terminated WORDS. */
static void assert_refused(const char *dir, const char *const *words)
{
	struct error err = {0};
	struct geo *g = geo_open(dir, &err);

	ck_assert_ptr_null(g);
	ck_assert_int_eq(err.code, ERR_CONFIG);
	for (; *words; words++)
		ck_assert_msg(strstr(err.msg, *words) != NULL, "'%s' not in: %s", *words, err.msg);
}

static uint8_t *read_fixture(const char *name, size_t *ret_len)
{
	uint8_t *bytes = malloc(1 << 16);
	char path[512];
	FILE *f;

	ck_assert_ptr_nonnull(bytes);
	snprintf(path, sizeof(path), FIXTURES "%s", name);
	f = fopen(path, "rb");
	ck_assert_msg(f != NULL, "%s", path);
	*ret_len = fread(bytes, 1, 1 << 16, f);
	fclose(f);
	ck_assert_uint_gt(*ret_len, 0);
	return bytes;
}

struct scratch {
	char dir[64], file[96];
};

static void scratch_make(struct scratch *s)
{
	snprintf(s->dir, sizeof(s->dir), "/tmp/vedette-test-geo-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(s->dir));
	snprintf(s->file, sizeof(s->file), "%s/x.mmdb", s->dir);
}

static void scratch_write(const struct scratch *s, const void *bytes, size_t len)
{
	FILE *f = fopen(s->file, "wb");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(bytes, 1, len, f), len);
	ck_assert_int_eq(fclose(f), 0);
}

static void scratch_remove(const struct scratch *s)
{
	unlink(s->file);
	ck_assert_int_eq(rmdir(s->dir), 0);
}

START_TEST(test_site)
{
	struct geo *g = open_fixture("site");

	assert_answer(g, "192.0.2.77", "PL", 64496, "Example Operator", "192.0.2.0/24");
	assert_answer(g, "198.51.100.0", "CN", 64500, "Example Adversary Net", "198.51.100.0/24");
	assert_answer(g, "203.0.113.127", "DE", 64501, "Example Supplier TAC", "203.0.113.0/25");
	assert_answer(g, "203.0.113.128", "US", 64502, "Example Cloud", "203.0.113.128/25");
	assert_answer(
		g, "2001:db8:bad:1::1", "CN", 64500, "Example Adversary Net", "2001:db8:bad::/48");
	assert_answer(g, "2001:db8:bae::1", "PL", 64496, "Example Operator", "2001:db8:bae::/47");
	geo_close(g);
}
END_TEST

START_TEST(test_registered_country_and_opinions)
{
	struct geo *g = open_fixture("site");
	struct geo_answer a;
	struct geo_opinions o;

	look_up(g, "203.0.113.200", &a);
	o = opinions_of(g, "203.0.113.200");
	ck_assert_str_eq(a.country, "US");
	ck_assert_str_eq(a.registered_country, "DE");
	ck_assert_uint_eq(o.n, 2);
	ck_assert_uint_eq(o.items[0].file, 0); /* asn.mmdb is before country.mmdb */
	ck_assert_uint_eq(o.items[0].as_number, 64502);
	ck_assert(str_eq(o.items[0].as_name, STR("Example Cloud")));
	ck_assert_str_eq(o.items[0].country, "");
	ck_assert_uint_eq(o.items[1].file, 1);
	ck_assert_uint_eq(o.items[1].as_number, 0);
	ck_assert_str_eq(o.items[1].country, "US");
	geo_close(g);
}
END_TEST

static void assert_knows_nothing(const struct geo *g, const char *address)
{
	struct geo_answer a;
	struct geo_opinions o;

	look_up(g, address, &a);
	o = opinions_of(g, address);
	ck_assert_str_eq(a.country, "");
	ck_assert_str_eq(a.registered_country, "");
	ck_assert_uint_eq(a.as_number, 0);
	ck_assert_uint_eq(a.as_name.len, 0);
	ck_assert_uint_eq(a.prefix.length_bits, 0);
	ck_assert_uint_eq(o.n, 0);
	ck_assert(!a.disagree);
}

START_TEST(test_unknown)
{
	static const char *const addresses[] = {"192.0.1.255", "192.0.3.0", "0.0.0.0",
		"255.255.255.255", "2001:db7:ffff::1", "2001:db9::", "::", "::1",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"};
	struct geo *g = open_fixture("site");

	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
		assert_knows_nothing(g, addresses[i]);
	geo_close(g);
}
END_TEST

START_TEST(test_without_data)
{
	static const char *const dirs[] = {NULL, ""};

	for (size_t i = 0; i < 2; i++) {
		struct error err = {0};
		struct geo *g = geo_open(dirs[i], &err);

		ck_assert_ptr_nonnull(g);
		ck_assert_int_eq(err.code, ERR_OK);
		ck_assert_uint_eq(geo_files(g), 0);
		assert_knows_nothing(g, "192.0.2.1");
		geo_close(g);
	}
	geo_close(NULL);
}
END_TEST

START_TEST(test_flat_pairs_of_families)
{
	struct geo *g = open_fixture("flat");
	struct geo_answer a;
	struct geo_opinions o;

	assert_answer(g, "192.0.2.1", "PL", 64496, "Example Operator", "192.0.2.0/24");
	assert_answer(g, "203.0.113.255", "US", 64502, "Example Cloud", "203.0.113.128/25");
	assert_answer(g, "2001:db8::1", "XA", 64496, "Example Operator", "2001:db8::/32");
	assert_knows_nothing(g, "203.0.113.1");
	assert_knows_nothing(
		g, "::192.0.2.1"); /* not an IPv4 address, though a tree keeps IPv4 there */
	look_up(g, "192.0.2.1", &a);
	o = opinions_of(g, "192.0.2.1");
	ck_assert_uint_eq(o.n, 2);
	geo_close(g);
}
END_TEST

START_TEST(test_both_in_one_file)
{
	struct geo *lite = open_fixture("lite"), *city = open_fixture("city");
	struct geo_file file;
	struct geo_answer a;

	assert_answer(lite, "192.0.2.1", "PL", 64496, "Example Operator", "192.0.2.0/24");
	assert_knows_nothing(lite, "198.51.100.1"); /* a record, with an empty code */
	geo_file(lite, 0, &file);
	ck_assert_str_eq(file.gives, "country+asn");
	ck_assert(!file.nested);

	assert_answer(city, "192.0.2.1", "PL", 64496, "Example Operator", "192.0.2.0/24");
	look_up(city, "192.0.2.1", &a);
	ck_assert_str_eq(a.registered_country, "XB");
	assert_knows_nothing(city, "198.51.100.1"); /* a record without what we ask */
	geo_file(city, 0, &file);
	ck_assert_str_eq(file.gives, "country+asn");
	ck_assert(file.nested);
	geo_close(lite);
	geo_close(city);
}
END_TEST

START_TEST(test_files)
{
	struct geo *g = open_fixture("flat");
	struct geo_file f;

	ck_assert_uint_eq(geo_files(g), 4);
	geo_file(g, 0, &f);
	ck_assert_str_eq(f.path, FIXTURES "flat/asn-v4.mmdb");
	ck_assert_str_eq(f.type, "Vedette-Fixture-Flat-ASN-IPv4");
	ck_assert_str_eq(f.description, "Fixture of documentation prefixes");
	ck_assert_str_eq(f.gives, "asn");
	ck_assert_uint_eq(f.build_s, 1767225600);
	ck_assert_uint_eq(f.ip_version, 4);
	ck_assert(!f.nested);
	geo_file(g, 3, &f);
	ck_assert_str_eq(f.path, FIXTURES "flat/country-v6.mmdb");
	ck_assert_str_eq(f.gives, "country");
	ck_assert_uint_eq(f.ip_version, 6);
	geo_close(g);
	g = open_fixture("site");
	geo_file(g, 1, &f);
	ck_assert_str_eq(f.gives, "country");
	ck_assert(f.nested);
	geo_close(g);
}
END_TEST

START_TEST(test_disagree)
{
	struct geo *g = open_fixture("disagree");
	struct geo_answer a;
	struct geo_opinions o;

	look_up(g, "192.0.2.1", &a); /* two countries: the first file's is taken, both are told */
	o = opinions_of(g, "192.0.2.1");
	ck_assert(a.disagree);
	ck_assert_str_eq(a.country, "PL");
	ck_assert_uint_eq(o.n, 2);
	ck_assert_str_eq(o.items[0].country, "PL");
	ck_assert_str_eq(o.items[1].country, "XA");
	ck_assert_uint_lt(o.items[0].file, o.items[1].file);

	look_up(g, "198.51.100.1", &a); /* two numbers, two names */
	o = opinions_of(g, "198.51.100.1");
	ck_assert(a.disagree);
	ck_assert_uint_eq(a.as_number, 64500);
	ck_assert(str_eq(a.as_name, STR("Example Adversary Net")));
	ck_assert_uint_eq(o.items[1].as_number, 64502);
	ck_assert(str_eq(o.items[1].as_name, STR("Example Cloud")));

	look_up(g, "198.51.100.65", &a); /* one number, two spellings */
	ck_assert(!a.disagree);
	look_up(g, "198.51.100.129", &a); /* two numbers of one organisation */
	o = opinions_of(g, "198.51.100.129");
	ck_assert(!a.disagree);
	ck_assert_uint_eq(o.items[1].as_number, 64503);
	look_up(g, "198.51.100.193", &a); /* two numbers, one without a name */
	ck_assert(a.disagree);
	ck_assert_uint_eq(a.as_number, 64500);
	ck_assert_uint_eq(a.as_name.len, 0); /* never the other number's */

	look_up(g, "203.0.113.1", &a); /* only one of them knows */
	ck_assert(!a.disagree);
	ck_assert_str_eq(a.country, "DE");
	geo_close(g);
}
END_TEST

START_TEST(test_refused)
{
	assert_refused(FIXTURES "wrong-type",
		(const char *const[]){"wrong-type/anonymous.mmdb", "Vedette-Fixture-Anonymous-IP",
			"neither a country nor an AS number", "remove this one", NULL});
	assert_refused(FIXTURES "not-mmdb",
		(const char *const[]){"not-mmdb/ranges.mmdb", "not a MaxMind DB file but text",
			"download it again", NULL});
	assert_refused(FIXTURES "truncated",
		(const char *const[]){"truncated/country.mmdb", "not a MaxMind DB file",
			"cut short", "download it again", NULL});
	assert_refused(FIXTURES "damaged",
		(const char *const[]){"damaged/country.mmdb", "damaged database",
			"Vedette-Fixture-Country", "download it again", NULL});
	assert_refused(FIXTURES "none",
		(const char *const[]){"none", "no *.mmdb file", "scripts/geo/build.sh", NULL});
	assert_refused(FIXTURES "does-not-exist", (const char *const[]){"does-not-exist", NULL});
}
END_TEST

START_TEST(test_says_what_it_is)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *what;
	} cases[] = {
		{"", 0, "an empty file"},
		{"\x1f\x8b\x08\0", 4, "a gzip archive"},
		{"PK\x03\x04", 4, "a zip archive"},
		{"<html>", 6, "a web page"},
	};
	struct scratch s;

	scratch_make(&s);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scratch_write(&s, cases[i].bytes, cases[i].len);
		assert_refused(s.dir, (const char *const[]){s.file, cases[i].what, NULL});
	}
	scratch_remove(&s);
}
END_TEST

START_TEST(test_too_many_files)
{
	size_t len;
	uint8_t *bytes = read_fixture("site/asn.mmdb", &len);
	struct scratch s;
	struct error err = {0};
	struct geo_answer a;
	struct geo_opinions o;
	struct geo *g;

	scratch_make(&s);
	for (int i = 0; i <= GEO_MAX_FILES; i++) {
		snprintf(s.file, sizeof(s.file), "%s/%02d.mmdb", s.dir, i);
		if (i == GEO_MAX_FILES) {
			g = geo_open(s.dir, &err);
			ck_assert_msg(g != NULL, "%s", err.msg);
			look_up(g, "192.0.2.1", &a);
			o = opinions_of(g, "192.0.2.1");
			ck_assert_uint_eq(o.n, GEO_MAX_FILES);
			ck_assert(!a.disagree);
			geo_close(g);
		}
		scratch_write(&s, bytes, len);
	}
	assert_refused(s.dir, (const char *const[]){s.dir, "more than 16", NULL});
	for (int i = GEO_MAX_FILES; i >= 0; i--) {
		snprintf(s.file, sizeof(s.file), "%s/%02d.mmdb", s.dir, i);
		unlink(s.file);
	}
	scratch_remove(&s);
	free(bytes);
}
END_TEST

START_TEST(test_file_changes_under_us)
{
	size_t len;
	uint8_t *bytes = read_fixture("site/asn.mmdb", &len);
	struct scratch s;
	struct geo *g;

	scratch_make(&s);
	scratch_write(&s, bytes, len);
	g = geo_open(s.dir, NULL);
	ck_assert_ptr_nonnull(g);
	ck_assert_int_eq(truncate(s.file, 0), 0);
	assert_answer(g, "192.0.2.77", "", 64496, "Example Operator", "192.0.2.0/24");
	scratch_write(&s, "<html>", 6);
	assert_answer(g, "203.0.113.128", "", 64502, "Example Cloud", "203.0.113.128/25");
	ck_assert_int_eq(unlink(s.file), 0);
	assert_answer(g, "198.51.100.0", "", 64500, "Example Adversary Net", "198.51.100.0/24");
	geo_close(g);
	scratch_remove(&s);
	free(bytes);
}
END_TEST

/* A pipe must not hang the program, and nothing that is no file may be read. */
START_TEST(test_pipe)
{
	struct error err = {0};
	struct scratch s;

	scratch_make(&s);
	ck_assert_int_eq(mkfifo(s.file, 0600), 0);
	ck_assert_ptr_null(geo_open(s.dir, &err));
	ck_assert_int_eq(err.code, ERR_CONFIG);
	scratch_remove(&s);
}
END_TEST

static void walk(const struct geo *g)
{
	static const char *const addresses[] = {"192.0.2.1", "198.51.100.1", "203.0.113.1",
		"203.0.113.129", "2001:db8::1", "2001:db8:bad::1", "0.0.0.0", "255.255.255.255",
		"::", "ffff::"};
	uint32_t sum = 0;

	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		struct geo_answer a;

		look_up(g, addresses[i], &a);
		ck_assert_uint_le(a.prefix.length_bits, 128);
		ck_assert_uint_le(strlen(a.country), 2);
		for (uint32_t k = 0; k < a.as_name.len; k++)
			sum += (uint8_t)a.as_name.data[k];
	}
	(void)sum;
}

START_TEST(test_every_truncation)
{
	size_t len;
	uint8_t *bytes = read_fixture("site/asn.mmdb", &len);
	struct scratch s;

	scratch_make(&s);
	for (size_t n = 0; n < len; n++) {
		struct error err = {0};
		struct geo *g;

		scratch_write(&s, bytes, n);
		g = geo_open(s.dir, &err);
		/* The last value of the metadata may be cut off and the rest still make sense. */
		ck_assert_msg(g || (err.code == ERR_CONFIG && strstr(err.msg, s.file)), "%zu: %s",
			n, err.msg);
		if (g)
			walk(g);
		geo_close(g);
	}
	scratch_remove(&s);
	free(bytes);
}
END_TEST

static void flip_each(const char *name, unsigned step, unsigned first)
{
	size_t len;
	uint8_t *bytes = read_fixture(name, &len);
	struct scratch s;

	scratch_make(&s);
	for (size_t bit = first; bit < len * 8; bit += step) {
		struct error err = {0};
		struct geo *g;

		bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
		scratch_write(&s, bytes, len);
		g = geo_open(s.dir, &err);
		ck_assert_msg(g || (err.code != ERR_OK && strstr(err.msg, s.file)), "bit %zu: %s",
			bit, err.msg);
		if (g)
			walk(g);
		geo_close(g);
		bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	scratch_remove(&s);
	free(bytes);
}

START_TEST(test_flipped_bits)
{
	flip_each("site/asn.mmdb", 3, 0);
	flip_each("site/country.mmdb", 3, 1);
	flip_each("flat/asn-v4.mmdb", 1, 0);
	flip_each("city/city.mmdb", 3, 2);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_site);
	tcase_add_test(tc, test_registered_country_and_opinions);
	tcase_add_test(tc, test_unknown);
	tcase_add_test(tc, test_without_data);
	tcase_add_test(tc, test_flat_pairs_of_families);
	tcase_add_test(tc, test_both_in_one_file);
	tcase_add_test(tc, test_files);
	tcase_add_test(tc, test_disagree);
	tcase_add_test(tc, test_refused);
	tcase_add_test(tc, test_says_what_it_is);
	tcase_add_test(tc, test_too_many_files);
	tcase_add_test(tc, test_file_changes_under_us);
	tcase_add_test(tc, test_pipe);
	tcase_add_test(tc, test_every_truncation);
	tcase_add_test(tc, test_flipped_bits);
}

int main(void)
{
	return suite_main("geo", add_tests);
}
