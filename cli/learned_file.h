/* The file of approved edges as text: what a person wrote in it stays as it is. Each change is read
 * back before it takes the place of what was there, as a whole. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/error.h"
#include "rules/policy/learned.h"

struct learned_file {
	const char *path; /* borrowed */
	const struct site *site;
	char *text; /* owned; as it stands, or is to be */
	size_t len;
	struct learned *learned; /* what it says */
};

/* A file that is not there yet says nothing. 0, or a negative code with *err; learned_file_close is
 * due in any case. */
int learned_file_open(
	struct learned_file *f, const char *path, const struct site *site, struct error *err);
void learned_file_close(struct learned_file *f);

/* Adds an entry: LINES, each ended, the first "id: ...", are indented as the entries before. */
int learned_file_add(struct learned_file *f, const char *lines, struct error *err);

/* Puts LINE into entry I, behind its first line. */
int learned_file_put(struct learned_file *f, size_t i, const char *line, struct error *err);

/* VALUE in double quotes, as YAML reads it. False when it does not fit. */
bool learned_file_quote(char *buf, size_t size, struct str value);

/* On disk when it returns 0. */
int learned_file_write(const struct learned_file *f, struct error *err);
