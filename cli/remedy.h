/* What would clear an alert: lines for site.yaml, ready to paste but for what only a person can
 * say. */
#pragma once

#include <stdio.h>

#include "cli/json_view.h"

void remedy_print(const struct json_view *v, FILE *to, unsigned columns);
