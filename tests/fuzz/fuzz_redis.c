/* What a server that claims to be Redis answers: every reply is taken, or refused with a message. A
 * thread plays the server at a unix socket: whatever it is asked, it says what a client wants to
 * hear first, then the input, and hangs up. The first byte chooses what the client asks for. */
#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/alert_table.h"
#include "redis/publisher.h"
#include "redis/reader.h"
#include "redis/sentinel.h"
#include "redis/slot_map.h"

enum { MAX_BYTES = 1 << 16, PATH_BYTES = 108, MAX_FOLLOWS = 8, ALERTS = 5 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	int listener;
	char url[PATH_BYTES + 16];
	const uint8_t *data; /* of the input that is being tried */
	size_t n;
	sem_t idle; /* the input is no longer read */
} server = {.listener = -1};

static void answer(int fd)
{
	static const char greeting[] = "+PONG\r\n";
	size_t sent = 0;
	char buf[4096];

	if (send(fd, greeting, strlen(greeting), MSG_NOSIGNAL) < 0)
		return;
	while (sent < server.n) {
		struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT};
		ssize_t n;

		if (poll(&p, 1, -1) < 0)
			return;
		if (p.revents & POLLIN && recv(fd, buf, sizeof(buf), MSG_DONTWAIT) == 0)
			return;
		if (!(p.revents & POLLOUT))
			continue;
		n = send(fd, server.data + sent, server.n - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0)
			return;
		sent += (size_t)n;
	}
	shutdown(fd, SHUT_WR);
	while (recv(fd, buf, sizeof(buf), 0) > 0)
		;
}

static void *serve(void *unused)
{
	(void)unused;
	for (;;) {
		const int fd = accept(server.listener, NULL, NULL);

		if (fd < 0)
			abort();
		answer(fd);
		close(fd);
		sem_post(&server.idle);
	}
	return NULL;
}

static void start_server(void)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	char dir[] = "/tmp/vedette-fuzz-XXXXXX";
	pthread_t thread;

	assert(mkdtemp(dir));
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/redis.sock", dir);
	snprintf(server.url, sizeof(server.url), "unix://%s", addr.sun_path);
	server.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert(bind(server.listener, (struct sockaddr *)&addr, sizeof(addr)) == 0);
	assert(listen(server.listener, 8) == 0);
	assert(sem_init(&server.idle, 0, 0) == 0);
	assert(pthread_create(&thread, NULL, serve, NULL) == 0);
	pthread_detach(thread);
}

static void check_error(int rc, const struct error *err)
{
	assert(rc == 0 || (rc < 0 && rc == (int)err->code && err->msg[0] != '\0'));
}

static int on_entry(void *user, const struct reader_entry *e)
{
	struct error err = {0};

	assert(e->stream_id.len > 0 && e->stream_id.len < READER_ID_BYTES);
	check_error(alert_fold_add(user, e, &err), &err);
	return 0;
}

static void ask_streams(struct redis_connection *c)
{
	struct reader_stream *streams;
	struct error err = {0};
	size_t n;
	const int rc = reader_streams(c, &streams, &n, &err);

	check_error(rc, &err);
	if (rc == 0)
		reader_streams_free(streams, n);
}

static void ask_all(struct redis_connection *c)
{
	struct alert_fold *fold = alert_fold_new();
	struct reader_status status;
	struct error err = {0};

	check_error(reader_status(c, "s", &status, &err), &err);
	check_error(reader_all(c, "s", on_entry, fold, &err), &err);
	alert_fold_free(fold);
}

static void ask_news(struct redis_connection *c)
{
	struct alert_fold *fold = alert_fold_new();
	char after[READER_ID_BYTES] = "$";
	struct error err = {0};
	int rc = 0;

	for (int i = 0; i < MAX_FOLLOWS && rc == 0; i++) {
		rc = reader_follow(c, "s", after, 1, on_entry, fold, &err);
		check_error(rc, &err);
		assert(memchr(after, '\0', sizeof(after)));
	}
	alert_fold_free(fold);
}

/* Writes alerts. That what was finished was confirmed entry by entry, publisher_finish asserts. */
static void publish(struct redis_connection *c)
{
	const struct publisher_config cfg = {.name = "s", .batch = 2};
	struct alert a = {.id = "3f2a9c", .revision = 1, .level = LEVEL_HIGH, .json = STR("{}")};
	struct error err = {0};
	struct publisher *p = publisher_new(c, &cfg, &err);
	int rc = p ? 0 : (int)err.code;

	check_error(rc, &err);
	for (uint64_t i = 1; i <= ALERTS && rc == 0; i++) {
		a.ts_ns = i * UINT64_C(1000000);
		rc = publisher_add(p, &a, &err);
	}
	if (rc == 0)
		rc = publisher_finish(p, &err);
	check_error(rc, &err);
	publisher_free(p);
}

/* What a node of a Cluster says of its slots, and a sentinel of its master. */
static void ask_where(struct redis_connection *c)
{
	const struct redis_address asked = {.u.ip4 = {.sin_family = AF_INET, .sin_port = 1},
		.bytes = sizeof(struct sockaddr_in)};
	struct redis_address master;
	struct redis_reply r;
	struct slot_map map;
	struct error err = {0};

	slot_map_init(&map);
	if (redis_command(c, 2, (struct str[]){STR("CLUSTER"), STR("SLOTS")}, &r, &err) == 0) {
		check_error(slot_map_parse(&map, &r, &asked, &err), &err);
		for (uint32_t i = 0; i < REDIS_SLOTS; i++) {
			const struct redis_address *a = slot_map_owner(&map, (uint16_t)i);

			assert(!a || (a->bytes > 0 && a->u.ip4.sin_port != 0));
		}
		check_error(sentinel_parse_address(&r, "m", &master, &err), &err);
	} else if (r.kind == REDIS_ERROR) {
		const struct redirect redirect = redirect_parse(r.str, &asked);

		assert(redirect.slot < REDIS_SLOTS);
		assert(redirect.kind == REDIRECT_NONE || redirect.kind == REDIRECT_WAIT ||
			redirect.is_name || redirect.to.u.ip4.sin_port != 0);
	}
	slot_map_free(&map);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	typedef void ask_fn(struct redis_connection * c);
	static ask_fn *const asks[] = {ask_streams, ask_all, ask_news, publish, ask_where};
	struct redis_connection *c;
	struct error err = {0};

	if (size == 0 || size > MAX_BYTES)
		return 0;
	if (server.listener < 0)
		start_server();
	server.data = data + 1;
	server.n = size - 1;
	c = redis_open(server.url, &err);
	assert(c);
	asks[data[0] % (sizeof(asks) / sizeof(asks[0]))](c);
	redis_close(c);
	while (sem_wait(&server.idle) != 0)
		;
	return 0;
}
