/* Saved sections: all together or not at all, held against their digests, in each mode. */
#include "redis/store/state_store.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/suite.h"

enum { LARGE_BYTES = 600 << 10 };

static char dir[64], path[96];
static struct error err;

static void begin(void)
{
	strcpy(dir, "/dev/shm/vedette-state-XXXXXX"); /* quick, where there is one */
	if (!mkdtemp(dir)) {
		strcpy(dir, "/tmp/vedette-state-XXXXXX");
		ck_assert_ptr_nonnull(mkdtemp(dir));
	}
	snprintf(path, sizeof(path), "%s/state.db", dir);
}

static void end(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}

static bool is_there(const char *suffix)
{
	char name[160];

	snprintf(name, sizeof(name), "%s%s", path, suffix);
	return access(name, F_OK) == 0;
}

static struct state_store *open_one(enum state_store_mode mode)
{
	struct state_store *s = state_store_open(path, mode, NULL, &err);

	ck_assert_msg(s != NULL, "%s", err.msg);
	return s;
}

static void save(struct state_store *s, uint32_t round)
{
	static char large[LARGE_BYTES];
	struct state_section sections[] = {
		{"rules", 7, "abc", 3}, {"findings", round, large, 0}, {"empty", 1, NULL, 0}};

	sections[1].len = sizeof(large) - round * 1000;
	sections[1].bytes = large;
	for (size_t i = 0; i < sizeof(large); i++)
		large[i] = (char)(i * 31 + round);
	ck_assert_msg(state_store_replace(s, sections, 3, &err) == 0, "%s", err.msg);
}

static void expect(struct state_store *s, uint32_t round)
{
	struct state_sections got;
	uint64_t wrong = 0;

	ck_assert_msg(state_store_read(s, &got, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(got.n, 3);
	ck_assert_str_eq(got.all[0].name, "empty");
	ck_assert_uint_eq(got.all[0].len, 0);
	ck_assert_str_eq(got.all[1].name, "findings");
	ck_assert_uint_eq(got.all[1].version, round);
	ck_assert_uint_eq(got.all[1].len, (LARGE_BYTES)-round * 1000);
	for (size_t i = 0; i < got.all[1].len; i++)
		wrong += ((const char *)got.all[1].bytes)[i] != (char)(i * 31 + round);
	ck_assert_uint_eq(wrong, 0);
	ck_assert_str_eq(got.all[2].name, "rules");
	ck_assert_mem_eq(got.all[2].bytes, "abc", 3);
	state_sections_free(&got);
}

START_TEST(keeps)
{
	struct state_sections got;
	struct state_store *s;

	begin();
	s = open_one(STATE_STORE_KEEP);
	ck_assert_int_eq(state_store_read(s, &got, &err), 0);
	ck_assert_uint_eq(got.n, 0);
	state_sections_free(&got);
	save(s, 1);
	expect(s, 1);
	ck_assert_int_eq(state_store_close(s, &err), 0);
	ck_assert(!is_there("-wal") && !is_there("-shm"));
	s = open_one(STATE_STORE_KEEP);
	expect(s, 1);
	for (uint32_t i = 2; i < 12; i++)
		save(s, i);
	expect(s, 11);
	ck_assert_ptr_null(state_store_open(path, STATE_STORE_KEEP, NULL, &err));
	ck_assert_msg(strstr(err.msg, "in use by another process") != NULL, "%s", err.msg);
	ck_assert_ptr_null(state_store_open(path, STATE_STORE_READ, NULL, &err));
	ck_assert_msg(strstr(err.msg, "in use by another process") != NULL, "%s", err.msg);
	state_store_close(s, &err);
	end();
}
END_TEST

static long size_of(const char *name)
{
	struct stat st;

	return stat(name, &st) == 0 ? (long)st.st_size : -1;
}

START_TEST(anew_gives_the_same_bytes)
{
	char command[256], copy[96];
	struct state_store *s;

	begin();
	snprintf(copy, sizeof(copy), "%s/first", dir);
	s = open_one(STATE_STORE_ANEW);
	save(s, 3);
	ck_assert(!is_there(""));
	ck_assert_int_eq(state_store_close(s, &err), 0);
	snprintf(command, sizeof(command), "cp %s %s", path, copy);
	ck_assert_int_eq(system(command), 0);
	s = open_one(STATE_STORE_ANEW);
	save(s, 3);
	ck_assert_int_eq(state_store_close(s, &err), 0);
	snprintf(command, sizeof(command), "cmp %s %s", path, copy);
	ck_assert_int_eq(system(command), 0);
	ck_assert_int_gt(size_of(path), LARGE_BYTES);
	ck_assert(!is_there(".new") && !is_there("-wal") && !is_there("-lock"));
	/* one that replaces nothing leaves what is there */
	s = open_one(STATE_STORE_ANEW);
	ck_assert_int_eq(state_store_close(s, &err), 0);
	s = open_one(STATE_STORE_READ);
	expect(s, 3);
	state_store_close(s, &err);
	end();
}
END_TEST

START_TEST(reads_without_a_trace)
{
	char command[256];
	struct state_store *s;

	begin();
	ck_assert_ptr_null(state_store_open(path, STATE_STORE_READ, NULL, &err));
	ck_assert_msg(strstr(err.msg, "there is no saved state") != NULL, "%s", err.msg);
	s = open_one(STATE_STORE_KEEP);
	save(s, 5);
	/* as a process leaves it that is killed: with its log */
	snprintf(command, sizeof(command), "cd %s && mkdir left && cp state.db* left", dir);
	ck_assert_int_eq(system(command), 0);
	state_store_close(s, &err);
	snprintf(path, sizeof(path), "%s/left/state.db", dir);
	ck_assert(is_there("-wal"));
	ck_assert_ptr_null(state_store_open(path, STATE_STORE_READ, NULL, &err));
	ck_assert_msg(strstr(err.msg, "start and stop that sensor once") != NULL, "%s", err.msg);
	s = open_one(STATE_STORE_KEEP);
	expect(s, 5);
	state_store_close(s, &err);
	snprintf(command, sizeof(command), "cd %s/left && sha256sum * > ../sums", dir);
	ck_assert_int_eq(system(command), 0);
	s = open_one(STATE_STORE_READ);
	expect(s, 5);
	ck_assert_int_eq(state_store_replace(s, NULL, 0, &err), ERR_SYSTEM);
	state_store_close(s, &err);
	snprintf(command, sizeof(command), "cd %s/left && sha256sum * | cmp - ../sums", dir);
	ck_assert_int_eq(system(command), 0);
	end();
}
END_TEST

static void overwrite(const char *name, long at, const char *bytes, size_t len)
{
	FILE *file = fopen(name, "r+");

	ck_assert_ptr_nonnull(file);
	fseek(file, at, SEEK_SET);
	fwrite(bytes, 1, len, file);
	fclose(file);
}

START_TEST(refuses_and_moves)
{
	struct state_store_report report;
	struct state_sections got;
	struct state_store *s;
	FILE *file;

	begin();
	s = open_one(STATE_STORE_KEEP);
	save(s, 2);
	state_store_close(s, &err);
	/* a byte inside a section: only the digest tells */
	overwrite(path, (200 << 10) + 5000, "!", 1);
	s = open_one(STATE_STORE_READ);
	ck_assert_int_eq(state_store_read(s, &got, &err), ERR_CONFIG);
	ck_assert_ptr_null(got.all);
	ck_assert_msg(strstr(err.msg, "does not hold against its digest") != NULL, "%s", err.msg);
	state_store_close(s, &err);
	/* the header: moved aside by KEEP, an error for the others */
	overwrite(path, 0, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 31);
	ck_assert_ptr_null(state_store_open(path, STATE_STORE_READ, NULL, &err));
	ck_assert_msg(strstr(err.msg, "is damaged") != NULL, "%s", err.msg);
	s = state_store_open(path, STATE_STORE_KEEP, &report, &err);
	ck_assert_msg(s != NULL, "%s", err.msg);
	ck_assert_msg(strstr(report.moved_to, "state.db.corrupt-1") != NULL, "%s", report.moved_to);
	save(s, 4);
	state_store_close(s, &err);
	/* newer */
	overwrite(path, 60, "\0\0\0\7", 4);
	ck_assert_ptr_null(state_store_open(path, STATE_STORE_KEEP, NULL, &err));
	ck_assert_msg(
		strstr(err.msg, "written by a newer Vedette (version 7") != NULL, "%s", err.msg);
	ck_assert_ptr_null(state_store_open(path, STATE_STORE_READ, NULL, &err));
	ck_assert_msg(
		strstr(err.msg, "written by a newer Vedette (version 7") != NULL, "%s", err.msg);
	/* not ours */
	file = fopen(path, "w");
	fputs("hello", file);
	fclose(file);
	ck_assert_ptr_null(state_store_open(path, STATE_STORE_KEEP, NULL, &err));
	ck_assert_ptr_null(state_store_open(path, STATE_STORE_ANEW, NULL, &err));
	ck_assert_int_eq(size_of(path), 5);
	end();
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, keeps);
	tcase_add_test(tc, anew_gives_the_same_bytes);
	tcase_add_test(tc, reads_without_a_trace);
	tcase_add_test(tc, refuses_and_moves);
}

int main(void)
{
	return suite_main("state_store", add_tests);
}
