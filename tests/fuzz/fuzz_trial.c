/* A test file of any bytes beside a rule: each fault names its place, and what can be read is run,
 * with the rule changed in every place. Seeds: rules/packs/rules, docs/testing-rules.md. */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "rules/sigma/build.h"
#include "rules/trial/trial.h"

enum { MAX_BYTES = 1 << 16 };

static const char rule[] = "title: T\n"
			   "id: 00000000-0000-4000-8000-000000000001\n"
			   "level: low\n"
			   "logsource: {product: vedette, category: flow}\n"
			   "detection:\n"
			   "    linked:\n"
			   "        peer.linkage.tier|lte: 2\n"
			   "        network.direction: outbound\n"
			   "        flow.state: [established, attempt]\n"
			   "    ordered:\n"
			   "        contract.verdict: [allowed, exception, window]\n"
			   "    condition: linked and not ordered\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Instead of a capture: a few facts. */
static int pretend(void *user, const struct trial_capture *c, trial_judged_fn *judged,
	void *judged_user, struct error *err)
{
	struct facts f = {.arena = arena_new(4096)};
	int rc = 0;

	(void)user;
	assert(c->path[0] != '\0');
	if (strstr(c->path, "no"))
		rc = error_set(err, ERR_INPUT, "no such capture");
	facts_clear(&f);
	facts_set_num(&f, FIELD_PEER_LINKAGE_TIER, 1);
	for (uint64_t i = 0; rc == 0 && i < 3; i++)
		rc = judged(judged_user, i ? RULE_FLOW : RULE_DNS, &f, i);
	arena_free(f.arena);
	return rc;
}

static void check(const struct trial_report *r)
{
	assert(r->n == 1 && r->n_faults <= 1 + r->rules[0].n_survivors + 65536);
	for (size_t i = 0; i < r->n_faults; i++)
		assert(r->faults[i].len > 0);
	for (size_t i = 0; i < r->rules[0].n; i++) {
		const struct trial_test *t = &r->rules[0].tests[i];

		assert(t->line > 0 && t->column > 0);
		assert(t->passed || t->why.len > 0);
	}
	assert(r->rules[0].noticed + r->rules[0].n_survivors == r->rules[0].mutants);
	assert(r->rules[0].accepted <= r->rules[0].n_survivors);
}

static void try(const struct sigma *s, const char *path)
{
	const struct trial_config cfg = {.sigma = s,
		.dir = "r.yml",
		.is_file = true,
		.tests = path,
		.mutate = true,
		.capture = pretend};
	struct error err = {0};
	struct trial_report *r = trial_run(&cfg, &err);

	assert(r);
	check(r);
	trial_report_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = size <= MAX_BYTES ? memfd_create("fuzz", 0) : -1;
	struct sigma *s = sigma_new();
	struct error err = {0};
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert(s && sigma_add(s, NULL, "r.yml", STR("r.yml"), str_from(rule), &err) == 0 &&
		sigma_finish(s, &err) == 0);
	if (fd >= 0 && write(fd, data, size) == (ssize_t)size)
		try(s, path);
	if (fd >= 0)
		close(fd);
	sigma_close(s);
	return 0;
}
