#include "redis/refusal.h"

#include <string.h>

#include "tests/unit/suite.h"

static const struct {
	const char *text;
	enum refusal_class class;
} replies[] = {
	{"OOM command not allowed when used memory > 'maxmemory'.", REFUSAL_WAIT},
	{"MISCONF Redis is configured to save RDB snapshots, but ...", REFUSAL_WAIT},
	{"LOADING Redis is loading the dataset in memory", REFUSAL_WAIT},
	{"BUSY Redis is busy running a script.", REFUSAL_WAIT},
	{"NOREPLICAS Not enough good replicas to write.", REFUSAL_WAIT},
	{"TRYAGAIN Multiple keys request during rehashing of slot", REFUSAL_WAIT},
	{"CLUSTERDOWN The cluster is down", REFUSAL_WAIT},
	{"ERR max number of clients reached", REFUSAL_WAIT},
	{"READONLY You can't write against a read only replica.", REFUSAL_FOLLOW},
	{"MASTERDOWN Link with MASTER is down", REFUSAL_FOLLOW},
	{"MOVED 3999 127.0.0.1:6381", REFUSAL_FOLLOW},
	{"ASK 3999 127.0.0.1:6381", REFUSAL_FOLLOW},
	{"NOAUTH Authentication required.", REFUSAL_OPERATOR},
	{"WRONGPASS invalid username-password pair", REFUSAL_OPERATOR},
	{"NOPERM this user has no permissions to run the 'xadd' command", REFUSAL_OPERATOR},
	{"WRONGTYPE Operation against a key", REFUSAL_OPERATOR},
	{"BUSYGROUP Consumer Group name already exists", REFUSAL_OPERATOR},
	{"ERR something that nobody has heard of", REFUSAL_OPERATOR},
	{"", REFUSAL_OPERATOR},
	{"ERR syntax error", REFUSAL_BUG},
	{"ERR wrong number of arguments for 'xadd' command", REFUSAL_BUG},
	{"EXECABORT Transaction discarded because of previous errors.", REFUSAL_BUG},
	{"CROSSSLOT Keys in request don't hash to the same slot", REFUSAL_BUG},
};

START_TEST(classes)
{
	const struct refusal *r = refusal_find(str_from(replies[_i].text));

	ck_assert_msg(
		r->class == replies[_i].class, "%s: class %d", replies[_i].text, (int)r->class);
}
END_TEST

/* No row stands behind one that would be found in its place; each names a remedy. */
START_TEST(rows_are_reached)
{
	unsigned n = 0;

	for (const struct refusal *r; (r = refusal_at(n)) != NULL; n++) {
		ck_assert_ptr_eq(refusal_find(str_from(r->start)), r);
		ck_assert_ptr_nonnull(r->remedy);
	}
	ck_assert_uint_gt(n, 30);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_loop_test(tc, classes, 0, (int)(sizeof(replies) / sizeof(replies[0])));
	tcase_add_test(tc, rows_are_reached);
}

int main(void)
{
	return suite_main("refusal", add_tests);
}
