#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/looking.h"
#include "cli/policy.h"
#include "rules/policy/draft/draft.h"

static const char help[] =
	"usage: vedette policy draft [OPTION...] FILE...\n\n"
	"Reads captures and writes a policy in which all that was seen is allowed, as narrowly as\n"
	"it was seen: equipment, roles and contracts, each line below the evidence for it. It is\n"
	"to be read before it is used: an intrusion that was seen is in it, too. Peers that a "
	"list\n"
	"of linked networks names are left out, and named at its end.\n\n"
	"  --own PREFIX,...  the operator's address space; default: private addresses\n"
	"  --subscribers PREFIX,...  the subscribers' address space, which is never inspected\n"
	"  --name NAME      the name of the site; default: draft\n"
	"  --lists DIR      lists of linked networks instead of the shipped ones\n"
	"  --geo DIR        MaxMind DB files for country and AS; \"\" for none\n"
	"  --as-of DATE     with the list entries that were in force then; default: today\n"
	"  --filter EXPR    only packets that meet this pcap-filter(7) expression\n"
	"  --keep-duplicates  count packets that several taps saw each time\n"
	"  --workers N      threads that classify, 1 to 64; the result is the same for any "
	"number\n\n"
	"Example:\n"
	"  vedette policy draft --name waw-core-1 capture.pcap > draft.yaml\n";

struct drafting {
	struct looking looking;
	struct draft *draft;
};

/* The end that is not the equipment, as the facts of EV know it. */
static struct draft_peer peer_of(const struct facts *f)
{
	struct draft_peer peer = {
		.domain = facts_str(f, FIELD_PEER_DOMAIN),
		.country = facts_str(f, FIELD_PEER_COUNTRY),
		.as_name = facts_str(f, FIELD_PEER_AS_NAME),
	};
	/* A tier links it to an adversary; a list of indicators warns of it. */
	const bool linked = facts_has(f, FIELD_PEER_LINKAGE_LIST);
	const struct fact_value *reason =
		facts_get(f, linked ? FIELD_PEER_LINKAGE_REASON : FIELD_PEER_INDICATOR_REASON);

	peer.list = facts_str(f, linked ? FIELD_PEER_LINKAGE_LIST : FIELD_PEER_INDICATOR_LIST);
	if (facts_has(f, FIELD_PEER_AS_NUMBER))
		peer.as_number = (uint32_t)facts_num(f, FIELD_PEER_AS_NUMBER);
	if (reason && reason->strs.n > 0)
		peer.reason = reason->strs.items[0];
	return peer;
}

static int on_event(void *user, const struct event *ev)
{
	struct drafting *dr = user;
	struct draft_peer peer;

	if (ev->kind == EVENT_REACH || ev->kind == EVENT_MESSAGE)
		return 0;
	peer = peer_of(analyst_view(dr->looking.analyst, ev));
	return draft_see(dr->draft, ev, &peer) ? 0 : ERR_SYSTEM;
}

static int run(struct drafting *dr, struct error *err)
{
	struct pipeline_stats stats;
	const int rc = looking_run(&dr->looking, &stats, err);

	if (rc != 0 && err->code == ERR_OK)
		error_set(err, ERR_SYSTEM, "not enough memory to keep what was seen");
	return rc;
}

static int open_drafting(struct drafting *dr, char **files, int n, struct error *err)
{
	const struct options *given = &dr->looking.options;
	struct draft_options o = {
		.site = given->name ? given->name : "draft",
		.source = files[0],
		.subscribers = given->subscribers,
		.n_subscribers = given->n_subscribers,
		.hash_key = PIPELINE_HASH_KEY,
	};

	if (looking_open(&dr->looking, files, n, err) < 0)
		return err->code;
	o.discover = dr->looking.knowledge.site;
	dr->draft = draft_new(&o);
	return dr->draft ? 0 : error_set(err, ERR_SYSTEM, "not enough memory for a draft");
}

static int print(struct drafting *dr, struct error *err)
{
	struct draft_counts n;
	char *text;
	int rc = draft_write(dr->draft, &text, &n, err);

	if (rc < 0)
		return rc;
	if (fputs(text, stdout) == EOF || fflush(stdout) == EOF)
		rc = error_set(err, ERR_SYSTEM, "standard output cannot be written");
	free(text);
	(void)fprintf(stderr,
		"%" PRIu64 " conversations: %zu equipment, %zu roles, %zu lines, %zu groups\n",
		n.conversations, n.equipment, n.roles, n.lines, n.groups);
	if (n.left_out)
		(void)fprintf(stderr,
			"%" PRIu64 " conversations with networks that a list names are not "
			"allowed by it; see its end\n",
			n.left_out);
	if (n.forgotten)
		(void)fprintf(stderr,
			"%" PRIu64 " conversations are not in it: more than %d different ones were "
			"seen\n",
			n.forgotten, DRAFT_MAX_EDGES);
	return rc;
}

int policy_draft(int argc, char **argv)
{
	static const int accepted[] = {OPTION_LISTS, OPTION_GEO, OPTION_OWN_SPACE,
		OPTION_SUBSCRIBERS, OPTION_NAME, OPTION_WORKERS, OPTION_FILTER, OPTION_AS_OF,
		OPTION_KEEP_DUPLICATES, 0};
	struct drafting dr = {.looking = {.command = argv[0], .see = on_event, .user = &dr}};
	struct error err = {ERR_OK, ""};
	int first;
	int status;
	int rc;

	if (!options_parse(&dr.looking.options, argc, argv, accepted, help, &first, &status))
		return status;
	if (first == argc) {
		error_set(&err, ERR_USAGE, "no capture given; write: vedette policy draft FILE...");
		return command_fail(argv[0], &err);
	}
	rc = open_drafting(&dr, argv + first, argc - first, &err);
	if (rc == 0)
		rc = run(&dr, &err);
	if (rc == 0)
		rc = print(&dr, &err);
	status = rc == 0 ? dr.looking.input_status : command_fail(argv[0], &err);
	draft_free(dr.draft);
	looking_close(&dr.looking);
	return status;
}
