/* Rows, read back in their order. */
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "redis/store/spool_state.h"

/* ---- in order, over all tables ---- */

struct merge {
	struct spool *s;
	uint64_t heads[SPOOL_CLASSES]; /* the row that each statement stands on; 0: at its end */
};

static int advance(struct merge *m, int class, struct error *err)
{
	sqlite3_stmt *statement = m->s->read[class];
	int rc = sqlite3_step(statement);

	m->heads[class] = rc == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(statement, 0) : 0;
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : database_error(&m->s->db, rc, err);
}

static int merge_begin(struct merge *m, struct spool *s, uint64_t after, struct error *err)
{
	int rc = 0;

	*m = (struct merge){.s = s};
	for (int class = SPOOL_CLASS_FIRST; class < SPOOL_CLASSES && rc == 0; class ++) {
		sqlite3_bind_int64(s->read[class], 1, (sqlite3_int64)after);
		rc = advance(m, class, err);
	}
	return rc;
}

static void merge_end(struct merge *m)
{
	for (int class = SPOOL_CLASS_FIRST; class < SPOOL_CLASSES; class ++)
		sqlite3_reset(m->s->read[class]);
}

/* The table with the next row; 0: none. */
static int next_class(const struct merge *m)
{
	int best = 0;

	for (int class = SPOOL_CLASS_FIRST; class < SPOOL_CLASSES; class ++) {
		if (m->heads[class] > 0 && (best == 0 || m->heads[class] < m->heads[best]))
			best = class;
	}
	return best;
}

static void note_bad(struct spool *s, uint64_t seq)
{
	for (uint32_t i = 0; i < s->n_bad; i++) {
		if (s->bad[i] == seq)
			return;
	}
	if (s->n_bad < SPOOL_BAD_MAX)
		s->bad[s->n_bad++] = seq;
}

static int read_rows(struct merge *m, uint32_t max_n, uint64_t max_bytes, struct queued_alert **ret,
	uint32_t *ret_n, struct error *err)
{
	uint64_t bytes = 0;
	int class, rc = 0;

	while (rc == 0 && *ret_n < max_n && (class = next_class(m)) != 0) {
		struct spool_row row;

		if (!spool_row_take(m->s->read[class], &row)) {
			note_bad(m->s, m->heads[class]);
		} else {
			struct queued_alert *q;

			bytes += row.json.len;
			if (*ret_n > 0 && bytes > max_bytes)
				break;
			q = spool_row_alert(&row);
			if (!q)
				return error_set(err, ERR_SYSTEM, "no memory to read the spool");
			q->id = spool_id_of(&m->s->account, row.seq, row.id);
			ret[(*ret_n)++] = q;
		}
		rc = advance(m, class, err);
	}
	return rc;
}

int spool_read(struct spool *s, uint64_t after_seq, uint32_t max_n, uint64_t max_bytes,
	struct queued_alert **ret, uint32_t *ret_n, struct error *err)
{
	struct merge m;
	int rc;

	*ret_n = 0;
	if (!s->has_file)
		return 0;
	rc = merge_begin(&m, s, after_seq, err);
	if (rc == 0)
		rc = read_rows(&m, max_n, max_bytes, ret, ret_n, err);
	merge_end(&m);
	while (rc < 0 && *ret_n > 0)
		free(ret[--*ret_n]);
	return rc;
}

/* ---- revisions ---- */

struct revision {
	char id[ALERT_ID_BYTES];
	uint32_t revision;
};

struct spool_revisions {
	size_t n, capacity;
	struct revision *all; /* by id, then by revision */
};

static int by_id(const void *a, const void *b)
{
	const struct revision *x = a, *y = b;
	int order = memcmp(x->id, y->id, sizeof(x->id));

	return order != 0 ? order : (x->revision > y->revision) - (x->revision < y->revision);
}

static bool add_revision(struct spool_revisions *r, sqlite3_stmt *statement)
{
	const void *id = sqlite3_column_blob(statement, 9);
	int len = sqlite3_column_bytes(statement, 9);
	struct revision *one;

	if (!id || len <= 0 || len >= ALERT_ID_BYTES)
		return true;
	if (r->n == r->capacity) {
		size_t capacity = r->capacity ? 2 * r->capacity : 1024;
		struct revision *all = realloc(r->all, capacity * sizeof(*all));

		if (!all)
			return false;
		r->all = all;
		r->capacity = capacity;
	}
	one = &r->all[r->n++];
	memset(one, 0, sizeof(*one));
	memcpy(one->id, id, (size_t)len);
	one->revision = (uint32_t)sqlite3_column_int64(statement, 7);
	return true;
}

static void load_revisions(struct spool *s)
{
	struct spool_revisions *r = calloc(1, sizeof(*r));
	bool good = r != NULL;

	for (int class = SPOOL_CLASS_FIRST; class < SPOOL_CLASSES && s->has_file && good;
		class ++) {
		sqlite3_bind_int64(s->read[class], 1, 0);
		while (good && sqlite3_step(s->read[class]) == SQLITE_ROW)
			good = add_revision(r, s->read[class]);
		sqlite3_reset(s->read[class]);
	}
	if (r && r->n > 0)
		qsort(r->all, r->n, sizeof(*r->all), by_id);
	s->revisions = r;
}

uint32_t spool_last_revision(struct spool *s, const char *alert_id)
{
	struct revision key = {.revision = UINT32_MAX};
	size_t low = 0, high, len = strlen(alert_id);

	if (!s->revisions)
		load_revisions(s);
	if (!s->revisions || len >= sizeof(key.id))
		return 0;
	memcpy(key.id, alert_id, len);
	high = s->revisions->n;
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (by_id(&s->revisions->all[middle], &key) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || memcmp(s->revisions->all[low - 1].id, key.id, sizeof(key.id)) != 0)
		return 0;
	return s->revisions->all[low - 1].revision;
}

void spool_revisions_drop(struct spool *s)
{
	if (s->revisions)
		free(s->revisions->all);
	free(s->revisions);
	s->revisions = NULL;
}
