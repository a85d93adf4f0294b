/* The policy of targets that ask whose a packet is: a segment, a collector of mirrors, subscribers,
 * and equipment among them. */
#pragma once

#include <string.h>

#include "rules/policy/site.h"
#include "tests/fuzz/fuzz_input.h"

#define FUZZ_INTERFACE "eth7" /* of segment oam, where some addresses are subscribers' alone */

static inline struct site *fuzz_site_open(void)
{
	static const char policy[] =
		"schema: 1\n"
		"site: fuzz\n"
		"segments: {oam: {vlan: [7, 10-20], interface: " FUZZ_INTERFACE "}, core: {mpls: "
		"20}}\n"
		"collectors: [10.0.0.2]\n"
		"networks: {own: [192.0.2.0/24, \"2001:db8::/32\"], subscribers: [198.51.100.0/24, "
		"\"2001:db8:5::/48\", {address: 203.0.113.0/24, segment: oam}]}\n"
		"zones: {ran: }\n"
		"roles: {gnb: {connects: []}}\n"
		"equipment:\n"
		"  - {name: gnb, address: [198.51.100.1, \"2001:db8:5::1\"], role: gnb, zone: "
		"ran}\n";
	char path[FUZZ_PATH_BYTES];
	struct error err;
	const int fd = fuzz_file_open(policy, strlen(policy), NULL, 0, path);
	struct site *s = site_open(path, NULL, NULL, &err);

	if (!s) {
		fprintf(stderr, "%s\n", err.msg);
		abort();
	}
	close(fd);
	return s;
}
