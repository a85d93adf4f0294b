/* All that is wrong with files that a person wrote, not the first of it alone. */
#pragma once

#include "common/error_list.h"

/* As command_fail, with a line for each of FAULTS and how many there are; ERR alone when FAULTS
 * holds none. Empties FAULTS. */
int faults_fail(const char *command, struct error_list *faults, const struct error *err);
