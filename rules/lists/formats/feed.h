/* Feeds of others become list files (docs/lists.md): each format is a file format_X.c and a line in
 * formats.def. Nothing here opens a file, asks a clock or the network. What is read is hostile. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/error.h"
#include "common/json/json_tree.h"
#include "common/str.h"
#include "rules/lists/lists.h"
#include "rules/lists/store.h"

enum {
	FEED_MAX_BYTES = 128 * 1024 * 1024, /* of a file */
	FEED_MAX_LINE_BYTES = 64 * 1024,
	FEED_MAX_WHY = 32,  /* reasons why values are left out that are told apart */
	FEED_MAX_TOLD = 20, /* faults that are kept as text */
	FEED_NO_DAY = INT32_MIN,
};

struct feed_options {
	int kind;              /* enum entry_kind of bare values, or -1: what they look like */
	bool skip_faults;      /* what cannot be read is left out and counted; else it ends all */
	bool subdomains;       /* names mean those below them, too, whatever the format says */
	bool urls_as_text;     /* URLs as they stand, for rules; else their hosts */
	int64_t keep_for_days; /* entries with a date and no end end so many days behind it; 0: no
				*/
	uint64_t as_of_ns;     /* entries that ended before are left out and counted */
};

/* What the bytes of a file are. */
struct feed_input {
	const char *name;
	struct str text;              /* without a byte order mark */
	const struct json_tree *tree; /* NULL: not one JSON text */
};

/* Where a value stands. */
struct feed_place {
	uint32_t line, column; /* from 1; 0: unknown */
	const char *path;      /* in JSON: "objects[3].pattern"; NULL: not told */
};

/* A value of a feed. Texts are borrowed and of any bytes. */
struct feed_entry {
	int kind; /* enum entry_kind, or one of those below */
	struct str value;
	struct str because, source;    /* empty: unknown, that of the list */
	int64_t date_days, until_days; /* since 1970, or FEED_NO_DAY; so counts one behind 2500 */
	int confidence;                /* 0 to 100, or -1 */
	struct feed_place at;
};

enum {
	FEED_ANY = -1,     /* what it looks like: network, address, name, URL, AS */
	FEED_ADDRESS = -2, /* an address or a network, perhaps with a port */
	FEED_URL = -3,     /* with or without its scheme */
	FEED_NAME = -4,    /* a name alone: host, or domain where subdomains are wanted */
};

static inline struct feed_entry feed_entry_at(uint32_t line, uint32_t column)
{
	return (struct feed_entry){.kind = FEED_ANY,
		.date_days = FEED_NO_DAY,
		.until_days = FEED_NO_DAY,
		.confidence = -1,
		.at = {line, column, NULL}};
}

/* What a feed says of an entry besides its value; for the writer. */
struct feed_detail {
	struct str because, source;
	int64_t date_days, until_days;
	int confidence;
};

struct feed_why {
	struct str text;
	uint64_t n;
};

struct feed_counts {
	uint64_t values; /* looked at; the sum of what follows */
	uint64_t entries, duplicates, expired, left_out, faults;
	uint64_t of_kind[ENTRY_KINDS];
};

/* A feed while it is read. Formats call the functions below; its members are for reading. */
struct feed {
	const struct feed_options *options;
	const char *file;   /* that is read, for messages */
	uint64_t before;    /* counts.values when its reading began */
	struct store store; /* each value once; what else is said of entry I is details[I] */
	struct feed_detail *details;
	uint32_t detail_capacity;
	struct feed_counts counts;
	struct feed_why why[FEED_MAX_WHY];
	size_t n_why;
	struct str told[FEED_MAX_TOLD]; /* faults that were skipped */
	size_t n_told;
	struct str notes[FEED_MAX_TOLD]; /* what is odd and no fault */
	size_t n_notes;
	/* of the list itself; empty: the format does not say */
	struct str title, source;
	int64_t date_days;
	bool is_benign;                  /* a list of what is harmless */
	bool has_sources, lacks_sources; /* of some entries, told one by one */
	struct error *err;
};

/* Adds a value, or counts why not. 0, or ERR_CONFIG or ERR_SYSTEM, which ends the reading. */
int feed_add(struct feed *f, const struct feed_entry *e);

/* A value that no entry can hold: WHY is a short noun phrase. Always 0, for "return". */
int feed_leave_out(struct feed *f, const char *why);
int feed_leave_out_text(struct feed *f, const char *what, struct str text);

/* What stands AT cannot be read. 0 where faults are skipped; else ERR_CONFIG with *err. */
int feed_fault(struct feed *f, const struct feed_place *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The whole file cannot be used. ERR_CONFIG. */
int feed_refuse(struct feed *f, const struct feed_place *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

void feed_note(struct feed *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A copy as a list file may hold it: valid UTF-8 in one line, at most 500 bytes. Empty without
 * memory. */
struct str feed_clean(struct feed *f, struct str text);

/* What the feed says of the list: the first one counts; of dates the latest. The date is that of
 * the list, not of what is in it: a feed that says nothing new for a month is not old. */
void feed_set_source(struct feed *f, struct str title, struct str source);
void feed_set_date(struct feed *f, int64_t days);

/* Lines of a text, without their ends. */
struct feed_lines {
	struct str rest;
	uint32_t line; /* of the one that was given last, from 1 */
};

struct feed_lines feed_lines_of(const struct feed_input *in);

/* 1 with a line, 0 at the end, ERR_CONFIG for one that is longer than FEED_MAX_LINE_BYTES. */
int feed_next_line(struct feed *f, struct feed_lines *l, struct str *ret);

/* Small things that formats share. */
struct str feed_trim(struct str text);
bool feed_starts_with(struct str text, struct str start); /* ASCII letters without their case */
bool feed_number(struct str text, uint64_t *ret);         /* decimal digits alone */

/* The first date in TEXT: 2026-11-20, 2026/11/20, or Thu Jul 16 10:04:38 UTC 2015; FEED_NO_DAY when
 * none is. */
int64_t feed_date_in(struct str text);

/* The last day before the instant TEXT (2026-11-20T00:00:00Z ends with the day before). */
int64_t feed_last_day_before(struct str text);

struct feed_format {
	const char *name; /* "misp-event" */
	const char *what;
};

size_t feed_formats(void);
struct feed_format feed_format(size_t i);

/* The number of the format NAME, or -1. */
int feed_format_find(struct str name);

/* Nothing is read yet. False without memory; feed_done in any case. OPTIONS and ERR are borrowed.
 */
bool feed_init(struct feed *f, const struct feed_options *options, struct error *err);
void feed_done(struct feed *f);

/* Reads TEXT, what FILE (borrowed) holds, in the format FORMAT, or in the one that it looks like
 * when FORMAT is -1; *ret_format is that. Several files add up to one list. 0, or a negative code
 * with the error of feed_init. */
int feed_read(struct feed *f, const char *file, int format, struct str text, int *ret_format);

/* The head of the list file that is written. */
struct feed_head {
	struct str name, title, source, licence; /* licence may be empty */
	struct str from;                         /* the feed's file, for a comment */
	int64_t date_days;
	enum list_role role;
	uint8_t tier;
	uint32_t stale_after_days; /* 0: none */
	int confidence;            /* of entries that have none, or -1 */
	int64_t until_days;        /* the same, or FEED_NO_DAY */
};

/* Writes the list file. False when TO took not all of it. */
bool feed_write(const struct feed *f, const struct feed_head *head, FILE *to);

/* Whether TEXT, that was written, is a list file of N entries: 0, or ERR_CONFIG with *err. */
int feed_check(const char *name, struct str text, uint64_t n, struct error *err);
