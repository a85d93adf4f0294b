#include "rules/policy/import/import.h"

#include <stdlib.h>

#include "tests/unit/policy_fixture.h"

#define ROLES_PATH VEDETTE_SOURCE_DIR "/rules/packs/roles.yaml"

struct result {
	char text[8192];  /* all sections */
	char notes[4096]; /* a line each */
	struct error err;
	int rc;
};

/* TEXT of LEN bytes as a file NAME of the format RUN. */
static const struct result *take(import_fn *run, const char *name, const char *text, size_t len)
{
	static struct result r;
	struct policy_import *im = import_new(ROLES_PATH);
	char dir[] = "/tmp/vedette-import-XXXXXX";
	char path[64];
	size_t n = 0;
	size_t n_notes = 0;

	memset(&r, 0, sizeof(r));
	ck_assert_ptr_nonnull(im);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fixture_write(path, text, len);
	r.rc = run(im, path, &r.err);
	unlink(path);
	rmdir(dir);
	if (r.rc == 0)
		r.rc = import_finish(im, &r.err);
	for (int i = 0; r.rc == 0 && i < IMPORT_SECTIONS; i++) {
		const enum import_section s = (enum import_section)i;

		if (*import_text(im, s))
			n += (size_t)snprintf(r.text + n, sizeof(r.text) - n, "%s:\n%s",
				import_section_name(s), import_text(im, s));
	}
	for (size_t i = 0; i < import_notes(im); i++)
		n_notes += (size_t)snprintf(
			r.notes + n_notes, sizeof(r.notes) - n_notes, "%s\n", import_note(im, i));
	import_free(im);
	return &r;
}

static const struct result *take_text(import_fn *run, const char *name, const char *text)
{
	return take(run, name, text, strlen(text));
}

/* What was made is a policy when a head stands before it. */
static void expect_policy(const char *text)
{
	char policy[10000];
	struct error err = {0};
	struct fixture x;
	struct site *s;

	snprintf(policy, sizeof(policy), "schema: 1\nsite: t\nnetworks: {own: [10.0.0.0/8]}\n%s",
		text);
	fixture_begin(&x);
	fixture_write(x.site, policy, strlen(policy));
	s = site_open(x.site, ROLES_PATH, NULL, &err);
	fixture_end(&x);
	ck_assert_msg(s != NULL, "%s\n%s", err.msg, policy);
	site_close(s);
}

/* As many as a policy takes, whether in one row or in many; and no more memory than they need. */
START_TEST(inventory_of_many_addresses)
{
	enum { ROWS = 5000, ROW_BYTES = 16 };
	char *text = malloc((ROWS + 1) * ROW_BYTES);
	size_t len = (size_t)sprintf(text, "name,address\n");
	const struct result *r;

	ck_assert_ptr_nonnull(text);
	for (unsigned i = 0; i < ROWS; i++)
		len += (size_t)sprintf(text + len, "a,10.1.%u.%u\n", i / 256, i % 256);
	r = take_text(import_csv, "inv.csv", text);
	ck_assert_int_eq(r->rc, ERR_CONFIG);
	ck_assert_str_eq(
		r->err.msg, "inv.csv:4098: more than 4096 addresses of a; write their prefix");
	free(text);
}
END_TEST

START_TEST(inventory_becomes_equipment)
{
	const struct result *r = take_text(import_csv, "inv.csv",
		"Hostname;IP Address;MAC;Vendor;Role;Zone;Serial;until\r\n"
		"gnb-1;10.1.0.1, 10.1.1.1;;Acme;gnb;ran;4711;\r\n"
		"gnb-1;2001:db8::1 10.1.0.1/32;;Acme;gnb;ran;4711;\r\n"
		"\"box; old\";10.2.0.0/24;0000.5e00.5301;\"O'Hare\";jump;;1;2027-03-01\r\n");

	ck_assert_msg(r->rc == 0, "%s", r->err.msg);
	ck_assert_str_eq(r->text,
		"suppliers:\n"
		"  Acme: {} # jurisdiction, trust, because, domains, asns, networks\n"
		"  'O''Hare': {} # jurisdiction, trust, because, domains, asns, networks\n"
		"zones:\n"
		"  ran:\n"
		"equipment:\n"
		"  - {name: gnb-1, address: [10.1.0.1, 10.1.1.1, \"2001:db8::1\"], supplier: Acme, "
		"role: gnb, zone: ran} # inv.csv:2\n"
		"  - {name: 'box; old', address: 10.2.0.0/24, mac: \"00:00:5e:00:53:01\", "
		"supplier: "
		"'O''Hare', role: jump, until: '2027-03-01'} # inv.csv:4\n"
		"roles:\n"
		"  jump: # no shipped role: connects and accepts are to be written\n");
	ck_assert_str_eq(r->notes, "inv.csv:1:42: column \"Serial\": no part of a policy\n");
	expect_policy(r->text);
}
END_TEST

#define DESCRIPTION(from, to)                                                                      \
	"{\"ietf-mud:mud\": {\"mud-version\": 1, \"mud-url\": \"https://x.example/cam-200.json\"," \
	" \"systeminfo\": \"Cam\", \"from-device-policy\": {\"access-lists\":"                     \
	" {\"access-list\": [{\"name\": \"f\"}]}}, \"to-device-policy\": {\"access-lists\":"       \
	" {\"access-list\": [{\"name\": \"t\"}]}}},\n"                                             \
	"\"ietf-access-control-list:acls\": {\"acl\": [\n"                                         \
	"{\"name\": \"f\", \"aces\": {\"ace\": [" from "]}},\n"                                    \
	"{\"name\": \"t\", \"aces\": {\"ace\": [" to "]}}]}}\n"
#define ACCEPT(matches) "{\"matches\": {" matches "}, \"actions\": {\"forwarding\": \"accept\"}}"
#define TO(net)         "\"ipv4\": {\"destination-ipv4-network\": \"" net "\"}"
#define FROM(net)       "\"ipv4\": {\"source-ipv4-network\": \"" net "\"}"
#define PORT(side, n)   "\"" side "-port\": {\"operator\": \"eq\", \"port\": " n "}"

START_TEST(descriptions_become_contracts)
{
	static const struct {
		const char *text, *lines;
	} samples[] = {
		{DESCRIPTION(
			 ACCEPT(TO("192.0.2.0/24") ", \"tcp\": {" PORT("destination", "443") "}"),
			 ""),
			"    connects:\n      - {to: 192.0.2.0/24, port: tcp/443}\n"},
		/* The answers of what the device began. */
		{DESCRIPTION("",
			 ACCEPT(FROM("192.0.2.0/24") ", \"tcp\": {\"ietf-mud:direction-initiated\":"
						     " \"from-device\", " PORT(
							     "source", "443") "}")),
			"    connects:\n      - {to: 192.0.2.0/24, port: tcp/443}\n"},
		/* Both lists of one conversation. */
		{DESCRIPTION(
			 ACCEPT(TO("192.0.2.0/24") ", \"udp\": {" PORT("destination", "123") "}"),
			 ACCEPT(FROM("192.0.2.0/24") ", \"udp\": {" PORT("source", "123") "}")),
			"    connects:\n      - {to: 192.0.2.0/24, port: udp/123}\n"},
		/* A server. */
		{DESCRIPTION(ACCEPT(TO("192.0.2.0/24") ", \"tcp\": {" PORT("source", "80") "}"),
			 ACCEPT(FROM("192.0.2.0/24") ", \"tcp\": {" PORT("destination", "80") "}")),
			"    accepts:\n      - {from: 192.0.2.0/24, port: tcp/80}\n"},
		{DESCRIPTION("",
			 ACCEPT(FROM("192.0.2.7/32") ", \"tcp\": {\"ietf-mud:direction-initiated"
						     "\": \"to-device\"}")),
			"    accepts:\n      - {from: 192.0.2.7, port: tcp/1-65535}\n"},
		{DESCRIPTION(ACCEPT("\"ipv6\": {\"ietf-acldns:dst-dnsname\": \"api.x.example\"}, "
				    "\"tcp\": {"
				    "\"destination-port\": {\"lower-port\": 5000, \"upper-port\": "
				    "5010}}"),
			 ""),
			"    connects:\n      - {to: \"domain:api.x.example\", port: "
			"tcp/5000-5010}\n"},
		{DESCRIPTION(ACCEPT(TO("192.0.2.0/24") ", \"udp\": {\"destination-port\":"
						       " {\"operator\": \"neq\", \"port\": 53}}"),
			 ""),
			"    connects:\n      - {to: 192.0.2.0/24, port: [udp/1-52, "
			"udp/54-65535]}\n"},
		{DESCRIPTION(ACCEPT(TO("192.0.2.0/24") ", \"udp\": {\"destination-port\":"
						       " {\"operator\": \"gte\", \"port\": 1024}}"),
			 ""),
			"    connects:\n      - {to: 192.0.2.0/24, port: udp/1024-65535}\n"},
		{DESCRIPTION(ACCEPT("\"ipv4\": {\"destination-ipv4-network\": \"192.0.2.0/24\", "
				    "\"protocol\": "
				    "50}"),
			 ""),
			"    connects:\n      - {to: 192.0.2.0/24, port: esp}\n"},
		{DESCRIPTION(ACCEPT("\"ietf-mud:mud\": {\"local-networks\": [null], "
				    "\"same-manufacturer\": "
				    "[null]}, \"icmp\": {}"),
			 ""),
			"    connects:\n      - {to: [own, role:cam-200], port: icmp}\n"},
	};

	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		const struct result *r = take_text(import_mud, "cam.json", samples[i].text);

		ck_assert_msg(r->rc == 0, "%zu: %s", i, r->err.msg);
		ck_assert_str_eq(r->notes, "");
		ck_assert_msg(
			strstr(r->text, "  cam-200:\n") &&
				strcmp(strstr(r->text, "  cam-200:\n") + 11, samples[i].lines) == 0,
			"%zu: %s", i, r->text);
		expect_policy(r->text);
	}
}
END_TEST

START_TEST(what_a_description_says_and_a_policy_cannot_is_told)
{
	static const struct {
		const char *ace, *note;
	} samples[] = {
		{"{\"actions\": {\"forwarding\": \"accept\"}}", "it accepts everything"},
		{"{\"matches\": {}, \"actions\": {\"forwarding\": \"drop\"}}", "what is dropped"},
		{ACCEPT("\"tcp\": {}"), "or is anybody"},
		{ACCEPT("\"ietf-mud:mud\": {\"manufacturer\": \"y.example\"}, \"tcp\": {}"),
			"manufacturer: a policy knows"},
		{ACCEPT("\"ietf-mud:mud\": {\"model\": \"y\"}, \"tcp\": {}"), "model: a policy"},
		{ACCEPT(TO("192.0.2.0/33") ", \"tcp\": {}"), "no prefix"},
		{ACCEPT("\"ipv4\": {\"ietf-acldns:dst-dnsname\": \"a b\"}, \"tcp\": {}"),
			"no domain name"},
		{ACCEPT(TO("192.0.2.0/24")), "neither tcp nor udp"},
		{ACCEPT(TO("192.0.2.0/24") ", \"tcp\": {" PORT("destination", "70000") "}"),
			"no numbers from 0"},
		{ACCEPT(TO("192.0.2.0/24") ", \"tcp\": {\"destination-port\": {\"lower-port\": 9, "
					   "\"upper-port\": 8}}"),
			"no numbers from 0"},
	};

	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		char text[2000];
		const struct result *r;

		snprintf(text, sizeof(text), DESCRIPTION("%s", ""), samples[i].ace);
		r = take_text(import_mud, "cam.json", text);
		ck_assert_msg(r->rc == 0, "%zu: %s", i, r->err.msg);
		ck_assert_msg(strstr(r->notes, samples[i].note) &&
				      strncmp(r->notes, "cam.json:3:", 11) == 0,
			"%zu: %s", i, r->notes);
		ck_assert_msg(!strstr(r->text, "connects"), "%s", r->text);
	}
}
END_TEST

START_TEST(controllers_become_groups_to_be_filled)
{
	const struct result *r = take_text(import_mud, "cam.json",
		DESCRIPTION(ACCEPT("\"ietf-mud:mud\": {\"my-controller\": [null], \"controller\": "
				   "\"urn:ietf:params:mud:dns\"}, \"udp\": {" PORT(
					   "destination", "53") "}"),
			""));

	ck_assert_msg(r->rc == 0, "%s", r->err.msg);
	ck_assert_ptr_nonnull(strstr(r->text, "  cam-200-controller: []\n"));
	ck_assert_ptr_nonnull(strstr(r->text, "  urn-ietf-params-mud-dns: []\n"));
	ck_assert_ptr_nonnull(strstr(r->text,
		"{to: [group:cam-200-controller, group:urn-ietf-params-mud-dns], port: udp/53}"));
	expect_policy(r->text);
}
END_TEST

#define RAEX(inside)                                                                               \
	"<t:TADIGRAEXIR21 xmlns:t=\"urn:x\">\n<t:OrganisationInfo>"                                \
	"<t:OrganisationName>Ex &amp; Co</t:OrganisationName>"                                     \
	"<t:TADIGCode>XXAEX</t:TADIGCode>\n" inside "</t:OrganisationInfo></t:TADIGRAEXIR21>\n"
#define BACKBONE(range)                                                                            \
	"<t:InterPMNBackboneIPList><t:IPAddressOrRange>\n<t:IPAddressRange> " range                \
	" </t:IPAddressRange></t:IPAddressOrRange></t:InterPMNBackboneIPList>"
#define NODE(type, ip)                                                                             \
	"<t:NwNode><t:NwElementType>" type "</t:NwElementType><t:IPAddressInfo><t:IPAddress>" ip   \
	"</t:IPAddress></t:IPAddressInfo></t:NwNode>"

/* JSON writes what is beyond 16 bits as two escapes; YAML has none such. */
START_TEST(pairs_of_escapes_are_one_character)
{
	const struct result *r = take_text(import_mud, "cam.json",
		"{\"ietf-mud:mud\": {\"mud-url\": \"https:\\/\\/x.example/cam\",\n"
		"\t\"systeminfo\": \"A \\ud83d\\ude00 \\u00e9 \\\\ud83d\"},\n"
		"\"ietf-access-control-list:acls\": {}}\n");

	ck_assert_msg(r->rc == 0, "%s", r->err.msg);
	ck_assert_msg(
		strstr(r->text, "https://x.example/cam, A \xf0\x9f\x98\x80 \xc3\xa9 \\ud83d\n") !=
			NULL,
		"%s", r->text);
}
END_TEST

START_TEST(partners_become_groups)
{
	const struct result *r = take_text(import_raex, "p.xml",
		RAEX(BACKBONE("192.0.2.0/25") BACKBONE("198.51.100.4-198.51.100.9") BACKBONE(
			"192.0.2.0/25") NODE("HSS", "203.0.113.70") NODE("SEPP",
			"2001:db8::9") "<t:PMNLocalDNSIPList><t:DNSitem><t:IPAddress>203.0.113.53"
				       "</t:IPAddress></t:DNSitem></t:PMNLocalDNSIPList>" NODE(
					       "CSCF", "203.0.113.80")));

	ck_assert_msg(r->rc == 0, "%s", r->err.msg);
	ck_assert_str_eq(r->text, "groups:\n"
				  "  # of roaming partners: their backbone (IR.21)\n"
				  "  roaming-gtp:\n"
				  "    - 192.0.2.0/25 # XXAEX Ex & Co\n"
				  "    - 198.51.100.4/30 # XXAEX Ex & Co\n"
				  "    - 198.51.100.8/31 # XXAEX Ex & Co\n"
				  "  # XXAEX Ex & Co, all of its networks in p.xml\n"
				  "  partner-xxaex:\n"
				  "    - 192.0.2.0/25\n"
				  "    - 198.51.100.4/30\n"
				  "    - 198.51.100.8/31\n"
				  "    - 203.0.113.53\n"
				  "    - 203.0.113.70\n"
				  "    - \"2001:db8::9\"\n"
				  "  # of roaming partners: Diameter (IR.21)\n"
				  "  roaming-diameter:\n"
				  "    - 203.0.113.70 # XXAEX Ex & Co\n"
				  "  # of roaming partners: SEPP (IR.21)\n"
				  "  roaming-sepp:\n"
				  "    - \"2001:db8::9\" # XXAEX Ex & Co\n"
				  "  # of roaming partners: DNS (IR.21)\n"
				  "  roaming-dns:\n"
				  "    - 203.0.113.53 # XXAEX Ex & Co\n");
	ck_assert_ptr_nonnull(strstr(r->notes, "(IPAddressInfo, CSCF)"));
	expect_policy(r->text);
}
END_TEST

static const struct mistake {
	import_fn *run;
	const char *text, *message, *remedy;
} mistakes[] = {
	{import_csv, "", ":1:1: the file is empty", "name,address,role"},
	{import_csv, "a,b\n1,2\n", ":1:1: no column is called name", "first row"},
	{import_csv, "name,role\n1,2\n", ":1:1: no column is called address", "add one of them"},
	{import_csv, "name,address\na\n", ":2:1: the row has 1 fields", "commas"},
	{import_csv, "name,address\n,10.0.0.1\n", ":2:1: the row has no name", "needs one"},
	{import_csv, "name,address\na,\n", ":2:1: a has neither address nor mac", "add one"},
	{import_csv, "name,address\na,10.0.0.256\n", ":2:3: \"10.0.0.256\" is no address",
		"write such as"},
	{import_csv, "name,address\na,\"10.0.0.1 10.0.0.1/8\"\n", ":2:3: \"10.0.0.1/8\" has bits",
		"10.0.0.0/8"},
	{import_csv, "name,address\na,::/0\n", ":2:3: \"::/0\" is more than any equipment",
		"its own addresses"},
	{import_csv, "name,mac\na,00:00\n", ":2:3: \"00:00\" is no hardware address", "six pairs"},
	{import_csv, "name,address,until\na,10.0.0.1,soon\n", ":2:12: \"soon\" is no date",
		"2027-03-01"},
	{import_csv, "name,address\n\"a\nb\",10.0.0.1\n", ":2:1: \"a\\x0ab\" holds characters",
		"plain text"},
	{import_csv, "name,address,role\na,10.0.0.1,x\na,10.0.0.2,y\n",
		"f:3: equipment a stands already at f:2", "make the rows agree"},
	{import_csv, "name,address\n\"a,10.0.0.1\n", ":2:1: the quote that begins here", "add \""},
	{import_mud, "{", ":1:", "f:"},
	{import_mud, "schema: 1\n", ":1:", "f:"},
	{import_mud, "{\"a\": 1, \"a\": 2}", ":1:", "f:"},
	{import_mud, "{}",
		":1:1: this is no manufacturer usage description: it has no ietf-mud:mud",
		"MUD URL"},
	{import_mud, "{\"ietf-mud:mud\": {}}", "it has no ietf-access-control-list:acls",
		"MUD URL"},
	{import_mud, DESCRIPTION("{}", ""), ":3:32: this entry of an access list says neither",
		"ask the manufacturer"},
	{import_mud,
		"{\"ietf-mud:mud\": {\"from-device-policy\": {\"access-lists\": {\"access-list\": "
		"[{\"name\": \"x\"}]}}}, \"ietf-access-control-list:acls\": {\"acl\": []}}",
		":1:84: no access list has this name", "under acls"},
	{import_raex, "", ":1:1: this is no XML: no element found", "its sender"},
	{import_raex, "<a><b></a>", ":1:9: this is no XML: mismatched tag", "its sender"},
	{import_raex, "<a/>", ":1:1: this is XML and no RAEX", "roaming partner sent"},
	{import_raex, "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", ":1:13: a document type",
		"remove the DOCTYPE"},
	{import_raex, RAEX(BACKBONE("192.0.2.0/33")), ":4:1: \"192.0.2.0/33\" is no address",
		"write such as"},
	{import_raex, RAEX(BACKBONE("192.0.2.9-192.0.2.1")), ":4:1: ", "is no range"},
	{import_raex, RAEX(BACKBONE("0.0.0.0/0")), ":4:1: \"0.0.0.0/0\" is more than any operator",
		"ask the partner"},
	{import_raex, RAEX(BACKBONE("::/0")), ":4:1: \"::/0\" is more than any operator",
		"ask the partner"},
	{import_raex, RAEX(BACKBONE("1.0.0.0-9.255.255.255")), ":4:1: ", "more than any operator"},
};

enum { N_MISTAKES = sizeof(mistakes) / sizeof(mistakes[0]) };

START_TEST(mistakes_have_their_place_and_remedy)
{
	const struct mistake *m = &mistakes[_i];
	const struct result *r = take_text(m->run, "f", m->text);

	ck_assert_int_eq(r->rc, ERR_CONFIG);
	ck_assert_msg(strstr(r->err.msg, m->message) && strstr(r->err.msg, m->remedy), "%s\n%s",
		m->text, r->err.msg);
}
END_TEST

START_TEST(xml_is_bounded)
{
	enum { DEPTH = 70, TEXT = 5000 };
	char *text = malloc(TEXT + 100);
	size_t n = 0;

	ck_assert_ptr_nonnull(text);
	for (int i = 0; i < DEPTH; i++)
		n += (size_t)sprintf(text + n, "<a>");
	ck_assert_ptr_nonnull(
		strstr(take(import_raex, "f", text, n)->err.msg, "more than 64 deep"));
	n = (size_t)sprintf(text, "<a>");
	memset(text + n, 'x', TEXT);
	ck_assert_ptr_nonnull(
		strstr(take(import_raex, "f", text, n + TEXT)->err.msg, "more than 4096 bytes"));
	free(text);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, inventory_becomes_equipment);
	tcase_add_test(tc, inventory_of_many_addresses);
	tcase_add_test(tc, descriptions_become_contracts);
	tcase_add_test(tc, what_a_description_says_and_a_policy_cannot_is_told);
	tcase_add_test(tc, controllers_become_groups_to_be_filled);
	tcase_add_test(tc, pairs_of_escapes_are_one_character);
	tcase_add_test(tc, partners_become_groups);
	tcase_add_loop_test(tc, mistakes_have_their_place_and_remedy, 0, N_MISTAKES);
	tcase_add_test(tc, xml_is_bounded);
}

int main(void)
{
	return suite_main("policy import", add_tests);
}
