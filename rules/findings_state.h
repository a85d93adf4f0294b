/* Open findings as the files of the findings share them: for findings*.c alone. */
#pragma once

#include "common/hash/hash.h"
#include "rules/findings.h"
#include "rules/outbox.h"
#include "rules/tuning/noise.h"

#define FINDING_NONE UINT32_MAX

/* Lengths of windows at a time: those of a tuning file, and of the one before it. */
enum { FINDING_WINDOWS = 2 * TUNING_MOST_WINDOWS + 1 };

struct finding {
	struct digest key; /* of rule, equipment, entity, application and segment */
	char id[ALERT_ID_BYTES];
	enum rule_level level;
	char *rule_id;            /* owned: rules may be replaced while it is open */
	char *equipment;          /* owned */
	struct kept_facts *facts; /* owned: of the last match that was told or ended a flow */
	struct common *common;    /* as it was then; one of its users */
	uint32_t revision;
	uint64_t first_ns, last_ns;      /* packets of the finding */
	uint64_t matched_ns, revised_ns; /* packet clock at the last match, the last revision */
	uint64_t matches, flows_ended, bytes_sent, bytes_received;
	uint32_t next_hash;    /* chain of the bucket, or of the free list */
	uint32_t older, newer; /* by last match, among those of the same window */
	uint8_t ages;          /* which of the findings' lists that is */
};

/* Findings that stay open equally long. */
struct finding_ages {
	uint64_t window_ns;
	uint32_t oldest, newest; /* FINDING_NONE: none */
};

/* Members of the JSON object that every alert repeats. */
struct common {
	uint32_t users; /* open findings, and the findings themselves */
	uint32_t len;
	char text[];
};

struct findings {
	struct findings_config cfg;
	struct findings_stats stats;
	struct outbox *outbox;
	char matched_id[ALERT_ID_BYTES]; /* of the last match; empty: it belongs to no alert */
	uint64_t last_ns;                /* of the last alert: none is stamped earlier */
	bool is_settled;                 /* nothing is held back */
	struct common *common;           /* for matches to come; NULL: nothing */
	struct json_writer json;
	struct finding *slots;
	uint32_t *buckets;
	uint32_t n_buckets; /* a power of two */
	uint32_t fresh;     /* slots from here on were never used */
	uint32_t free_head;
	struct finding_ages ages[FINDING_WINDOWS]; /* the first is of the usual window */
	struct noise *noise;
	const struct techniques *techniques; /* NULL: nothing is known of them */
};

/* False without memory. */
bool findings_table_init(struct findings *fs);

void findings_leave_common(struct common *c); /* NULL allowed */

/* The finding under KEY, or FINDING_NONE. */
uint32_t findings_find(struct findings *fs, const struct digest *key);

/* A slot that nobody uses; when none is
 * left, the finding that has been silent longest is closed
 * first. It is taken by whoever sets the head of the free list to what follows it. */
int findings_free_slot(struct findings *fs, uint64_t ts_ns);

/* Takes slot I, the head of the free list, for KEY, as the finding that matched last. */
void findings_take(struct findings *fs, uint32_t i, const struct digest *key, uint64_t window_ns);

/* Finding I matched last, and stays open for WINDOW_NS. */
void findings_touch(struct findings *fs, uint32_t i, uint64_t window_ns);

/* The one that has been silent longest, or FINDING_NONE. */
uint32_t findings_oldest(const struct findings *fs);

/* Gives the slot back; its strings go. */
void findings_release(struct findings *fs, uint32_t i);

/* Tells that I is closed, and releases it. */
int findings_close(struct findings *fs, uint32_t i, uint64_t ts_ns);

/* findings_techniques.c: sets the facts of the techniques that RULE's tags stand for. */
void findings_name_techniques(const struct techniques *t, const struct rule *rule, struct facts *f);
