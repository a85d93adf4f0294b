/* A policy of any bytes, as a site's file and as the file of shipped roles: refused with one
 * message, or read and able to judge. Seeds: the example of docs/policy.md, rules/packs/roles.yaml.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "rules/policy/site.h"

enum { MAX_BYTES = 1 << 20, MAX_ENDS = 6 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_judgement(const struct site *s, const struct conversation *c)
{
	struct judgement j;

	memset(&j, 'x', sizeof(j));
	site_judge(s, c, &j);
	assert(memchr(j.text, '\0', sizeof(j.text)) && memchr(j.line, '\0', sizeof(j.line)));
	assert(j.text[0] != '\0');
	assert((j.line[0] == '\0') == (j.verdict == VERDICT_UNDECLARED));
	assert(strcmp(j.window, "inside") == 0 || strcmp(j.window, "outside") == 0 ||
		strcmp(j.window, "none") == 0);
}

/* Some addresses to talk to, in and out of the policy. */
static size_t collect(
	const struct site *s, struct ip_addr *addrs, const struct equipment **equipment)
{
	const struct inventory *inv = site_inventory(s);
	size_t n = 0;

	(void)ip_addr_parse(STR("198.51.100.7"), &addrs[n++]);
	(void)ip_addr_parse(STR("10.9.0.5"), &addrs[n++]);
	for (size_t i = 0; i < n; i++)
		equipment[i] = inventory_find(inv, &addrs[i], NULL, 0, 0);
	for (size_t i = 0; i < inventory_count(inv) && n < MAX_ENDS; i++) {
		addrs[n] = addrs[1];
		equipment[n++] = inventory_at(inv, i);
	}
	return n;
}

static void use(const struct site *s)
{
	static const struct str labels[] = {{"", 0}, {"TLS", 3}, {"NTP", 3}};
	const struct equipment *equipment[MAX_ENDS];
	struct ip_addr addrs[MAX_ENDS];
	struct str groups[4];
	size_t n = collect(s, addrs, equipment);

	for (size_t i = 0; i < n * n * 6; i++) {
		size_t from = i / 6 / n;
		size_t to = i / 6 % n;
		struct conversation c = {
			.equipment = equipment[from],
			.peer = equipment[to],
			.equipment_addr = addrs[from],
			.peer_addr = addrs[to],
			.initiator = i % 2 != 0,
			.proto = i % 4 < 2 ? 6 : 17,
			.port = i % 4 < 2 ? 443 : 123,
			.protocol = labels[i % 3],
			.certain = i % 6 < 3,
			.peer_domain = STR("update.example"),
			.peer_as = 64500,
			.ts_ns = (uint64_t)i * UINT64_C(90000000000000) +
				 UINT64_C(1790000000000000000),
		};

		check_judgement(s, &c);
	}
	for (size_t i = 0; i < n; i++) {
		(void)site_scope(s, 0, &addrs[i]);
		assert(site_groups(s, 0, &addrs[i], groups, 4) <= 4);
		(void)site_supplier_of(s, &addrs[i], 64500, STR("www.acme.example."));
	}
}

static void load(const char *path, const char *roles_path)
{
	struct error err = {0};
	struct site *s = site_open(path, roles_path, NULL, &err);

	if (s)
		use(s);
	else
		assert(err.code != ERR_OK && err.msg[0] != '\0');
	site_close(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = size <= MAX_BYTES ? memfd_create("fuzz", 0) : -1;
	char path[64];

	if (fd < 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (write(fd, data, size) == (ssize_t)size) {
		load(path, NULL);
		load(NULL, path);
	}
	close(fd);
	return 0;
}
