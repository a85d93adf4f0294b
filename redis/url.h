/* Where a Redis is, as a person writes it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"

enum {
	REDIS_URL_BYTES = 2048,
	REDIS_PLACES_MAX = 16, /* hosts that a URL names */
	REDIS_FILE_BYTES = 256,
};

enum redis_topology { REDIS_SINGLE, REDIS_SENTINEL, REDIS_CLUSTER };

struct redis_place {
	char host[256]; /* without the brackets of an IPv6 address */
	uint16_t port;  /* unless written: 6379; 26379 of a sentinel */
};

struct redis_url {
	enum redis_topology topology;
	bool is_unix, tls;
	struct redis_place places[REDIS_PLACES_MAX]; /* of the server, the sentinels, or nodes */
	uint32_t n_places;                           /* 0 for a unix socket */
	char path[108]; /* of the unix socket; what sockaddr_un holds */
	bool has_password;
	char user[256]; /* "": the default user */
	char password[512];
	uint32_t db;
	char master[128]; /* what the sentinels call the server */
	bool has_sentinel_password;
	char sentinel_user[256];
	char sentinel_password[512];
	/* Of TLS; "": the system's authorities, and no certificate of our own. */
	char ca_file[REDIS_FILE_BYTES], cert_file[REDIS_FILE_BYTES], key_file[REDIS_FILE_BYTES];
	char server_name[256]; /* that certificates carry; "": the host, or the address */
	char name[400];        /* the same without users, passwords and files, for messages */
};

/* One of
 *   redis://[[user]:password@]host[:port][/db]
 *   unix://[[user]:password@]/path[?db=N]
 *   redis+sentinel://[[user]:password@]host[:port],.../MASTER[/db]
 *       [?sentinel_password=...[&sentinel_user=...]]
 *   redis+cluster://[[user]:password@]host[:port],...
 * and the same with rediss (TLS) for redis, [?cacert=FILE][&cert=FILE&key=FILE][&server_name=NAME],
 * where this build has it. %XX is decoded in all but numbers. 0, or ERR_USAGE with *err, which says
 * what would be right and never repeats a password. */
int redis_url_parse(const char *url, struct redis_url *ret, struct error *err);

/* "unix://PATH" with the bytes of PATH encoded as redis_url_parse wants them, in BUF of
 * REDIS_URL_BYTES. Returns BUF. */
char *redis_url_unix(const char *path, char *buf);
