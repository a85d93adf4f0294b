/* Every capture of the folder that VEDETTE_CORPORA names is read to its end and every frame
 * decoded, the first ones at every length. The sanitizers and packet_problem are the judges; what
 * was found is printed. Without the variable there is nothing to do. */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/file/file_source.h"
#include "tests/support/packet_check.h"
#include "tests/unit/suite.h"

/* So many frames of each capture at each length up to so many bytes: headers end before that. */
enum { TRUNCATED_FRAMES = 5, TRUNCATED_BYTES = 400 };

struct totals {
	unsigned captures, refused, cut;
	unsigned long long frames;
	unsigned long long reasons[REASON_COUNT];
};

/* Decodes a copy that ends where the captured bytes end, so that a read beyond them is seen. Gives
 * the reason. */
static uint8_t decode_copy(const struct frame *given, uint32_t caplen, const struct totals *t)
{
	struct frame f = *given;
	uint8_t *copy = malloc(caplen ? caplen : 1);
	struct packet p;
	const char *problem;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, f.data, caplen);
	f.data = copy;
	f.caplen = caplen;
	decode_frame(&f, NULL, &p);
	problem = packet_problem(&f, &p);
	ck_assert_msg(!problem, "frame %llu at %u: %s", t->frames, caplen, problem ? problem : "");
	free(copy);
	return p.reason;
}

static void decode_at_every_length(const struct frame *f, const struct totals *t)
{
	for (uint32_t n = 0; n < f->caplen && n <= TRUNCATED_BYTES; n++)
		decode_copy(f, n, t);
}

static void read_capture(const char *path, struct totals *t)
{
	struct error err;
	struct source *s = source_open_files(&path, 1, NULL, &err);
	struct frame f;
	int faults = 0, frames = 0, rc;

	t->captures++;
	if (!s) {
		ck_assert_msg(err.code == ERR_INPUT, "%s", err.msg);
		t->refused++;
		return;
	}
	while ((rc = source_next(s, true, &f, &err)) != 0) {
		if (rc > 0) {
			t->frames++;
			t->reasons[decode_copy(&f, f.caplen, t)]++;
			if (frames++ < TRUNCATED_FRAMES)
				decode_at_every_length(&f, t);
			continue;
		}
		ck_assert_msg(rc == ERR_TRUNCATED || rc == ERR_INPUT, "%s", err.msg);
		faults++;
	}
	ck_assert_msg(faults <= 1, "%s: told %d times", path, faults);
	t->cut += (unsigned)faults;
	source_close(s);
}

START_TEST(every_capture)
{
	const char *dir = getenv("VEDETTE_CORPORA");
	struct totals t = {.captures = 0};
	DIR *d = opendir(dir);

	ck_assert_msg(d, "VEDETTE_CORPORA is no folder: %s", dir);
	for (struct dirent *e = readdir(d); e; e = readdir(d)) {
		char path[4096];

		if (e->d_type != DT_REG || strcmp(e->d_name, "MANIFEST.tsv") == 0)
			continue;
		ck_assert_int_lt(
			snprintf(path, sizeof(path), "%s/%s", dir, e->d_name), (int)sizeof(path));
		read_capture(path, &t);
	}
	closedir(d);
	printf("%u captures (%u refused, %u cut or damaged), %llu frames\n", t.captures, t.refused,
		t.cut, t.frames);
	for (int r = 0; r < REASON_COUNT; r++) {
		if (t.reasons[r])
			printf("%10llu %s\n", t.reasons[r],
				decode_reason_name((enum decode_reason)r));
	}
	ck_assert_uint_gt(t.captures, 0);
	ck_assert_uint_gt(t.reasons[REASON_none], t.frames / 2);
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, every_capture);
}

int main(void)
{
	if (!getenv("VEDETTE_CORPORA")) {
		printf("skipped: VEDETTE_CORPORA names no folder of captures\n");
		return EXIT_SUCCESS;
	}
	return suite_main("corpora_decode", add_tests);
}
