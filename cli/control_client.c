#include "cli/control_client.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
	NAP_MS = 20,
	FIRST_BYTES = 16 << 10,
	MAX_ANSWER_BYTES = 256 << 20, /* more than any sensor has to say */
};

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static int left_ms(uint64_t until_ms)
{
	uint64_t now = now_ms();

	return until_ms > now ? (int)(until_ms - now) : 0;
}

static void nap(void)
{
	static const struct timespec ts = {.tv_nsec = NAP_MS * 1000000L};

	nanosleep(&ts, NULL);
}

/* ---- connecting ---- */

/* A connected socket or -1 with errno. EAGAIN is a queue that is full. */
static int dial(const char *path, uint64_t until_ms)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int errnum;

	if (fd < 0)
		return -1;
	memcpy(addr.sun_path, path, strnlen(path, sizeof(addr.sun_path) - 1));
	while (connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0) {
		if ((errno == EAGAIN || errno == EINTR) && left_ms(until_ms) > 0) {
			nap();
			continue;
		}
		errnum = errno;
		close(fd);
		errno = errnum;
		return -1;
	}
	return fd;
}

static int explain_dial(const char *path, int errnum, struct error *err)
{
	struct stat st;
	const struct passwd *owner;

	switch (errnum) {
	case ENOENT:
		return error_set(err, ERR_SYSTEM,
			"no sensor runs here: there is no %s; start one with 'vedette run', or say "
			"where it is with --state DIR, --name NAME or --socket PATH",
			path);
	case ECONNREFUSED:
		return error_set(err, ERR_SYSTEM,
			"the sensor of %s does not run any more: it ended without removing its "
			"socket; its log says why, 'vedette run' starts it again",
			path);
	case EACCES:
	case EPERM:
		owner = stat(path, &st) == 0 ? getpwuid(st.st_uid) : NULL;
		return error_set(err, ERR_SYSTEM,
			"only root and the user who runs the sensor (%s) may ask it through %s; "
			"become one of them",
			owner ? owner->pw_name : "who owns its state directory", path);
	case EAGAIN:
		return error_set(err, ERR_SYSTEM,
			"the sensor of %s does not take connections; it hangs, or is stopped",
			path);
	default:
		return error_set_errno(
			err, ERR_SYSTEM, errnum, "cannot ask the sensor of %s", path);
	}
}

static void take_process(int fd, struct control_reply *r)
{
	struct ucred cred = {.pid = 0};
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0 || cred.pid <= 0)
		return;
	r->pid = cred.pid;
	r->pid_fd = (int)syscall(SYS_pidfd_open, cred.pid, 0);
}

/* ---- asking ---- */

/* Waits until FD can do EVENTS. */
static bool ready(int fd, short events, uint64_t until_ms)
{
	struct pollfd p = {.fd = fd, .events = events};
	int rc;

	do
		rc = poll(&p, 1, left_ms(until_ms));
	while (rc < 0 && errno == EINTR);
	return rc > 0;
}

/* REQUEST and its end; short enough for any socket's buffer. */
static bool say(int fd, const char *request)
{
	char line[CONTROL_REQUEST_BYTES];
	int n = snprintf(line, sizeof(line), "%s\n", request);

	return n > 0 && (size_t)n < sizeof(line) && send(fd, line, (size_t)n, MSG_NOSIGNAL) == n;
}

static bool make_room(struct control_reply *r, size_t *capacity)
{
	char *text;

	if (r->len + 1 < *capacity)
		return true;
	if (*capacity >= MAX_ANSWER_BYTES)
		return false;
	*capacity = *capacity ? 2 * *capacity : FIRST_BYTES;
	text = realloc(r->text, *capacity);
	if (!text)
		return false;
	r->text = text;
	return true;
}

/* Reads to the end of the line. */
static int hear(
	int fd, const char *path, uint64_t until_ms, struct control_reply *r, struct error *err)
{
	size_t capacity = 0;

	for (;;) {
		ssize_t n;

		if (!make_room(r, &capacity))
			return error_set(err, ERR_SYSTEM, "no memory for the sensor's answer");
		if (!ready(fd, POLLIN, until_ms))
			return error_set(err, ERR_SYSTEM,
				"the sensor of %s does not answer; it hangs, is stopped, or has "
				"much to do: try again",
				path);
		n = recv(fd, r->text + r->len, capacity - 1 - r->len, 0);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n > 0)
			r->len += (size_t)n;
		r->text[r->len] = '\0';
		if (r->len > 0 && r->text[r->len - 1] == '\n') {
			r->text[--r->len] = '\0';
			return 0;
		}
		if (n <= 0)
			return error_set(err, ERR_SYSTEM,
				"the sensor of %s closed the connection without a whole answer: it "
				"is busy with other clients or ending; try again",
				path);
	}
}

static enum error_code code_of(const char *text)
{
	static const struct {
		const char *text;
		enum error_code code;
	} codes[] = {{"usage", ERR_USAGE}, {"config", ERR_CONFIG}, {"input", ERR_INPUT},
		{"redis", ERR_REDIS}};

	for (size_t i = 0; text && i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (strcmp(codes[i].text, text) == 0)
			return codes[i].code;
	}
	return ERR_SYSTEM;
}

/* Whether the answer says yes. */
static int judge(const char *path, const struct control_reply *r, struct error *err)
{
	json_t *root = json_loadb(r->text, r->len, JSON_ALLOW_NUL, NULL);
	const json_t *ok = json_object_get(root, "ok");
	const char *text = json_string_value(json_object_get(root, "error"));
	int rc = 0;

	if (!json_is_boolean(ok))
		rc = error_set(err, ERR_SYSTEM,
			"the process at %s does not answer as a sensor of this version does", path);
	else if (!json_is_true(ok))
		rc = error_set(err, code_of(json_string_value(json_object_get(root, "code"))), "%s",
			text ? text : "the sensor refused and did not say why");
	json_decref(root);
	return rc;
}

int control_client_ask(const char *path, const char *request, int timeout_ms,
	struct control_reply *ret, struct error *err)
{
	uint64_t until_ms = now_ms() + (uint64_t)timeout_ms;
	int fd = dial(path, until_ms);
	int rc;

	*ret = (struct control_reply){.pid_fd = -1};
	if (fd < 0)
		return explain_dial(path, errno, err);
	take_process(fd, ret);
	if (!say(fd, request))
		rc = error_set_errno(err, ERR_SYSTEM, errno, "cannot ask the sensor of %s", path);
	else
		rc = hear(fd, path, until_ms, ret, err);
	close(fd);
	return rc < 0 ? rc : judge(path, ret, err);
}

void control_reply_errors(
	const struct control_reply *r, const struct error *err, struct error_list *ret)
{
	json_t *root = json_loadb(r->text ? r->text : "", r->len, JSON_ALLOW_NUL, NULL);
	const json_t *errors = json_object_get(root, "errors");
	size_t i;
	const json_t *item;

	json_array_foreach(errors, i, item)
	{
		struct error e;

		(void)error_set(&e, err->code, "%s",
			json_string_value(item) ? json_string_value(item) : "");
		error_list_add(ret, &e);
	}
	json_decref(root);
}

void control_reply_done(struct control_reply *r)
{
	free(r->text);
	if (r->pid_fd >= 0)
		close(r->pid_fd);
	*r = (struct control_reply){.pid_fd = -1};
}

bool control_client_wait_gone(const char *path, const struct control_reply *r, int timeout_ms)
{
	uint64_t until_ms = now_ms() + (uint64_t)timeout_ms;

	if (r->pid_fd >= 0)
		return ready(r->pid_fd, POLLIN, until_ms);
	/* a process that cannot be seen from here: its socket tells */
	for (;;) {
		int fd = dial(path, until_ms);

		if (fd < 0 && (errno == ENOENT || errno == ECONNREFUSED))
			return true;
		if (fd >= 0)
			close(fd);
		if (left_ms(until_ms) == 0)
			return false;
		nap();
	}
}

char *control_client_name(const char *path, char *buf, size_t size)
{
	const char *slash = strrchr(path, '/');
	size_t len, suffix = strlen(CONTROL_SUFFIX);

	snprintf(buf, size, "%s", slash ? slash + 1 : path);
	len = strlen(buf);
	if (len > suffix && strcmp(buf + len - suffix, CONTROL_SUFFIX) == 0)
		buf[len - suffix] = '\0';
	return buf;
}
