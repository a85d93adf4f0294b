/* Which of a command's arguments is its key, for the commands that Vedette sends. */
#pragma once

#include "common/str.h"

/* The index in ARGV, 0 when the command has no key. */
int command_key(int argc, const struct str *argv);
