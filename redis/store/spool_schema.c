/* The spool's tables: what stands in a row, and how it is held against its digest. */
#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/hash/hash.h"
#include "redis/store/spool_state.h"

#define ALERTS(class)                                                                              \
	"CREATE TABLE alerts_" #class "(seq INTEGER PRIMARY KEY, flags INTEGER, level INTEGER, "   \
				      "at_ms INTEGER, id_ms INTEGER, id_n INTEGER, ts_ns "         \
				      "INTEGER, revision INTEGER, "                                \
				      "digest INTEGER, id TEXT, rule TEXT, equipment TEXT, json "  \
				      "TEXT);"

#define COLUMN(field) ", " #field " INTEGER"
#define VALUE(field)  ", ?"
#define ACCOUNT(table)                                                                             \
	"CREATE TABLE " table                                                                      \
	"(copy INTEGER PRIMARY KEY, format TEXT, name TEXT, digest INTEGER" SPOOL_ACCOUNT(         \
		COLUMN) ");"

static const char *const migrations[] = {
	ACCOUNT("vedette_spool") ACCOUNT("vedette_spool_copy") ALERTS(1) ALERTS(2) ALERTS(3)
		ALERTS(4) ALERTS(5) ALERTS(6),
};

#define SAVE(table)                                                                                \
	"REPLACE INTO " table " VALUES(1, '" SPOOL_MARKER "', ?, ?" SPOOL_ACCOUNT(VALUE) ")"

#define ONE(field) +1
static_assert((0 SPOOL_ACCOUNT(ONE)) == SPOOL_ACCOUNT_FIELDS, "a column for each field");

void spool_database_config(const struct spool *s, const char *path, struct database_config *ret)
{
	uint64_t max = s->cfg.max_bytes;
	uint64_t log_bytes = max / 8 < (16U << 20) ? max / 8 : 16U << 20;

	*ret = (struct database_config){.path = path,
		.what = "spool",
		.application_id = SPOOL_APPLICATION_ID,
		.marker = SPOOL_MARKER,
		.page_bytes = SPOOL_PAGE_BYTES,
		.cache_bytes = max < ((uint64_t)64 << 20) ? 2U << 20 : 16U << 20,
		.max_bytes = max - 2 * log_bytes,
		.log_bytes = log_bytes,
		.max_value_bytes = 64U << 20,
		.migrations = migrations,
		.n_migrations = sizeof(migrations) / sizeof(migrations[0])};
}

static int prepare_class(struct spool *s, int class, struct error *err)
{
	struct {
		sqlite3_stmt **to;
		const char *text;
	} all[] = {
		{&s->insert[class], "INSERT INTO alerts_%d VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?)"},
		{&s->erase[class], "DELETE FROM alerts_%d WHERE seq >= ? AND seq <= ?"},
		{&s->list[class], "SELECT seq, level, ts_ns, at_ms FROM alerts_%d WHERE seq > ? "
				  "ORDER BY seq LIMIT ?"},
		{&s->read[class], "SELECT seq, flags, level, at_ms, id_ms, id_n, ts_ns, revision, "
				  "digest, id, rule, equipment, json FROM alerts_%d WHERE seq > ? "
				  "ORDER BY seq"},
		{&s->count[class], "SELECT count(*), total(revision = 1) FROM alerts_%d "
				   "WHERE seq > ? AND seq <= ?"},
	};
	int rc = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]) && rc == 0; i++) {
		char *sql = sqlite3_mprintf(all[i].text, class);

		rc = sql ? database_prepare(&s->db, sql, all[i].to, err)
			 : error_set(err, ERR_SYSTEM, "out of memory");
		sqlite3_free(sql);
	}
	return rc;
}

int spool_prepare(struct spool *s, struct error *err)
{
	int rc = database_prepare(&s->db, SAVE("vedette_spool"), &s->save[0], err);

	if (rc == 0)
		rc = database_prepare(&s->db, SAVE("vedette_spool_copy"), &s->save[1], err);
	for (int class = SPOOL_CLASS_FIRST; class < SPOOL_CLASSES && rc == 0; class ++)
		rc = prepare_class(s, class, err);
	return rc;
}

static void finalize(sqlite3_stmt **statement)
{
	sqlite3_finalize(*statement);
	*statement = NULL;
}

void spool_finalize(struct spool *s)
{
	for (int class = 0; class < SPOOL_CLASSES; class ++) {
		finalize(&s->insert[class]);
		finalize(&s->erase[class]);
		finalize(&s->list[class]);
		finalize(&s->read[class]);
		finalize(&s->count[class]);
	}
	finalize(&s->save[0]);
	finalize(&s->save[1]);
}

/* ---- the account ---- */

uint64_t spool_account_digest(const struct spool_account *a, struct str name)
{
	return hash64(a, sizeof(*a), hash64(name.data, name.len, SPOOL_APPLICATION_ID));
}

bool spool_account_holds(const struct spool_account *a, const char *name, uint64_t digest)
{
	const uint64_t most = INT64_MAX / 4;
	uint64_t lost = 0;

	for (int level = 0; level <= LEVEL_CRITICAL; level++) {
		if (a->lost_by_level[level] > most)
			return false;
		lost += a->lost_by_level[level];
	}
	return spool_account_digest(a, str_from(name)) == digest && stream_name_ok(name) &&
	       a->raised <= most && a->delivered <= most && a->lost == lost && lost <= most &&
	       a->raised >= a->delivered + a->lost && a->confirmed_seq <= a->last_seq &&
	       a->last_seq <= most && a->floor_seq <= most && a->opened <= most;
}

int spool_account_save(struct spool *s, const struct spool_account *a, struct error *err)
{
	struct str name = str_from(s->name);
	uint64_t values[SPOOL_ACCOUNT_FIELDS];

	memcpy(values, a, sizeof(values));
	for (size_t i = 0; i < 2; i++) {
		sqlite3_stmt *statement = s->save[i];
		int rc;

		sqlite3_bind_text(statement, 1, name.data, (int)name.len, SQLITE_STATIC);
		sqlite3_bind_int64(statement, 2, (sqlite3_int64)spool_account_digest(a, name));
		for (int j = 0; j < SPOOL_ACCOUNT_FIELDS; j++)
			sqlite3_bind_int64(statement, 3 + j, (sqlite3_int64)values[j]);
		rc = sqlite3_step(statement);
		sqlite3_reset(statement);
		if (rc != SQLITE_DONE)
			return database_error(&s->db, rc, err);
	}
	return 0;
}

static bool take_account(sqlite3_stmt *statement, struct spool_account *ret, char *ret_name)
{
	struct str name = {(const char *)sqlite3_column_text(statement, 2),
		(uint32_t)sqlite3_column_bytes(statement, 2)};
	uint64_t values[SPOOL_ACCOUNT_FIELDS];

	if (!name.data || name.len > STREAM_NAME_MAX)
		return false;
	for (int i = 0; i < SPOOL_ACCOUNT_FIELDS; i++)
		values[i] = (uint64_t)sqlite3_column_int64(statement, 4 + i);
	memcpy(ret, values, sizeof(values));
	memcpy(ret_name, name.data, name.len);
	ret_name[name.len] = '\0';
	return spool_account_holds(ret, ret_name, (uint64_t)sqlite3_column_int64(statement, 3));
}

int spool_account_load(
	struct spool *s, struct spool_account *ret, char *ret_name, struct error *err)
{
	static const char *const sql[] = {
		"SELECT * FROM vedette_spool", "SELECT * FROM vedette_spool_copy"};
	struct spool_account copies[2];
	char names[2][STREAM_NAME_MAX + 1];
	bool good = true;

	for (size_t i = 0; i < 2 && good; i++) {
		sqlite3_stmt *statement;
		int rc = database_prepare(&s->db, sql[i], &statement, err);

		if (rc < 0)
			return rc;
		rc = sqlite3_step(statement);
		good = rc == SQLITE_ROW && take_account(statement, &copies[i], names[i]);
		sqlite3_finalize(statement);
		if (rc != SQLITE_ROW && rc != SQLITE_DONE)
			return database_error(&s->db, rc, err);
	}
	if (!good || memcmp(&copies[0], &copies[1], sizeof(copies[0])) != 0 ||
		strcmp(names[0], names[1]) != 0)
		return database_error(&s->db, SQLITE_CORRUPT, err);
	*ret = copies[0];
	memcpy(ret_name, names[0], sizeof(names[0]));
	return 0;
}

/* ---- rows ---- */

int spool_row_class(const struct spool_row *row)
{
	return row->flags & SPOOL_ROW_DECLARATION ? SPOOL_CLASS_DECLARATION : (int)row->level;
}

uint64_t spool_row_digest(const struct spool_row *row)
{
	const struct str *texts[] = {&row->alert_id, &row->rule, &row->equipment, &row->json};
	uint64_t numbers[] = {row->seq, row->flags, row->level, row->at_ms, row->id.ms, row->id.n,
		row->ts_ns, row->revision, row->alert_id.len, row->rule.len, row->equipment.len,
		row->json.len};
	uint64_t h = SPOOL_APPLICATION_ID;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		h = hash64(texts[i]->data, texts[i]->len, h);
	return hash64(numbers, sizeof(numbers), h);
}

bool spool_row_holds(const struct spool_row *row)
{
	return row->seq > 0 && row->seq <= INT64_MAX && row->flags <= 3 &&
	       row->level >= LEVEL_INFORMATIONAL && row->level <= LEVEL_CRITICAL &&
	       row->revision <= UINT32_MAX && row->alert_id.len < ALERT_ID_BYTES &&
	       row->rule.len <= SPOOL_STRING_MAX && row->equipment.len <= SPOOL_STRING_MAX &&
	       (row->alert_id.len == 0 || !memchr(row->alert_id.data, 0, row->alert_id.len)) &&
	       spool_row_digest(row) == row->digest;
}

struct queued_alert *spool_row_alert(const struct spool_row *row)
{
	struct alert a = {.revision = (uint32_t)row->revision,
		.ts_ns = row->ts_ns,
		.level = (enum rule_level)row->level,
		.rule_id = row->rule,
		.equipment = row->equipment,
		.json = row->json};
	struct queued_alert *q;

	if (row->alert_id.len > 0)
		memcpy(a.id, row->alert_id.data, row->alert_id.len);
	q = queued_alert_new(&a);
	if (!q)
		return NULL;
	q->seq = row->seq;
	q->id = row->id;
	q->unspooled = row->flags & SPOOL_ROW_UNSPOOLED;
	return q;
}

int spool_row_insert(struct spool *s, const struct spool_row *row, struct error *err)
{
	sqlite3_stmt *statement = s->insert[spool_row_class(row)];
	const uint64_t numbers[] = {row->seq, row->flags, row->level, row->at_ms, row->id.ms,
		row->id.n, row->ts_ns, row->revision, row->digest};
	const struct str *texts[] = {&row->alert_id, &row->rule, &row->equipment, &row->json};
	int at = 1, rc;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sqlite3_bind_int64(statement, at++, (sqlite3_int64)numbers[i]);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		sqlite3_bind_text(statement, at++, texts[i]->data ? texts[i]->data : "",
			(int)texts[i]->len, SQLITE_STATIC);
	rc = sqlite3_step(statement);
	sqlite3_reset(statement);
	return rc == SQLITE_DONE ? 0 : database_error(&s->db, rc, err);
}

static struct str text_of(sqlite3_stmt *statement, int column)
{
	const void *data = sqlite3_column_blob(statement, column);

	return (struct str){data, data ? (uint32_t)sqlite3_column_bytes(statement, column) : 0};
}

bool spool_row_take(sqlite3_stmt *statement, struct spool_row *ret)
{
	uint64_t numbers[9];

	for (int i = 0; i < 9; i++)
		numbers[i] = (uint64_t)sqlite3_column_int64(statement, i);
	*ret = (struct spool_row){.seq = numbers[0],
		.flags = numbers[1],
		.level = numbers[2],
		.at_ms = numbers[3],
		.id = {numbers[4], numbers[5]},
		.ts_ns = numbers[6],
		.revision = numbers[7],
		.digest = numbers[8],
		.alert_id = text_of(statement, 9),
		.rule = text_of(statement, 10),
		.equipment = text_of(statement, 11),
		.json = text_of(statement, 12)};
	return spool_row_holds(ret);
}
