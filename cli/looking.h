/* Captures seen through an analyst that judges nothing and raises nothing: each event comes with
 * what the policy, the lists and geolocation data say of its ends. For commands that show what is
 * in captures. */
#pragma once

#include "capture/source.h"
#include "cli/options.h"
#include "cli/run_summary.h"
#include "rules/analyst.h"
#include "sensor/knowledge.h"
#include "sensor/pipeline.h"

struct looking {
	const char *command; /* for messages: "flows" */
	struct options options;
	struct knowledge knowledge; /* without rules */
	struct source *source;
	struct analyst *analyst;
	struct progress progress;
	int input_status; /* of an input that ended early; else EXIT_OK */
	int (*see)(void *user, const struct event *ev);
	void *user; /* of SEE */
};

/* Opens what the options name, and the FILES. 0, or a negative code with *err; looking_close is due
 * in any case. The rest of L is zero, but for COMMAND and the options that were read. */
int looking_open(struct looking *l, char **files, int n, struct error *err);

/* Reads all. SEE gets every event but answers of DNS, which teach the analyst names, and asks
 * analyst_view for what it wants to know of one. 0; what SEE returned, with err->code ERR_OK; or
 * another negative code with *err. Inputs that end early are told, and the others go on. */
int looking_run(struct looking *l, struct pipeline_stats *ret, struct error *err);

void looking_close(struct looking *l);
