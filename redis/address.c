#include "redis/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "redis/monotonic.h"

enum { BACKLOG_NAP_MS = 20 }; /* between attempts at a unix socket whose queue is full */

bool redis_address_set(struct redis_address *a, struct str host, uint16_t port)
{
	char text[INET6_ADDRSTRLEN];

	memset(a, 0, sizeof(*a));
	if (host.len == 0 || host.len >= sizeof(text) || port == 0)
		return false;
	memcpy(text, host.data, host.len);
	text[host.len] = '\0';
	if (strlen(text) != host.len)
		return false;
	if (inet_pton(AF_INET, text, &a->u.ip4.sin_addr) == 1) {
		a->u.ip4.sin_family = AF_INET;
		a->u.ip4.sin_port = htons(port);
		a->bytes = sizeof(a->u.ip4);
		return true;
	}
	if (inet_pton(AF_INET6, text, &a->u.ip6.sin6_addr) != 1)
		return false;
	a->u.ip6.sin6_family = AF_INET6;
	a->u.ip6.sin6_port = htons(port);
	a->bytes = sizeof(a->u.ip6);
	return true;
}

bool redis_address_eq(const struct redis_address *a, const struct redis_address *b)
{
	if (a->u.any.sa_family != b->u.any.sa_family)
		return false;
	if (a->u.any.sa_family == AF_INET)
		return a->u.ip4.sin_port == b->u.ip4.sin_port &&
		       a->u.ip4.sin_addr.s_addr == b->u.ip4.sin_addr.s_addr;
	if (a->u.any.sa_family == AF_INET6)
		return a->u.ip6.sin6_port == b->u.ip6.sin6_port &&
		       IN6_ARE_ADDR_EQUAL(&a->u.ip6.sin6_addr, &b->u.ip6.sin6_addr);
	return strcmp(a->u.local.sun_path, b->u.local.sun_path) == 0;
}

struct redis_address redis_address_with_port(const struct redis_address *a, uint16_t port)
{
	struct redis_address ret = *a;

	if (ret.u.any.sa_family == AF_INET6)
		ret.u.ip6.sin6_port = htons(port);
	else
		ret.u.ip4.sin_port = htons(port);
	return ret;
}

char *redis_address_host(const struct redis_address *a, char *buf)
{
	memcpy(buf, "?", sizeof("?"));
	if (a->u.any.sa_family == AF_INET6)
		inet_ntop(AF_INET6, &a->u.ip6.sin6_addr, buf, REDIS_ADDRESS_BYTES);
	else if (a->u.any.sa_family == AF_INET)
		inet_ntop(AF_INET, &a->u.ip4.sin_addr, buf, REDIS_ADDRESS_BYTES);
	return buf;
}

char *redis_address_format(const struct redis_address *a, char *buf)
{
	char host[REDIS_ADDRESS_BYTES];
	bool brackets = a->u.any.sa_family == AF_INET6;
	in_port_t port = brackets ? a->u.ip6.sin6_port : a->u.ip4.sin_port;

	snprintf(buf, REDIS_ADDRESS_BYTES, brackets ? "[%.*s]:%u" : "%.*s:%u", INET6_ADDRSTRLEN,
		redis_address_host(a, host), (unsigned)ntohs(port));
	return buf;
}

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

/* 0, or an errno. connect is asked again when the socket is ready, rather than SO_ERROR: it says
 * the same with one call fewer to allow. */
static int finish_connect(int fd, const struct redis_address *to, int64_t timeout_ms, int cancel_fd)
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

int redis_address_connect(const struct redis_address *a, int64_t timeout_ms, int cancel_fd)
{
	int fd = socket(a->u.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int errnum;

	if (fd < 0)
		return -errno;
	errnum = finish_connect(fd, a, timeout_ms, cancel_fd);
	if (errnum != 0) {
		close(fd);
		return -errnum;
	}
	/* A pipeline's last segment shall not wait for the reply to the others. */
	if (a->u.any.sa_family != AF_UNIX)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	return fd;
}
