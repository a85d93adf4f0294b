#include "rules/trial/trial_file.h"

#include <stdlib.h>

#include "common/hash/hash.h"
#include "common/time_text.h"
#include "rules/conversation.h"
#include "rules/trial/stated_facts.h"

enum {
	CONVERSATION_KEY = 1,
	MAX_DOCUMENTS = 64,
	MAX_TESTS = 10000,
	MAX_REPEATS = 100000,
	PATH_BYTES = 4096
};

/* A Monday, so that a test may say at which hour or on which day something happens. */
#define BEGIN_NS (UINT64_C(20458) * NS_PER_DAY)

static const char *const expect_names[] = {"alert", "near-miss", "silent", NULL};

const char *trial_expect_name(enum trial_expect e)
{
	return expect_names[e];
}

/* What is being read. */
struct reading {
	struct trial_file *file;
	const struct trial_config *cfg;
	struct str rules; /* the file of rules beside it */
	const struct yaml_node *root;
	struct facts *facts; /* with an arena of its own */
	struct trial_case *test;
	struct error *err;
};

static int no_memory(struct error *err)
{
	return error_set(err, ERR_SYSTEM, "not enough memory for a test file");
}

/* ---- which rule ---- */

static struct str base_name(struct str path)
{
	uint32_t at = path.len;

	while (at > 0 && path.data[at - 1] != '/')
		at--;
	return (struct str){path.data + at, path.len - at};
}

static int rule_beside(const struct reading *r, const struct yaml_node *at, size_t *ret)
{
	size_t found = 0;

	for (size_t i = 0; i < sigma_count(r->cfg->sigma); i++) {
		if (!str_eq(sigma_rule(r->cfg->sigma, i)->file, r->rules))
			continue;
		*ret = i;
		found++;
	}
	if (found == 1)
		return 0;
	if (found == 0)
		return yaml_error(at, r->err,
			"%.*s beside it holds no rule for this sensor; remove the tests, or name "
			"the rule's id with rule:",
			(int)r->rules.len, r->rules.data);
	return yaml_error(at, r->err,
		"%.*s holds %zu rules; say in each test which it is about, with rule: and its id "
		"or title",
		(int)r->rules.len, r->rules.data, found);
}

/* NAME: the file beside the tests, an id or a title; NULL: the file. */
static int find_rule(const struct reading *r, const struct yaml_node *name,
	const struct yaml_node *at, size_t *ret)
{
	char shown[128];

	if (!name || yaml_is_null(name))
		return rule_beside(r, at, ret);
	if (name->kind != YAML_SCALAR)
		return yaml_error(name, r->err, "rule: is the id or title of a rule, or its file");
	if (str_eq(name->text, base_name(r->rules)))
		return rule_beside(r, name, ret);
	for (size_t i = 0; i < sigma_count(r->cfg->sigma); i++) {
		const struct rule *rule = sigma_rule(r->cfg->sigma, i);

		if (str_eq_nocase(rule->id, name->text) || str_eq(rule->title, name->text)) {
			*ret = i;
			return 0;
		}
	}
	return yaml_error(name, r->err,
		"no rule has the id or title \"%s\", and the file beside these tests is %.*s",
		str_printable(shown, sizeof(shown), name->text), (int)base_name(r->rules).len,
		base_name(r->rules).data);
}

/* ---- events ---- */

void trial_set_event(struct facts *f, const struct trial_event *e)
{
	arena_reset(f->arena);
	kept_facts_restore(e->facts, f);
	facts_set_num(f, FIELD_TIMESTAMP, e->ts_ns);
}

/* When and where an event happens. */
struct moment {
	uint64_t ts_ns;
	enum rule_category category;
	uint64_t conversation;
	const struct yaml_node *at; /* for messages */
};

static int add_event(struct reading *r, const struct facts *f, const struct moment *when)
{
	struct trial_case *t = r->test;
	struct kept_facts *kept;

	if (r->file->n_events == TRIAL_MOST_EVENTS)
		return yaml_error(when->at, r->err,
			"more than %d events in one file of tests; cut the capture, write a "
			"filter, "
			"or make it several files",
			TRIAL_MOST_EVENTS);
	if (t->n == t->capacity) {
		size_t capacity = t->capacity ? 2 * t->capacity : 4;
		struct trial_event *grown = realloc(t->events, capacity * sizeof(*grown));

		if (!grown)
			return no_memory(r->err);
		t->events = grown;
		t->capacity = capacity;
	}
	kept = facts_keep(f);
	if (!kept)
		return no_memory(r->err);
	r->file->n_events++;
	t->events[t->n++] =
		(struct trial_event){when->ts_ns, when->category, when->conversation, kept};
	return 0;
}

static int add_stated(struct reading *r, const struct yaml_node *facts, const struct moment *when)
{
	struct moment own = *when;

	arena_reset(r->facts->arena);
	facts_clear(r->facts);
	if (stated_facts_fill(r->facts, yaml_get(r->root, "base"), facts, r->err) < 0)
		return r->err->code;
	if (facts_has(r->facts, FIELD_TIMESTAMP))
		own.ts_ns = facts_num(r->facts, FIELD_TIMESTAMP);
	return add_event(r, r->facts, &own);
}

/* "90s", "1500ms", "2m", "1h", "1d" */
static int read_span(const struct reading *r, const struct yaml_node *n, uint64_t *ret_ns)
{
	static const struct {
		const char *unit;
		uint64_t ns;
	} units[] = {{"ms", NS_PER_MS}, {"s", NS_PER_S}, {"m", 60 * NS_PER_S},
		{"h", 3600 * NS_PER_S}, {"d", NS_PER_DAY}};
	uint64_t number = 0;
	uint32_t i = 0;

	for (; n->kind == YAML_SCALAR && i < n->text.len && i < 9; i++) {
		if (n->text.data[i] < '0' || n->text.data[i] > '9')
			break;
		number = number * 10 + (uint64_t)(n->text.data[i] - '0');
	}
	for (size_t u = 0; i > 0 && u < sizeof(units) / sizeof(units[0]); u++) {
		if (str_eq((struct str){n->text.data + i, n->text.len - i},
			    str_from(units[u].unit)) &&
			number <= 3650 * NS_PER_DAY / units[u].ns) {
			*ret_ns = number * units[u].ns;
			return 0;
		}
	}
	return yaml_error(n, r->err,
		"a span of time is wanted here; write for example 90s, 1500ms, 10m, 2h or 1d");
}

static int read_category(
	const struct reading *r, const struct yaml_node *n, enum rule_category *ret)
{
	for (int c = 0; n && c < RULE_CATEGORIES; c++) {
		if (n->kind == YAML_SCALAR &&
			str_eq(n->text, str_from(rule_category_name((enum rule_category)c)))) {
			*ret = (enum rule_category)c;
			return 0;
		}
	}
	return n ? yaml_error(n, r->err,
			   "a category of events is wanted here: flow, equipment, dns, signalling, "
			   "behaviour or sensor")
		 : 0;
}

/* What events of one name share; 0 for no name. */
static uint64_t conversation_named(const struct yaml_node *name)
{
	return name && name->kind == YAML_SCALAR
		       ? hash64(name->text.data, name->text.len, CONVERSATION_KEY) | 1
		       : 0;
}

/* {at: 0s, repeat: 10, every: 1s, category: dns, conversation: a, facts: {...}} */
static int add_step(struct reading *r, const struct yaml_node *step, uint64_t *after_ns)
{
	static const char *const known[] = {
		"at", "repeat", "every", "category", "conversation", "facts", NULL};
	const struct yaml_node *at = yaml_get(step, "at");
	const struct yaml_node *repeat = yaml_get(step, "repeat");
	const struct yaml_node *every = yaml_get(step, "every");
	struct moment when = {.at = step,
		.category = sigma_rule(r->cfg->sigma, r->test->rule)->category,
		.conversation = conversation_named(yaml_get(step, "conversation"))};
	uint64_t at_ns = *after_ns, every_ns = 0;
	int64_t times = 1;

	if (yaml_check_keys(step, known, r->err) < 0 ||
		read_category(r, yaml_get(step, "category"), &when.category) < 0 ||
		(at && read_span(r, at, &at_ns) < 0) ||
		(every && read_span(r, every, &every_ns) < 0))
		return r->err->code;
	if (repeat && (!yaml_i64(repeat, &times) || times < 1 || times > MAX_REPEATS))
		return yaml_error(repeat, r->err, "repeat: is a number from 1 to %d", MAX_REPEATS);
	if (at_ns < *after_ns)
		return yaml_error(at, r->err,
			"the event before this one is later; put events in the order of their "
			"times");
	for (int64_t i = 0; i < times; i++) {
		*after_ns = at_ns + (uint64_t)i * every_ns;
		when.ts_ns = BEGIN_NS + *after_ns;
		if (add_stated(r, yaml_get(step, "facts"), &when) < 0)
			return r->err->code;
	}
	return 0;
}

static int add_sequence(struct reading *r, const struct yaml_node *events)
{
	uint64_t after_ns = 0;

	if (events->kind != YAML_LIST || events->n == 0)
		return yaml_error(events, r->err,
			"events: is a list; write for example - {at: 0s, facts: {...}}");
	for (size_t i = 0; i < events->n; i++) {
		if (add_step(r, events->items[i], &after_ns) < 0)
			return r->err->code;
	}
	return 0;
}

/* ---- captures ---- */

/* The path that stands under KEY of the test, or of its file; relative to that file. NULL when
 * there is none. */
static const char *path_under(struct reading *r, const char *key)
{
	const struct yaml_node *n = yaml_get(r->test->node, key);
	struct str file = str_from(r->file->path);

	if (!n)
		n = yaml_get(r->root, key);
	if (!n || n->kind != YAML_SCALAR || n->text.len == 0)
		return NULL;
	if (n->text.data[0] == '/')
		return n->text.data;
	file.len -= base_name(file).len;
	return arena_printf(r->facts->arena, "%.*s%s", (int)file.len, file.data, n->text.data).data;
}

static const char *text_under(const struct reading *r, const char *key)
{
	const struct yaml_node *n = yaml_get(r->test->node, key);

	if (!n)
		n = yaml_get(r->root, key);
	return n && n->kind == YAML_SCALAR && n->text.len > 0 ? n->text.data : NULL;
}

struct capturing {
	struct reading *reading;
	const struct yaml_node *node;
	const struct rule *rule;
};

static int on_judged(void *user, enum rule_category category, const struct facts *f, uint64_t ts_ns)
{
	struct capturing *c = user;
	const struct moment when = {.ts_ns = ts_ns,
		.category = category,
		.conversation = conversation_id(f, CONVERSATION_KEY),
		.at = c->node};

	if (category != c->rule->category && !c->rule->correlation)
		return 0;
	return add_event(c->reading, f, &when);
}

static int add_capture(struct reading *r, const struct yaml_node *n)
{
	struct capturing capturing = {r, n, sigma_rule(r->cfg->sigma, r->test->rule)};
	struct error why = {ERR_OK, ""};
	struct trial_capture c;

	arena_reset(r->facts->arena);
	c = (struct trial_capture){.path = path_under(r, "capture"),
		.site = path_under(r, "site"),
		.own = text_under(r, "own"),
		.subscribers = text_under(r, "subscribers"),
		.filter = text_under(r, "filter")};
	if (!c.path)
		return yaml_error(n, r->err, "capture: is the path of a capture file");
	if (!r->cfg->capture)
		return yaml_error(n, r->err, "captures cannot be read here");
	r->err->code = ERR_OK;
	if (r->cfg->capture(r->cfg->user, &c, on_judged, &capturing, &why) < 0)
		return r->err->code < 0 ? r->err->code : yaml_error(n, r->err, "%s", why.msg);
	return 0;
}

/* ---- a test ---- */

static int read_expect(struct reading *r, const struct yaml_node *test)
{
	const struct yaml_node *n = yaml_get(test, "expect");

	for (int i = 0; n && n->kind == YAML_SCALAR && expect_names[i]; i++) {
		if (str_eq(n->text, str_from(expect_names[i]))) {
			r->test->expect = (enum trial_expect)i;
			return 0;
		}
	}
	return yaml_error(n ? n : test, r->err, "expect: is alert, near-miss or silent");
}

static int check_lacking(struct reading *r, const struct yaml_node *n)
{
	if (!n)
		return 0;
	if (r->test->expect != TRIAL_NEAR_MISS)
		return yaml_error(n, r->err, "lacks: belongs to expect: near-miss");
	if (n->kind == YAML_MAP || (n->kind == YAML_LIST && n->n == 0))
		return yaml_error(n, r->err, "lacks: names one fact, or a list of them");
	for (size_t i = 0; i < (n->kind == YAML_LIST ? n->n : 1); i++) {
		if (stated_fact_find(n->kind == YAML_LIST ? n->items[i] : n, r->err) < 0)
			return r->err->code;
	}
	r->test->lacking = n;
	return 0;
}

static int check_alerts(struct reading *r, const struct yaml_node *n)
{
	if (!n)
		return 0;
	if (r->test->expect != TRIAL_ALERT)
		return yaml_error(n, r->err, "alerts: belongs to expect: alert");
	if (n->kind != YAML_LIST || n->n == 0)
		return yaml_error(n, r->err,
			"alerts: is a list of maps, one for each alert; write for example - "
			"{equipment.name: gnb-017}");
	for (size_t i = 0; i < n->n; i++) {
		if (n->items[i]->kind != YAML_MAP)
			return yaml_error(n->items[i], r->err, "an alert is a map of its facts");
		facts_clear(r->facts);
		for (size_t k = 0; k < n->items[i]->n; k++) {
			if (stated_fact_is(r->facts, n->items[i]->pairs[k].key,
				    n->items[i]->pairs[k].value, r->err) < 0)
				return r->err->code;
		}
	}
	r->test->alerts = n;
	return 0;
}

/* One of facts, events, capture; none of them: the facts of the base. */
static int read_events(struct reading *r, const struct yaml_node *test)
{
	const struct yaml_node *facts = yaml_get(test, "facts");
	const struct yaml_node *events = yaml_get(test, "events");
	const struct yaml_node *capture = yaml_get(test, "capture");
	struct moment when = {.ts_ns = BEGIN_NS, .at = test};

	if ((facts != NULL) + (events != NULL) + (capture != NULL) > 1)
		return yaml_error(test, r->err,
			"a test has facts, or events, or a capture; make it several tests");
	if (capture)
		return add_capture(r, capture);
	if (events)
		return add_sequence(r, events);
	when.category = sigma_rule(r->cfg->sigma, r->test->rule)->category;
	return add_stated(r, facts, &when);
}

static int read_test(struct reading *r, const struct yaml_node *test)
{
	static const char *const known[] = {"name", "rule", "facts", "events", "capture", "site",
		"own", "subscribers", "filter", "expect", "lacks", "alerts", NULL};
	const struct yaml_node *name = yaml_get(test, "name");
	const struct yaml_node *rule = yaml_get(test, "rule");

	if (yaml_check_keys(test, known, r->err) < 0)
		return r->err->code;
	if (!name || name->kind != YAML_SCALAR || name->text.len == 0)
		return yaml_error(
			test, r->err, "a test needs a name: what happens, in a few words");
	r->test->node = test;
	r->test->name = name->text;
	if (find_rule(r, rule ? rule : yaml_get(r->root, "rule"), r->root, &r->test->rule) < 0 ||
		read_expect(r, test) < 0 || check_lacking(r, yaml_get(test, "lacks")) < 0 ||
		check_alerts(r, yaml_get(test, "alerts")) < 0)
		return r->err->code;
	return read_events(r, test);
}

static int read_tests(struct reading *r)
{
	const struct yaml_node *tests = yaml_get(r->root, "tests");
	struct trial_case *grown;

	if (!tests || tests->kind != YAML_LIST || tests->n == 0)
		return yaml_error(tests ? tests : r->root, r->err,
			"a test file needs tests:, a list; write for example - {name: ..., facts: "
			"{...}, expect: alert}");
	if (r->file->n + tests->n > MAX_TESTS)
		return yaml_error(tests, r->err, "more than %d tests in one file", MAX_TESTS);
	grown = realloc(r->file->cases, (r->file->n + tests->n) * sizeof(*grown));
	if (!grown)
		return no_memory(r->err);
	r->file->cases = grown;
	for (size_t i = 0; i < tests->n; i++) {
		r->test = &r->file->cases[r->file->n++];
		memset(r->test, 0, sizeof(*r->test));
		if (read_test(r, tests->items[i]) < 0)
			return r->err->code;
	}
	return 0;
}

static int read_accepted(struct reading *r)
{
	static const char *const known[] = {"rule", "change", "because", NULL};
	const struct yaml_node *list = yaml_get(r->root, "accepted");
	struct trial_accepted *grown;

	if (!list)
		return 0;
	if (list->kind != YAML_LIST)
		return yaml_error(list, r->err,
			"accepted: is a list; write for example - {change: ..., because: ...}");
	grown = realloc(r->file->accepted, (r->file->n_accepted + list->n + 1) * sizeof(*grown));
	if (!grown)
		return no_memory(r->err);
	r->file->accepted = grown;
	for (size_t i = 0; i < list->n; i++) {
		const struct yaml_node *n = list->items[i];
		const struct yaml_node *change = yaml_get(n, "change");
		const struct yaml_node *because = yaml_get(n, "because");
		const struct yaml_node *rule = yaml_get(n, "rule");
		struct trial_accepted *a = &r->file->accepted[r->file->n_accepted];

		if (yaml_check_keys(n, known, r->err) < 0)
			return r->err->code;
		if (!change || change->kind != YAML_SCALAR || !because ||
			because->kind != YAML_SCALAR || because->text.len == 0)
			return yaml_error(n, r->err,
				"an accepted change needs change:, as vedette rules test tells it, "
				"and because:, why no test can notice it");
		*a = (struct trial_accepted){
			.node = n, .change = change->text, .because = because->text};
		if (find_rule(r, rule ? rule : yaml_get(r->root, "rule"), r->root, &a->rule) < 0)
			return r->err->code;
		r->file->n_accepted++;
	}
	return 0;
}

static int read_document(struct reading *r)
{
	static const char *const known[] = {
		"rule", "base", "site", "own", "subscribers", "tests", "accepted", NULL};

	if (yaml_check_keys(r->root, known, r->err) < 0)
		return r->err->code;
	return read_tests(r) < 0 ? r->err->code : read_accepted(r);
}

int trial_file_open(struct trial_file *ret, const struct trial_config *cfg, const char *path,
	struct str rules, struct error *err)
{
	struct facts *facts = calloc(1, sizeof(*facts));
	struct reading r = {.file = ret, .cfg = cfg, .rules = rules, .facts = facts, .err = err};
	int rc = 0;

	*ret = (struct trial_file){.path = path};
	if (facts)
		facts->arena = arena_new(16384);
	if (!facts || !facts->arena) {
		free(facts);
		return no_memory(err);
	}
	ret->yaml = yaml_read(path, MAX_DOCUMENTS, err);
	if (!ret->yaml)
		rc = err->code;
	for (size_t i = 0; rc == 0 && i < yaml_docs(ret->yaml); i++) {
		r.root = yaml_root(ret->yaml, i);
		rc = read_document(&r);
	}
	arena_free(facts->arena);
	free(facts);
	return rc;
}

void trial_file_close(struct trial_file *f)
{
	for (size_t i = 0; i < f->n; i++) {
		for (size_t k = 0; k < f->cases[i].n; k++)
			free(f->cases[i].events[k].facts);
		free(f->cases[i].events);
	}
	free(f->cases);
	free(f->accepted);
	yaml_file_free(f->yaml);
}
