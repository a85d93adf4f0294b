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

static int no_product(const struct yaml_node *logsource, struct error *err)
{
	const struct yaml_node *category = yaml_get(logsource, "category");
	int c = category && category->kind == YAML_SCALAR ? find_category(category->text) : -1;

	/* Sigma itself has a category dns, for the logs of resolvers. */
	if (c < 0 || c == RULE_DNS)
		return DOCUMENT_OTHER_PRODUCT;
	return yaml_error(logsource, err,
		"logsource has no product; write product: vedette beside the category");
}

static int judge_product(const struct yaml_node *logsource, struct error *err)
{
	static const char *const ours[] = {"vedette", NULL};
	const struct yaml_node *product = yaml_get(logsource, "product");
	char text[SIGMA_NAME_TEXT_BYTES];

	if (!product)
		return no_product(logsource, err);
	if (product->kind != YAML_SCALAR)
		return yaml_error(product, err, "the product is a single word, such as vedette");
	if (str_eq(product->text, STR("vedette")))
		return DOCUMENT_RULE;
	if (nearest_name(product->text, ours))
		return yaml_error(product, err, "product \"%s\"; did you mean \"vedette\"?",
			sigma_name_text(text, product->text));
	return DOCUMENT_OTHER_PRODUCT;
}

static int read_category(
	const struct yaml_node *logsource, enum rule_category *ret, struct error *err)
{
	const struct yaml_node *category = yaml_get(logsource, "category");
	char text[SIGMA_NAME_TEXT_BYTES];
	const char *nearest;
	int c;

	if (!category)
		return yaml_error(logsource, err,
			"logsource has no category; there are: flow, dns, signalling, behaviour, "
			"equipment, sensor");
	if (category->kind != YAML_SCALAR)
		return yaml_error(category, err, "the category is a single word, such as flow");
	c = find_category(category->text);
	if (c >= 0) {
		*ret = (enum rule_category)c;
		return 0;
	}
	sigma_name_text(text, category->text);
	nearest = nearest_name(category->text, categories);
	if (nearest)
		return yaml_error(category, err, "unknown category \"%s\"; did you mean \"%s\"?",
			text, nearest);
	return yaml_error(category, err,
		"unknown category \"%s\"; there are: flow, dns, signalling, behaviour, equipment, "
		"sensor",
		text);
}

static int refuse_kind(
	const struct yaml_node *map, const char *key, const char *kind, struct error *err)
{
	return yaml_error(yaml_get(map, key), err,
		"%s are not supported by this version; move this document to a folder that is not "
		"loaded",
		kind);
}

int sigma_read_logsource(const struct yaml_node *map, enum rule_category *ret, struct error *err)
{
	static const char *const known[] = {"product", "category", "definition", NULL};
	const struct yaml_node *logsource = yaml_get(map, "logsource");
	int document;

	if (yaml_get(map, "correlation"))
		return refuse_kind(map, "correlation", "Sigma correlation rules", err);
	if (yaml_get(map, "action"))
		return refuse_kind(map, "action", "Sigma rule collections with \"action\"", err);
	if (!logsource && sigma_check_keys(map, err) < 0)
		return ERR_CONFIG;
	if (!logsource)
		return yaml_error(map, err,
			"\"logsource\" is missing; write for example logsource: {product: vedette, "
			"category: flow}");
	if (logsource->kind != YAML_MAP)
		return yaml_error(logsource, err,
			"\"logsource\" is a map; write for example {product: vedette, category: "
			"flow}");
	document = judge_product(logsource, err);
	if (document != DOCUMENT_RULE)
		return document;
	if (yaml_get(map, "filter"))
		return refuse_kind(map, "filter", "Sigma filters", err);
	if (yaml_check_keys(logsource, known, err) < 0 || read_category(logsource, ret, err) < 0)
		return ERR_CONFIG;
	return DOCUMENT_RULE;
}
