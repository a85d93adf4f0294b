#include "rules/sigma/filter.h"

enum { NAME_BYTES = 80 };

/* The section without `rules`: what is left is a detection. */
static const struct yaml_node *detection_of(struct reader *r, const struct yaml_node *section)
{
	struct yaml_node *copy = arena_alloc(r->sigma->arena, sizeof(*copy));
	struct yaml_pair *pairs = arena_alloc(r->sigma->arena, section->n * sizeof(*pairs));
	size_t n = 0;

	if (!copy || !pairs)
		return NULL;
	for (size_t i = 0; i < section->n; i++) {
		if (!str_eq(section->pairs[i].key->text, STR("rules")))
			pairs[n++] = section->pairs[i];
	}
	*copy = *section;
	copy->pairs = pairs;
	copy->n = n;
	return copy;
}

static int read_refs(struct reader *r, const struct yaml_node *section, struct filter *ret)
{
	const struct yaml_node *n = yaml_get(section, "rules");
	struct correlation_ref *refs;

	if (!n)
		return yaml_error(section, r->err,
			"\"rules\" is missing; write the ids or names of rules, or [any]");
	if (n->kind == YAML_SCALAR && str_eq(n->text, STR("any"))) {
		ret->is_for_any = true;
		return 0;
	}
	if (n->kind != YAML_LIST || n->n == 0)
		return yaml_error(n, r->err,
			"\"rules\" is a list of ids or names of rules; write [any] for all of the "
			"log source");
	refs = arena_alloc(r->sigma->arena, n->n * sizeof(*refs));
	if (!refs)
		return sigma_no_memory(r->err);
	for (size_t i = 0; i < n->n; i++) {
		const struct yaml_node *one = n->items[i];

		if (!sigma_is_text(one) || one->text.len == 0)
			return yaml_error(
				one, r->err, "\"rules\" is a list of ids or names of rules");
		for (size_t k = 0; k < i; k++) {
			if (str_eq(n->items[k]->text, one->text))
				return yaml_error(one, r->err, "a rule stands twice; remove one");
		}
		ret->is_for_any = ret->is_for_any || str_eq(one->text, STR("any"));
		refs[i].place = (struct correlation_place){one->line, one->column};
		refs[i].text = arena_str(r->sigma->arena, one->text);
		if (!refs[i].text.data)
			return sigma_no_memory(r->err);
	}
	if (ret->is_for_any && n->n > 1)
		return yaml_error(n, r->err, "\"any\" is every rule: remove the others");
	ret->refs = refs;
	ret->n_refs = ret->is_for_any ? 0 : (uint32_t)n->n;
	return 0;
}

/* The condition when exactly the selections with a bit in HOLDING hold. */
static bool value_of(const struct program *p, uint64_t holding)
{
	bool values[SIGMA_MAX_NODES] = {false};

	for (uint32_t i = 0; i < p->n_nodes; i++) {
		const struct node *node = &p->nodes[i];

		if (node->op == NODE_SELECTION)
			values[i] = holding >> (node->selection & 63) & 1;
		else if (node->op == NODE_NOT)
			values[i] = !values[i - 1];
		else if (node->op == NODE_AND)
			values[i] = values[node->left] && values[i - 1];
		else
			values[i] = values[node->left] || values[i - 1];
	}
	return values[p->n_nodes - 1];
}

/* Facts that every conversation has. */
static bool is_always_there(int field)
{
	static const enum field_id always[] = {FIELD_TIMESTAMP, FIELD_EVENT_START, FIELD_FLOW_PHASE,
		FIELD_FLOW_STATE, FIELD_SOURCE_IP, FIELD_DESTINATION_IP, FIELD_NETWORK_TYPE,
		FIELD_NETWORK_TRANSPORT, FIELD_NETWORK_DIRECTION, FIELD_NETWORK_BYTES,
		FIELD_NETWORK_PACKETS, FIELD_EQUIPMENT_NAME, FIELD_EQUIPMENT_IP, FIELD_PEER_IP,
		FIELD_PEER_ENTITY, FIELD_CONTRACT_VERDICT};

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		if (field == (int)always[i])
			return true;
	return field == FIELD_ANY_TEXT;
}

static bool value_meets_all(const struct item *item, const struct value *v)
{
	switch (item->test) {
	case TEST_EXISTS:
		return v->number == 1;
	case TEST_TEXT:
		return v->source.len > 0 && strspn(v->source.data, "*") >= v->source.len;
	case TEST_NUMBER:
		return item->word == MOD_GTE && v->number == 0;
	case TEST_NETWORK:
		return v->network.length_bits == 0 ||
		       (v->network.length_bits == 96 && ip_addr_is_v4(&v->network.addr));
	default:
		return false;
	}
}

static bool item_meets_all(const struct item *item)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < item->n; i++)
		n += value_meets_all(item, &item->values[i]);
	return is_always_there(item->field) && !item->neq && (item->all ? n == item->n : n > 0);
}

/* Whether one of its maps says nothing of the event. */
static bool meets_all(const struct selection *s)
{
	for (uint32_t i = 0; i < s->n; i++) {
		uint32_t n = 0;

		for (uint32_t k = 0; k < s->groups[i].n; k++)
			n += item_meets_all(&s->groups[i].items[k]);
		if (n == s->groups[i].n)
			return true;
	}
	return false;
}

/* A filter that leaves nothing of its rules is a mistake, or worse. */
static int check_leaves_some(struct reader *r, const struct yaml_node *section, struct filter *ret)
{
	const struct program *p = &ret->program;
	const struct selection *first = NULL;
	uint64_t holding = 0;

	for (uint32_t i = 0; i < p->n_selections && i < 64; i++)
		if (meets_all(&p->selections[i])) {
			holding |= UINT64_C(1) << i;
			first = first ? first : &p->selections[i];
		}
	if (!first || value_of(p, holding) == ret->tells_rest)
		return 0;
	return yaml_error(yaml_get(section, first->name.data), r->err,
		"\"%.*s\" meets every event, so that the filter would silence its rules; write "
		"what "
		"is harmless, or remove the rules from the folder",
		(int)first->name.len, first->name.data);
}

/* A filter is about what it describes: an event that meets none of its selections stays. So
 * `selection`, as the specification's example has it, and `not selection`, as converters that
 * append the condition want it, say the same. */
static int read_sense(struct reader *r, const struct yaml_node *section, struct filter *ret)
{
	enum { MOST_TRIED = 10 };
	const struct program *p = &ret->program;
	const uint32_t n = p->n_selections < MOST_TRIED ? p->n_selections : MOST_TRIED;
	bool differs = p->n_selections > MOST_TRIED;

	ret->tells_rest = value_of(p, 0);
	for (uint64_t holding = 1; holding < UINT64_C(1) << n && !differs; holding++)
		differs = value_of(p, holding) != ret->tells_rest;
	if (differs)
		return check_leaves_some(r, section, ret);
	return yaml_error(yaml_get(section, "condition"), r->err,
		"the condition comes out the same whatever the selections say; write for example "
		"condition: selection");
}

static int read_section(struct reader *r, const struct yaml_node *section, struct filter *ret)
{
	const struct yaml_node *condition, *detection;

	if (section->kind != YAML_MAP)
		return yaml_error(section, r->err,
			"\"filter\" is a map of rules, a selection and a condition");
	if (read_refs(r, section, ret) < 0 && !sigma_go_on(r))
		return r->err->code;
	condition = yaml_get(section, "condition");
	if (!condition || condition->kind != YAML_SCALAR)
		return yaml_error(condition ? condition : section, r->err,
			"a filter has one condition, a text; write condition: selection");
	if (!yaml_get(section, "selection"))
		return yaml_error(section, r->err,
			"\"selection\" is missing; write what is to be taken out under that name");
	detection = detection_of(r, section);
	if (!detection)
		return sigma_no_memory(r->err);
	if (sigma_read_detection(r, detection, &ret->program) < 0 ||
		sigma_read_condition(r, detection, &ret->program) < 0)
		return r->err->code;
	if (r->n_faults > 0)
		return 0;
	return read_sense(r, section, ret);
}

static void append(struct sigma *s, struct filter *f)
{
	struct filter **at = &s->filters;

	while (*at)
		at = &(*at)->next;
	*at = f;
	s->n_filters++;
}

static int read_for_faults(struct reader *r, const struct yaml_node *section, struct filter *f)
{
	struct scratch keep;
	int rc;

	sigma_scratch_begin(r->sigma, &keep);
	rc = read_section(r, section, f) < 0 && !sigma_go_on(r) ? r->err->code : 0;
	sigma_scratch_end(r->sigma, &keep);
	return rc;
}

int sigma_read_filter(struct reader *r, const struct yaml_node *map, const struct program *about)
{
	const struct yaml_node *section = yaml_get(map, "filter");
	struct filter *f = arena_alloc(r->sigma->arena, sizeof(*f));

	if (!f)
		return sigma_no_memory(r->err);
	f->program = *about;
	f->where = (struct correlation_place){section->line, section->column};
	if (r->foreign)
		return read_for_faults(r, section, f);
	if (read_section(r, section, f) < 0 && !sigma_go_on(r))
		return r->err->code;
	if (r->n_faults == 0)
		append(r->sigma, f);
	return 0;
}

/* "site-scanner.selection": how explanations call it. */
static struct str selection_name(struct sigma *s, const struct filter *f, struct str name)
{
	const struct rule *rule = &f->program.rule;
	const struct str of = rule->name.len ? rule->name : rule->title;
	char text[NAME_BYTES];

	return arena_printf(s->arena, "%s.%.*s", str_printable(text, sizeof(text), of),
		(int)name.len, name.data);
}

static int join_selections(
	struct sigma *s, const struct filter *f, struct program *p, struct error *err)
{
	const uint32_t n = p->n_selections + f->program.n_selections;
	struct selection *all = arena_alloc(s->arena, n * sizeof(*all));

	if (!all)
		return sigma_no_memory(err);
	memcpy(all, p->selections, p->n_selections * sizeof(*all));
	for (uint32_t i = 0; i < f->program.n_selections; i++) {
		struct selection *to = &all[p->n_selections + i];

		*to = f->program.selections[i];
		to->name = selection_name(s, f, to->name);
		if (!to->name.data)
			return sigma_no_memory(err);
	}
	p->selections = all;
	p->n_selections = n;
	return 0;
}

/* RULE and not FILTER, or RULE and FILTER, in postorder. FIRST: the filter's first selection. */
static int join_nodes(struct sigma *s, const struct filter *f, struct program *p, uint32_t first,
	struct error *err)
{
	const uint32_t base = p->n_nodes;
	struct node *all = arena_alloc(s->arena, (base + f->program.n_nodes + 2) * sizeof(*all));
	uint32_t n = base;

	if (!all)
		return sigma_no_memory(err);
	memcpy(all, p->nodes, base * sizeof(*all));
	for (uint32_t i = 0; i < f->program.n_nodes; i++) {
		struct node node = f->program.nodes[i];

		node.selection = (uint16_t)(node.selection + first);
		node.left = (uint16_t)(node.left + base);
		node.parent = (uint16_t)(node.parent + base);
		all[n++] = node;
	}
	if (!f->tells_rest) {
		all[n - 1].parent = (uint16_t)n;
		all[n] = (struct node){.op = NODE_NOT};
		n++;
	}
	all[base - 1].parent = (uint16_t)n;
	all[n - 1].parent = (uint16_t)n;
	all[n] = (struct node){.op = NODE_AND, .left = (uint16_t)(base - 1), .parent = (uint16_t)n};
	p->nodes = all;
	p->n_nodes = n + 1;
	return 0;
}

static int join(struct sigma *s, const struct filter *f, struct program *p, struct error *err)
{
	struct reader r = {.sigma = s, .err = err};
	const uint32_t first = p->n_selections;

	if (first + f->program.n_selections > SIGMA_MAX_SELECTIONS ||
		p->n_nodes + f->program.n_nodes + 2 > SIGMA_MAX_NODES) {
		sigma_fault_at(s, f->program.path, f->where,
			"with this filter the rule %s has more than %d selections, or %d parts of "
			"its "
			"condition; make the filter smaller",
			p->rule.id.data, SIGMA_MAX_SELECTIONS, SIGMA_MAX_NODES);
		return 0;
	}
	if (join_selections(s, f, p, err) < 0 || join_nodes(s, f, p, first, err) < 0)
		return err->code;
	return sigma_compile(&r, p);
}

static bool part_fits(struct str wanted, struct str has)
{
	return wanted.len == 0 || str_eq(wanted, has);
}

/* Whether the log source of F is that of RULE, or one that it is part of. */
static bool fits(const struct filter *f, const struct rule *rule)
{
	const struct rule_logsource *wanted = &f->program.rule.logsource;

	return part_fits(wanted->product, rule->logsource.product) &&
	       part_fits(wanted->category, rule->logsource.category) &&
	       part_fits(wanted->service, rule->logsource.service);
}

static int apply_to_any(struct sigma *s, const struct filter *f, struct error *err)
{
	for (size_t i = 0; i < s->n; i++) {
		struct program *p = &s->programs[i];

		if (fits(f, &p->rule) && join(s, f, p, err) < 0)
			return err->code;
	}
	return 0;
}

/* One that is there and can be filtered, or NULL and a fault. */
static struct program *target(struct sigma *s, const struct filter *f,
	const struct correlation_ref *ref, enum rule_found how, const struct rule_name *name)
{
	const char *path = f->program.path;

	if (how == RULE_AMBIGUOUS)
		sigma_fault_at(s, path, ref->place,
			"several rules are called \"%s\"; write the id of the one that is meant",
			ref->text.data);
	else if (name->correlation)
		sigma_fault_at(s, path, ref->place,
			"\"%s\" is a correlation, and a filter acts on the rules that it counts; "
			"name "
			"those",
			ref->text.data);
	else if (!fits(f, &name->program->rule))
		sigma_fault_at(s, path, ref->place,
			"\"%s\" is a rule for another log source than the filter's; write the one "
			"that "
			"the rule has",
			ref->text.data);
	else
		return name->program;
	return NULL;
}

static void unknown(struct sigma *s, const struct filter *f, const struct correlation_ref *ref,
	const struct rule_names *names)
{
	const char *nearest = rule_names_nearest(names, ref->text);
	char text[SIGMA_NAME_TEXT_BYTES];

	sigma_name_text(text, ref->text);
	if (nearest)
		sigma_fault_at(s, f->program.path, ref->place,
			"no rule has the id or name \"%s\"; did you mean \"%s\"?", text, nearest);
	else
		sigma_fault_at(s, f->program.path, ref->place,
			"no rule has the id or name \"%s\"; write one that is in the folder of the "
			"rules",
			text);
}

/* None of its rules is here. */
static int leave_out(struct sigma *s, const struct filter *f, struct error *err)
{
	struct left_rule *left = sigma_add_left(s);
	struct str *message = arena_alloc(s->arena, sizeof(*message));

	if (!left || !message)
		return sigma_no_memory(err);
	*message = arena_printf(s->arena, "%s:%u:%u: none of the rules that it names is loaded",
		f->program.path, (unsigned)f->where.line, (unsigned)f->where.column);
	if (!message->data)
		return sigma_no_memory(err);
	*left = (struct left_rule){.rule = f->program.rule,
		.why = LEFT_OTHER_SOURCE,
		.messages = message,
		.n_messages = 1};
	s->n_filters--;
	return 0;
}

/* A filter that came with rules of others may name some that did not come. */
static bool is_own(const struct filter *f)
{
	return str_eq(f->program.rule.logsource.product, STR("vedette"));
}

static int apply_to_named(
	struct sigma *s, const struct filter *f, const struct rule_names *names, struct error *err)
{
	bool is_needed = false;

	for (uint32_t i = 0; i < f->n_refs; i++) {
		const struct correlation_ref *ref = &f->refs[i];
		struct rule_name name = {0};
		const enum rule_found how =
			rule_names_find(names, ref->text, f->program.rule.file, &name);
		struct program *p = NULL;

		if (how == RULE_NOT_FOUND && is_own(f)) {
			is_needed = true;
			unknown(s, f, ref, names);
		} else if (how == RULE_AMBIGUOUS || name.program || name.correlation) {
			is_needed = true;
			p = target(s, f, ref, how, &name);
		}
		if (p && join(s, f, p, err) < 0)
			return err->code;
	}
	return is_needed ? 0 : leave_out(s, f, err);
}

int sigma_apply_filters(struct sigma *s, const struct rule_names *names, struct error *err)
{
	for (const struct filter *f = s->filters; f; f = f->next) {
		if ((f->is_for_any ? apply_to_any(s, f, err) : apply_to_named(s, f, names, err)) <
			0)
			return err->code;
	}
	return 0;
}
