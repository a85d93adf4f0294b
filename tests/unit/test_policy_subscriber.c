/* Where the subscriber border runs. */
#include "tests/unit/policy_fixture.h"

static const char POLICY[] = "schema: 1\n"
			     "site: t\n"
			     "segments:\n"
			     "  oam: {vlan: 100}\n"
			     "networks: {own: [192.0.2.0/24], subscribers: [100.64.0.0/10]}\n"
			     "equipment:\n"
			     "  - {name: cell, address: 100.64.0.5}\n"
			     "  - {name: cell-oam, address: 100.64.0.6, segment: oam}\n"
			     "  - {name: upf, address: 192.0.2.1}\n"
			     "  - {name: router, mac: '02:00:00:00:00:01'}\n";

enum { OAM = 1 };

/* Of a packet that the declared router forwards: that makes it nobody else's. */
static bool is_subscriber(const char *src, const char *dst, bool access, uint16_t segment)
{
	struct site *site = site_from(POLICY, NULL);
	struct packet p = {.n_layers = 1, .has_mac = true, .src_mac = {2, 0, 0, 0, 0, 1}};
	bool result;

	p.layers[0] = (struct packet_layer){.src = addr(src), .dst = addr(dst), .access = access};
	result = site_is_subscriber(site, &p, 0, segment, 1);
	site_close(site);
	return result;
}

START_TEST(networks)
{
	ck_assert(!is_subscriber("192.0.2.1", "198.51.100.1", false, 0));
	ck_assert(is_subscriber("100.64.0.1", "198.51.100.1", false, 0));
	ck_assert(is_subscriber("192.0.2.1", "100.127.255.255", false, 0));
	ck_assert(!is_subscriber("192.0.2.1", "100.128.0.0", false, 0));
	ck_assert(!is_subscriber("192.0.2.1", "100.64.0.5", false, 0));
	ck_assert(!is_subscriber("100.64.0.5", "192.0.2.1", false, 0));
	ck_assert(is_subscriber("100.64.0.5", "100.64.0.7", false, 0)); /* the other end is one */
	ck_assert(is_subscriber("100.64.0.6", "192.0.2.1", false, 0));
	ck_assert(!is_subscriber("100.64.0.6", "192.0.2.1", false, OAM));
}
END_TEST

/* Behind PPPoE and the like any address is one, unless an end is declared. */
START_TEST(access_lines)
{
	ck_assert(is_subscriber("198.51.100.1", "198.51.100.2", true, 0));
	ck_assert(is_subscriber("192.0.2.2", "198.51.100.2", true, 0)); /* own, not declared */
	ck_assert(!is_subscriber("192.0.2.1", "198.51.100.2", true, 0));
	ck_assert(!is_subscriber("198.51.100.2", "100.64.0.5", true, 0));
	ck_assert(is_subscriber("192.0.2.1", "100.64.0.1", true, 0));
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, networks);
	tcase_add_test(t, access_lines);
}

int main(void)
{
	return suite_main("policy subscriber", add_tests);
}
