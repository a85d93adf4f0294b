/* How fast SQLite takes the rows of alerts, with nothing around it: one connection, a log that is
 * written through (WAL, synchronous=FULL), 256 rows a transaction. What bench/delivery.sh holds
 * the spool against.
 *
 *     sqlite_insert FILE COUNT < ALERT
 *
 * ALERT is as for bench_delivery. Prints the seconds from the first row to the last commit. */
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LINE_BYTES = 64 << 10, LINES = 6, TRANSACTION = 256 };

static const char schema[] =
	"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA locking_mode=EXCLUSIVE;"
	"CREATE TABLE alerts(seq INTEGER PRIMARY KEY, level INTEGER, id_ms INTEGER, id_n INTEGER, "
	"id TEXT, rule TEXT, equipment TEXT, json TEXT)";

static const char insert[] = "INSERT INTO alerts VALUES(?, ?, ?, ?, ?, ?, ?, ?)";

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int insert_all(sqlite3 *db, sqlite3_stmt *row, sqlite3_int64 count)
{
	int rc = SQLITE_OK;

	for (sqlite3_int64 seq = 1; seq <= count && rc == SQLITE_OK; seq++) {
		if (seq % TRANSACTION == 1)
			rc = sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
		sqlite3_bind_int64(row, 1, seq);
		sqlite3_bind_int64(row, 3, 1790000000000 + seq / 1000);
		sqlite3_bind_int64(row, 4, seq % 1000);
		if (rc == SQLITE_OK && sqlite3_step(row) != SQLITE_DONE)
			rc = SQLITE_ERROR;
		sqlite3_reset(row);
		if (rc == SQLITE_OK && (seq % TRANSACTION == 0 || seq == count))
			rc = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	}
	return rc;
}

int main(int argc, char **argv)
{
	static char lines[LINES][LINE_BYTES];
	const sqlite3_int64 count = argc == 3 ? strtoll(argv[2], NULL, 10) : 0;
	sqlite3_stmt *row = NULL;
	sqlite3 *db = NULL;
	double from_s;
	int rc;

	for (int i = 0; i < LINES; i++) {
		if (count <= 0 || !fgets(lines[i], LINE_BYTES, stdin)) {
			fprintf(stderr, "sqlite_insert: FILE COUNT < ALERT, of six lines\n");
			return 1;
		}
		lines[i][strcspn(lines[i], "\n")] = '\0';
	}
	rc = sqlite3_open(argv[1], &db);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, schema, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(db, insert, -1, &row, NULL);
	sqlite3_bind_int(row, 2, 4);
	sqlite3_bind_text(row, 5, lines[1], -1, SQLITE_STATIC);
	sqlite3_bind_text(row, 6, lines[2], -1, SQLITE_STATIC);
	sqlite3_bind_text(row, 7, lines[4], -1, SQLITE_STATIC);
	sqlite3_bind_text(row, 8, lines[0], -1, SQLITE_STATIC);
	from_s = now_s();
	if (rc == SQLITE_OK)
		rc = insert_all(db, row, count);
	if (rc == SQLITE_OK)
		printf("%.4f\n", now_s() - from_s);
	else
		fprintf(stderr, "sqlite_insert: %s\n", sqlite3_errmsg(db));
	sqlite3_finalize(row);
	sqlite3_close(db);
	return rc != SQLITE_OK;
}
