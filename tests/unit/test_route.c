#include "redis/route.h"

#include "tests/unit/redis_fixture.h"

static struct redis_connection *route_to(struct redis_route *r, const char *key)
{
	struct redis_connection *c = NULL;
	struct error err = {0};

	ck_assert_msg(redis_route_to(r, str_from(key), &c, &err) == 0, "%s", err.msg);
	ck_assert_ptr_nonnull(c);
	return c;
}

START_TEST(one_server_one_connection)
{
	struct redis_connection *c;
	struct redis_route *r;
	struct test_server s;
	struct error err;

	test_server_start(&s, NULL);
	r = redis_route_open(s.url, &err);
	c = route_to(r, "a");
	ck_assert_ptr_eq(route_to(r, "b"), c);
	test_do(c, "SET a 1");
	redis_route_close(r);
	test_server_stop(&s);
}
END_TEST

START_TEST(a_broken_connection_is_opened_again)
{
	struct redis_connection *c;
	struct redis_route *r;
	struct redis_reply reply;
	struct test_server s;
	struct error err;

	test_server_start(&s, NULL);
	r = redis_route_open(s.url, &err);
	c = route_to(r, "a");
	test_server_kill(&s);
	unlink(s.socket);
	ck_assert_int_eq(test_try(c, "PING", &reply, &err), ERR_REDIS);
	ck_assert(redis_is_broken(c));
	ck_assert_int_eq(redis_route_to(r, STR("a"), &c, &err), ERR_REDIS);
	ck_assert_ptr_null(c);
	ck_assert_ptr_nonnull(strstr(err.msg, "no such socket"));
	test_server_run(&s, NULL);
	/* not yet tried again */
	ck_assert_int_eq(redis_route_to(r, STR("a"), &c, &err), ERR_REDIS);
	ck_assert_ptr_nonnull(strstr(err.msg, "no such socket"));
	test_nap_ms(1050);
	test_do(route_to(r, "a"), "SET a 1");
	redis_route_close(r);
	test_server_stop(&s);
}
END_TEST

START_TEST(no_server_no_route)
{
	struct error err = {0};

	ck_assert_ptr_null(redis_route_open("unix:///nonexistent/s", &err));
	ck_assert_int_eq(err.code, ERR_REDIS);
	ck_assert_ptr_null(redis_route_open("nonsense", &err));
	ck_assert_int_eq(err.code, ERR_USAGE);
	redis_route_close(NULL);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, no_server_no_route);
	if (!test_server_program())
		return;
	tcase_add_test(tc, one_server_one_connection);
	tcase_add_test(tc, a_broken_connection_is_opened_again);
}

int main(void)
{
	return suite_main("route", add_tests);
}
