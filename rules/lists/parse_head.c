/* What a list file says before its entries, and how its texts are read. */
#include "common/time_text.h"
#include "rules/lists/parse_state.h"
#include "rules/lists/value.h"

enum { MAX_CONFIDENCE = 100, MAX_STALE_DAYS = 3650 };

int parse_no_memory(struct error *err)
{
	return error_set(err, ERR_SYSTEM, "not enough memory for the lists");
}

int parse_text_of(struct parser *p, const struct yaml_node *n, const char *key, struct str *ret)
{
	if (n->kind != YAML_SCALAR || yaml_is_null(n) || n->text.len == 0)
		return yaml_error(n, p->err, "%s is empty or no text; write %s: \"...\"", key, key);
	if (n->text.len > MAX_TEXT_BYTES)
		return yaml_error(n, p->err, "%s has %u bytes; at most %d are kept", key,
			n->text.len, MAX_TEXT_BYTES);
	*ret = n->text;
	return 0;
}

int parse_text(struct parser *p, const struct yaml_node *map, const char *key, const char *what,
	struct str *ret)
{
	const struct yaml_node *n = yaml_get(map, key);

	if (n)
		return parse_text_of(p, n, key, ret);
	if (what)
		return yaml_error(map, p->err, "%s is missing: %s", key, what);
	return 0;
}

int parse_date(struct parser *p, const struct yaml_node *map, const char *key, const char *what,
	struct str *ret, int64_t *ret_days)
{
	int rc = parse_text(p, map, key, what, ret);
	int64_t days;

	if (rc != 0 || ret->len == 0)
		return rc;
	if (!date_parse(*ret, &days))
		return yaml_error(
			yaml_get(map, key), p->err, "%s is no date; write it like 2022-03-25", key);
	if (ret_days)
		*ret_days = days;
	return 0;
}

int parse_mapping(
	struct parser *p, const struct yaml_node *map, struct str *ret_by, struct str *ret_date)
{
	bool both = yaml_get(map, "mapped_by") || yaml_get(map, "mapped_date");
	int rc = parse_text(
		p, map, "mapped_by", both ? "who maps the network to the entity" : NULL, ret_by);

	if (rc == 0)
		rc = parse_date(p, map, "mapped_date",
			both ? "when the mapping was made, like 2022-10-29" : NULL, ret_date, NULL);
	return rc;
}

int parse_confidence(struct parser *p, const struct yaml_node *map, uint8_t *ret)
{
	const struct yaml_node *n = yaml_get(map, "confidence");
	int64_t number;

	if (!n)
		return 0;
	if (!yaml_i64(n, &number) || number < 0 || number > MAX_CONFIDENCE)
		return yaml_error(n, p->err,
			"confidence is a whole number from 0 to 100: how sure the source is");
	*ret = (uint8_t)number;
	return 0;
}

int parse_until(struct parser *p, const struct yaml_node *map, uint16_t *ret)
{
	struct str text = {NULL, 0};
	int64_t days = 0;
	int rc = parse_date(p, map, "until", NULL, &text, &days);

	if (rc == 0 && text.len > 0)
		*ret = days < ENTRY_NO_END ? (uint16_t)days : ENTRY_NO_END;
	return rc;
}

static int get_tier(struct parser *p, const struct yaml_node *root)
{
	const struct yaml_node *n = yaml_get(root, "tier");
	int64_t tier;

	if (!n)
		return 0;
	if (!yaml_i64(n, &tier) || tier < 1 || tier > LIST_TIERS)
		return yaml_error(n, p->err,
			"tier is 1 (strongest), 2 or 3; leave it out in a set that links nobody");
	p->list->tier = (uint8_t)tier;
	p->list->role = LIST_LINKAGE;
	return 0;
}

static int get_role(struct parser *p, const struct yaml_node *root)
{
	const struct yaml_node *n = yaml_get(root, "role");
	const struct str text = n && n->kind == YAML_SCALAR ? n->text : STR("");

	if (!n)
		return 0;
	if (p->list->tier)
		return yaml_error(n, p->err,
			"a list with a tier links whom it names, and has no other role; remove one "
			"of the two");
	if (str_eq(text, STR("indicators")))
		p->list->role = LIST_INDICATORS;
	else if (str_eq(text, STR("benign")))
		p->list->role = LIST_BENIGN;
	else
		return yaml_error(n, p->err,
			"role is indicators (what a feed warns of) or benign (what hides such "
			"indicators); leave it out in a set that rules name");
	return 0;
}

/* The bit of struct list.hides for a word of `suppresses`; 0: none. */
static uint8_t hidden_by_word(const struct yaml_node *n)
{
	static const char *const words[] = {"indicators", "tier_1", "tier_2", "tier_3"};

	for (size_t i = 0; n->kind == YAML_SCALAR && i < sizeof(words) / sizeof(words[0]); i++) {
		if (str_eq(n->text, str_from(words[i])))
			return (uint8_t)(1U << i);
	}
	return 0;
}

static int get_suppresses(struct parser *p, const struct yaml_node *root)
{
	static const char remedy[] =
		"suppresses lists what this benign list hides: [indicators, tier_3]; without it, "
		"indicators";
	const struct yaml_node *n = yaml_get(root, "suppresses");

	if (p->list->role == LIST_BENIGN)
		p->list->hides = LIST_HIDES_INDICATORS;
	if (!n)
		return 0;
	if (p->list->role != LIST_BENIGN)
		return yaml_error(
			n, p->err, "suppresses is for lists with role: benign; remove it");
	if (n->kind != YAML_LIST || n->n == 0)
		return yaml_error(n, p->err, "%s", remedy);
	p->list->hides = 0;
	for (size_t i = 0; i < n->n; i++) {
		const uint8_t bit = hidden_by_word(n->items[i]);

		if (!bit)
			return yaml_error(n->items[i], p->err, "%s", remedy);
		p->list->hides |= bit;
	}
	return 0;
}

/* "14d" */
static int get_stale_after(struct parser *p, const struct yaml_node *root)
{
	const struct yaml_node *n = yaml_get(root, "stale_after");
	uint32_t days = 0;
	bool good = n && n->kind == YAML_SCALAR && n->text.len > 1 && n->text.len < 6 &&
		    n->text.data[n->text.len - 1] == 'd';

	if (!n)
		return 0;
	for (uint32_t i = 0; good && i + 1 < n->text.len; i++) {
		good = n->text.data[i] >= '0' && n->text.data[i] <= '9';
		days = days * 10 + (uint32_t)(n->text.data[i] - '0');
	}
	if (!good || days == 0 || days > MAX_STALE_DAYS)
		return yaml_error(n, p->err,
			"stale_after is a number of days up to %d: how old the list may become; "
			"write 14d",
			MAX_STALE_DAYS);
	p->list->stale_after_days = days;
	return 0;
}

static int get_kind(struct parser *p, const struct yaml_node *root)
{
	const struct yaml_node *n = yaml_get(root, "kind");

	p->list->kind = -1;
	if (!n)
		return 0;
	p->list->kind = value_kind(n->kind == YAML_SCALAR ? n->text : (struct str){NULL, 0});
	if (p->list->kind < 0)
		return yaml_error(n, p->err,
			"kind is one of cidr, asn, host, domain, ja3, sha1, country, text");
	return 0;
}

static int check_name(struct parser *p, const struct yaml_node *root)
{
	struct str name = p->list->name;

	for (uint32_t i = 0; i < name.len; i++) {
		char c = ascii_lower(name.data[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_' && c != '-')
			return yaml_error(yaml_get(root, "list"), p->err,
				"a list's name has letters, digits, _ and - only: rules write "
				"it as %%name%%");
	}
	return 0;
}

static int check_schema(const struct yaml_node *root, struct error *err)
{
	static const char *const known[] = {"schema", "list", "title", "tier", "role", "suppresses",
		"source", "date", "stale_after", "confidence", "until", "licence", "kind",
		"mapped_by", "mapped_date", "entities", "entries", NULL};
	const struct yaml_node *version;
	int64_t schema;
	int rc;

	if (root->kind != YAML_MAP)
		return yaml_error(root, err, "a list file is a map; it begins with schema: 1");
	rc = yaml_check_keys(root, known, err);
	if (rc != 0)
		return rc;
	version = yaml_get(root, "schema");
	if (!version || !yaml_i64(version, &schema) || schema != 1)
		return yaml_error(version ? version : root, err, "a list file needs schema: 1");
	return 0;
}

/* Who the list is, and since when. */
static int get_identity(struct parser *p, const struct yaml_node *root)
{
	struct list *l = p->list;
	int rc = parse_text(p, root, "list", "the list's name", &l->name);

	if (rc == 0)
		rc = check_name(p, root);
	if (rc == 0)
		rc = parse_text(p, root, "title", "what the list holds, in a few words", &l->title);
	if (rc == 0)
		rc = parse_text(p, root, "source", "where the list comes from", &l->source);
	if (rc == 0)
		rc = parse_date(p, root, "date",
			"when the list was made or last checked, like 2022-03-25", &l->date,
			&l->date_days);
	if (rc == 0)
		rc = parse_text(p, root, "licence", NULL, &l->licence);
	return rc == 0 ? parse_mapping(p, root, &l->mapped_by, &l->mapped_date) : rc;
}

/* The texts were the file's. */
static int keep_texts(struct parser *p)
{
	struct list *l = p->list;
	struct str *texts[] = {&l->name, &l->title, &l->source, &l->date, &l->licence,
		&l->mapped_by, &l->mapped_date};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (texts[i]->len == 0)
			continue;
		*texts[i] = arena_str(p->store->arena, *texts[i]);
		if (!texts[i]->data)
			return parse_no_memory(p->err);
	}
	return 0;
}

int parse_head(
	const struct yaml_node *root, struct store *store, struct list *ret, struct error *err)
{
	struct parser p = {.store = store, .list = ret, .err = err};
	int rc = check_schema(root, err);

	ret->confidence = ENTRY_NO_CONFIDENCE;
	ret->until = ENTRY_NO_END;
	if (rc == 0)
		rc = get_identity(&p, root);
	if (rc == 0)
		rc = get_tier(&p, root);
	if (rc == 0)
		rc = get_role(&p, root);
	if (rc == 0)
		rc = get_suppresses(&p, root);
	if (rc == 0)
		rc = get_stale_after(&p, root);
	if (rc == 0)
		rc = parse_confidence(&p, root, &ret->confidence);
	if (rc == 0)
		rc = parse_until(&p, root, &ret->until);
	if (rc == 0)
		rc = get_kind(&p, root);
	return rc == 0 ? keep_texts(&p) : rc;
}
