/* A damaged spool: what can be read of it goes into a new one, the rest is declared. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/str.h"
#include "redis/store/spool_image.h"

enum { ROWS_A_COMMIT = 512, VERSIONS_MAX = 64 };

/* Where a row stands that holds against its digest. */
struct found {
	uint64_t seq;
	uint32_t page, version, cell;
};

struct recovery {
	struct spool *s;
	struct spool_image img;
	struct found *found; /* by number, once each, after `sort` */
	size_t n, capacity;
	struct spool_account account;
	bool has_account;
	uint64_t waiting;   /* rows behind the watermark */
	uint64_t at_ms;     /* of the newest row */
	uint64_t n_missing; /* to be declared */
};

/* ---- looking through the pages ---- */

static int add_found(struct recovery *r, struct found f, struct error *err)
{
	if (r->n == r->capacity) {
		size_t capacity = r->capacity ? 2 * r->capacity : 1024;
		struct found *found = realloc(r->found, capacity * sizeof(*found));

		if (!found)
			return error_set(err, ERR_SYSTEM, "no memory to recover the spool");
		r->found = found;
		r->capacity = capacity;
	}
	r->found[r->n++] = f;
	return 0;
}

/* One version of a page. *ret_good: all of its cells hold, or it is of another kind. */
static int look_at(
	struct recovery *r, uint32_t page, uint32_t version, bool *ret_good, struct error *err)
{
	uint32_t cells;
	int rc = 0;

	*ret_good = false;
	if (!spool_image_leaf(&r->img, page, &cells))
		return 0;
	*ret_good = true;
	for (uint32_t i = 0; i < cells && rc == 0; i++) {
		struct spool_account account;
		struct spool_row row;

		switch (spool_image_cell(&r->img, page, i, &row, &account)) {
		case SPOOL_CELL_ROW:
			rc = add_found(r, (struct found){row.seq, page, version, i}, err);
			break;
		case SPOOL_CELL_ACCOUNT:
			if (strcmp(r->img.name, r->s->name) != 0)
				return spool_is_anothers(r->s, r->img.name, err);
			if (!r->has_account || account.commits > r->account.commits)
				r->account = account;
			r->has_account = true;
			break;
		case SPOOL_CELL_BAD:
			*ret_good = false;
			break;
		default:
			break;
		}
	}
	return rc;
}

/* An older version of a page holds rows that went since: it counts only where the newer one does
 * not hold. */
static int look_through(struct recovery *r, struct error *err)
{
	int rc = 0;

	for (uint32_t page = 1; page <= r->img.n_pages && rc == 0; page++) {
		bool good = r->img.free_pages && r->img.free_pages[page];

		for (uint32_t v = 0; v < VERSIONS_MAX && !good && rc == 0; v++) {
			if (!spool_image_page(&r->img, page, v, r->img.page))
				break;
			rc = look_at(r, page, v, &good, err);
		}
	}
	return rc;
}

static int by_seq(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	if (x->seq != y->seq)
		return x->seq < y->seq ? -1 : 1;
	return x->version < y->version ? -1 : x->version > y->version;
}

static void sort(struct recovery *r)
{
	size_t n = 0;

	if (r->n > 0)
		qsort(r->found, r->n, sizeof(*r->found), by_seq);
	for (size_t i = 0; i < r->n; i++) {
		if (n == 0 || r->found[n - 1].seq != r->found[i].seq)
			r->found[n++] = r->found[i];
	}
	r->n = n;
}

/* ---- the account ---- */

/* Without one: what is below the first row was delivered, what is missing behind it is lost. */
static void begin_account(struct recovery *r)
{
	struct spool_account *a = &r->account;

	memcpy(a->identity, r->s->account.identity, sizeof(a->identity));
	if (r->n == 0)
		return;
	a->last_seq = r->found[r->n - 1].seq;
	a->raised = a->last_seq;
	a->confirmed_seq = a->delivered = r->found[0].seq - 1;
}

static void choose_account(struct recovery *r)
{
	struct spool_account note;

	if (spool_note_read(r->s, &note) &&
		(!r->has_account || (note.commits > r->account.commits &&
					    memcmp(note.identity, r->account.identity,
						    sizeof(note.identity)) == 0))) {
		r->account = note;
		r->has_account = true;
	}
	if (!r->has_account)
		begin_account(r);
}

static void settle_account(struct recovery *r)
{
	struct spool_account *a = &r->account;
	uint64_t last = r->n > 0 ? r->found[r->n - 1].seq : 0, lost;

	choose_account(r);
	if (last > a->last_seq) {
		a->raised += last - a->last_seq;
		a->last_seq = last;
	}
	for (size_t i = 0; i < r->n; i++)
		r->waiting += r->found[i].seq > a->confirmed_seq;
	if (a->raised < a->delivered + r->waiting)
		a->raised = a->delivered + r->waiting; /* cannot be, and must not be negative */
	lost = a->raised - a->delivered - r->waiting;
	if (lost >= a->lost) {
		r->n_missing = lost - a->lost;
		return;
	}
	/* Rows are there again that were declared as lost. */
	for (int level = 0; level <= LEVEL_CRITICAL && a->lost > lost; level++) {
		uint64_t n = a->lost - lost;

		if (n > a->lost_by_level[level])
			n = a->lost_by_level[level];
		a->lost_by_level[level] -= n;
		a->lost -= n;
	}
}

/* ---- the new file ---- */

static int insert_one(struct recovery *r, const struct found *f, struct error *err)
{
	struct spool_account *a = &r->account, unused;
	struct stream_id id;
	struct spool_row row;

	if (!spool_image_page(&r->img, f->page, f->version, r->img.page) ||
		spool_image_cell(&r->img, f->page, f->cell, &row, &unused) != SPOOL_CELL_ROW)
		return error_set(err, ERR_SYSTEM,
			"the spool %s is damaged, and its disk reads differently each time: look "
			"after it",
			r->s->path);
	id = spool_id_of(a, row.seq, row.id);
	if (stream_id_cmp(a->last_id, id) < 0)
		a->last_id = id;
	if (a->last_ts_ns < row.ts_ns)
		a->last_ts_ns = row.ts_ns;
	if (r->at_ms < row.at_ms)
		r->at_ms = row.at_ms;
	return spool_row_insert(r->s, &row, err);
}

static int insert_all(struct recovery *r, struct error *err)
{
	int rc = 0;

	for (size_t i = 0; i < r->n && rc == 0; i++) {
		if (i % ROWS_A_COMMIT == 0)
			rc = database_begin(&r->s->db, err);
		if (rc == 0)
			rc = insert_one(r, &r->found[i], err);
		if (rc == 0 && (i % ROWS_A_COMMIT == ROWS_A_COMMIT - 1 || i == r->n - 1))
			rc = database_commit(&r->s->db, err);
	}
	return rc;
}

/* The numbers behind the watermark that have no row, range by range. */
static bool next_hole(const struct recovery *r, size_t *at, uint64_t *from, struct spool_range *ret)
{
	while (*from <= r->account.last_seq) {
		while (*at < r->n && r->found[*at].seq < *from)
			(*at)++;
		ret->first = *from;
		ret->last = *at < r->n ? r->found[*at].seq - 1 : r->account.last_seq;
		*from = ret->last + 2;
		if (ret->first <= ret->last)
			return true;
		*from = r->found[*at].seq + 1;
	}
	return false;
}

/* One declaration that holds all the holes, though others were declared before. */
static void lose_roughly(struct spool_change *c, const struct recovery *r)
{
	struct spool_loss loss = {.cause = SPOOL_LOST_CORRUPT,
		.n = r->n_missing,
		.by_level = {r->n_missing},
		.approximate = true};
	uint64_t from = r->account.confirmed_seq + 1;
	struct spool_range hole;
	size_t at = 0;

	while (next_hole(r, &at, &from, &hole)) {
		if (loss.n_ranges < SPOOL_RANGES_MAX)
			loss.ranges[loss.n_ranges++] = hole;
		else
			loss.ranges[SPOOL_RANGES_MAX - 1].last = hole.last;
	}
	(void)spool_lose_range(c, &loss);
}

static void lose_exactly(struct spool_change *c, const struct recovery *r)
{
	struct spool_loss loss = {.cause = SPOOL_LOST_CORRUPT};
	uint64_t from = r->account.confirmed_seq + 1;
	struct spool_range hole;
	size_t at = 0;

	while (next_hole(r, &at, &from, &hole)) {
		loss.ranges[loss.n_ranges++] = hole;
		loss.n = loss.by_level[0] += hole.last - hole.first + 1;
		if (loss.n_ranges < SPOOL_RANGES_MAX)
			continue;
		(void)spool_lose_range(c, &loss);
		loss = (struct spool_loss){.cause = SPOOL_LOST_CORRUPT};
	}
	if (loss.n > 0)
		(void)spool_lose_range(c, &loss);
}

/* Declares what is missing, and writes the account. */
static int declare_missing(struct recovery *r, struct error *err)
{
	const struct spool_account *a = &r->account;
	uint64_t holes = a->last_seq - a->confirmed_seq - r->waiting, n_ranges = 0;
	uint64_t from = a->confirmed_seq + 1;
	struct spool_range hole;
	struct spool_change c;
	size_t at = 0;
	int rc;

	while (next_hole(r, &at, &from, &hole))
		n_ranges++;
	r->s->account = *a;
	r->s->rows = r->n;
	r->s->has_file = true;
	rc = spool_change_begin(&c, r->s, r->at_ms, err);
	if (rc < 0)
		return rc;
	if (r->n_missing > 0 && holes == r->n_missing &&
		n_ranges <= (uint64_t)SPOOL_RANGES_MAX * SPOOL_DECLARATIONS_MAX)
		lose_exactly(&c, r);
	else if (r->n_missing > 0)
		lose_roughly(&c, r);
	rc = spool_change_end(&c, err);
	for (uint32_t i = 0; rc == 0 && i < c.n_declarations; i++)
		free(c.declarations[i]);
	return rc;
}

static int write_new(struct recovery *r, const char *path, struct error *err)
{
	struct database_config cfg;
	enum database_state state;
	int rc;

	spool_database_config(r->s, path, &cfg);
	cfg.max_bytes = 0; /* all that was read; the next commits bring it below the bound */
	rc = database_open(&r->s->db, &cfg, &state, err);
	if (rc < 0)
		return rc;
	rc = spool_prepare(r->s, err);
	if (rc == 0)
		rc = insert_all(r, err);
	if (rc == 0)
		rc = declare_missing(r, err);
	r->s->has_file = false;
	spool_finalize(r->s);
	database_close(&r->s->db);
	return rc;
}

/* ---- names ---- */

static void name_new(const struct spool *s, char *ret)
{
	(void)snprintf(ret, SPOOL_PATH_BYTES + 16, "%s.recovering", s->path);
}

static void remove_new(const char *path)
{
	char log[SPOOL_PATH_BYTES + 32];

	(void)snprintf(log, sizeof(log), "%s-wal", path);
	(void)unlink(log);
	(void)unlink(path);
}

/* The names that were changed are on the disk, too. */
static void sync_folder(const char *path)
{
	char folder[SPOOL_PATH_BYTES];
	char *slash;
	int fd;

	(void)snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	if (slash)
		slash[slash == folder] = '\0';
	fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)fsync(fd);
	close(fd);
}

static int take_place(const struct spool *s, const char *new_path, struct error *err)
{
	if (rename(new_path, s->path) < 0)
		return error_set_errno(
			err, ERR_SYSTEM, errno, "cannot rename %s to %s", new_path, s->path);
	sync_folder(s->path);
	return 0;
}

int spool_recover_resume(const struct spool *s, struct error *err)
{
	char new_path[SPOOL_PATH_BYTES + 16], log[SPOOL_PATH_BYTES + 8];
	char aside[DATABASE_PATH_BYTES];
	struct stat st;

	name_new(s, new_path);
	if (lstat(new_path, &st) < 0)
		return 0;
	if (lstat(s->path, &st) == 0 || errno != ENOENT) {
		remove_new(new_path);
		return 0;
	}
	/* The new one was whole before the damaged one was moved. That one's log may be left. */
	(void)snprintf(log, sizeof(log), "%s-wal", s->path);
	if (lstat(log, &st) == 0 && database_move_aside(s->path, "spool", aside, err) < 0)
		return ERR_SYSTEM;
	return take_place(s, new_path, err);
}

/* ---- all of it ---- */

static int recover(struct recovery *r, const char *new_path, struct error *err)
{
	int rc = spool_image_open(&r->img, r->s->path, err);

	if (rc == 0)
		rc = look_through(r, err);
	if (rc < 0)
		return rc;
	sort(r);
	settle_account(r);
	remove_new(new_path);
	return write_new(r, new_path, err);
}

int spool_recover(struct spool *s, struct spool_report *ret, struct error *err)
{
	char new_path[SPOOL_PATH_BYTES + 16], path[SPOOL_PATH_BYTES];
	struct recovery r = {.s = s, .img = {.fd = -1, .log_fd = -1}};
	struct spool_account fresh = s->account;
	enum database_state state;
	struct error said;
	int rc;

	name_new(s, new_path);
	rc = recover(&r, new_path, err);
	spool_image_close(&r.img);
	free(r.found);
	if (rc == 0)
		rc = database_move_aside(s->path, "spool", ret->moved_to, err);
	if (rc == 0)
		rc = take_place(s, new_path, err);
	if (rc == 0)
		rc = spool_open_file(s, &state, err);
	if (rc < 0) {
		s->account = fresh;
		s->rows = 0;
		return rc;
	}
	ret->recovered = true;
	ret->kept = r.n;
	ret->lost = r.n_missing;
	error_set(&said, ERR_SYSTEM,
		"the spool %s was damaged: %zu alerts were read back, %llu are lost and declared; "
		"the damaged file is %s",
		str_printable(path, sizeof(path), str_from(s->path)), r.n,
		(unsigned long long)r.n_missing, ret->moved_to);
	memcpy(ret->text, said.msg, sizeof(ret->text));
	return 0;
}
