/* Kept facts as bytes and back. */
#include "analysis/facts.h"

enum { MOST_BYTES = 1 << 20, MOST_ITEMS = 65536, NAME_MOST = 255 };

static void put_value(struct blob_writer *w, enum field_type type, const struct fact_value *v)
{
	switch (type) {
	case FIELD_TYPE_KEYWORD:
	case FIELD_TYPE_WILDCARD:
		blob_put_str(w, v->str);
		break;
	case FIELD_TYPE_KEYWORDS:
		blob_put_u32(w, v->strs.n);
		for (uint32_t i = 0; i < v->strs.n; i++)
			blob_put_str(w, v->strs.items[i]);
		break;
	case FIELD_TYPE_LONG:
	case FIELD_TYPE_DATE:
		blob_put_u64(w, v->num);
		break;
	case FIELD_TYPE_IP:
		blob_put_ip(w, &v->ip);
		break;
	case FIELD_TYPE_IPS:
		blob_put_u32(w, v->ips.n);
		for (uint32_t i = 0; i < v->ips.n; i++)
			blob_put_ip(w, &v->ips.items[i]);
		break;
	case FIELD_TYPE_BOOLEAN:
		blob_put_bool(w, v->flag);
		break;
	}
}

_Static_assert((int)FIELD_COUNT <= (int)FIELDS_MOST, "all of them are saved");

void fields_save(struct blob_writer *w)
{
	blob_put_u32(w, FIELD_COUNT);
	for (int i = 0; i < FIELD_COUNT; i++) {
		const struct field_info *info = field_info((enum field_id)i);

		blob_put_text(w, info->name);
		blob_put_u8(w, (uint8_t)info->type);
	}
}

/* Most stand where they stood. */
static int find_near(struct str name, int before)
{
	const int next = before + 1;

	if (next < FIELD_COUNT && str_eq(name, str_from(field_info((enum field_id)next)->name)))
		return next;
	return field_find(name);
}

bool fields_load(struct fields_read *ret, struct blob_reader *r)
{
	int before = -1;

	ret->n = blob_count(r, FIELDS_MOST, sizeof(uint32_t) + 1);
	for (uint32_t i = 0; i < ret->n && blob_ok(r); i++) {
		const int id = find_near(blob_str(r, NAME_MOST), before);
		const uint8_t type = blob_u8(r);
		const bool is_known = id >= 0 && field_info((enum field_id)id)->type == type;

		ret->ids[i] = (int16_t)(is_known ? id : -1);
		ret->types[i] = type;
		if (id >= 0)
			before = id;
		if (type > FIELD_TYPE_BOOLEAN)
			return blob_fail(r);
	}
	return blob_ok(r);
}

void kept_facts_save(const struct kept_facts *k, struct blob_writer *w)
{
	blob_put_u16(w, (uint16_t)kept_facts_count(k));
	for (uint32_t i = 0; i < kept_facts_count(k); i++) {
		const struct fact_value *v;
		const enum field_id id = kept_facts_at(k, i, &v);

		blob_put_u16(w, (uint16_t)id);
		put_value(w, field_info(id)->type, v);
	}
}

static void get_strs(struct blob_reader *r, struct arena *arena, struct fact_value *v)
{
	const uint32_t n = blob_count(r, MOST_ITEMS, sizeof(uint32_t));
	struct str *items = arena_alloc(arena, n * sizeof(*items));

	v->strs.items = items;
	v->strs.n = items ? n : 0;
	for (uint32_t i = 0; i < v->strs.n; i++)
		items[i] = blob_str(r, MOST_BYTES);
	if (!items)
		(void)blob_fail(r);
}

static void get_ips(struct blob_reader *r, struct arena *arena, struct fact_value *v)
{
	const uint32_t n = blob_count(r, MOST_ITEMS, sizeof(struct ip_addr));
	struct ip_addr *items = arena_alloc(arena, n * sizeof(*items));

	v->ips.items = items;
	v->ips.n = items ? n : 0;
	for (uint32_t i = 0; i < v->ips.n; i++)
		blob_ip(r, &items[i]);
	if (!items)
		(void)blob_fail(r);
}

/* Strings are borrowed from R. */
static void get_value(
	struct blob_reader *r, enum field_type type, struct arena *arena, struct fact_value *v)
{
	switch (type) {
	case FIELD_TYPE_KEYWORD:
	case FIELD_TYPE_WILDCARD:
		v->str = blob_str(r, MOST_BYTES);
		break;
	case FIELD_TYPE_KEYWORDS:
		get_strs(r, arena, v);
		break;
	case FIELD_TYPE_LONG:
	case FIELD_TYPE_DATE:
		v->num = blob_u64(r);
		break;
	case FIELD_TYPE_IP:
		blob_ip(r, &v->ip);
		break;
	case FIELD_TYPE_IPS:
		get_ips(r, arena, v);
		break;
	case FIELD_TYPE_BOOLEAN:
		v->flag = blob_bool(r);
		break;
	}
}

static void set_value(struct facts *f, enum field_id id, const struct fact_value *v)
{
	switch (field_info(id)->type) {
	case FIELD_TYPE_KEYWORD:
	case FIELD_TYPE_WILDCARD:
		facts_set_str(f, id, v->str);
		break;
	case FIELD_TYPE_KEYWORDS:
		facts_set_strs(f, id, v->strs.items, v->strs.n);
		break;
	case FIELD_TYPE_LONG:
	case FIELD_TYPE_DATE:
		facts_set_num(f, id, v->num);
		break;
	case FIELD_TYPE_IP:
		facts_set_ip(f, id, &v->ip);
		break;
	case FIELD_TYPE_IPS:
		facts_set_ips(f, id, v->ips.items, v->ips.n);
		break;
	case FIELD_TYPE_BOOLEAN:
		facts_set_bool(f, id, v->flag);
		break;
	}
}

struct kept_facts *kept_facts_load(
	struct blob_reader *r, const struct fields_read *fields, struct facts *scratch)
{
	const uint16_t n = blob_u16(r);
	struct kept_facts *kept;

	facts_clear(scratch);
	for (uint32_t i = 0; i < n && blob_ok(r); i++) {
		const uint16_t number = blob_u16(r);
		struct fact_value v = {.num = 0};

		if (number >= fields->n) {
			(void)blob_fail(r);
			break;
		}
		get_value(r, (enum field_type)fields->types[number], scratch->arena, &v);
		if (blob_ok(r) && fields->ids[number] >= 0)
			set_value(scratch, (enum field_id)fields->ids[number], &v);
	}
	kept = blob_ok(r) ? facts_keep(scratch) : NULL;
	facts_clear(scratch);
	return kept;
}
