#include "redis/lease.h"

#include "tests/unit/redis_fixture.h"

static const uint8_t ours[LEASE_IDENTITY_BYTES] = {1}, theirs[LEASE_IDENTITY_BYTES] = {2};

struct place {
	struct test_server s;
	struct redis_connection *c;
	struct stream_keys keys;
	struct lease lease;
};

static void place_new(struct place *p)
{
	struct error err;

	test_server_start(&p->s, NULL);
	p->c = test_connect(p->s.url);
	ck_assert_int_eq(stream_keys_make("x", &p->keys, &err), 0);
	lease_make(&p->lease, ours, 7, 5000);
}

static void place_done(struct place *p)
{
	redis_close(p->c);
	test_server_stop(&p->s);
}

static void taken(struct place *p, bool at_start)
{
	struct error err = {0};
	bool other;

	ck_assert_msg(
		lease_take(p->c, &p->keys, &p->lease, at_start, &other, &err) == 0, "%s", err.msg);
	ck_assert(!other);
	test_str(p->c, "GET vedette:{x}:lease", p->lease.value);
}

static void refused(struct place *p, bool at_start, const char *said)
{
	struct error err = {0};
	bool other;

	ck_assert_int_eq(lease_take(p->c, &p->keys, &p->lease, at_start, &other, &err), ERR_REDIS);
	ck_assert(other && redis_needs_operator(p->c));
	ck_assert_msg(strstr(err.msg, said) != NULL, "\"%s\" lacks \"%s\"", err.msg, said);
}

/* The value of a lease as another process would write it: IDENTITY, boot, pid and host as wished,
 * NULL or 0: ours. */
static void held_by(
	struct place *p, const uint8_t *identity, const char *boot, long pid, const char *host)
{
	char words[3][65], value[LEASE_VALUE_BYTES];
	struct lease other;
	long own;

	lease_make(&other, identity, 99, 5000);
	ck_assert_int_eq(
		sscanf(other.value, "%64s %64s %*s %ld %64s", words[0], words[1], &own, words[2]),
		4);
	snprintf(value, sizeof(value), "%s %s 0000000000000063 %ld %s", words[0],
		boot ? boot : words[1], pid ? pid : own, host ? host : words[2]);
	ck_assert_int_eq(redis_command(p->c, 5,
				 (struct str[]){STR("SET"), STR("vedette:{x}:lease"),
					 str_from(value), STR("PX"), STR("5000")},
				 &(struct redis_reply){0}, &(struct error){0}),
		0);
}

/* One that has ended and was waited for. */
static long dead_pid(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
	return pid;
}

START_TEST(is_taken_renewed_and_given_back)
{
	struct place p;
	struct error err;
	int64_t left;

	place_new(&p);
	taken(&p, true);
	test_do(p.c, "PEXPIRE vedette:{x}:lease 100");
	taken(&p, false);
	left = test_int(p.c, "PTTL vedette:{x}:lease");
	ck_assert(left > 1000 && left <= 5000);
	test_do(p.c, "DEL vedette:{x}:lease");
	taken(&p, false); /* Redis was restarted empty */
	ck_assert_int_eq(lease_release(p.c, &p.keys, &p.lease, &err), 0);
	ck_assert_int_eq(test_int(p.c, "EXISTS vedette:{x}:lease"), 0);
	held_by(&p, theirs, NULL, 1, NULL);
	ck_assert_int_eq(lease_release(p.c, &p.keys, &p.lease, &err), 0);
	ck_assert_int_eq(test_int(p.c, "EXISTS vedette:{x}:lease"), 1);
	place_done(&p);
}
END_TEST

START_TEST(others_are_found_out)
{
	struct place p;

	place_new(&p);
	held_by(&p, theirs, NULL, 1, NULL); /* pid 1 lives */
	refused(&p, true, "another sensor, process 1 on ");
	held_by(&p, theirs, "another-boot", dead_pid(), "other-host");
	refused(&p, true, "on other-host");
	/* A copy of the spool on another machine, or on a cloned one. */
	held_by(&p, ours, "another-boot", 4711, "other-host");
	refused(&p, true, "process 4711 on other-host writes to vedette:{x}:alerts with a copy");
	held_by(&p, ours, "another-boot", 4711, NULL);
	refused(&p, true, "with a copy of this sensor's spool");
	/* In the run nobody's lease is taken over, whoever it is. */
	held_by(&p, ours, NULL, 0, NULL);
	refused(&p, false, "with a copy");
	place_done(&p);
}
END_TEST

START_TEST(the_dead_are_followed)
{
	struct place p;

	place_new(&p);
	held_by(&p, ours, NULL, 1, NULL); /* the spool's lock proves it, whatever has its pid */
	taken(&p, true);
	held_by(&p, theirs, NULL, dead_pid(), NULL);
	taken(&p, true);
	place_done(&p);
}
END_TEST

START_TEST(hostile_values)
{
	static const char *const values[] = {"x", "a b c d e", "%n%n%n", ""};
	struct place p;
	struct error err = {0};
	char command[96];
	bool other;

	place_new(&p);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		ck_assert_int_eq(redis_command(p.c, 3,
					 (struct str[]){STR("SET"), STR("vedette:{x}:lease"),
						 str_from(values[i])},
					 &(struct redis_reply){0}, &err),
			0);
		refused(&p, true, "which no sensor wrote: delete it");
	}
	test_do(p.c, "SETRANGE vedette:{x}:lease 100000 x");
	refused(&p, true, "no sensor wrote");
	test_do(p.c, "DEL vedette:{x}:lease");
	snprintf(command, sizeof(command), "RPUSH vedette:{x}:lease a");
	test_do(p.c, command);
	ck_assert_int_eq(lease_take(p.c, &p.keys, &p.lease, true, &other, &err), ERR_REDIS);
	ck_assert_ptr_nonnull(strstr(err.msg, "WRONGTYPE"));
	place_done(&p);
}
END_TEST

static void add_tests(TCase *tc)
{
	if (!test_server_program()) {
		puts("skipped: neither redis-server nor valkey-server is installed");
		return;
	}
	tcase_add_test(tc, is_taken_renewed_and_given_back);
	tcase_add_test(tc, others_are_found_out);
	tcase_add_test(tc, the_dead_are_followed);
	tcase_add_test(tc, hostile_values);
}

int main(void)
{
	return suite_main("lease", add_tests);
}
