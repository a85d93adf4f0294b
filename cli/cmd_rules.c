#include "cli/family.h"
#include "cli/rules.h"

static const struct family_member members[] = {
	{"list", rules_list, "list every rule, and why some are left out"},
	{"test", rules_test, "run the tests beside rules, and see whether they hold each line"},
	{"trace", rules_trace, "show test by test what a rule makes of captures"},
};

static const struct family family = {
	.name = "rules",
	.about = "Works on rules without a sensor (docs/rules.md, docs/testing-rules.md).\n",
	.example = "  vedette rules test\n",
	.members = members,
	.n = sizeof(members) / sizeof(members[0]),
};

int cmd_rules(int argc, char **argv)
{
	return family_run(&family, argc, argv);
}
