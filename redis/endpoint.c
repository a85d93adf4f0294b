#include "redis/endpoint.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "redis/monotonic.h"
#include "redis/slot.h"

enum {
	ADDRESSES_MAX = 8,
	BACKLOG_NAP_MS = 20, /* between attempts at a unix socket whose queue is full */
};

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in ip4;
		struct sockaddr_in6 ip6;
		struct sockaddr_un local;
	} u;
	socklen_t bytes;
};

struct redis_endpoint {
	struct redis_url url;
	struct address addresses[ADDRESSES_MAX];
	size_t n;
	int slot; /* of the key; -1: any */
};

enum redis_wait_result redis_wait(int fd, short events, int64_t timeout_ms, int cancel_fd)
{
	int64_t end = monotonic_ms() + timeout_ms;
	struct pollfd p[] = {
		{.fd = cancel_fd, .events = POLLIN},
		{.fd = fd, .events = events},
	};

	for (;;) {
		int64_t left = end - monotonic_ms();
		int n = poll(p, 2, left > 0 ? (int)left : 0);

		if (n == 0)
			return REDIS_WAIT_TIMEOUT;
		if (n > 0)
			return p[0].revents ? REDIS_WAIT_CANCELLED : REDIS_WAIT_READY;
		if (errno != EINTR)
			return REDIS_WAIT_READY; /* the call that follows says what is wrong */
	}
}

/* ---- resolving ---- */

static int resolve(struct redis_endpoint *e, struct error *err)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list;
	char port[8];
	int rc;

	snprintf(port, sizeof(port), "%u", (unsigned)e->url.port);
	rc = getaddrinfo(e->url.host, port, &hints, &list);
	if (rc != 0)
		return error_set(err, ERR_REDIS, "cannot connect to %s: %s (check host and port)",
			e->url.name, rc == EAI_SYSTEM ? strerror(errno) : gai_strerror(rc));
	for (const struct addrinfo *a = list; a && e->n < ADDRESSES_MAX; a = a->ai_next) {
		struct address *to = &e->addresses[e->n];

		if (a->ai_addrlen > sizeof(to->u))
			continue;
		memcpy(&to->u, a->ai_addr, a->ai_addrlen);
		to->bytes = a->ai_addrlen;
		e->n++;
	}
	freeaddrinfo(list);
	return 0;
}

static void use_path(struct redis_endpoint *e)
{
	struct address *to = &e->addresses[0];

	_Static_assert(sizeof(e->url.path) <= sizeof(to->u.local.sun_path), "the path fits");
	to->u.local.sun_family = AF_UNIX;
	memcpy(to->u.local.sun_path, e->url.path, sizeof(e->url.path));
	to->bytes = sizeof(to->u.local);
	e->n = 1;
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
	if (rc == 0 && e->url.is_unix)
		use_path(e);
	else if (rc == 0)
		rc = resolve(e, err);
	if (rc < 0) {
		free(e);
		return NULL;
	}
	return e;
}

void redis_endpoint_free(struct redis_endpoint *e)
{
	if (!e)
		return;
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

/* ---- connecting ---- */

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

/* 0, or an errno. connect is asked again when the socket is ready, rather than SO_ERROR: it says
 * the same with one call fewer to allow. */
static int finish_connect(int fd, const struct address *to, int timeout_ms, int cancel_fd)
{
	int64_t end = monotonic_ms() + timeout_ms;

	while (connect(fd, &to->u.any, to->bytes) != 0) {
		int errnum = errno;
		int64_t left = end - monotonic_ms();
		enum redis_wait_result w;

		if (errnum == EISCONN)
			return 0;
		if (errnum != EINPROGRESS && errnum != EALREADY && errnum != EAGAIN &&
			errnum != EINTR)
			return errnum;
		if (left <= 0)
			return ETIMEDOUT;
		if (errnum == EAGAIN) /* a unix socket does not tell when its queue has room */
			w = redis_wait(
				-1, 0, left < BACKLOG_NAP_MS ? left : BACKLOG_NAP_MS, cancel_fd);
		else
			w = redis_wait(fd, POLLOUT, left, cancel_fd);
		if (w == REDIS_WAIT_CANCELLED)
			return ECANCELED;
	}
	return 0;
}

int redis_endpoint_connect(
	const struct redis_endpoint *e, int timeout_ms, int cancel_fd, struct error *err)
{
	int errnum = EADDRNOTAVAIL;

	for (size_t i = 0; i < e->n && errnum != ECANCELED; i++) {
		const struct address *to = &e->addresses[i];
		int fd = socket(to->u.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

		if (fd < 0) {
			errnum = errno;
			continue;
		}
		errnum = finish_connect(fd, to, timeout_ms, cancel_fd);
		if (errnum == 0) {
			/* A pipeline's last segment shall not wait for the reply to the others. */
			if (!e->url.is_unix)
				setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
			return fd;
		}
		close(fd);
	}
	return error_set(err, errnum == EMFILE || errnum == ENFILE ? ERR_SYSTEM : ERR_REDIS,
		"cannot connect to %s: %s (%s)", e->url.name, strerror(errnum),
		remedy(errnum, e->url.is_unix));
}
