#include "rules/sigma/read.h"

static const char *const categories[RULE_CATEGORIES + 1] = {
	"flow", "dns", "signalling", "behaviour", "equipment", "sensor", NULL};

const char *rule_category_name(enum rule_category c)
{
	return categories[c];
}

/* -1 when NAME is none. */
static int find_category(struct str name)
{
	for (int c = 0; c < RULE_CATEGORIES; c++) {
		if (str_eq(name, str_from(categories[c])))
			return c;
	}
	return -1;
}

enum document_kind sigma_document_kind(const struct yaml_node *map)
{
	if (yaml_get(map, "correlation"))
		return DOCUMENT_CORRELATION;
	return yaml_get(map, "filter") ? DOCUMENT_FILTER : DOCUMENT_DETECTION;
}

/* One part of a log source; absent is fine. */
static int read_part(
	struct reader *r, const struct yaml_node *logsource, const char *key, struct str *ret)
{
	const struct yaml_node *n = yaml_get(logsource, key);

	if (!n)
		return 0;
	if (!sigma_is_text(n))
		return yaml_error(n, r->err, "the %s of a log source is a text, such as %s", key,
			strcmp(key, "product") == 0 ? "vedette" : "flow");
	*ret = arena_str(r->sigma->arena, n->text);
	return ret->data ? 0 : sigma_no_memory(r->err);
}

/* Without a product it is one of the generic log sources, unless it is a slip of the pen. */
static bool is_slip(const struct rule_logsource *ls)
{
	int c = find_category(ls->category);

	/* Sigma itself has a category dns, for the logs of resolvers. */
	return ls->product.len == 0 && c >= 0 && c != RULE_DNS;
}

/* A single text that is not ours. */
static bool is_of_others(const struct yaml_node *logsource)
{
	const struct yaml_node *product = yaml_get(logsource, "product");

	return product && product->kind == YAML_SCALAR && !str_eq(product->text, STR("vedette"));
}

static bool is_own(const struct yaml_node *logsource)
{
	return yaml_get(logsource, "product") && !is_of_others(logsource);
}

static int read_category(struct reader *r, const struct yaml_node *logsource, struct rule *ret)
{
	static const char *const known[] = {"product", "category", "definition", NULL};
	const struct yaml_node *category = yaml_get(logsource, "category");
	char text[SIGMA_NAME_TEXT_BYTES];
	const char *nearest;
	int c;

	if (yaml_check_keys(logsource, known, r->err) < 0)
		return ERR_CONFIG;
	if (!category)
		return yaml_error(logsource, r->err,
			"logsource has no category; there are: flow, dns, signalling, behaviour, "
			"equipment, sensor");
	c = find_category(ret->logsource.category);
	if (c >= 0) {
		ret->category = (enum rule_category)c;
		return RULE_OWN;
	}
	sigma_name_text(text, category->text);
	nearest = nearest_name(category->text, categories);
	if (nearest)
		return yaml_error(category, r->err, "unknown category \"%s\"; did you mean \"%s\"?",
			text, nearest);
	return yaml_error(category, r->err,
		"unknown category \"%s\"; there are: flow, dns, signalling, behaviour, equipment, "
		"sensor",
		text);
}

/* A rule of others. */
static int find_source(struct reader *r, struct rule *ret)
{
	r->is_public = true;
	r->taxonomy = taxonomy_find(&ret->logsource);
	r->foreign = !r->taxonomy;
	if (!r->taxonomy)
		return RULE_FOREIGN;
	ret->category = taxonomy_judges(r->taxonomy);
	return RULE_MAPPED;
}

static int read_parts(struct reader *r, const struct yaml_node *logsource, struct rule *ret)
{
	struct str definition;

	if (read_part(r, logsource, "product", &ret->logsource.product) < 0 ||
		read_part(r, logsource, "category", &ret->logsource.category) < 0 ||
		read_part(r, logsource, "service", &ret->logsource.service) < 0 ||
		read_part(r, logsource, "definition", &definition) < 0)
		return r->err->code;
	return 0;
}

int sigma_read_logsource(struct reader *r, const struct yaml_node *map, struct rule *ret)
{
	static const char *const ours[] = {"vedette", NULL};
	const struct yaml_node *logsource = yaml_get(map, "logsource");
	char text[SIGMA_NAME_TEXT_BYTES];

	if (!logsource && sigma_check_keys(r, map) < 0)
		return r->err->code;
	if (!logsource && !sigma_lacks_key(r, map, "logsource"))
		return RULE_MISSPELT;
	if (!logsource)
		return yaml_error(map, r->err,
			"\"logsource\" is missing; write for example logsource: {product: vedette, "
			"category: flow}");
	if (logsource->kind != YAML_MAP)
		return yaml_error(logsource, r->err,
			"\"logsource\" is a map; write for example {product: vedette, category: "
			"flow}");
	/* Whose it is decides who is told of a fault. */
	r->is_public = is_of_others(logsource);
	if (read_parts(r, logsource, ret) < 0)
		return r->err->code;
	if (is_own(logsource))
		return read_category(r, logsource, ret);
	if (is_slip(&ret->logsource))
		return yaml_error(logsource, r->err,
			"logsource has no product; write product: vedette beside the category");
	r->is_public = nearest_name(ret->logsource.product, ours) == NULL;
	if (!r->is_public)
		return yaml_error(yaml_get(logsource, "product"), r->err,
			"product \"%s\"; did you mean \"vedette\"?",
			sigma_name_text(text, ret->logsource.product));
	return find_source(r, ret);
}

int sigma_read_filter_logsource(struct reader *r, const struct yaml_node *map, struct rule *ret)
{
	const struct yaml_node *logsource = yaml_get(map, "logsource");

	if (!logsource || logsource->kind != YAML_MAP || !is_own(logsource) ||
		yaml_get(logsource, "category"))
		return sigma_read_logsource(r, map, ret);
	return read_parts(r, logsource, ret) < 0 ? r->err->code : RULE_OWN;
}
