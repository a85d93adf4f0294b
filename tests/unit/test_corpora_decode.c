/* Every capture of the folder that VEDETTE_CORPORA names is read to its end and every frame
 * decoded. The sanitizers and packet_problem are the judges; what was found is printed. Without the
 * variable there is nothing to do. */
#include <check.h>
#include <stdlib.h>

#include "tests/support/corpora.h"
#include "tests/support/packet_check.h"
#include "tests/unit/suite.h"

/* Decodes a copy that ends where the captured bytes end, so that a read beyond them is seen. */
static void decode_copy(void *user, const char *path, const struct frame *given)
{
	unsigned long long *reasons = user;
	struct frame f = *given;
	uint8_t *copy = malloc(f.caplen ? f.caplen : 1);
	struct packet p;
	const char *problem;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, f.data, f.caplen);
	f.data = copy;
	decode_frame(&f, NULL, &p);
	problem = packet_problem(&f, &p);
	ck_assert_msg(!problem, "%s: frame %llu: %s", path, (unsigned long long)f.number,
		problem ? problem : "");
	reasons[p.reason]++;
	free(copy);
}

START_TEST(every_capture)
{
	unsigned long long reasons[REASON_COUNT] = {0};
	struct corpora_totals t;

	corpora_read(decode_copy, reasons, &t);
	printf("%u captures (%u refused, %u cut or damaged), %llu frames\n", t.captures, t.refused,
		t.cut, t.frames);
	for (int r = 0; r < REASON_COUNT; r++) {
		if (reasons[r])
			printf("%10llu %s\n", reasons[r],
				decode_reason_name((enum decode_reason)r));
	}
	ck_assert_uint_gt(reasons[REASON_none], t.frames / 2);
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, every_capture);
}

int main(void)
{
	return corpora_are_there() ? suite_main("corpora_decode", add_tests) : EXIT_SUCCESS;
}
