/* A Redis Cluster of three nodes for the tests of redis/, on ports that were free a moment ago. */
#pragma once

#include <stdarg.h>

#include "redis/slot.h"
#include "tests/unit/redis_fixture.h"

enum { TEST_NODES = 3 };

struct test_cluster {
	struct test_server nodes[TEST_NODES];
	char ids[TEST_NODES][64];
	int ports[TEST_NODES];
	char url[128]; /* names the first node alone */
};

/* One command to one node, given as a format. */
__attribute__((format(printf, 3, 4))) static inline void test_node_do(
	struct test_cluster *cl, int node, const char *fmt, ...)
{
	struct redis_connection *c = test_connect(cl->nodes[node].url);
	char text[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	test_do(c, text);
	redis_close(c);
}

static inline bool test_cluster_agrees(struct test_cluster *cl)
{
	bool ok = true;

	for (int i = 0; i < TEST_NODES; i++) {
		struct redis_connection *c = test_connect(cl->nodes[i].url);
		struct redis_reply r = test_do(c, "CLUSTER INFO");

		ok = ok && memmem(r.str.data, r.str.len, "cluster_state:ok", 16) &&
		     memmem(r.str.data, r.str.len, "cluster_known_nodes:3", 21);
		r = test_do(c, "CLUSTER SLOTS");
		ok = ok && r.n == TEST_NODES;
		redis_close(c);
	}
	return ok;
}

static inline void test_cluster_start(struct test_cluster *cl)
{
	int ports[2 * TEST_NODES];

	test_free_ports(ports, 2 * TEST_NODES);
	for (int i = 0; i < TEST_NODES; i++) {
		char port[8], bus[8];
		const char *const args[] = {"--port", port, "--cluster-port", bus,
			"--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--bind",
			"127.0.0.1", NULL};
		struct test_server server;
		struct redis_connection *c;
		struct redis_reply r;

		cl->ports[i] = ports[2 * i];
		snprintf(port, sizeof(port), "%d", ports[2 * i]);
		snprintf(bus, sizeof(bus), "%d", ports[2 * i + 1]);
		test_server_start(&server, args);
		cl->nodes[i] = server;
		c = test_connect(cl->nodes[i].url);
		r = test_do(c, "CLUSTER MYID");
		snprintf(cl->ids[i], sizeof(cl->ids[i]), "%.*s", (int)r.str.len, r.str.data);
		redis_close(c);
		test_node_do(cl, i, "CLUSTER SET-CONFIG-EPOCH %d", i + 1);
		test_node_do(cl, i, "CLUSTER ADDSLOTSRANGE %d %d", i * REDIS_SLOTS / TEST_NODES,
			(i + 1) * REDIS_SLOTS / TEST_NODES - 1);
	}
	for (int i = 1; i < TEST_NODES; i++)
		test_node_do(cl, 0, "CLUSTER MEET 127.0.0.1 %d %d", cl->ports[i], ports[2 * i + 1]);
	for (int i = 0; !test_cluster_agrees(cl); i++) {
		ck_assert_msg(i < 1000, "the test's Cluster did not form");
		test_nap_ms(20);
	}
	snprintf(cl->url, sizeof(cl->url), "redis+cluster://127.0.0.1:%d", cl->ports[0]);
}

static inline void test_cluster_stop(struct test_cluster *cl)
{
	for (int i = 0; i < TEST_NODES; i++)
		test_server_stop(&cl->nodes[i]);
}

/* The node that had the slot of KEY when the cluster was started. */
static inline int test_cluster_node(const char *key)
{
	int slot = redis_slot(str_from(key));
	int node = 0;

	while (slot >= (node + 1) * REDIS_SLOTS / TEST_NODES)
		node++;
	return node;
}

/* Begins to move SLOT: FROM sends on what it does not have. */
static inline void test_slot_open(struct test_cluster *cl, int slot, int from, int to)
{
	test_node_do(cl, to, "CLUSTER SETSLOT %d IMPORTING %s", slot, cl->ids[from]);
	test_node_do(cl, from, "CLUSTER SETSLOT %d MIGRATING %s", slot, cl->ids[to]);
}

static inline void test_slot_close(struct test_cluster *cl, int slot, int to)
{
	test_node_do(cl, to, "CLUSTER SETSLOT %d NODE %s", slot, cl->ids[to]);
	for (int i = 0; i < TEST_NODES; i++)
		test_node_do(cl, i, "CLUSTER SETSLOT %d NODE %s", slot, cl->ids[to]);
}

static inline void test_key_move(struct test_cluster *cl, const char *key, int from, int to)
{
	test_node_do(cl, from, "MIGRATE 127.0.0.1 %d %s 0 5000", cl->ports[to], key);
}
