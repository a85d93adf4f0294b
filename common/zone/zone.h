/* Civil time of a place: offsets from UTC with their transitions, from the system's IANA time zone
 * files [GLib]. Read at set-up; afterwards pure and thread-safe. The process's own time zone is
 * never asked. */
#pragma once

#include <stdint.h>

#include "common/error.h"

struct zone;

/* NAME is an IANA name ("Europe/Warsaw") or "UTC". NULL with *err when the system has no such zone.
 */
struct zone *zone_open(const char *name, struct error *err);
void zone_close(struct zone *z); /* NULL allowed */

/* Seconds to add to UTC to get local time at UTC_S (seconds since 1970). */
int32_t zone_offset_s(const struct zone *z, int64_t utc_s);

/* The first second after UTC_S at which the offset changes; INT64_MAX when none follows. */
int64_t zone_next_transition_s(const struct zone *z, int64_t utc_s);
