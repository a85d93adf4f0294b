/* Covers of conditions: see index.h. Set-up only. */
#pragma once

#include "rules/sigma/index.h"

struct group;
struct item;
struct program;

/* How many keys ITEM of G can be found by: one of them is met whenever G is. 0: whether it holds
 * says nothing that could be looked up. */
uint32_t cover_keys(const struct item *item);

/* Key I of them. BUF of PATTERN_MAX_BYTES may hold its text. Of numbers that are compared, what all
 * items of G ask of the fact. */
struct index_key cover_key(const struct group *g, const struct item *item, uint32_t i, char *buf);

/* The item of G whose keys few rules share, by COUNTS; NULL when no item of it has keys. */
const struct item *cover_best_item(const struct group *g, const struct rule_index *counts);

/* Fills CHOSEN (SIGMA_MAX_SELECTIONS) with the selections of which one holds whenever P does. False
 * when there is no such set that could be looked up. */
bool cover_choose(const struct program *p, const struct rule_index *counts, bool *chosen);
