/* The users of a sensor that docs/redis.md documents: enough for all that a sensor does, and with
 * any one of their rights less something is refused. tests/system/test_rights.sh does the same for
 * those of the commands. */
#include "tests/unit/delivery_fixture.h"

enum { RULES_MAX = 40 };

static struct test_server server;
static struct redis_connection *admin;

struct rules {
	char text[RULES_MAX][64];
	int n;
};

static void start_server(void)
{
	test_server_start(&server, NULL);
	admin = test_connect(server.url);
}

static void stop_server(void)
{
	redis_close(admin);
	test_server_stop(&server);
}

/* The words of TEXT that are rules of the ACL, up to its end or a blank line; NAME is "live". */
static void take_rules(struct rules *ret, char *text)
{
	char *save = NULL;

	for (char *w = strtok_r(text, " \n", &save); w; w = strtok_r(NULL, " \n", &save)) {
		const char *name = strstr(w, "{NAME}");

		if (*w != '+' && *w != '~')
			continue;
		ck_assert_int_lt(ret->n, RULES_MAX);
		if (name)
			snprintf(ret->text[ret->n++], sizeof(ret->text[0]), "%.*s{live}%s",
				(int)(name - w), w, name + 6);
		else
			snprintf(ret->text[ret->n++], sizeof(ret->text[0]), "%s", w);
	}
}

/* What docs/redis.md says between BEGIN and END. */
static void read_rules(struct rules *ret, const char *begin, const char *end)
{
	FILE *f = fopen(VEDETTE_SOURCE_DIR "/docs/redis.md", "r");
	static char text[1 << 16];
	char *from, *to;

	ck_assert_ptr_nonnull(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	from = strstr(text, begin);
	ck_assert_msg(from != NULL, "docs/redis.md does not say \"%s\"", begin);
	to = strstr(from + strlen(begin), end);
	ck_assert_ptr_nonnull(to);
	*to = '\0';
	take_rules(ret, from + strlen(begin));
	ck_assert_int_gt(ret->n, 1);
}

/* All of R but number WITHOUT (-1: all). */
static void grant(const char *user, const struct rules *r, int without)
{
	char text[2048];
	int len = snprintf(text, sizeof(text), "ACL SETUSER %s reset on >pw", user);

	for (int i = 0; i < r->n; i++) {
		if (i != without)
			len += snprintf(text + len, sizeof(text) - (size_t)len, " %s", r->text[i]);
	}
	test_do(admin, text);
	test_do(admin, "ACL LOG RESET");
}

/* How many refusals there were. */
static size_t denials(void)
{
	return test_do(admin, "ACL LOG").n;
}

static void url_of(char *buf, const char *user)
{
	snprintf(buf, 192, "unix://%s:pw@%s?db=1", user, server.socket);
}

/* A sensor's life: it begins where there is something and where there is nothing, another one
 * writes, replies are lost, entries are trimmed that a group has not read. False when it could not
 * begin. */
static bool live(uint64_t retain)
{
	struct ears ears = {0};
	struct delivery_config cfg;
	struct delivery *d;
	struct error err;
	char url[192];

	test_do(admin, "FLUSHALL");
	for (int life = 0; life < 2; life++) {
		url_of(url, "sensor");
		cfg = config(url, &ears);
		cfg.retain = retain;
		cfg.status_ms = 50;
		d = delivery_new(&cfg, &err);
		if (!d)
			return false;
		ck_assert_int_eq(delivery_start(d, &err), 0);
		add(d, (unsigned)life * 1000, 300);
		delivery_flush(d, 400, &err);
		test_do(admin, "SELECT 1");
		test_do(admin, "XADD vedette:{live}:alerts MAXLEN 1000 1790000009999-* a b");
		if (life == 0) {
			test_do(admin, "XGROUP CREATE vedette:{live}:alerts g 0");
			test_do(admin,
				"XREADGROUP GROUP g c COUNT 5 STREAMS vedette:{live}:alerts >");
		}
		add(d, (unsigned)life * 1000 + 500, 300);
		delivery_flush(d, 400, &err);
		test_nap_ms(retain ? 150 : 60);
		delivery_stop(d, 400, &err);
		delivery_free(d);
	}
	return true;
}

static void each_is_needed(const struct rules *r, uint64_t retain)
{
	grant("sensor", r, -1);
	ck_assert(live(retain));
	ck_assert_uint_eq(denials(), 0);
	for (int i = 0; i < r->n; i++) {
		grant("sensor", r, i);
		live(retain);
		ck_assert_msg(denials() > 0, "a sensor does not need %s", r->text[i]);
	}
}

START_TEST(sensor)
{
	struct rules r = {.n = 0};

	read_rules(&r, "ACL SETUSER sensor on", "ACL SETUSER");
	/* for its registration, as documented; without it is not refused, but said */
	read_rules(&r, "ACL SETUSER sensor (", ")");
	for (int i = 0; i < r.n; i++)
		ck_assert_str_ne(r.text[i], "~vedette:*");
	each_is_needed(&r, 0);
}
END_TEST

START_TEST(retention)
{
	struct rules r = {.n = 0};
	int plain;

	read_rules(&r, "ACL SETUSER sensor on", "ACL SETUSER");
	read_rules(&r, "ACL SETUSER sensor (", ")");
	plain = r.n;
	read_rules(&r, "`--retain` needs `", "`");
	grant("sensor", &r, -1);
	ck_assert(live(20));
	ck_assert_uint_eq(denials(), 0);
	for (int i = plain; i < r.n; i++) {
		grant("sensor", &r, i);
		live(20);
		ck_assert_msg(denials() > 0, "--retain does not need %s", r.text[i]);
	}
}
END_TEST

/* Without the set of names a sensor works all the same, and says so. */
START_TEST(unregistered)
{
	struct rules r = {.n = 0};
	struct ears ears = {0};
	struct delivery_config cfg;
	struct delivery *d;
	char url[192];

	read_rules(&r, "ACL SETUSER sensor on", "ACL SETUSER");
	test_do(admin, "FLUSHALL");
	grant("sensor", &r, -1);
	url_of(url, "sensor");
	cfg = config(url, &ears);
	d = start(&cfg);
	add(d, 0, 100);
	flush(d, 5000);
	for (int i = 0; i < 500 && !atomic_load(&ears.notices[DELIVERY_UNREGISTERED]); i++)
		test_nap_ms(10);
	delivery_stop(d, 1000, NULL);
	delivery_free(d);
	ck_assert_uint_eq(atomic_load(&ears.notices[DELIVERY_UNREGISTERED]), 1);
	ck_assert_uint_eq(atomic_load(&ears.notices[DELIVERY_OPERATOR_ERROR]), 0);
	test_do(admin, "SELECT 1");
	ck_assert_int_eq(test_int(admin, "XLEN vedette:{live}:alerts"), 100);
}
END_TEST

START_TEST(registration)
{
	struct rules r = {.n = 0};

	read_rules(&r, "ACL SETUSER registration on", "ACL SETUSER");
	for (int without = -1; without < r.n; without++) {
		struct redis_connection *c;
		struct redis_reply reply;
		struct error err;
		char url[192];

		grant("registration", &r, without);
		url_of(url, "registration");
		c = redis_open(url, &err);
		if (c)
			test_try(c, "SADD vedette:sensors live", &reply, &err);
		redis_close(c);
		ck_assert_msg((denials() > 0) == (without >= 0), "registration: %s",
			without < 0 ? "not enough" : r.text[without]);
	}
}
END_TEST

static void add_tests(TCase *tc)
{
	if (!test_server_program()) {
		puts("skipped: neither redis-server nor valkey-server is installed");
		return;
	}
	tcase_add_unchecked_fixture(tc, start_server, stop_server);
	tcase_add_test(tc, sensor);
	tcase_add_test(tc, retention);
	tcase_add_test(tc, unregistered);
	tcase_add_test(tc, registration);
}

int main(void)
{
	return suite_main("rights", add_tests);
}
