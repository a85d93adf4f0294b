/* A policy of any bytes, looked at by lint: refused with a message, or findings that stand in the
 * order of the file and inside it. Then the same bytes as tests of a policy. */
#include <assert.h>
#include <string.h>

#include "rules/policy/lint/lint.h"
#include "rules/policy/trial.h"
#include "tests/fuzz/fuzz_input.h"

enum { MAX_BYTES = 1 << 18 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_lint(const char *path, uint32_t lines)
{
	static const char *const labels[] = {"TLS", "HTTP", "SSH", "RTP", NULL};
	const struct lint_options options = {
		UINT64_C(1795000000000000000), UINT64_C(1209600000000000), labels};
	struct error err = {0};
	struct lint *l = lint_open(path, NULL, &options, &err);
	uint32_t last = 1;

	assert(l || (err.code != ERR_OK && err.msg[0] != '\0'));
	for (size_t i = 0; l && i < lint_count(l); i++) {
		const struct lint_finding *f = lint_at(l, i);

		assert(f->line >= last && f->line <= lines && f->column > 0);
		assert(f->message[0] && f->remedy[0] && !strchr(f->message, '\n'));
		assert(lint_check_name(f->check)[0]);
		last = f->line;
	}
	lint_close(l);
}

static void check_trial(const char *path)
{
	static const char policy[] =
		"schema: 1\nsite: t\nnetworks: {own: [10.0.0.0/8]}\nsegments: {oam: {vlan: 7}}\n"
		"equipment:\n  - {name: gnb-017, address: 10.1.0.1, role: r}\n"
		"  - {name: amf-1, mac: '00:00:5e:00:53:01', role: r, until: 2027-01-01}\n"
		"roles: {r: {connects: [{to: own, app: [NGAP, TLS]}]}}\n";
	char site[FUZZ_PATH_BYTES];
	const int fd = fuzz_file_open(policy, sizeof(policy) - 1, NULL, 0, site);
	struct error err = {0};
	const struct trial_config cfg = {path, site, NULL, NULL, UINT64_C(1795000000000000000)};
	struct trial *t = trial_open(&cfg, &err);

	assert(t || (err.code != ERR_OK && err.msg[0] != '\0'));
	for (size_t i = 0; t && i < trial_count(t); i++) {
		const struct trial_case *c = trial_at(t, i);

		assert(c->name && c->line > 0 && c->judgement.text[0]);
		assert(!c->passed || c->judgement.verdict == c->expected);
	}
	assert(!t || trial_untested(t) <= trial_lines(t));
	trial_close(t);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[FUZZ_PATH_BYTES];
	const int fd = size <= MAX_BYTES ? fuzz_file_open(NULL, 0, data, size, path) : -1;
	uint32_t lines = 2;

	if (fd < 0)
		return 0;
	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n' || data[i] == '\r' || data[i] >= 0x80;
	check_lint(path, lines);
	check_trial(path);
	close(fd);
	return 0;
}
