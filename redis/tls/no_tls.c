#include "redis/tls/tls.h"

#include <stdlib.h>

bool redis_tls_available(void)
{
	return false;
}

/* redis_url_parse refuses what would lead to any of these. */

struct redis_tls_files *redis_tls_files_new(const struct redis_url *url, struct error *err)
{
	(void)url;
	error_set(err, ERR_USAGE, "this build has no TLS");
	return NULL;
}

struct redis_tls_files *redis_tls_files_share(struct redis_tls_files *f)
{
	return f;
}

void redis_tls_files_free(struct redis_tls_files *f)
{
	(void)f;
}

struct redis_tls *redis_tls_start(struct redis_tls_files *f, int fd, const char *name,
	int timeout_ms, int cancel_fd, struct error *err)
{
	(void)f, (void)fd, (void)name, (void)timeout_ms, (void)cancel_fd;
	error_set(err, ERR_USAGE, "this build has no TLS");
	return NULL;
}

void redis_tls_free(struct redis_tls *t)
{
	(void)t;
}

ssize_t redis_tls_send(struct redis_tls *t, const char *bytes, size_t n)
{
	(void)t, (void)bytes, (void)n;
	abort();
}

ssize_t redis_tls_recv(struct redis_tls *t, char *buf, size_t size)
{
	(void)t, (void)buf, (void)size;
	abort();
}
