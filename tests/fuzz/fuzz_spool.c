/* Spools that were damaged, or come from somebody else. The first byte chooses: a whole file of any
 * bytes, or one of ours (closed, or left by a process that was killed) with bytes changed and files
 * cut. Whatever it is: refused with a message, or opened with accounts that balance, no row with
 * other content than was written, and the same again when it is opened once more. */
#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "redis/store/spool.h"

enum { FILES = 3, FILE_MAX = 1 << 20, ROWS = 12, EDIT_BYTES = 6, ROW_BYTES = 9000, READ_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct file {
	uint8_t bytes[FILE_MAX];
	size_t len;
};

static struct {
	char dir[64];
	struct file closed[FILES], killed[FILES], now[FILES];
	bool made;
} fuzz;

static const char *const suffixes[FILES] = {"", "-wal", "-lock"};

static void name_of(int i, const char *suffix, char *ret)
{
	(void)snprintf(ret, 128, "%s/spool.db%s%s", fuzz.dir, suffixes[i], suffix);
}

static void load(struct file *files)
{
	for (int i = 0; i < FILES; i++) {
		char path[128];
		int fd;

		name_of(i, "", path);
		fd = open(path, O_RDONLY);
		files[i].len = fd < 0 ? 0 : (size_t)read(fd, files[i].bytes, FILE_MAX);
		assert(files[i].len < FILE_MAX);
		if (fd >= 0)
			close(fd);
	}
}

static void store(const struct file *files)
{
	for (int i = 0; i < FILES; i++) {
		char path[128];
		int fd;

		name_of(i, "", path);
		unlink(path);
		if (files[i].len == 0)
			continue;
		fd = open(path, O_WRONLY | O_CREAT, 0600);
		assert(fd >= 0 && write(fd, files[i].bytes, files[i].len) > 0);
		close(fd);
	}
}

static void json_of(uint64_t seq, char *ret, uint32_t *ret_len)
{
	*ret_len = (uint32_t)(50 + seq * 977 % (ROW_BYTES - 50));
	for (uint32_t i = 0; i < *ret_len; i++)
		ret[i] = (char)('a' + (seq + i) % 26);
}

static struct queued_alert *declare(void *user, const struct spool_loss *loss)
{
	struct alert a = {.revision = 1,
		.ts_ns = loss->ts_ns,
		.level = LEVEL_HIGH,
		.rule_id = STR("lost"),
		.equipment = STR(""),
		.json = STR("{}")};

	(void)user;
	assert(loss->n > 0 && loss->n_ranges > 0 && loss->n_ranges <= SPOOL_RANGES_MAX);
	for (uint32_t i = 0; i < loss->n_ranges; i++)
		assert(loss->ranges[i].first <= loss->ranges[i].last &&
			(i == 0 || loss->ranges[i - 1].last < loss->ranges[i].first));
	return queued_alert_new(&a);
}

static struct spool *open_one(struct spool_report *ret)
{
	char path[128];
	struct spool_config cfg = {.path = path,
		.name = "waw-1",
		.max_bytes = SPOOL_MIN_BYTES,
		.keep_ms = 100,
		.declare = declare};
	struct error err = {ERR_OK, ""};
	struct spool *s;

	name_of(0, "", path);
	s = spool_open(&cfg, ret, &err);
	assert(s || err.msg[0]);
	return s;
}

static void check_rows(struct spool *s, bool ours)
{
	struct queued_alert *rows[READ_MAX];
	char json[ROW_BYTES];
	uint32_t n = 0, len;

	if (spool_read(s, 0, READ_MAX, FILE_MAX, rows, &n, NULL) < 0)
		return;
	for (uint32_t i = 0; i < n; i++) {
		assert(i == 0 || rows[i - 1]->seq < rows[i]->seq);
		json_of(rows[i]->seq, json, &len);
		assert(!ours || str_eq(rows[i]->alert.rule_id, STR("lost")) ||
			str_eq(rows[i]->alert.json, (struct str){json, len}));
	}
	for (uint32_t i = 0; i < n; i++)
		free(rows[i]);
}

static void check_counts(const struct spool *s, struct spool_counts *ret)
{
	spool_counts(s, ret);
	assert(ret->raised == ret->delivered + ret->spooled + ret->lost);
}

static int commit(struct spool *s, uint64_t confirmed)
{
	char json[ROW_BYTES];
	struct alert a = {.revision = 1,
		.ts_ns = 1,
		.level = LEVEL_LOW,
		.rule_id = STR("rule"),
		.equipment = STR("one"),
		.json.data = json};
	struct spool_counts counts;
	struct spool_commit in = {.n = 1, .now_ms = 1000, .confirmed_seq = confirmed};
	struct spool_committed done;
	struct queued_alert *q;
	int rc;

	check_counts(s, &counts);
	json_of(counts.last_seq + 1, json, &a.json.len);
	a.level = (enum rule_level)(1 + counts.last_seq % 5);
	q = queued_alert_new(&a);
	in.batch = &q;
	rc = spool_commit(s, &in, &done, NULL);
	for (uint32_t i = 0; rc == 0 && i < done.n_declarations; i++)
		free(done.declarations[i]);
	free(q);
	return rc;
}

static void empty(void)
{
	DIR *dir = opendir(fuzz.dir);

	assert(dir);
	for (const struct dirent *e = readdir(dir); e; e = readdir(dir))
		(void)unlinkat(dirfd(dir), e->d_name, 0);
	closedir(dir);
}

static void clean(void)
{
	empty();
	rmdir(fuzz.dir);
}

static void make(void)
{
	struct spool_report report;
	struct spool *s;

	strcpy(fuzz.dir, "/dev/shm/vedette-fuzz-XXXXXX");
	if (!mkdtemp(fuzz.dir)) {
		strcpy(fuzz.dir, "/tmp/vedette-fuzz-XXXXXX");
		assert(mkdtemp(fuzz.dir));
	}
	(void)atexit(clean);
	s = open_one(&report);
	for (uint64_t i = 0; i < ROWS; i++)
		assert(commit(s, i / 3) == 0);
	load(fuzz.killed);
	spool_close(s);
	load(fuzz.closed);
	fuzz.made = true;
}

static void edit(const uint8_t *data, size_t size)
{
	for (; size >= EDIT_BYTES; data += EDIT_BYTES, size -= EDIT_BYTES) {
		struct file *file = &fuzz.now[data[0] % FILES];
		uint32_t at = (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 | data[3];

		if (file->len == 0)
			continue;
		if (data[4] == 0xff)
			file->len = at % file->len;
		else
			file->bytes[at % file->len] = data[5];
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct spool_counts counts, again;
	struct spool_report report;
	struct spool *s;
	bool ours;

	if (!fuzz.made)
		make();
	if (size == 0 || size > FILE_MAX)
		return 0;
	ours = data[0] < 0xf0;
	memcpy(fuzz.now, data[0] % 2 ? fuzz.killed : fuzz.closed, sizeof(fuzz.now));
	if (ours) {
		edit(data + 1, size - 1);
	} else {
		memcpy(fuzz.now[0].bytes, data + 1, size - 1);
		fuzz.now[0].len = size - 1;
		fuzz.now[1].len = 0;
	}
	store(fuzz.now);
	for (int round = 0; round < 2; round++) {
		s = open_one(&report);
		if (!s)
			break;
		check_counts(s, &again);
		assert(round == 0 || report.unwritable || again.raised == counts.raised);
		check_rows(s, ours);
		(void)spool_last_revision(s, "x");
		(void)commit(s, again.last_seq / 2);
		check_counts(s, &counts);
		spool_close(s);
	}
	empty();
	return 0;
}
