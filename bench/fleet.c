/* Many sensors in one process, each with a delivery of its own: bench/fleet.py.
 *
 *     bench_fleet URL SENSORS ALERTS RATE [SPOOLS]
 *
 * Sensor s0000 and those after it raise ALERTS each, by turns, RATE a second all together (0: as
 * fast as they are taken). SPOOLS is a folder for their spools; without it they have none. Prints
 * a line of JSON. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/time_text.h"
#include "redis/delivery.h"
#include "tests/support/alert_maker.h"

enum {
	SENSORS_MAX = 10000,
	WAITING_MAX = 1024, /* of one sensor */
	CHECK_EACH = 16,
	FLUSH_MS = 120000,
	STOP_MS = 10000,
};

struct sensor {
	struct delivery *delivery;
	char name[16], spool[512];
};

struct fleet {
	const char *url, *spools;
	struct sensor *sensors;
	uint64_t n, alerts, rate;
	struct alert_maker maker;
};

static uint64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

static uint64_t wall_ms(void *user)
{
	(void)user;
	return clock_ns(CLOCK_REALTIME) / NS_PER_MS;
}

static void nap_us(long us)
{
	const struct timespec ts = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};

	nanosleep(&ts, NULL);
}

static int open_sensor(const struct fleet *f, uint64_t i, struct error *err)
{
	struct sensor *s = &f->sensors[i];
	struct delivery_config cfg = {.url = f->url,
		.name = s->name,
		.resend_window_ms = 600000,
		.now_ms = wall_ms,
		.user = s};

	snprintf(s->name, sizeof(s->name), "s%04u", (unsigned)i);
	if (f->spools) {
		snprintf(s->spool, sizeof(s->spool), "%s/%s.db", f->spools, s->name);
		cfg.spool_path = s->spool;
	}
	s->delivery = delivery_new(&cfg, err);
	return s->delivery ? delivery_start(s->delivery, err) : err->code;
}

/* At the rate that was asked for; and no sensor further behind than WAITING_MAX. */
static void pace(const struct fleet *f, struct sensor *s, uint64_t began_ns, uint64_t raised)
{
	struct delivery_stats stats;
	uint64_t due_ns = began_ns;

	if (f->rate > 0)
		due_ns += raised * (NS_PER_S / 1000) / f->rate * 1000;
	for (uint64_t at_ns = clock_ns(CLOCK_MONOTONIC); at_ns < due_ns;
		at_ns = clock_ns(CLOCK_MONOTONIC))
		nap_us(due_ns - at_ns > NS_PER_MS ? 1000 : (long)((due_ns - at_ns) / 1000 + 1));
	if (raised / f->n % CHECK_EACH != 0)
		return;
	for (delivery_stats(s->delivery, &stats); stats.queued + stats.spooled > WAITING_MAX;
		delivery_stats(s->delivery, &stats))
		nap_us(1000);
}

static void raise_all(struct fleet *f, uint64_t began_ns)
{
	uint64_t ts_ns = 0;

	for (uint64_t k = 0; k < f->n * f->alerts; k++) {
		struct sensor *s = &f->sensors[k % f->n];
		const uint64_t now_ns = clock_ns(CLOCK_REALTIME);

		pace(f, s, began_ns, k);
		ts_ns = now_ns > ts_ns ? now_ns : ts_ns;
		delivery_add(s->delivery, alert_maker_make(&f->maker, k / f->n, ts_ns));
	}
}

static int end_all(struct fleet *f, struct delivery_stats *ret, struct error *err)
{
	int rc = 0;

	*ret = (struct delivery_stats){0};
	for (uint64_t i = 0; i < f->n && rc == 0; i++)
		rc = delivery_flush(f->sensors[i].delivery, FLUSH_MS, err);
	for (uint64_t i = 0; i < f->n; i++) {
		struct delivery_stats s;

		delivery_stats(f->sensors[i].delivery, &s);
		ret->raised += s.raised;
		ret->delivered += s.delivered;
		ret->lost += s.lost;
		ret->reconnects += s.reconnects;
		if (s.latency_p99_us > ret->latency_p99_us)
			ret->latency_p99_us = s.latency_p99_us;
	}
	return rc;
}

static int run(struct fleet *f)
{
	uint64_t from_ns = clock_ns(CLOCK_MONOTONIC), began_ns, ended_ns;
	struct delivery_stats sum = {0};
	struct error err = {0};
	int rc = 0;

	for (uint64_t i = 0; i < f->n && rc == 0; i++)
		rc = open_sensor(f, i, &err);
	began_ns = clock_ns(CLOCK_MONOTONIC);
	if (rc == 0) {
		raise_all(f, began_ns);
		rc = end_all(f, &sum, &err);
	}
	ended_ns = clock_ns(CLOCK_MONOTONIC);
	for (uint64_t i = 0; i < f->n && rc == 0; i++)
		rc = delivery_stop(f->sensors[i].delivery, STOP_MS, &err);
	for (uint64_t i = 0; i < f->n; i++)
		delivery_free(f->sensors[i].delivery);
	if (rc < 0) {
		fprintf(stderr, "bench_fleet: %s\n", err.msg);
		return 1;
	}
	printf("{\"sensors\":%" PRIu64 ",\"raised\":%" PRIu64 ",\"delivered\":%" PRIu64
	       ",\"lost\":%" PRIu64 ",\"reconnects\":%" PRIu64
	       ",\"connect_s\":%.3f,\"seconds\":%.3f,\"latency_p99_us\":%" PRIu64 "}\n",
		f->n, sum.raised, sum.delivered, sum.lost, sum.reconnects,
		(double)(began_ns - from_ns) / 1e9, (double)(ended_ns - began_ns) / 1e9,
		sum.latency_p99_us);
	return 0;
}

int main(int argc, char **argv)
{
	static struct fleet f;
	int rc;

	if (argc < 5 || argc > 6) {
		fprintf(stderr, "bench_fleet: URL SENSORS ALERTS RATE [SPOOLS]\n");
		return 2;
	}
	f.url = argv[1];
	f.n = strtoull(argv[2], NULL, 10);
	f.alerts = strtoull(argv[3], NULL, 10);
	f.rate = strtoull(argv[4], NULL, 10);
	f.spools = argc == 6 ? argv[5] : NULL;
	f.sensors = f.n > 0 && f.n <= SENSORS_MAX ? calloc(f.n, sizeof(*f.sensors)) : NULL;
	if (!f.sensors || f.alerts == 0) {
		fprintf(stderr, "bench_fleet: 1 to %d sensors, of an alert or more\n", SENSORS_MAX);
		return 2;
	}
	alert_maker_init(&f.maker);
	rc = run(&f);
	free(f.sensors);
	return rc;
}
