#include "analysis/signalling/signalling.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "analysis/redact.h"
#include "common/hash/hash.h"

void message_begin(struct signalling_message *m)
{
	memset(m, 0, offsetof(struct signalling_message, facts));
	m->n_room = 0;
}

static void add(struct signalling_message *m, const struct signalling_fact *f)
{
	if (m->n_facts < SIGNALLING_MAX_FACTS)
		m->facts[m->n_facts++] = *f;
}

static void add_num(struct signalling_message *m, enum field_id id, bool telling, uint64_t v)
{
	assert(field_info(id)->type == FIELD_TYPE_LONG);
	add(m, &(struct signalling_fact){.id = id, .telling = telling, .num = v});
}

static void add_text(struct signalling_message *m, enum field_id id, bool telling, struct str v)
{
	assert(field_is_text(id));
	if (v.len > 0)
		add(m, &(struct signalling_fact){.id = id, .telling = telling, .str = v});
}

void message_num(struct signalling_message *m, enum field_id id, uint64_t v)
{
	add_num(m, id, true, v);
}

void message_flag(struct signalling_message *m, enum field_id id, bool v)
{
	assert(field_info(id)->type == FIELD_TYPE_BOOLEAN);
	add(m, &(struct signalling_fact){.id = id, .telling = true, .flag = v});
}

void message_text(struct signalling_message *m, enum field_id id, struct str v)
{
	add_text(m, id, true, v);
}

void message_ip(struct signalling_message *m, enum field_id id, const struct ip_addr *v)
{
	assert(field_info(id)->type == FIELD_TYPE_IP || field_info(id)->type == FIELD_TYPE_IPS);
	add(m, &(struct signalling_fact){.id = id, .telling = true, .ip = *v});
}

void message_note_num(struct signalling_message *m, enum field_id id, uint64_t v)
{
	add_num(m, id, false, v);
}

/* A copy of V, or its beginning, in M's own room. */
static struct str put_into_room(struct signalling_message *m, struct str v)
{
	const uint32_t left = (uint32_t)sizeof(m->room) - m->n_room;
	const struct str copy = {m->room + m->n_room, v.len < left ? v.len : left};

	if (copy.len > 0)
		memcpy(m->room + m->n_room, v.data, copy.len);
	m->n_room += copy.len;
	return copy;
}

void message_made_text(struct signalling_message *m, enum field_id id, bool telling, struct str v)
{
	add_text(m, id, telling, put_into_room(m, v));
}

void message_name(struct signalling_message *m, enum field_id id, struct str v)
{
	const struct str copy = put_into_room(m, v);

	redact_name(m->room + (m->n_room - copy.len), copy.len);
	add_text(m, id, true, copy);
}

static uint64_t add_value(uint64_t hash, const struct signalling_fact *f)
{
	hash = hash64(&f->id, sizeof(f->id), hash);
	switch (field_info(f->id)->type) {
	case FIELD_TYPE_KEYWORD:
	case FIELD_TYPE_KEYWORDS:
	case FIELD_TYPE_WILDCARD:
		return hash64(f->str.data, f->str.len, hash);
	case FIELD_TYPE_IP:
	case FIELD_TYPE_IPS:
		return hash64(&f->ip, sizeof(f->ip), hash);
	case FIELD_TYPE_BOOLEAN:
		return hash64(&f->flag, sizeof(f->flag), hash);
	case FIELD_TYPE_LONG:
	case FIELD_TYPE_DATE:
		return hash64(&f->num, sizeof(f->num), hash);
	}
	return hash;
}

uint64_t message_shape(const struct signalling_message *m, uint64_t hash_key)
{
	uint64_t hash = hash64(m->name, strlen(m->name), hash_key);

	for (uint32_t i = 0; i < m->n_facts; i++) {
		if (m->facts[i].telling)
			hash = add_value(hash, &m->facts[i]);
	}
	return hash;
}
