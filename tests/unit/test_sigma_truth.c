/* Selections and conditions against the tables of what the specification says of them. */
#include <unistd.h>

#include "rules/sigma/program.h"
#include "tests/unit/sigma_fixture.h"

struct truth {
	const char *test;
	const char *facts;
	bool holds;
};

static const struct truth truths[] = {
#define TRUTH(test, facts, holds) {test, facts, holds},
#include "tests/unit/sigma_truth.def"
#undef TRUTH
};

static void write_list(const char *dir, const char *name, const char *entries)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.yaml", dir, name);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fprintf(file, "schema: 1\nlist: %s\ntitle: T\nsource: test\ndate: 2026-01-01\nentries:\n%s",
		name, entries);
	fclose(file);
}

static struct lists *open_lists(void)
{
	static const char *const names[] = {"watched", "names", "nets"};
	char dir[] = "/tmp/vedette-truth-XXXXXX";
	char path[64];
	struct error err = {0};
	struct lists *lists;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	write_list(dir, "watched",
		"  - {cidr: 203.0.113.0/24}\n  - {asn: 64500}\n  - {domain: evil.example}\n"
		"  - {text: Weak Cipher}\n");
	write_list(dir, "names", "  - {text: alpha}\n  - {text: beta}\n");
	write_list(dir, "nets", "  - {cidr: 192.0.2.0/24}\n");
	lists = lists_open(dir, 0, &err);
	ck_assert_msg(lists != NULL, "%s", err.msg);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s.yaml", dir, names[i]);
		unlink(path);
	}
	rmdir(dir);
	return lists;
}

static int digit(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* ~HH in TEXT becomes that byte. */
static struct str with_bytes(struct arena *a, struct str text)
{
	char *out = arena_alloc(a, (size_t)text.len + 1);
	uint32_t n = 0;

	for (uint32_t i = 0; i < text.len; i++) {
		if (text.data[i] != '~') {
			out[n++] = text.data[i];
			continue;
		}
		out[n++] = (char)(digit(text.data[i + 1]) << 4 | digit(text.data[i + 2]));
		i += 2;
	}
	return (struct str){out, n};
}

static void read_facts(struct event *e, const char *facts)
{
	event_read(e, facts);
	for (int field = 0; field < FIELD_COUNT; field++) {
		enum field_id id = (enum field_id)field;
		enum field_type type = field_info(id)->type;
		struct str text = facts_str(&e->facts, id);

		if (type != FIELD_TYPE_KEYWORD && type != FIELD_TYPE_WILDCARD)
			continue;
		facts_unset(&e->facts, id);
		facts_set_str(&e->facts, id, with_bytes(e->facts.arena, text));
	}
}

/* With and without the index, and what is under `not` the other way round. */
static bool holds(const struct sigma *s, const struct facts *f)
{
	struct sigma_scratch *w = sigma_scratch_new(s);
	bool direct = program_holds(&s->programs[0], f, w);

	ck_assert(rule_matches(s, f) == direct);
	sigma_scratch_free(w);
	return direct;
}

static void check_truth(const struct truth *t, struct event *e, const struct lists *lists)
{
	static const char *const conditions[] = {"s", "not s"};

	read_facts(e, t->facts);
	for (int i = 0; i < 2; i++) {
		char detection[2048];
		struct sigma *s;

		snprintf(detection, sizeof(detection), "  s:\n    %s\n  condition: %s\n", t->test,
			conditions[i]);
		s = rule_of(detection, lists);
		ck_assert_msg(holds(s, &e->facts) == (t->holds != (i == 1)),
			"%s\nwith %s: wanted %s under \"%s\"", t->test, t->facts,
			t->holds ? "true" : "false", conditions[i]);
		sigma_close(s);
	}
}

START_TEST(selections)
{
	struct lists *lists = open_lists();
	struct event *e = event_new();

	for (size_t i = 0; i < sizeof(truths) / sizeof(truths[0]); i++)
		check_truth(&truths[i], e, lists);
	event_free(e);
	lists_close(lists);
}
END_TEST

/* Placeholders that stand for nothing. */
START_TEST(placeholders_that_are_refused)
{
	static const struct {
		const char *test, *message;
	} samples[] = {
		{"url.full|expand: '%none%x'",
			"there is no list \"none\"; there are: names, nets, watched"},
		{"url.full|expand: '%none%'",
			"there is no list \"none\"; there are: names, nets, watched"},
		{"url.full|contains|expand: '%nets%'",
			"the list \"nets\" has no texts that could stand in a value"},
		{"url.full|expand: '50%'",
			"\"expand\" takes names of lists between percent signs, '%name%'; write "
			"\\% for a percent sign that is meant as it stands"},
		{"url.full|expand: '%names%%'",
			"\"expand\" takes names of lists between percent signs, '%name%'; write "
			"\\% for a percent sign that is meant as it stands"},
		{"url.full|expand: "
		 "'%names%%names%%names%%names%%names%%names%%names%%names%%names%'",
			"more than 8 placeholders in one value; write several selections"},
		{"peer.ip|expand: '%nets%x'",
			"\"expand\" takes the name of one list between percent signs, and nothing "
			"around it: '%name%'"},
		{"peer.ip|expand|contains: '%nets%'",
			"\"expand\" looks an address up in the list; remove \"contains\""},
	};
	struct lists *lists = open_lists();

	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		char text[1024];
		struct error err = {0};

		snprintf(text, sizeof(text), RULE_HEAD "detection:\n  s:\n    %s\n  condition: s\n",
			samples[i].test);
		ck_assert_ptr_null(rules_read(text, lists, &err));
		ck_assert_msg(strstr(err.msg, samples[i].message) != NULL, "%s: %s",
			samples[i].test, err.msg);
	}
	lists_close(lists);
}
END_TEST

/* A selection is a letter or a longer name; it holds when the event's group has its name. */
struct condition {
	const char *names; /* of the selections, with a blank between */
	const char *text;
	const char *true_ones;
	bool holds;
};

static const struct condition conditions[] = {
#define CONDITION(names, text, true_ones, holds) {names, text, true_ones, holds},
#include "tests/unit/sigma_conditions.def"
#undef CONDITION
};

static struct sigma *rule_of_condition(const struct condition *c)
{
	char detection[2048];
	char *names = strdup(c->names);
	char *parts[16];
	uint32_t n = split(names, ' ', parts, 16);
	size_t len = 0;
	struct sigma *s;

	for (uint32_t i = 0; i < n; i++)
		len += (size_t)snprintf(detection + len, sizeof(detection) - len,
			"  %s: {peer.groups: %s}\n", parts[i], parts[i]);
	snprintf(detection + len, sizeof(detection) - len, "  condition: %s\n", c->text);
	s = rule_of(detection, NULL);
	free(names);
	return s;
}

START_TEST(conditions_over_selections)
{
	struct event *e = event_new();

	for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
		const struct condition *c = &conditions[i];
		struct sigma *s = rule_of_condition(c);
		char facts[256];

		snprintf(facts, sizeof(facts), "peer.groups=-%s%s", c->true_ones[0] ? "," : "",
			c->true_ones);
		event_read(e, facts);
		ck_assert_msg(holds(s, &e->facts) == c->holds, "%s of %s with %s: wanted %s",
			c->text, c->names, c->true_ones, c->holds ? "true" : "false");
		sigma_close(s);
	}
	event_free(e);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, selections);
	tcase_add_test(tc, placeholders_that_are_refused);
	tcase_add_test(tc, conditions_over_selections);
}

int main(void)
{
	return suite_main("sigma truth", add_tests);
}
