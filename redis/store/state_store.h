/* What a sensor knows, saved for its next start [SQLite]: named sections of bytes, which are
 * replaced all together or not at all. A file of its own beside the spool. What the bytes mean is
 * their writer's.
 *
 * One thread at a time, not always the same. No clock, and nothing random in the file. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

enum {
	STATE_SECTION_NAME_MAX = 64,
	STATE_SECTIONS_MAX = 256,
	STATE_STORE_PATH_BYTES = 4096,
	STATE_STORE_DESCRIPTORS = 2,
};

/* Of one section: SQLite holds no more in one place. */
#define STATE_SECTION_MAX_BYTES ((size_t)900 << 20)

struct state_section {
	const char *name; /* 1 to STATE_SECTION_NAME_MAX bytes, another for each section */
	uint32_t version; /* of its bytes, as their writer counts */
	const void *bytes;
	size_t len; /* at most STATE_SECTION_MAX_BYTES */
};

struct state_sections {
	struct state_section *all; /* owned, with names and bytes */
	size_t n;
};

enum state_store_mode {
	STATE_STORE_KEEP, /* what is there, or a new one; locked, read and written until closed */
	STATE_STORE_ANEW, /* replaces what is there when it is closed after a replacement; the same
			     sections give the same bytes of the file */
	STATE_STORE_READ, /* must be there; nothing is written, and nothing made beside it */
};

struct state_store_report {
	char moved_to[STATE_STORE_PATH_BYTES]; /* "", or where a damaged file was moved (KEEP) */
};

struct state_store;

/* NULL with *err, which names a remedy: in use, not ours, of a newer version, damaged (but for
 * KEEP, which moves that one aside and begins a new one), not to be read or written. The only call
 * for KEEP that opens, makes or renames files. RET: NULL allowed. */
struct state_store *state_store_open(const char *path, enum state_store_mode mode,
	struct state_store_report *ret, struct error *err);

/* What was saved last, by name in byte order; none: nothing was. Each section is held against its
 * digest, and one that does not hold fails the whole, because sections belong together. 0,
 * ERR_CONFIG (damaged) or ERR_SYSTEM. */
int state_store_read(struct state_store *s, struct state_sections *ret, struct error *err);

/* Replaces all that is there, in one transaction; on disk when it returns (ANEW: when it is
 * closed). 0, or ERR_SYSTEM with *err: what was there is as it was. All bytes are written twice. */
int state_store_replace(
	struct state_store *s, const struct state_section *sections, size_t n, struct error *err);

/* NULL allowed. Leaves one file without a log. 0, or ERR_SYSTEM: for ANEW, what was there before is
 * as it was. */
int state_store_close(struct state_store *s, struct error *err);

void state_sections_free(struct state_sections *s); /* zeroed allowed */

/* Descriptors that a KEEP store writes to, for the system call filter. RET has
 * STATE_STORE_DESCRIPTORS; returns how many. */
uint32_t state_store_descriptors(const struct state_store *s, int *ret);
