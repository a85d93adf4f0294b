/* All sensors and replays of a Redis, as their status and their streams tell. */
#pragma once

#include "cli/control_client.h"
#include "common/error.h"

/* Prints a table, or with --json an object a line. 0, or negative with *err. */
int fleet_view(const struct control_options *o, struct error *err);
