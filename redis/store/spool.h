/* A sensor's alerts on disk until Redis has confirmed them, and for a while after [SQLite].
 *
 * Every alert has a number, `seq`: consecutive from 1 over restarts, so that a gap in a stream is a
 * loss; and the id of its stream entry. Both are given here. At every instant
 *	raised = delivered + spooled + lost
 * and that is written in the transaction that changes any of them. "Delivered" is a watermark:
 * everything up to it was confirmed. Confirmed rows stay for the resend window: a failover or a
 * restart of Redis may lose what it had confirmed (spool_rewind).
 *
 * When there is no room, confirmed rows go first, then the oldest of the lowest level, in bounded
 * steps; declarations go last. What is lost is declared by an alert of its own, which stands in the
 * same transaction.
 *
 * Each row has a digest. What does not hold against it is never returned: it is lost, and declared.
 *
 * One thread at a time. All or nothing: when a call fails, nothing has changed, in the file or in
 * memory, and it may be made again at any time. No call reads a clock. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "redis/alert_queue.h"
#include "redis/stream.h"

enum {
	SPOOL_BATCH_MAX = 256,
	SPOOL_RANGES_MAX = 256,
	SPOOL_DECLARATIONS_MAX = 32, /* in one commit */
	SPOOL_IDENTITY_BYTES = 16,
	SPOOL_PATH_BYTES = 4096,
	SPOOL_DESCRIPTORS = 3,
};

#define SPOOL_MIN_BYTES ((uint64_t)4 << 20)

struct spool;

enum spool_cause {
	SPOOL_LOST_FULL,    /* no room */
	SPOOL_LOST_AGE,     /* waited longer than max_age_ms */
	SPOOL_LOST_QUEUE,   /* fell out of the queue in memory, before it had a number */
	SPOOL_LOST_CORRUPT, /* the file was damaged */
	SPOOL_LOST_REWIND,  /* Redis lost what it had confirmed, and the spool has it no longer */
};

enum { SPOOL_CAUSES = SPOOL_LOST_REWIND + 1 };

const char *spool_cause_name(enum spool_cause c); /* "full" */

struct spool_range {
	uint64_t first, last; /* seq; both belong to it */
};

/* What one declaration says. */
struct spool_loss {
	enum spool_cause cause;
	uint64_t n, by_level[LEVEL_CRITICAL + 1]; /* exact; [0]: the level is not known any more */
	struct spool_range ranges[SPOOL_RANGES_MAX]; /* ascending */
	uint32_t n_ranges;
	bool approximate; /* after damage: the ranges hold all n, and numbers that were declared
			     before or went out unspooled */
	uint64_t first_ns, last_ns; /* packet time of the lost; 0: not known */
	uint64_t ts_ns;             /* for the declaration: never below the last row's */
};

/* Makes the alert that declares LOSS (queued_alert_new), inside the transaction; the spool gives it
 * number and id. NULL: no memory, and the call that asked fails. */
typedef struct queued_alert *spool_declare_fn(void *user, const struct spool_loss *loss);

struct spool_config {
	const char *path;    /* its directory exists */
	const char *name;    /* of the sensor: stream_name_ok */
	uint64_t max_bytes;  /* of all files together; 0: 1 GiB; at least SPOOL_MIN_BYTES */
	uint64_t max_age_ms; /* what waits longer is lost; 0: no bound */
	uint64_t keep_ms;    /* the resend window, from the confirmation; 0: nothing is kept */
	uint64_t keep_bytes; /* of it; 0: half of max_bytes */
	spool_declare_fn *declare;
	void *user;
};

/* What opening found. */
struct spool_report {
	bool created;    /* there was none */
	bool unwritable; /* nothing can be written, in this run; `text` says why, with a remedy */
	bool recovered;  /* it was damaged: moved aside to moved_to, and a new one made */
	uint64_t kept;   /* rows that were read out of the damaged one */
	uint64_t lost;   /* those declared */
	char moved_to[SPOOL_PATH_BYTES];             /* "" when nothing was moved */
	char text[sizeof(((struct error *)0)->msg)]; /* printable; "" when all is well */
};

/* Opens or makes the file, and takes its lock, which ends with the process. Reads all of it. A
 * damaged file is moved aside (PATH.corrupt-N), what can be read is kept, the rest is declared.
 * When nothing can be written (read-only, disk full, no rights), the spool works without a file:
 * spool_commit fails with the reason, numbers are given all the same. NULL with *err when a person
 * must decide: the file is in use by another process, is no spool, is one of a newer version, or of
 * a sensor with another name. The only call that opens, makes or renames files. */
struct spool *spool_open(
	const struct spool_config *cfg, struct spool_report *ret, struct error *err);

/* NULL allowed. What was committed stays. */
void spool_close(struct spool *s);

/* Descriptors that the spool writes to (pwrite, fdatasync, ftruncate) as long as it is open: for
 * the system call filter. RET has SPOOL_DESCRIPTORS; returns how many. */
uint32_t spool_descriptors(const struct spool *s, int *ret);

/* One group commit. */
struct spool_commit {
	/* At most SPOOL_BATCH_MAX, in their order. `seq` 0: gets seq and id now. Others were
	 * numbered by spool_number and keep what they have; they come first. Borrowed. */
	struct queued_alert *const *batch;
	uint32_t n;
	uint64_t now_ms;        /* wall clock: for window and age */
	uint64_t confirmed_seq; /* the watermark; what is below the present one changes nothing */
	struct stream_id confirmed_id; /* the highest id that Redis has confirmed; 0-0: as before */
	uint64_t held_seq;             /* rows up to it are in the sender's hands: never evicted */

	/* Numbered by spool_number, confirmed by Redis, never stored (confirmed_seq does not count
	 * them): raised += passed_n, delivered += passed_n. */
	uint64_t passed_n;
	uint64_t passed_opened; /* of those: revision 1 */

	/* Fell out of the queue in memory: they get numbers of their own, before the batch's new
	 * ones, and are declared (SPOOL_LOST_QUEUE). */
	uint64_t dropped[LEVEL_CRITICAL + 1];
	uint64_t dropped_first_ns, dropped_last_ns;
};

/* What else it did. */
struct spool_committed {
	/* Ascending, behind the batch: the caller's now, to be sent. */
	struct queued_alert *declarations[SPOOL_DECLARATIONS_MAX];
	uint32_t n_declarations;
	uint64_t evicted; /* for want of room or by age. Those of the batch among them have
			     `evicted` set: lost and declared, not to be sent. */
};

/* Inserts the batch, moves the watermark, deletes what the window needs no longer and what has no
 * room, declares; one transaction, on disk when it returns. 0, or ERR_SYSTEM with *err: disk full,
 * read-only, I/O error, damaged. */
int spool_commit(struct spool *s, const struct spool_commit *in, struct spool_committed *ret,
	struct error *err);

/* The next number and id for an alert that goes out without being stored, because spool_commit
 * fails. In memory: counted when it is told in passed_n or committed with its seq. */
void spool_number(struct spool *s, struct queued_alert *q);

/* The stream ends at SEQ and ID: where that is beyond ours (alerts of an earlier run went out
 * unstored, or the end of the file was lost), numbers and ids go on behind. With a file, what lies
 * between counts as raised and delivered. SEQ 0: not known. In memory until the next commit. */
void spool_advance(struct spool *s, uint64_t seq, struct stream_id id);

/* The rows behind AFTER_SEQ in order, confirmed or not, at most MAX_N and, but for the first one,
 * MAX_BYTES of json; the caller frees each. A row that does not hold against its digest is left out
 * and declared by the next commit. 0 (*ret_n may be 0), or ERR_SYSTEM with *err. */
int spool_read(struct spool *s, uint64_t after_seq, uint32_t max_n, uint64_t max_bytes,
	struct queued_alert **ret, uint32_t *ret_n, struct error *err);

struct spool_rewound {
	uint64_t confirmed_seq; /* the new watermark: send what is above it again */
	uint64_t again;         /* rows that are to be sent again */
	uint64_t lost;          /* confirmed once, gone from Redis and from here: declared */
	struct queued_alert *declaration; /* the caller's, or NULL */
};

/* Redis' stream ends at LAST, below what it had confirmed: the watermark goes back to there.
 * LAST_SEQ: the number in Redis' last entry, 0: no stream, or not known. 0, or ERR_SYSTEM. */
int spool_rewind(struct spool *s, struct stream_id last, uint64_t last_seq, uint64_t now_ms,
	struct spool_rewound *ret, struct error *err);

/* Somebody else's entry LAST is in the way: every row behind AFTER_SEQ gets an id behind LAST, on
 * disk, and so does all that is numbered from now on. BATCH: rows that the caller has in memory;
 * their ids are written. Cost: one small transaction, whatever the number of rows. 0, or
 * ERR_SYSTEM: ids are as they were, unless each of BATCH is `unspooled` and no row is behind
 * AFTER_SEQ. */
int spool_renumber(struct spool *s, uint64_t after_seq, struct stream_id last,
	struct queued_alert *const *batch, uint32_t n, struct error *err);

struct spool_counts {
	uint64_t raised, delivered, spooled, lost;
	uint64_t lost_by_level[LEVEL_CRITICAL + 1]; /* [0]: not known */
	uint64_t opened;                            /* of those delivered: revision 1 */
	uint64_t again; /* rows that had to be sent again, as spool_rewind counted them */
	uint64_t rows;  /* in the file, with those of the resend window */
	uint64_t bytes; /* of the files */
	uint64_t confirmed_seq, last_seq;
	struct stream_id confirmed_id, last_id;
	uint64_t oldest_ms; /* when the oldest that waits was committed; 0: none waits */
};

/* Cheap: from memory. What was told in a commit that failed is not in it. */
void spool_counts(const struct spool *s, struct spool_counts *ret);

/* Made once, when the file was. Without a file: of this run. */
void spool_identity(const struct spool *s, uint8_t ret[SPOOL_IDENTITY_BYTES]);

/* The highest revision of the alert ALERT_ID that a row here has; 0: none. The first call after a
 * commit reads all rows. */
uint32_t spool_last_revision(struct spool *s, const char *alert_id);

/* The file is damaged, found after it was opened: nothing more can be written or read until the
 * next start recovers it. */
bool spool_is_corrupt(const struct spool *s);
