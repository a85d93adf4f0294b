/* Database files: whose they are, in which version, locked, moved aside, bounded. */
#include "redis/store/database.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/suite.h"

static const char *const migrations[] = {
	"CREATE TABLE thing(a INTEGER PRIMARY KEY, b TEXT)",
	"ALTER TABLE thing ADD COLUMN c INTEGER",
	"CREATE TABLE other(x)",
};

static char dir[64], path[96];
static struct error err;
static enum database_state state;

static struct database_config begin(void)
{
	strcpy(dir, "/tmp/vedette-database-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/a ?#%%.db", dir);
	return (struct database_config){.path = path,
		.what = "thing",
		.application_id = 0x12345678,
		.marker = "CREATE TABLE thing",
		.page_bytes = 4096,
		.cache_bytes = 1 << 20,
		.log_bytes = 64 << 10,
		.max_value_bytes = 1 << 20,
		.migrations = migrations,
		.n_migrations = 3};
}

static void end(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}

static void open_well(struct database *db, const struct database_config *cfg)
{
	ck_assert_msg(database_open(db, cfg, &state, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(state, DATABASE_OK);
	ck_assert_uint_eq(db->n_fds, 2);
}

static void run_well(struct database *db, const char *sql)
{
	ck_assert_msg(database_begin(db, &err) == 0, "%s", err.msg);
	ck_assert_msg(database_run(db, sql, &err) == 0, "%s", err.msg);
	ck_assert_msg(database_commit(db, &err) == 0, "%s", err.msg);
}

/* A file of each older version is brought to the present one; a newer one is refused. */
START_TEST(migrates)
{
	struct database_config cfg = begin();
	struct database db;

	cfg.n_migrations = 1;
	open_well(&db, &cfg);
	ck_assert(db.created);
	run_well(&db, "INSERT INTO thing VALUES(1, 'kept')");
	database_close(&db);
	cfg.n_migrations = 3;
	open_well(&db, &cfg);
	ck_assert(!db.created);
	run_well(&db, "UPDATE thing SET c = 7 WHERE b = 'kept'");
	run_well(&db, "INSERT INTO other VALUES(1)");
	database_close(&db);
	cfg.n_migrations = 2;
	ck_assert_int_eq(database_open(&db, &cfg, &state, &err), ERR_CONFIG);
	ck_assert_int_eq(state, DATABASE_REFUSED);
	ck_assert_msg(strstr(err.msg, "newer Vedette (version 3, this one knows 2)") != NULL, "%s",
		err.msg);
	end();
}
END_TEST

/* A file whose tables are others is not ours, whatever its header says. */
START_TEST(refuses_other_tables)
{
	struct database_config cfg = begin(), other = cfg;
	static const char *const more[] = {"CREATE TABLE thing(a INTEGER PRIMARY KEY, b TEXT);"
					   "CREATE TRIGGER t AFTER INSERT ON thing BEGIN "
					   "DELETE FROM thing; END",
		"SELECT 1", "CREATE TABLE other(x)"};
	struct database db;

	other.migrations = more;
	open_well(&db, &other);
	database_close(&db);
	ck_assert_int_eq(database_open(&db, &cfg, &state, &err), ERR_SYSTEM);
	ck_assert_int_eq(state, DATABASE_DAMAGED);
	ck_assert_msg(strstr(err.msg, "its tables are not those") != NULL, "%s", err.msg);
	end();
}
END_TEST

START_TEST(identifies)
{
	struct database_config cfg = begin();
	enum database_kind kind;
	struct database db;
	FILE *file;

	ck_assert_int_eq(database_identify(&cfg, &kind, &err), 0);
	ck_assert_int_eq(kind, DATABASE_NONE);
	open_well(&db, &cfg);
	database_close(&db);
	ck_assert_int_eq(database_identify(&cfg, &kind, &err), 0);
	ck_assert_int_eq(kind, DATABASE_OURS);
	/* its header is gone: the marker still tells */
	file = fopen(path, "r+");
	fputs("................................................................................",
		file);
	fclose(file);
	ck_assert_int_eq(database_identify(&cfg, &kind, &err), 0);
	ck_assert_int_eq(kind, DATABASE_OURS);
	cfg.marker = "something else";
	ck_assert_int_eq(database_identify(&cfg, &kind, &err), 0);
	ck_assert_int_eq(kind, DATABASE_FOREIGN);
	cfg.path = dir;
	ck_assert_int_eq(database_identify(&cfg, &kind, &err), 0);
	ck_assert_int_eq(kind, DATABASE_FOREIGN);
	end();
}
END_TEST

START_TEST(locks)
{
	struct database_config cfg = begin();
	int fd, other, status;
	pid_t pid;

	ck_assert_int_eq(database_lock(path, cfg.what, &fd, &state, &err), 0);
	ck_assert_int_eq(database_lock(path, cfg.what, &other, &state, &err), ERR_SYSTEM);
	ck_assert_int_eq(state, DATABASE_REFUSED);
	ck_assert_msg(strstr(err.msg, "in use by another process (") != NULL, "%s", err.msg);
	close(fd);
	/* it ends with its process, however that ends */
	pid = fork();
	if (pid == 0)
		_exit(database_lock(path, cfg.what, &fd, &state, &err) != 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(database_lock(path, cfg.what, &fd, &state, &err), 0);
	database_unlock(path, fd);
	ck_assert_int_eq(database_lock("/nowhere/x", cfg.what, &fd, &state, &err), ERR_SYSTEM);
	ck_assert_int_eq(state, DATABASE_UNWRITABLE);
	end();
}
END_TEST

START_TEST(moves_aside)
{
	struct database_config cfg = begin();
	char to[DATABASE_PATH_BYTES], name[160];
	struct database db;

	for (int i = 1; i <= 3; i++) {
		open_well(&db, &cfg);
		database_close(&db);
		ck_assert_int_eq(database_move_aside(path, cfg.what, to, &err), 0);
		snprintf(name, sizeof(name), "%s.corrupt-%d", path, i);
		ck_assert_str_eq(to, name);
		ck_assert(access(name, F_OK) == 0 && access(path, F_OK) != 0);
	}
	end();
}
END_TEST

/* File and log stay within their bounds, and what is over is an error that says so. */
START_TEST(is_bounded)
{
	struct database_config cfg = begin();
	struct database db;
	struct stat st;
	int rc = 0;

	cfg.max_bytes = 256 << 10;
	open_well(&db, &cfg);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	for (int i = 0; i < 200 && rc == 0; i++) {
		rc = database_begin(&db, &err);
		if (rc == 0)
			rc = database_run(
				&db, "INSERT INTO thing(b) VALUES(hex(zeroblob(2000)))", &err);
		if (rc == 0)
			rc = database_commit(&db, &err);
		else
			database_rollback(&db);
		ck_assert_uint_le(database_file_bytes(&db), (256 << 10) + 3 * (64 << 10));
	}
	ck_assert_int_eq(rc, ERR_SYSTEM);
	ck_assert_msg(strstr(err.msg, "larger bound") != NULL, "%s", err.msg);
	ck_assert_uint_gt(database_used_bytes(&db), 200 << 10);
	ck_assert(!db.is_damaged);
	run_well(&db, "DELETE FROM thing");
	ck_assert_uint_lt(database_used_bytes(&db), 50 << 10);
	run_well(&db, "INSERT INTO thing(b) VALUES('again')");
	database_close(&db);
	end();
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, migrates);
	tcase_add_test(tc, refuses_other_tables);
	tcase_add_test(tc, identifies);
	tcase_add_test(tc, locks);
	tcase_add_test(tc, moves_aside);
	tcase_add_test(tc, is_bounded);
}

int main(void)
{
	return suite_main("database", add_tests);
}
