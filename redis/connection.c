#include "redis/connection.h"

#include <assert.h>
#include <errno.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "redis/cluster.h"
#include "redis/command_buffer.h"
#include "redis/connection_inside.h"
#include "redis/monotonic.h"
#include "redis/refusal.h"
#include "redis/tls/tls.h"

enum {
	REPLY_MS = 60000, /* for a whole reply, however it trickles */
	REPLY_MAX_BYTES = 64 << 20,
	REPLY_MAX_ITEMS = 1 << 18,
	REPLY_MAX_DEPTH = 8,
	LINE_MAX_BYTES = 64 << 10, /* of a status, an error or a length; hiredis searches its end
				      again at each arrival */
	RECEIVE_BYTES = 16 << 10,
	QUOTE_BYTES = 48,
	EARLY_BYTES = 64 << 10, /* of commands */
};

/* hiredis 1.0 widened the number of an array's items. */
#if HIREDIS_MAJOR >= 1
typedef size_t array_length;
#else
typedef int array_length;
#endif

typedef void *create_array_fn(const redisReadTask *task, array_length n);

struct redis_connection {
	struct redis_endpoint *endpoint; /* NULL: somebody else's */
	struct cluster *cluster; /* NULL: of one server; else most of the rest is not used */
	struct redis_tls *tls;   /* NULL: in the clear */
	int fd, cancel_fd, silence_ms;
	redisReader *reader;
	redisReplyObjectFunctions functions; /* hiredis' own, but for arrays */
	create_array_fn *create_array;       /* hiredis' own */
	size_t items;                        /* of the arrays of the reply being read */
	bool too_large;
	redisReply *reply;          /* the last one; freed by the next call */
	size_t outstanding;         /* replies that are still to be read */
	struct command_buffer out;  /* commands that are still to be sent */
	size_t early_at;            /* the length at which redis_send_early sends */
	char received[QUOTE_BYTES]; /* start of what was received last */
	uint32_t received_len;
	bool needs_operator, wants_reconnect; /* after the last refusal */
	struct error broken;                  /* code 0 while the connection is good */
	char name[sizeof(((struct redis_url *)NULL)->name)];
};

/* The connection cannot be used any more, and says why to every later call. */
static int break_off(struct redis_connection *c, struct error *err)
{
	c->outstanding = 0;
	c->out.len = 0;
	c->needs_operator = false;
	c->wants_reconnect = false;
	if (err)
		*err = c->broken;
	return c->broken.code;
}

static int out_of_memory(struct redis_connection *c, struct error *err)
{
	error_set(&c->broken, ERR_SYSTEM, "out of memory");
	return break_off(c, err);
}

int redis_nonsense(struct redis_connection *c, const char *what, struct error *err)
{
	error_set(&c->broken, ERR_REDIS, "%s answered %s with what Redis would not; is it Redis?",
		c->name, what);
	return break_off(c, err);
}

/* ---- errors that Redis itself reports ---- */

bool redis_needs_operator(const struct redis_connection *c)
{
	return c->needs_operator;
}

void redis_set_needs_operator(struct redis_connection *c, bool needs_operator)
{
	c->needs_operator = needs_operator;
}

bool redis_wants_reconnect(const struct redis_connection *c)
{
	return c->wants_reconnect;
}

bool redis_is_broken(const struct redis_connection *c)
{
	return c->broken.code != 0;
}

int redis_refused(struct redis_connection *c, const struct redis_reply *r, struct error *err)
{
	const struct refusal *known = refusal_find(r->str);
	char text[400];

	c->needs_operator = known->class == REFUSAL_OPERATOR || known->class == REFUSAL_BUG;
	c->wants_reconnect = known->class == REFUSAL_FOLLOW;
	str_printable(text, sizeof(text), r->str);
	if (!known->remedy)
		return error_set(err, ERR_REDIS, "%s refused: %s", c->name, text);
	return error_set(err, ERR_REDIS, "%s refused: %s (%s)", c->name, text, known->remedy);
}

/* ---- the wire ---- */

static int quiet(struct redis_connection *c, int ms, struct error *err)
{
	error_set(&c->broken, ERR_REDIS,
		"%s did not answer within %d s; is it stopped, overloaded, or not Redis?", c->name,
		ms / 1000);
	return break_off(c, err);
}

static int gone(struct redis_connection *c, int errnum, struct error *err)
{
	const char *hint = "did it stop or crash, or does it expect TLS or another protocol?";

	if (errnum != 0)
		error_set_errno(&c->broken, ERR_REDIS, errnum, "%s broke the connection (%s)",
			c->name, hint);
	else
		error_set(&c->broken, ERR_REDIS, "%s closed the connection; %s", c->name, hint);
	return break_off(c, err);
}

static int give_up(struct redis_connection *c, struct error *err)
{
	error_set(&c->broken, ERR_REDIS, "%s was not waited for any longer", c->name);
	return break_off(c, err);
}

/* Waits until the socket is ready for EVENTS. */
static int wait_ready(
	struct redis_connection *c, short events, int64_t timeout_ms, struct error *err)
{
	switch (redis_wait(c->fd, events, timeout_ms, c->cancel_fd)) {
	case REDIS_WAIT_CANCELLED:
		return give_up(c, err);
	case REDIS_WAIT_TIMEOUT:
		return quiet(c, c->silence_ms, err);
	case REDIS_WAIT_READY:
		break;
	}
	return 0;
}

/* Sends what goes without waiting of what is queued. */
static ssize_t send_some(struct redis_connection *c, size_t sent)
{
	const char *at = c->out.bytes + sent;

	if (c->tls)
		return redis_tls_send(c->tls, at, c->out.len - sent);
	return send(c->fd, at, c->out.len - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static int send_queued(struct redis_connection *c, struct error *err)
{
	size_t sent = 0;

	while (sent < c->out.len) {
		ssize_t n = send_some(c, sent);

		if (n >= 0)
			sent += (size_t)n;
		else if (errno == EPIPE || errno == ECONNRESET)
			break; /* it may have said why before it closed: read that first */
		else if (errno != EAGAIN && errno != EINTR)
			return gone(c, errno, err);
		else if (errno == EAGAIN && wait_ready(c, POLLOUT, c->silence_ms, err) < 0)
			return c->broken.code;
	}
	c->out.len = 0;
	c->early_at = EARLY_BYTES;
	return 0;
}

static int receive(struct redis_connection *c, int64_t timeout_ms, size_t *bytes, struct error *err)
{
	char buf[RECEIVE_BYTES];
	ssize_t n;

	for (;;) {
		n = c->tls ? redis_tls_recv(c->tls, buf, sizeof(buf))
			   : recv(c->fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (n >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
		if (wait_ready(c, POLLIN, timeout_ms < c->silence_ms ? timeout_ms : c->silence_ms,
			    err) < 0)
			return c->broken.code;
	}
	if (n <= 0)
		return gone(c, n < 0 ? errno : 0, err);
	c->received_len = n < QUOTE_BYTES ? (uint32_t)n : QUOTE_BYTES;
	memcpy(c->received, buf, c->received_len);
	*bytes += (size_t)n;
	return redisReaderFeed(c->reader, buf, (size_t)n) == REDIS_OK ? 0 : out_of_memory(c, err);
}

int connection_foreign(struct redis_connection *c, struct error *err)
{
	char quote[QUOTE_BYTES];

	str_printable(quote, sizeof(quote), (struct str){c->received, c->received_len});
	if (c->too_large)
		error_set(&c->broken, ERR_REDIS,
			"%s sent a reply larger than Redis would here (\"%s\"); is it Redis?",
			c->name, quote);
	else if (c->reader->err == REDIS_ERR_OOM)
		return out_of_memory(c, err);
	else
		error_set(&c->broken, ERR_REDIS,
			"%s does not speak Redis' protocol (it sent \"%s\"); check host and port",
			c->name, quote);
	return break_off(c, err);
}

/* An array's items are allocated as its length is read, before any of them has arrived. */
static void *create_array(const redisReadTask *task, array_length n)
{
	struct redis_connection *c = task->privdata;
	int depth = 1;

	for (const redisReadTask *t = task->parent; t && depth <= REPLY_MAX_DEPTH; t = t->parent)
		depth++;
	if (depth > REPLY_MAX_DEPTH || (size_t)n > REPLY_MAX_ITEMS - c->items) {
		c->too_large = true;
		return NULL;
	}
	c->items += (size_t)n;
	return c->create_array(task, n);
}

/* ---- replies ---- */

static bool wrap(const redisReply *r, struct redis_reply *ret)
{
	*ret = (struct redis_reply){.impl = r};
	switch (r->type) {
	case REDIS_REPLY_NIL:
		ret->kind = REDIS_NIL;
		return true;
	case REDIS_REPLY_INTEGER:
		ret->kind = REDIS_INTEGER;
		ret->integer = r->integer;
		return true;
	case REDIS_REPLY_ARRAY:
		ret->kind = REDIS_ARRAY;
		ret->n = r->elements;
		return true;
	case REDIS_REPLY_STATUS:
		ret->kind = REDIS_STATUS;
		break;
	case REDIS_REPLY_STRING:
		ret->kind = REDIS_STRING;
		break;
	case REDIS_REPLY_ERROR:
		ret->kind = REDIS_ERROR;
		break;
	default: /* of version 3 of the protocol, which was not asked for */
		return false;
	}
	ret->str = (struct str){r->str, (uint32_t)r->len};
	return true;
}

struct redis_reply redis_reply_at(const struct redis_reply *r, size_t i)
{
	const redisReply *array = r->impl;
	struct redis_reply ret;

	assert(r->kind == REDIS_ARRAY && i < r->n);
	if (!wrap(array->element[i], &ret))
		ret.kind = REDIS_NIL;
	return ret;
}

static void forget_reply(struct redis_connection *c)
{
	if (c->reply)
		freeReplyObject(c->reply);
	c->reply = NULL;
}

/* ---- commands ---- */

/* Whether C takes a command now. The last reply is not valid any more. */
static int begin_append(struct redis_connection *c, struct error *err)
{
	forget_reply(c);
	return c->broken.code != 0 ? break_off(c, err) : 0;
}

int redis_append(struct redis_connection *c, int argc, const struct str *argv, struct error *err)
{
	int rc = begin_append(c, err);

	if (rc < 0)
		return rc;
	if (c->cluster)
		return cluster_append(c->cluster, argc, argv, err);
	if (!command_buffer_add(&c->out, argc, argv))
		return out_of_memory(c, err);
	c->outstanding++;
	return 0;
}

int connection_append_written(struct redis_connection *c, const char *bytes, size_t n,
	size_t n_replies, struct error *err)
{
	int rc = begin_append(c, err);

	if (rc < 0)
		return rc;
	if (!command_buffer_copy(&c->out, bytes, n))
		return out_of_memory(c, err);
	c->outstanding += n_replies;
	return 0;
}

void redis_send_early(struct redis_connection *c, bool all)
{
	ssize_t n;

	if (c->cluster && c->broken.code == 0)
		cluster_send_early(c->cluster, all);
	if (c->broken.code != 0 || c->out.len == 0 || (!all && c->out.len < c->early_at))
		return;
	n = send_some(c, 0);
	if (n > 0)
		command_buffer_drop(&c->out, (size_t)n);
	c->early_at = c->out.len + EARLY_BYTES;
}

/* What has arrived of an item begins with a line. */
static bool line_too_long(const redisReader *r)
{
	return r->len - r->pos > LINE_MAX_BYTES && !memchr(r->buf + r->pos, '\n', LINE_MAX_BYTES);
}

int redis_read(struct redis_connection *c, struct redis_reply *ret, struct error *err)
{
	int64_t end = 0; /* not yet known */
	size_t bytes = 0;
	void *reply = NULL;

	memset(ret, 0, sizeof(*ret));
	forget_reply(c);
	if (c->broken.code != 0)
		return break_off(c, err);
	if (c->cluster)
		return cluster_read(c->cluster, ret, err);
	assert(c->outstanding > 0);
	c->items = 0;
	if (c->out.len > 0 && send_queued(c, err) < 0)
		return c->broken.code;
	for (;;) {
		if (redisReaderGetReply(c->reader, &reply) != REDIS_OK)
			return connection_foreign(c, err);
		if (reply)
			break;
		c->too_large = bytes > REPLY_MAX_BYTES || line_too_long(c->reader);
		if (c->too_large)
			return connection_foreign(c, err);
		if (end == 0)
			end = monotonic_ms() + REPLY_MS;
		else if (monotonic_ms() > end)
			return quiet(c, REPLY_MS, err);
		if (receive(c, end - monotonic_ms(), &bytes, err) < 0)
			return c->broken.code;
	}
	c->outstanding--;
	c->reply = reply;
	if (!wrap(c->reply, ret))
		return connection_foreign(c, err);
	return ret->kind == REDIS_ERROR ? redis_refused(c, ret, err) : 0;
}

int redis_command(struct redis_connection *c, int argc, const struct str *argv,
	struct redis_reply *ret, struct error *err)
{
	int rc;

	memset(ret, 0, sizeof(*ret));
	assert(c->outstanding == 0);
	rc = redis_append(c, argc, argv, err);
	return rc < 0 ? rc : redis_read(c, ret, err);
}

/* ---- making and ending ---- */

struct redis_connection *connection_new(const char *name, int cancel_fd, int silence_ms)
{
	struct redis_connection *c = calloc(1, sizeof(*c));

	if (c)
		c->reader = redisReaderCreate();
	if (!c || !c->reader) {
		free(c);
		return NULL;
	}
	snprintf(c->name, sizeof(c->name), "%s", name);
	c->fd = -1;
	c->cancel_fd = cancel_fd;
	c->silence_ms = silence_ms;
	c->early_at = EARLY_BYTES;
	c->functions = *c->reader->fn;
	c->create_array = c->functions.createArray;
	c->functions.createArray = create_array;
	c->reader->fn = &c->functions;
	c->reader->privdata = c;
	return c;
}

void connection_attach(struct redis_connection *c, int fd)
{
	c->fd = fd;
}

void connection_attach_tls(struct redis_connection *c, struct redis_tls *t)
{
	c->tls = t;
}

void connection_attach_cluster(struct redis_connection *c, struct cluster *cl)
{
	c->cluster = cl;
}

struct cluster *connection_cluster(const struct redis_connection *c)
{
	return c->cluster;
}

void connection_attach_endpoint(struct redis_connection *c, struct redis_endpoint *e)
{
	c->endpoint = e;
}

void connection_copy_blame(struct redis_connection *c, const struct redis_connection *from)
{
	if (from->broken.code != 0)
		connection_break(c, &from->broken, NULL);
	c->needs_operator = from->needs_operator;
	c->wants_reconnect = from->wants_reconnect;
}

int connection_break(struct redis_connection *c, const struct error *why, struct error *err)
{
	c->broken = *why;
	return break_off(c, err);
}

int connection_nap(struct redis_connection *c, int ms, struct error *err)
{
	if (redis_wait(-1, 0, ms, c->cancel_fd) == REDIS_WAIT_CANCELLED)
		return give_up(c, err);
	return 0;
}

void redis_close(struct redis_connection *c)
{
	if (!c)
		return;
	forget_reply(c);
	if (c->reader)
		redisReaderFree(c->reader);
	redis_tls_free(c->tls);
	if (c->fd >= 0)
		close(c->fd);
	command_buffer_free(&c->out);
	cluster_free(c->cluster);
	redis_endpoint_free(c->endpoint);
	free(c);
}
