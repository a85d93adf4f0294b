#include "cli/baseline.h"
#include "cli/family.h"

static const char about[] =
	"Learns with whom each piece of equipment talks (peer, port, application) over a set "
	"time,\n"
	"and proposes what its contract does not list. A person approves, with a name and a "
	"reason;\n"
	"what is approved becomes contract.verdict: learned (docs/baseline.md). Nothing that is\n"
	"learned ever covers a peer that is linked to an adversary.\n";

static const char example[] =
	"  vedette baseline learn --site site.yaml --into learned.db captures\n"
	"  vedette baseline propose --from learned.db\n";

int baseline_check_needs(
	const struct baseline_need *needs, size_t n, const char *why, struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		if (!needs[i].given || !*needs[i].given)
			return error_set(err, ERR_USAGE, "%s; add %s", why, needs[i].remedy);
	}
	return 0;
}

int cmd_baseline(int argc, char **argv)
{
	static const struct family_member members[] = {
		{"learn", baseline_learn, "learn from captures"},
		{"show", baseline_show, "show what a sensor or captures taught"},
		{"propose", baseline_propose,
			"show what may be approved, and what speaks against it"},
		{"approve", baseline_approve, "put edges into the file of approved ones"},
		{"revoke", baseline_revoke, "take an approval back"},
	};
	static const struct family family = {
		"baseline", about, example, members, sizeof(members) / sizeof(members[0])};

	return family_run(&family, argc, argv);
}
