#include "sensor/knowledge.h"

#include <stdlib.h>
#include <string.h>

#include "rules/analyst.h"

int knowledge_open(struct knowledge *ret, const struct knowledge_config *cfg, struct error *err)
{
	memset(ret, 0, sizeof(*ret));
	ret->site = site_reopen(cfg->before, cfg->site_path, cfg->roles_path, &cfg->space, err);
	if (ret->site)
		ret->learned = learned_open(cfg->learned_path, ret->site, err);
	if (ret->learned)
		ret->lists = lists_open(cfg->lists_dir, cfg->as_of_ns, err);
	if (ret->lists)
		ret->sigma = sigma_open(cfg->rules_dir, ret->lists, cfg->faults, err);
	if (ret->sigma)
		ret->geo = geo_open(cfg->geo_dir, err);
	if (ret->geo)
		ret->tuning = tuning_open(cfg->tuning_path, ret->site, ret->sigma, err);
	if (ret->tuning)
		ret->techniques = techniques_open(cfg->techniques_path, err);
	if (ret->techniques)
		return 0;
	knowledge_close(ret);
	return err->code;
}

void knowledge_close(struct knowledge *k)
{
	techniques_close(k->techniques);
	tuning_close(k->tuning);
	geo_close(k->geo);
	sigma_close(k->sigma);
	lists_close(k->lists);
	learned_close(k->learned);
	site_close(k->site);
	memset(k, 0, sizeof(*k));
}

void knowledge_fill(const struct knowledge *k, struct analyst_config *ret)
{
	ret->site = k->site;
	ret->lists = k->lists;
	ret->learned = k->learned;
	ret->sigma = k->sigma;
	ret->geo = k->geo;
	ret->tuning = k->tuning;
	ret->techniques = k->techniques;
}

void knowledge_free(struct knowledge *k)
{
	if (k)
		knowledge_close(k);
	free(k);
}
