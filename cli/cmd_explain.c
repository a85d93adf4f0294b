#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/explanation.h"
#include "cli/json_view.h"
#include "cli/options.h"
#include "cli/paragraph.h"
#include "cli/redis_target.h"
#include "common/str.h"
#include "redis/reader.h"

static const char help[] =
	"usage: vedette explain [OPTION...] ID\n\n"
	"Says of one alert what happened, who took part, which line of the "
	"policy and which\n"
	"rule decided, test by test what the rules as they are now make of it, what may be\n"
	"harmless about it, and what would clear it. "
	"ID is what vedette alerts\n"
	"shows; its first 6 characters or more are enough when no other alert begins with them.\n\n"
	"  --name NAME      look only at this sensor or replay; default: all, "
	"the last finished first\n"
	"  --json           the last revision of the alert as JSON instead\n"
	"  --rules DIR      the rules that judged; default: the shipped ones\n"
	"  --lists DIR      the lists that they look up with expand; default: the shipped ones\n"
	"  --redis URL      redis://[[user]:password@]host[:port][/db], unix://path, "
	"redis+sentinel://,\n"
	"                   redis+cluster:// (docs/redis.md), or private (default)\n"
	"  --state DIR      where the private server keeps its data\n\n"
	"Exit status 6: there is no such alert.\n\n"
	"Example:\n"
	"  vedette explain 3f2a9c\n";

enum { ID_MIN = 6, ID_BYTES = 40, MAX_CANDIDATES = 8 };

/* The last revision of an alert that ID may mean. */
struct candidate {
	char id[ID_BYTES];
	const char *stream;
	uint64_t revision;
	char *json;
	uint32_t json_bytes;
};

struct search {
	struct str wanted;
	const char *stream; /* being read */
	struct candidate found[MAX_CANDIDATES];
	size_t n;
	bool more; /* than fit */
};

static uint64_t revision_of(const struct reader_entry *e)
{
	char text[24] = "";

	if (e->revision.len > 0 && e->revision.len < sizeof(text))
		memcpy(text, e->revision.data, e->revision.len);
	return strtoull(text, NULL, 10);
}

/* Where ID belongs; NULL when there is no more room. */
static struct candidate *candidate_for(struct search *s, struct str id)
{
	for (size_t i = 0; i < s->n; i++) {
		if (str_eq(str_from(s->found[i].id), id))
			return &s->found[i];
	}
	if (s->n == MAX_CANDIDATES) {
		s->more = true;
		return NULL;
	}
	memcpy(s->found[s->n].id, id.data, id.len);
	s->found[s->n].stream = s->stream;
	return &s->found[s->n++];
}

static int on_entry(void *user, const struct reader_entry *e)
{
	struct search *s = user;
	struct candidate *c;
	uint64_t revision = revision_of(e);
	char *json;

	if (e->id.len < s->wanted.len || e->id.len >= ID_BYTES ||
		!str_eq_nocase((struct str){e->id.data, s->wanted.len}, s->wanted))
		return 0;
	c = candidate_for(s, e->id);
	/* the same alert in an older replay of the same capture tells nothing new */
	if (!c || c->stream != s->stream || (c->json && revision < c->revision))
		return 0;
	json = malloc((size_t)e->json.len + 1);
	if (!json)
		return ERR_SYSTEM;
	if (e->json.len > 0)
		memcpy(json, e->json.data, e->json.len);
	json[e->json.len] = '\0';
	free(c->json);
	c->json = json;
	c->json_bytes = e->json.len;
	c->revision = revision;
	return 0;
}

static int look(struct redis_connection *c, struct search *s, const char *name, struct error *err)
{
	int rc;

	s->stream = name;
	rc = reader_all(c, name, on_entry, s, err);
	if (rc == ERR_SYSTEM && err->code == ERR_OK)
		return error_set(err, ERR_SYSTEM, "out of memory");
	return rc;
}

static void print_page(const struct options *o, const struct json_view *v)
{
	struct options copy = *o;
	const struct knowledge_config kc = options_knowledge(&copy);
	struct error err = {ERR_OK, ""};
	struct lists *lists = lists_open(kc.lists_dir, kc.as_of_ns, &err);
	struct sigma *sigma = lists ? sigma_open(kc.rules_dir, lists, NULL, &err) : NULL;
	const struct explanation_rules rules = {sigma, err.msg};

	explanation_print(v, &rules, stdout, page_columns(stdout), page_colour(stdout));
	sigma_close(sigma);
	lists_close(lists);
}

static int print(const struct options *o, const struct candidate *c, struct error *err)
{
	struct json_view *v;
	bool json = o->json;

	if (json && isatty(STDOUT_FILENO) != 1) {
		(void)fwrite(c->json, 1, c->json_bytes, stdout);
		(void)fputc('\n', stdout);
	} else if (json) {
		paragraph_print(stdout, UINT32_MAX, 0, "", (struct str){c->json, c->json_bytes});
	} else {
		v = json_view_parse((struct str){c->json, c->json_bytes}, err);
		if (!v)
			return err->code;
		print_page(o, v);
		json_view_free(v);
	}
	if (fflush(stdout) == 0 || errno == EPIPE) /* who reads no further has seen enough */
		return 0;
	return error_set_errno(err, ERR_SYSTEM, errno, "standard output cannot be written");
}

static int not_found(const char *id, const char *name)
{
	char shown[64];

	(void)fprintf(stderr,
		"vedette explain: no alert%s%s has an id that begins with %s; vedette alerts lists "
		"them\n",
		name ? " of " : "", name ? name : "",
		str_printable(shown, sizeof(shown), str_from(id)));
	return EXIT_NOT_FOUND;
}

static int ambiguous(const struct search *s, const char *id)
{
	char shown[ID_BYTES * 4];

	(void)fprintf(stderr,
		"vedette explain: several alerts begin with %s; write more of the one that you "
		"mean:\n",
		str_printable(shown, sizeof(shown), str_from(id)));
	for (size_t i = 0; i < s->n; i++)
		(void)fprintf(stderr, "  %s  (%s)\n",
			str_printable(shown, sizeof(shown), str_from(s->found[i].id)),
			s->found[i].stream);
	if (s->more)
		(void)fputs("  and more\n", stderr);
	return EXIT_USAGE;
}

/* Returns the exit status. */
static int search_all(const struct options *o, const char *id, struct redis_connection *c)
{
	struct search s = {.wanted = str_from(id)};
	struct error err = {ERR_OK, ""};
	struct reader_stream *streams = NULL;
	size_t n = 0;
	int status = EXIT_OK;
	int rc = 0;

	if (o->name)
		rc = look(c, &s, o->name, &err);
	else
		rc = reader_streams(c, &streams, &n, &err);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = look(c, &s, streams[i].name, &err);
	if (rc == 0 && s.n == 0)
		status = not_found(id, o->name);
	else if (rc == 0 && s.n > 1)
		status = ambiguous(&s, id);
	else if (rc == 0)
		rc = print(o, &s.found[0], &err);
	for (size_t i = 0; i < s.n; i++)
		free(s.found[i].json);
	reader_streams_free(streams, n);
	return rc == 0 ? status : command_fail("explain", &err);
}

int cmd_explain(int argc, char **argv)
{
	static const int accepted[] = {OPTION_NAME, OPTION_JSON, OPTION_RULES, OPTION_LISTS,
		OPTION_REDIS, OPTION_STATE, 0};
	struct redis_target *target;
	struct options o;
	struct error err = {ERR_OK, ""};
	int first, status;

	if (!options_parse(&o, argc, argv, accepted, help, &first, &status))
		return status;
	if (argc - first != 1 || strlen(argv[first]) < ID_MIN) {
		error_set(&err, ERR_USAGE,
			"write: vedette explain ID, with at least %d characters of the id that "
			"vedette alerts shows",
			ID_MIN);
		return command_fail("explain", &err);
	}
	if (redis_target_open(&target, o.redis, o.state, &err) != 0)
		return command_fail("explain", &err);
	if (!target) {
		error_set(&err, ERR_USAGE, "--redis none has no alerts to explain");
		return command_fail("explain", &err);
	}
	status = search_all(&o, argv[first], redis_target_connection(target));
	redis_target_close(target);
	return status;
}
