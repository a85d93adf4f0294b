/* An analyst stage over a policy, without rules, lists and geolocation data: what it gives to rules
 * is watched. */
#pragma once

#include <string.h>

#include "common/time_text.h"
#include "rules/analyst.h"
#include "tests/unit/policy_fixture.h"

struct analyst_rig {
	struct site *site;
	struct lists *lists;
	struct sigma *sigma;
	struct geo *geo;
	struct analyst *analyst;
};

static inline int analyst_rig_no_alert(void *user, const struct alert *a)
{
	(void)user;
	(void)a;
	return 0;
}

static inline void analyst_rig_begin(
	struct analyst_rig *r, const char *policy, analyst_watch_fn *watch, void *user)
{
	struct analyst_config cfg = {
		.max_findings = 16, .window_ns = NS_PER_S, .repeat_ns = NS_PER_S};
	struct error err = {0};

	r->site = site_from_bytes(policy, strlen(policy), NULL, &err);
	ck_assert_msg(r->site != NULL, "%s", err.msg);
	r->lists = lists_open(NULL, 0, &err);
	r->sigma = sigma_open(NULL, r->lists, NULL, &err);
	r->geo = geo_open(NULL, &err);
	cfg.site = r->site;
	cfg.lists = r->lists;
	cfg.sigma = r->sigma;
	cfg.geo = r->geo;
	r->analyst = analyst_new(&cfg, analyst_rig_no_alert, NULL, &err);
	ck_assert_msg(r->analyst != NULL, "%s", err.msg);
	analyst_watch(r->analyst, watch, user);
}

static inline void analyst_rig_end(struct analyst_rig *r)
{
	analyst_free(r->analyst);
	geo_close(r->geo);
	sigma_close(r->sigma);
	lists_close(r->lists);
	site_close(r->site);
}
