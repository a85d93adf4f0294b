/* Sentences in a buffer of fixed size: what does not fit is cut at a character and ends with "...".
 */
#pragma once

#include <stddef.h>

#include "rules/policy/internal.h"

struct phrase {
	char *buf;
	size_t size, len;
};

/* SIZE is at least 8. */
struct phrase phrase_begin(char *buf, size_t size);
void phrase_add(struct phrase *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* "role:amf, role:mme or own" */
void phrase_parties(struct phrase *p, const struct line *line);

/* " with NGAP on sctp/38412", as far as LINE asks for it */
void phrase_what(struct phrase *p, const struct line *line);

/* One sentence at once. */
void phrase_text(char *buf, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
