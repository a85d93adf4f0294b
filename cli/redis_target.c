#include "cli/redis_target.h"

#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "redis/private.h"

struct redis_target {
	struct private_redis *server; /* NULL: a server of others */
	struct redis_connection *connection;
	struct redis_route *route; /* NULL: nobody asked for it */
	char *where;               /* the URL; NULL: the server's */
};

int redis_target_open(
	struct redis_target **ret, const char *where, const char *state_dir, struct error *err)
{
	char state[PATH_MAX];
	struct redis_target *t;

	*ret = NULL;
	if (where && strcmp(where, "none") == 0)
		return 0;
	t = calloc(1, sizeof(*t));
	if (!t)
		return error_set(err, ERR_SYSTEM, "out of memory");
	(void)signal(SIGPIPE, SIG_IGN);
	if (!where || strcmp(where, "private") == 0) {
		t->server = private_redis_open(
			state_dir ? state_dir : default_state_dir(state, sizeof(state)), err);
		if (t->server)
			t->connection = redis_open(private_redis_url(t->server), err);
	} else {
		t->connection = redis_open(where, err);
		t->where = strdup(where);
		if (t->connection && !t->where) {
			redis_target_close(t);
			return error_set(err, ERR_SYSTEM, "out of memory");
		}
	}
	if (!t->connection) {
		redis_target_close(t);
		return err->code;
	}
	*ret = t;
	return 0;
}

void redis_target_close(struct redis_target *t)
{
	if (!t)
		return;
	redis_route_close(t->route);
	redis_close(t->connection);
	free(t->where);
	private_redis_close(t->server);
	free(t);
}

struct redis_connection *redis_target_connection(const struct redis_target *t)
{
	return t->connection;
}

int redis_target_route(struct redis_target *t, struct redis_route **ret, struct error *err)
{
	if (!t->route)
		t->route =
			redis_route_open(t->where ? t->where : private_redis_url(t->server), err);
	*ret = t->route;
	return t->route ? 0 : err->code;
}

const char *redis_target_private_socket(const struct redis_target *t)
{
	return t->server ? private_redis_socket(t->server) : NULL;
}
