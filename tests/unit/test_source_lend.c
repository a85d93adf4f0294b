/* Frames that a source lends stay as they were read until they are given back, however many are
 * read meanwhile. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "capture/file/file_source.h"
#include "tests/support/capture_builder.h"
#include "tests/unit/suite.h"

enum { FRAMES = 4000, MANY_INPUTS = 9, WINDOW = 700 };

static struct capture cap;
static struct scratch scratch;

static void make_scratch(void)
{
	scratch_make(&scratch);
}

static void drop_scratch(void)
{
	scratch_drop(&scratch);
}

/* Frame I has its number in front and a length of its own. */
static uint32_t frame_bytes(uint32_t i)
{
	return 8 + i * 7 % 290;
}

/* Every N-th frame from the I-th on, packed or not. */
static char *put_frames(uint32_t i, uint32_t n, bool packed, char *path)
{
	char name[32];

	pcap_begin(&cap, false, 0xa1b2c3d4, 1);
	for (; i < FRAMES; i += n) {
		char text[512];

		memset(text, 'a' + (int)(i % 26), sizeof(text));
		text[frame_bytes(i)] = '\0';
		snprintf(text, 7, "%06u", i);
		text[6] = '.';
		pcap_record(&cap, i, 0, text, frame_bytes(i));
	}
	snprintf(name, sizeof(name), "%u.pcap", i);
	scratch_path(&scratch, name, path);
	if (packed) {
		gzFile z = gzopen(path, "wb1");

		ck_assert_int_eq(gzwrite(z, cap.bytes, (unsigned)cap.n), (int)cap.n);
		gzclose(z);
	} else {
		write_bytes(path, cap.bytes, cap.n);
	}
	return path;
}

static struct source *open_inputs(uint32_t n, bool packed)
{
	static char paths[MANY_INPUTS][CAPTURE_PATH_BYTES];
	const char *list[MANY_INPUTS];
	struct error err;
	struct source *s;

	for (uint32_t i = 0; i < n; i++)
		list[i] = put_frames(i, n, packed, paths[i]);
	s = source_open_files(list, n, NULL, &err);
	ck_assert_msg(s != NULL, "%s", err.msg);
	return s;
}

static void check_frame(const struct frame *f, uint32_t i)
{
	char wanted[8];

	snprintf(wanted, sizeof(wanted), "%06u.", i);
	ck_assert_uint_eq(f->caplen, frame_bytes(i));
	ck_assert_mem_eq(f->data, wanted, 7);
	for (uint32_t k = 7; k < f->caplen; k++)
		ck_assert_uint_eq(f->data[k], 'a' + i % 26);
}

/* Looks at each frame WINDOW frames after it was given out, and gives back what is older. Up to MAX
 * frames that are at hand are taken at once. */
static void read_lent(uint32_t n_inputs, bool packed, uint32_t max)
{
	uint32_t n_more = 0, seen_more = 0;
	struct source_stats stats;
	struct source *s = open_inputs(n_inputs, packed);
	struct frame *frames = calloc(FRAMES, sizeof(*frames));
	struct error err;

	ck_assert(frames && source_lend(s));
	for (uint32_t i = 0; i < FRAMES; i++) {
		if (n_more > 0) {
			n_more--;
		} else {
			ck_assert_int_eq(source_next(s, true, &frames[i], &err), SOURCE_FRAME);
			n_more = source_more(s, &frames[i + 1], FRAMES - i - 1 < max ? 0 : max);
			ck_assert_uint_le(n_more, max);
			seen_more += n_more;
		}
		if (i >= WINDOW) {
			check_frame(&frames[i - WINDOW], i - WINDOW);
			source_give_back(s, i - WINDOW);
		}
	}
	ck_assert_uint_eq(source_more(s, &(struct frame){0}, 1), 0);
	ck_assert_int_eq(source_next(s, true, &(struct frame){0}, &err), SOURCE_END);
	ck_assert_uint_eq(source_more(s, &(struct frame){0}, 1), 0);
	for (uint32_t i = 0; n_inputs == 1 && i < FRAMES; i++)
		ck_assert_uint_eq(frames[i].number, i + 1);
	if (n_inputs == 1) /* but for those that a chunk ends with or in */
		ck_assert_uint_ge(seen_more + FRAMES / max, FRAMES / (max + 1) * max);
	else
		ck_assert_uint_eq(seen_more, 0); /* they take turns */
	source_stats(s, &stats);
	ck_assert_uint_eq(stats.frames, FRAMES);
	/* also what was read from an input that is over */
	for (uint32_t i = FRAMES - WINDOW; i < FRAMES; i++)
		check_frame(&frames[i], i);
	source_close(s);
	free(frames);
}

START_TEST(frames_stay_until_they_are_given_back)
{
	read_lent(1, false, 1);
	read_lent(3, false, 1);
}
END_TEST

START_TEST(also_those_that_were_packed)
{
	read_lent(1, true, 1);
	read_lent(2, true, 1);
}
END_TEST

START_TEST(several_frames_at_once)
{
	read_lent(1, false, 7);
	read_lent(1, true, 16);
	read_lent(3, false, 7);
}
END_TEST

START_TEST(many_inputs_lend_nothing)
{
	struct source *s = open_inputs(MANY_INPUTS, false);

	ck_assert(!source_lend(s));
	source_close(s);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_checked_fixture(tc, make_scratch, drop_scratch);
	tcase_add_test(tc, frames_stay_until_they_are_given_back);
	tcase_add_test(tc, also_those_that_were_packed);
	tcase_add_test(tc, several_frames_at_once);
	tcase_add_test(tc, many_inputs_lend_nothing);
}

int main(void)
{
	return suite_main("source_lend", add_tests);
}
