#include "common/prefix_trie.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { ADDR_BITS = 128, V4_BITS_BEFORE = 96, FIRST_NODES = 16, PATH_MAX_NODES = ADDR_BITS + 1 };

/* A node's children continue its bits: children[0] with a 0, children[1] with a 1. Index 0 is the
 * root, so it means "none" as a child. Nodes without a value are forks. */
struct node {
	uint8_t bits[16];
	uint32_t children[2];
	uint32_t value;
	uint8_t length_bits;
	bool has_value;
};

_Static_assert(sizeof(struct node) == 32, "the header states the cost of a node");

struct prefix_trie {
	struct node *nodes;
	uint32_t n;
	uint32_t capacity;
};

struct prefix_trie *prefix_trie_new(void)
{
	struct prefix_trie *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->nodes = calloc(FIRST_NODES, sizeof(*t->nodes));
	if (!t->nodes) {
		free(t);
		return NULL;
	}
	t->capacity = FIRST_NODES;
	t->n = 1;
	return t;
}

void prefix_trie_free(struct prefix_trie *t)
{
	if (!t)
		return;
	free(t->nodes);
	free(t);
}

static unsigned bit_at(const uint8_t *bits, unsigned at)
{
	return (uint32_t)bits[at / 8] >> (7 - at % 8) & 1U;
}

static bool starts_with(const uint8_t *bits, const struct node *node)
{
	unsigned whole = node->length_bits / 8U;
	unsigned rest = node->length_bits % 8U;

	if (memcmp(bits, node->bits, whole) != 0)
		return false;
	return rest == 0 || (bits[whole] ^ node->bits[whole]) >> (8 - rest) == 0;
}

static unsigned common_bits(const uint8_t *a, const uint8_t *b, unsigned max)
{
	unsigned n = 0;

	while (n + 8 <= max && a[n / 8] == b[n / 8])
		n += 8;
	while (n < max && bit_at(a, n) == bit_at(b, n))
		n++;
	return n;
}

/* Room for two nodes more: an insertion never needs a third. */
static bool reserve(struct prefix_trie *t)
{
	struct node *nodes;
	uint32_t capacity = t->capacity;

	if (t->n + 2 <= capacity)
		return true;
	if (capacity > UINT32_MAX / 2)
		return false;
	capacity *= 2;
	nodes = realloc(t->nodes, (size_t)capacity * sizeof(*nodes));
	if (!nodes)
		return false;
	t->nodes = nodes;
	t->capacity = capacity;
	return true;
}

static uint32_t add_node(struct prefix_trie *t, const uint8_t *bits, unsigned length_bits)
{
	struct node *node = &t->nodes[t->n];

	*node = (struct node){.length_bits = (uint8_t)length_bits};
	memcpy(node->bits, bits, sizeof(node->bits));
	return t->n++;
}

/* The node of PREFIX, made when it is not there yet. reserve() came first. */
static struct node *node_for(struct prefix_trie *t, const struct ip_prefix *prefix)
{
	const uint8_t *bits = prefix->addr.bytes;
	unsigned length = prefix->length_bits;
	uint32_t at = 0;

	/* At each turn the bits of node AT are a prefix of BITS. */
	while (t->nodes[at].length_bits < length) {
		uint32_t *link = &t->nodes[at].children[bit_at(bits, t->nodes[at].length_bits)];
		const struct node *child = &t->nodes[*link];
		unsigned shorter = child->length_bits < length ? child->length_bits : length;
		uint32_t between;
		unsigned common;

		if (*link == 0) {
			*link = add_node(t, bits, length);
			at = *link;
			continue;
		}
		common = common_bits(bits, child->bits, shorter);
		if (common == child->length_bits) {
			at = *link;
			continue;
		}
		between = add_node(t, bits, common);
		t->nodes[between].children[bit_at(child->bits, common)] = *link;
		*link = between;
		at = between;
	}
	return &t->nodes[at];
}

int prefix_trie_add(
	struct prefix_trie *t, const struct ip_prefix *prefix, uint32_t value, uint32_t *ret_old)
{
	struct node *node;

	assert(prefix->length_bits <= ADDR_BITS);
	if (!reserve(t))
		return -1;
	node = node_for(t, prefix);
	if (node->has_value) {
		if (ret_old)
			*ret_old = node->value;
		return 1;
	}
	/* A fork was made with the bits of some longer prefix behind its own. */
	memcpy(node->bits, prefix->addr.bytes, sizeof(node->bits));
	node->has_value = true;
	node->value = value;
	return 0;
}

/* Nodes with a value whose prefix contains A, shortest first, in PATH. Returns their number. */
static size_t walk(
	const struct prefix_trie *t, const struct ip_addr *a, uint32_t path[PATH_MAX_NODES])
{
	unsigned least_bits = ip_addr_is_v4(a) ? V4_BITS_BEFORE : 0;
	size_t n = 0;
	uint32_t at = 0;

	for (;;) {
		const struct node *node = &t->nodes[at];

		if (!starts_with(a->bytes, node))
			break;
		if (node->has_value && node->length_bits >= least_bits)
			path[n++] = at;
		if (node->length_bits == ADDR_BITS)
			break;
		at = node->children[bit_at(a->bytes, node->length_bits)];
		if (at == 0)
			break;
	}
	return n;
}

bool prefix_trie_longest(const struct prefix_trie *t, const struct ip_addr *a, uint32_t *ret_value,
	struct ip_prefix *ret_prefix)
{
	uint32_t path[PATH_MAX_NODES];
	size_t n = walk(t, a, path);
	const struct node *node;

	if (n == 0)
		return false;
	node = &t->nodes[path[n - 1]];
	*ret_value = node->value;
	if (ret_prefix) {
		memcpy(ret_prefix->addr.bytes, node->bits, sizeof(node->bits));
		ret_prefix->length_bits = node->length_bits;
	}
	return true;
}

size_t prefix_trie_all(
	const struct prefix_trie *t, const struct ip_addr *a, uint32_t *ret_values, size_t max)
{
	uint32_t path[PATH_MAX_NODES];
	size_t n = walk(t, a, path);
	size_t wanted = n < max ? n : max;

	for (size_t i = 0; i < wanted; i++)
		ret_values[i] = t->nodes[path[n - 1 - i]].value;
	return wanted;
}
