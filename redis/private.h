/* A Redis server of our own: redis-server or valkey-server (found through PATH) on a unix socket
 * under the state directory, append-only, noeviction, started by its first user and stopped by its
 * last. A user is an open struct private_redis: it holds a shared flock on DIR/users.lock, which
 * the kernel drops when the process ends, however it ends. Starting and stopping are serialised by
 * DIR/start.lock. A server whose last user was killed goes on until the next last user leaves. */
#pragma once

#include "common/error.h"

struct private_redis;

/* Starts or joins the server whose files are in STATE_DIR/redis (created with its parents, mode
 * 0700). Waits until it answers. NULL with *err: neither server is installed, the directory cannot
 * be written or its path is too long for a socket, the server did not start (its log's last line is
 * quoted). */
struct private_redis *private_redis_open(const char *state_dir, struct error *err);

/* Leaves; the last user shuts the server down with its data on disk. NULL allowed. */
void private_redis_close(struct private_redis *r);

const char *private_redis_url(const struct private_redis *r); /* "unix:///.../redis.sock" */
const char *private_redis_socket(const struct private_redis *r);
