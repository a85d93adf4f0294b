/* Syslog messages (RFC 5424): datagrams to a unix socket or over UDP (RFC 5426), or a stream over
 * TCP with octet counting (RFC 6587). */
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "redis/endpoint.h"
#include "redis/forward/frame.h"
#include "redis/forward/target.h"
#include "redis/monotonic.h"

enum {
	CONNECT_MS = 5000,
	WAIT_MS = 250,
	SEND_MS = 5000,     /* without a byte taken */
	ACK_MS = 10000,     /* for the other host to have it */
	LAST_ACK_MS = 2000, /* the same when the forwarding is to end */
	OUT_NAP_MS = 5,
};

enum transport { OVER_UNIX, OVER_UDP, OVER_TCP };

struct target {
	enum transport over;
	char host[256], port[16];
	struct sockaddr_un path;
	char name[300]; /* for messages */
	int fd;         /* -1: to be connected */
	size_t max;
	struct buffer bytes;   /* messages; over TCP each behind its length and a space */
	struct buffer lengths; /* size_t each */
	size_t sent;           /* datagrams: messages; TCP: bytes */
	size_t sent_bytes;     /* datagrams: where the next one begins */
	struct forward_target_config cfg;
};

static int out_of_memory(struct error *err)
{
	return error_set(err, ERR_SYSTEM, "out of memory");
}

/* ---- addresses ---- */

/* HOST, HOST:PORT, [V6], [V6]:PORT. */
static bool take_host(struct target *t, const char *text)
{
	const char *host = text;
	size_t n = strcspn(text, ":");
	const char *rest = text + n;

	if (*text == '[') {
		host = text + 1;
		n = strcspn(host, "]");
		if (host[n] != ']')
			return false;
		rest = host + n + 1;
	}
	if (n == 0 || n >= sizeof(t->host) || (*rest && *rest != ':') ||
		(*rest == ':' && (strlen(rest + 1) == 0 || strlen(rest + 1) >= sizeof(t->port) ||
					 strspn(rest + 1, "0123456789") != strlen(rest + 1))))
		return false;
	memcpy(t->host, host, n);
	t->host[n] = '\0';
	snprintf(t->port, sizeof(t->port), "%s",
		*rest                 ? rest + 1
		: t->over == OVER_TCP ? "601"
				      : "514");
	return true;
}

static int take_address(struct target *t, const char *where, struct error *err)
{
	const char *path = "/dev/log";
	bool good = true;

	snprintf(t->name, sizeof(t->name), "syslog at %.200s", where ? where : path);
	if (where && strncmp(where, "udp:", 4) == 0) {
		t->over = OVER_UDP;
		good = take_host(t, where + 4);
	} else if (where && strncmp(where, "tcp:", 4) == 0) {
		t->over = OVER_TCP;
		good = take_host(t, where + 4);
	} else {
		t->over = OVER_UNIX;
		if (where && strncmp(where, "unix:", 5) == 0)
			path = where + 5;
		else if (where)
			path = where;
		good = path[0] == '/' && strlen(path) < sizeof(t->path.sun_path);
		t->path.sun_family = AF_UNIX;
		if (good)
			memcpy(t->path.sun_path, path, strlen(path) + 1);
	}
	return good ? 0
		    : error_set(err, ERR_USAGE,
			      "--to syslog:%.200s is no address: write syslog, syslog:unix:/path, "
			      "syslog:udp:HOST[:PORT] or syslog:tcp:HOST[:PORT]",
			      where);
}

/* ---- connecting ---- */

static int failed(const struct target *t, const char *what, int why, struct error *err)
{
	return error_set_errno(err, ERR_SYSTEM, why, "%s %s", t->name, what);
}

static void hang_up(struct target *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
	if (t->over == OVER_TCP)
		t->sent = 0; /* what the other side read of it is not known: all of it again */
}

/* Connects a new socket to ADDRESS; errno when it fails. */
static int connect_to(int family, int type, const struct sockaddr *address, socklen_t len)
{
	int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int why = 0;
	socklen_t size = sizeof(why);

	if (fd < 0)
		return -1;
	if (connect(fd, address, len) == 0)
		return fd;
	if (errno == EINPROGRESS && redis_wait(fd, POLLOUT, CONNECT_MS, -1) == REDIS_WAIT_READY &&
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &size) == 0 && why == 0)
		return fd;
	if (errno == EINPROGRESS)
		errno = why != 0 ? why : ETIMEDOUT;
	else if (why != 0)
		errno = why;
	why = errno;
	close(fd);
	errno = why;
	return -1;
}

static int dial(struct target *t, struct error *err)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC};
	struct addrinfo *found = NULL;
	int type = t->over == OVER_TCP ? SOCK_STREAM : SOCK_DGRAM;
	int why = 0;

	if (t->fd >= 0)
		return 0;
	if (t->over == OVER_UNIX) {
		t->fd = connect_to(
			AF_UNIX, SOCK_DGRAM, (const struct sockaddr *)&t->path, sizeof(t->path));
		return t->fd >= 0 ? 0 : failed(t, "cannot be reached", errno, err);
	}
	hints.ai_socktype = type;
	why = getaddrinfo(t->host, t->port, &hints, &found);
	if (why != 0)
		return error_set(
			err, ERR_SYSTEM, "%s has no address: %s", t->name, gai_strerror(why));
	errno = EHOSTUNREACH;
	for (const struct addrinfo *a = found; a && t->fd < 0; a = a->ai_next)
		t->fd = connect_to(a->ai_family, type, a->ai_addr, a->ai_addrlen);
	why = errno;
	freeaddrinfo(found);
	return t->fd >= 0 ? 0 : failed(t, "cannot be reached", why, err);
}

/* ---- sending ---- */

/* Waits until the socket takes more. */
static int wait_out(struct target *t, int64_t until_ms, struct error *err)
{
	while (redis_wait(t->fd, POLLOUT, WAIT_MS, -1) == REDIS_WAIT_TIMEOUT) {
		if (monotonic_ms() > until_ms || t->cfg.stopping(t->cfg.user))
			return failed(t, "takes nothing", ETIMEDOUT, err);
	}
	return 0;
}

/* N bytes at DATA, or one datagram of them. Negative errno; the bytes that were taken else. */
static ssize_t send_some(struct target *t, const char *data, size_t n, struct error *err)
{
	int64_t until_ms = monotonic_ms() + SEND_MS;

	for (;;) {
		ssize_t sent = send(t->fd, data, n, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent >= 0)
			return sent;
		if (errno == ENOBUFS) {
			(void)redis_wait(-1, 0, OUT_NAP_MS, -1);
			if (monotonic_ms() > until_ms)
				return failed(t, "takes nothing", ENOBUFS, err);
		} else if (errno == EAGAIN) {
			if (wait_out(t, until_ms, err) < 0)
				return ERR_SYSTEM;
		} else if (errno != EINTR) {
			return failed(t, "refused", errno, err);
		}
	}
}

static int flush_datagrams(struct target *t, struct error *err)
{
	const size_t *lengths = (const size_t *)(const void *)t->lengths.data;
	size_t n = t->lengths.len / sizeof(*lengths);
	int why = 0;
	socklen_t size = sizeof(why);

	while (t->sent < n) {
		if (send_some(t, t->bytes.data + t->sent_bytes, lengths[t->sent], err) < 0)
			return ERR_SYSTEM;
		t->sent_bytes += lengths[t->sent++];
	}
	/* that nobody listens is told by the other host, and late: here when it is this one */
	if (getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &why, &size) == 0 && why != 0) {
		t->sent = t->sent_bytes = 0;
		return failed(t, "refused", why, err);
	}
	return 0;
}

/* Until the other host has acknowledged every byte: what only this one's memory has would be lost
 * when the connection breaks. */
static int wait_acknowledged(struct target *t, struct error *err)
{
	int64_t until_ms = monotonic_ms() + (t->cfg.stopping(t->cfg.user) ? LAST_ACK_MS : ACK_MS);
	char byte;

	for (;;) {
		int queued = 0;
		ssize_t n = recv(t->fd, &byte, 1, MSG_DONTWAIT);

		if (n == 0)
			return failed(t, "closed the connection", ECONNRESET, err);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return failed(t, "broke the connection", errno, err);
		if (ioctl(t->fd, SIOCOUTQ, &queued) < 0 || queued == 0)
			return 0;
		if (monotonic_ms() > until_ms)
			return failed(t, "does not acknowledge", ETIMEDOUT, err);
		(void)redis_wait(-1, 0, OUT_NAP_MS, -1);
	}
}

static int flush_stream(struct target *t, struct error *err)
{
	while (t->sent < t->bytes.len) {
		ssize_t n = send_some(t, t->bytes.data + t->sent, t->bytes.len - t->sent, err);

		if (n < 0)
			return (int)n;
		t->sent += (size_t)n;
	}
	return wait_acknowledged(t, err);
}

static int target_flush(void *target, struct error *err)
{
	struct target *t = target;
	int rc;

	if (t->bytes.len == 0)
		return 0;
	rc = dial(t, err);
	if (rc == 0)
		rc = t->over == OVER_TCP ? flush_stream(t, err) : flush_datagrams(t, err);
	if (rc < 0) {
		hang_up(t);
		return rc;
	}
	t->bytes.len = t->lengths.len = 0;
	t->sent = t->sent_bytes = 0;
	return 0;
}

static int target_put(void *target, const struct reader_entry *e, struct error *err)
{
	enum { COUNT_BYTES = 8 }; /* "65000 " and more */
	struct target *t = target;
	size_t start = t->bytes.len;
	size_t length;
	char count[COUNT_BYTES];
	int n;

	if (!frame_syslog(&t->bytes, e, t->max, NULL)) {
		t->bytes.len = start;
		return out_of_memory(err);
	}
	length = t->bytes.len - start;
	if (t->over == OVER_TCP) {
		if (!buffer_reserve(&t->bytes, COUNT_BYTES)) {
			t->bytes.len = start;
			return out_of_memory(err);
		}
		n = snprintf(count, sizeof(count), "%u ", (unsigned)length);
		memmove(t->bytes.data + start + n, t->bytes.data + start, length);
		memcpy(t->bytes.data + start, count, (size_t)n);
		t->bytes.len += (size_t)n;
	} else if (!buffer_add(&t->lengths, &length, sizeof(length))) {
		t->bytes.len = start;
		return out_of_memory(err);
	}
	return 0;
}

static void target_reopen(void *target)
{
	(void)target;
}

static void target_close(void *target)
{
	struct target *t = target;

	hang_up(t);
	buffer_done(&t->bytes);
	buffer_done(&t->lengths);
	free(t);
}

static int target_open(
	const char *where, const struct forward_target_config *cfg, void **ret, struct error *err)
{
	struct target *t = calloc(1, sizeof(*t));

	if (!t)
		return out_of_memory(err);
	t->fd = -1;
	t->cfg = *cfg;
	t->max = cfg->syslog_bytes;
	if (take_address(t, where, err) < 0) {
		free(t);
		return ERR_USAGE;
	}
	*ret = t;
	return 0;
}

const struct forward_target_type forward_target_syslog = {
	.name = "syslog",
	.open = target_open,
	.put = target_put,
	.flush = target_flush,
	.reopen = target_reopen,
	.close = target_close,
};
