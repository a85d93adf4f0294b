/* The members of `vedette rules`, each in rules_X.c. */
#pragma once

#include "cli/command.h"

command_fn rules_list, rules_test, rules_trace;
