#include "redis/endpoint.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "redis/slot.h"
#include "redis/tls/tls.h"

enum {
	NAMED_MAX = 64,   /* addresses of the URL's hosts */
	OF_ONE_MAX = 8,   /* of one of them */
	LEARNED_MAX = 64, /* of others */
};

struct redis_endpoint {
	struct redis_url url;
	struct redis_tls_files *tls; /* NULL: in the clear */
	int slot;                    /* of the key; -1: any */
	struct redis_address addresses[NAMED_MAX + LEARNED_MAX];
	uint8_t places[NAMED_MAX]; /* whose they are, of the URL's hosts */
	uint32_t n_named, n;
	uint32_t first;        /* the preferred one */
	uint32_t next_learned; /* whose room the next one takes when there is no other */
};

/* ---- resolving ---- */

static int resolve(struct redis_endpoint *e, const struct redis_place *place, struct error *err)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list;
	uint32_t limit = e->n + OF_ONE_MAX;
	char port[8];
	int rc;

	snprintf(port, sizeof(port), "%u", (unsigned)place->port);
	rc = getaddrinfo(place->host, port, &hints, &list);
	if (rc != 0)
		return error_set(err, ERR_REDIS,
			"cannot connect to %s: %s: %s (check host and port)", e->url.name,
			place->host, rc == EAI_SYSTEM ? strerror(errno) : gai_strerror(rc));
	for (const struct addrinfo *a = list; a && e->n < limit && e->n < NAMED_MAX;
		a = a->ai_next) {
		struct redis_address *to = &e->addresses[e->n];

		if (a->ai_addrlen > sizeof(to->u))
			continue;
		memcpy(&to->u, a->ai_addr, a->ai_addrlen);
		to->bytes = a->ai_addrlen;
		e->places[e->n++] = (uint8_t)(place - e->url.places);
	}
	freeaddrinfo(list);
	return 0;
}

/* A host that has no address is passed over while another one has. */
static int resolve_all(struct redis_endpoint *e, struct error *err)
{
	int rc = 0;

	for (uint32_t i = 0; i < e->url.n_places; i++) {
		int one = resolve(e, &e->url.places[i], err);

		if (rc == 0)
			rc = one;
	}
	e->n_named = e->n;
	return e->n > 0 ? 0 : rc;
}

static void use_path(struct redis_endpoint *e)
{
	struct redis_address *to = &e->addresses[0];

	_Static_assert(sizeof(e->url.path) <= sizeof(to->u.local.sun_path), "the path fits");
	to->u.local.sun_family = AF_UNIX;
	memcpy(to->u.local.sun_path, e->url.path, sizeof(e->url.path));
	to->bytes = sizeof(to->u.local);
	e->n = e->n_named = 1;
}

struct redis_endpoint *redis_endpoint_new(const char *url, const char *key, struct error *err)
{
	struct redis_endpoint *e = calloc(1, sizeof(*e));
	int rc;

	if (!e) {
		error_set(err, ERR_SYSTEM, "out of memory");
		return NULL;
	}
	e->slot = key ? redis_slot(str_from(key)) : -1;
	rc = redis_url_parse(url, &e->url, err);
	if (rc == 0 && e->url.tls) {
		e->tls = redis_tls_files_new(&e->url, err);
		rc = e->tls ? 0 : ERR_USAGE;
	}
	if (rc == 0 && e->url.is_unix)
		use_path(e);
	else if (rc == 0)
		rc = resolve_all(e, err);
	if (rc < 0) {
		redis_endpoint_free(e);
		return NULL;
	}
	return e;
}

struct redis_endpoint *redis_endpoint_for(const struct redis_endpoint *e, struct str key)
{
	struct redis_endpoint *ret = malloc(sizeof(*ret));

	if (!ret)
		return NULL;
	*ret = *e;
	ret->slot = redis_slot(key);
	redis_tls_files_share(ret->tls);
	return ret;
}

void redis_endpoint_free(struct redis_endpoint *e)
{
	if (!e)
		return;
	redis_tls_files_free(e->tls);
	explicit_bzero(&e->url, sizeof(e->url));
	free(e);
}

const struct redis_url *redis_endpoint_url(const struct redis_endpoint *e)
{
	return &e->url;
}

int redis_endpoint_slot(const struct redis_endpoint *e)
{
	return e->slot;
}

/* ---- whom to ask ---- */

uint32_t redis_endpoint_count(const struct redis_endpoint *e)
{
	return e->n;
}

const struct redis_address *redis_endpoint_at(const struct redis_endpoint *e, uint32_t i)
{
	assert(i < e->n);
	if (i == 0)
		return &e->addresses[e->first];
	return &e->addresses[i <= e->first ? i - 1 : i];
}

/* Its index, or n. */
static uint32_t find(const struct redis_endpoint *e, const struct redis_address *a)
{
	uint32_t i = 0;

	while (i < e->n && !redis_address_eq(&e->addresses[i], a))
		i++;
	return i;
}

struct redis_tls_files *redis_endpoint_tls(const struct redis_endpoint *e)
{
	return e->tls;
}

const char *redis_endpoint_server_name(
	const struct redis_endpoint *e, const struct redis_address *a, char *buf)
{
	uint32_t i = find(e, a);

	if (e->url.server_name[0])
		return e->url.server_name;
	return i < e->n_named ? e->url.places[e->places[i]].host : redis_address_host(a, buf);
}

void redis_endpoint_prefer(struct redis_endpoint *e, const struct redis_address *a)
{
	uint32_t i = find(e, a);

	if (i < e->n)
		e->first = i;
}

void redis_endpoint_learn(struct redis_endpoint *e, const struct redis_address *a)
{
	if (find(e, a) < e->n)
		return;
	if (e->n < e->n_named + LEARNED_MAX) {
		e->addresses[e->n++] = *a;
		return;
	}
	e->addresses[e->n_named + e->next_learned] = *a;
	e->next_learned = (e->next_learned + 1) % LEARNED_MAX;
}
