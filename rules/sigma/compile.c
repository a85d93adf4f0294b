#include "rules/sigma/read.h"

/* The instruction behind node I when it is the left operand of PARENT: the right one is left out
 * when it cannot change anything. */
static enum opcode shortcut(const struct node *parent)
{
	return parent->op == NODE_AND ? OP_JUMP_IF_FALSE : OP_JUMP_IF_TRUE;
}

static bool is_left_operand(const struct node *nodes, uint32_t i)
{
	const struct node *parent = &nodes[nodes[i].parent];

	return nodes[i].parent != i && (parent->op == NODE_AND || parent->op == NODE_OR) &&
	       parent->left == i;
}

/* In postorder a left operand is complete where the right one begins: one pass, no recursion. A
 * jump's target is known when its operator is reached. */
int sigma_compile(struct reader *r, struct program *p)
{
	struct instruction *code =
		arena_alloc(r->sigma->arena, 2 * (size_t)p->n_nodes * sizeof(*code));
	uint16_t jump_of[SIGMA_MAX_NODES] = {0}; /* by operator */
	uint32_t n = 0;

	if (!code)
		return sigma_no_memory(r->err);
	for (uint32_t i = 0; i < p->n_nodes; i++) {
		const struct node *node = &p->nodes[i];

		if (node->op == NODE_SELECTION)
			code[n++] = (struct instruction){OP_TEST, node->selection};
		else if (node->op == NODE_NOT)
			code[n++] = (struct instruction){OP_NOT, 0};
		else
			code[jump_of[i]].argument = (uint16_t)n;
		if (is_left_operand(p->nodes, i)) {
			jump_of[node->parent] = (uint16_t)n;
			code[n++] = (struct instruction){shortcut(&p->nodes[node->parent]), 0};
		}
	}
	p->code = code;
	p->n_code = n;
	return 0;
}
