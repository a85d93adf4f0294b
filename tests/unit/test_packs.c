/* The shipped rules and lists: they load, each rule has its tests beside it, and those tests hold
 * each line of the rule. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/file.h"
#include "common/yaml/yaml.h"
#include "rules/sigma/sigma.h"
#include "tests/unit/suite.h"

#define RULES      VEDETTE_SOURCE_DIR "/rules/packs/rules"
#define LISTS      VEDETTE_SOURCE_DIR "/rules/packs/lists"
#define DETECTIONS VEDETTE_SOURCE_DIR "/docs/detections.md"

enum { MAX_RULES = 200, MAX_LINES = 400, MAX_FILE_BYTES = 1024 * 1024 };

/* A rule as it stands in its file, with its tests. */
struct source {
	char *path, *text;
	char *lines[MAX_LINES]; /* of text, without their ends */
	size_t n_lines;
	size_t first, end; /* lines of the detection, behind its key */
	struct yaml_file *yaml, *tests;
};

struct pack {
	struct lists *lists;
	struct source rules[MAX_RULES];
	size_t n;
};

static struct str text_at(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *n = yaml_get(map, key);

	return n ? n->text : (struct str){"", 0};
}

static bool is_test_path(const char *path)
{
	return str_ends_with_nocase(str_from(path), STR(".test.yml"));
}

static void split_lines(struct source *s)
{
	char *save = NULL;
	char *copy = strdup(s->text);

	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		ck_assert_uint_lt(s->n_lines, MAX_LINES);
		s->lines[s->n_lines++] = strdup(line);
		if (strcmp(line, "detection:") == 0)
			s->first = s->n_lines;
		else if (s->first && !s->end && line[0] != ' ' && line[0] != '#')
			s->end = s->n_lines - 1;
	}
	free(copy);
	ck_assert_msg(s->first && s->end, "%s has no detection, or it stands last", s->path);
}

static void load_source(struct source *s, const char *path)
{
	struct error err = {0};
	char test_path[4096];
	size_t len;

	s->path = strdup(path);
	s->text = file_read(path, MAX_FILE_BYTES, &len, &err);
	ck_assert_msg(s->text != NULL, "%s", err.msg);
	split_lines(s);
	s->yaml = yaml_read(path, 1, &err);
	ck_assert_msg(s->yaml != NULL, "%s", err.msg);
	snprintf(test_path, sizeof(test_path), "%.*s.test.yml",
		(int)(strlen(path) - strlen(".yml")), path);
	s->tests = yaml_read(test_path, 1, &err);
	ck_assert_msg(s->tests != NULL, "a rule without its tests beside it: %s", err.msg);
}

static struct pack *pack_open(void)
{
	struct pack *p = calloc(1, sizeof(*p));
	struct error err = {0};
	char **paths;
	int n = file_list(RULES, ".yml", 2 * MAX_RULES, &paths, &err);

	ck_assert_ptr_nonnull(p);
	ck_assert_msg(n > 0, "%s", err.msg);
	p->lists = lists_open(LISTS, 0, &err);
	ck_assert_msg(p->lists != NULL, "%s", err.msg);
	for (int i = 0; i < n; i++) {
		if (!is_test_path(paths[i]))
			load_source(&p->rules[p->n++], paths[i]);
	}
	file_list_free(paths, n);
	return p;
}

static void pack_close(struct pack *p)
{
	for (size_t i = 0; i < p->n; i++) {
		struct source *s = &p->rules[i];

		for (size_t k = 0; k < s->n_lines; k++)
			free(s->lines[k]);
		free(s->path);
		free(s->text);
		yaml_file_free(s->yaml);
		yaml_file_free(s->tests);
	}
	lists_close(p->lists);
	free(p);
}

static struct str id_of(const struct source *s)
{
	return text_at(yaml_root(s->yaml, 0), "id");
}

/* Facts from a test file. */

static void set_list(struct facts *f, enum field_id id, const struct yaml_node *n)
{
	uint32_t count = n->kind == YAML_LIST ? (uint32_t)n->n : 1;
	struct str *items = arena_alloc(f->arena, count * sizeof(*items));

	ck_assert_ptr_nonnull(items);
	for (uint32_t i = 0; i < count; i++)
		items[i] = n->kind == YAML_LIST ? n->items[i]->text : n->text;
	facts_set_strs(f, id, items, count);
}

static void set_fact(struct facts *f, const struct yaml_node *key, const struct yaml_node *value)
{
	int id = field_find(key->text);
	struct ip_addr a;
	int64_t number;
	bool flag;

	ck_assert_msg(id >= 0, "%s:%u: no fact is named %s", key->file, key->line, key->text.data);
	if (yaml_is_null(value))
		return;
	switch (field_info((enum field_id)id)->type) {
	case FIELD_TYPE_KEYWORD:
	case FIELD_TYPE_WILDCARD:
		facts_set_str(f, (enum field_id)id, value->text);
		return;
	case FIELD_TYPE_KEYWORDS:
		set_list(f, (enum field_id)id, value);
		return;
	case FIELD_TYPE_LONG:
	case FIELD_TYPE_DATE:
		ck_assert_msg(
			yaml_i64(value, &number), "%s:%u: no number", value->file, value->line);
		facts_set_num(f, (enum field_id)id, (uint64_t)number);
		return;
	case FIELD_TYPE_BOOLEAN:
		ck_assert_msg(yaml_bool(value, &flag), "%s:%u: neither true nor false", value->file,
			value->line);
		facts_set_bool(f, (enum field_id)id, flag);
		return;
	case FIELD_TYPE_IP:
		ck_assert_msg(ip_addr_parse(value->text, &a), "%s:%u: no address", value->file,
			value->line);
		facts_set_ip(f, (enum field_id)id, &a);
		return;
	case FIELD_TYPE_IPS:
		break;
	}
	ck_abort_msg("%s:%u: a test cannot state this type of fact", value->file, value->line);
}

/* The base of the file, with what TEST says instead. */
static void fill_facts(struct facts *f, const struct yaml_node *root, const struct yaml_node *test)
{
	const struct yaml_node *base = yaml_get(root, "base");
	const struct yaml_node *own = yaml_get(test, "facts");

	facts_clear(f);
	for (size_t i = 0; base && i < base->n; i++) {
		if (!own || !yaml_get(own, base->pairs[i].key->text.data))
			set_fact(f, base->pairs[i].key, base->pairs[i].value);
	}
	for (size_t i = 0; own && i < own->n; i++)
		set_fact(f, own->pairs[i].key, own->pairs[i].value);
}

struct hit {
	struct str id;
	bool found;
};

static void on_match(void *user, const struct rule_match *m)
{
	struct hit *hit = user;

	if (str_eq(m->rule->id, hit->id))
		hit->found = true;
}

static bool expects_alert(const struct yaml_node *test)
{
	struct str expect = text_at(test, "expect");

	ck_assert_msg(str_eq(expect, STR("alert")) || str_eq(expect, STR("silent")),
		"%s:%u: expect is alert or silent", test->file, test->line);
	return str_eq(expect, STR("alert"));
}

static enum rule_category category_of(const struct sigma *s, struct str id)
{
	for (size_t i = 0; i < sigma_count(s); i++) {
		if (str_eq(sigma_rule(s, i)->id, id))
			return sigma_rule(s, i)->category;
	}
	return RULE_CATEGORIES;
}

/* Runs the tests of SOURCE on RULES. Returns how many do not come out as they should; the name of
 * the first is *ret_first. */
static size_t run_tests(
	const struct source *source, const struct sigma *rules, const char **ret_first)
{
	const struct yaml_node *root = yaml_root(source->tests, 0);
	const struct yaml_node *tests = yaml_get(root, "tests");
	struct sigma_scratch *scratch = sigma_scratch_new(rules);
	struct facts f = {.arena = arena_new(4096)};
	enum rule_category category = category_of(rules, id_of(source));
	size_t failed = 0;

	for (size_t i = 0; i < tests->n; i++) {
		struct hit hit = {.id = id_of(source)};

		arena_reset(f.arena);
		fill_facts(&f, root, tests->items[i]);
		if (category != RULE_CATEGORIES)
			sigma_eval(rules, scratch, category, &f, on_match, &hit);
		if (hit.found != expects_alert(tests->items[i]) && failed++ == 0)
			*ret_first = text_at(tests->items[i], "name").data;
	}
	arena_free(f.arena);
	sigma_scratch_free(scratch);
	return failed;
}

/* A folder that holds rules for one question. */

struct folder {
	char path[64];
	char *files[MAX_RULES];
	size_t n;
};

static void folder_open(struct folder *d)
{
	d->n = 0;
	strcpy(d->path, "/tmp/test_packs.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(d->path));
}

static void folder_add(struct folder *d, const char *text)
{
	FILE *f;

	ck_assert(asprintf(&d->files[d->n], "%s/%zu.yml", d->path, d->n) > 0);
	f = fopen(d->files[d->n++], "w");
	ck_assert_ptr_nonnull(f);
	ck_assert(fputs(text, f) >= 0);
	ck_assert_int_eq(fclose(f), 0);
}

static struct sigma *folder_load(struct folder *d, const struct pack *p, const char *what)
{
	struct error err = {0};
	struct sigma *s = sigma_open(d->path, p->lists, NULL, &err);

	ck_assert_msg(s != NULL, "%s: %s", what, err.msg);
	for (size_t i = 0; i < d->n; i++) {
		unlink(d->files[i]);
		free(d->files[i]);
	}
	rmdir(d->path);
	return s;
}

START_TEST(test_every_test_comes_out)
{
	struct pack *p = pack_open();
	struct error err = {0};
	struct sigma *rules = sigma_open(RULES, p->lists, NULL, &err);

	ck_assert_msg(rules != NULL, "%s", err.msg);
	ck_assert_uint_eq(sigma_count(rules), p->n);
	ck_assert_uint_eq(sigma_left_count(rules), 0);
	for (size_t i = 0; i < p->n; i++) {
		const char *first = "";
		size_t failed = run_tests(&p->rules[i], rules, &first);

		ck_assert_msg(failed == 0, "%s: %zu tests fail, the first is: %s", p->rules[i].path,
			failed, first);
	}
	sigma_close(rules);
	pack_close(p);
}
END_TEST

START_TEST(test_test_files_are_whole)
{
	struct pack *p = pack_open();
	static const char *const known[] = {"rule", "base", "tests", NULL};
	static const char *const known_in_test[] = {"name", "facts", "expect", NULL};

	for (size_t i = 0; i < p->n; i++) {
		const struct source *s = &p->rules[i];
		const struct yaml_node *root = yaml_root(s->tests, 0);
		const struct yaml_node *tests = yaml_get(root, "tests");
		struct error err = {0};
		size_t alerts = 0;

		ck_assert_msg(yaml_check_keys(root, known, &err) == 0, "%s", err.msg);
		ck_assert_msg(str_ends_with_nocase(str_from(s->path), text_at(root, "rule")),
			"%s names another rule", s->path);
		ck_assert_uint_gt(text_at(root, "rule").len, 0);
		ck_assert_ptr_nonnull(tests);
		for (size_t k = 0; k < tests->n; k++) {
			ck_assert_msg(yaml_check_keys(tests->items[k], known_in_test, &err) == 0,
				"%s", err.msg);
			ck_assert_uint_gt(text_at(tests->items[k], "name").len, 0);
			alerts += expects_alert(tests->items[k]);
		}
		ck_assert_msg(alerts > 0, "%s: no test is an attack", s->path);
		ck_assert_msg(alerts < tests->n, "%s: no test is a near miss", s->path);
	}
	pack_close(p);
}
END_TEST

START_TEST(test_test_files_without_rule)
{
	struct pack *p = pack_open();
	struct error err = {0};
	char **paths;
	int n = file_list(RULES, "", 4 * MAX_RULES, &paths, &err);

	for (int i = 0; i < n; i++) {
		char rule[4096];

		ck_assert_msg(str_ends_with_nocase(str_from(paths[i]), STR(".yml")),
			"%s is no rule and no test", paths[i]);
		if (!is_test_path(paths[i]))
			continue;
		snprintf(rule, sizeof(rule), "%.*s.yml",
			(int)(strlen(paths[i]) - strlen(".test.yml")), paths[i]);
		ck_assert_msg(access(rule, R_OK) == 0, "%s has no rule beside it", paths[i]);
	}
	file_list_free(paths, n);
	pack_close(p);
}
END_TEST

START_TEST(test_attack_is_silent_without_the_rule)
{
	struct pack *p = pack_open();
	for (size_t i = 0; i < p->n; i++) {
		const struct yaml_node *tests = yaml_get(yaml_root(p->rules[i].tests, 0), "tests");
		const char *first = "";
		struct folder d;
		struct sigma *rules;
		size_t alerts = 0;

		folder_open(&d);
		for (size_t k = 0; k < p->n; k++) {
			if (k != i)
				folder_add(&d, p->rules[k].text);
		}
		rules = folder_load(&d, p, p->rules[i].path);
		for (size_t k = 0; k < tests->n; k++)
			alerts += expects_alert(tests->items[k]);
		ck_assert_uint_eq(run_tests(&p->rules[i], rules, &first), alerts);
		sigma_close(rules);
	}
	pack_close(p);
}
END_TEST

/* Mutations: the rule with one line changed. At least one of its tests has to notice. */

static size_t indent_of(const char *line)
{
	return strspn(line, " ");
}

/* Column of the key on LINE, or 0 when it holds a bare list item or nothing. */
static size_t key_column(const char *line)
{
	size_t at = indent_of(line);
	size_t key;

	if (strncmp(line + at, "- ", 2) == 0)
		at += 2;
	for (key = at;
		isalnum((unsigned char)line[key]) || (line[key] && strchr("_.|-", line[key]));
		key++)
		;
	return key > at && line[key] == ':' ? at : 0;
}

static bool is_dashed(const char *line)
{
	return line[indent_of(line)] == '-';
}

/* Index behind line I and what hangs on it. */
static size_t block_end(const struct source *s, size_t i)
{
	size_t column = key_column(s->lines[i]);
	size_t end = i + 1;

	while (column && end < s->end && indent_of(s->lines[end]) > column)
		end++;
	return end;
}

/* Whether another key stands in the same map as line I. */
static bool has_sibling(const struct source *s, size_t i)
{
	size_t column = key_column(s->lines[i]);

	for (size_t k = i; !is_dashed(s->lines[k]) && k-- > s->first;) {
		if (key_column(s->lines[k]) == column)
			return true;
		if (key_column(s->lines[k]) && key_column(s->lines[k]) < column)
			break;
	}
	for (size_t k = block_end(s, i); k < s->end; k++) {
		if (is_dashed(s->lines[k]) || key_column(s->lines[k]) < column)
			return false;
		if (key_column(s->lines[k]) == column)
			return true;
	}
	return false;
}

/* Whether another bare item stands in the same list as line I, which is one. */
static bool has_neighbour(const struct source *s, size_t i)
{
	for (size_t k = i - 1; k <= i + 1; k += 2) {
		if (k < s->end && is_dashed(s->lines[k]) && !key_column(s->lines[k]) &&
			indent_of(s->lines[k]) == indent_of(s->lines[i]))
			return true;
	}
	return false;
}

/* The rule with lines FROM to END replaced by TEXT (which may be empty); tests have to fail. */
static void assert_noticed(
	const struct pack *p, const struct source *s, size_t from, size_t end, const char *text)
{
	char mutant[65536] = "";
	const char *first = "";
	struct sigma *rules;
	struct folder d;
	size_t at = 0;

	for (size_t i = 0; i < s->n_lines; i++) {
		const char *line = i == from ? text : s->lines[i];

		if (i > from && i < end)
			continue;
		at += (size_t)snprintf(
			mutant + at, sizeof(mutant) - at, "%s%s", line, *line ? "\n" : "");
		ck_assert_uint_lt(at, sizeof(mutant));
	}
	folder_open(&d);
	folder_add(&d, mutant);
	rules = folder_load(&d, p, s->path);
	ck_assert_msg(run_tests(s, rules, &first) > 0,
		"%s: no test notices that \"%s\" became \"%s\"", s->path, s->lines[from], text);
	sigma_close(rules);
}

START_TEST(test_inverted_condition_is_noticed)
{
	struct pack *p = pack_open();
	for (size_t i = 0; i < p->n; i++) {
		const struct source *s = &p->rules[i];
		static const char key[] = "    condition: ";
		size_t found = 0;

		for (size_t k = s->first; k < s->end; k++) {
			char text[1024];

			if (strncmp(s->lines[k], key, strlen(key)) != 0)
				continue;
			found++;
			snprintf(text, sizeof(text), "%snot (%s)", key, s->lines[k] + strlen(key));
			assert_noticed(p, s, k, k + 1, text);
		}
		ck_assert_msg(found == 1, "%s has no condition on a line of its own", s->path);
	}
	pack_close(p);
}
END_TEST

/* Each key of each selection made to match nothing, then left out; each value of each list left
 * out. */
START_TEST(test_each_line_of_a_detection_is_held)
{
	struct pack *p = pack_open();
	for (size_t i = 0; i < p->n; i++) {
		const struct source *s = &p->rules[i];

		for (size_t k = s->first; k < s->end; k++) {
			size_t column = key_column(s->lines[k]);
			char text[256];

			if (indent_of(s->lines[k]) < 8)
				continue; /* the name of a selection, or the condition */
			if (!column) {
				if (has_neighbour(s, k))
					assert_noticed(p, s, k, k + 1, "");
				continue;
			}
			snprintf(text, sizeof(text), "%.*speer.entity: no such peer", (int)column,
				s->lines[k]);
			assert_noticed(p, s, k, block_end(s, k), text);
			if (!is_dashed(s->lines[k]) && has_sibling(s, k))
				assert_noticed(p, s, k, block_end(s, k), "");
		}
	}
	pack_close(p);
}
END_TEST

static bool is_uuid(struct str id)
{
	for (uint32_t i = 0; i < id.len; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? id.data[i] != '-' : !isxdigit((unsigned char)id.data[i]))
			return false;
	}
	return id.len == 36;
}

START_TEST(test_rules_say_what_an_analyst_needs)
{
	struct pack *p = pack_open();
	struct error err = {0};
	struct sigma *rules = sigma_open(RULES, p->lists, NULL, &err);

	ck_assert_msg(rules != NULL, "%s", err.msg);
	for (size_t i = 0; i < sigma_count(rules); i++) {
		const struct rule *r = sigma_rule(rules, i);

		ck_assert_msg(is_uuid(r->id), "%s has no UUID", r->title.data);
		ck_assert_uint_gt(r->description.len, 0);
		ck_assert_uint_gt(r->n_references, 0);
		/* What the sensor says of itself is nobody's technique. */
		if (r->category != RULE_SENSOR && !str_eq(r->file, STR("canary.yml"))) {
			ck_assert_uint_gt(r->n_tags, 0);
			ck_assert(r->n_techniques > 0 || r->category == RULE_SIGNALLING);
		}
		ck_assert_uint_gt(r->n_false_positives, 0);
		for (size_t k = 0; k < i; k++) {
			ck_assert(!str_eq(sigma_rule(rules, k)->id, r->id));
			ck_assert(!str_eq(sigma_rule(rules, k)->title, r->title));
		}
	}
	sigma_close(rules);
	pack_close(p);
}
END_TEST

/* One row of the table: "| title | level | ... | id |". */
START_TEST(test_documentation_names_every_rule)
{
	struct pack *p = pack_open();
	struct error err = {0};
	size_t len, rows = 0;
	char *text = file_read(DETECTIONS, MAX_FILE_BYTES, &len, &err);
	char *save = NULL;
	char *line;

	ck_assert_msg(text != NULL, "%s", err.msg);
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		for (size_t i = 0; i < p->n; i++) {
			const struct yaml_node *root = yaml_root(p->rules[i].yaml, 0);
			char start[512];

			if (!strstr(line, id_of(&p->rules[i]).data))
				continue;
			snprintf(start, sizeof(start), "| %s | %s |", text_at(root, "title").data,
				text_at(root, "level").data);
			ck_assert_msg(strncmp(line, start, strlen(start)) == 0,
				"%s: the table does not say %s", DETECTIONS, start);
			rows++;
		}
	}
	ck_assert_uint_eq(rows, p->n);
	free(text);
	pack_close(p);
}
END_TEST

static uint8_t tier_of(const struct pack *p, const char *address, uint32_t as_number,
	const char *country, const char *domain)
{
	struct lists_peer peer = {.as_number = as_number, .domain = str_from(domain)};
	struct linkage link;

	ck_assert(ip_addr_parse(str_from(address), &peer.addr));
	snprintf(peer.country, sizeof(peer.country), "%s", country);
	lists_linkage(p->lists, &peer, &link);
	for (uint8_t i = 0; i < link.linked.n_reasons; i++)
		ck_assert_msg(strstr(link.linked.reasons[i].data, "named by ") &&
				      strstr(link.linked.reasons[i].data, "list "),
			"%s", link.linked.reasons[i].data);
	ck_assert_msg((link.tier == 0) == (link.linked.n_reasons == 0), "%s has no reason",
		link.linked.match);
	return link.tier;
}

START_TEST(test_lists_link_as_documented)
{
	struct pack *p = pack_open();
	ck_assert_uint_eq(tier_of(p, "192.0.2.1", 4134, "CN", ""), 1);  /* FCC: China Telecom */
	ck_assert_uint_eq(tier_of(p, "192.0.2.1", 4837, "CN", ""), 1);  /* China Unicom */
	ck_assert_uint_eq(tier_of(p, "192.0.2.1", 58453, "HK", ""), 1); /* China Mobile */
	ck_assert_uint_eq(
		tier_of(p, "192.0.2.1", 136907, "SG", ""), 1); /* Huawei, wherever it stands */
	ck_assert_uint_eq(tier_of(p, "192.0.2.1", 0, "DE", "connect.hicloud.com"), 1);
	ck_assert_uint_eq(tier_of(p, "192.0.2.1", 0, "DE", "www.zte.com.cn"), 1);
	ck_assert_uint_eq(tier_of(p, "192.0.2.1", 12389, "RU", ""), 1); /* Rostelecom */
	ck_assert_uint_eq(tier_of(p, "192.0.2.1", 20485, "RU", ""), 2); /* TransTeleCom */
	ck_assert_uint_eq(tier_of(p, "192.0.2.1", 45090, "CN", ""), 2); /* Tencent */
	ck_assert_uint_eq(tier_of(p, "175.45.178.1", 0, "KP", ""), 2);
	ck_assert_uint_eq(tier_of(p, "192.0.2.1", 8359, "RU", ""), 3); /* MTS: no act names it */
	ck_assert_uint_eq(tier_of(p, "192.0.2.1", 45102, "CN", ""),
		3); /* Alibaba: its listing was withdrawn */
	ck_assert_uint_eq(tier_of(p, "192.0.2.1", 45102, "US", ""), 0);
	ck_assert_uint_eq(tier_of(p, "192.0.2.1", 3462, "TW", ""), 0); /* Taiwan is not China's */
	ck_assert_uint_eq(tier_of(p, "203.0.113.1", 64500, "PL", "www.example.org"), 0);
	ck_assert_uint_eq(tier_of(p, "2001:db8::1", 0, "", ""), 0);
	pack_close(p);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_every_test_comes_out);
	tcase_add_test(tc, test_test_files_are_whole);
	tcase_add_test(tc, test_test_files_without_rule);
	tcase_add_test(tc, test_attack_is_silent_without_the_rule);
	tcase_add_test(tc, test_inverted_condition_is_noticed);
	tcase_add_test(tc, test_each_line_of_a_detection_is_held);
	tcase_add_test(tc, test_rules_say_what_an_analyst_needs);
	tcase_add_test(tc, test_documentation_names_every_rule);
	tcase_add_test(tc, test_lists_link_as_documented);
}

int main(void)
{
	return suite_main("packs", add_tests);
}
