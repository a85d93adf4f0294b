#include <stdio.h>

#include "cli/baseline.h"
#include "cli/baseline_rows.h"
#include "common/json_writer.h"

static const char help[] =
	"usage: vedette baseline show [OPTION...]\n\n"
	"Shows with whom each piece of equipment talked while it was learned: peer, port,\n"
	"application, days with traffic, conversations, bytes, and whether its contract covers "
	"it.\n"
	"Of a sensor that learns, of what one has left, or of a file of 'vedette baseline\n"
	"learn'.\n\n"
	"  --from FILE      a file of 'vedette baseline learn'\n"
	"  --name NAME      which sensor; not needed when there is one with this state directory\n"
	"  --state DIR      its state directory\n"
	"  --equipment E    of the equipment with this name alone\n"
	"  --ramp PERCENT   growth from its first days to its last that is called a ramp; default "
	"100\n"
	"  --min-days N     days with traffic below which an edge is called few-days; default 2\n"
	"  --json           one JSON object: learning, edges\n\n"
	"Examples:\n"
	"  vedette baseline show --from learned.db\n"
	"  vedette baseline show --from learned.db --json | jq '.edges[].peer'\n";

static bool is_wanted(void *user, const struct baseline_row *r)
{
	const struct options *o = user;

	return !o->baseline.equipment || str_eq(r->edge.equipment, str_from(o->baseline.equipment));
}

static int show(const struct baseline_source *s, struct options *o, struct error *err)
{
	struct json_writer w;
	int rc;

	if (!o->json) {
		baseline_head_print(s->baseline, s->name, stdout);
		rc = baseline_rows_print(s->view, is_wanted, o, stdout, err);
		return rc < 0 ? rc : 0;
	}
	json_init(&w);
	json_object_begin(&w);
	baseline_head_write(&w, s->baseline);
	baseline_rows_write(&w, "edges", s->view, is_wanted, o);
	json_object_end(&w);
	rc = command_print_json(&w)
		     ? 0
		     : error_set(err, ERR_SYSTEM, "standard output cannot be written");
	json_done(&w);
	return rc;
}

int baseline_show(int argc, char **argv)
{
	static const int accepted[] = {OPTION_FROM, OPTION_NAME, OPTION_STATE, OPTION_EQUIPMENT,
		OPTION_RAMP, OPTION_MIN_DAYS, OPTION_JSON, 0};
	struct baseline_source s = {.baseline = NULL};
	struct error err = {ERR_OK, ""};
	struct options o;
	int first, status, rc = 0;

	if (!options_parse(&o, argc, argv, accepted, help, &first, &status))
		return status;
	if (first < argc)
		rc = error_set(&err, ERR_USAGE, "\"%s\" is no option; a file is named with --from",
			argv[first]);
	if (rc == 0)
		rc = baseline_source_open(&s, &o, &err);
	if (rc == 0)
		rc = show(&s, &o, &err);
	baseline_source_close(&s);
	return rc == 0 ? EXIT_OK : command_fail("baseline show", &err);
}
