#include "analysis/behaviour/units.h"

#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/time_text.h"

/* A unit moves in the order of age once in so much time, not with each sight. */
#define MOVE_NS (10 * NS_PER_S)

enum {
	SAVED_BYTES = 4 + 1 + 4 + 8 + 8, /* of a unit without its memory */
	MARKS = 1 << 15,
	SAVED_MARK_BYTES = 4 + 4,
	ROLE_NAME_MOST = 255,
};

struct role_memory {
	char name[ROLE_NAME_MOST + 1];
	uint32_t name_len;
	void *memory; /* owned */
};

struct units {
	struct slab *slab;
	struct age_list ages[UNIT_RANKS];
	uint32_t n_undeclared, max_undeclared;
	struct slab_index *index;
	/* Of strangers that found no room, at a place by their hash, another part of it; 0: none.
	 */
	uint32_t *marks;
	struct role_memory *roles;
	uint32_t n_roles, role_bytes;
	void *site;          /* owned */
	uint64_t evicted[2]; /* undeclared, declared */
};

static size_t some(uint32_t bytes)
{
	return bytes ? bytes : 1;
}

struct units *units_new(const struct units_config *cfg)
{
	struct units *u = calloc(1, sizeof(*u));

	if (!u)
		return NULL;
	u->max_undeclared = cfg->max_undeclared;
	u->role_bytes = cfg->role_bytes;
	u->slab = slab_new(sizeof(struct unit) + (cfg->memory_bytes + 7) / 8 * 8, cfg->max);
	u->index = slab_index_new(u->slab, cfg->max);
	u->marks = calloc(MARKS, sizeof(*u->marks));
	u->roles = calloc(UNIT_MAX_ROLES, sizeof(*u->roles));
	u->site = calloc(1, some(cfg->site_bytes));
	for (int rank = 0; rank < UNIT_RANKS; rank++)
		u->ages[rank] = AGE_LIST_EMPTY;
	if (!u->slab || !u->index || !u->marks || !u->roles || !u->site) {
		units_free(u);
		return NULL;
	}
	return u;
}

void units_free(struct units *u)
{
	if (!u)
		return;
	for (uint32_t i = 0; u->roles && i < u->n_roles; i++)
		free(u->roles[i].memory);
	free(u->roles);
	free(u->marks);
	free(u->site);
	slab_free(u->slab);
	slab_index_free(u->index);
	free(u);
}

static uint32_t find(const struct units *u, uint64_t hash)
{
	uint32_t i = slab_index_first(u->index, (uint32_t)hash);

	for (; i != SLAB_NONE; i = slab_index_next(u->index, i)) {
		const struct unit *unit = slab_at(u->slab, i);

		if (unit->hash == hash)
			break;
	}
	return i;
}

static void leave(struct units *u, uint32_t i)
{
	const struct unit *unit = slab_at(u->slab, i);

	age_list_remove(&u->ages[unit->rank], u->slab, i);
	u->n_undeclared -= unit->rank != UNIT_DECLARED;
}

/* As the one of RANK that was seen last. */
static void join(struct units *u, uint32_t i, enum unit_rank rank)
{
	struct unit *unit = slab_at(u->slab, i);

	unit->rank = (uint8_t)rank;
	age_list_append(&u->ages[rank], u->slab, i);
	u->n_undeclared += rank != UNIT_DECLARED;
}

/* The least missed of the ranks up to MOST. */
static void evict(struct units *u, enum unit_rank most)
{
	uint32_t rank = 0;
	uint32_t i;

	while (rank < most && u->ages[rank].oldest == SLAB_NONE)
		rank++;
	i = u->ages[rank].oldest;
	if (i == SLAB_NONE)
		return;
	slab_index_remove(u->index, i);
	leave(u, i);
	slab_give(u->slab, i);
	u->evicted[rank == UNIT_DECLARED]++;
}

static bool has_room(const struct units *u, enum unit_rank rank)
{
	return rank == UNIT_DECLARED || u->n_undeclared < u->max_undeclared;
}

/* For one more of RANK. */
static void make_room(struct units *u, enum unit_rank rank)
{
	if (!has_room(u, rank))
		evict(u, UNIT_HEARD);
}

/* Whether one that is not there is made: of strangers that nobody answered, when others would have
 * to go, those whose second conversation begins, and those whose first one lasts. Senders are
 * forged for a packet each. */
static bool is_welcome(struct units *u, const struct unit_seen *seen)
{
	uint32_t *mark = &u->marks[seen->hash % MARKS];
	const uint32_t name = (uint32_t)(seen->hash >> 32) | 1;

	if (seen->rank != UNIT_UNHEARD || seen->moment == UNIT_LASTS)
		return true;
	if (has_room(u, seen->rank) && !slab_is_full(u->slab))
		return true;
	if (seen->moment == UNIT_ASIDE)
		return false;
	if (*mark == name)
		return true;
	*mark = name;
	u->evicted[false]++;
	return false;
}

/* SLAB_NONE without memory. */
static uint32_t add_role(struct units *u, struct str name)
{
	struct role_memory *role;

	if (name.len > ROLE_NAME_MOST)
		name.len = ROLE_NAME_MOST;
	for (uint32_t i = 0; i < u->n_roles; i++) {
		role = &u->roles[i];
		if (str_eq((struct str){role->name, role->name_len}, name))
			return i;
	}
	if (u->n_roles == UNIT_MAX_ROLES)
		return UNIT_MAX_ROLES - 1;
	role = &u->roles[u->n_roles];
	role->memory = calloc(1, some(u->role_bytes));
	if (!role->memory)
		return SLAB_NONE;
	if (name.len > 0)
		memcpy(role->name, name.data, name.len);
	role->name_len = name.len;
	return u->n_roles++;
}

static struct unit *add(struct units *u, const struct unit_seen *seen)
{
	struct unit *unit;
	uint32_t i;

	make_room(u, seen->rank);
	i = slab_take(u->slab);
	if (i == SLAB_NONE) {
		evict(u, UNIT_DECLARED);
		i = slab_take(u->slab);
	}
	if (i == SLAB_NONE)
		return NULL;
	unit = slab_at(u->slab, i);
	join(u, i, seen->rank);
	unit->hash = seen->hash;
	unit->name_len =
		(uint8_t)(seen->name.len < UNIT_NAME_BYTES ? seen->name.len : UNIT_NAME_BYTES);
	if (seen->name.len > 0)
		memcpy(unit->name, seen->name.data, unit->name_len);
	unit->last_ns = seen->ts_ns;
	slab_index_add(u->index, i, (uint32_t)seen->hash);
	return unit;
}

/* What was answered once, or was declared once, is never again taken for somebody's invention. */
static enum unit_rank rank_from_now(const struct unit *unit, enum unit_rank rank)
{
	return rank == UNIT_UNHEARD && unit->rank > rank ? UNIT_HEARD : rank;
}

/* UNIT, number I, was seen. */
static void renew(struct units *u, struct unit *unit, uint32_t i, const struct unit_seen *seen)
{
	const enum unit_rank rank = rank_from_now(unit, seen->rank);
	const bool moves = seen->ts_ns / MOVE_NS != unit->last_ns / MOVE_NS;

	if (!moves && unit->rank == rank)
		return;
	if (unit->rank == UNIT_DECLARED)
		make_room(u, rank);
	leave(u, i);
	join(u, i, rank);
}

int units_at(struct units *u, const struct unit_seen *seen, struct unit **ret)
{
	const uint32_t i = find(u, seen->hash);
	struct unit *unit = i == SLAB_NONE ? NULL : slab_at(u->slab, i);
	uint32_t number;

	*ret = NULL;
	if (!unit && !is_welcome(u, seen))
		return 0;
	number = unit && str_eq(units_role(u, unit), seen->role) ? unit->role
								 : add_role(u, seen->role);
	/* None is without the memory of its role. */
	if (number == SLAB_NONE)
		return ERR_SYSTEM;
	if (unit)
		renew(u, unit, i, seen);
	else
		unit = add(u, seen);
	if (!unit)
		return ERR_SYSTEM;
	unit->role = number;
	unit->last_ns = seen->ts_ns;
	*ret = unit;
	return 0;
}

void *units_memory(const struct unit *unit)
{
	return (void *)(uintptr_t)(unit + 1);
}

struct str units_role(const struct units *u, const struct unit *unit)
{
	if (unit->role >= u->n_roles)
		return (struct str){NULL, 0};
	return (struct str){u->roles[unit->role].name, u->roles[unit->role].name_len};
}

void *units_role_memory(const struct units *u, const struct unit *unit)
{
	return u->roles[unit->role].memory;
}

void *units_site_memory(const struct units *u)
{
	return u->site;
}

int units_each(const struct units *u, units_each_fn *each, void *user)
{
	for (int rank = 0; rank < UNIT_RANKS; rank++) {
		for (uint32_t i = u->ages[rank].oldest; i != SLAB_NONE;) {
			struct unit *unit = slab_at(u->slab, i);
			const int rc = each(user, unit);

			if (rc != 0)
				return rc;
			i = unit->link.age.newer;
		}
	}
	return 0;
}

uint32_t units_count(const struct units *u)
{
	return slab_count(u->slab);
}

uint64_t units_evicted(const struct units *u, bool declared)
{
	return u->evicted[declared];
}

uint64_t units_bytes(const struct units *u)
{
	return slab_bytes(u->slab) + (uint64_t)u->n_roles * u->role_bytes;
}

struct saving {
	const struct units *units;
	struct blob_writer *w;
	units_write_fn *write;
	const void *user;
};

static int save_unit(void *user, struct unit *unit)
{
	const struct saving *s = user;

	blob_put_str(s->w, (struct str){unit->name, unit->name_len});
	blob_put_u8(s->w, unit->rank);
	blob_put_u32(s->w, unit->role);
	blob_put_u64(s->w, unit->hash);
	blob_put_u64(s->w, unit->last_ns);
	s->write(s->user, UNIT_OF_EQUIPMENT, units_memory(unit), s->w);
	return 0;
}

static void save_marks(const struct units *u, struct blob_writer *w)
{
	const size_t place = blob_reserve_u32(w);
	uint32_t n = 0;

	for (uint32_t i = 0; i < MARKS; i++) {
		if (u->marks[i] == 0)
			continue;
		blob_put_u32(w, i);
		blob_put_u32(w, u->marks[i]);
		n++;
	}
	blob_set_u32(w, place, n);
}

void units_save(
	const struct units *u, struct blob_writer *w, units_write_fn *write, const void *user)
{
	struct saving s = {u, w, write, user};

	blob_put_u64(w, u->evicted[false]);
	blob_put_u64(w, u->evicted[true]);
	write(user, UNIT_OF_SITE, u->site, w);
	blob_put_u32(w, u->n_roles);
	for (uint32_t i = 0; i < u->n_roles; i++) {
		blob_put_str(w, (struct str){u->roles[i].name, u->roles[i].name_len});
		write(user, UNIT_OF_ROLE, u->roles[i].memory, w);
	}
	blob_put_u32(w, slab_count(u->slab));
	(void)units_each(u, save_unit, &s);
	save_marks(u, w);
}

static bool load_unit(struct units *u, struct blob_reader *r, units_read_fn *read, void *user)
{
	struct unit_seen seen = {.name = blob_str(r, UNIT_NAME_BYTES)};
	const uint8_t rank = blob_u8(r);
	const uint32_t role = blob_u32(r);
	struct unit *unit;

	seen.hash = blob_u64(r);
	seen.ts_ns = blob_u64(r);
	if (!blob_ok(r) || rank >= UNIT_RANKS || role >= u->n_roles ||
		find(u, seen.hash) != SLAB_NONE)
		return blob_fail(r);
	seen.rank = (enum unit_rank)rank;
	unit = add(u, &seen);
	if (!unit)
		return blob_fail(r);
	unit->role = role;
	read(user, UNIT_OF_EQUIPMENT, units_memory(unit), r);
	return blob_ok(r);
}

static bool load_marks(struct units *u, struct blob_reader *r)
{
	const uint32_t n = blob_count(r, MARKS, SAVED_MARK_BYTES);

	for (uint32_t k = 0; k < n; k++) {
		const uint32_t at = blob_u32(r) % MARKS;

		u->marks[at] = blob_u32(r);
	}
	return blob_ok(r);
}

bool units_load(struct units *u, struct blob_reader *r, units_read_fn *read, void *user)
{
	uint32_t n;

	u->evicted[false] = blob_u64(r);
	u->evicted[true] = blob_u64(r);
	read(user, UNIT_OF_SITE, u->site, r);
	n = blob_count(r, UNIT_MAX_ROLES, 4);
	for (uint32_t i = 0; i < n; i++) {
		if (add_role(u, blob_str(r, ROLE_NAME_MOST)) != i)
			return blob_fail(r);
		read(user, UNIT_OF_ROLE, u->roles[i].memory, r);
	}
	n = blob_count(r, UINT32_MAX, SAVED_BYTES);
	for (uint32_t i = 0; i < n; i++) {
		if (!load_unit(u, r, read, user))
			return false;
	}
	return load_marks(u, r);
}
