/* Where a Redis is, as a person writes it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"

enum { REDIS_URL_BYTES = 2048 };

struct redis_url {
	bool is_unix;
	char host[256]; /* without the brackets of an IPv6 address; "" for a unix socket */
	uint16_t port;  /* 6379 unless written */
	char path[108]; /* of the unix socket; what sockaddr_un holds */
	bool has_password;
	char user[256]; /* "": the default user */
	char password[512];
	uint32_t db;
	char name[400]; /* the same without user and password, for messages */
};

/* redis://[[user]:password@]host[:port][/db] and unix://[[user]:password@]/path[?db=N]. %XX is
 * decoded in user, password and path. 0, or ERR_USAGE with *err, which says what would be right and
 * never repeats a password. */
int redis_url_parse(const char *url, struct redis_url *ret, struct error *err);

/* "unix://PATH" with the bytes of PATH encoded as redis_url_parse wants them, in BUF of
 * REDIS_URL_BYTES. Returns BUF. */
char *redis_url_unix(const char *path, char *buf);
