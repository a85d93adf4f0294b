/* The control socket: the process's only listener, a unix stream socket of mode 0600 in the state
 * directory. Who may open it may ask: root, and the user who runs the sensor.
 * Protocol: a client sends one line, gets one line of JSON, and the server closes. Requests:
 * "ping", "status", "canary", "reload", "stop", "baseline". Answers: {"ok":true,...} or
 * {"ok":false,"code":"config","error":"..."} with code one of usage, config, input, redis, system.
 * A client that is slow, talks too much or never ends costs one of CONTROL_MAX_CLIENTS places for
 * at most CONTROL_CLIENT_MS; when all are taken the one that has asked nothing for longest goes. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/un.h>

#include "common/error.h"

struct json_writer;

enum {
	CONTROL_PATH_BYTES = sizeof(((struct sockaddr_un *)NULL)->sun_path),
	CONTROL_REQUEST_BYTES = 4096, /* with the newline */
	CONTROL_MAX_CLIENTS = 8,
	CONTROL_CLIENT_MS = 5000,
};

#define CONTROL_SUFFIX ".control"

/* The socket of the sensor NAME: STATE_DIR/NAME.control, into PATH of CONTROL_PATH_BYTES. ERR_USAGE
 * when that is longer than a unix socket's path can be (said with the limit), or NAME is no file
 * name. */
int control_path(const char *state_dir, const char *name, char *path, struct error *err);

/* Who asks, as the kernel says it (SO_PEERCRED): for audit events. */
struct control_peer {
	pid_t pid;
	uid_t uid;
};

/* Does what was asked, in the control thread: no two at once, but beside all other threads. Writes
 * members of the answer (json_key and a value, no braces around them). 0, or negative with *err:
 * the answer is then "ok":false with its text, and what W got as well. Other clients wait
 * meanwhile. */
typedef int control_op(
	void *user, const struct control_peer *peer, struct json_writer *w, struct error *err);

struct control_ops {
	control_op *status;
	control_op *canary;
	control_op *reload;
	control_op *stop;     /* only asks the sensor to end: the answer must still be sent */
	control_op *baseline; /* what was learned; NULL: no such request */
};

/* What the socket has seen since control_start. */
struct control_counters {
	uint64_t requests;  /* understood and handed to an op, pings included */
	uint64_t malformed; /* unknown, too long, with control characters, or cut short */
	uint64_t timed_out; /* nothing complete within CONTROL_CLIENT_MS, or answer not taken */
	uint64_t evicted;   /* had to make place */
	uint64_t failed;    /* could not be accepted, or no memory for the answer */
};

struct control;

/* Listens on PATH (control_path) with a lock beside it, PATH.lock, that the kernel drops when the
 * process ends: a socket left by one that was killed is replaced, a second sensor of the same name
 * is refused (ERR_USAGE, with the process that is there). STATE_DIR must exist. Connections wait
 * until control_start. NULL with *err. */
struct control *control_open(const char *path, struct error *err);

/* The listening descriptor, for sandbox_config. */
int control_fd(const struct control *c);

/* Starts the thread; OPS is copied, USER borrowed until control_close. Before sandbox_enter; the
 * ops may be called at once. */
int control_start(struct control *c, const struct control_ops *ops, void *user, struct error *err);

/* Any thread. */
void control_counters(const struct control *c, struct control_counters *ret);

/* Sends what is left to send for at most a second, joins the thread, removes the socket. NULL
 * allowed. Works confined. Not from an op. */
void control_close(struct control *c);
