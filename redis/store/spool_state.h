/* Inside the spool: what its files share. Not for others. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "redis/store/database.h"
#include "redis/store/spool.h"

/* A table for each level and one for declarations: the oldest of a level is the first row of its
 * table, rows are only ever appended, and what goes are whole pages. */
enum {
	SPOOL_CLASS_FIRST = LEVEL_INFORMATIONAL,
	SPOOL_CLASS_DECLARATION = LEVEL_CRITICAL + 1,
	SPOOL_CLASSES = SPOOL_CLASS_DECLARATION + 1,
};

enum {
	SPOOL_APPLICATION_ID = 0x56645370, /* "VdSp" */
	SPOOL_PAGE_BYTES = 8192,
	SPOOL_STRING_MAX = 1 << 16, /* rule, equipment */
	SPOOL_MARKS = 40,
	SPOOL_BAD_MAX = 64,
};

#define SPOOL_MARKER "vedette_spool"

/* All that is counted, and where numbers and ids go on. Stands twice in the file, on pages of its
 * own. Every field is a column. */
#define SPOOL_ACCOUNT(X)                                                                           \
	X(commits)                                                                                 \
	X(raised)                                                                                  \
	X(delivered)                                                                               \
	X(lost)                                                                                    \
	X(lost_unknown)                                                                            \
	X(lost_informational)                                                                      \
	X(lost_low)                                                                                \
	X(lost_medium)                                                                             \
	X(lost_high)                                                                               \
	X(lost_critical)                                                                           \
	X(opened)                                                                                  \
	X(again)                                                                                   \
	X(confirmed_seq)                                                                           \
	X(confirmed_ms)                                                                            \
	X(confirmed_n)                                                                             \
	X(last_seq)                                                                                \
	X(last_ms)                                                                                 \
	X(last_n)                                                                                  \
	X(last_ts_ns)                                                                              \
	X(floor_seq)                                                                               \
	X(floor_ms)                                                                                \
	X(floor_n)                                                                                 \
	X(identity_high)                                                                           \
	X(identity_low)

struct spool_account {
	uint64_t commits; /* of two accounts the one with more is the newer */
	uint64_t raised, delivered, lost, lost_by_level[LEVEL_CRITICAL + 1], opened, again;
	uint64_t confirmed_seq;
	struct stream_id confirmed_id;
	uint64_t last_seq;
	struct stream_id last_id;
	uint64_t last_ts_ns;
	/* What has a greater number than floor_seq has an id of at least floor_id + the
	 * difference: spool_renumber. */
	uint64_t floor_seq;
	struct stream_id floor_id;
	uint64_t identity[2];
};

enum { SPOOL_ACCOUNT_FIELDS = sizeof(struct spool_account) / sizeof(uint64_t) };

enum spool_row_flag { SPOOL_ROW_DECLARATION = 1, SPOOL_ROW_UNSPOOLED = 2 };

/* A row as it stands in the file; strings are borrowed. */
struct spool_row {
	uint64_t seq, flags, level, at_ms;
	struct stream_id id; /* as it was given; spool_id_of says which one it has */
	uint64_t ts_ns, revision, digest;
	struct str alert_id, rule, equipment, json;
};

/* What was confirmed by a time: when the window ends, all up to seq may go. */
struct spool_mark {
	uint64_t seq, since_ms, at_ms;
};

struct spool_marks {
	struct spool_mark all[SPOOL_MARKS]; /* oldest first */
	uint32_t n;
};

struct spool_revisions;

struct spool {
	struct spool_config cfg; /* path and name are below */
	char path[SPOOL_PATH_BYTES];
	char name[STREAM_NAME_MAX + 1];
	struct database db;
	int lock_fd;
	bool has_file;
	struct error trouble; /* why there is none */

	struct sqlite3_stmt *insert[SPOOL_CLASSES];
	struct sqlite3_stmt *erase[SPOOL_CLASSES]; /* (first, last) */
	struct sqlite3_stmt *list[SPOOL_CLASSES];  /* (after, limit): seq, level, ts_ns, at_ms */
	struct sqlite3_stmt *read[SPOOL_CLASSES];  /* (after) */
	struct sqlite3_stmt *count[SPOOL_CLASSES]; /* (after, last): rows, of revision 1 */
	struct sqlite3_stmt *save[2];

	uint64_t soft_max_bytes; /* of pages in use; the rest of the bound is for one commit */
	uint64_t reserve_bytes;
	uint64_t row_max_bytes;
	struct spool_account account; /* as committed, but for spool_number and spool_advance */
	uint64_t rows;
	uint64_t oldest_ms;
	struct spool_marks marks;
	uint64_t bad[SPOOL_BAD_MAX]; /* rows that do not hold against their digests */
	uint32_t n_bad;
	struct spool_loss *losses;         /* SPOOL_DECLARATIONS_MAX, for the change under way */
	struct spool_revisions *revisions; /* NULL: not made */
};

/* ---- spool.c ---- */

/* Opens s->path, which is locked, and takes what stands in it. */
int spool_open_file(struct spool *s, enum database_state *ret_state, struct error *err);

/* The account as it was committed last, also in the file of the lock, without being put on the
 * disk: it survives the process, and tells when the end of the log was lost, which nothing else
 * does. */
void spool_note_write(const struct spool *s);
/* False: there is none for this sensor. */
bool spool_note_read(const struct spool *s, struct spool_account *ret);

/* ERR_CONFIG with *err: it is that of the sensor NAME. */
int spool_is_anothers(const struct spool *s, const char *name, struct error *err);

/* ---- spool_read.c ---- */

void spool_revisions_drop(struct spool *s);

/* ---- spool_schema.c ---- */

void spool_database_config(const struct spool *s, const char *path, struct database_config *ret);
int spool_prepare(struct spool *s, struct error *err);
void spool_finalize(struct spool *s);

int spool_account_save(struct spool *s, const struct spool_account *a, struct error *err);
/* Both copies must hold and be equal. ret_name has STREAM_NAME_MAX + 1 bytes. */
int spool_account_load(
	struct spool *s, struct spool_account *ret, char *ret_name, struct error *err);
uint64_t spool_account_digest(const struct spool_account *a, struct str name);
/* Whether it is one that we wrote for the sensor NAME, within all bounds. */
bool spool_account_holds(const struct spool_account *a, const char *name, uint64_t digest);
static inline uint64_t spool_account_spooled(const struct spool_account *a)
{
	uint64_t gone = a->delivered + a->lost;

	return a->raised > gone ? a->raised - gone : 0;
}

/* The table that ROW belongs to. */
int spool_row_class(const struct spool_row *row);
uint64_t spool_row_digest(const struct spool_row *row);
/* Whether it is one that we wrote, within all bounds. */
bool spool_row_holds(const struct spool_row *row);
struct queued_alert *spool_row_alert(const struct spool_row *row); /* NULL without memory */
/* Inserts ROW with its digest. */
int spool_row_insert(struct spool *s, const struct spool_row *row, struct error *err);
/* The row that a statement of `read` stands on. False: it does not hold. */
bool spool_row_take(struct sqlite3_stmt *statement, struct spool_row *ret);

/* ---- spool_ids.c ---- */

/* The id of row SEQ that was given ID. */
struct stream_id spool_id_of(const struct spool_account *a, uint64_t seq, struct stream_id id);
/* The next number, and the id for an alert of TS_NS. */
void spool_next(
	struct spool_account *a, uint64_t ts_ns, uint64_t *ret_seq, struct stream_id *ret_id);

/* ---- spool_change.c: one transaction ---- */

struct spool_change {
	struct spool *s;
	struct spool_account account;
	struct spool_marks marks;
	uint64_t rows, now_ms, held_seq;
	uint32_t n_losses; /* of s->losses */
	uint64_t evicted;
	/* numbers and fate of the batch, until it is committed */
	uint64_t first_new_seq;
	struct queued_alert *const *batch;
	uint32_t n_batch;
	uint64_t seqs[SPOOL_BATCH_MAX];
	struct stream_id ids[SPOOL_BATCH_MAX];
	bool gone[SPOOL_BATCH_MAX];
	struct queued_alert *declarations[SPOOL_DECLARATIONS_MAX];
	uint32_t n_declarations;
};

int spool_change_begin(struct spool_change *c, struct spool *s, uint64_t now_ms, struct error *err);
/* Declares what was lost, writes the account, commits. The declarations are the caller's then. */
int spool_change_end(struct spool_change *c, struct error *err);
void spool_change_abandon(struct spool_change *c); /* all is as it was */

/* Counts a row that was raised as lost. False: no declaration has room; nothing was counted. */
bool spool_lose(struct spool_change *c, enum spool_cause cause, uint64_t seq, uint64_t level,
	uint64_t ts_ns);
/* The same for N numbers from FIRST on, in a declaration of their own. */
bool spool_lose_range(struct spool_change *c, const struct spool_loss *loss);
int spool_insert_alert(struct spool_change *c, const struct queued_alert *q, uint64_t seq,
	struct stream_id id, uint64_t flags, struct error *err);

/* ---- spool_evict.c ---- */

int spool_count_rows(struct spool *s, uint64_t after, uint64_t last, uint64_t *ret_n,
	uint64_t *ret_opened, struct error *err);
/* The lowest number in the file behind AFTER; 0: none. */
int spool_first_row(
	struct spool *s, uint64_t after, uint64_t *ret_seq, uint64_t *ret_at_ms, struct error *err);
/* Deletes one row, of any class. */
int spool_erase_row(struct spool_change *c, uint64_t seq, struct error *err);
/* Moves the watermark. */
int spool_confirm(struct spool_change *c, uint64_t seq, struct stream_id id, struct error *err);
/* What the window and its bytes need no longer; what is too old. */
int spool_expire(struct spool_change *c, struct error *err);
/* Until what is in use is below the soft bound. */
int spool_make_room(struct spool_change *c, struct error *err);

/* ---- spool_recover.c ---- */

/* Whether the log of PATH holds what SQLite would pass over in silence: a frame that was committed
 * behind one that is damaged. */
bool spool_log_is_damaged(const char *path);
/* Moves the damaged file aside, with a new one in its place that has what could be read. */
int spool_recover(struct spool *s, struct spool_report *ret, struct error *err);
/* What a recovery that was interrupted left to do. */
int spool_recover_resume(const struct spool *s, struct error *err);
