/* Inside the forwarder. Not for others. */
#pragma once

#include "redis/forward/forward.h"
#include "redis/gaps.h"
#include "redis/held.h"
#include "redis/notice.h"

/* So long a hole is left alone: what declares it may be on its way. */
enum { FORWARD_GRACE_MS = 10000 };

/* A place in a stream: everything up to it is accounted for. */
struct place {
	uint64_t seq; /* 0: nowhere yet */
	char id[READER_ID_BYTES];
};

/* Entries on their way, oldest first. */
struct queue {
	struct held *first, **end;
	size_t n;
};

/* What the forwarder knows of one stream; the member's `user`. */
struct share {
	struct share *next;
	struct fleet_member *member;
	bool fresh;                    /* its status is as of the last look around */
	bool recorded;                 /* the record of former runs was read */
	bool used;                     /* there is such a record */
	bool ready;                    /* the group is there */
	bool later;                    /* the stream began after the forwarder did */
	bool caught_up;                /* what was pending for this consumer was read */
	char pending[READER_ID_BYTES]; /* read up to here of that */
	char claim[READER_ID_BYTES];   /* where the search for others' entries goes on */
	bool claiming;                 /* a search is under way */
	struct place place, written;   /* accounted for; as the record in Redis has it */
	uint64_t verify_ms;            /* when a hole is looked into; 0: there is none */
	struct watch watch;
	bool record_silence;  /* the record is not as the watch */
	struct queue safe;    /* with the target, not yet acknowledged */
	size_t asked;         /* of them, in the XACK that is under way */
	struct place writing; /* in the HSET that is under way */
};

enum origin { ORIGIN_NEW, ORIGIN_PENDING, ORIGIN_CLAIMED, ORIGIN_NONE };

struct forward {
	const struct forward_config *cfg;
	struct fleet *fleet;
	struct share *shares;       /* owned */
	struct queue waiting;       /* put to the target, not yet safe there */
	size_t n_safe;              /* safe there, not yet acknowledged: in their shares */
	struct fleet_member **some; /* room for all members */
	size_t n_some, some_capacity;
	size_t rotation;    /* so that none has to wait for others for ever */
	enum origin origin; /* of what is read now */
	bool first_look, stopping;
	bool looked; /* around, in this round */
	uint64_t now_ms, refresh_ms, claim_ms, now_ns;
	uint64_t foreign_said;
	struct forward_stats stats;
	struct error fatal; /* of a callback; code 0: none */
};

void queue_add(struct queue *q, struct held *h);
void queue_clear(struct queue *q);

/* Chooses members for the next request: those for which WANTED is true, into f->some. */
int forward_choose(
	struct forward *f, bool (*wanted)(const struct forward *f, const struct share *s));

/* The key of what is kept of a stream beside its group: "vedette:{NAME}:forward:GROUP". BUF of
 * FORWARD_KEY_BYTES. */
enum { FORWARD_KEY_BYTES = STREAM_KEY_BYTES + FORWARD_NAME_MAX + 16 };
struct str forward_key(const struct forward *f, const struct fleet_member *m, char *buf);

/* Puts E of stream M to the target; it is acknowledged when it is safe there. 0 or f->fatal. */
int forward_put(struct forward *f, struct fleet_member *m, const struct reader_entry *e);

/* The entry ID is acknowledged with those that wait, without being put. */
int forward_note(struct forward *f, struct fleet_member *m, struct str id);

/* Puts a notice to the target. */
int forward_tell(struct forward *f, struct notice *n);

/* ---- group.c: commands of the consumer group; each returns as fleet_ask ---- */
int group_prepare(struct forward *f, struct error *err); /* records, groups */
int group_read_pending(struct forward *f, struct error *err);
int group_read_new(struct forward *f, bool *ret_idle, struct error *err);
int group_claim(struct forward *f, struct error *err);
int group_acknowledge(struct forward *f, struct error *err); /* and records */
/* After a failure replies may be lost: groups and pending entries are looked at again, of those
 * members that failed, or of all when it is not known which. True when others did not fail. */
bool group_start_over(struct forward *f);

/* ---- account.c: what is missing, who is silent ---- */
void account_entry(struct forward *f, struct share *s, const struct reader_entry *e);
int account_verify(struct forward *f, struct error *err);
int account_silence(struct forward *f, struct error *err);
