#include "redis/cluster.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "redis/command_buffer.h"
#include "redis/command_key.h"
#include "redis/connect.h"
#include "redis/connection_inside.h"
#include "redis/monotonic.h"
#include "redis/slot_map.h"

enum {
	NODE_SILENCE_MS = 2000, /* of one that is only asked who has what */
	PATIENCE_MS = 2000,     /* for what passes by itself */
	NAP_MS = 25,
	HOPS_MAX = 8, /* redirections of one command */
	MOVES_MAX = 64,
	TRIED_MAX = 32,
};

struct link {
	struct redis_address address;
	struct redis_connection *c; /* NULL: none */
};

enum unit_kind { UNIT_PLAIN, UNIT_TRANSACTION, UNIT_WATCH };

/* A command, or a transaction with all that is in it: what a node does whole or not at all, so that
 * it can be sent to another one when it was not done. */
struct unit {
	enum unit_kind kind;
	int slot;        /* -1: any */
	int link;        /* where it was sent; -1: not yet known */
	bool on_side;    /* was sent again, there */
	size_t bytes;    /* in the log, behind those of the units before */
	size_t replies;  /* that it has, or will have */
	size_t n_taken;  /* of them, from where it was sent last */
	size_t n_handed; /* to the caller */
};

struct move {
	uint16_t slot;
	struct redis_address to;
};

struct cluster {
	struct redis_address base;     /* who owns what the first unit needs: ASK is for once */
	struct redis_connection *self; /* as the caller sees it */
	struct redis_endpoint *endpoint;
	int cancel_fd;
	struct slot_map map;
	struct link *links;
	int n_links;
	int home;         /* where the last command with a key went */
	struct link side; /* for what is sent again, one unit at a time: a link may have replies to
			     others under way */
	const struct redis_connection *watched; /* where keys are being watched */
	struct command_buffer log;              /* the units' bytes */
	struct unit *units;                     /* those with replies to come, a ring */
	size_t first, n_units, capacity;
	bool in_transaction;
	/* What was found elsewhere. The map learns it when no reply is outstanding: commands of one
	 * key go over one link, or they could overtake each other. */
	struct move moves[MOVES_MAX];
	uint32_t n_moves;
	uint64_t n_moved;
};

static struct unit *unit_at(const struct cluster *cl, size_t i)
{
	return &cl->units[(cl->first + i) % cl->capacity];
}

static int out_of_memory(struct cluster *cl, struct error *err)
{
	struct error why;

	error_set(&why, ERR_SYSTEM, "out of memory");
	return connection_break(cl->self, &why, err);
}

/* ---- links ---- */

static int open_link(
	struct cluster *cl, struct link *l, bool *ret_needs_operator, struct error *err)
{
	struct connect_config cfg = connect_config_of(cl->endpoint, cl->cancel_fd);

	l->c = connect_server(&l->address, 1, &cfg, ret_needs_operator, err);
	return l->c ? 0 : err->code;
}

/* The index of the link to A, which is made when there is none; -1 without memory. */
static int find_link(struct cluster *cl, const struct redis_address *a)
{
	struct link *links;

	for (int i = 0; i < cl->n_links; i++) {
		if (redis_address_eq(&cl->links[i].address, a))
			return i;
	}
	links = realloc(cl->links, (size_t)(cl->n_links + 1) * sizeof(*links));
	if (!links)
		return -1;
	cl->links = links;
	links[cl->n_links] = (struct link){.address = *a};
	return cl->n_links++;
}

/* Connects to A. Its index, or a negative code with *err. */
static int link_to(struct cluster *cl, const struct redis_address *a, bool *ret_needs_operator,
	struct error *err)
{
	int i = find_link(cl, a);
	int rc = 0;

	*ret_needs_operator = false;
	if (i < 0)
		return error_set(err, ERR_SYSTEM, "out of memory");
	if (!cl->links[i].c)
		rc = open_link(cl, &cl->links[i], ret_needs_operator, err);
	return rc < 0 ? rc : i;
}

static void learn_moves(struct cluster *cl)
{
	for (uint32_t i = 0; i < cl->n_moves; i++) {
		slot_map_set(&cl->map, cl->moves[i].slot, &cl->moves[i].to);
		redis_endpoint_learn(cl->endpoint, &cl->moves[i].to);
	}
	cl->n_moves = 0;
}

/* Where a command with a key of SLOT (-1: without) is sent. */
static int choose_link(struct cluster *cl, int slot, struct error *err)
{
	const struct redis_address *owner =
		slot < 0 ? NULL : slot_map_owner(&cl->map, (uint16_t)slot);
	bool needs_operator;
	struct error why;
	int i = cl->home;

	/* Of what nobody has, a node tells. */
	if (owner)
		i = link_to(cl, owner, &needs_operator, &why);
	if (i < 0) {
		connection_break(cl->self, &why, err);
		redis_set_needs_operator(cl->self, needs_operator);
		return why.code;
	}
	if (owner)
		cl->home = i;
	return i;
}

/* ---- sending ---- */

static struct unit *push_unit(struct cluster *cl)
{
	struct unit *u;

	if (cl->n_units == 0)
		learn_moves(cl);
	if (cl->n_units == cl->capacity) {
		size_t capacity = cl->capacity ? 2 * cl->capacity : 16;
		struct unit *units = malloc(capacity * sizeof(*units));

		if (!units)
			return NULL;
		for (size_t i = 0; i < cl->n_units; i++)
			units[i] = *unit_at(cl, i);
		free(cl->units);
		cl->units = units;
		cl->capacity = capacity;
		cl->first = 0;
	}
	u = unit_at(cl, cl->n_units++);
	*u = (struct unit){.slot = -1, .link = -1};
	return u;
}

static bool is_word(struct str word, const char *wanted)
{
	return str_eq_nocase(word, str_from(wanted));
}

/* Hands the last unit's BYTES at the end of the log to its link. */
static int pass_on(
	struct cluster *cl, struct unit *u, size_t bytes, size_t replies, struct error *err)
{
	struct redis_connection *c = cl->links[u->link].c;
	int rc = connection_append_written(
		c, cl->log.bytes + cl->log.len - bytes, bytes, replies, err);

	if (rc < 0)
		connection_copy_blame(cl->self, c);
	return rc;
}

int cluster_append(struct cluster *cl, int argc, const struct str *argv, struct error *err)
{
	struct unit *u = cl->in_transaction ? unit_at(cl, cl->n_units - 1) : push_unit(cl);
	int key = command_key(argc, argv);
	size_t before = cl->log.len;

	if (!u || !command_buffer_add(&cl->log, argc, argv))
		return out_of_memory(cl, err);
	u->bytes += cl->log.len - before;
	u->replies++;
	if (u->slot < 0 && key > 0)
		u->slot = redis_slot(argv[key]);
	if (!cl->in_transaction && is_word(argv[0], "MULTI"))
		u->kind = UNIT_TRANSACTION;
	else if (!cl->in_transaction && is_word(argv[0], "WATCH"))
		u->kind = UNIT_WATCH;
	cl->in_transaction = u->kind == UNIT_TRANSACTION && !is_word(argv[0], "EXEC") &&
			     !is_word(argv[0], "DISCARD");
	if (u->link >= 0)
		return pass_on(cl, u, cl->log.len - before, 1, err);
	if (cl->in_transaction && u->slot < 0)
		return 0; /* until the first key is known */
	u->link = choose_link(cl, u->slot, err);
	return u->link < 0 ? u->link : pass_on(cl, u, u->bytes, u->replies, err);
}

void cluster_send_early(struct cluster *cl, bool all)
{
	for (int i = 0; i < cl->n_links; i++) {
		if (cl->links[i].c)
			redis_send_early(cl->links[i].c, all);
	}
}

/* ---- reading ---- */

static struct link *source(struct cluster *cl, const struct unit *u)
{
	return u->on_side ? &cl->side : &cl->links[u->link];
}

/* The next reply to U that the caller has not had. */
static int take(struct cluster *cl, struct unit *u, struct redis_reply *ret, struct error *err)
{
	int rc;

	do {
		rc = redis_read(source(cl, u)->c, ret, err);
		u->n_taken++;
	} while (rc == 0 && u->n_taken <= u->n_handed);
	return rc;
}

/* Takes the replies behind a redirection, which says that nothing of U was done. */
static int take_rest(struct cluster *cl, struct unit *u, struct error *err)
{
	struct redis_connection *c = source(cl, u)->c;
	struct redis_reply r = {.kind = REDIS_ERROR};
	int rc = 0;

	while (u->n_taken < u->replies && (rc == 0 || r.kind == REDIS_ERROR)) {
		rc = redis_read(c, &r, err);
		u->n_taken++;
	}
	if (rc < 0 && r.kind != REDIS_ERROR)
		return rc;
	if (r.kind != REDIS_ERROR) /* the last one: of EXEC */
		return redis_nonsense(c, "EXEC", err);
	return 0;
}

/* The map as the nodes tell it now; for what cannot be followed by its address. */
static int ask_owner(struct link *l, uint16_t slot, struct redis_address *ret, struct error *err)
{
	struct slot_map map;
	struct redis_reply r;
	const struct redis_address *owner;
	int rc = redis_command(l->c, 2, (struct str[]){STR("CLUSTER"), STR("SLOTS")}, &r, err);

	if (rc < 0)
		return rc;
	slot_map_init(&map);
	rc = slot_map_parse(&map, &r, &l->address, err);
	owner = rc == 0 ? slot_map_owner(&map, slot) : NULL;
	if (owner)
		*ret = *owner;
	else if (rc == 0)
		rc = error_set(err, ERR_REDIS, "nobody in the Cluster has slot %u", (unsigned)slot);
	slot_map_free(&map);
	return rc;
}

/* A link to A that nothing else is under way on. */
static int open_side(struct cluster *cl, const struct redis_address *a, struct error *err)
{
	bool needs_operator = false;
	int rc = 0;

	if (cl->side.c &&
		(redis_is_broken(cl->side.c) || !redis_address_eq(&cl->side.address, a))) {
		if (cl->watched == cl->side.c)
			cl->watched = cl->self; /* no link is that */
		redis_close(cl->side.c);
		cl->side.c = NULL;
	}
	cl->side.address = *a;
	if (!cl->side.c)
		rc = open_link(cl, &cl->side, &needs_operator, err);
	if (rc < 0) {
		connection_break(cl->self, err, NULL);
		redis_set_needs_operator(cl->self, needs_operator);
	}
	return rc;
}

/* Sends the first unit, U, again as REDIRECT says. */
static int send_again(
	struct cluster *cl, struct unit *u, const struct redirect *redirect, struct error *err)
{
	struct redis_reply r;
	int rc = open_side(cl, &redirect->to, err);

	if (rc < 0)
		return rc;
	/* What a node is told to do for once it does for the command that follows: for a
	 * transaction up to its end. */
	if (redirect->kind == REDIRECT_ASK)
		rc = redis_command(cl->side.c, 1, (struct str[]){STR("ASKING")}, &r, err);
	if (rc == 0)
		rc = connection_append_written(
			cl->side.c, cl->log.bytes, u->bytes, u->replies, err);
	if (rc < 0)
		connection_copy_blame(cl->self, cl->side.c);
	u->on_side = true;
	u->n_taken = 0;
	return rc;
}

static void note_move(struct cluster *cl, const struct redirect *redirect)
{
	cl->n_moved++;
	if (cl->n_moves < MOVES_MAX)
		cl->moves[cl->n_moves++] =
			(struct move){.slot = redirect->slot, .to = redirect->to};
}

/* Whether what is watched would not be where U goes. */
static bool loses_watch(
	const struct cluster *cl, const struct unit *u, const struct redirect *redirect)
{
	if (!cl->watched || u->kind != UNIT_TRANSACTION)
		return false;
	return cl->watched != cl->side.c || redirect->kind == REDIRECT_WAIT || redirect->is_name ||
	       !redis_address_eq(&redirect->to, &cl->side.address);
}

/* One step after the refusal R of the first unit, U: 1 when it was sent again, 0 when the refusal
 * is the caller's, or a negative code when nothing goes on. */
static int follow(struct cluster *cl, struct unit *u, const struct redis_reply *r,
	int64_t patient_until_ms, int *hops, struct error *err)
{
	struct link *l = source(cl, u);
	struct redirect redirect = redirect_parse(r->str, &l->address);
	int rc;

	if (redirect.kind == REDIRECT_NONE || cl->in_transaction || loses_watch(cl, u, &redirect))
		return 0;
	if (redirect.kind == REDIRECT_WAIT && monotonic_ms() > patient_until_ms)
		return 0;
	if (redirect.kind != REDIRECT_WAIT && ++*hops > HOPS_MAX)
		return 0;
	if (redirect.kind == REDIRECT_ASK && redirect.is_name) {
		connection_copy_blame(cl->self, l->c);
		return error_set(err, ERR_REDIS,
			"a Cluster that moves keys calls a node by a name, and a sensor looks up "
			"none while it runs: set \"cluster-preferred-endpoint-type ip\" there");
	}
	rc = take_rest(cl, u, err);
	if (rc == 0 && redirect.kind == REDIRECT_WAIT) {
		redirect.to = cl->base;
		*hops = 0;
		rc = connection_nap(cl->self, NAP_MS, err);
	}
	if (rc == 0 && redirect.is_name)
		rc = ask_owner(l, redirect.slot, &redirect.to, err);
	if (rc < 0) {
		if (!redis_is_broken(cl->self))
			connection_break(cl->self, err, NULL);
		return rc;
	}
	if (redirect.kind == REDIRECT_MOVED) {
		cl->base = redirect.to;
		note_move(cl, &redirect);
	}
	rc = send_again(cl, u, &redirect, err);
	return rc < 0 ? rc : 1;
}

/* U, the first unit, has been answered. */
static void pop_unit(struct cluster *cl, const struct unit *u, bool refused)
{
	if (u->kind == UNIT_TRANSACTION)
		cl->watched = NULL;
	else if (u->kind == UNIT_WATCH && !refused)
		cl->watched = source(cl, u)->c;
	command_buffer_drop(&cl->log, u->bytes);
	cl->first = (cl->first + 1) % cl->capacity;
	cl->n_units--;
}

int cluster_read(struct cluster *cl, struct redis_reply *ret, struct error *err)
{
	struct unit *u = unit_at(cl, 0);
	int64_t patient_until_ms = 0;
	struct error why;
	int hops = 0;
	int rc;

	assert(cl->n_units > 0 && u->n_handed < u->replies && u->link >= 0);
	for (;;) {
		int next = 0;

		rc = take(cl, u, ret, &why);
		if (rc == 0)
			break;
		if (ret->kind == REDIS_ERROR && patient_until_ms == 0) {
			patient_until_ms = monotonic_ms() + PATIENCE_MS;
			if (!u->on_side)
				cl->base = cl->links[u->link].address;
		}
		if (ret->kind == REDIS_ERROR)
			next = follow(cl, u, ret, patient_until_ms, &hops, &why);
		if (next == 1)
			continue;
		if (next < 0)
			memset(ret, 0, sizeof(*ret));
		else
			connection_copy_blame(cl->self, source(cl, u)->c);
		if (err)
			*err = why;
		break;
	}
	if (!redis_is_broken(cl->self) && ++u->n_handed == u->replies)
		pop_unit(cl, u, rc < 0);
	return rc;
}

/* ---- making and ending ---- */

static int ask_slots(struct cluster *cl, const struct link *l, struct error *err)
{
	struct redis_reply r;
	int rc = redis_command(l->c, 2, (struct str[]){STR("CLUSTER"), STR("SLOTS")}, &r, err);

	if (rc == 0)
		rc = slot_map_parse(&cl->map, &r, &l->address, err);
	for (uint32_t i = 0; rc == 0 && i < cl->map.n_nodes; i++)
		redis_endpoint_learn(cl->endpoint, &cl->map.nodes[i]);
	return rc;
}

/* Connects to the node that has the endpoint's slot, as SEED knows. */
static int begin_at(struct cluster *cl, const struct redis_address *seed, bool *ret_needs_operator,
	struct error *err)
{
	int slot = redis_endpoint_slot(cl->endpoint);
	const struct redis_address *owner;
	int rc = link_to(cl, seed, ret_needs_operator, err);

	if (rc < 0)
		return rc;
	cl->home = rc;
	rc = ask_slots(cl, &cl->links[cl->home], err);
	*ret_needs_operator = rc < 0 && redis_needs_operator(cl->links[cl->home].c);
	if (rc < 0 || slot < 0)
		return rc;
	owner = slot_map_owner(&cl->map, (uint16_t)slot);
	if (!owner)
		return error_set(err, ERR_REDIS,
			"no node of the Cluster has slot %d, which the sensor's keys are in", slot);
	rc = link_to(cl, owner, ret_needs_operator, err);
	if (rc < 0)
		return rc;
	cl->home = rc;
	return 0;
}

static struct cluster *cluster_new(struct redis_endpoint *e, int cancel_fd)
{
	struct cluster *cl = calloc(1, sizeof(*cl));

	if (cl)
		cl->self =
			connection_new(redis_endpoint_url(e)->name, cancel_fd, CONNECT_SILENCE_MS);
	if (!cl || !cl->self) {
		free(cl);
		return NULL;
	}
	connection_attach_cluster(cl->self, cl);
	cl->endpoint = e;
	cl->cancel_fd = cancel_fd;
	slot_map_init(&cl->map);
	return cl;
}

struct redis_connection *cluster_connect(
	struct redis_endpoint *e, int cancel_fd, bool *ret_needs_operator, struct error *err)
{
	struct cluster *cl = cluster_new(e, cancel_fd);
	uint32_t n = redis_endpoint_count(e);
	struct error first = {ERR_OK, ""};

	if (!cl) {
		error_set(err, ERR_SYSTEM, "out of memory");
		return NULL;
	}
	for (uint32_t i = 0; i < n; i++) {
		const struct redis_address seed = *redis_endpoint_at(e, i);
		bool needs_operator = false;
		struct error why;

		if (begin_at(cl, &seed, &needs_operator, &why) == 0) {
			redis_endpoint_prefer(e, &seed);
			*ret_needs_operator = false;
			return cl->self;
		}
		if (first.code == ERR_OK) {
			first = why;
			*ret_needs_operator = needs_operator;
		}
	}
	redis_close(cl->self);
	if (err)
		error_set(err, first.code, "no node of %s is of use: %s",
			redis_endpoint_url(e)->name, first.msg);
	return NULL;
}

int cluster_learn(struct cluster *cl, struct error *err)
{
	const struct redis_connection *c = cl->links[cl->home].c;
	int rc;

	assert(cl->n_units == 0);
	cl->n_moves = 0;
	rc = ask_slots(cl, &cl->links[cl->home], err);
	if (rc < 0)
		connection_copy_blame(cl->self, c);
	return rc;
}

const struct redis_address *cluster_owner(const struct cluster *cl, uint16_t slot)
{
	return slot_map_owner(&cl->map, slot);
}

uint64_t cluster_moves(const struct cluster *cl)
{
	return cl->n_moved;
}

void cluster_free(struct cluster *cl)
{
	if (!cl)
		return;
	for (int i = 0; i < cl->n_links; i++)
		redis_close(cl->links[i].c);
	redis_close(cl->side.c);
	slot_map_free(&cl->map);
	command_buffer_free(&cl->log);
	free(cl->links);
	free(cl->units);
	free(cl);
}
