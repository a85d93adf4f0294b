/* What a tuning file may name, for targets that read one or what it counted. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rules/sigma/build.h"
#include "rules/tuning/tuning.h"
#include "tests/fuzz/fuzz_policy.h"

#define FUZZ_RULE "00000000-0000-4000-8000-000000000001"

static inline struct sigma *fuzz_sigma_open(void)
{
	static const char rules[] = "title: One\n"
				    "id: " FUZZ_RULE "\n"
				    "logsource: {product: vedette, category: flow}\n"
				    "detection: {s: {network.protocol: ssh}, condition: s}\n"
				    "level: low\n"
				    "---\n"
				    "title: Two\n"
				    "id: 00000000-0000-4000-8000-000000000002\n"
				    "logsource: {product: vedette, category: sensor}\n"
				    "detection: {s: {sensor.event: blind}, condition: s}\n"
				    "level: low\n";
	struct sigma *s = sigma_new();
	struct error err;

	if (!s ||
		sigma_add(s, NULL, "r.yml", STR("r.yml"), (struct str){rules, sizeof(rules) - 1},
			&err) != 0 ||
		sigma_finish(s, &err) != 0)
		abort();
	return s;
}

/* NULL with *err. */
static inline struct tuning *fuzz_tuning_open(const void *text, size_t len, const struct site *site,
	const struct sigma *sigma, struct error *err)
{
	char path[FUZZ_PATH_BYTES];
	const int fd = fuzz_file_open(text, len, NULL, 0, path);
	struct tuning *t = tuning_open(path, site, sigma, err);

	close(fd);
	return t;
}
