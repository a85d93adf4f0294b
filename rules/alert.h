/* An alert as it leaves the rules: one revision of a finding, ready for delivery. */
#pragma once

#include <stdint.h>

#include "common/str.h"
#include "rules/sigma/sigma.h"

enum { ALERT_ID_BYTES = 33 };

struct alert {
	char id[ALERT_ID_BYTES]; /* the same for all revisions, in every replay */
	uint32_t revision;       /* from 1 */
	uint64_t ts_ns; /* packet time of this revision; never decreases from alert to alert */
	enum rule_level level;
	struct str rule_id;
	struct str equipment;
	struct str json; /* one line of ECS JSON, no newline */
};

/* Takes one alert, whose bytes are borrowed during the call. Alerts come in the order of (ts_ns,
 * id, revision). Returns 0, or a negative error code after which the run ends. */
typedef int alert_sink_fn(void *user, const struct alert *a);
