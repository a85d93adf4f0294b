/* The texts in an XML file, with the names of the elements around them [expat, nowhere else]. For
 * files that come from others: a document type is refused, and with it every entity; depth, length
 * and number are bounded. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/str.h"

enum { XML_MAX_DEPTH = 64, XML_MAX_TEXT_BYTES = 4096, XML_MAX_ELEMENTS = 4 << 20 };

/* An element ended: its name and those of the elements that it is in, outermost first, without
 * their name spaces; its own text without blanks around it, "" when it has none. */
struct xml_element {
	const struct str *path; /* the element's own name is the last */
	uint32_t depth;
	struct str text;
	uint32_t line, column; /* where it began, from 1 */
};

typedef int xml_fn(void *user, const struct xml_element *e, struct error *err);

/* Calls FN for each element of TEXT (LEN bytes) as it ends. 0, a negative code of FN, or ERR_CONFIG
 * with *err: "NAME:LINE:COLUMN: ...". */
int xml_read(
	const char *name, const char *text, size_t len, xml_fn *fn, void *user, struct error *err);
