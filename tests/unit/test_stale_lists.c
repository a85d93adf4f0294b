/* When the analyst stage tells that a list is stale: in packet time, once after it was loaded and
 * at each day's end. */
#include <stdio.h>
#include <unistd.h>

#include "common/time_text.h"
#include "rules/analyst.h"
#include "tests/unit/suite.h"

static const uint64_t day_ns = NS_PER_DAY;
static const uint64_t made_day = 20000; /* 2024-10-04 */

struct world {
	struct site *site;
	struct sigma *sigma;
	struct geo *geo;
	char told[256]; /* names of stale lists, each with a blank */
};

static struct lists *lists_of(const char *name, const char *stale_after)
{
	char dir[] = "/tmp/test_stale_lists.XXXXXX";
	struct error err = {0};
	char path[64];
	struct lists *l;
	FILE *f;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/a.yaml", dir);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fprintf(f,
		"schema: 1\nlist: %s\ntitle: T\nsource: S\ndate: 2024-10-04\n%sentries: [{asn: "
		"1}]\n",
		name, stale_after);
	ck_assert_int_eq(fclose(f), 0);
	l = lists_open(dir, 0, &err);
	ck_assert_msg(l != NULL, "%s", err.msg);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(rmdir(dir), 0);
	return l;
}

static int no_alert(void *user, const struct alert *a)
{
	(void)user;
	(void)a;
	return 0;
}

static void watch(void *user, enum rule_category category, const struct facts *f, uint64_t ts_ns)
{
	struct world *w = user;
	const struct str cause = facts_str(f, FIELD_SENSOR_CAUSE);

	if (category != RULE_SENSOR || !str_eq(facts_str(f, FIELD_SENSOR_EVENT), STR("list-stale")))
		return;
	ck_assert_uint_eq(facts_num(f, FIELD_EVENT_END), ts_ns);
	strncat(w->told, cause.data, cause.len);
	strcat(w->told, " ");
}

static struct analyst *begin(struct world *w, const struct lists *lists, struct analyst_config *cfg)
{
	struct error err = {0};
	struct analyst *a;

	*w = (struct world){
		.site = site_open(NULL, NULL, NULL, &err),
		.sigma = sigma_open(NULL, lists, NULL, &err),
		.geo = geo_open(NULL, &err),
	};
	*cfg = (struct analyst_config){.site = w->site,
		.lists = lists,
		.sigma = w->sigma,
		.geo = w->geo,
		.max_findings = 16,
		.window_ns = day_ns,
		.repeat_ns = day_ns};
	a = analyst_new(cfg, no_alert, NULL, &err);
	ck_assert_msg(a != NULL, "%s", err.msg);
	analyst_watch(a, watch, w);
	return a;
}

static void end(struct world *w, struct analyst *a)
{
	analyst_free(a);
	geo_close(w->geo);
	sigma_close(w->sigma);
	site_close(w->site);
}

START_TEST(told_after_loading_and_at_the_days_end)
{
	struct lists *lists = lists_of("old", "stale_after: 30d\n");
	struct sensor_period day = {.name = STR("day")}, last = {.name = STR("end")};
	struct analyst_config cfg;
	struct world w;
	struct analyst *a = begin(&w, lists, &cfg);
	const uint64_t stale_ns = (made_day + 31) * day_ns;

	ck_assert_int_eq(analyst_tick(a, stale_ns - 1), 0);
	ck_assert_str_eq(w.told, "");
	/* it was looked at after it was loaded; the next look is at the day's end */
	ck_assert_int_eq(analyst_tick(a, stale_ns), 0);
	ck_assert_str_eq(w.told, "");
	day.until_ns = stale_ns;
	ck_assert_int_eq(analyst_period(a, &day), 0);
	ck_assert_str_eq(w.told, "old ");
	ck_assert_int_eq(analyst_tick(a, stale_ns + 1), 0);
	last.until_ns = stale_ns + 2;
	ck_assert_int_eq(analyst_period(a, &last), 0);
	ck_assert_str_eq(w.told, "old ");
	day.until_ns = stale_ns + day_ns;
	ck_assert_int_eq(analyst_period(a, &day), 0);
	ck_assert_str_eq(w.told, "old old ");
	end(&w, a);
	lists_close(lists);
}
END_TEST

START_TEST(told_after_a_reload)
{
	struct lists *fresh = lists_of("fresh", "stale_after: 3650d\n");
	struct lists *silent = lists_of("silent", "");
	struct lists *old = lists_of("old", "stale_after: 1d\n");
	struct error err = {0};
	struct analyst_config cfg;
	struct world w;
	struct analyst *a = begin(&w, fresh, &cfg);

	ck_assert_int_eq(analyst_tick(a, (made_day + 100) * day_ns), 0);
	cfg.lists = silent;
	ck_assert_int_eq(analyst_reload(a, &cfg, &err), 0);
	ck_assert_int_eq(analyst_tick(a, (made_day + 101) * day_ns), 0);
	ck_assert_str_eq(w.told, "");
	cfg.lists = old;
	ck_assert_int_eq(analyst_reload(a, &cfg, &err), 0);
	ck_assert_str_eq(w.told, "");
	ck_assert_int_eq(analyst_tick(a, (made_day + 102) * day_ns), 0);
	ck_assert_int_eq(analyst_tick(a, (made_day + 102) * day_ns + 1), 0);
	ck_assert_str_eq(w.told, "old ");
	end(&w, a);
	lists_close(old);
	lists_close(silent);
	lists_close(fresh);
}
END_TEST

/* A list that was made after the packets of an old capture is not old. */
START_TEST(a_list_of_the_future)
{
	struct lists *lists = lists_of("future", "stale_after: 1d\n");
	struct analyst_config cfg;
	struct world w;
	struct analyst *a = begin(&w, lists, &cfg);

	ck_assert_int_eq(analyst_tick(a, (made_day - 5000) * day_ns), 0);
	ck_assert_str_eq(w.told, "");
	end(&w, a);
	lists_close(lists);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, told_after_loading_and_at_the_days_end);
	tcase_add_test(tc, told_after_a_reload);
	tcase_add_test(tc, a_list_of_the_future);
}

int main(void)
{
	return suite_main("stale_lists", add_tests);
}
