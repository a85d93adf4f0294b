/* One document of a rule file: our own rule, which must be good; one for a log source that is
 * mapped to our facts, which is loaded when we have them; or one for another log source, which is
 * read to its end and kept apart. */
#include <stdlib.h>

#include "rules/sigma/correlation_link.h"
#include "rules/sigma/filter.h"
#include "rules/sigma/read.h"

bool sigma_go_on(struct reader *r)
{
	if (r->err->code != ERR_CONFIG)
		return false;
	error_list_add(r->faults, r->err);
	r->n_faults++;
	return true;
}

int sigma_lack(struct reader *r, struct str name)
{
	struct lacks *l = r->lacks;
	bool known = false;

	if (!l)
		return r->err->code;
	l->n_faults++;
	for (uint32_t i = 0; i < l->n; i++)
		known = known || str_eq(l->names[i], name);
	if (known || l->n == SIGMA_MAX_LACKS)
		return r->err->code;
	l->names[l->n] = arena_str(r->sigma->arena, name);
	if (!l->names[l->n].data)
		return sigma_no_memory(r->err);
	l->n++;
	return r->err->code;
}

/* Room for one more of SIZE bytes behind N items. False without memory. */
static bool make_room(void **items, size_t n, size_t *capacity, size_t size)
{
	size_t more = *capacity ? 2 * *capacity : 64;
	void *grown;

	if (n < *capacity)
		return true;
	grown = realloc(*items, more * size);
	if (!grown)
		return false;
	*items = grown;
	*capacity = more;
	return true;
}

/* A zeroed program behind the last one, which counts only when the caller says so. */
static struct program *next_program(struct sigma *s)
{
	void *programs = s->programs;
	bool good = make_room(&programs, s->n, &s->capacity, sizeof(*s->programs));

	s->programs = programs;
	if (!good)
		return NULL;
	s->programs[s->n] = (struct program){0};
	return &s->programs[s->n];
}

/* What the rule looks for, for evaluation. */
static int read_detection(struct reader *r, const struct yaml_node *map, struct program *ret)
{
	const struct yaml_node *detection = yaml_get(map, "detection");

	if (!detection)
		return 0; /* told with the metadata */
	if ((sigma_read_detection(r, detection, ret) < 0 ||
		    sigma_read_condition(r, detection, ret) < 0) &&
		!sigma_go_on(r))
		return r->err->code;
	if (r->n_faults > 0 || r->foreign)
		return 0;
	if (r->taxonomy && sigma_imply(r, ret) < 0)
		return sigma_go_on(r) ? 0 : r->err->code;
	return sigma_compile(r, ret);
}

static int add_own(struct reader *r, const struct yaml_node *map, struct program *p)
{
	if ((sigma_read_metadata(r, map, p) < 0 && !sigma_go_on(r)) ||
		read_detection(r, map, p) < 0)
		return r->err->code;
	if (r->n_faults == 0)
		r->sigma->n++;
	return 0;
}

void sigma_scratch_begin(struct sigma *s, struct scratch *keep)
{
	*keep = (struct scratch){s->arena, s->resources};
	s->arena = s->scratch;
}

void sigma_scratch_end(struct sigma *s, const struct scratch *keep)
{
	sigma_free_resources(s->resources, keep->resources);
	s->resources = keep->resources;
	s->arena = keep->arena;
	arena_reset(s->scratch);
}

/* Nobody runs it: what it becomes is given back. */
static int read_foreign(struct reader *r, const struct yaml_node *map, struct program *p)
{
	struct scratch keep;
	int rc;

	sigma_scratch_begin(r->sigma, &keep);
	rc = read_detection(r, map, p);
	sigma_scratch_end(r->sigma, &keep);
	return rc;
}

static enum left_out reason(const struct reader *r)
{
	if (r->n_faults > r->lacks->n_faults)
		return LEFT_FAULTY;
	return r->foreign ? LEFT_OTHER_SOURCE : LEFT_LACKS;
}

int sigma_keep_messages(
	struct sigma *s, const struct error_list *list, struct left_rule *ret, struct error *err)
{
	/* All rules together keep as many as a list would; each its first. */
	const size_t room = s->n_messages < ERROR_LIST_MAX ? ERROR_LIST_MAX - s->n_messages : 1;
	const size_t n = list->n < room ? list->n : room;
	struct str *messages = arena_alloc(s->arena, (n + 1) * sizeof(*messages));

	if (!messages)
		return sigma_no_memory(err);
	for (size_t i = 0; i < n; i++) {
		messages[i] = arena_str(s->arena, str_from(list->items[i].msg));
		if (!messages[i].data)
			return sigma_no_memory(err);
	}
	ret->messages = messages;
	ret->n_messages = (uint32_t)n;
	ret->n_unkept = error_list_total(list) - n;
	s->n_messages += n;
	return 0;
}

struct left_rule *sigma_add_left(struct sigma *s)
{
	void *left = s->left;
	bool good = make_room(&left, s->n_left, &s->left_capacity, sizeof(*s->left));

	s->left = left;
	if (!good)
		return NULL;
	s->left[s->n_left] = (struct left_rule){0};
	return &s->left[s->n_left++];
}

static int leave_out(struct reader *r, const struct program *p)
{
	struct sigma *s = r->sigma;
	struct str *lacks = arena_alloc(s->arena, (r->lacks->n + 1) * sizeof(*lacks));
	struct left_rule *l = sigma_add_left(s);

	if (!l || !lacks)
		return sigma_no_memory(r->err);
	memcpy(lacks, r->lacks->names, r->lacks->n * sizeof(*lacks));
	*l = (struct left_rule){
		.rule = p->rule, .why = reason(r), .lacks = lacks, .n_lacks = r->lacks->n};
	return sigma_keep_messages(s, r->faults, l, r->err);
}

/* OWNERSHIP as sigma_read_logsource says, or negative: then its log source was refused. */
static int add_public(
	struct reader *r, const struct yaml_node *map, struct program *p, int ownership)
{
	struct error_list faults = {0};
	struct lacks lacks = {0};
	int rc = 0;

	r->faults = &faults;
	r->lacks = &lacks;
	r->foreign = ownership != RULE_MAPPED;
	if ((ownership < 0 && !sigma_go_on(r)) ||
		(sigma_read_metadata(r, map, p) < 0 && !sigma_go_on(r)))
		rc = r->err->code;
	else
		rc = r->foreign ? read_foreign(r, map, p) : read_detection(r, map, p);
	if (rc == 0 && !r->foreign && r->n_faults == 0)
		r->sigma->n++;
	else if (rc == 0)
		rc = leave_out(r, p);
	error_list_done(&faults);
	return rc;
}

static void set_origin(struct program *p, const struct origin *from, const struct yaml_node *map)
{
	p->path = from->path;
	p->rule.file = from->file;
	p->rule.version = from->version;
	p->rule.line = map->line;
}

static int add_rule(struct reader *r, const struct origin *from, const struct yaml_node *map)
{
	struct program *p = next_program(r->sigma);
	int ownership;

	if (!p)
		return sigma_no_memory(r->err);
	set_origin(p, from, map);
	ownership = sigma_read_logsource(r, map, &p->rule);
	if (r->is_public)
		return add_public(r, map, p, ownership);
	if (ownership < 0)
		return sigma_go_on(r) ? 0 : r->err->code;
	if (ownership == RULE_MISSPELT)
		return 0;
	return add_own(r, map, p);
}

/* Whose rules it speaks of is known when all are there. */
static int add_correlation(struct reader *r, const struct origin *from, const struct yaml_node *map)
{
	struct error_list faults = {0};
	struct program about = {0};
	int rc = 0;

	set_origin(&about, from, map);
	r->faults = &faults;
	if ((sigma_read_metadata(r, map, &about) < 0 && !sigma_go_on(r)) ||
		sigma_read_correlation(r, map, &about) < 0)
		rc = r->err->code;
	error_list_done(&faults);
	return rc;
}

/* Of a log source of others it is read for its faults alone, unless that is mapped. */
static int add_filter(struct reader *r, const struct origin *from, const struct yaml_node *map)
{
	struct error_list faults = {0};
	struct lacks lacks = {0};
	struct program about = {0};
	struct error_list *own = r->faults;
	int ownership, rc = 0;

	set_origin(&about, from, map);
	ownership = sigma_read_filter_logsource(r, map, &about.rule);
	if (r->is_public) {
		r->faults = &faults;
		r->lacks = &lacks;
		r->foreign = ownership != RULE_MAPPED;
	}
	if (ownership == RULE_MISSPELT)
		return 0;
	if ((ownership < 0 && !sigma_go_on(r)) ||
		(sigma_read_metadata(r, map, &about) < 0 && !sigma_go_on(r)) ||
		sigma_read_filter(r, map, &about) < 0)
		rc = r->err->code;
	else if (r->is_public && (r->foreign || r->n_faults > 0))
		rc = leave_out(r, &about);
	r->faults = own;
	error_list_done(&faults);
	return rc;
}

int sigma_add_document(
	struct sigma *s, const struct origin *from, const struct yaml_node *map, struct error *err)
{
	struct reader r = {.sigma = s,
		.lists = from->lists,
		.kind = sigma_document_kind(map),
		.faults = &s->faults,
		.err = err};

	/* Between two rules, or behind the last, a line of dashes too many. */
	if (map->kind == YAML_SCALAR && yaml_is_null(map))
		return 0;
	if (map->kind != YAML_MAP) {
		(void)yaml_error(map, err, "a rule is a map; write title: and the other keys");
		return sigma_go_on(&r) ? 0 : err->code;
	}
	switch (r.kind) {
	case DOCUMENT_CORRELATION:
		return add_correlation(&r, from, map);
	case DOCUMENT_FILTER:
		return add_filter(&r, from, map);
	case DOCUMENT_DETECTION:
		break;
	}
	return add_rule(&r, from, map);
}

const char *left_out_name(enum left_out why)
{
	static const char *const names[] = {"other-source", "lacks-facts", "faulty"};

	return names[why];
}
