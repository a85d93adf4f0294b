/* What a YAML text may hold, before any parser sees it. */
#pragma once

#include <stddef.h>

#include "common/error.h"

/* Checks that TEXT is UTF-8 without NUL, control characters, and line breaks that editors do not
 * show as such. 0, or ERR_CONFIG with *err, which names line and column in the file NAME. */
int yaml_check_text(const char *name, const char *text, size_t len, struct error *err);
