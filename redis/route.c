#include "redis/route.h"

#include <stdlib.h>

#include "redis/endpoint.h"
#include "redis/monotonic.h"

enum { RETRY_MS = 1000 };

struct redis_route {
	struct redis_endpoint *endpoint;
	struct redis_connection *connection; /* NULL: the last attempt failed */
	int64_t failed_ms;
	struct error why; /* of that failure */
};

/* Connects anew, unless that failed a moment ago. */
static int reopen(struct redis_route *r, struct error *err)
{
	struct error why = {0};

	if (r->why.code == 0 || monotonic_ms() - r->failed_ms >= RETRY_MS) {
		r->connection = redis_connect(r->endpoint, -1, NULL, &why);
		r->failed_ms = monotonic_ms();
		r->why = why;
	}
	if (r->connection)
		return 0;
	if (err)
		*err = r->why;
	return r->why.code;
}

struct redis_route *redis_route_open(const char *url, struct error *err)
{
	struct redis_route *r = calloc(1, sizeof(*r));

	if (!r) {
		error_set(err, ERR_SYSTEM, "out of memory");
		return NULL;
	}
	r->endpoint = redis_endpoint_new(url, NULL, err);
	if (!r->endpoint || reopen(r, err) < 0) {
		redis_route_close(r);
		return NULL;
	}
	return r;
}

void redis_route_close(struct redis_route *r)
{
	if (!r)
		return;
	redis_close(r->connection);
	redis_endpoint_free(r->endpoint);
	free(r);
}

int redis_route_to(
	struct redis_route *r, struct str key, struct redis_connection **ret, struct error *err)
{
	int rc = 0;

	(void)key;
	if (r->connection && redis_is_broken(r->connection)) {
		redis_close(r->connection);
		r->connection = NULL;
	}
	if (!r->connection)
		rc = reopen(r, err);
	*ret = r->connection;
	return rc;
}
