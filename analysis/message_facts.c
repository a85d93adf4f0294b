#include "analysis/flow_facts.h"
#include "analysis/signalling/signalling.h"

/* All facts of a message whose field is that of fact FIRST, which is a list. */
static void set_list(struct facts *f, const struct signalling_message *m, uint32_t first)
{
	const enum field_id id = m->facts[first].id;
	const bool text = field_is_text(id);
	struct str *strs = arena_alloc(f->arena, m->n_facts * sizeof(*strs));
	struct ip_addr *ips = arena_alloc(f->arena, m->n_facts * sizeof(*ips));
	uint32_t n = 0;

	for (uint32_t i = first; strs && ips && i < m->n_facts; i++) {
		if (m->facts[i].id != id)
			continue;
		if (text)
			strs[n++] = m->facts[i].str;
		else
			ips[n++] = m->facts[i].ip;
	}
	if (text)
		facts_set_strs(f, id, strs, n);
	else
		facts_set_ips(f, id, ips, n);
}

static void set_message_fact(struct facts *f, const struct signalling_message *m, uint32_t i)
{
	const struct signalling_fact *fact = &m->facts[i];

	switch (field_info(fact->id)->type) {
	case FIELD_TYPE_KEYWORD:
	case FIELD_TYPE_WILDCARD:
		facts_set_str(f, fact->id, fact->str);
		break;
	case FIELD_TYPE_KEYWORDS:
	case FIELD_TYPE_IPS:
		set_list(f, m, i);
		break;
	case FIELD_TYPE_IP:
		facts_set_ip(f, fact->id, &fact->ip);
		break;
	case FIELD_TYPE_BOOLEAN:
		facts_set_bool(f, fact->id, fact->flag);
		break;
	case FIELD_TYPE_LONG:
	case FIELD_TYPE_DATE:
		facts_set_num(f, fact->id, fact->num);
		break;
	}
}

void message_facts_fill(struct facts *f, const struct event *ev, int side)
{
	const struct signalling_message *m = ev->message;

	facts_set_text(f, FIELD_SIGNALLING_MESSAGE, m->name);
	facts_copy_lower(f, FIELD_SIGNALLING_PROTOCOL, str_from(ev->message_protocol));
	facts_set_text(
		f, FIELD_SIGNALLING_SENDER, ev->message_sender == side ? "equipment" : "peer");
	facts_set_num(f, FIELD_SIGNALLING_COUNT, ev->message_count);
	for (uint32_t i = 0; i < m->n_facts; i++) {
		if (!facts_has(f, m->facts[i].id))
			set_message_fact(f, m, i);
	}
}
