/* Delivery by way of a spool: kills, restarts, failovers, full and broken disks. */
#include <pthread.h>
#include <sys/resource.h>

#include "redis/declaration.h"
#include "redis/store/spool.h"
#include "tests/unit/delivery_fixture.h"

enum { MAX_ENTRIES = 60000 };

static uint64_t wall_ms(void *user)
{
	struct timespec ts;

	(void)user;
	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

struct place {
	struct test_server s;
	struct test_dir dir;
	char spool[96];
	struct ears ears;
	struct delivery_config cfg;
};

static void place_new(struct place *p, const char *const *args)
{
	memset(p, 0, sizeof(*p));
	p->dir = test_dir_new();
	snprintf(p->spool, sizeof(p->spool), "%s/spool-live.db", p->dir.path);
	test_server_start(&p->s, args);
	p->cfg = config(p->s.url, &p->ears);
	p->cfg.spool_path = p->spool;
	p->cfg.resend_window_ms = 600000;
	p->cfg.now_ms = wall_ms;
}

static void place_done(struct place *p)
{
	test_server_stop(&p->s);
	test_dir_remove(&p->dir);
}

/* ---- what a stream holds ---- */

struct view {
	uint32_t n;                    /* alerts of the test */
	uint64_t seqs[MAX_ENTRIES];    /* of all entries, ascending in the stream */
	unsigned numbers[MAX_ENTRIES]; /* of the alerts, in their order */
	uint32_t n_entries, n_declarations, n_unspooled;
	uint64_t declared;      /* alerts, by sensor.lost */
	uint64_t in_ranges;     /* numbers, by sensor.lost_ranges */
	char declaration[8192]; /* the last one */
};

static uint64_t number_behind(const char *json, const char *key)
{
	const char *at = strstr(json, key);

	ck_assert_msg(at != NULL, "%s lacks %s", json, key);
	return strtoull(at + strlen(key), NULL, 10);
}

static void take_declaration(struct view *v, struct str json)
{
	const char *at;

	v->n_declarations++;
	ck_assert_uint_lt(json.len, sizeof(v->declaration));
	memcpy(v->declaration, json.data, json.len);
	v->declaration[json.len] = '\0';
	v->declared += number_behind(v->declaration, "\"sensor.lost\":");
	at = strstr(v->declaration, "\"sensor.lost_ranges\":[");
	ck_assert_ptr_nonnull(at);
	for (at = strchr(at, '['); *at != ']'; at++) {
		char *end;
		uint64_t first, last;

		ck_assert(*at == '[' || *at == ',');
		first = strtoull(at + 2, &end, 10);
		last = *end == '-' ? strtoull(end + 1, &end, 10) : first;
		ck_assert_uint_le(first, last);
		v->in_ranges += last - first + 1;
		ck_assert(*end == '"');
		at = end;
	}
}

static void take_entry(struct view *v, const struct redis_reply *fields)
{
	struct str json = redis_reply_at(fields, 1).str;
	char seq[24] = "", text[32] = "";

	ck_assert(fields->n == 14 || fields->n == 16);
	ck_assert(str_eq(redis_reply_at(fields, 10).str, STR("seq")));
	v->n_unspooled += fields->n == 16;
	memcpy(seq, redis_reply_at(fields, 11).str.data, redis_reply_at(fields, 11).str.len);
	ck_assert_uint_lt(v->n_entries, MAX_ENTRIES);
	v->seqs[v->n_entries++] = strtoull(seq, NULL, 10);
	if (str_eq(redis_reply_at(fields, 5).str, STR(DECLARATION_RULE))) {
		take_declaration(v, json);
		return;
	}
	memcpy(text, json.data, json.len < 31 ? json.len : 31);
	v->numbers[v->n++] = (unsigned)number_behind(text, "{\"n\":");
}

/* Each number of the stream once, ascending unless ANY_ORDER; alerts ascending, too. */
static struct view *look(struct redis_connection *c, bool any_order)
{
	struct view *v = calloc(1, sizeof(*v));
	char command[160], start_id[64] = "-";

	for (;;) {
		struct redis_reply r;

		snprintf(command, sizeof(command), "XRANGE vedette:{live}:alerts %s + COUNT 2000",
			start_id);
		r = test_do(c, command);
		for (size_t i = 0; i < r.n; i++) {
			struct redis_reply entry = redis_reply_at(&r, i);
			struct redis_reply fields = redis_reply_at(&entry, 1);

			if (fields.n > 2)
				take_entry(v, &fields);
			snprintf(start_id, sizeof(start_id), "(%.*s",
				(int)redis_reply_at(&entry, 0).str.len,
				redis_reply_at(&entry, 0).str.data);
		}
		if (r.n == 0)
			break;
	}
	for (uint32_t i = 1; !any_order && i < v->n_entries; i++)
		ck_assert_uint_lt(v->seqs[i - 1], v->seqs[i]);
	for (uint32_t i = 1; !any_order && i < v->n; i++)
		ck_assert_uint_lt(v->numbers[i - 1], v->numbers[i]);
	return v;
}

/* Alerts FROM to FROM + N - 1 and nothing else. */
static void holds(struct redis_connection *c, unsigned from, unsigned n)
{
	struct view *v = look(c, false);

	ck_assert_uint_eq(v->n, n);
	ck_assert_uint_eq(v->n_declarations, 0);
	for (unsigned i = 0; i < n; i++)
		ck_assert_uint_eq(v->numbers[i], from + i);
	free(v);
}

/* What the numbers say: each is there, or declared. */
static void accounts(const struct view *v, const struct delivery_stats *st)
{
	ck_assert_uint_eq(v->n_entries, st->delivered);
	ck_assert_uint_eq(v->declared, st->lost);
	ck_assert_uint_eq(v->in_ranges, st->lost);
	ck_assert_uint_eq(v->n_entries + v->in_ranges, st->raised);
	ck_assert_uint_eq(v->seqs[v->n_entries - 1], st->last_seq);
}

/* ---- tests ---- */

START_TEST(delivers_and_goes_on)
{
	struct place p;
	struct redis_connection *c;
	struct delivery *d;
	struct delivery_stats st;

	place_new(&p, NULL);
	c = test_connect(p.s.url);
	d = start(&p.cfg);
	add(d, 0, 1000);
	flush(d, 5000);
	st = stats(d);
	ck_assert_uint_eq(st.delivered, 1000);
	ck_assert_uint_eq(st.spooled + st.queued + st.lost + st.lag_ms, 0);
	ck_assert_uint_eq(st.last_seq, 1000);
	printf("through the spool: p50 %.1f ms, p99 %.1f ms\n", (double)st.latency_p50_us / 1e3,
		(double)st.latency_p99_us / 1e3);
	stop(d);
	test_str(c, "HGET vedette:{live}:status state", "stopped");
	test_str(c, "HGET vedette:{live}:status delivered", "1000");
	ck_assert_int_eq(test_int(c, "TTL vedette:{live}:status"), -1);
	ck_assert_int_eq(test_int(c, "EXISTS vedette:{live}:lease"), 0);
	d = start(&p.cfg);
	add(d, 1000, 500);
	stop(d);
	holds(c, 0, 1500);
	test_str(c, "HGET vedette:{live}:status raised", "1500");
	test_str(c, "HGET vedette:{live}:status alerts", "750");
	ck_assert_uint_eq(atomic_load(&p.ears.notices[DELIVERY_OTHER_WRITER]), 0);
	ck_assert_uint_eq(atomic_load(&p.ears.notices[DELIVERY_REWOUND]), 0);
	redis_close(c);
	place_done(&p);
}
END_TEST

/* Redis is away when the sensor starts, and when it stops. */
START_TEST(redis_is_away)
{
	struct place p;
	struct redis_connection *c;
	struct delivery *d;
	struct delivery_stats st;

	place_new(&p, NULL);
	test_server_kill(&p.s);
	d = start(&p.cfg);
	ck_assert_uint_eq(atomic_load(&p.ears.notices[DELIVERY_TROUBLE]), 1);
	add(d, 0, 700);
	for (int i = 0; i < 1000 && (stats(d).queued > 0 || stats(d).lag_ms < 100); i++)
		test_nap_ms(10);
	st = stats(d);
	ck_assert_uint_eq(st.spooled, 700);
	ck_assert_uint_eq(st.queued, 0);
	ck_assert_uint_ge(st.lag_ms, 100);
	ck_assert_int_eq(delivery_stop(d, 100, NULL), 0); /* safe in the spool */
	ck_assert_uint_eq(stats(d).spooled, 700);
	delivery_free(d);
	d = start(&p.cfg);
	add(d, 700, 300);
	test_server_run(&p.s, NULL);
	flush(d, 10000);
	ck_assert_uint_eq(stats(d).delivered, 1000);
	c = test_connect(p.s.url);
	holds(c, 0, 1000);
	stop(d);
	redis_close(c);
	place_done(&p);
}
END_TEST

/* More than fits into memory waits in the spool, and comes in order. */
START_TEST(long_backlog)
{
	struct place p;
	struct redis_connection *c;
	struct delivery *d;

	place_new(&p, NULL);
	d = start(&p.cfg);
	kill(p.s.pid, SIGSTOP);
	for (unsigned i = 0; i < 40000; i += 4000) {
		add(d, i, 4000);
		test_nap_ms(50);
	}
	kill(p.s.pid, SIGCONT);
	flush(d, 30000);
	c = test_connect(p.s.url);
	holds(c, 0, 40000);
	ck_assert_uint_eq(stats(d).delivered, 40000);
	stop(d);
	redis_close(c);
	place_done(&p);
}
END_TEST

static void say(void *user, enum delivery_notice what, const char *text)
{
	(void)user;
	fprintf(stderr, "%d: %s\n", what, text);
}

/* A process that adds alerts from FROM on until it is killed. */
static pid_t start_victim(const struct place *p, unsigned from)
{
	pid_t pid = fork();
	struct delivery_config cfg = p->cfg;
	struct error err = {0};
	struct delivery *d;

	ck_assert_int_ge(pid, 0);
	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(60);
	cfg.on_notice = say;
	cfg.on_delivered = NULL;
	d = delivery_new(&cfg, &err);
	if (!d || delivery_start(d, &err) != 0) {
		fprintf(stderr, "%s\n", err.msg);
		_exit(1);
	}
	for (unsigned i = from; i < from + 1000000; i++) {
		add_one(d, i, LEVEL_HIGH);
		if (i % 16 == 0)
			test_nap_ms(1);
	}
	_exit(2);
}

/* At any moment: what was committed arrives once and in order, and counts. */
START_TEST(killed)
{
	struct place p;
	struct redis_connection *c;
	struct delivery *d;
	struct delivery_stats st;
	struct view *v;
	int status;

	place_new(&p, NULL);
	c = test_connect(p.s.url);
	for (unsigned round = 0; round < 12; round++) {
		pid_t pid = start_victim(&p, round * 1000000);

		test_nap_ms(round == 0 ? 2000 : 20 + (long)round * 37 % 190);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		ck_assert_msg(WIFSIGNALED(status), "%x", status);
		ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	}
	d = start(&p.cfg);
	flush(d, 10000);
	st = stats(d);
	v = look(c, false);
	accounts(v, &st);
	ck_assert_uint_eq(st.lost, 0);
	ck_assert_uint_gt(v->n, 100);
	for (uint32_t i = 1; i < v->n; i++)
		ck_assert(v->numbers[i] == v->numbers[i - 1] + 1 || v->numbers[i] % 1000000 == 0);
	printf("12 kills: %u alerts, %" PRIu64 " read back\n", v->n, st.read_back);
	ck_assert_uint_eq(atomic_load(&p.ears.notices[DELIVERY_OTHER_WRITER]), 0);
	free(v);
	stop(d);
	redis_close(c);
	place_done(&p);
}
END_TEST

/* ---- Redis loses what it had confirmed ---- */

START_TEST(restarted_empty)
{
	struct place p;
	struct redis_connection *c;
	struct delivery *d;
	struct delivery_stats st;

	place_new(&p, NULL);
	d = start(&p.cfg);
	add(d, 0, 900);
	flush(d, 5000);
	test_server_kill(&p.s);
	add(d, 900, 100);
	test_server_run(&p.s, NULL);
	wait_notice(&p.ears, DELIVERY_REWOUND, 1);
	flush(d, 10000);
	c = test_connect(p.s.url);
	holds(c, 0, 1000);
	st = stats(d);
	ck_assert_uint_eq(st.delivered, 1000);
	ck_assert_uint_eq(st.resent, 900);
	ck_assert_uint_eq(st.lost, 0);
	ck_assert_uint_eq(st.rewinds, 1);
	for (int i = 0; i < 200 && test_int(c, "SISMEMBER vedette:sensors live") == 0; i++)
		test_nap_ms(10);
	ck_assert_int_eq(test_int(c, "SISMEMBER vedette:sensors live"), 1);
	stop(d);
	redis_close(c);
	place_done(&p);
}
END_TEST

/* As a replica that becomes the primary and lacks the end. */
static void lose_end(struct redis_connection *c, unsigned keep, unsigned n)
{
	char command[96];

	for (unsigned i = keep; i < n; i++) {
		snprintf(command, sizeof(command), "XDEL vedette:{live}:alerts %" PRIu64 "-%u",
			START_MS + i / 3, i % 3);
		ck_assert_int_eq(test_int(c, command), 1);
	}
	snprintf(command, sizeof(command), "XSETID vedette:{live}:alerts %" PRIu64 "-%u",
		START_MS + (keep - 1) / 3, (keep - 1) % 3);
	test_do(c, command);
	test_do(c, "CLIENT KILL TYPE normal SKIPME yes");
}

START_TEST(failover)
{
	struct place p;
	struct redis_connection *c;
	struct delivery *d;
	struct delivery_stats st;

	place_new(&p, NULL);
	c = test_connect(p.s.url);
	d = start(&p.cfg);
	add(d, 0, 900);
	flush(d, 5000);
	lose_end(c, 700, 900);
	add(d, 900, 100);
	wait_notice(&p.ears, DELIVERY_REWOUND, 1);
	flush(d, 10000);
	holds(c, 0, 1000);
	st = stats(d);
	ck_assert_uint_eq(st.resent, 200);
	ck_assert_uint_eq(st.delivered, 1000);
	ck_assert_uint_eq(st.lost, 0);
	stop(d);
	redis_close(c);
	place_done(&p);
}
END_TEST

/* While the sensor did not run, and with no window: what is gone is declared. */
START_TEST(failover_beyond_the_window)
{
	struct place p;
	struct redis_connection *c;
	struct delivery *d;
	struct delivery_stats st;
	char ranges[64];
	struct view *v;

	place_new(&p, NULL);
	p.cfg.resend_window_ms = 0;
	c = test_connect(p.s.url);
	d = start(&p.cfg);
	/* What is confirmed goes with the commits that come later. */
	add(d, 0, 899);
	flush(d, 10000);
	test_nap_ms(700);
	add(d, 899, 1);
	flush(d, 10000);
	test_nap_ms(700);
	stop(d);
	lose_end(c, 700, 900);
	d = start(&p.cfg);
	add(d, 900, 100);
	flush(d, 10000);
	st = stats(d);
	v = look(c, false);
	ck_assert_uint_ge(st.lost, 199);
	ck_assert_uint_eq(st.lost + st.resent, 200);
	ck_assert_uint_eq(st.lost_by_level[0], st.lost);
	ck_assert_uint_eq(v->n, 1000 - st.lost);
	ck_assert_uint_eq(v->n_declarations, 1);
	snprintf(ranges, sizeof(ranges), "\"sensor.lost_ranges\":[\"701-%u\"]",
		700 + (unsigned)st.lost);
	ck_assert_ptr_nonnull(strstr(v->declaration, ranges));
	ck_assert_ptr_nonnull(strstr(v->declaration, "\"sensor.cause\":\"rewind\""));
	accounts(v, &st);
	free(v);
	stop(d);
	ck_assert_ptr_nonnull(strstr(p.ears.last[DELIVERY_REWOUND], "200 are lost"));
	redis_close(c);
	place_done(&p);
}
END_TEST

/* ---- somebody else ---- */

START_TEST(other_writer)
{
	struct place p;
	struct redis_connection *c;
	struct delivery *d;
	struct delivery_stats st;
	struct view *v;

	place_new(&p, NULL);
	c = test_connect(p.s.url);
	d = start(&p.cfg);
	add(d, 0, 300);
	flush(d, 5000);
	kill(p.s.pid, SIGSTOP);
	add(d, 300, 300);
	test_nap_ms(100);
	kill(p.s.pid, SIGCONT);
	test_do(c, "XADD vedette:{live}:alerts 1790000009999-0 a b");
	add(d, 600, 300);
	flush(d, 5000);
	st = stats(d);
	ck_assert_uint_eq(st.delivered, 900);
	ck_assert_uint_gt(st.renumbered, 0);
	v = look(c, true);
	ck_assert_uint_eq(v->n, 900);
	free(v);
	stop(d);
	d = start(&p.cfg); /* and what follows goes behind it, too */
	add(d, 900, 100);
	stop(d);
	v = look(c, true);
	ck_assert_uint_eq(v->n, 1000);
	free(v);
	redis_close(c);
	place_done(&p);
}
END_TEST

/* Between two ids that were given and not yet sent. */
START_TEST(other_writer_between)
{
	struct place p;
	struct redis_connection *c;
	struct delivery *d;
	struct view *v;

	place_new(&p, NULL);
	c = test_connect(p.s.url);
	d = start(&p.cfg);
	add(d, 0, 1);
	flush(d, 5000);
	test_do(c, "XADD vedette:{live}:alerts 1790000000020-5 a b");
	add(d, 1, 99);
	flush(d, 5000);
	ck_assert_uint_ge(stats(d).other_writers, 1);
	v = look(c, true);
	ck_assert_uint_eq(v->n, 100);
	free(v);
	stop(d);
	redis_close(c);
	place_done(&p);
}
END_TEST

/* Another spool with this name, of a process that lives. */
START_TEST(second_sensor)
{
	struct place p;
	struct delivery_config other;
	struct delivery *d;
	struct error err = {0};
	char path[128];
	pid_t pid;

	place_new(&p, NULL);
	pid = start_victim(&p, 0);
	for (int i = 0; i < 2000; i++) {
		struct redis_connection *c = test_connect(p.s.url);
		const bool is_held = test_int(c, "EXISTS vedette:{live}:lease") == 1;

		redis_close(c);
		if (is_held)
			break;
		test_nap_ms(5);
	}
	other = p.cfg;
	snprintf(path, sizeof(path), "%s/other.db", p.dir.path);
	other.spool_path = path;
	d = delivery_new(&other, &err);
	ck_assert_ptr_null(d);
	ck_assert_msg(strstr(err.msg, "another sensor, process") != NULL, "%s", err.msg);
	d = delivery_new(&p.cfg, &err); /* the same spool is locked */
	ck_assert_ptr_null(d);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	d = start(&other); /* the first one is dead */
	stop(d);
	place_done(&p);
}
END_TEST

/* An older copy of the spool, in its place. */
START_TEST(old_copy)
{
	struct place p;
	struct redis_connection *c;
	struct delivery *d;
	char command[256];

	place_new(&p, NULL);
	c = test_connect(p.s.url);
	d = start(&p.cfg);
	add(d, 0, 100);
	stop(d);
	snprintf(command, sizeof(command), "cp %s %s.old", p.spool, p.spool);
	ck_assert_int_eq(system(command), 0);
	d = start(&p.cfg);
	add(d, 100, 100);
	stop(d);
	snprintf(command, sizeof(command), "mv %s.old %s; rm -f %s-*", p.spool, p.spool, p.spool);
	ck_assert_int_eq(system(command), 0);
	d = start(&p.cfg);
	add(d, 200, 100);
	flush(d, 5000);
	ck_assert_uint_eq(stats(d).raised, 300);
	holds(c, 0, 300);
	stop(d);
	ck_assert_ptr_nonnull(strstr(p.ears.last[DELIVERY_OTHER_WRITER], "old copy"));
	redis_close(c);
	place_done(&p);
}
END_TEST

/* ---- the disk ---- */

static void limit_files(rlim_t bytes)
{
	struct rlimit limit = {bytes, RLIM_INFINITY};

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(unwritable)
{
	struct place p;
	struct redis_connection *c;
	struct delivery *d;
	struct delivery_stats st;
	struct view *v;

	place_new(&p, NULL);
	c = test_connect(p.s.url);
	d = start(&p.cfg);
	add(d, 0, 300);
	flush(d, 5000);
	limit_files(1);
	add(d, 300, 300);
	flush(d, 5000);
	st = stats(d);
	ck_assert_uint_eq(st.delivered, 600);
	ck_assert_uint_ge(st.unspooled, 290);
	ck_assert_uint_eq(atomic_load(&p.ears.notices[DELIVERY_UNSPOOLED]), 1);
	limit_files(RLIM_INFINITY);
	wait_notice(&p.ears, DELIVERY_SPOOLED, 1);
	add(d, 600, 300);
	flush(d, 5000);
	holds(c, 0, 900);
	v = look(c, false);
	st = stats(d);
	accounts(v, &st);
	ck_assert_uint_eq(v->n_unspooled, st.unspooled);
	free(v);
	stop(d);
	d = start(&p.cfg); /* which knows of them */
	ck_assert_uint_eq(stats(d).raised, 900);
	stop(d);
	redis_close(c);
	place_done(&p);
}
END_TEST

/* Neither disk nor Redis: memory holds what it can, the rest is declared once either is there. */
START_TEST(unwritable_and_away)
{
	static const enum rule_level levels[] = {LEVEL_LOW, LEVEL_HIGH};
	struct place p;
	struct redis_connection *c;
	struct delivery *d;
	struct delivery_stats st;
	struct view *v;

	place_new(&p, NULL);
	p.cfg.max_queue_bytes = 1 << 20;
	d = start(&p.cfg);
	add(d, 0, 300);
	flush(d, 5000);
	test_server_kill(&p.s);
	limit_files(1);
	for (unsigned i = 300; i < 12000; i++)
		add_one(d, i, levels[i % 2]);
	st = stats(d);
	ck_assert_uint_gt(st.lost, 1000);
	ck_assert_uint_eq(st.lost, st.lost_by_level[LEVEL_LOW] + st.lost_by_level[LEVEL_HIGH]);
	limit_files(RLIM_INFINITY);
	test_server_run(&p.s, NULL);
	flush(d, 20000);
	for (int i = 0; i < 500 && stats(d).queued > 0; i++)
		test_nap_ms(10);
	c = test_connect(p.s.url);
	wait_notice(&p.ears, DELIVERY_LOST, 1);
	flush(d, 20000);
	v = look(c, false);
	st = stats(d);
	ck_assert_uint_ge(v->n_declarations, 1);
	ck_assert_ptr_nonnull(strstr(v->declaration, "\"sensor.cause\":\"queue\""));
	accounts(v, &st);
	free(v);
	stop(d);
	redis_close(c);
	place_done(&p);
}
END_TEST

static void add_large(struct delivery *d, unsigned i, enum rule_level level)
{
	char json[1200];
	struct alert a = {.revision = 1,
		.ts_ns = (START_MS + i / 3) * NS_PER_MS,
		.level = level,
		.rule_id = STR("rule-1"),
		.equipment = STR("gnb-017")};

	snprintf(a.id, sizeof(a.id), "%032x", i);
	memset(json, 'x', sizeof(json));
	a.json.len = (uint32_t)snprintf(json, sizeof(json), "{\"n\":%u,\"pad\":\"", i);
	json[a.json.len] = 'x';
	json[1197] = '"';
	json[1198] = '}';
	a.json = (struct str){json, 1199};
	delivery_add(d, &a);
}

START_TEST(full)
{
	static const enum rule_level levels[] = {LEVEL_LOW, LEVEL_CRITICAL, LEVEL_LOW, LEVEL_HIGH};
	struct place p;
	struct redis_connection *c;
	struct delivery *d;
	struct delivery_stats st;
	struct view *v;

	place_new(&p, NULL);
	p.cfg.spool_bytes = SPOOL_MIN_BYTES;
	d = start(&p.cfg);
	test_server_kill(&p.s);
	for (unsigned i = 0; i < 6000; i++) {
		add_large(d, i, levels[i % 4]);
		if (i % 100 == 99) {
			test_nap_ms(10);
			stats(d);
		}
	}
	for (int i = 0; i < 1000 && stats(d).queued > 0; i++)
		test_nap_ms(10);
	st = stats(d);
	ck_assert_uint_gt(st.lost, 1000);
	ck_assert_uint_eq(st.lost_by_level[LEVEL_CRITICAL], 0);
	ck_assert_uint_gt(st.lost_by_level[LEVEL_LOW], 1000);
	ck_assert_uint_le(st.spool_bytes, SPOOL_MIN_BYTES);
	test_server_run(&p.s, NULL);
	flush(d, 20000);
	c = test_connect(p.s.url);
	st = stats(d);
	v = look(c, false);
	accounts(v, &st);
	ck_assert_uint_eq(v->n + st.lost, 6000);
	ck_assert_ptr_nonnull(strstr(v->declaration, "\"sensor.cause\":\"full\""));
	free(v);
	stop(d);
	ck_assert_uint_ge(atomic_load(&p.ears.notices[DELIVERY_LOST]), 1);
	redis_close(c);
	place_done(&p);
}
END_TEST

static void add_tests(TCase *tc)
{
	if (!test_server_program()) {
		puts("skipped: neither redis-server nor valkey-server is installed");
		return;
	}
	tcase_add_test(tc, delivers_and_goes_on);
	tcase_add_test(tc, redis_is_away);
	tcase_add_test(tc, long_backlog);
	tcase_add_test(tc, killed);
	tcase_add_test(tc, restarted_empty);
	tcase_add_test(tc, failover);
	tcase_add_test(tc, failover_beyond_the_window);
	tcase_add_test(tc, other_writer);
	tcase_add_test(tc, other_writer_between);
	tcase_add_test(tc, second_sensor);
	tcase_add_test(tc, old_copy);
	tcase_add_test(tc, unwritable);
	tcase_add_test(tc, unwritable_and_away);
	tcase_add_test(tc, full);
}

int main(void)
{
	return suite_main("delivery_spool", add_tests);
}
