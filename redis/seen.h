/* Which revisions of alerts were seen, to find one that comes twice. Remembers the last ones in
 * bounded memory: by a hash of 64 bits, whose key is secret because who writes to a Redis chooses
 * the ids. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/str.h"

struct seen;

/* Remembers at least MAX revisions, in at most 64 MAX bytes. NULL without memory. */
struct seen *seen_new(size_t max);
void seen_free(struct seen *s); /* NULL allowed */

/* Whether (ID, REVISION) was noted before; notes it. */
bool seen_before(struct seen *s, struct str id, struct str revision);
