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

/* TEXT in the words of YAML 1.2 §10.3.2: a number would be one for whoever else reads the rule. */
static bool is_number(struct str text)
{
	uint32_t at = text.len > 0 && (text.data[0] == '-' || text.data[0] == '+') ? 1 : 0;
	uint32_t digits = 0;
	bool dot = false;

	for (; at < text.len; at++) {
		char c = text.data[at];

		if (c == '.' && !dot)
			dot = true;
		else if (c >= '0' && c <= '9')
			digits++;
		else
			break;
	}
	if (digits == 0 || at == text.len)
		return digits > 0;
	if (ascii_lower(text.data[at++]) != 'e')
		return false;
	if (at < text.len && (text.data[at] == '-' || text.data[at] == '+'))
		at++;
	for (digits = at; at < text.len && text.data[at] >= '0' && text.data[at] <= '9'; at++)
		;
	return at == text.len && at > digits;
}

bool sigma_is_text(const struct yaml_node *n)
{
	int64_t number;
	bool flag;

	if (n->kind != YAML_SCALAR)
		return false;
	return n->quoted || !(yaml_is_null(n) || yaml_bool(n, &flag) || yaml_i64(n, &number) ||
				    is_number(n->text));
}

static int no_text(const struct yaml_node *n, const char *key, struct error *err)
{
	if (n->kind != YAML_SCALAR)
		return yaml_error(n, err, "\"%s\" is a single text, not a %s", key,
			n->kind == YAML_LIST ? "list" : "map");
	if (yaml_is_null(n))
		return yaml_error(n, err, "\"%s\" says nothing; write a text, or delete it", key);
	return yaml_error(n, err, "\"%s\" is a text; put it in quotes", key);
}

static uint32_t characters(struct str text)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < text.len; i++)
		n += ((unsigned char)text.data[i] & 0xc0) != 0x80;
	return n;
}

/* A text under KEY; absent is fine and leaves *ret. */
static int read_text(struct reader *r, const struct yaml_node *map, const char *key,
	uint32_t max_characters, struct str *ret)
{
	const struct yaml_node *n = yaml_get(map, key);

	if (!n)
		return 0;
	if (!sigma_is_text(n))
		return no_text(n, key, r->err);
	if (characters(n->text) > max_characters)
		return yaml_error(n, r->err, "\"%s\" has %u characters; at most %u are allowed",
			key, (unsigned)characters(n->text), (unsigned)max_characters);
	*ret = arena_str(r->sigma->arena, n->text);
	return ret->data ? 0 : sigma_no_memory(r->err);
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

int sigma_make_id(struct sigma *s, struct rule *rule, struct error *err)
{
	const struct digest parts[2] = {digest128(rule->file.data, rule->file.len),
		digest128(rule->title.data, rule->title.len)};
	const struct digest whole = digest128(parts, sizeof(parts));
	char hex[DIGEST_TEXT_BYTES];

	digest_format(&whole, hex);
	rule->id = arena_printf(s->arena, "%.8s-%.4s-8%.3s-8%.3s-%.12s", hex, hex + 8, hex + 12,
		hex + 16, hex + 20);
	return rule->id.data ? 0 : sigma_no_memory(err);
}

static int read_id(struct reader *r, const struct yaml_node *map, struct program *ret)
{
	const struct yaml_node *n = yaml_get(map, "id");
	char text[SIGMA_NAME_TEXT_BYTES];

	ret->id_line = n ? n->line : map->line;
	ret->id_column = n ? n->column : map->column;
	if (!n && r->is_public)
		return sigma_make_id(r->sigma, &ret->rule, r->err);
	/* One that is only counted needs none: see sigma_link. */
	if (!n && (r->kind != DOCUMENT_DETECTION || yaml_get(map, "name")))
		return 0;
	if (!n)
		return sigma_lacks_key(r, map, "id")
			       ? yaml_error(
					 map, r->err, "\"id\" is missing; make a UUID with uuidgen")
			       : 0;
	if (n->kind != YAML_SCALAR || !is_uuid(n->text))
		return yaml_error(n, r->err, "\"%s\" is no UUID; make one with uuidgen",
			sigma_name_text(text, n->text));
	ret->rule.id = arena_str(r->sigma->arena, n->text);
	return ret->rule.id.data ? 0 : sigma_no_memory(r->err);
}

static int read_level(struct reader *r, const struct yaml_node *map, struct rule *ret)
{
	const struct yaml_node *n = yaml_get(map, "level");
	char text[SIGMA_NAME_TEXT_BYTES];

	if (!n && r->is_public) {
		ret->level = LEVEL_MEDIUM;
		return 0;
	}
	if (!n)
		return 0; /* see sigma_link */
	if (n->kind == YAML_SCALAR && rule_level_parse(n->text, &ret->level))
		return 0;
	return yaml_error(n, r->err,
		"level \"%s\"; there are: informational, low, medium, high, critical",
		sigma_name_text(text, n->text));
}

static const char *const statuses[] = {
	"", "stable", "test", "experimental", "deprecated", "unsupported", NULL};

const char *rule_status_name(enum rule_status status)
{
	return statuses[status];
}

static int read_status(struct reader *r, const struct yaml_node *map, struct rule *ret)
{
	const struct yaml_node *n = yaml_get(map, "status");
	char text[SIGMA_NAME_TEXT_BYTES];

	if (!n)
		return 0;
	for (size_t i = STATUS_STABLE; n->kind == YAML_SCALAR && statuses[i]; i++) {
		if (!str_eq(n->text, str_from(statuses[i])))
			continue;
		ret->status = (enum rule_status)i;
		return 0;
	}
	return yaml_error(n, r->err,
		"status \"%s\"; there are: stable, test, experimental, deprecated, unsupported",
		sigma_name_text(text, n->text));
}

static int read_date(
	struct reader *r, const struct yaml_node *map, const char *key, struct str *ret)
{
	const struct yaml_node *n = yaml_get(map, key);
	char text[SIGMA_NAME_TEXT_BYTES];
	int64_t days;

	if (!n)
		return 0;
	if (n->kind != YAML_SCALAR || !date_parse(n->text, &days))
		return yaml_error(n, r->err,
			"\"%s\" is no date under \"%s\"; write for example 2026-11-22",
			sigma_name_text(text, n->text), key);
	*ret = arena_str(r->sigma->arena, n->text);
	return ret->data ? 0 : sigma_no_memory(r->err);
}

/* What a list under a key may hold. */
struct list_shape {
	const char *key;
	uint32_t min_characters; /* of each */
	bool unique;
	bool may_be_one; /* of a correlation a text alone, too */
};

/* The entry I of N, its copy in RET. */
static int read_entry(struct reader *r, const struct list_shape *shape, const struct yaml_node *n,
	size_t i, struct str *ret)
{
	const struct yaml_node *entry = n->items[i];
	char text[SIGMA_NAME_TEXT_BYTES];

	if (entry->kind != YAML_SCALAR)
		return yaml_error(entry, r->err, "\"%s\" is a list of texts", shape->key);
	if (!sigma_is_text(entry))
		return yaml_error(
			entry, r->err, "\"%s\" is a list of texts; put this in quotes", shape->key);
	if (characters(entry->text) < shape->min_characters)
		return yaml_error(entry, r->err,
			"\"%s\" is too short for \"%s\"; write %u characters or more",
			sigma_name_text(text, entry->text), shape->key,
			(unsigned)shape->min_characters);
	for (size_t j = 0; shape->unique && j < i; j++) {
		if (n->items[j]->kind == YAML_SCALAR && str_eq(n->items[j]->text, entry->text))
			return yaml_error(entry, r->err,
				"\"%s\" stands twice under \"%s\", first in line %u; remove one",
				sigma_name_text(text, entry->text), shape->key,
				(unsigned)n->items[j]->line);
	}
	ret[i] = arena_str(r->sigma->arena, entry->text);
	return ret[i].data ? 0 : sigma_no_memory(r->err);
}

/* A list of texts; absent is fine. */
static int read_list(struct reader *r, const struct yaml_node *map, const struct list_shape *shape,
	const struct str **ret, uint32_t *ret_n)
{
	enum { MAX_ENTRIES = 1024 };
	const struct yaml_node *n = yaml_get(map, shape->key);
	const struct yaml_node *alone = n;
	const struct yaml_node one = {.kind = YAML_LIST, .n = 1, .items = &alone};
	struct str *texts;

	if (!n)
		return 0;
	if (n->kind == YAML_SCALAR && shape->may_be_one && r->kind == DOCUMENT_CORRELATION)
		n = &one;
	if (n->kind != YAML_LIST)
		return yaml_error(n, r->err, "\"%s\" is a list; write [first, second]", shape->key);
	if (n->n > MAX_ENTRIES)
		return yaml_error(n, r->err, "%zu entries under \"%s\"; at most %d are allowed",
			n->n, shape->key, MAX_ENTRIES);
	texts = arena_alloc(r->sigma->arena, n->n * sizeof(*texts));
	if (!texts)
		return sigma_no_memory(r->err);
	for (size_t i = 0; i < n->n; i++) {
		if (read_entry(r, shape, n, i, texts) < 0 && !sigma_go_on(r))
			return r->err->code;
	}
	*ret = texts;
	*ret_n = (uint32_t)n->n;
	return 0;
}

static int read_relation(struct reader *r, const struct yaml_node *n, struct rule_relation *ret)
{
	static const char *const types[] = {
		"derived", "obsolete", "merged", "renamed", "similar", NULL};
	const struct yaml_node *id = yaml_get(n, "id");
	const struct yaml_node *type = yaml_get(n, "type");
	char text[SIGMA_NAME_TEXT_BYTES];
	bool known = false;

	if (!id || !type)
		return yaml_error(n, r->err, "\"related\" is a list of {id: UUID, type: derived}");
	if (id->kind != YAML_SCALAR || !is_uuid(id->text))
		return yaml_error(id, r->err, "\"%s\" is no UUID; write the id of the other rule",
			sigma_name_text(text, id->text));
	for (size_t i = 0; type->kind == YAML_SCALAR && types[i]; i++)
		known = known || str_eq(type->text, str_from(types[i]));
	if (!known)
		return yaml_error(type, r->err,
			"type \"%s\"; there are: derived, obsolete, merged, renamed, similar",
			sigma_name_text(text, type->text));
	ret->id = arena_str(r->sigma->arena, id->text);
	ret->type = arena_str(r->sigma->arena, type->text);
	return ret->id.data && ret->type.data ? 0 : sigma_no_memory(r->err);
}

static int read_related(struct reader *r, const struct yaml_node *map, struct rule *ret)
{
	const struct yaml_node *n = yaml_get(map, "related");
	struct rule_relation *related;

	if (!n)
		return 0;
	if (n->kind != YAML_LIST)
		return yaml_error(n, r->err, "\"related\" is a list of {id: UUID, type: derived}");
	related = arena_alloc(r->sigma->arena, n->n * sizeof(*related));
	if (!related)
		return sigma_no_memory(r->err);
	for (size_t i = 0; i < n->n; i++) {
		if (read_relation(r, n->items[i], &related[i]) < 0 && !sigma_go_on(r))
			return r->err->code;
	}
	ret->related = related;
	ret->n_related = (uint32_t)n->n;
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

/* An attack.t… tag also becomes a technique, in RET at the place that *RET_N says. */
static int read_tag(
	struct reader *r, const struct yaml_node *n, struct str *techniques, uint32_t *ret_n)
{
	static const struct str prefix = {"attack.", 7};
	char text[SIGMA_NAME_TEXT_BYTES];
	struct str name;
	char *upper;

	if (n->kind != YAML_SCALAR)
		return 0; /* told with the list */
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
	if (!is_technique(name) && r->is_public)
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
	techniques[(*ret_n)++] = (struct str){upper, name.len};
	return 0;
}

static int read_tags(struct reader *r, const struct yaml_node *map, struct rule *ret)
{
	static const struct list_shape shape = {"tags", 0, true, false};
	const struct yaml_node *n = yaml_get(map, "tags");
	struct str *techniques;

	if (read_list(r, map, &shape, &ret->tags, &ret->n_tags) < 0)
		return r->err->code;
	techniques = arena_alloc(r->sigma->arena, (ret->n_tags + 1) * sizeof(*techniques));
	if (!techniques)
		return sigma_no_memory(r->err);
	ret->techniques = techniques;
	for (uint32_t i = 0; i < ret->n_tags; i++) {
		if (read_tag(r, n->items[i], techniques, &ret->n_techniques) < 0 && !sigma_go_on(r))
			return r->err->code;
	}
	return 0;
}

static int read_lists(struct reader *r, const struct yaml_node *map, struct rule *ret)
{
	const struct {
		struct list_shape shape;
		const struct str **texts;
		uint32_t *n;
	} lists[] = {
		{{"references", 0, true, false}, &ret->references, &ret->n_references},
		{{"falsepositives", 2, true, true}, &ret->false_positives, &ret->n_false_positives},
		{{"fields", 0, true, false}, &ret->fields, &ret->n_fields},
		{{"scope", 2, false, false}, &ret->scope, &ret->n_scope},
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		if (read_list(r, map, &lists[i].shape, lists[i].texts, lists[i].n) < 0 &&
			!sigma_go_on(r))
			return r->err->code;
	}
	return 0;
}

static int read_texts(struct reader *r, const struct yaml_node *map, struct rule *ret)
{
	const struct {
		const char *key;
		uint32_t max_characters; /* the schema's */
		struct str *text;
	} texts[] = {
		{"title", 256, &ret->title},
		{"description", 65535, &ret->description},
		{"name", 256, &ret->name},
		{"taxonomy", 256, &ret->taxonomy},
		{"license", UINT32_MAX, &ret->license},
		{"author", UINT32_MAX, &ret->author},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (read_text(r, map, texts[i].key, texts[i].max_characters, texts[i].text) < 0 &&
			!sigma_go_on(r))
			return r->err->code;
	}
	return 0;
}

/* Of each kind of document. */
static const char *const *keys_of(enum document_kind kind)
{
#define KEYS_BEFORE                                                                                \
	"title", "id", "name", "related", "taxonomy", "status", "description", "license",          \
		"author", "references", "date", "modified", "tags"
#define KEYS_BEHIND "fields", "falsepositives", "level", "scope", "custom", NULL

	static const char *const of_rules[] = {KEYS_BEFORE, "logsource", "detection", KEYS_BEHIND};
	static const char *const of_correlations[] = {
		KEYS_BEFORE, "correlation", "generate", KEYS_BEHIND};
	static const char *const of_filters[] = {KEYS_BEFORE, "logsource", "filter", KEYS_BEHIND};

	return kind == DOCUMENT_CORRELATION ? of_correlations
	       : kind == DOCUMENT_FILTER    ? of_filters
					    : of_rules;
}

int sigma_check_keys(struct reader *r, const struct yaml_node *map)
{
	for (size_t i = 0; i < map->n; i++) {
		struct yaml_node one = *map;

		one.pairs = &map->pairs[i];
		one.n = 1;
		if (yaml_check_keys(&one, keys_of(r->kind), r->err) < 0 && !sigma_go_on(r))
			return r->err->code;
	}
	return 0;
}

bool sigma_lacks_key(const struct reader *r, const struct yaml_node *map, const char *key)
{
	if (yaml_get(map, key))
		return false;
	for (size_t i = 0; i < map->n && !r->is_public; i++) {
		const char *nearest = nearest_name(map->pairs[i].key->text, keys_of(r->kind));

		if (nearest && strcmp(nearest, key) == 0)
			return false;
	}
	return true;
}

static int check_needed(struct reader *r, const struct yaml_node *map)
{
	const struct yaml_node *title = yaml_get(map, "title");

	if (!r->is_public && sigma_check_keys(r, map) < 0)
		return r->err->code;
	if (sigma_lacks_key(r, map, "title") &&
		missing(map, r->err, "title", "Equipment reached a listed network") < 0 &&
		!sigma_go_on(r))
		return r->err->code;
	if (title && title->kind == YAML_SCALAR && title->text.len == 0 && title->quoted &&
		!r->is_public &&
		yaml_error(title, r->err, "\"title\" is empty; say what the rule finds") < 0 &&
		!sigma_go_on(r))
		return r->err->code;
	if (r->kind == DOCUMENT_DETECTION && sigma_lacks_key(r, map, "detection"))
		return missing(map, r->err, "detection",
			"{selection: {network.protocol: ssh}, condition: selection}");
	return 0;
}

int sigma_read_metadata(struct reader *r, const struct yaml_node *map, struct program *ret)
{
	struct rule *rule = &ret->rule;

	if ((check_needed(r, map) < 0 && !sigma_go_on(r)) || read_texts(r, map, rule) < 0 ||
		(read_id(r, map, ret) < 0 && !sigma_go_on(r)) ||
		(read_level(r, map, rule) < 0 && !sigma_go_on(r)) ||
		(read_status(r, map, rule) < 0 && !sigma_go_on(r)) ||
		(read_date(r, map, "date", &rule->date) < 0 && !sigma_go_on(r)) ||
		(read_date(r, map, "modified", &rule->modified) < 0 && !sigma_go_on(r)) ||
		(read_tags(r, map, rule) < 0 && !sigma_go_on(r)) ||
		(read_related(r, map, rule) < 0 && !sigma_go_on(r)) || read_lists(r, map, rule) < 0)
		return r->err->code;
	return 0;
}
