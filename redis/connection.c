#include "redis/connection.h"

#include <assert.h>
#include <errno.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/decimal.h"
#include "redis/monotonic.h"
#include "redis/refusal.h"

enum {
	SILENCE_MS = 5000,  /* to connect, and without a byte in or out */
	REPLY_MS = 60000,   /* for a whole reply, however it trickles */
	LOADING_MS = 60000, /* for Redis to have read its data */
	LOADING_NAP_MS = 100,
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
	int fd, cancel_fd;
	redisReader *reader;
	redisReplyObjectFunctions functions; /* hiredis' own, but for arrays */
	create_array_fn *create_array;       /* hiredis' own */
	size_t items;                        /* of the arrays of the reply being read */
	bool too_large;
	redisReply *reply;  /* the last one; freed by the next call */
	size_t outstanding; /* replies that are still to be read */
	char *out;          /* commands that are still to be sent */
	size_t out_len, out_capacity;
	size_t early_at;            /* the length at which redis_send_early sends */
	char received[QUOTE_BYTES]; /* start of what was received last */
	uint32_t received_len;
	bool needs_operator; /* after the last refusal */
	struct error broken; /* code 0 while the connection is good */
	char name[sizeof(((struct redis_url *)NULL)->name)];
};

/* The connection cannot be used any more, and says why to every later call. */
static int break_off(struct redis_connection *c, struct error *err)
{
	c->outstanding = 0;
	c->out_len = 0;
	c->needs_operator = false;
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

bool redis_is_broken(const struct redis_connection *c)
{
	return c->broken.code != 0;
}

int redis_refused(struct redis_connection *c, const struct redis_reply *r, struct error *err)
{
	const struct refusal *known = refusal_find(r->str);
	char text[400];

	c->needs_operator = known->class == REFUSAL_OPERATOR || known->class == REFUSAL_BUG;
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
		return quiet(c, SILENCE_MS, err);
	case REDIS_WAIT_READY:
		break;
	}
	return 0;
}

static int send_queued(struct redis_connection *c, struct error *err)
{
	size_t sent = 0;

	while (sent < c->out_len) {
		ssize_t n =
			send(c->fd, c->out + sent, c->out_len - sent, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n >= 0)
			sent += (size_t)n;
		else if (errno == EPIPE || errno == ECONNRESET)
			break; /* it may have said why before it closed: read that first */
		else if (errno != EAGAIN && errno != EINTR)
			return gone(c, errno, err);
		else if (errno == EAGAIN && wait_ready(c, POLLOUT, SILENCE_MS, err) < 0)
			return c->broken.code;
	}
	c->out_len = 0;
	c->early_at = EARLY_BYTES;
	return 0;
}

static int receive(struct redis_connection *c, int64_t timeout_ms, size_t *bytes, struct error *err)
{
	char buf[RECEIVE_BYTES];
	ssize_t n;

	for (;;) {
		n = recv(c->fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (n >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
		if (wait_ready(c, POLLIN, timeout_ms < SILENCE_MS ? timeout_ms : SILENCE_MS, err) <
			0)
			return c->broken.code;
	}
	if (n <= 0)
		return gone(c, n < 0 ? errno : 0, err);
	c->received_len = n < QUOTE_BYTES ? (uint32_t)n : QUOTE_BYTES;
	memcpy(c->received, buf, c->received_len);
	*bytes += (size_t)n;
	return redisReaderFeed(c->reader, buf, (size_t)n) == REDIS_OK ? 0 : out_of_memory(c, err);
}

static int foreign(struct redis_connection *c, struct error *err)
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

static char *put_head(char *at, char kind, size_t n)
{
	*at = kind;
	at = decimal_put(at + 1, n);
	memcpy(at, "\r\n", 2);
	return at + 2;
}

static bool reserve(struct redis_connection *c, size_t n)
{
	size_t capacity = 2 * (c->out_len + n);
	char *out;

	if (n <= c->out_capacity - c->out_len)
		return true;
	out = realloc(c->out, capacity);
	if (!out)
		return false;
	c->out = out;
	c->out_capacity = capacity;
	return true;
}

int redis_append(struct redis_connection *c, int argc, const struct str *argv, struct error *err)
{
	enum { HEAD_BYTES = 1 + DECIMAL_BYTES + 2 };
	size_t most = HEAD_BYTES;
	char *at;

	forget_reply(c);
	if (c->broken.code != 0)
		return break_off(c, err);
	for (int i = 0; i < argc; i++)
		most += HEAD_BYTES + argv[i].len + 2;
	if (!reserve(c, most))
		return out_of_memory(c, err);
	at = put_head(c->out + c->out_len, '*', (size_t)argc);
	for (int i = 0; i < argc; i++) {
		at = put_head(at, '$', argv[i].len);
		if (argv[i].len > 0)
			memcpy(at, argv[i].data, argv[i].len);
		at += argv[i].len;
		memcpy(at, "\r\n", 2);
		at += 2;
	}
	c->out_len = (size_t)(at - c->out);
	c->outstanding++;
	return 0;
}

void redis_send_early(struct redis_connection *c, bool all)
{
	ssize_t n;

	if (c->broken.code != 0 || c->out_len == 0 || (!all && c->out_len < c->early_at))
		return;
	n = send(c->fd, c->out, c->out_len, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n > 0) {
		c->out_len -= (size_t)n;
		memmove(c->out, c->out + n, c->out_len);
	}
	c->early_at = c->out_len + EARLY_BYTES;
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
	assert(c->outstanding > 0);
	c->items = 0;
	if (c->out_len > 0 && send_queued(c, err) < 0)
		return c->broken.code;
	for (;;) {
		if (redisReaderGetReply(c->reader, &reply) != REDIS_OK)
			return foreign(c, err);
		if (reply)
			break;
		c->too_large = bytes > REPLY_MAX_BYTES || line_too_long(c->reader);
		if (c->too_large)
			return foreign(c, err);
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
		return foreign(c, err);
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

/* ---- opening ---- */

/* Sends one command during the opening and wants the status WANTED. */
static int greet(struct redis_connection *c, int argc, const struct str *argv, const char *wanted,
	struct redis_reply *ret, struct error *err)
{
	int rc = redis_command(c, argc, argv, ret, err);

	if (rc < 0)
		return rc;
	if (ret->kind != REDIS_STATUS || !str_eq(ret->str, str_from(wanted)))
		return foreign(c, err);
	return 0;
}

static int ping(struct redis_connection *c, struct error *err)
{
	struct str command = STR("PING");
	int64_t end = monotonic_ms() + LOADING_MS;
	struct redis_reply r;

	for (;;) {
		int rc = greet(c, 1, &command, "PONG", &r, err);

		if (rc == 0 || r.kind != REDIS_ERROR || monotonic_ms() > end)
			return rc;
		if (r.str.len < 7 || memcmp(r.str.data, "LOADING", 7) != 0)
			return rc;
		if (redis_wait(-1, 0, LOADING_NAP_MS, c->cancel_fd) == REDIS_WAIT_CANCELLED)
			return give_up(c, err);
	}
}

static int log_in(struct redis_connection *c, const struct redis_url *url, struct error *err)
{
	char db[16];
	struct redis_reply r;
	int rc = 0;

	if (url->has_password) {
		struct str argv[] = {STR("AUTH"), str_from(url->user), str_from(url->password)};

		if (url->user[0] == '\0')
			argv[1] = argv[2];
		rc = greet(c, url->user[0] ? 3 : 2, argv, "OK", &r, err);
	}
	if (rc == 0 && url->db != 0) {
		snprintf(db, sizeof(db), "%u", (unsigned)url->db);
		rc = greet(c, 2, (struct str[]){STR("SELECT"), str_from(db)}, "OK", &r, err);
	}
	return rc == 0 ? ping(c, err) : rc;
}

struct redis_connection *redis_connect(
	const struct redis_endpoint *e, int cancel_fd, bool *ret_needs_operator, struct error *err)
{
	const struct redis_url *url = redis_endpoint_url(e);
	struct redis_connection *c = calloc(1, sizeof(*c));
	int rc = 0;

	if (ret_needs_operator)
		*ret_needs_operator = false;
	if (c)
		c->reader = redisReaderCreate();
	if (!c || !c->reader) {
		free(c);
		error_set(err, ERR_SYSTEM, "out of memory");
		return NULL;
	}
	memcpy(c->name, url->name, sizeof(c->name));
	c->cancel_fd = cancel_fd;
	c->early_at = EARLY_BYTES;
	c->functions = *c->reader->fn;
	c->create_array = c->functions.createArray;
	c->functions.createArray = create_array;
	c->reader->fn = &c->functions;
	c->reader->privdata = c;
	c->fd = redis_endpoint_connect(e, SILENCE_MS, cancel_fd, err);
	if (c->fd >= 0)
		rc = log_in(c, url, err);
	if (c->fd < 0 || rc < 0) {
		if (ret_needs_operator)
			*ret_needs_operator = c->needs_operator;
		redis_close(c);
		return NULL;
	}
	return c;
}

struct redis_connection *redis_open(const char *url, struct error *err)
{
	struct redis_endpoint *e = redis_endpoint_new(url, NULL, err);
	struct redis_connection *c = e ? redis_connect(e, -1, NULL, err) : NULL;

	redis_endpoint_free(e);
	return c;
}

void redis_close(struct redis_connection *c)
{
	if (!c)
		return;
	forget_reply(c);
	if (c->reader)
		redisReaderFree(c->reader);
	if (c->fd >= 0)
		close(c->fd);
	free(c->out);
	free(c);
}
