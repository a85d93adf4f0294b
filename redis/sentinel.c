#include "redis/sentinel.h"

#include <errno.h>
#include <string.h>

#include "redis/connect.h"

enum {
	SENTINEL_SILENCE_MS = 2000, /* there are others to ask */
	TRIED_MAX = 32,
};

/* What a round of questions has found out. */
struct round {
	struct redis_endpoint *e;
	int cancel_fd;
	struct redis_address
		tried[TRIED_MAX]; /* masters, by what a sentinel said, that were none */
	uint32_t n_tried;
	bool needs_operator; /* about the last failure, which *err tells */
};

int sentinel_parse_address(const struct redis_reply *r, const char *master,
	struct redis_address *ret, struct error *err)
{
	struct redis_reply host, port;
	char quote[80];
	uint32_t number = 0;

	if (r->kind == REDIS_NIL)
		return error_set(err, ERR_REDIS,
			"the sentinel knows no master \"%s\": is that the name in its "
			"configuration (sentinel monitor NAME ...)?",
			master);
	if (r->kind != REDIS_ARRAY || r->n != 2)
		return error_set(err, ERR_REDIS, "the sentinel's answer is no address");
	host = redis_reply_at(r, 0);
	port = redis_reply_at(r, 1);
	for (uint32_t i = 0; i < port.str.len && i < 6; i++) {
		if (port.str.data[i] < '0' || port.str.data[i] > '9')
			return error_set(err, ERR_REDIS, "the sentinel's answer has no port");
		number = number * 10 + (uint32_t)(port.str.data[i] - '0');
	}
	if (host.str.len == 0 || number == 0 || number > UINT16_MAX)
		return error_set(err, ERR_REDIS, "the sentinel's answer is no address");
	if (!redis_address_set(ret, host.str, (uint16_t)number))
		return error_set(err, ERR_REDIS,
			"the sentinel calls the master %s, a name, and a sensor looks up none "
			"while "
			"it runs: set \"sentinel resolve-hostnames no\" there and announce "
			"addresses",
			str_printable(quote, sizeof(quote), host.str));
	return 0;
}

static bool was_tried(struct round *r, const struct redis_address *a)
{
	for (uint32_t i = 0; i < r->n_tried; i++) {
		if (redis_address_eq(&r->tried[i], a))
			return true;
	}
	if (r->n_tried < TRIED_MAX)
		r->tried[r->n_tried++] = *a;
	return false;
}

/* The address of the master as SENTINEL knows it. */
static int ask(struct round *r, const struct redis_address *sentinel, struct redis_address *ret,
	struct error *err)
{
	const struct redis_url *url = redis_endpoint_url(r->e);
	struct connect_config cfg = {
		.user = url->has_sentinel_password ? url->sentinel_user : NULL,
		.password = url->sentinel_password,
		.silence_ms = SENTINEL_SILENCE_MS,
		.cancel_fd = r->cancel_fd,
		.endpoint = r->e,
	};
	struct redis_connection *c = connect_server(sentinel, 1, &cfg, &r->needs_operator, err);
	struct redis_reply reply;
	int rc;

	if (!c)
		return err->code;
	rc = redis_command(c, 3,
		(struct str[]){
			STR("SENTINEL"), STR("GET-MASTER-ADDR-BY-NAME"), str_from(url->master)},
		&reply, err);
	r->needs_operator = rc == 0 || redis_needs_operator(c);
	if (rc == 0)
		rc = sentinel_parse_address(&reply, url->master, ret, err);
	redis_close(c);
	return rc;
}

/* The server says itself what it is. */
static int check_role(struct redis_connection *c, struct error *err)
{
	struct redis_reply r, role;
	char quote[32];
	int rc = redis_command(c, 1, (struct str[]){STR("ROLE")}, &r, err);

	if (rc < 0)
		return rc;
	if (r.kind != REDIS_ARRAY || r.n == 0)
		return redis_nonsense(c, "ROLE", err);
	role = redis_reply_at(&r, 0);
	if (str_eq(role.str, STR("master")))
		return 0;
	return error_set(err, ERR_REDIS, "the server that it calls the master says that it is a %s",
		str_printable(quote, sizeof(quote), role.str));
}

static struct redis_connection *try_master(
	struct round *r, const struct redis_address *master, struct error *err)
{
	struct connect_config cfg = connect_config_of(r->e, r->cancel_fd);
	struct redis_connection *c = connect_server(master, 1, &cfg, &r->needs_operator, err);

	if (!c || check_role(c, err) == 0)
		return c;
	r->needs_operator = redis_needs_operator(c);
	redis_close(c);
	return NULL;
}

struct redis_connection *sentinel_connect(
	struct redis_endpoint *e, int cancel_fd, bool *ret_needs_operator, struct error *err)
{
	struct round r = {.e = e, .cancel_fd = cancel_fd};
	struct error why = {ERR_REDIS, "no sentinel"};
	struct error told = {ERR_OK, ""};

	for (uint32_t i = 0; i < redis_endpoint_count(e); i++) {
		const struct redis_address sentinel = *redis_endpoint_at(e, i);
		char name[REDIS_ADDRESS_BYTES];
		struct redis_connection *c = NULL;
		struct redis_address master;

		if (ask(&r, &sentinel, &master, &why) == 0) {
			if (was_tried(&r, &master))
				continue;
			c = try_master(&r, &master, &why);
		}
		if (c) {
			redis_endpoint_prefer(e, &sentinel);
			*ret_needs_operator = false;
			return c;
		}
		/* Of several failures that of a server that answered says the most. */
		if (told.code == ERR_OK || r.n_tried > 0 || r.needs_operator) {
			error_set(&told, why.code, "sentinel %s: %s",
				redis_address_format(&sentinel, name), why.msg);
			*ret_needs_operator = r.needs_operator;
		}
	}
	if (err)
		error_set(err, told.code, "no sentinel of %s led to a master: %s",
			redis_endpoint_url(e)->name, told.msg);
	return NULL;
}
