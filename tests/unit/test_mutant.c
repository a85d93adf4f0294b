/* The changes that are made of a rule: which there are, and what each then says. */
#include "rules/trial/mutant.h"
#include "tests/unit/sigma_fixture.h"

struct changed {
	struct sigma *rules;
	struct sigma_scratch *scratch;
	struct arena *arena;
	struct event *event;
	struct mutant *mutants;
	size_t n;
};

static struct changed changed_new(const char *detection)
{
	struct error err = {0};
	struct changed c = {.arena = arena_new(4096)};
	char text[4096];

	snprintf(text, sizeof(text), "%sdetection:\n%s", RULE_HEAD, detection);
	c.rules = rules_read(text, NULL, &err);
	ck_assert_msg(c.rules != NULL, "%s", err.msg);
	c.scratch = sigma_scratch_new(c.rules);
	c.event = event_new();
	c.mutants = mutants_new(&c.rules->programs[0], c.arena, &c.n);
	ck_assert_ptr_nonnull(c.mutants);
	return c;
}

static void changed_free(struct changed *c)
{
	event_free(c->event);
	arena_free(c->arena);
	sigma_scratch_free(c->scratch);
	sigma_close(c->rules);
}

static void assert_mutants(const struct changed *c, const char *const *wanted)
{
	size_t n = 0;

	for (; wanted[n]; n++) {
		ck_assert_msg(n < c->n, "missing: %s", wanted[n]);
		ck_assert_str_eq(c->mutants[n].text.data, wanted[n]);
	}
	ck_assert_msg(c->n == n, "one more: %s", c->n > n ? c->mutants[n].text.data : "");
}

/* What mutant TEXT says of FACTS. */
static bool says(struct changed *c, const char *text, const char *facts)
{
	event_read(c->event, facts);
	for (size_t i = 0; i < c->n; i++) {
		if (strcmp(c->mutants[i].text.data, text) == 0)
			return mutant_holds(&c->mutants[i], &c->event->facts, c->scratch);
	}
	ck_abort_msg("no change is called %s", text);
}

static const char two_selections[] = "    linked:\n"
				     "        peer.linkage.tier|lte: 2\n"
				     "        network.direction: outbound\n"
				     "    ordered:\n"
				     "        contract.verdict: [allowed, window]\n"
				     "    condition: linked and not ordered\n";

START_TEST(test_every_part_is_changed)
{
	static const char *const wanted[] = {
		"condition: inverted",
		"condition: linked left out",
		"condition: not ordered left out",
		"condition: not ordered joined by or instead of and",
		"selection linked inverted",
		"selection linked never met",
		"selection linked: peer.linkage.tier|lte: 2 left out",
		"selection linked: peer.linkage.tier|lte: 2 inverted",
		"selection linked: peer.linkage.tier|lte: 2 with lt",
		"selection linked: network.direction: outbound left out",
		"selection linked: network.direction: outbound inverted",
		"selection ordered inverted",
		"selection ordered never met",
		"selection ordered: contract.verdict: [allowed, window] without the value allowed",
		"selection ordered: contract.verdict: [allowed, window] without the value window",
		NULL,
	};
	struct changed c = changed_new(two_selections);

	assert_mutants(&c, wanted);
	/* where: line and column of the rule's file */
	ck_assert_uint_eq(c.mutants[6].line, 7);
	ck_assert_uint_eq(c.mutants[6].column, 9);
	ck_assert_uint_eq(c.mutants[0].line, 11);
	changed_free(&c);
}
END_TEST

START_TEST(test_each_change_says_something_else)
{
	static const char attack[] = "peer.linkage.tier=2; network.direction=outbound";
	static const char ordered[] =
		"peer.linkage.tier=2; network.direction=outbound; contract.verdict=window";
	static const char inbound[] = "peer.linkage.tier=2; network.direction=inbound";
	struct changed c = changed_new(two_selections);

	event_read(c.event, attack);
	ck_assert(program_holds(&c.rules->programs[0], &c.event->facts, c.scratch));
	ck_assert(!says(&c, "condition: inverted", attack));
	ck_assert(says(&c, "condition: inverted", ordered));
	ck_assert(says(&c, "condition: linked left out", ""));
	ck_assert(says(&c, "condition: not ordered left out", ordered));
	ck_assert(!says(&c, "condition: not ordered left out", inbound));
	ck_assert(says(&c, "condition: not ordered joined by or instead of and", ""));
	ck_assert(!says(&c, "selection linked inverted", attack));
	ck_assert(says(&c, "selection linked inverted", inbound));
	ck_assert(!says(&c, "selection linked never met", attack));
	ck_assert(says(&c, "selection linked: peer.linkage.tier|lte: 2 left out",
		"peer.linkage.tier=3; network.direction=outbound"));
	ck_assert(!says(&c, "selection linked: peer.linkage.tier|lte: 2 with lt", attack));
	ck_assert(says(&c, "selection linked: peer.linkage.tier|lte: 2 with lt",
		"peer.linkage.tier=1; network.direction=outbound"));
	ck_assert(says(&c, "selection linked: network.direction: outbound left out", inbound));
	ck_assert(says(&c, "selection linked: network.direction: outbound inverted", inbound));
	ck_assert(says(&c, "selection ordered never met", ordered));
	ck_assert(says(&c,
		"selection ordered: contract.verdict: [allowed, window] without the value window",
		ordered));
	ck_assert(!says(&c,
		"selection ordered: contract.verdict: [allowed, window] without the value allowed",
		ordered));
	changed_free(&c);
}
END_TEST

/* A condition that is one selection with one test is changed in one way alone. */
START_TEST(test_what_is_the_same_is_made_once)
{
	static const char *const one[] = {"condition: inverted", NULL};
	static const char *const maps[] = {"condition: inverted",
		"selection s: alternative 1 left out",
		"selection s: network.protocol: ssh left out",
		"selection s: network.protocol: ssh inverted",
		"selection s: destination.port|gt: 22 left out",
		"selection s: destination.port|gt: 22 inverted",
		"selection s: destination.port|gt: 22 with gte",
		"selection s: alternative 2 left out",
		"selection s: network.protocol|contains|all: [tel, net] inverted",
		"selection s: network.protocol|contains|all: [tel, net] with one of the values "
		"instead of all",
		"selection s: network.protocol|contains|all: [tel, net] without the value tel",
		"selection s: network.protocol|contains|all: [tel, net] without the value net",
		NULL};
	struct changed c = changed_new("    s:\n        network.protocol: ssh\n    condition: s\n");

	assert_mutants(&c, one);
	changed_free(&c);
	c = changed_new("    s:\n"
			"        - network.protocol: ssh\n"
			"          destination.port|gt: 22\n"
			"        - network.protocol|contains|all: [tel, net]\n"
			"    condition: s\n");
	assert_mutants(&c, maps);
	ck_assert(!says(&c, maps[1], "network.protocol=ssh; destination.port=23"));
	ck_assert(!says(&c, maps[7], "network.protocol=telnet"));
	ck_assert(says(&c, maps[9], "network.protocol=tel"));
	ck_assert(says(&c, maps[10], "network.protocol=net"));
	changed_free(&c);
}
END_TEST

/* Many values have tables to find them faster; without a value, the rest is found as before. */
START_TEST(test_values_of_long_lists)
{
	char text[4096] = "    s:\n        network.protocol: [";
	struct changed c;

	for (int i = 0; i < 40; i++)
		sprintf(text + strlen(text), "%sp%d", i ? ", " : "", i);
	strcat(text, "]\n        source.ip|cidr: [");
	for (int i = 0; i < 40; i++)
		sprintf(text + strlen(text), "%s10.%d.0.0/16", i ? ", " : "", i);
	strcat(text, "]\n    condition: s\n");
	c = changed_new(text);
	for (size_t i = 0; i < c.n; i++) {
		char facts[128];
		const struct mutant *m = &c.mutants[i];

		if (m->mutation != MUTATION_DROP_VALUE)
			continue;
		for (int v = 0; v < 40; v++) {
			char dropped[32];
			bool of_text = m->test == 0;

			snprintf(facts, sizeof(facts), "network.protocol=p%d; source.ip=10.%d.1.1",
				of_text ? v : 0, of_text ? 0 : v);
			snprintf(dropped, sizeof(dropped),
				of_text ? "value p%d" : "value 10.%d.0.0/16", v);
			event_read(c.event, facts);
			ck_assert_int_eq(mutant_holds(m, &c.event->facts, c.scratch),
				!str_ends_with_nocase(m->text, str_from(dropped)));
		}
	}
	changed_free(&c);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_every_part_is_changed);
	tcase_add_test(tc, test_each_change_says_something_else);
	tcase_add_test(tc, test_what_is_the_same_is_made_once);
	tcase_add_test(tc, test_values_of_long_lists);
}

int main(void)
{
	return suite_main("mutant", add_tests);
}
