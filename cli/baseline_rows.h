/* Edges of a baseline on a terminal and as JSON: what `show` and `propose` share. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "common/error.h"
#include "common/json_writer.h"
#include "rules/baseline/view.h"

/* Which rows, and whether they are there to be approved. USER is the caller's. */
typedef bool baseline_want_fn(void *user, const struct baseline_row *r);

/* A table with a note below each row. Returns the number of rows, or a negative code with *err. */
int baseline_rows_print(const struct baseline_view *v, baseline_want_fn *want, void *user, FILE *to,
	struct error *err);

/* A list of rows under KEY. */
void baseline_rows_write(struct json_writer *w, const char *key, const struct baseline_view *v,
	baseline_want_fn *want, void *user);

/* "learning" and "equipment": of the whole baseline. */
void baseline_head_write(struct json_writer *w, const struct baseline *b);
void baseline_head_print(const struct baseline *b, const char *name, FILE *to);

/* "seen on 12 of 14 days, ...: 340 conversations, ...": what speaks for R, for a comment. BUF of
 * BASELINE_EVIDENCE_BYTES. */
enum { BASELINE_EVIDENCE_BYTES = 512 };
char *baseline_evidence(const struct baseline_view *v, const struct baseline_row *r, char *buf);
