#include "cli/fleet_view.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/paragraph.h"
#include "cli/redis_target.h"
#include "cli/table.h"
#include "common/json_writer.h"
#include "redis/fleet.h"

enum column { NAME, STATE, HEARD, RAISED, DELIVERED, SPOOLED, LOST, LAG, ENTRIES, GAPS, COLUMNS };

enum { HEARD_SHOWN = 19, CELL = 32 };

static const struct table_column columns[COLUMNS] = {
	{.title = "NAME", .min = 6, .max = 30},
	{.title = "STATE", .min = 7, .max = 7, .toned = true},
	{.title = "HEARD (UTC)", .min = 10, .max = HEARD_SHOWN},
	{.title = "RAISED", .min = 6, .max = 20, .right = true},
	{.title = "DELIVERED", .min = 9, .max = 20, .right = true},
	{.title = "SPOOLED", .min = 7, .max = 20, .right = true},
	{.title = "LOST", .min = 4, .max = 20, .right = true},
	{.title = "LAG", .min = 3, .max = 9, .right = true},
	{.title = "ENTRIES", .min = 7, .max = 20, .right = true},
	{.title = "GAPS", .min = 4, .max = 20, .right = true},
};

/* What a stream holds; a member's `user`. */
struct stream_facts {
	uint64_t entries, first, last; /* numbers of its first and last entry; 0: none */
};

static void ask(void *user, struct fleet_member *m, struct redis_connection *c)
{
	struct str key = str_from(m->keys.alerts);

	(void)user;
	redis_append(c, 2, (struct str[]){STR("XLEN"), key}, NULL);
	redis_append(c, 6,
		(struct str[]){STR("XRANGE"), key, STR("-"), STR("+"), STR("COUNT"), STR("1")},
		NULL);
	redis_append(c, 6,
		(struct str[]){STR("XREVRANGE"), key, STR("+"), STR("-"), STR("COUNT"), STR("1")},
		NULL);
}

static int take(void *user, struct fleet_member *m, unsigned command, struct redis_connection *c,
	const struct redis_reply *r, struct error *err)
{
	struct stream_facts *facts = m->user;
	struct reader_entry e;
	struct redis_reply item;
	uint64_t *number = command == 1 ? &facts->first : &facts->last;

	(void)user;
	if (!r || r->kind == REDIS_ERROR)
		return err->code;
	if (command == 0) {
		if (r->kind != REDIS_INTEGER || r->integer < 0)
			return redis_nonsense(c, "XLEN", err);
		facts->entries = (uint64_t)r->integer;
		return 0;
	}
	if (r->kind != REDIS_ARRAY)
		return redis_nonsense(c, "XRANGE", err);
	if (r->n == 0)
		return 0;
	item = redis_reply_at(r, 0);
	if (!reader_entry_parse(&item, &e))
		return redis_nonsense(c, "XRANGE", err);
	if (!stream_number_parse(e.seq, UINT64_MAX - 1, number))
		*number = 0;
	return 0;
}

static const char *state_of(const struct fleet_member *m)
{
	if (m->failed)
		return "unknown";
	if (fleet_is_replay(m))
		return "replay";
	if (!m->has_status)
		return "silent";
	return strcmp(m->status.state, "stopped") == 0 ? "stopped" : "running";
}

/* Numbers that the stream lacks between its first and its last entry, be they declared or not. */
static uint64_t gaps_of(const struct stream_facts *facts)
{
	uint64_t numbers;

	if (facts->first == 0 || facts->last < facts->first)
		return 0;
	numbers = facts->last - facts->first + 1;
	return numbers > facts->entries ? numbers - facts->entries : 0;
}

static const char *heard_of(const struct fleet_member *m)
{
	return m->status.heartbeat[0] ? m->status.heartbeat : m->status.finished;
}

static bool print_json(const struct fleet_member *m)
{
	const struct stream_facts *facts = m->user;
	const struct reader_status *s = &m->status;
	struct json_writer w;
	bool good;

	json_init(&w);
	json_object_begin(&w);
	json_key(&w, "name");
	json_text(&w, m->keys.name);
	json_key(&w, "state");
	json_text(&w, state_of(m));
	json_key(&w, "heard");
	json_text(&w, heard_of(m)[0] ? heard_of(m) : NULL);
	json_key_u64(&w, "raised", s->raised);
	json_key_u64(&w, "delivered", s->delivered);
	json_key_u64(&w, "spooled", s->spooled);
	json_key_u64(&w, "queued", s->queued);
	json_key_u64(&w, "lost", s->lost);
	json_key_u64(&w, "lag_ms", s->lag_ms);
	json_key_u64(&w, "entries", facts->entries);
	json_key_u64(&w, "first", facts->first);
	json_key_u64(&w, "last", facts->last);
	json_key_u64(&w, "gaps", gaps_of(facts));
	json_object_end(&w);
	good = command_print_json(&w);
	json_done(&w);
	return good;
}

static void put_number(char (*cells)[CELL], enum column column, uint64_t value)
{
	snprintf(cells[column], CELL, "%" PRIu64, value);
}

static bool add_row(struct table *t, const struct fleet_member *m)
{
	const struct stream_facts *facts = m->user;
	const struct reader_status *s = &m->status;
	bool silent = strcmp(state_of(m), "silent") == 0;
	char text[COLUMNS][CELL] = {""};
	struct str cells[COLUMNS];

	snprintf(text[HEARD], CELL, "%.*s", HEARD_SHOWN, heard_of(m));
	if (text[HEARD][0])
		text[HEARD][10] = ' ';
	if (m->has_status) {
		put_number(text, RAISED, s->raised);
		put_number(text, DELIVERED, s->delivered);
		put_number(text, SPOOLED, s->spooled + s->queued);
		put_number(text, LOST, s->lost);
		snprintf(text[LAG], CELL, "%" PRIu64 ".%" PRIu64 " s", s->lag_ms / 1000,
			s->lag_ms % 1000 / 100);
	}
	put_number(text, ENTRIES, facts->entries);
	put_number(text, GAPS, gaps_of(facts));
	for (size_t i = 0; i < COLUMNS; i++)
		cells[i] = str_from(text[i]);
	cells[NAME] = str_from(m->keys.name);
	cells[STATE] = str_from(state_of(m));
	return table_add(t, cells, (struct str){NULL, 0}, silent ? TABLE_LOUD : TABLE_PLAIN);
}

static int print(struct fleet_member *const *members, size_t n, bool json, struct error *err)
{
	struct table *t = table_new(columns, COLUMNS, NULL);
	bool good = t != NULL;

	for (size_t i = 0; i < n && good; i++)
		good = json ? print_json(members[i]) : add_row(t, members[i]);
	if (good && !json && n > 0)
		table_print(t, stdout, page_columns(stdout), page_colour(stdout));
	table_free(t);
	if (n == 0)
		(void)fputs("no sensor or replay has put anything into this Redis yet\n", stderr);
	if (ferror(stdout) || fflush(stdout) != 0)
		return errno == EPIPE ? 0
				      : error_set_errno(err, ERR_SYSTEM, errno,
						"standard output cannot be written");
	return good ? 0 : error_set(err, ERR_SYSTEM, "out of memory");
}

static int view(struct redis_route *r, bool json, struct error *err)
{
	static const struct fleet_selection everything = {.sensors = true, .replays = true};
	static const struct fleet_request request = {.commands = 3, .ask = ask, .answer = take};
	struct fleet *f = fleet_new(r, &everything);
	struct stream_facts *facts = NULL;
	struct fleet_member *const *members;
	size_t n = 0;
	int rc;

	if (!f)
		return error_set(err, ERR_SYSTEM, "out of memory");
	rc = fleet_refresh(f, err);
	members = fleet_members(f, &n);
	if (rc == 0)
		facts = calloc(n + 1, sizeof(*facts));
	if (rc == 0 && !facts)
		rc = error_set(err, ERR_SYSTEM, "out of memory");
	for (size_t i = 0; rc == 0 && i < n; i++)
		members[i]->user = &facts[i];
	if (rc == 0)
		rc = fleet_ask(f, members, n, &request, err);
	if (rc == 0)
		rc = print(members, n, json, err);
	free(facts);
	fleet_free(f);
	return rc;
}

int fleet_view(const struct control_options *o, struct error *err)
{
	struct redis_target *target;
	struct redis_route *route;
	int rc = 0;

	if (o->redis && strcmp(o->redis, "none") == 0)
		return error_set(err, ERR_USAGE, "--redis none knows of no sensors");
	rc = redis_target_open(&target, o->redis, o->state, err);
	if (rc == 0)
		rc = redis_target_route(target, &route, err);
	if (rc == 0)
		rc = view(route, o->json, err);
	redis_target_close(target);
	return rc;
}
