/* One client of the control socket: a line in, a line out. Knows neither clock nor thread. */
#pragma once

#include <stdbool.h>

#include "common/json_writer.h"
#include "common/str.h"
#include "sensor/control/control.h"

struct control_client {
	int fd; /* not blocking; -1: this place is free */
	struct control_peer peer;
	uint64_t order;    /* the how many-th connection; this and the next are the server's */
	uint64_t until_ms; /* monotonic clock */
	char request[CONTROL_REQUEST_BYTES];
	size_t request_len;
	bool answering;
	struct json_writer out; /* owns what ANSWER refers to */
	struct str answer;
	size_t sent;
};

enum client_state {
	CLIENT_WAITS,     /* for more of the request, or for room to send */
	CLIENT_ASKS,      /* request holds a whole line, NUL-terminated, without its end */
	CLIENT_TOO_LONG,  /* CONTROL_REQUEST_BYTES and no end */
	CLIENT_CUT_SHORT, /* left before the end of its line */
	CLIENT_DONE,      /* has its answer, or left before it had all */
};

/* Takes over FD. */
void client_begin(struct control_client *c, int fd);
void client_end(struct control_client *c);

enum client_state client_read(struct control_client *c);

/* The answer: ERR is NULL for "ok":true; MEMBERS is what the op wrote. False without memory: an
 * answer that says so goes out. */
bool client_answer(
	struct control_client *c, const struct error *err, const struct json_writer *members);
enum client_state client_write(struct control_client *c);
