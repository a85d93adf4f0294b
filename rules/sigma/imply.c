/* A rule of a log source speaks of that source's records alone: one for Zeek's http.log of HTTP
 * conversations. */
#include "rules/sigma/read.h"

/* The selection that says so, behind the rule's own. */
static int add_selection(struct reader *r, struct program *p, const struct yaml_node *map)
{
	const struct taxonomy_source *source = r->taxonomy;
	struct selection *all = arena_alloc(r->sigma->arena, (p->n_selections + 1) * sizeof(*all));
	int rc;

	if (!all)
		return sigma_no_memory(r->err);
	memcpy(all, p->selections, p->n_selections * sizeof(*all));
	r->taxonomy = NULL; /* these are our own names */
	rc = sigma_read_selection(r, map, &all[p->n_selections]);
	r->taxonomy = source;
	all[p->n_selections].name = STR("logsource");
	p->selections = all;
	p->n_selections++;
	return rc;
}

/* The cheap operand first. */
static int add_nodes(struct reader *r, struct program *p)
{
	const uint32_t n = p->n_nodes;
	struct node *nodes = arena_alloc(r->sigma->arena, (n + 2) * sizeof(*nodes));

	if (!nodes)
		return sigma_no_memory(r->err);
	for (uint32_t i = 0; i < n; i++) {
		nodes[i + 1] = p->nodes[i];
		nodes[i + 1].left++;
		nodes[i + 1].parent++;
	}
	nodes[n].parent = (uint16_t)(n + 1);
	nodes[0] = (struct node){.op = NODE_SELECTION,
		.selection = (uint16_t)(p->n_selections - 1),
		.parent = (uint16_t)(n + 1)};
	nodes[n + 1] = (struct node){.op = NODE_AND, .parent = (uint16_t)(n + 1)};
	p->nodes = nodes;
	p->n_nodes = n + 2;
	return 0;
}

/* `logsource and (CONDITION)`, where TEXT says what holds of the log source. */
static int add(struct reader *r, struct program *p, const char *text)
{
	struct yaml_file *yaml;
	int rc;

	if (p->n_nodes + 2 > SIGMA_MAX_NODES)
		return error_set(r->err, ERR_CONFIG,
			"%s:%u:1: the condition has more than %d parts with that of its log source",
			p->path, (unsigned)p->rule.line, SIGMA_MAX_NODES);
	yaml = yaml_parse("taxonomy.def", text, strlen(text), 1, r->err);
	if (!yaml)
		return r->err->code;
	rc = add_selection(r, p, yaml_root(yaml, 0));
	yaml_file_free(yaml);
	return rc < 0 ? rc : add_nodes(r, p);
}

int sigma_imply(struct reader *r, struct program *p)
{
	const char *implied = taxonomy_implied(r->taxonomy);
	int rc = r->final ? add(r, p, "flow.phase: end") : 0;

	return rc < 0 || *implied == '\0' ? rc : add(r, p, implied);
}
