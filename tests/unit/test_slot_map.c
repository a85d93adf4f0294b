#include "redis/slot_map.h"

#include "tests/unit/redis_fixture.h"

static const struct redis_address asked = {
	.u.ip4 = {.sin_family = AF_INET, .sin_port = 0x1111}, .bytes = sizeof(struct sockaddr_in)};

/* Says what a client wants to hear first, then USER. */
static void talk_reply(int fd, const void *user)
{
	if (false_receive(fd))
		false_send(fd, "+PONG\r\n", 7);
	if (false_receive(fd))
		false_send(fd, user, strlen(user));
}

/* Parses the reply BYTES as that to CLUSTER SLOTS. */
static int parse(struct slot_map *m, const char *bytes, struct error *err)
{
	struct false_server s;
	struct redis_connection *c;
	struct redis_reply r;
	int rc;

	false_server_start(&s, talk_reply, bytes);
	c = test_connect(s.url);
	r = test_do(c, "CLUSTER SLOTS");
	rc = slot_map_parse(m, &r, &asked, err);
	redis_close(c);
	false_server_stop(&s);
	return rc;
}

static const char *owner(const struct slot_map *m, uint16_t slot)
{
	static char text[REDIS_ADDRESS_BYTES];
	const struct redis_address *a = slot_map_owner(m, slot);

	return a ? redis_address_format(a, text) : "nobody";
}

#define NODE(host) "*3\r\n" host ":7000\r\n$1\r\nx\r\n"
#define IP4        "$9\r\n192.0.2.1\r\n"

START_TEST(well_formed)
{
	struct slot_map m;
	struct error err = {0};

	slot_map_init(&m);
	ck_assert_str_eq(owner(&m, 0), "nobody");
	ck_assert_msg(parse(&m,
			      "*5\r\n*3\r\n:0\r\n:9\r\n" NODE(IP4) "*4\r\n:10\r\n:10\r\n" NODE(
				      "$11\r\n2001:db8::1\r\n")
				      NODE(IP4) "*3\r\n:11\r\n:12\r\n" NODE(
					      "$-1\r\n") "*3\r\n:13\r\n:13\r\n" NODE("$1\r\n?\r\n")
			      /* a name, with the address beside it */
			      "*3\r\n:16383\r\n:16383\r\n*4\r\n$4\r\nnode\r\n:7001\r\n$1\r\nx\r\n"
			      "*2\r\n$2\r\nip\r\n$9\r\n192.0.2.7\r\n",
			      &err) == 0,
		"%s", err.msg);
	ck_assert_str_eq(owner(&m, 0), "192.0.2.1:7000");
	ck_assert_str_eq(owner(&m, 9), "192.0.2.1:7000");
	ck_assert_str_eq(owner(&m, 10), "[2001:db8::1]:7000");
	ck_assert_str_eq(owner(&m, 12), "0.0.0.0:7000"); /* that of who was asked */
	ck_assert_str_eq(owner(&m, 13), "0.0.0.0:7000");
	ck_assert_str_eq(owner(&m, 14), "nobody");
	ck_assert_str_eq(owner(&m, 16383), "192.0.2.7:7001");
	ck_assert_uint_eq(m.n_nodes, 4);
	ck_assert(slot_map_set(&m, 14, &asked));
	/* an empty Cluster is one */
	ck_assert_int_eq(parse(&m, "*0\r\n", &err), 0);
	ck_assert_str_eq(owner(&m, 14), "nobody");
	slot_map_free(&m);
}
END_TEST

static const struct {
	const char *bytes, *said;
} bad[] = {
	{"+OK\r\n", "CLUSTER SLOTS"},
	{":1\r\n", "CLUSTER SLOTS"},
	{"$-1\r\n", "CLUSTER SLOTS"},
	{"*1\r\n:1\r\n", "CLUSTER SLOTS"},
	{"*1\r\n*0\r\n", "CLUSTER SLOTS"},
	{"*1\r\n*2\r\n:0\r\n:1\r\n", "CLUSTER SLOTS"},
	{"*1\r\n*3\r\n:0\r\n:1\r\n:2\r\n", "CLUSTER SLOTS"},
	{"*1\r\n*3\r\n:-1\r\n:1\r\n" NODE(IP4), "CLUSTER SLOTS"},
	{"*1\r\n*3\r\n:0\r\n:16384\r\n" NODE(IP4), "CLUSTER SLOTS"},
	{"*1\r\n*3\r\n:2\r\n:1\r\n" NODE(IP4), "CLUSTER SLOTS"},
	{"*1\r\n*3\r\n:0\r\n:9223372036854775807\r\n" NODE(IP4), "CLUSTER SLOTS"},
	{"*2\r\n*3\r\n:0\r\n:5\r\n" NODE(IP4) "*3\r\n:5\r\n:6\r\n" NODE(IP4), "CLUSTER SLOTS"},
	{"*1\r\n*3\r\n:0\r\n:1\r\n*2\r\n" IP4 ":0\r\n", "CLUSTER SLOTS"},
	{"*1\r\n*3\r\n:0\r\n:1\r\n*2\r\n" IP4 ":65536\r\n", "CLUSTER SLOTS"},
	{"*1\r\n*3\r\n:0\r\n:1\r\n*2\r\n" IP4 "$4\r\n7000\r\n", "CLUSTER SLOTS"},
	{"*1\r\n*3\r\n:0\r\n:1\r\n*2\r\n:1\r\n:7000\r\n", "CLUSTER SLOTS"},
	{"*1\r\n*3\r\n:0\r\n:1\r\n*1\r\n" IP4, "CLUSTER SLOTS"},
	{"*1\r\n*3\r\n:0\r\n:1\r\n" NODE("$7\r\nx\x1b[2Jyz\r\n"), "x\\x1b[2J"},
	{"*1\r\n*3\r\n:0\r\n:1\r\n" NODE("$9\r\nnode1.lan\r\n"), "endpoint-type ip"},
	{"*1\r\n*3\r\n:0\r\n:1\r\n*4\r\n$1\r\nn\r\n:7000\r\n$1\r\nx\r\n*2\r\n$2\r\nip\r\n$"
	 "1\r\nn\r\n",
		"endpoint-type ip"},
};

START_TEST(refused)
{
	struct slot_map m;
	struct error err = {0};

	slot_map_init(&m);
	ck_assert(slot_map_set(&m, 1, &asked));
	ck_assert_int_eq(parse(&m, bad[_i].bytes, &err), ERR_REDIS);
	ck_assert_msg(strstr(err.msg, bad[_i].said) != NULL, "%s", err.msg);
	ck_assert_str_eq(owner(&m, 1), "0.0.0.0:4369"); /* as it was */
	slot_map_free(&m);
}
END_TEST

static const struct {
	const char *text;
	enum redirect_kind kind;
	unsigned slot;
	const char *to; /* NULL: a name, or nothing */
} redirects[] = {
	{"MOVED 3999 127.0.0.1:6381", REDIRECT_MOVED, 3999, "127.0.0.1:6381"},
	{"MOVED 0 :6381", REDIRECT_MOVED, 0, "0.0.0.0:6381"},
	{"MOVED 0 ?:6381", REDIRECT_MOVED, 0, "0.0.0.0:6381"},
	{"MOVED 16383 2001:db8::1:6381", REDIRECT_MOVED, 16383, "[2001:db8::1]:6381"},
	{"MOVED 1 ::1:1", REDIRECT_MOVED, 1, "[::1]:1"},
	{"ASK 5 192.0.2.1:65535", REDIRECT_ASK, 5, "192.0.2.1:65535"},
	{"MOVED 1 node1.lan:6381", REDIRECT_MOVED, 1, NULL},
	{"TRYAGAIN Multiple keys request during rehashing of slot", REDIRECT_WAIT, 0, NULL},
	{"CLUSTERDOWN The cluster is down", REDIRECT_WAIT, 0, NULL},
	{"MOVED", REDIRECT_NONE, 0, NULL},
	{"MOVED ", REDIRECT_NONE, 0, NULL},
	{"MOVED 1", REDIRECT_NONE, 0, NULL},
	{"MOVED 1 ", REDIRECT_NONE, 0, NULL},
	{"MOVED x 127.0.0.1:1", REDIRECT_NONE, 0, NULL},
	{"MOVED -1 127.0.0.1:1", REDIRECT_NONE, 0, NULL},
	{"MOVED 16384 127.0.0.1:1", REDIRECT_NONE, 0, NULL},
	{"MOVED 4294967297 127.0.0.1:1", REDIRECT_NONE, 0, NULL},
	{"MOVED 1 127.0.0.1", REDIRECT_NONE, 0, NULL},
	{"MOVED 1 127.0.0.1:", REDIRECT_NONE, 0, NULL},
	{"MOVED 1 127.0.0.1:0", REDIRECT_NONE, 0, NULL},
	{"MOVED 1 127.0.0.1:65536", REDIRECT_NONE, 0, NULL},
	{"MOVED 1 127.0.0.1:1x", REDIRECT_NONE, 0, NULL},
	{"ASKING", REDIRECT_NONE, 0, NULL},
	{"ERR MOVED 1 127.0.0.1:1", REDIRECT_NONE, 0, NULL},
	{"", REDIRECT_NONE, 0, NULL},
};

START_TEST(redirections)
{
	/* exactly as many bytes as there are, for the sanitizer */
	char *text = strdup(redirects[_i].text);
	size_t len = strlen(text);
	char *exact = malloc(len + 1);
	struct redirect r;
	char to[REDIS_ADDRESS_BYTES];

	memcpy(exact, text, len);
	exact = realloc(exact, len > 0 ? len : 1);
	r = redirect_parse((struct str){exact, (uint32_t)len}, &asked);
	ck_assert_int_eq(r.kind, redirects[_i].kind);
	ck_assert_uint_eq(r.kind == REDIRECT_NONE ? 0 : r.slot, redirects[_i].slot);
	if (redirects[_i].to)
		ck_assert_str_eq(redis_address_format(&r.to, to), redirects[_i].to);
	else
		ck_assert(r.kind == REDIRECT_NONE || r.kind == REDIRECT_WAIT || r.is_name);
	free(exact);
	free(text);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, well_formed);
	tcase_add_loop_test(tc, refused, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_loop_test(tc, redirections, 0, sizeof(redirects) / sizeof(redirects[0]));
}

int main(void)
{
	return suite_main("slot_map", add_tests);
}
