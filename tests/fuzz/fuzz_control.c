/* A client of the control socket: whatever it sends, in whatever pieces, is a line, too long or cut
 * short; and whatever the error of the answer quotes, one line of JSON goes out. The first byte
 * chooses the size of the pieces. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/json_view.h"
#include "sensor/control/client.h"

enum { MAX_BYTES = 2 * CONTROL_REQUEST_BYTES };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Sends DATA in pieces of STEP until the server has made up its mind. */
static enum client_state talk(
	struct control_client *c, int fd, const uint8_t *data, size_t size, size_t step)
{
	enum client_state state = CLIENT_WAITS;

	for (size_t at = 0; at < size && state == CLIENT_WAITS; at += step) {
		const size_t n = size - at < step ? size - at : step;

		assert(send(fd, data + at, n, MSG_NOSIGNAL) == (ssize_t)n);
		state = client_read(c);
	}
	if (state == CLIENT_WAITS) {
		assert(client_read(c) == CLIENT_WAITS);
		shutdown(fd, SHUT_WR);
		state = client_read(c);
		assert(state == CLIENT_CUT_SHORT);
	}
	return state;
}

/* The request is the first line of DATA without its end. */
static void check_request(const struct control_client *c, const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, '\n', size);

	assert(end && end - data < CONTROL_REQUEST_BYTES);
	if (end > data && end[-1] == '\r')
		end--;
	assert(c->request_len == (size_t)(end - data) && c->request[c->request_len] == '\0');
	assert(memcmp(c->request, data, c->request_len) == 0);
}

/* What the client hears is one line of JSON that holds the message. */
static void check_answer(struct control_client *c, int fd)
{
	char line[8 * CONTROL_REQUEST_BYTES]; /* \u0001 is six bytes */
	struct json_writer members;
	struct error err;
	struct json_view *v;
	ssize_t n;

	error_set(&err, ERR_USAGE, "unknown: %s", c->request);
	json_init(&members);
	json_key(&members, "asked");
	json_str(&members, (struct str){c->request, (uint32_t)c->request_len});
	assert(client_answer(c, &err, &members));
	assert(client_write(c) == CLIENT_DONE);
	json_done(&members);
	n = recv(fd, line, sizeof(line), 0);
	assert(n > 1 && memchr(line, '\n', (size_t)n) == line + n - 1);
	v = json_view_parse((struct str){line, (uint32_t)n - 1}, &err);
	assert(v && json_view_has(v, "asked") && !json_view_flag(v, "ok"));
	assert(json_view_text(v, "error").len > 0);
	json_view_free(v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct control_client *c;
	enum client_state state;
	int fds[2];

	if (size < 1 || size > MAX_BYTES)
		return 0;
	c = calloc(1, sizeof(*c));
	if (!c || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		abort();
	client_begin(c, fds[0]);
	state = talk(c, fds[1], data + 1, size - 1, data[0] * 16u + 1);
	assert(state != CLIENT_DONE);
	if (state == CLIENT_TOO_LONG)
		assert(!memchr(data + 1, '\n', CONTROL_REQUEST_BYTES));
	if (state == CLIENT_ASKS) {
		check_request(c, data + 1, size - 1);
		check_answer(c, fds[1]);
	}
	client_end(c);
	close(fds[1]);
	free(c);
	return 0;
}
