/* Alerts as rows of a table: one row an alert, folded from its revisions. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/error.h"
#include "redis/reader.h"
#include "rules/sigma/sigma.h"

/* The alerts of one or several streams, by stream and id: two sensors that saw the same give two.
 */
struct alert_fold;

struct alert_fold *alert_fold_new(void);    /* NULL without memory */
void alert_fold_free(struct alert_fold *f); /* NULL allowed */

/* Takes a revision; the latest one of an alert counts, with the time of the first. 0, or a negative
 * code with *err: the entry holds no alert (ERR_REDIS), no memory (ERR_SYSTEM). */
int alert_fold_add(struct alert_fold *f, const struct reader_entry *e, struct error *err);

size_t alert_fold_count(const struct alert_fold *f);
size_t alert_fold_count_level(const struct alert_fold *f, enum rule_level level);

struct alert_table;

/* With a column for the sensor or replay, when SEVERAL are shown. NULL without memory. */
struct alert_table *alert_table_new(bool several);
void alert_table_free(struct alert_table *t); /* NULL allowed */

/* Adds the alerts of F, by the time of the first revision, then id. Ids are cut to what tells them
 * apart, at least 8 characters. False without memory. */
bool alert_table_fold(struct alert_table *t, struct alert_fold *f);

/* Adds one revision as it comes. As alert_fold_add. */
int alert_table_revision(struct alert_table *t, const struct reader_entry *e, struct error *err);

/* Prints what was added since the last time. */
void alert_table_print(struct alert_table *t, FILE *to);
