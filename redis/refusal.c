#include "redis/refusal.h"

#include <stddef.h>
#include <string.h>

#define REPORT "this is a mistake of Vedette's: report it together with the version of Redis"

/* The first row whose start fits counts. */
static const struct refusal table[] = {
	{"NOAUTH", REFUSAL_OPERATOR,
		"it wants a password: redis://[user]:password@host, unix://[user]:password@/path"},
	{"WRONGPASS", REFUSAL_OPERATOR, "the user or the password in the URL is wrong"},
	{"ERR invalid password", REFUSAL_OPERATOR, "the password in the URL is wrong"},
	{"ERR AUTH", REFUSAL_OPERATOR,
		"it has no password for the default user: write the URL without one"},
	{"ERR Client sent AUTH", REFUSAL_OPERATOR, "it has no password: write the URL without one"},
	{"ERR DB index", REFUSAL_OPERATOR,
		"it has fewer databases: choose another number in the "
		"URL"},
	{"ERR invalid DB index", REFUSAL_OPERATOR,
		"it has fewer databases: choose another number "
		"in the URL"},
	{"ERR SELECT is not allowed in cluster mode", REFUSAL_OPERATOR,
		"a Cluster has no numbered databases: write the URL without one"},
	{"ERR This instance has cluster support disabled", REFUSAL_OPERATOR,
		"it is no node of a Cluster: write redis://"},
	{"ERR unknown command", REFUSAL_OPERATOR, "streams need Redis 6.2 or newer, or Valkey"},
	{"ERR max number of clients", REFUSAL_WAIT, "raise its maxclients, or close connections"},
	{"NOPERM", REFUSAL_OPERATOR, "grant this user what docs/redis.md lists"},
	{"DENIED", REFUSAL_OPERATOR,
		"it is in protected mode: give it a password, or use its unix socket"},
	{"WRONGTYPE", REFUSAL_OPERATOR,
		"the key holds what Vedette did not put there: delete or rename it, or use "
		"another --name"},
	{"OOM", REFUSAL_WAIT, "it has reached its maxmemory: raise that, or delete old streams"},
	{"MISCONF", REFUSAL_WAIT, "it cannot write to its disk: see its log"},
	{"LOADING", REFUSAL_WAIT, "it is still reading its data: try again later"},
	{"BUSYGROUP", REFUSAL_OPERATOR, "the consumer group is there already"},
	{"BUSYKEY", REFUSAL_OPERATOR, "the key is there already"},
	{"BUSY", REFUSAL_WAIT, "a script keeps it busy: try again later"},
	{"NOREPLICAS", REFUSAL_WAIT, "it wants more replicas than it has"},
	{"TRYAGAIN", REFUSAL_WAIT, "it is moving keys: try again later"},
	{"CLUSTERDOWN", REFUSAL_WAIT, "its Cluster has no node for some of the keys"},
	{"MASTERDOWN", REFUSAL_FOLLOW, "it is a replica that lost its primary: use the primary"},
	{"READONLY", REFUSAL_FOLLOW, "it is a replica: use its primary"},
	{"MOVED", REFUSAL_FOLLOW,
		"another node of the Cluster has the key: write redis+cluster://"},
	{"ASK", REFUSAL_FOLLOW, "another node of the Cluster has the key: write redis+cluster://"},
	{"REDIRECT", REFUSAL_FOLLOW, "another server has the key"},
	{"UNBLOCKED", REFUSAL_FOLLOW, "it became a replica: use its primary"},
	{"CROSSSLOT", REFUSAL_BUG, REPORT},
	{"EXECABORT", REFUSAL_BUG, REPORT},
	{"NOPROTO", REFUSAL_BUG, REPORT},
	{"ERR Protocol error", REFUSAL_BUG, REPORT},
	{"ERR syntax error", REFUSAL_BUG, REPORT},
	{"ERR wrong number of arguments", REFUSAL_BUG, REPORT},
	{"ERR unknown subcommand", REFUSAL_BUG, REPORT},
	{"ERR value is not an integer", REFUSAL_BUG, REPORT},
	{"ERR EXEC without MULTI", REFUSAL_BUG, REPORT},
	{"ERR MULTI calls can not be nested", REFUSAL_BUG, REPORT},
	{"ERR Invalid stream ID", REFUSAL_BUG, REPORT},
};

const struct refusal *refusal_find(struct str text)
{
	static const struct refusal other = {"", REFUSAL_OPERATOR, NULL};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		size_t len = strlen(table[i].start);

		if (text.len >= len && memcmp(text.data, table[i].start, len) == 0)
			return &table[i];
	}
	return &other;
}

const struct refusal *refusal_at(unsigned i)
{
	return i < sizeof(table) / sizeof(table[0]) ? &table[i] : NULL;
}
