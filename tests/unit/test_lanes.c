#include "sensor/lanes.h"

#include "tests/unit/suite.h"

static const struct pipeline_config cfg = {
	.workers = 2, .hash_key = 5, .max_flows = 4000, .max_detections = 4000};

START_TEST(shards_are_there_when_they_are_needed)
{
	struct pipeline_config pc = cfg;
	struct error err = {0};

	for (pc.workers = 0; pc.workers < 4; pc.workers++) {
		struct lanes *l = lanes_begin(&pc);

		ck_assert_ptr_nonnull(l);
		ck_assert_int_eq(lanes_end(l, &err), 0);
		for (int s = 0; s < PIPELINE_SHARDS; s++)
			ck_assert_ptr_nonnull(l->lane[s].shard);
		lanes_free(l, pc.workers);
	}
}
END_TEST

START_TEST(what_was_begun_may_be_given_up)
{
	lanes_free(NULL, 0);
	for (int i = 0; i < 3; i++)
		lanes_free(lanes_begin(&cfg), 0);
}
END_TEST

START_TEST(what_cannot_be_made_is_said)
{
	struct pipeline_config pc = cfg;
	struct error err = {0};
	struct lanes *l;

	pc.max_flows = 0;
	l = lanes_begin(&pc);
	ck_assert_int_eq(lanes_end(l, &err), ERR_USAGE);
	ck_assert_str_ne(err.msg, "");
	lanes_free(l, 2);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, shards_are_there_when_they_are_needed);
	tcase_add_test(tc, what_was_begun_may_be_given_up);
	tcase_add_test(tc, what_cannot_be_made_is_said);
}

int main(void)
{
	return suite_main("lanes", add_tests);
}
