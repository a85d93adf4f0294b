#include "sensor/control/control.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "sensor/control/client.h"
#include "sensor/control/listener.h"

enum { LAST_WORDS_MS = 1000, ACCEPT_PAUSE_MS = 100, POLL_WAKE = 0, POLL_LISTENER, POLL_CLIENTS };

enum counter { REQUESTS, MALFORMED, TIMED_OUT, EVICTED, FAILED, N_COUNTERS };

struct control {
	struct control_listener listener;
	struct control_ops ops;
	void *user;
	pthread_t thread;
	bool started;
	int wake_fd;
	atomic_bool stop;
	_Atomic uint64_t counters[N_COUNTERS];
	uint64_t accepted;
	uint64_t accept_from_ms; /* a failed accept is not tried again at once */
	struct control_client clients[CONTROL_MAX_CLIENTS];
};

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void count(struct control *c, enum counter which)
{
	atomic_fetch_add_explicit(&c->counters[which], 1, memory_order_relaxed);
}

struct control *control_open(const char *path, struct error *err)
{
	struct control *c = calloc(1, sizeof(*c));

	if (!c) {
		error_set(err, ERR_SYSTEM, "not enough memory for the control socket");
		return NULL;
	}
	for (size_t i = 0; i < CONTROL_MAX_CLIENTS; i++)
		c->clients[i].fd = -1;
	c->wake_fd = -1;
	if (listener_open(&c->listener, path, err) < 0) {
		control_close(c);
		return NULL;
	}
	c->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (c->wake_fd < 0) {
		error_set_errno(err, ERR_SYSTEM, errno, "cannot serve %s", path);
		control_close(c);
		return NULL;
	}
	return c;
}

int control_fd(const struct control *c)
{
	return c->listener.fd;
}

void control_counters(const struct control *c, struct control_counters *ret)
{
	uint64_t now[N_COUNTERS];

	for (size_t i = 0; i < N_COUNTERS; i++)
		now[i] = atomic_load_explicit(&c->counters[i], memory_order_relaxed);
	*ret = (struct control_counters){
		.requests = now[REQUESTS],
		.malformed = now[MALFORMED],
		.timed_out = now[TIMED_OUT],
		.evicted = now[EVICTED],
		.failed = now[FAILED],
	};
}

/* ---- requests ---- */

static int do_ping(
	void *user, const struct control_peer *peer, struct json_writer *w, struct error *err)
{
	(void)user;
	(void)peer;
	(void)err;
	json_key(w, "pid");
	json_i64(w, getpid());
	json_key(w, "version");
	json_text(w, VEDETTE_VERSION);
	return 0;
}

static control_op *find_op(const struct control *c, const char *request)
{
	const struct {
		const char *name;
		control_op *op;
	} known[] = {{"ping", do_ping}, {"status", c->ops.status}, {"canary", c->ops.canary},
		{"reload", c->ops.reload}, {"stop", c->ops.stop}, {"baseline", c->ops.baseline}};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i].name, request) == 0)
			return known[i].op;
	}
	return NULL;
}

static void answer(struct control *c, struct control_client *k, const struct error *err,
	const struct json_writer *members)
{
	if (!client_answer(k, err, members))
		count(c, FAILED);
	k->until_ms = now_ms() + CONTROL_CLIENT_MS;
}

static void refuse(struct control *c, struct control_client *k, const char *what)
{
	struct json_writer nothing;
	struct error err;

	count(c, MALFORMED);
	json_init(&nothing);
	error_set(&err, ERR_USAGE,
		"%s; write one line: ping, status, canary, reload, stop or baseline", what);
	answer(c, k, &err, &nothing);
}

static void serve(struct control *c, struct control_client *k)
{
	bool whole = strlen(k->request) == k->request_len;
	control_op *op = whole ? find_op(c, k->request) : NULL;
	uint64_t began_ms = now_ms();
	struct json_writer members;
	struct error err = {ERR_OK, ""};
	int rc;

	if (!op) {
		refuse(c, k, "no such request");
		return;
	}
	count(c, REQUESTS);
	json_init(&members);
	rc = op(c->user, &k->peer, &members, &err);
	answer(c, k, rc < 0 ? &err : NULL, &members);
	json_done(&members);
	/* The others could not be heard meanwhile. */
	for (size_t i = 0; i < CONTROL_MAX_CLIENTS; i++) {
		if (&c->clients[i] != k)
			c->clients[i].until_ms += now_ms() - began_ms;
	}
}

static void advance(struct control *c, struct control_client *k)
{
	enum client_state state = k->answering ? CLIENT_WAITS : client_read(k);

	if (state == CLIENT_ASKS)
		serve(c, k);
	else if (state == CLIENT_TOO_LONG)
		refuse(c, k, "the request is too long");
	else if (state == CLIENT_CUT_SHORT)
		count(c, MALFORMED);
	if (k->answering)
		state = client_write(k);
	if (state == CLIENT_DONE || state == CLIENT_CUT_SHORT)
		client_end(k);
}

/* ---- connections ---- */

/* A free place, else that of the client that has been there longest; one that waits for its answer
 * goes only when all do. */
static struct control_client *make_place(struct control *c)
{
	struct control_client *oldest = NULL;

	for (size_t i = 0; i < CONTROL_MAX_CLIENTS; i++) {
		struct control_client *k = &c->clients[i];

		if (k->fd < 0)
			return k;
		if (!oldest || k->answering < oldest->answering ||
			(k->answering == oldest->answering && k->order < oldest->order))
			oldest = k;
	}
	count(c, EVICTED);
	client_end(oldest);
	return oldest;
}

static void accept_client(struct control *c)
{
	int fd = accept4(c->listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct control_client *k;

	if (fd < 0) {
		if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
			return;
		count(c, FAILED);
		c->accept_from_ms = now_ms() + ACCEPT_PAUSE_MS;
		return;
	}
	k = make_place(c);
	client_begin(k, fd);
	k->order = c->accepted++;
	k->until_ms = now_ms() + CONTROL_CLIENT_MS;
}

static void end_late_clients(struct control *c, uint64_t now)
{
	for (size_t i = 0; i < CONTROL_MAX_CLIENTS; i++) {
		if (c->clients[i].fd < 0 || now < c->clients[i].until_ms)
			continue;
		count(c, TIMED_OUT);
		client_end(&c->clients[i]);
	}
}

/* ---- the thread ---- */

/* What to wait for; returns for how long, in ms, -1 for as long as it takes. */
static int prepare_poll(const struct control *c, struct pollfd *fds, uint64_t now)
{
	bool stopping = atomic_load(&c->stop);
	uint64_t next_ms = UINT64_MAX;

	fds[POLL_WAKE] = (struct pollfd){.fd = stopping ? -1 : c->wake_fd, .events = POLLIN};
	fds[POLL_LISTENER] = (struct pollfd){.fd = c->listener.fd, .events = POLLIN};
	if (stopping || now < c->accept_from_ms) {
		fds[POLL_LISTENER].fd = -1;
		next_ms = stopping ? next_ms : c->accept_from_ms;
	}
	for (size_t i = 0; i < CONTROL_MAX_CLIENTS; i++) {
		const struct control_client *k = &c->clients[i];

		fds[POLL_CLIENTS + i] =
			(struct pollfd){.fd = k->fd, .events = k->answering ? POLLOUT : POLLIN};
		if (k->fd >= 0 && k->until_ms < next_ms)
			next_ms = k->until_ms;
	}
	if (next_ms == UINT64_MAX)
		return -1;
	return next_ms > now ? (int)(next_ms - now) : 0;
}

/* Whoever has asked nothing yet is sent away, the others get at most LAST_WORDS_MS. False: nobody
 * is left. */
static bool last_words(struct control *c, uint64_t now)
{
	bool any = false;

	for (size_t i = 0; i < CONTROL_MAX_CLIENTS; i++) {
		struct control_client *k = &c->clients[i];

		if (k->fd >= 0 && !k->answering)
			client_end(k);
		if (k->fd < 0)
			continue;
		any = true;
		if (k->until_ms > now + LAST_WORDS_MS)
			k->until_ms = now + LAST_WORDS_MS;
	}
	return any;
}

static void *thread_main(void *arg)
{
	struct control *c = arg;
	struct pollfd fds[POLL_CLIENTS + CONTROL_MAX_CLIENTS];

	for (;;) {
		uint64_t now = now_ms();

		if (atomic_load(&c->stop) && !last_words(c, now))
			return NULL;
		if (poll(fds, POLL_CLIENTS + CONTROL_MAX_CLIENTS, prepare_poll(c, fds, now)) < 0)
			continue; /* a signal, or no memory for a moment */
		for (size_t i = 0; i < CONTROL_MAX_CLIENTS; i++) {
			/* its place may have changed hands since */
			if (fds[POLL_CLIENTS + i].revents != 0 &&
				c->clients[i].fd == fds[POLL_CLIENTS + i].fd)
				advance(c, &c->clients[i]);
		}
		end_late_clients(c, now_ms());
		if (fds[POLL_LISTENER].revents != 0)
			accept_client(c);
	}
}

/* Signals are for the main thread, but for those that the kernel aims at whoever caused them. */
static void block_signals(sigset_t *ret_old)
{
	static const int own[] = {SIGSYS, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP};
	sigset_t all;

	sigfillset(&all);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		sigdelset(&all, own[i]);
	pthread_sigmask(SIG_SETMASK, &all, ret_old);
}

int control_start(struct control *c, const struct control_ops *ops, void *user, struct error *err)
{
	sigset_t old;
	int rc;

	c->ops = *ops;
	c->user = user;
	block_signals(&old);
	rc = pthread_create(&c->thread, NULL, thread_main, c);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc != 0)
		return error_set_errno(
			err, ERR_SYSTEM, rc, "cannot start the control socket's thread");
	c->started = true;
	return 0;
}

void control_close(struct control *c)
{
	static const uint64_t one = 1;

	if (!c)
		return;
	if (c->started) {
		ssize_t n;

		atomic_store(&c->stop, true);
		n = write(c->wake_fd, &one, sizeof(one));
		(void)n; /* fails only when the counter is full, and then the thread wakes as well
			  */
		pthread_join(c->thread, NULL);
	}
	listener_close(&c->listener);
	if (c->wake_fd >= 0)
		close(c->wake_fd);
	free(c);
}
