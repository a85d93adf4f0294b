/* Shows a sensor's answer, whatever it holds: one JSON object of values, objects (sections) and
 * lists [jansson]. So what a sensor tells can grow without its client. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "common/error.h"
#include "common/str.h"

/* Prints TEXT, the JSON object, within COLUMNS: its values first, one a line; then each object with
 * its name as title, objects in it joined to their names; lists of objects as tables, a column for
 * each name. "ok" is left out. Names are shown with spaces for underscores. Everything is escaped.
 * ERR_SYSTEM when TEXT is no JSON object, or without memory. */
int answer_print(struct str text, FILE *to, unsigned columns, struct error *err);

/* The same on TO as wide as it is, or, with JSON, the text itself; ERR_SYSTEM when it cannot be
 * written. A reader that has seen enough (EPIPE) is no error. */
int answer_show(struct str text, bool json, FILE *to, struct error *err);
