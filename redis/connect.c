#include "redis/connect.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "redis/cluster.h"
#include "redis/connection_inside.h"
#include "redis/monotonic.h"
#include "redis/sentinel.h"
#include "redis/tls/tls.h"

enum {
	LOADING_MS = 60000,
	LOADING_NAP_MS = 100,
};

/* ---- the socket ---- */

static const char *remedy(int errnum, bool is_unix)
{
	switch (errnum) {
	case ECONNREFUSED:
		return "is the server running there? --redis private starts one of its own";
	case ENOENT:
		return "there is no such socket; is the server running? --redis private starts one "
		       "of its own";
	case EACCES:
	case EPERM:
		return "this user may not open it; add the user to the socket's group";
	case ETIMEDOUT:
	case EHOSTUNREACH:
	case ENETUNREACH:
		return "check host, port and firewall";
	default:
		return is_unix ? "check the path" : "check host and port";
	}
}

static int open_socket(struct redis_connection *c, const struct redis_address *addresses,
	uint32_t n, const struct connect_config *cfg, struct error *err)
{
	struct redis_tls_files *tls = redis_endpoint_tls(cfg->endpoint);
	int fd = -EADDRNOTAVAIL;
	char host[REDIS_ADDRESS_BYTES];
	struct redis_tls *session;
	uint32_t i = 0;

	for (; i < n && fd < 0 && fd != -ECANCELED; i++)
		fd = redis_address_connect(&addresses[i], cfg->silence_ms, cfg->cancel_fd);
	if (fd < 0)
		return error_set(err, fd == -EMFILE || fd == -ENFILE ? ERR_SYSTEM : ERR_REDIS,
			"cannot connect to %s: %s (%s)", cfg->name, strerror(-fd),
			remedy(-fd, n > 0 && addresses[0].u.any.sa_family == AF_UNIX));
	connection_attach(c, fd);
	if (!tls)
		return 0;
	session = redis_tls_start(tls, fd,
		redis_endpoint_server_name(cfg->endpoint, &addresses[i - 1], host), cfg->silence_ms,
		cfg->cancel_fd, err);
	connection_attach_tls(c, session);
	return session ? 0 : err->code;
}

/* ---- the first words ---- */

/* Sends one command during the opening and wants the status WANTED. */
static int greet(struct redis_connection *c, int argc, const struct str *argv, const char *wanted,
	struct redis_reply *ret, struct error *err)
{
	int rc = redis_command(c, argc, argv, ret, err);

	if (rc < 0)
		return rc;
	if (ret->kind != REDIS_STATUS || !str_eq(ret->str, str_from(wanted)))
		return connection_foreign(c, err);
	return 0;
}

static int ping(struct redis_connection *c, int loading_ms, struct error *err)
{
	struct str command = STR("PING");
	int64_t end = monotonic_ms() + loading_ms;
	struct redis_reply r;

	for (;;) {
		int rc = greet(c, 1, &command, "PONG", &r, err);

		if (rc == 0 || r.kind != REDIS_ERROR || monotonic_ms() > end)
			return rc;
		if (r.str.len < 7 || memcmp(r.str.data, "LOADING", 7) != 0)
			return rc;
		rc = connection_nap(c, LOADING_NAP_MS, err);
		if (rc < 0)
			return rc;
	}
}

static int log_in(struct redis_connection *c, const struct connect_config *cfg, struct error *err)
{
	char db[16];
	struct redis_reply r;
	int rc = 0;

	if (cfg->user) {
		struct str argv[] = {STR("AUTH"), str_from(cfg->user), str_from(cfg->password)};

		if (cfg->user[0] == '\0')
			argv[1] = argv[2];
		rc = greet(c, cfg->user[0] ? 3 : 2, argv, "OK", &r, err);
	}
	if (rc == 0 && cfg->db != 0) {
		snprintf(db, sizeof(db), "%u", (unsigned)cfg->db);
		rc = greet(c, 2, (struct str[]){STR("SELECT"), str_from(db)}, "OK", &r, err);
	}
	return rc == 0 ? ping(c, cfg->loading_ms, err) : rc;
}

struct redis_connection *connect_server(const struct redis_address *addresses, uint32_t n,
	const struct connect_config *config, bool *ret_needs_operator, struct error *err)
{
	struct connect_config cfg = *config;
	char address[REDIS_ADDRESS_BYTES];
	char name[REDIS_ADDRESS_BYTES + 16];
	struct redis_connection *c;
	struct error why;
	int rc;

	if (!cfg.name) {
		snprintf(name, sizeof(name), "%s://%s",
			redis_endpoint_tls(cfg.endpoint) ? "rediss" : "redis",
			redis_address_format(&addresses[0], address));
		cfg.name = name;
	}
	*ret_needs_operator = false;
	c = connection_new(cfg.name, cfg.cancel_fd, cfg.silence_ms);
	if (!c) {
		error_set(err, ERR_SYSTEM, "out of memory");
		return NULL;
	}
	rc = open_socket(c, addresses, n, &cfg, &why);
	if (rc == 0)
		rc = log_in(c, &cfg, &why);
	if (rc < 0) {
		if (err)
			*err = why;
		*ret_needs_operator = redis_needs_operator(c);
		redis_close(c);
		return NULL;
	}
	return c;
}

struct connect_config connect_config_of(const struct redis_endpoint *e, int cancel_fd)
{
	const struct redis_url *url = redis_endpoint_url(e);

	return (struct connect_config){
		.user = url->has_password ? url->user : NULL,
		.password = url->password,
		.db = url->db,
		.silence_ms = CONNECT_SILENCE_MS,
		.cancel_fd = cancel_fd,
		.endpoint = e,
	};
}

/* ---- what the others ask for ---- */

static struct redis_connection *connect_single(
	struct redis_endpoint *e, int cancel_fd, bool *ret_needs_operator, struct error *err)
{
	struct connect_config cfg = connect_config_of(e, cancel_fd);

	cfg.name = redis_endpoint_url(e)->name;
	cfg.loading_ms = LOADING_MS;
	return connect_server(
		redis_endpoint_at(e, 0), redis_endpoint_count(e), &cfg, ret_needs_operator, err);
}

struct redis_connection *redis_connect(
	struct redis_endpoint *e, int cancel_fd, bool *ret_needs_operator, struct error *err)
{
	bool ignored;

	if (!ret_needs_operator)
		ret_needs_operator = &ignored;
	switch (redis_endpoint_url(e)->topology) {
	case REDIS_SENTINEL:
		return sentinel_connect(e, cancel_fd, ret_needs_operator, err);
	case REDIS_CLUSTER:
		return cluster_connect(e, cancel_fd, ret_needs_operator, err);
	case REDIS_SINGLE:
		break;
	}
	return connect_single(e, cancel_fd, ret_needs_operator, err);
}

struct redis_connection *redis_open(const char *url, struct error *err)
{
	struct redis_endpoint *e = redis_endpoint_new(url, NULL, err);
	struct redis_connection *c = e ? redis_connect(e, -1, NULL, err) : NULL;

	if (c)
		connection_attach_endpoint(c, e);
	else
		redis_endpoint_free(e);
	return c;
}
