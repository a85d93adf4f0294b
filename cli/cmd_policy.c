#include "cli/family.h"
#include "cli/policy.h"

const char *policy_path(
	const struct options *o, int argc, char **argv, int first, struct error *err)
{
	const int given = argc - first + (o->site != NULL);

	if (given == 1)
		return o->site ? o->site : argv[first];
	error_set(err, ERR_USAGE, "%s; write: vedette %s site.yaml",
		given == 0 ? "no policy given" : "one policy at a time", argv[0]);
	return NULL;
}

int cmd_policy(int argc, char **argv)
{
	static const struct family_member members[] = {
		{"lint", policy_lint, "what a policy allows and hardly means, line by line"},
		{"test", policy_test,
			"whether declared conversations get the verdicts they should"},
		{"draft", policy_draft,
			"a policy that allows what captures show, with the evidence"},
		{"import", policy_import,
			"parts of a policy from inventories, MUD and IR.21 files"},
	};
	static const struct family family = {
		.name = "policy",
		.about = "Works on policies (site.yaml, docs/policy.md). What each writes goes to "
			 "standard output; no file\n"
			 "is changed.\n",
		.example = "  vedette policy lint --as-of 2026-11-24 site.yaml\n",
		.members = members,
		.n = sizeof(members) / sizeof(members[0]),
	};

	return family_run(&family, argc, argv);
}
