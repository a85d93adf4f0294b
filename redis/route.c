#include "redis/route.h"

#include <stdlib.h>

#include "redis/cluster.h"
#include "redis/connection_inside.h"
#include "redis/endpoint.h"
#include "redis/monotonic.h"
#include "redis/slot.h"

enum {
	RETRY_MS = 1000,
	LEARN_MS = 200, /* between two looks at where everything is */
};

/* A node, or the one server there is. */
struct stop {
	struct redis_address address;        /* of a node */
	struct redis_endpoint *endpoint;     /* for what it has */
	struct redis_connection *connection; /* NULL: the last attempt failed */
	uint64_t moves;                      /* of the connection, that the map has learned */
	int64_t failed_ms;
	struct error why; /* of that failure */
};

struct redis_route {
	bool is_cluster;
	struct stop home; /* of a Cluster: who is asked where everything is */
	struct stop *stops;
	size_t n_stops;
	bool map_is_old;
	int64_t learned_ms;
};

static void close_stop(struct stop *s)
{
	redis_close(s->connection);
	s->connection = NULL;
}

/* Connects anew, unless that failed a moment ago. */
static int reopen(struct stop *s, struct error *err)
{
	struct error why = {0};

	if (s->connection && redis_is_broken(s->connection))
		close_stop(s);
	if (s->connection)
		return 0;
	if (s->why.code == 0 || monotonic_ms() - s->failed_ms >= RETRY_MS) {
		s->connection = redis_connect(s->endpoint, -1, NULL, &why);
		s->failed_ms = monotonic_ms();
		s->moves = 0;
		s->why = why;
	}
	if (s->connection)
		return 0;
	if (err)
		*err = s->why;
	return s->why.code;
}

struct redis_route *redis_route_open(const char *url, struct error *err)
{
	struct redis_route *r = calloc(1, sizeof(*r));

	if (!r) {
		error_set(err, ERR_SYSTEM, "out of memory");
		return NULL;
	}
	r->home.endpoint = redis_endpoint_new(url, NULL, err);
	if (!r->home.endpoint || reopen(&r->home, err) < 0) {
		redis_route_close(r);
		return NULL;
	}
	r->is_cluster = connection_cluster(r->home.connection) != NULL;
	r->learned_ms = monotonic_ms();
	return r;
}

void redis_route_close(struct redis_route *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n_stops; i++) {
		close_stop(&r->stops[i]);
		redis_endpoint_free(r->stops[i].endpoint);
	}
	close_stop(&r->home);
	redis_endpoint_free(r->home.endpoint);
	free(r->stops);
	free(r);
}

/* ---- Cluster ---- */

/* Looks anew where everything is, when something was elsewhere or a node failed. When that does not
 * work, what was known is all there is. */
static void learn(struct redis_route *r)
{
	for (size_t i = 0; i < r->n_stops; i++) {
		struct stop *s = &r->stops[i];
		uint64_t moves =
			s->connection ? cluster_moves(connection_cluster(s->connection)) : 0;

		if (s->moves != moves || !s->connection || redis_is_broken(s->connection))
			r->map_is_old = true;
		s->moves = moves;
	}
	if (!r->map_is_old || monotonic_ms() - r->learned_ms < LEARN_MS)
		return;
	if (reopen(&r->home, NULL) == 0 &&
		cluster_learn(connection_cluster(r->home.connection), NULL) == 0)
		r->map_is_old = false;
	r->learned_ms = monotonic_ms();
}

static struct stop *find_stop(
	struct redis_route *r, const struct redis_address *a, struct str key, struct error *err)
{
	struct stop *stops;

	for (size_t i = 0; i < r->n_stops; i++) {
		if (redis_address_eq(&r->stops[i].address, a))
			return &r->stops[i];
	}
	stops = realloc(r->stops, (r->n_stops + 1) * sizeof(*stops));
	if (stops)
		r->stops = stops;
	if (stops)
		stops[r->n_stops] = (struct stop){
			.address = *a, .endpoint = redis_endpoint_for(r->home.endpoint, key)};
	if (!stops || !stops[r->n_stops].endpoint) {
		error_set(err, ERR_SYSTEM, "out of memory");
		return NULL;
	}
	return &stops[r->n_stops++];
}

int redis_route_to(
	struct redis_route *r, struct str key, struct redis_connection **ret, struct error *err)
{
	const struct redis_address *owner = NULL;
	struct stop *s = &r->home;
	int rc;

	*ret = NULL;
	if (r->is_cluster)
		learn(r);
	if (r->is_cluster && r->home.connection)
		owner = cluster_owner(connection_cluster(r->home.connection), redis_slot(key));
	/* Of what nobody has, a node tells when it is asked. */
	if (owner)
		s = find_stop(r, owner, key, err);
	if (!s)
		return ERR_SYSTEM;
	rc = reopen(s, err);
	*ret = s->connection;
	return rc;
}
