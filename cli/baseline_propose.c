#include <stdio.h>

#include "cli/baseline.h"
#include "cli/baseline_rows.h"
#include "common/json_writer.h"
#include "rules/policy/learned.h"

static const char help[] =
	"usage: vedette baseline propose [OPTION...]\n\n"
	"Proposes what was learned and no contract, window or exception covers: each edge with "
	"its\n"
	"age, the days on which it was seen, conversations, bytes by week, and what speaks "
	"against\n"
	"it: ramp (its volume grows steadily: the way to poison a baseline), late, few-days, rare\n"
	"(one alone of its role does it), unanswered, unknown-label, many-addresses. Edges to "
	"peers\n"
	"that are linked to an adversary are told apart: they are never to be approved.\n\n"
	"  --from FILE      a file of 'vedette baseline learn'\n"
	"  --name NAME      which sensor; not needed when there is one with this state directory\n"
	"  --state DIR      its state directory\n"
	"  --site FILE      with --learned: the policy\n"
	"  --learned FILE   leave out what is approved there\n"
	"  --equipment E    of the equipment with this name alone\n"
	"  --ramp PERCENT   growth from its first days to its last that is called a ramp; default "
	"100\n"
	"  --min-days N     days with traffic below which an edge is called few-days; default 2\n"
	"  --json           one JSON object: learning, proposals, never\n\n"
	"Examples:\n"
	"  vedette baseline propose --from learned.db\n"
	"  vedette baseline propose --from learned.db --json | jq -r '.proposals[].id'\n";

struct proposing {
	struct options options;
	struct site *site;
	struct learned *learned;
	uint64_t as_of_ns;
	bool listed; /* those are asked for */
};

static bool is_approved(const struct proposing *p, const struct baseline_row *r)
{
	for (size_t i = 0; p->learned && i < learned_count(p->learned); i++) {
		struct learned_entry e;

		learned_entry(p->learned, i, &e);
		if (!e.is_revoked && e.until_ns > p->as_of_ns && str_eq(e.id, str_from(r->id)))
			return true;
	}
	return false;
}

/* Of what two pieces of equipment do, the one that begins is asked for it. */
static bool is_wanted(void *user, const struct baseline_row *r)
{
	const struct proposing *p = user;
	const char *equipment = p->options.baseline.equipment;

	if (r->edge.uncovered == 0 || (r->edge.peer_is_equipment && !r->edge.initiator) ||
		p->listed != ((r->warnings & BASELINE_LISTED) != 0))
		return false;
	if (equipment && !str_eq(r->edge.equipment, str_from(equipment)))
		return false;
	return !is_approved(p, r);
}

static int print_rows(const struct baseline_source *s, struct proposing *p, struct error *err)
{
	int n;

	baseline_head_print(s->baseline, s->name, stdout);
	n = baseline_rows_print(s->view, is_wanted, p, stdout, err);
	if (n < 0)
		return n;
	if (n == 0)
		(void)puts("nothing to propose: contracts, windows and exceptions cover what was "
			   "learned");
	else
		(void)printf(
			"\n%d edge%s that no contract covers; to approve: vedette baseline approve "
			"ID\n",
			n, n == 1 ? "" : "s");
	p->listed = true;
	for (uint32_t i = 0; i < s->view->n; i++) {
		if (!is_wanted(p, &s->view->rows[i]))
			continue;
		(void)puts("\nnever to be approved, since the peer is linked to an adversary:");
		n = baseline_rows_print(s->view, is_wanted, p, stdout, err);
		break;
	}
	return n < 0 ? n : 0;
}

static int print_json(const struct baseline_source *s, struct proposing *p, struct error *err)
{
	struct json_writer w;
	int rc;

	json_init(&w);
	json_object_begin(&w);
	baseline_head_write(&w, s->baseline);
	baseline_rows_write(&w, "proposals", s->view, is_wanted, p);
	p->listed = true;
	baseline_rows_write(&w, "never", s->view, is_wanted, p);
	json_object_end(&w);
	rc = command_print_json(&w)
		     ? 0
		     : error_set(err, ERR_SYSTEM, "standard output cannot be written");
	json_done(&w);
	return rc;
}

static int open_approved(struct proposing *p, struct error *err)
{
	const struct knowledge_config kc = options_knowledge(&p->options);

	p->as_of_ns = kc.as_of_ns;
	if (!kc.learned_path)
		return 0;
	if (!kc.site_path)
		return error_set(err, ERR_USAGE,
			"what was approved belongs to a policy; name it with --site");
	p->site = site_open(kc.site_path, kc.roles_path, &kc.space, err);
	if (p->site)
		p->learned = learned_open(kc.learned_path, p->site, err);
	return p->learned ? 0 : err->code;
}

int baseline_propose(int argc, char **argv)
{
	static const int accepted[] = {OPTION_FROM, OPTION_NAME, OPTION_STATE, OPTION_SITE,
		OPTION_LEARNED, OPTION_EQUIPMENT, OPTION_RAMP, OPTION_MIN_DAYS, OPTION_JSON, 0};
	struct baseline_source s = {.baseline = NULL};
	struct proposing p = {.site = NULL};
	struct error err = {ERR_OK, ""};
	int first, status, rc = 0;

	if (!options_parse(&p.options, argc, argv, accepted, help, &first, &status))
		return status;
	if (first < argc)
		rc = error_set(&err, ERR_USAGE, "\"%s\" is no option; a file is named with --from",
			argv[first]);
	if (rc == 0)
		rc = open_approved(&p, &err);
	if (rc == 0)
		rc = baseline_source_open(&s, &p.options, &err);
	if (rc == 0)
		rc = p.options.json ? print_json(&s, &p, &err) : print_rows(&s, &p, &err);
	baseline_source_close(&s);
	learned_close(p.learned);
	site_close(p.site);
	return rc == 0 ? EXIT_OK : command_fail("baseline propose", &err);
}
