/* What a YAML text may hold, before any parser sees it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

/* Checks that TEXT is UTF-8 without NUL, control characters, and line breaks that editors do not
 * show as such. 0, or ERR_CONFIG with *err, which names line and column in the file NAME. */
int yaml_check_text(const char *name, const char *text, size_t len, struct error *err);

/* Whether the character CODE (Unicode) may stand in one. */
bool yaml_text_allows(uint32_t code);
