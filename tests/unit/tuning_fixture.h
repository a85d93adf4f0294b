/* Tunings from text, over a small site and a few rules. */
#pragma once

#include "rules/tuning/tuning.h"
#include "tests/unit/policy_fixture.h"
#include "tests/unit/sigma_fixture.h"

#define RULE_1     "00000000-0000-4000-8000-000000000001"
#define RULE_2     "00000000-0000-4000-8000-000000000002"
#define RULE_3     "00000000-0000-4000-8000-000000000003"
#define RULE_BLIND "00000000-0000-4000-8000-000000000004"
#define RULE_OFTEN "00000000-0000-4000-8000-000000000006"

static const char tuning_site[] = "schema: 1\n"
				  "site: t\n"
				  "timezone: Europe/Warsaw\n"
				  "segments: {oam: {vlan: 100}}\n"
				  "networks: {own: [10.0.0.0/8]}\n"
				  "groups: {ems: [10.9.0.0/24]}\n"
				  "equipment:\n"
				  "  - {name: gnb-1, address: 10.1.0.1}\n"
				  "  - {name: gnb-2, address: 10.1.0.2}\n"
				  "  - {name: amf-1, address: 10.2.0.1}\n";

#define TUNING_RULE(title, id, category)                                                           \
	"title: " title "\n"                                                                       \
	"id: " id "\n"                                                                             \
	"logsource: {product: vedette, category: " category "}\n"                                  \
	"detection:\n"                                                                             \
	"    s: {site.mode: declared}\n"                                                           \
	"    condition: s\n"                                                                       \
	"level: low\n"

/* "Counted" raises no alert: the correlation counts what meets it. */
static const char tuning_rules[] = "name: calls\n" TUNING_RULE("Calls out", RULE_1,
	"flow") "---\n" TUNING_RULE("Called in", RULE_2, "flow") "---\n" TUNING_RULE("Called in",
	RULE_3, "dns") "---\n" TUNING_RULE("Blind", RULE_BLIND,
	"sensor") "---\n"
		  "name: counted\n" TUNING_RULE("Counted", "00000000-0000-4000-8000-000000000005",
			  "flow") "---\n"
				  "title: Often\n"
				  "id: " RULE_OFTEN "\n"
				  "correlation: {type: event_count, rules: [counted], group-by: "
				  "[source.ip], timespan: 1h, condition: {gte: 3}}\n"
				  "level: low\n";

struct tuned {
	struct site *site;
	struct sigma *sigma;
	struct tuning *tuning;
};

/* The tuning in TEXT, or no tuning and *err. tuned_end is due in any case. */
static inline struct tuned tuned_read(const char *text, struct error *err)
{
	struct tuned t;
	struct fixture x;
	char path[FIXTURE_PATH_BYTES];

	t.site = site_from(tuning_site, NULL);
	t.sigma = rules_read(tuning_rules, NULL, err);
	ck_assert_msg(t.sigma != NULL, "%s", err->msg);
	fixture_begin(&x);
	snprintf(path, sizeof(path), "%s/tuning.yaml", x.dir);
	fixture_write(path, text, strlen(text));
	t.tuning = tuning_open(path, t.site, t.sigma, err);
	unlink(path);
	fixture_end(&x);
	return t;
}

static inline struct tuned tuned_from(const char *text)
{
	struct error err = {0};
	struct tuned t = tuned_read(text, &err);

	ck_assert_msg(t.tuning != NULL, "%s\n%s", err.msg, text);
	return t;
}

static inline void tuned_end(struct tuned *t)
{
	tuning_close(t->tuning);
	sigma_close(t->sigma);
	site_close(t->site);
}

static inline const struct rule *tuned_rule_of(const struct tuned *t, const char *id)
{
	for (size_t i = 0; i < sigma_count(t->sigma); i++) {
		if (str_eq(sigma_rule(t->sigma, i)->id, str_from(id)))
			return sigma_rule(t->sigma, i);
	}
	ck_abort_msg("no rule %s", id);
	return NULL;
}

/* A suppression of RULE_1 but for its scope, which is LINE. */
#define SUPPRESSION(name, scope, rest)                                                             \
	"  - {name: " name ", " scope ", until: 2027-03-01, owner: o, because: b, " rest "}\n"
