/* How fast alerts reach Redis: one alert, given again and again to a replay's publisher or to a
 * sensor's delivery, without a spool or with one. bench/delivery.sh runs it beside redis-benchmark.
 *
 *     bench_delivery publisher|delivery|SPOOL URL COUNT [BATCH] < ALERT
 *
 * SPOOL is the path of a file that is not there yet; it has a slash.
 *
 * ALERT is six lines: json, id, rule, level, equipment, and the packet time of the first in
 * milliseconds; each further one is a microsecond later. Prints the seconds from the first alert
 * to the confirmation of the last one, and the processor seconds of this process meanwhile. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "common/time_text.h"
#include "redis/connection.h"
#include "redis/delivery.h"
#include "redis/publisher.h"

enum {
	LINE_BYTES = 64 << 10,
	/* Alerts that delivery may be behind: far less than its queue holds. With a spool there are
	 * those that are being committed and those that are being sent. */
	WAITING_MAX = 1024,
	SPOOLED_MAX = 4096,
	CHECK_EACH = 64,
	FLUSH_MS = 60000,
};

struct input {
	char lines[6][LINE_BYTES];
	struct alert alert;
};

static int complain(const char *what)
{
	fprintf(stderr, "bench_delivery: %s\n", what);
	return 1;
}

static bool read_input(struct input *in)
{
	int level = LEVEL_INFORMATIONAL;

	for (int i = 0; i < 6; i++) {
		if (!fgets(in->lines[i], LINE_BYTES, stdin))
			return false;
		in->lines[i][strcspn(in->lines[i], "\n")] = '\0';
	}
	while (level < LEVEL_CRITICAL &&
		strcmp(rule_level_name((enum rule_level)level), in->lines[3]) != 0)
		level++;
	in->alert = (struct alert){.revision = 1,
		.ts_ns = strtoull(in->lines[5], NULL, 10) * NS_PER_MS,
		.level = (enum rule_level)level,
		.rule_id = str_from(in->lines[2]),
		.equipment = str_from(in->lines[4]),
		.json = str_from(in->lines[0])};
	snprintf(in->alert.id, sizeof(in->alert.id), "%.32s", in->lines[1]);
	return in->alert.ts_ns > 0;
}

struct stopwatch {
	double wall_s, processor_s;
};

static struct stopwatch now(void)
{
	struct timespec ts;
	struct rusage use;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	getrusage(RUSAGE_SELF, &use);
	return (struct stopwatch){(double)ts.tv_sec + (double)ts.tv_nsec / 1e9,
		(double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
			(double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6};
}

static void tell(struct stopwatch from)
{
	struct stopwatch to = now();

	printf("%.4f %.4f\n", to.wall_s - from.wall_s, to.processor_s - from.processor_s);
}

static int run_publisher(const char *url, struct alert *a, uint64_t n, uint32_t batch)
{
	struct publisher_config cfg = {.name = "bench", .batch = batch};
	struct error err;
	struct redis_connection *c = redis_open(url, &err);
	struct publisher *p = c ? publisher_new(c, &cfg, &err) : NULL;
	struct stopwatch from = now();
	int rc = p ? 0 : err.code;

	for (uint64_t i = 0; i < n && rc == 0; i++) {
		rc = publisher_add(p, a, &err);
		a->ts_ns += NS_PER_US;
	}
	if (rc == 0)
		rc = publisher_finish(p, &err);
	if (rc == 0)
		tell(from);
	publisher_free(p);
	redis_close(c);
	return rc == 0 ? 0 : complain(err.msg);
}

static void wait_for_room(struct delivery *d, uint64_t limit)
{
	struct timespec nap = {.tv_nsec = 200000};
	struct delivery_stats stats;

	for (delivery_stats(d, &stats); stats.queued + stats.spooled > limit;
		delivery_stats(d, &stats))
		nanosleep(&nap, NULL);
}

static uint64_t wall_ms(void *user)
{
	struct timespec ts;

	(void)user;
	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* SPOOL NULL: none. */
static int run_delivery(
	const char *url, const char *spool, struct alert *a, uint64_t n, uint32_t batch)
{
	struct delivery_config cfg = {.url = url,
		.name = "bench",
		.batch = batch,
		.spool_path = spool,
		.resend_window_ms = 600000,
		.now_ms = wall_ms};
	struct delivery_stats stats;
	struct error err;
	struct delivery *d = delivery_new(&cfg, &err);
	struct stopwatch from = now();
	int rc = d ? delivery_start(d, &err) : err.code;

	for (uint64_t i = 0; i < n && rc == 0; i++) {
		if (i % CHECK_EACH == 0)
			wait_for_room(d, spool ? SPOOLED_MAX : WAITING_MAX);
		if (!delivery_add(d, a))
			rc = error_set(&err, ERR_REDIS, "an alert was lost");
		a->ts_ns += NS_PER_US;
	}
	if (rc == 0)
		rc = delivery_flush(d, FLUSH_MS, &err);
	if (rc == 0) {
		delivery_stats(d, &stats);
		tell(from);
		if (stats.delivered != n)
			rc = error_set(&err, ERR_REDIS, "%" PRIu64 " delivered", stats.delivered);
	}
	delivery_free(d);
	return rc == 0 ? 0 : complain(err.msg);
}

int main(int argc, char **argv)
{
	static struct input in;
	uint64_t n = argc >= 4 ? strtoull(argv[3], NULL, 10) : 0;
	uint32_t batch = argc == 5 ? (uint32_t)strtoul(argv[4], NULL, 10) : 0;

	if (n == 0)
		return complain("publisher|delivery|SPOOL URL COUNT [BATCH] < ALERT");
	if (!read_input(&in))
		return complain("the alert is not six lines");
	if (strcmp(argv[1], "publisher") == 0)
		return run_publisher(argv[2], &in.alert, n, batch);
	if (strcmp(argv[1], "delivery") == 0)
		return run_delivery(argv[2], NULL, &in.alert, n, batch);
	if (strchr(argv[1], '/'))
		return run_delivery(argv[2], argv[1], &in.alert, n, batch);
	return complain("publisher, delivery or the path of a spool?");
}
