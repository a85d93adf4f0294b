#include "common/time_text.h"
#include "rules/sigma/read.h"

static const char *const levels[] = {
	[0] = "",
	[LEVEL_INFORMATIONAL] = "informational",
	[LEVEL_LOW] = "low",
	[LEVEL_MEDIUM] = "medium",
	[LEVEL_HIGH] = "high",
	[LEVEL_CRITICAL] = "critical",
	[LEVEL_CRITICAL + 1] = NULL,
};

const char *rule_level_name(enum rule_level l)
{
	return levels[l];
}

bool rule_level_parse(struct str text, enum rule_level *ret)
{
	for (int l = LEVEL_INFORMATIONAL; l <= LEVEL_CRITICAL; l++) {
		if (str_eq(text, str_from(levels[l]))) {
			*ret = (enum rule_level)l;
			return true;
		}
	}
	return false;
}

/* A text under KEY; absent is fine and leaves *ret. */
static int read_text(struct reader *r, const struct yaml_node *map, const char *key,
	uint32_t max_bytes, struct str *ret)
{
	const struct yaml_node *n = yaml_get(map, key);
	struct str copy;

	if (!n)
		return 0;
	if (n->kind != YAML_SCALAR)
		return yaml_error(n, r->err, "\"%s\" is a single text", key);
	if (n->text.len > max_bytes)
		return yaml_error(n, r->err, "\"%s\" has %u bytes; at most %u are allowed", key,
			(unsigned)n->text.len, (unsigned)max_bytes);
	copy = arena_str(r->sigma->arena, n->text);
	if (!copy.data)
		return sigma_no_memory(r->err);
	if (ret)
		*ret = copy;
	return 0;
}

static int missing(
	const struct yaml_node *map, struct error *err, const char *key, const char *example)
{
	return yaml_error(
		map, err, "\"%s\" is missing; write for example %s: %s", key, key, example);
}

/* 8-4-4-4-12 hexadecimal digits, RFC 9562 §4. */
static bool is_uuid(struct str text)
{
	static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	if (text.len != sizeof(shape) - 1)
		return false;
	for (uint32_t i = 0; i < text.len; i++) {
		char c = ascii_lower(text.data[i]);
		bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');

		if (shape[i] == '-' ? c != '-' : !hex)
			return false;
	}
	return true;
}

static int read_id(struct reader *r, const struct yaml_node *map, struct program *ret)
{
	const struct yaml_node *n = yaml_get(map, "id");
	char text[SIGMA_NAME_TEXT_BYTES];

	if (!n)
		return yaml_error(map, r->err, "\"id\" is missing; make a UUID with uuidgen");
	if (n->kind != YAML_SCALAR || !is_uuid(n->text))
		return yaml_error(n, r->err, "\"%s\" is no UUID; make one with uuidgen",
			sigma_name_text(text, n->text));
	ret->id_line = n->line;
	ret->id_column = n->column;
	return read_text(r, map, "id", UINT32_MAX, &ret->rule.id);
}

static int read_level(struct reader *r, const struct yaml_node *map, struct rule *ret)
{
	const struct yaml_node *n = yaml_get(map, "level");
	char text[SIGMA_NAME_TEXT_BYTES];

	if (!n)
		return missing(map, r->err, "level", "medium");
	if (n->kind == YAML_SCALAR && rule_level_parse(n->text, &ret->level))
		return 0;
	return yaml_error(n, r->err,
		"level \"%s\"; there are: informational, low, medium, high, critical",
		sigma_name_text(text, n->text));
}

static int check_status(const struct yaml_node *map, struct error *err)
{
	static const char *const known[] = {
		"stable", "test", "experimental", "deprecated", "unsupported", NULL};
	const struct yaml_node *n = yaml_get(map, "status");
	char text[SIGMA_NAME_TEXT_BYTES];

	if (!n)
		return 0;
	for (size_t i = 0; n->kind == YAML_SCALAR && known[i]; i++) {
		if (str_eq(n->text, str_from(known[i])))
			return 0;
	}
	return yaml_error(n, err,
		"status \"%s\"; there are: stable, test, experimental, deprecated, unsupported",
		sigma_name_text(text, n->text));
}

static int check_date(const struct yaml_node *map, const char *key, struct error *err)
{
	const struct yaml_node *n = yaml_get(map, key);
	char text[SIGMA_NAME_TEXT_BYTES];
	int64_t days;

	if (!n || (n->kind == YAML_SCALAR && date_parse(n->text, &days)))
		return 0;
	return yaml_error(n, err, "\"%s\" is no date under \"%s\"; write for example 2026-11-22",
		sigma_name_text(text, n->text), key);
}

/* A list of texts under KEY, at most MAX, or as many as there are when RET is NULL. */
static int read_list(struct reader *r, const struct yaml_node *map, const char *key, uint32_t max,
	struct str *ret, uint32_t *ret_n)
{
	const struct yaml_node *n = yaml_get(map, key);

	if (!n)
		return 0;
	if (n->kind != YAML_LIST)
		return yaml_error(n, r->err, "\"%s\" is a list; write [first, second]", key);
	if (ret && n->n > max)
		return yaml_error(n, r->err, "%zu entries under \"%s\"; at most %u are allowed",
			n->n, key, (unsigned)max);
	for (size_t i = 0; i < n->n; i++) {
		if (n->items[i]->kind != YAML_SCALAR)
			return yaml_error(n->items[i], r->err, "\"%s\" is a list of texts", key);
		if (!ret)
			continue;
		ret[i] = arena_str(r->sigma->arena, n->items[i]->text);
		if (!ret[i].data)
			return sigma_no_memory(r->err);
		*ret_n = (uint32_t)i + 1;
	}
	return 0;
}

static bool is_tag_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* namespace.name, as the specification's schema has it */
static bool is_tag(struct str text)
{
	uint32_t dot = 0;

	while (dot < text.len && is_tag_letter(text.data[dot]))
		dot++;
	if (dot == 0 || dot + 1 >= text.len || text.data[dot] != '.')
		return false;
	for (uint32_t i = dot + 1; i < text.len; i++) {
		if (!is_tag_letter(text.data[i]) && text.data[i] != '.')
			return false;
	}
	return true;
}

/* t1071 or t1071.001 */
static bool is_technique(struct str text)
{
	static const char shape[] = "tdddd.ddd";

	if (text.len != 5 && text.len != sizeof(shape) - 1)
		return false;
	for (uint32_t i = 0; i < text.len; i++) {
		bool digit = text.data[i] >= '0' && text.data[i] <= '9';

		if (shape[i] == 'd' ? !digit : text.data[i] != shape[i])
			return false;
	}
	return true;
}

static int read_tag(struct reader *r, const struct yaml_node *n, struct rule *ret)
{
	static const struct str prefix = {"attack.", 7};
	char text[SIGMA_NAME_TEXT_BYTES];
	struct str name;
	char *upper;

	if (!is_tag(n->text))
		return yaml_error(n, r->err,
			"\"%s\" is no tag; write namespace.name in lower case, such as "
			"attack.t1071",
			sigma_name_text(text, n->text));
	if (n->text.len <= prefix.len || memcmp(n->text.data, prefix.data, prefix.len) != 0)
		return 0;
	name = (struct str){n->text.data + prefix.len, n->text.len - prefix.len};
	if (name.len < 2 || name.data[0] != 't' || name.data[1] < '0' || name.data[1] > '9')
		return 0;
	if (!is_technique(name))
		return yaml_error(n, r->err,
			"\"%s\" is no ATT&CK technique; write attack.t1071 or attack.t1071.001",
			sigma_name_text(text, n->text));
	upper = arena_alloc(r->sigma->arena, name.len + 1);
	if (!upper)
		return sigma_no_memory(r->err);
	memcpy(upper, name.data, name.len);
	upper[0] = 'T';
	ret->techniques[ret->n_techniques++] = (struct str){upper, name.len};
	return 0;
}

static int read_tags(struct reader *r, const struct yaml_node *map, struct rule *ret)
{
	const struct yaml_node *n = yaml_get(map, "tags");

	if (read_list(r, map, "tags", RULE_MAX_TAGS, ret->tags, &ret->n_tags) < 0)
		return r->err->code;
	for (size_t i = 0; n && i < n->n; i++) {
		if (read_tag(r, n->items[i], ret) < 0)
			return r->err->code;
	}
	return 0;
}

static int read_references(struct reader *r, const struct yaml_node *map, struct rule *ret)
{
	const struct yaml_node *n = yaml_get(map, "references");

	if (read_list(r, map, "references", 0, NULL, NULL) < 0)
		return r->err->code;
	if (!n || n->n == 0)
		return 0;
	ret->reference = arena_str(r->sigma->arena, n->items[0]->text);
	return ret->reference.data ? 0 : sigma_no_memory(r->err);
}

/* What is accepted, checked for its shape, and not used. */
static int check_rest(struct reader *r, const struct yaml_node *map)
{
	static const char *const texts[] = {"name", "taxonomy", "license", "author", NULL};
	static const char *const lists[] = {"fields", "scope", NULL};
	const struct yaml_node *related = yaml_get(map, "related");

	for (size_t i = 0; texts[i]; i++) {
		if (read_text(r, map, texts[i], UINT32_MAX, NULL) < 0)
			return r->err->code;
	}
	for (size_t i = 0; lists[i]; i++) {
		if (read_list(r, map, lists[i], 0, NULL, NULL) < 0)
			return r->err->code;
	}
	if (related && related->kind != YAML_LIST)
		return yaml_error(
			related, r->err, "\"related\" is a list of {id: UUID, type: derived}");
	if (check_status(map, r->err) < 0 || check_date(map, "date", r->err) < 0 ||
		check_date(map, "modified", r->err) < 0)
		return ERR_CONFIG;
	return 0;
}

int sigma_check_keys(const struct yaml_node *map, struct error *err)
{
	static const char *const known[] = {"title", "id", "name", "related", "taxonomy", "status",
		"description", "license", "author", "references", "date", "modified", "tags",
		"logsource", "detection", "fields", "falsepositives", "level", "scope", "custom",
		NULL};

	return yaml_check_keys(map, known, err);
}

int sigma_read_metadata(struct reader *r, const struct yaml_node *map, struct program *ret)
{
	enum { MAX_TITLE_BYTES = 256, MAX_DESCRIPTION_BYTES = 65535 }; /* the schema's */
	struct rule *rule = &ret->rule;

	if (sigma_check_keys(map, r->err) < 0)
		return ERR_CONFIG;
	if (!yaml_get(map, "title"))
		return missing(map, r->err, "title", "Equipment reached a listed network");
	if (!yaml_get(map, "detection"))
		return missing(map, r->err, "detection",
			"{selection: {network.protocol: ssh}, condition: selection}");
	if (read_text(r, map, "title", MAX_TITLE_BYTES, &rule->title) < 0 ||
		read_text(r, map, "description", MAX_DESCRIPTION_BYTES, &rule->description) < 0 ||
		read_id(r, map, ret) < 0 || read_level(r, map, rule) < 0 ||
		read_tags(r, map, rule) < 0 || read_references(r, map, rule) < 0)
		return r->err->code;
	if (rule->title.len == 0)
		return yaml_error(yaml_get(map, "title"), r->err,
			"\"title\" is empty; say what the rule finds");
	if (read_list(r, map, "falsepositives", RULE_MAX_TAGS, rule->false_positives,
		    &rule->n_false_positives) < 0)
		return r->err->code;
	return check_rest(r, map);
}
