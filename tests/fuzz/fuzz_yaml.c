/* A text to a tree of nodes: refused with a message that names the place, or a tree whose nodes
 * stand inside the text. The first byte says how many documents are wanted. */
#include <assert.h>
#include <string.h>

#include "common/yaml/yaml.h"

enum { MAX_BYTES = 1 << 16, MAX_DEPTH = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bounds {
	uint32_t lines;
	size_t bytes;
};

static void check_scalar(const struct yaml_node *n)
{
	int64_t number;
	bool flag;

	assert(n->text.data && n->text.data[n->text.len] == '\0');
	if (n->quoted)
		assert(!yaml_is_null(n) && !yaml_bool(n, &flag) && !yaml_i64(n, &number));
	assert(yaml_is_null(n) + yaml_bool(n, &flag) + yaml_i64(n, &number) <= 1);
}

static void check_node(const struct yaml_node *n, const struct bounds *b, int depth)
{
	struct error err;

	assert(depth <= MAX_DEPTH && n->line > 0 && n->line <= b->lines && n->column > 0 &&
		n->column <= b->bytes + 1);
	assert(yaml_error(n, &err, "x") == ERR_CONFIG && err.msg[0] != '\0');
	if (n->kind == YAML_SCALAR)
		check_scalar(n);
	for (size_t i = 0; n->kind == YAML_LIST && i < n->n; i++)
		check_node(n->items[i], b, depth + 1);
	for (size_t i = 0; n->kind == YAML_MAP && i < n->n; i++) {
		const struct str key = n->pairs[i].key->text;

		check_node(n->pairs[i].key, b, depth + 1);
		check_node(n->pairs[i].value, b, depth + 1);
		assert(n->pairs[i].key->kind == YAML_SCALAR);
		if (strlen(key.data) == key.len) /* each key is there once */
			assert(yaml_get(n, key.data) == n->pairs[i].value);
	}
}

/* All that is wrong with the same text: nothing when it was parsed, else the same first fault; what
 * is left is sound. */
static void check_all(const char *text, size_t len, size_t max_docs, const struct bounds *b,
	const struct yaml_file *parsed, const struct error *first)
{
	struct error_list faults = {0};
	struct error err = {0};
	struct yaml_file *f = yaml_parse_all("fuzz.yaml", text, len, max_docs, &faults, &err);

	assert(f && yaml_docs(f) <= max_docs);
	assert((faults.n == 0) == (parsed != NULL));
	assert(!parsed || yaml_docs(f) == yaml_docs(parsed));
	for (size_t i = 0; i < faults.n; i++)
		assert(strncmp(faults.items[i].msg, "fuzz.yaml:", 10) == 0);
	assert(parsed || first->msg[0] != '\0');
	for (size_t i = 0; i < yaml_docs(f); i++)
		check_node(yaml_root(f, i), b, 1);
	yaml_file_free(f);
	error_list_done(&faults);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"title", "detection", "logsource", NULL};
	struct bounds b = {.lines = 2, .bytes = size};
	struct error err = {0};
	struct yaml_file *f;
	size_t max_docs;

	if (size == 0 || size > MAX_BYTES)
		return 0;
	max_docs = data[0] % 4 + 1u;
	for (size_t i = 1; i < size; i++)
		b.lines += data[i] == '\n' || data[i] == '\r' || data[i] >= 0x80;
	f = yaml_parse("fuzz.yaml", (const char *)data + 1, size - 1, max_docs, &err);
	check_all((const char *)data + 1, size - 1, max_docs, &b, f, &err);
	if (!f) {
		assert(err.code == ERR_CONFIG && strncmp(err.msg, "fuzz.yaml", 9) == 0);
		return 0;
	}
	assert(yaml_docs(f) > 0 && yaml_docs(f) <= max_docs && !yaml_root(f, yaml_docs(f)));
	for (size_t i = 0; i < yaml_docs(f); i++) {
		check_node(yaml_root(f, i), &b, 1);
		(void)yaml_check_keys(yaml_root(f, i), names, &err);
	}
	yaml_file_free(f);
	return 0;
}
