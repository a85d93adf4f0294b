/* The spool in trouble: killed at any moment, damaged at any place, without room, without rights.
 * Nothing that was reported as committed is gone without a declaration, and nothing is returned
 * with other content than was written. */
#include "redis/store/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/spool_fixture.h"
#include "tests/unit/suite.h"

enum { NOW = 1000000, PLACES = 34 /* of each of three kinds */ };

static struct spool_fixture f;
static struct error err;

static struct spool_counts counts(const struct spool *s)
{
	struct spool_counts c;

	spool_counts(s, &c);
	return c;
}

static uint64_t random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void run(const char *format, const char *path)
{
	char command[512];

	snprintf(command, sizeof(command), format, path, path, path, path);
	ck_assert_msg(system(command) == 0, "%s", command);
}

/* Reads all rows behind AFTER: each must have the bytes that it was written with, and its key is
 * its number - 1 where FOLLOWS. Returns how many, declarations too. */
static uint64_t read_all(struct spool *s, uint64_t after, bool follows)
{
	uint64_t total = 0, wrong = 0;
	uint32_t n;

	do {
		struct queued_alert *rows[256];

		ck_assert_msg(
			spool_read(s, after, 256, 1 << 20, rows, &n, &err) == 0, "%s", err.msg);
		for (uint32_t i = 0; i < n; i++) {
			uint64_t key = fixture_key(rows[i]);

			wrong += rows[i]->seq <= after;
			wrong += follows && key != UINT64_MAX && key != rows[i]->seq - 1;
			after = rows[i]->seq;
			free(rows[i]);
		}
		total += n;
	} while (n > 0);
	ck_assert_uint_eq(wrong, 0);
	return total;
}

/* ---- killed ---- */

struct told {
	uint64_t committed, confirmed; /* numbers that the child has been told of */
};

static void commit_until_killed(struct told *told, uint64_t seed)
{
	struct spool *s = fixture_open(&f, NULL);
	uint64_t random = seed, next = counts(s).last_seq;

	told->committed = next;
	for (uint64_t i = 0;; i++) {
		uint32_t n = 1 + random_next(&random) % 40;

		if (fixture_add(s, next, n, 1 + i % 5, 200 + random_next(&random) % 4000, NOW + i,
			    &err) < 0)
			_exit(1);
		next += n;
		told->committed = next;
		if (i % 3 == 0) {
			fixture_confirm(s, next - 10 * (i % 2), NOW + i);
			told->confirmed = next - 10 * (i % 2);
		}
	}
}

START_TEST(killed_at_random)
{
	struct told *told = mmap(
		NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t random = 42;

	fixture_begin(&f);
	f.cfg.keep_ms = 20;
	for (int round = 0; round < 25; round++) {
		struct spool *s;
		pid_t pid = fork();
		int status;

		if (pid == 0)
			commit_until_killed(told, random + (uint64_t)round);
		usleep((useconds_t)(random_next(&random) % 60000));
		kill(pid, SIGKILL);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert(WIFSIGNALED(status));
		s = fixture_open(&f, NULL);
		ck_assert_uint_ge(counts(s).last_seq, told->committed);
		ck_assert_uint_le(counts(s).last_seq, told->committed + 40);
		ck_assert_uint_ge(counts(s).confirmed_seq, told->confirmed);
		ck_assert_uint_eq(counts(s).raised, counts(s).last_seq);
		ck_assert_uint_eq(counts(s).lost, 0);
		ck_assert_uint_eq(read_all(s, counts(s).confirmed_seq, true), counts(s).spooled);
		fixture_balance(s);
		spool_close(s);
	}
	ck_assert_uint_gt(told->committed, 100);
	fixture_end(&f);
	munmap(told, sizeof(*told));
}
END_TEST

/* ---- damaged ---- */

/* A spool with rows of all levels and sizes, some confirmed, left as by a process that was killed:
 * PATH.whole, with or without a log. */
static void make_whole(bool with_log)
{
	struct spool *s = fixture_open(&f, NULL);

	for (uint64_t i = 0; i < 30; i++)
		ck_assert_int_eq(fixture_add(s, i * 10, 10, 1 + i % 5,
					 100 + (uint32_t)((i * 7919) % 9000), NOW + i, &err),
			0);
	fixture_confirm(s, 50, NOW + 50);
	if (!with_log)
		spool_close(s);
	run("cp %s %s.whole && cp %s-lock %s.whole-lock", f.path);
	if (with_log) {
		run("cp %s-wal %s.whole-wal && test -s %s-wal", f.path);
		spool_close(s);
	}
}

static void put_back(void)
{
	run("rm -f %s %s-wal %s.corrupt-*", f.path);
	run("cp %s.whole-lock %s-lock", f.path);
	run("cp %s.whole %s", f.path);
	run("if [ -e %s.whole-wal ]; then cp %s.whole-wal %s-wal; fi", f.path);
}

static void damage(const char *suffix, uint64_t *random, uint32_t len)
{
	char path[160];
	uint8_t bytes[4096];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "%s%s", f.path, suffix);
	fd = open(path, O_RDWR);
	ck_assert_int_ge(fd, 0);
	fstat(fd, &st);
	for (uint32_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)random_next(random);
	ck_assert_int_gt(
		pwrite(fd, bytes, len, (off_t)(random_next(random) % (uint64_t)(st.st_size - len))),
		0);
	close(fd);
}

/* Opens what was damaged. False: refused by name. */
static bool survives(int place)
{
	struct spool_report report;
	struct spool *s = spool_open(&f.cfg, &report, &err);
	struct spool_counts c;
	uint64_t rows;

	if (!s) {
		/* only where the header says that it is something else */
		ck_assert_msg(err.code == ERR_CONFIG, "place %d: %s", place, err.msg);
		return false;
	}
	ck_assert_msg(!report.unwritable, "place %d: %s", place, report.text);
	c = counts(s);
	fixture_balance(s);
	rows = read_all(s, c.confirmed_seq, true);
	ck_assert_msg(rows == c.spooled, "place %d: %lu rows, %lu spooled: %s", place,
		(unsigned long)rows, (unsigned long)c.spooled, report.text);
	ck_assert_msg(c.raised >= 300, "place %d: %lu raised: %s", place, (unsigned long)c.raised,
		report.text);
	if (report.recovered) {
		ck_assert(access(report.moved_to, F_OK) == 0);
		ck_assert_uint_eq(report.lost, f.declared_lost[SPOOL_LOST_CORRUPT]);
	} else {
		ck_assert_uint_eq(c.lost, 0);
	}
	/* and it goes on */
	ck_assert_int_eq(fixture_add(s, c.last_seq, 5, 3, 500, NOW + 100, &err), 0);
	fixture_confirm(s, c.last_seq, NOW + 200);
	spool_close(s);
	s = fixture_open(&f, NULL);
	ck_assert_uint_eq(counts(s).spooled, 5);
	spool_close(s);
	return true;
}

static void damage_everywhere(bool with_log, const char *suffix, uint64_t seed)
{
	uint64_t random = seed;
	int survived = 0;

	fixture_begin(&f);
	make_whole(with_log);
	for (int place = 0; place < PLACES; place++) {
		put_back();
		memset(f.declared_lost, 0, sizeof(f.declared_lost));
		damage(suffix, &random, place % 4 == 0 ? 4096 : place % 4 == 1 ? 512 : 1);
		survived += survives(place);
	}
	ck_assert_int_gt(survived, PLACES - 5);
	fixture_end(&f);
}

START_TEST(damaged_file)
{
	damage_everywhere(false, "", 1);
}
END_TEST

START_TEST(damaged_file_with_log)
{
	damage_everywhere(true, "", 2);
}
END_TEST

START_TEST(damaged_log)
{
	damage_everywhere(true, "-wal", 3);
}
END_TEST

START_TEST(cut_short)
{
	struct stat st;

	fixture_begin(&f);
	make_whole(false);
	stat(f.path, &st);
	for (int part = 1; part < 20; part += 3) {
		put_back();
		memset(f.declared_lost, 0, sizeof(f.declared_lost));
		ck_assert_int_eq(truncate(f.path, st.st_size * part / 20), 0);
		ck_assert(survives(part) || part == 1);
	}
	fixture_end(&f);
}
END_TEST

/* The end of the log is gone: SQLite sees nothing wrong. */
START_TEST(log_cut_short)
{
	char log[160];
	struct stat st;

	fixture_begin(&f);
	make_whole(true);
	snprintf(log, sizeof(log), "%s-wal", f.path);
	put_back();
	stat(log, &st);
	for (int part = 0; part < 20; part += 2) {
		put_back();
		memset(f.declared_lost, 0, sizeof(f.declared_lost));
		ck_assert_int_eq(truncate(log, st.st_size * part / 20), 0);
		ck_assert(survives(part));
		ck_assert_uint_gt(f.declared_lost[SPOOL_LOST_CORRUPT], 0);
	}
	fixture_end(&f);
}
END_TEST

/* Each byte of the file's header. */
START_TEST(damaged_header)
{
	fixture_begin(&f);
	make_whole(false);
	for (int at = 0; at < 100; at += 1 + at / 20) {
		int fd;
		char byte;

		put_back();
		memset(f.declared_lost, 0, sizeof(f.declared_lost));
		fd = open(f.path, O_RDWR);
		ck_assert_int_eq(pread(fd, &byte, 1, at), 1);
		byte ^= 0x15;
		ck_assert_int_eq(pwrite(fd, &byte, 1, at), 1);
		close(fd);
		survives(at);
	}
	fixture_end(&f);
}
END_TEST

/* A recovery that was killed between its two renames is finished by the next start. */
START_TEST(recovery_goes_on)
{
	struct spool *s;

	fixture_begin(&f);
	make_whole(true);
	put_back();
	run("cp %s %s.recovering && cp %s-wal /dev/null", f.path);
	s = fixture_open(&f, NULL);
	spool_close(s);
	ck_assert(access(f.path, F_OK) == 0);
	run("test ! -e %s.recovering", f.path);
	run("mv %s %s.recovering && echo left > %s-wal", f.path);
	s = fixture_open(&f, NULL);
	ck_assert_uint_eq(counts(s).raised, 300);
	ck_assert_uint_eq(read_all(s, 0, true), 300);
	spool_close(s);
	run("test -e %s.corrupt-1-wal", f.path);
	fixture_end(&f);
}
END_TEST

/* ---- without room, without rights ---- */

/* The file may not grow: as a full disk, for anybody. */
START_TEST(no_room_for_the_file)
{
	struct rlimit old, small = {256 << 10, RLIM_INFINITY};
	struct spool_counts before, after;
	struct spool *s;
	uint64_t key = 0;

	fixture_begin(&f);
	s = fixture_open(&f, NULL);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	small.rlim_max = old.rlim_max;
	setrlimit(RLIMIT_FSIZE, &small);
	while (fixture_add(s, key, 20, 3, 3400, NOW, &err) == 0)
		key += 20;
	ck_assert_uint_gt(key, 0);
	ck_assert_msg(err.code == ERR_SYSTEM && strstr(err.msg, "disk"), "%s", err.msg);
	before = counts(s);
	for (int i = 0; i < 10; i++)
		ck_assert_int_lt(fixture_add(s, key, 20, 3, 3400, NOW, &err), 0);
	after = counts(s);
	ck_assert_mem_eq(&before, &after, sizeof(before));
	ck_assert(!spool_is_corrupt(s));
	ck_assert_uint_eq(read_all(s, 0, true), key);
	setrlimit(RLIMIT_FSIZE, &old);
	/* there is room again */
	ck_assert_msg(fixture_add(s, key, 20, 3, 3400, NOW, &err) == 0, "%s", err.msg);
	spool_close(s);
	s = fixture_open(&f, NULL);
	ck_assert_uint_eq(read_all(s, 0, true), key + 20);
	spool_close(s);
	fixture_end(&f);
}
END_TEST

static bool mount_small(const char *dir, const char *options, unsigned long flags)
{
	return mount("tmpfs", dir, "tmpfs", flags, options) == 0;
}

START_TEST(full_disk)
{
	struct spool *s;
	uint64_t key = 0;

	fixture_begin(&f);
	if (!mount_small(f.dir, "size=2m", 0)) {
		fixture_end(&f);
		return;
	}
	s = fixture_open(&f, NULL);
	for (int fails = 0; fails < 20; key += 20) {
		if (fixture_add(s, key, 20, 3, 3400, NOW, &err) < 0) {
			fails++;
			key -= 20;
		}
	}
	ck_assert_msg(strstr(err.msg, "make room on its disk") != NULL, "%s", err.msg);
	ck_assert(!spool_is_corrupt(s));
	ck_assert_uint_eq(read_all(s, 0, true), key);
	/* what is confirmed makes room within the file */
	fixture_balance(s);
	ck_assert_int_eq(mount("tmpfs", f.dir, "tmpfs", MS_REMOUNT, "size=8m"), 0);
	ck_assert_msg(fixture_add(s, key, 20, 3, 3400, NOW, &err) == 0, "%s", err.msg);
	spool_close(s);
	s = fixture_open(&f, NULL);
	ck_assert_uint_eq(read_all(s, 0, true), key + 20);
	spool_close(s);
	ck_assert_int_eq(umount(f.dir), 0);
	fixture_end(&f);
}
END_TEST

/* Works without a file, and says so; what the file holds stays for the next start. */
static void expect_without_file(uint64_t kept)
{
	struct queued_alert *q = fixture_alert(0, 3, 100), *row;
	struct spool_report report;
	struct spool *s = fixture_open(&f, &report);
	uint32_t n;

	ck_assert(report.unwritable);
	ck_assert_msg(strstr(report.text, "cannot be") != NULL, "%s", report.text);
	ck_assert_int_lt(fixture_add(s, 0, 1, 3, 100, NOW, &err), 0);
	ck_assert_str_eq(err.msg, report.text);
	spool_advance(s, 70, (struct stream_id){1, 1});
	spool_number(s, q);
	ck_assert_uint_eq(q->seq, 71);
	ck_assert_int_eq(spool_read(s, 0, 1, 100, &row, &n, &err), 0);
	ck_assert_uint_eq(n, 0);
	ck_assert_uint_eq(counts(s).raised, 0);
	ck_assert_uint_eq(spool_last_revision(s, "x"), 0);
	ck_assert(!spool_is_corrupt(s));
	spool_close(s);
	free(q);
	(void)kept;
}

START_TEST(read_only_disk)
{
	struct spool *s;

	fixture_begin(&f);
	if (!mount_small(f.dir, "size=8m", 0)) {
		fixture_end(&f);
		return;
	}
	s = fixture_open(&f, NULL);
	ck_assert_int_eq(fixture_add(s, 0, 50, 3, 300, NOW, &err), 0);
	spool_close(s);
	ck_assert_int_eq(mount("tmpfs", f.dir, "tmpfs", MS_REMOUNT | MS_RDONLY, ""), 0);
	expect_without_file(50);
	ck_assert_int_eq(mount("tmpfs", f.dir, "tmpfs", MS_REMOUNT, ""), 0);
	s = fixture_open(&f, NULL);
	ck_assert_uint_eq(read_all(s, 0, true), 50);
	spool_close(s);
	ck_assert_int_eq(umount(f.dir), 0);
	fixture_end(&f);
}
END_TEST

START_TEST(folder_that_is_not_there)
{
	fixture_begin(&f);
	snprintf(f.path, sizeof(f.path), "%s/none/spool.db", f.dir);
	expect_without_file(0);
	fixture_end(&f);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, killed_at_random);
	tcase_add_test(tc, damaged_file);
	tcase_add_test(tc, damaged_file_with_log);
	tcase_add_test(tc, damaged_log);
	tcase_add_test(tc, cut_short);
	tcase_add_test(tc, log_cut_short);
	tcase_add_test(tc, damaged_header);
	tcase_add_test(tc, recovery_goes_on);
	tcase_add_test(tc, no_room_for_the_file);
	tcase_add_test(tc, full_disk);
	tcase_add_test(tc, read_only_disk);
	tcase_add_test(tc, folder_that_is_not_there);
}

int main(void)
{
	return suite_main("spool_faults", add_tests);
}
