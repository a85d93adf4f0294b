/* TLS on a connected socket [hiredis_ssl, OpenSSL]. Where hiredis has none (before 1.0) or there is
 * no OpenSSL, no_tls.c stands for it: rediss:// is refused then, and nothing is sent in the clear.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "common/error.h"
#include "redis/url.h"

/* Whether this build has it. */
bool redis_tls_available(void);

/* What the files of a URL hold; read once, so that connecting opens none. Shared: it is freed by as
 * many calls of redis_tls_files_free as there were of _new and _share. One thread at a time. */
struct redis_tls_files;

/* NULL with *err (ERR_USAGE), which names the file. */
struct redis_tls_files *redis_tls_files_new(const struct redis_url *url, struct error *err);
struct redis_tls_files *redis_tls_files_share(struct redis_tls_files *f); /* NULL allowed */
void redis_tls_files_free(struct redis_tls_files *f);                     /* NULL allowed */

struct redis_tls;

/* Shakes hands on FD (borrowed, non-blocking), at most for TIMEOUT_MS. The server's certificate
 * must be signed by one of the authorities and be that of NAME, a host or an address in figures.
 * NULL with *err. CANCEL_FD as in redis_wait. */
struct redis_tls *redis_tls_start(struct redis_tls_files *f, int fd, const char *name,
	int timeout_ms, int cancel_fd, struct error *err);
void redis_tls_free(struct redis_tls *t); /* NULL allowed; leaves the socket open */

/* As send and recv on a non-blocking socket: the number of bytes, 0 from redis_tls_recv when the
 * other end is done, or -1 with errno (EAGAIN: wait, then call again; of redis_tls_send with the
 * same bytes at least). A caller has SIGPIPE blocked or ignored. */
ssize_t redis_tls_send(struct redis_tls *t, const char *bytes, size_t n);
ssize_t redis_tls_recv(struct redis_tls *t, char *buf, size_t size);
