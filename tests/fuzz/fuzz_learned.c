/* A file of approved edges, of any bytes: refused with one message, or read, and then it judges:
 * what it covers is an edge that is in force, and nothing is covered beside it. Seeds: the example
 * of docs/baseline.md. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "rules/policy/learned.h"
#include "tests/fuzz/fuzz_input.h"

enum { MAX_BYTES = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct site *open_site(void)
{
	static const char policy[] = "schema: 1\n"
				     "site: fuzz\n"
				     "segments: {oam: {vlan: 7}}\n"
				     "networks: {own: [192.0.2.0/24]}\n"
				     "equipment:\n"
				     "  - {name: gnb-017, address: 192.0.2.17}\n"
				     "  - {name: amf-1, address: 192.0.2.65}\n";
	char path[FUZZ_PATH_BYTES];
	struct error err;
	const int fd = fuzz_file_open(policy, strlen(policy), NULL, 0, path);
	struct site *s = site_open(path, NULL, NULL, &err);

	assert(s);
	close(fd);
	return s;
}

static void judge(const struct site *s, const struct learned *l, const struct conversation *from)
{
	struct conversation c = *from;
	struct learned_counts n;
	struct judgement with, without;

	c.learned = l;
	memset(&with, 'x', sizeof(with));
	site_judge(s, &c, &with);
	c.learned = NULL;
	site_judge(s, &c, &without);
	assert(memchr(with.text, '\0', sizeof(with.text)) && with.text[0] && with.line[0]);
	assert(without.verdict == VERDICT_VIOLATION);
	learned_counts(l, c.ts_ns, &n);
	assert(with.verdict == VERDICT_VIOLATION || n.edges > 0);
}

static void use(const struct site *s, const struct learned *l)
{
	static const char *const peers[] = {"192.0.2.65", "203.0.113.7", "198.51.100.7"};
	static const struct str labels[] = {{"", 0}, {"TLS", 3}, {"SSH", 3}};
	struct learned_counts n;
	struct learned_entry e;
	struct ip_addr self;

	(void)ip_addr_parse(STR("192.0.2.17"), &self);
	for (uint32_t i = 0; i < 108; i++) {
		struct conversation c = {
			.equipment_addr = self,
			.segment = i % 2,
			.initiator = i / 2 % 2,
			.proto = 6,
			.port = i / 4 % 3 == 0 ? 443 : 22,
			.protocol = labels[i / 12 % 3],
			.certain = i % 5 != 0,
			.peer_domain = STR("update.acme.example"),
			.ts_ns = UINT64_C(1790000000000000000) * (1 + i % 2),
		};

		(void)ip_addr_parse(str_from(peers[i / 36]), &c.peer_addr);
		c.equipment = inventory_find(site_inventory(s), &self, NULL, 0, 0);
		c.peer = inventory_find(site_inventory(s), &c.peer_addr, NULL, 0, 0);
		judge(s, l, &c);
	}
	learned_counts(l, 0, &n);
	assert(n.edges + n.ended + n.revoked == learned_count(l));
	for (size_t i = 0; i < learned_count(l); i++) {
		learned_entry(l, i, &e);
		assert(e.equipment.len && e.approved_by.len && e.because.len && e.where && e.line);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct site *s;
	struct error err = {0};
	struct learned *l;
	char *text;

	if (size > MAX_BYTES)
		return 0;
	if (!s)
		s = open_site();
	text = malloc(size ? size : 1); /* of exactly its size */
	assert(text);
	memcpy(text, data, size);
	l = learned_parse("learned.yaml", text, size, s, &err);
	free(text);
	if (l)
		use(s, l);
	else
		assert(err.code != ERR_OK && err.msg[0] != '\0');
	learned_close(l);
	return 0;
}
