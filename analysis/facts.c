#include "analysis/facts.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/time_text.h"

enum origin { ORIGIN_OWN, ORIGIN_ECS };

static const struct field_info infos[FIELD_COUNT] = {
#define FIELD(id, name, type, origin, group, text)                                                 \
	[FIELD_##id] = {name, FIELD_TYPE_##type, ORIGIN_##origin == ORIGIN_ECS, text},
#include "analysis/fields.def"
#undef FIELD
};

static const char *const names[FIELD_COUNT + 1] = {
#define FIELD(id, name, type, origin, group, text) [FIELD_##id] = name,
#include "analysis/fields.def"
#undef FIELD
};

const uint8_t fact_groups[FIELD_COUNT] = {
#define FIELD(id, name, type, origin, group, text) [FIELD_##id] = FACT_##group,
#include "analysis/fields.def"
#undef FIELD
};

const struct field_info *field_info(enum field_id id)
{
	return &infos[id];
}

bool field_is_text(enum field_id id)
{
	switch (infos[id].type) {
	case FIELD_TYPE_KEYWORD:
	case FIELD_TYPE_KEYWORDS:
	case FIELD_TYPE_WILDCARD:
		return true;
	default:
		return false;
	}
}

int field_find(struct str name)
{
	for (int i = 0; i < FIELD_COUNT; i++) {
		if (str_eq(name, str_from(infos[i].name)))
			return i;
	}
	return -1;
}

const char *const *field_names(void)
{
	return names;
}

void facts_clear(struct facts *f)
{
	memset(f->present, 0, sizeof(f->present));
	f->owed = 0;
}

void facts_owe(struct facts *f, uint32_t groups, facts_fill_fn *fill, void *user)
{
	f->owed |= groups;
	f->fill = fill;
	f->fill_user = user;
}

void facts_settle(const struct facts *f, enum fact_group group)
{
	struct facts *to = (struct facts *)f; /* see the header */

	to->owed &= ~(UINT32_C(1) << group);
	to->fill(to->fill_user, to, group);
}

void facts_settle_all(const struct facts *f)
{
	for (int g = 0; f->owed && g < FACT_GROUP_COUNT; g++) {
		if (f->owed >> g & 1)
			facts_settle(f, (enum fact_group)g);
	}
}

struct str facts_str(const struct facts *f, enum field_id id)
{
	return facts_has(f, id) ? f->values[id].str : (struct str){NULL, 0};
}

uint64_t facts_num(const struct facts *f, enum field_id id)
{
	if (!facts_has(f, id))
		return 0;
	return infos[id].type == FIELD_TYPE_BOOLEAN ? f->values[id].flag : f->values[id].num;
}

static struct fact_value *put(struct facts *f, enum field_id id)
{
	f->present[id / 64] |= UINT64_C(1) << (id % 64);
	return &f->values[id];
}

void facts_unset(struct facts *f, enum field_id id)
{
	f->present[id / 64] &= ~(UINT64_C(1) << (id % 64));
}

void facts_set_str(struct facts *f, enum field_id id, struct str s)
{
	assert(infos[id].type == FIELD_TYPE_KEYWORD || infos[id].type == FIELD_TYPE_WILDCARD);
	if (s.len > 0)
		put(f, id)->str = s;
}

void facts_copy_str(struct facts *f, enum field_id id, struct str s)
{
	facts_set_str(f, id, arena_str(f->arena, s));
}

void facts_copy_lower(struct facts *f, enum field_id id, struct str s)
{
	char *copy = arena_alloc(f->arena, s.len);

	if (!copy)
		return;
	for (uint32_t i = 0; i < s.len; i++)
		copy[i] = ascii_lower(s.data[i]);
	facts_set_str(f, id, (struct str){copy, s.len});
}

void facts_set_num(struct facts *f, enum field_id id, uint64_t v)
{
	assert(infos[id].type == FIELD_TYPE_LONG || infos[id].type == FIELD_TYPE_DATE);
	put(f, id)->num = v;
}

void facts_set_bool(struct facts *f, enum field_id id, bool v)
{
	assert(infos[id].type == FIELD_TYPE_BOOLEAN);
	put(f, id)->flag = v;
}

void facts_set_ip(struct facts *f, enum field_id id, const struct ip_addr *ip)
{
	assert(infos[id].type == FIELD_TYPE_IP);
	put(f, id)->ip = *ip;
}

void facts_set_ips(struct facts *f, enum field_id id, const struct ip_addr *ips, uint32_t n)
{
	assert(infos[id].type == FIELD_TYPE_IPS);
	if (n > 0) {
		struct fact_value *v = put(f, id);

		v->ips.items = ips;
		v->ips.n = n;
	}
}

void facts_set_strs(struct facts *f, enum field_id id, const struct str *items, uint32_t n)
{
	assert(infos[id].type == FIELD_TYPE_KEYWORDS);
	if (n > 0) {
		struct fact_value *v = put(f, id);

		v->strs.items = items;
		v->strs.n = n;
	}
}

static void write_ip(struct json_writer *w, const struct ip_addr *ip)
{
	char text[IP_ADDR_TEXT_BYTES];

	json_text(w, ip_addr_format(ip, text));
}

static void write_value(enum field_type type, const struct fact_value *v, struct json_writer *w)
{
	char text[TIME_TEXT_BYTES];

	switch (type) {
	case FIELD_TYPE_KEYWORD:
	case FIELD_TYPE_WILDCARD:
		json_str(w, v->str);
		break;
	case FIELD_TYPE_KEYWORDS:
		json_array_begin(w);
		for (uint32_t i = 0; i < v->strs.n; i++)
			json_str(w, v->strs.items[i]);
		json_array_end(w);
		break;
	case FIELD_TYPE_LONG:
		json_u64(w, v->num);
		break;
	case FIELD_TYPE_IP:
		write_ip(w, &v->ip);
		break;
	case FIELD_TYPE_IPS:
		json_array_begin(w);
		for (uint32_t i = 0; i < v->ips.n; i++)
			write_ip(w, &v->ips.items[i]);
		json_array_end(w);
		break;
	case FIELD_TYPE_DATE:
		json_text(w, time_format(v->num, text));
		break;
	case FIELD_TYPE_BOOLEAN:
		json_bool(w, v->flag);
		break;
	}
}

/* What is present, in the order of fields.def, once nothing is owed. Returns the number. */
static size_t list_present(const struct facts *f, enum field_id ret[FIELD_COUNT])
{
	size_t n = 0;

	facts_settle_all(f);
	for (unsigned i = 0; i < sizeof(f->present) / sizeof(f->present[0]); i++) {
		for (uint64_t rest = f->present[i]; rest; rest &= rest - 1)
			ret[n++] = (enum field_id)(64 * i + (unsigned)__builtin_ctzll(rest));
	}
	return n;
}

void facts_write_json(const struct facts *f, struct json_writer *w)
{
	enum field_id ids[FIELD_COUNT];
	const size_t n = list_present(f, ids);

	for (size_t i = 0; i < n; i++) {
		json_key(w, infos[ids[i]].name);
		write_value(infos[ids[i]].type, &f->values[ids[i]], w);
	}
}

struct kept_fact {
	enum field_id id;
	struct fact_value value; /* what it points to lies behind the facts of the block */
};

struct kept_facts {
	uint32_t n;
	struct kept_fact facts[];
};

/* Bytes that a value needs beside itself. */
static size_t bytes_beside(enum field_type type, const struct fact_value *v)
{
	size_t bytes = 0;

	switch (type) {
	case FIELD_TYPE_KEYWORD:
	case FIELD_TYPE_WILDCARD:
		return v->str.len;
	case FIELD_TYPE_IPS:
		return v->ips.n * sizeof(struct ip_addr);
	case FIELD_TYPE_KEYWORDS:
		for (uint32_t i = 0; i < v->strs.n; i++)
			bytes += v->strs.items[i].len;
		return bytes;
	default:
		return 0;
	}
}

static char *keep_bytes(char *at, const void *bytes, size_t n)
{
	memcpy(at, bytes, n);
	return at + n;
}

/* Lets V point to copies at AT; returns what is behind them. Lists of strings lie at *LISTS. */
static char *keep_value(enum field_type type, struct fact_value *v, char *at, struct str **lists)
{
	switch (type) {
	case FIELD_TYPE_KEYWORD:
	case FIELD_TYPE_WILDCARD:
		at = keep_bytes(at, v->str.data, v->str.len);
		v->str.data = at - v->str.len;
		return at;
	case FIELD_TYPE_IPS:
		at = keep_bytes(at, v->ips.items, v->ips.n * sizeof(struct ip_addr));
		v->ips.items = (const struct ip_addr *)at - v->ips.n; /* made of bytes */
		return at;
	case FIELD_TYPE_KEYWORDS:
		for (uint32_t i = 0; i < v->strs.n; i++) {
			const struct str *from = &v->strs.items[i];

			at = from->len ? keep_bytes(at, from->data, from->len) : at;
			(*lists)[i] = (struct str){at - from->len, from->len};
		}
		v->strs.items = *lists;
		*lists += v->strs.n;
		return at;
	default:
		return at;
	}
}

_Static_assert(FIELD_TIMESTAMP == 0, "it is the first of what is present, and not kept");

struct kept_facts *facts_keep(const struct facts *f)
{
	enum field_id ids[FIELD_COUNT];
	const size_t present = list_present(f, ids);
	const size_t first = present > 0 && ids[0] == FIELD_TIMESTAMP, n = present - first;
	size_t n_list = 0, bytes = 0;
	struct kept_facts *k;
	struct str *lists;
	char *at;

	for (size_t i = first; i < present; i++) {
		const enum field_type type = infos[ids[i]].type;

		bytes += bytes_beside(type, &f->values[ids[i]]);
		if (type == FIELD_TYPE_KEYWORDS)
			n_list += f->values[ids[i]].strs.n;
	}
	k = malloc(sizeof(*k) + n * sizeof(k->facts[0]) + n_list * sizeof(*lists) + bytes);
	if (!k)
		return NULL;
	lists = (struct str *)&k->facts[n];
	at = (char *)(lists + n_list);
	k->n = (uint32_t)n;
	for (size_t i = first; i < present; i++) {
		struct kept_fact *kept = &k->facts[i - first];

		kept->id = ids[i];
		kept->value = f->values[ids[i]];
		at = keep_value(infos[ids[i]].type, &kept->value, at, &lists);
	}
	return k;
}

uint32_t kept_facts_count(const struct kept_facts *k)
{
	return k->n;
}

enum field_id kept_facts_at(
	const struct kept_facts *k, uint32_t i, const struct fact_value **ret_value)
{
	*ret_value = &k->facts[i].value;
	return k->facts[i].id;
}

void kept_facts_restore(const struct kept_facts *k, struct facts *f)
{
	facts_clear(f);
	for (uint32_t i = 0; i < k->n; i++) {
		const enum field_id id = k->facts[i].id;

		f->values[id] = k->facts[i].value;
		f->present[id / 64] |= UINT64_C(1) << (id % 64);
	}
}

void kept_facts_write_json(const struct kept_facts *k, struct json_writer *w)
{
	for (uint32_t i = 0; i < k->n; i++) {
		const struct kept_fact *kept = &k->facts[i];

		json_key(w, infos[kept->id].name);
		write_value(infos[kept->id].type, &kept->value, w);
	}
}

struct str facts_text(const struct facts *f, enum field_id id, uint32_t index, char *buf,
	size_t size, uint32_t *ret_n)
{
	const struct fact_value *v = facts_get(f, id);
	enum field_type type = infos[id].type;
	uint32_t n = !v                            ? 0
		     : type == FIELD_TYPE_KEYWORDS ? v->strs.n
		     : type == FIELD_TYPE_IPS      ? v->ips.n
						   : 1;

	assert(size >= IP_ADDR_TEXT_BYTES);
	if (ret_n)
		*ret_n = n;
	if (index >= n)
		return (struct str){NULL, 0};
	switch (type) {
	case FIELD_TYPE_KEYWORD:
	case FIELD_TYPE_WILDCARD:
		return v->str;
	case FIELD_TYPE_KEYWORDS:
		return v->strs.items[index];
	case FIELD_TYPE_LONG:
		(void)snprintf(buf, size, "%" PRIu64, v->num);
		return str_from(buf);
	case FIELD_TYPE_IP:
		return str_from(ip_addr_format(&v->ip, buf));
	case FIELD_TYPE_IPS:
		return str_from(ip_addr_format(&v->ips.items[index], buf));
	case FIELD_TYPE_DATE:
		return str_from(time_format(v->num, buf));
	case FIELD_TYPE_BOOLEAN:
		return v->flag ? STR("true") : STR("false");
	}
	return (struct str){NULL, 0};
}
