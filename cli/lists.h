/* The members of `vedette lists`, and what they share. */
#pragma once

#include <stdint.h>

#include "cli/options.h"
#include "common/json_writer.h"
#include "rules/lists/lists.h"

int lists_import(int argc, char **argv);
int lists_show(int argc, char **argv);
int lists_why(int argc, char **argv);

/* Opens the lists that O names, as a replay would. NULL with *err. */
struct lists *lists_of_options(struct options *o, struct error *err);

/* "tier 1", "set", ...: what a list is for, in BUF. */
enum { LISTS_ROLE_BYTES = 16 };
const char *lists_role_text(const struct lists_info *info, char buf[LISTS_ROLE_BYTES]);

/* The keys of an entry into the open object. */
void lists_write_entry(struct json_writer *w, const struct lists *l, const struct lists_entry *e);

/* "2027-05-01", or an empty text where there is no end; in BUF of DATE_TEXT_BYTES. */
const char *lists_until_text(const struct lists_entry *e, char *buf);

/* Its value as its file writes it, "CN" rather than "cn"; borrowed, or in BUF of 8 bytes. */
struct str lists_value_text(const struct lists_entry *e, char *buf);
