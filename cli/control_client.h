/* Asks a sensor that runs, over its control socket (sensor/control/control.h): what status, reload
 * and stop share. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/error_list.h"
#include "sensor/control/control.h"

struct control_options {
	const char *name, *state, *socket;
	bool json, canary, all; /* false for commands that do not accept them */
	const char *redis;      /* with --all; NULL: not given */
};

enum control_accepts {
	CONTROL_ACCEPTS_JSON = 1,
	CONTROL_ACCEPTS_CANARY = 2,
	CONTROL_ACCEPTS_ALL = 4, /* and --redis */
};

/* Reads ARGV: --name, --state, --socket, and of --json, --canary, --all what ACCEPTS names. False,
 * with *ret_exit, when the command has nothing more to do (HELP was printed, or an error). */
bool control_options_parse(struct control_options *o, int argc, char **argv, unsigned accepts,
	const char *help, int *ret_exit);

/* The socket to ask, into PATH of CONTROL_PATH_BYTES: --socket; else --name in the state directory;
 * else that of the only sensor which runs there. ERR_USAGE when several do (they are listed),
 * ERR_SYSTEM when none does. */
int control_client_find(const struct control_options *o, char *path, struct error *err);

struct control_reply {
	char *text; /* the line without its end, NUL-terminated; control_reply_done */
	size_t len;
	pid_t pid;  /* the sensor's process; 0 when it lives in another pid namespace */
	int pid_fd; /* a pidfd of it, taken before the question was asked; -1: none */
};

/* Sends REQUEST and waits for the answer, TIMEOUT_MS in all. An answer with "ok":false is an error
 * with the code and the text that the sensor gave; *ret has the answer then, too. Nobody there, not
 * allowed to ask, no answer in time, an answer that is not JSON: ERR_SYSTEM, with what to do.
 * control_reply_done in any case. */
int control_client_ask(const char *path, const char *request, int timeout_ms,
	struct control_reply *ret, struct error *err);
void control_reply_done(struct control_reply *r);

/* The texts of the list "errors" in an answer, into RET with the code of ERR; none is fine. */
void control_reply_errors(
	const struct control_reply *r, const struct error *err, struct error_list *ret);

/* Waits until the process that gave R is gone; false when it is still there after TIMEOUT_MS. */
bool control_client_wait_gone(const char *path, const struct control_reply *r, int timeout_ms);

/* The sensor's name as PATH has it, into BUF: "waw-1" for ".../waw-1.control". Returns BUF. */
char *control_client_name(const char *path, char *buf, size_t size);
