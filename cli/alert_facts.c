#include "cli/alert_facts.h"

#include "common/time_text.h"

/* What the rules were not given. */
static bool is_of_the_alert(enum field_id id)
{
	switch (id) {
	case FIELD_EVENT_KIND:
	case FIELD_EVENT_CATEGORY:
	case FIELD_EVENT_ACTION:
	case FIELD_EVENT_ID:
	case FIELD_EVENT_SEQUENCE:
	case FIELD_EVENT_REASON:
	case FIELD_EVENT_SEVERITY:
		return true;
	default:
		return id >= FIELD_RULE_ID;
	}
}

static bool set_texts(struct facts *f, enum field_id id, const struct json_view *v, size_t n)
{
	const char *name = field_info(id)->name;
	struct str *items = arena_alloc(f->arena, n * sizeof(*items));

	if (!items)
		return false;
	for (size_t i = 0; i < n; i++)
		items[i] = json_view_item(v, name, i);
	facts_set_strs(f, id, items, (uint32_t)n);
	return true;
}

static bool set_addresses(struct facts *f, enum field_id id, const struct json_view *v, size_t n)
{
	const char *name = field_info(id)->name;
	struct ip_addr *items = arena_alloc(f->arena, n * sizeof(*items));
	uint32_t good = 0;

	if (!items)
		return false;
	for (size_t i = 0; i < n; i++)
		good += ip_addr_parse(json_view_item(v, name, i), &items[good]);
	facts_set_ips(f, id, items, good);
	return true;
}

static void set_one(struct facts *f, enum field_id id, const struct json_view *v)
{
	const char *name = field_info(id)->name;
	struct str text = json_view_text(v, name);
	struct ip_addr address;
	uint64_t number;

	switch (field_info(id)->type) {
	case FIELD_TYPE_LONG:
		if (text.len == 0)
			facts_set_num(f, id, json_view_number(v, name));
		break;
	case FIELD_TYPE_BOOLEAN:
		if (text.len == 0)
			facts_set_bool(f, id, json_view_flag(v, name));
		break;
	case FIELD_TYPE_DATE:
		if (time_parse(text, &number))
			facts_set_num(f, id, number);
		break;
	case FIELD_TYPE_IP:
		if (ip_addr_parse(text, &address))
			facts_set_ip(f, id, &address);
		break;
	default:
		facts_set_str(f, id, text);
		break;
	}
}

bool alert_facts_fill(struct facts *f, const struct json_view *v)
{
	facts_clear(f);
	for (int i = 0; i < FIELD_COUNT; i++) {
		enum field_id id = (enum field_id)i;
		enum field_type type = field_info(id)->type;
		size_t n = json_view_count(v, field_info(id)->name);

		if (n == 0 || n > UINT32_MAX || is_of_the_alert(id))
			continue;
		if (type == FIELD_TYPE_KEYWORDS && !set_texts(f, id, v, n))
			return false;
		if (type == FIELD_TYPE_IPS && !set_addresses(f, id, v, n))
			return false;
		if (type != FIELD_TYPE_KEYWORDS && type != FIELD_TYPE_IPS)
			set_one(f, id, v);
	}
	return true;
}
