#include "redis/tls/tls.h"

#include "tests/unit/cluster_fixture.h"

/* Runs a command of the shell in DIR. */
__attribute__((format(printf, 2, 3))) static void run(
	const struct test_dir *d, const char *fmt, ...)
{
	char command[1024];
	char whole[1200];
	va_list args;

	va_start(args, fmt);
	vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	snprintf(whole, sizeof(whole), "cd '%s' && (%s) >log.openssl 2>&1", d->path, command);
	ck_assert_msg(system(whole) == 0, "%s", command);
}

/* Certificates: of an authority "ca", and by it for 127.0.0.1 (ip), for redis.example (named), and
 * for a client (client); "other" is an authority that signed none of them. */
static struct test_dir certificates;

static void make_certificates(void)
{
	static const char *const leaves[][2] = {
		{"ip", "IP:127.0.0.1"}, {"named", "DNS:redis.example"}, {"client", "DNS:client"}};

	certificates = test_dir_new();
	for (int i = 0; i < 2; i++) {
		const char *name = i == 0 ? "ca" : "other";

		run(&certificates,
			"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
			"-keyout %s.key -out %s.crt -days 2 -subj /CN=%s",
			name, name, name);
	}
	for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++)
		run(&certificates,
			"openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "
			"%1$s.key -out %1$s.csr -subj /CN=%1$s && echo subjectAltName=%2$s >ext && "
			"openssl x509 -req -in %1$s.csr -CA ca.crt -CAkey ca.key -CAcreateserial "
			"-days 2 -extfile ext -out %1$s.crt",
			leaves[i][0], leaves[i][1]);
}

static void remove_certificates(void)
{
	test_dir_remove(&certificates);
}

static char *path_of(char *buf, const char *file)
{
	snprintf(buf, 96, "%s/%s", certificates.path, file);
	return buf;
}

struct tls_server {
	struct test_server server;
	int port;
};

/* With the certificate LEAF. CLIENTS: "yes" when they need one, too. */
static void start(struct tls_server *s, const char *leaf, const char *clients)
{
	char port[8], crt[96], key[96], ca[96], file[32];
	const char *const args[] = {"--tls-port", port, "--tls-cert-file", crt, "--tls-key-file",
		key, "--tls-ca-cert-file", ca, "--tls-auth-clients", clients, NULL};
	struct test_server server;

	test_free_ports(&s->port, 1);
	snprintf(port, sizeof(port), "%d", s->port);
	snprintf(file, sizeof(file), "%s.crt", leaf);
	path_of(crt, file);
	snprintf(file, sizeof(file), "%s.key", leaf);
	path_of(key, file);
	path_of(ca, "ca.crt");
	test_server_start(&server, args);
	s->server = server;
}

static char *url_of(char *buf, int port, const char *ca, const char *more)
{
	snprintf(buf, 512, "rediss://127.0.0.1:%d?cacert=%s/%s%s", port, certificates.path, ca,
		more);
	return buf;
}

static void refused(const char *url, const char *said)
{
	struct error err = {0};
	struct redis_connection *c = redis_open(url, &err);

	ck_assert_msg(c == NULL, "%s was let in", url);
	ck_assert_msg(strstr(err.msg, said) != NULL, "%s: %s", url, err.msg);
}

START_TEST(bytes_go_through)
{
	enum { N = 400, BYTES = 20000 };
	static char bytes[BYTES];
	struct redis_connection *c;
	struct tls_server s;
	struct error err;
	char url[512];

	start(&s, "ip", "no");
	c = test_connect(url_of(url, s.port, "ca.crt", ""));
	test_do(c, "SET k v");
	test_str(c, "GET k", "v");
	/* far more than sockets hold, both ways, while the other end stands still */
	kill(s.server.pid, SIGSTOP);
	for (int i = 0; i < N; i++) {
		memset(bytes, 'a' + i % 26, sizeof(bytes));
		ck_assert_int_eq(redis_append(c, 2,
					 (struct str[]){STR("ECHO"), {bytes, sizeof(bytes)}}, &err),
			0);
		redis_send_early(c, i % 3 == 0);
	}
	kill(s.server.pid, SIGCONT);
	for (int i = 0; i < N; i++) {
		struct redis_reply r;

		ck_assert_msg(redis_read(c, &r, &err) == 0, "%s", err.msg);
		ck_assert_uint_eq(r.str.len, sizeof(bytes));
		ck_assert_int_eq(r.str.data[0], 'a' + i % 26);
		ck_assert_int_eq(r.str.data[sizeof(bytes) - 1], 'a' + i % 26);
	}
	test_server_kill(&s.server);
	ck_assert_int_eq(
		redis_command(c, 1, (struct str[]){STR("PING")}, &(struct redis_reply){0}, &err),
		ERR_REDIS);
	ck_assert_ptr_nonnull(strstr(err.msg, "the connection"));
	redis_close(c);
	test_dir_remove(&s.server.dir);
}
END_TEST

START_TEST(whose_certificate)
{
	struct tls_server ip, named;
	char url[512];

	start(&ip, "ip", "no");
	start(&named, "named", "no");
	redis_close(test_connect(url_of(url, ip.port, "ca.crt", "")));
	refused(url_of(url, ip.port, "other.crt", ""), "?cacert=FILE");
	snprintf(url, sizeof(url), "rediss://127.0.0.1:%d", ip.port);
	refused(url, "not accepted");
	refused(url_of(url, ip.port, "ca.crt", "&server_name=redis.example"), "mismatch");
	refused(url_of(url, named.port, "ca.crt", ""), "mismatch");
	snprintf(url, sizeof(url), "rediss://localhost:%d?cacert=%s/ca.crt", ip.port,
		certificates.path);
	refused(url, "mismatch");
	redis_close(test_connect(url_of(url, named.port, "ca.crt", "&server_name=redis.example")));
	refused(url_of(url, ip.port, "none.crt", ""), "none.crt");
	test_server_stop(&ip.server);
	test_server_stop(&named.server);
}
END_TEST

START_TEST(client_certificates)
{
	struct tls_server s;
	char url[512], more[256];

	start(&s, "ip", "yes");
	refused(url_of(url, s.port, "ca.crt", ""), "");
	snprintf(more, sizeof(more), "&cert=%s/client.crt&key=%s/client.key", certificates.path,
		certificates.path);
	redis_close(test_connect(url_of(url, s.port, "ca.crt", more)));
	snprintf(more, sizeof(more), "&cert=%s/client.crt&key=%s/ip.key", certificates.path,
		certificates.path);
	refused(url_of(url, s.port, "ca.crt", more), "not that of");
	refused(url_of(url, s.port, "ca.crt", "&cert=/none&key=/none"), "/none");
	test_server_stop(&s.server);
}
END_TEST

/* Neither end speaks what the other expects. */
START_TEST(other_protocols)
{
	struct redis_connection *c;
	struct test_server plain;
	struct tls_server s;
	char url[512], port[8];
	int number;

	start(&s, "ip", "no");
	snprintf(url, sizeof(url), "redis://127.0.0.1:%d", s.port);
	refused(url, "TLS");
	test_free_ports(&number, 1);
	snprintf(port, sizeof(port), "%d", number);
	test_server_start(&plain, (const char *const[]){"--port", port, NULL});
	refused(url_of(url, number, "ca.crt", ""), "TLS port?");
	test_server_stop(&plain);
	/* one that is stopped */
	kill(s.server.pid, SIGSTOP);
	refused(url_of(url, s.port, "ca.crt", ""), "handshake in time");
	kill(s.server.pid, SIGCONT);
	c = test_connect(s.server.url);
	redis_close(c);
	test_server_stop(&s.server);
}
END_TEST

static void add_tests(TCase *tc)
{
	if (!redis_tls_available()) {
		puts("skipped: this build has no TLS (hiredis is older than 1.0)");
		return;
	}
	if (!test_server_program() || system("command -v openssl >/dev/null") != 0) {
		puts("skipped: no Redis server, or no openssl, is installed");
		return;
	}
	signal(SIGPIPE, SIG_IGN);
	tcase_add_unchecked_fixture(tc, make_certificates, remove_certificates);
	tcase_add_test(tc, bytes_go_through);
	tcase_add_test(tc, whose_certificate);
	tcase_add_test(tc, client_certificates);
	tcase_add_test(tc, other_protocols);
}

int main(void)
{
	return suite_main("tls", add_tests);
}
