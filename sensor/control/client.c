#include "sensor/control/client.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void client_begin(struct control_client *c, int fd)
{
	struct ucred cred = {.pid = 0, .uid = (uid_t)-1, .gid = (gid_t)-1};
	socklen_t len = sizeof(cred);

	c->fd = fd;
	(void)getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len);
	c->peer = (struct control_peer){.pid = cred.pid, .uid = cred.uid};
	c->request_len = 0;
	c->answering = false;
	c->sent = 0;
	json_init(&c->out);
}

void client_end(struct control_client *c)
{
	close(c->fd);
	c->fd = -1;
	json_done(&c->out);
}

static bool would_block(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

enum client_state client_read(struct control_client *c)
{
	ssize_t n = recv(c->fd, c->request + c->request_len, sizeof(c->request) - c->request_len,
		MSG_DONTWAIT);
	char *end;

	if (n < 0 && would_block())
		return CLIENT_WAITS;
	if (n <= 0)
		return CLIENT_CUT_SHORT;
	c->request_len += (size_t)n;
	end = memchr(c->request, '\n', c->request_len);
	if (!end)
		return c->request_len < sizeof(c->request) ? CLIENT_WAITS : CLIENT_TOO_LONG;
	if (end > c->request && end[-1] == '\r')
		end--;
	*end = '\0';
	c->request_len = (size_t)(end - c->request);
	return CLIENT_ASKS;
}

static const char *code_text(enum error_code code)
{
	switch (code) {
	case ERR_USAGE:
		return "usage";
	case ERR_CONFIG:
		return "config";
	case ERR_INPUT:
	case ERR_TRUNCATED:
		return "input";
	case ERR_REDIS:
		return "redis";
	case ERR_OK:
	case ERR_SYSTEM:
		break;
	}
	return "system";
}

bool client_answer(
	struct control_client *c, const struct error *err, const struct json_writer *members)
{
	static const struct str no_memory =
		STR("{\"ok\":false,\"code\":\"system\",\"error\":\"no memory for the answer\"}");
	struct json_writer *w = &c->out;
	bool good = !members->failed && members->len < UINT32_MAX;

	c->answering = true;
	json_object_begin(w);
	json_key(w, "ok");
	json_bool(w, err == NULL);
	if (err) {
		json_key(w, "code");
		json_text(w, code_text(err->code));
		json_key(w, "error");
		json_text(w, err->msg);
	}
	if (good)
		json_members(w, (struct str){members->data, (uint32_t)members->len});
	json_object_end(w);
	good = good && !w->failed && w->len < UINT32_MAX;
	c->answer = good ? (struct str){w->data, (uint32_t)w->len} : no_memory;
	return good;
}

enum client_state client_write(struct control_client *c)
{
	while (c->sent <= c->answer.len) {
		bool last = c->sent == c->answer.len;
		ssize_t n = send(c->fd, last ? "\n" : c->answer.data + c->sent,
			last ? 1 : c->answer.len - c->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0)
			return would_block() ? CLIENT_WAITS : CLIENT_DONE;
		c->sent += (size_t)n;
	}
	return CLIENT_DONE;
}
