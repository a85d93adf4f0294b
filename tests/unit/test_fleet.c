#include "redis/fleet.h"

#include <stdio.h>

#include "tests/unit/redis_fixture.h"

struct log {
	char text[1 << 16];
	size_t len, n;
	size_t stop_after; /* 0: never */
};

static int note(void *user, struct fleet_member *m, const struct reader_entry *e)
{
	struct log *l = user;

	l->len += (size_t)snprintf(l->text + l->len, sizeof(l->text) - l->len, "%s:%.*s ",
		m->keys.name, (int)e->stream_id.len, e->stream_id.data);
	return ++l->n == l->stop_after ? 1 : 0;
}

static const struct fleet_selection everything = {.sensors = true, .replays = true};
static const struct fleet_span always = {0, UINT64_MAX};

static void add(struct redis_connection *c, const char *name, const char *id)
{
	char text[128];

	snprintf(text, sizeof(text), "XADD vedette:{%s}:alerts %s json {} seq 1", name, id);
	test_do(c, text);
}

static void refresh(struct fleet *f, size_t wanted)
{
	struct error err = {0};
	size_t n;

	ck_assert_msg(fleet_refresh(f, &err) == 0, "%s", err.msg);
	(void)fleet_members(f, &n);
	ck_assert_uint_eq(n, wanted);
}

static void scan(struct fleet *f, const struct fleet_span *span, const char *wanted)
{
	static struct log l;
	struct error err = {0};
	size_t n;
	struct fleet_member *const *members = fleet_members(f, &n);

	memset(&l, 0, sizeof(l));
	ck_assert_msg(fleet_scan(f, members, n, span, note, &l, &err) == 0, "%s", err.msg);
	ck_assert_str_eq(l.text, wanted);
}

START_TEST(streams_are_merged)
{
	struct test_server s;
	struct error err = {0};
	struct redis_connection *c;
	struct redis_route *r;
	struct fleet *f;

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	r = redis_route_open(s.url, &err);
	f = fleet_new(r, &everything);
	refresh(f, 0);
	scan(f, &always, "");
	test_do(c, "SADD vedette:sensors a b c {bad}");
	test_do(c, "HSET vedette:{c}:status mode replay");
	add(c, "a", "10-0");
	add(c, "a", "30-0");
	add(c, "b", "20-0");
	add(c, "b", "30-5");
	add(c, "b", "30-6");
	add(c, "c", "30-1");
	add(c, "a", "30-9");
	refresh(f, 3);
	scan(f, &always, "a:10-0 b:20-0 a:30-0 a:30-9 b:30-5 b:30-6 c:30-1 ");
	scan(f, &(struct fleet_span){11, 20}, "b:20-0 ");
	scan(f, &(struct fleet_span){30, 30}, "a:30-0 a:30-9 b:30-5 b:30-6 c:30-1 ");
	fleet_free(f);

	f = fleet_new(r, &(struct fleet_selection){.sensors = true});
	refresh(f, 2);
	fleet_free(f);
	f = fleet_new(r, &(struct fleet_selection){.replays = true});
	refresh(f, 1);
	scan(f, &always, "c:30-1 ");
	fleet_free(f);
	f = fleet_new(r, &(struct fleet_selection){
				 .names = (const char *const[]){"c", "none", "c"}, .n_names = 3});
	ck_assert_int_eq(fleet_refresh(f, &err), 0);
	scan(f, &always, "c:30-1 ");
	fleet_free(f);
	redis_route_close(r);
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

/* Streams of very different lengths, read in pages. */
START_TEST(pages_keep_the_order)
{
	enum { STREAMS = 40, ENTRIES = 3000 };
	struct test_server s;
	struct error err = {0};
	struct redis_connection *c;
	struct redis_route *r;
	struct fleet *f;
	struct fleet_member *const *members;
	static struct log l;
	uint32_t random = 9;
	size_t n;

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	r = redis_route_open(s.url, &err);
	for (unsigned i = 0; i < ENTRIES; i++) {
		char name[16], id[32];

		random = random * 1664525 + 1013904223;
		snprintf(name, sizeof(name), "s%u", (random >> 20) % (1 + (random >> 8) % STREAMS));
		snprintf(id, sizeof(id), "%u-0", i + 1);
		add(c, name, id);
		if (i < STREAMS) {
			char text[64];

			snprintf(text, sizeof(text), "SADD vedette:sensors s%u", i);
			test_do(c, text);
		}
	}
	f = fleet_new(r, &everything);
	refresh(f, STREAMS);
	members = fleet_members(f, &n);
	memset(&l, 0, sizeof(l));
	ck_assert_int_eq(fleet_scan(f, members, n, &always, note, &l, &err), 0);
	ck_assert_uint_eq(l.n, ENTRIES);
	for (unsigned i = 0, at = 0; i < ENTRIES; i++) {
		unsigned id;
		int len;

		ck_assert_int_eq(sscanf(l.text + at, "%*[^:]:%u-0 %n", &id, &len), 1);
		ck_assert_uint_eq(id, i + 1);
		at += (unsigned)len;
	}
	/* who has seen enough */
	memset(&l, 0, sizeof(l));
	l.stop_after = 100;
	ck_assert_int_eq(fleet_scan(f, members, n, &always, note, &l, &err), 1);
	ck_assert_uint_eq(l.n, 100);
	fleet_free(f);
	redis_route_close(r);
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

START_TEST(what_is_new_is_read)
{
	const struct fleet_reading how = {.count = 100, .block_ms = 10};
	struct test_server s;
	struct error err = {0};
	struct redis_connection *c;
	struct redis_route *r;
	struct fleet *f;
	struct fleet_member *const *members;
	static struct log l;
	bool waited;
	size_t n;

	test_server_start(&s, NULL);
	c = test_connect(s.url);
	r = redis_route_open(s.url, &err);
	test_do(c, "SADD vedette:sensors a b");
	add(c, "a", "10-0");
	add(c, "b", "5-0");
	f = fleet_new(r, &everything);
	refresh(f, 2);
	members = fleet_members(f, &n);
	memset(&l, 0, sizeof(l));
	ck_assert_int_eq(fleet_read(f, members, n, &how, note, &l, &waited, NULL, &err), 0);
	ck_assert_str_eq(l.text, "a:10-0 b:5-0 ");
	ck_assert(waited);
	ck_assert_int_eq(fleet_read(f, members, n, &how, note, &l, &waited, NULL, &err), 0);
	ck_assert_uint_eq(l.n, 2);
	add(c, "b", "6-0");
	ck_assert_int_eq(fleet_read(f, members, n, &how, note, &l, &waited, NULL, &err), 0);
	ck_assert_str_eq(l.text, "a:10-0 b:5-0 b:6-0 ");

	/* one that is refused does not hold up the reading of a status */
	test_do(c, "SET vedette:{b}:status x");
	test_do(c, "HSET vedette:{a}:status state running heartbeat now raised 12");
	ck_assert_int_eq(fleet_refresh(f, &err), ERR_REDIS);
	ck_assert_msg(strstr(err.msg, "WRONGTYPE") != NULL, "%s", err.msg);
	ck_assert(!fleet_find(f, STR("a"))->failed && fleet_find(f, STR("b"))->failed);
	ck_assert_str_eq(fleet_find(f, STR("a"))->status.state, "running");
	ck_assert_uint_eq(fleet_find(f, STR("a"))->status.raised, 12);
	ck_assert_ptr_null(fleet_find(f, STR("ab")));

	/* a server that is gone */
	test_server_kill(&s);
	ck_assert_int_eq(fleet_refresh(f, &err), ERR_REDIS);
	members = fleet_members(f, &n);
	ck_assert_int_lt(fleet_read(f, members, n, &how, note, &l, &waited, NULL, &err), 0);
	test_server_run(&s, NULL);
	test_nap_ms(1100);
	ck_assert_msg(fleet_refresh(f, &err) == 0, "%s", err.msg);
	ck_assert(!fleet_find(f, STR("a"))->known && !fleet_find(f, STR("a"))->has_status);
	fleet_free(f);
	redis_route_close(r);
	redis_close(c);
	test_server_stop(&s);
}
END_TEST

static void add_tests(TCase *tc)
{
	if (!test_server_program())
		return;
	tcase_add_test(tc, streams_are_merged);
	tcase_add_test(tc, pages_keep_the_order);
	tcase_add_test(tc, what_is_new_is_read);
}

int main(void)
{
	return suite_main("fleet", add_tests);
}
