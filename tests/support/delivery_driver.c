/* Raises alerts at a steady rate and gives them to delivery, for tests/system/test_fault_*.sh: what
 * becomes of them is told as a line of JSON on standard output at the end, and at SIGUSR1.
 *
 *     delivery_driver -r URL -n NAME -l LEDGER [-s SPOOL [-S BYTES] [-A MS] [-W MS]]
 *         [-p RATE] [-c COUNT] [-t SECONDS] [-F SECONDS] [-q BYTES] [-R] [-U]
 *
 * -S bounds the spool, -A the age of what waits in it; -W is the resend window (ten minutes), -q
 * bounds the queue in memory. Raises until SIGTERM, or until COUNT were raised in all lives, or for
 * SECONDS, and then gives delivery up to -F seconds to deliver what is left; after SIGINT none.
 * LEDGER is a file that outlives a SIGKILL (mapped, shared): which alerts were handed over, in
 * which lives, and what delivery had said of them. Started again on it, the driver goes on with the
 * next number; with -R, with the first one that was not committed, as a replay does that is begun
 * again (nothing may have been declared lost: a declaration has a number, too). With -U the spool
 * cannot be written from the start, and counts this life alone.
 *
 * Watches while it raises: that the account adds up at every instant, that what was committed stays
 * so, and how long the longest delivery_add took. */
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "common/time_text.h"
#include "redis/delivery.h"
#include "tests/support/alert_maker.h"

enum { LIVES_MAX = 4096, TICK_MS = 2, BURST_MAX = 4096, RATE_DEFAULT = 2000, STOP_MS = 1500 };

/* As fault_check.py reads it: little-endian words. */
struct ledger {
	uint64_t handed; /* numbers 0 to handed - 1 were given to delivery, or were about to be */
	uint64_t last_ts_ns; /* of the last one */
	uint64_t committed;  /* the most that delivery ever said: raised, and no longer queued */
	uint64_t unused;
	uint64_t lives;
	uint64_t first[LIVES_MAX]; /* number with which each life began */
};

struct driver {
	struct delivery_config cfg;
	const char *ledger_path;
	uint64_t rate, count, seconds, flush_s;
	struct ledger *ledger;
	struct delivery *delivery;
	struct alert_maker maker;
	uint64_t violations; /* instants at which the account did not add up */
	uint64_t add_max_us;
	uint64_t spooled_max;
	uint64_t refused; /* delivery_add said that the alert was lost */
	bool again, no_file, flushed;
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

static void on_notice(void *user, enum delivery_notice what, const char *text)
{
	(void)user;
	fprintf(stderr, "delivery_driver: notice %d: %s\n", (int)what, text);
}

static uint64_t number(const char *text)
{
	char *end;
	const uint64_t n = strtoull(text, &end, 10);

	if (*text == '\0' || *end != '\0') {
		fprintf(stderr, "delivery_driver: %s is no number\n", text);
		exit(2);
	}
	return n;
}

static void parse(struct driver *d, int argc, char **argv)
{
	int option;

	*d = (struct driver){.rate = RATE_DEFAULT, .flush_s = 30};
	d->cfg = (struct delivery_config){.status_ms = 500,
		.retry_max_ms = 500,
		.resend_window_ms = 600000,
		.now_ms = wall_ms,
		.on_notice = on_notice};
	while ((option = getopt(argc, argv, "r:n:l:p:c:t:F:q:s:S:A:W:RU")) != -1) {
		switch (option) {
		case 'r':
			d->cfg.url = optarg;
			break;
		case 'n':
			d->cfg.name = optarg;
			break;
		case 'l':
			d->ledger_path = optarg;
			break;
		case 'p':
			d->rate = number(optarg);
			break;
		case 'c':
			d->count = number(optarg);
			break;
		case 't':
			d->seconds = number(optarg);
			break;
		case 'F':
			d->flush_s = number(optarg);
			break;
		case 'q':
			d->cfg.max_queue_bytes = number(optarg);
			break;
		case 's':
			d->cfg.spool_path = optarg;
			break;
		case 'S':
			d->cfg.spool_bytes = number(optarg);
			break;
		case 'A':
			d->cfg.spool_age_ms = number(optarg);
			break;
		case 'R':
			d->again = true;
			break;
		case 'U':
			d->no_file = true;
			break;
		case 'W':
			d->cfg.resend_window_ms = number(optarg);
			break;
		default:
			exit(2);
		}
	}
	if (!d->cfg.url || !d->cfg.name || !d->ledger_path || d->rate == 0) {
		fprintf(stderr, "delivery_driver: -r URL -n NAME -l LEDGER are needed\n");
		exit(2);
	}
}

static bool ledger_open(struct driver *d)
{
	const int fd = open(d->ledger_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct ledger *l = MAP_FAILED;

	if (fd >= 0 && ftruncate(fd, sizeof(*l)) == 0)
		l = mmap(NULL, sizeof(*l), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd >= 0)
		close(fd);
	if (l == MAP_FAILED || l->lives == LIVES_MAX) {
		fprintf(stderr, "delivery_driver: %s cannot be used\n", d->ledger_path);
		return false;
	}
	d->ledger = l;
	return true;
}

/* Another life begins. */
static void ledger_begin(struct driver *d)
{
	struct ledger *l = d->ledger;
	struct delivery_stats s;

	if (d->again) {
		delivery_stats(d->delivery, &s);
		l->handed = s.raised;
	}
	l->first[l->lives++] = l->handed;
}

/* What the ledger says may be behind, never ahead of, what delivery has said. */
static void observe(struct driver *d, struct delivery_stats *s)
{
	struct ledger *l = d->ledger;
	uint64_t committed;

	delivery_stats(d->delivery, s);
	committed = s->raised - s->queued;
	if (s->raised != s->delivered + s->spooled + s->queued + s->lost ||
		(committed < l->committed && !d->no_file)) {
		fprintf(stderr,
			"delivery_driver: raised %" PRIu64 " (committed once: %" PRIu64
			"), delivered %" PRIu64 ", spooled %" PRIu64 ", queued %" PRIu64
			", lost %" PRIu64 "\n",
			s->raised, l->committed, s->delivered, s->spooled, s->queued, s->lost);
		d->violations++;
	}
	if (committed > l->committed)
		l->committed = committed;
	if (s->spooled > d->spooled_max)
		d->spooled_max = s->spooled;
}

static void put(const char *name, uint64_t value)
{
	printf("\"%s\":%" PRIu64 ",", name, value);
}

static void tell(struct driver *d)
{
	struct delivery_stats s;

	observe(d, &s);
	printf("{");
	put("handed", d->ledger->handed);
	put("refused", d->refused);
	put("raised", s.raised);
	put("delivered", s.delivered);
	put("spooled", s.spooled);
	put("queued", s.queued);
	put("lost", s.lost);
	printf("\"lost_by_level\":[%" PRIu64, s.lost_by_level[0]);
	for (int i = LEVEL_INFORMATIONAL; i <= LEVEL_CRITICAL; i++)
		printf(",%" PRIu64, s.lost_by_level[i]);
	printf("],");
	put("last_seq", s.last_seq);
	put("resent", s.resent);
	put("unspooled", s.unspooled);
	put("spool_failures", s.spool_failures);
	put("spool_bytes", s.spool_bytes);
	put("spooled_max", d->spooled_max);
	put("read_back", s.read_back);
	put("renumbered", s.renumbered);
	put("other_writers", s.other_writers);
	put("rewinds", s.rewinds);
	put("reconnects", s.reconnects);
	put("failures", s.failures);
	put("add_max_us", d->add_max_us);
	put("violations", d->violations);
	printf("\"connected\":%s,\"flushed\":%s}\n", s.connected ? "true" : "false",
		d->flushed ? "true" : "false");
	fflush(stdout);
}

static void raise_one(struct driver *d)
{
	struct ledger *l = d->ledger;
	uint64_t ts_ns = clock_ns(CLOCK_REALTIME);
	uint64_t took_us, before_ns;
	const struct alert *a;

	if (ts_ns < l->last_ts_ns)
		ts_ns = l->last_ts_ns;
	a = alert_maker_make(&d->maker, l->handed, ts_ns);
	l->last_ts_ns = ts_ns;
	l->handed++;
	before_ns = clock_ns(CLOCK_MONOTONIC);
	if (!delivery_add(d->delivery, a))
		d->refused++;
	took_us = (clock_ns(CLOCK_MONOTONIC) - before_ns) / NS_PER_US;
	if (took_us > d->add_max_us)
		d->add_max_us = took_us;
}

/* Raises what is due. False when the last one was raised. */
static bool raise_due(struct driver *d, uint64_t began_ns, uint64_t *raised)
{
	const uint64_t passed_ns = clock_ns(CLOCK_MONOTONIC) - began_ns;
	const uint64_t due = passed_ns / NS_PER_US * d->rate / 1000000;

	for (int i = 0; i < BURST_MAX && *raised < due; i++, (*raised)++) {
		if (d->count > 0 && d->ledger->handed >= d->count)
			return false;
		raise_one(d);
	}
	return d->seconds == 0 || passed_ns < d->seconds * NS_PER_S;
}

/* Returns how many milliseconds delivery has for what is left. */
static uint32_t run(struct driver *d, const sigset_t *signals)
{
	const struct timespec tick = {.tv_nsec = TICK_MS * 1000000L};
	const uint64_t began_ns = clock_ns(CLOCK_MONOTONIC);
	struct delivery_stats s;
	uint64_t raised = 0;

	while (raise_due(d, began_ns, &raised)) {
		const int got = sigtimedwait(signals, NULL, &tick);

		if (got == SIGUSR1)
			tell(d);
		else if (got == SIGINT)
			return 0;
		else if (got == SIGTERM)
			break;
		observe(d, &s);
	}
	return (uint32_t)d->flush_s * 1000;
}

int main(int argc, char **argv)
{
	static struct driver d;
	struct error err = {0};
	sigset_t signals;
	uint32_t flush_ms;

	parse(&d, argc, argv);
	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	alert_maker_init(&d.maker);
	d.delivery = delivery_new(&d.cfg, &err);
	if (!d.delivery || !ledger_open(&d) || delivery_start(d.delivery, &err) < 0) {
		fprintf(stderr, "delivery_driver: %s\n", err.msg);
		delivery_free(d.delivery);
		return 1;
	}
	ledger_begin(&d);
	fprintf(stderr, "delivery_driver: raising\n");
	flush_ms = run(&d, &signals);
	d.flushed = flush_ms > 0 && delivery_flush(d.delivery, flush_ms, &err) == 0;
	if (delivery_stop(d.delivery, STOP_MS, &err) < 0 || (flush_ms > 0 && !d.flushed))
		fprintf(stderr, "delivery_driver: %s\n", err.msg);
	tell(&d);
	delivery_free(d.delivery);
	munmap(d.ledger, sizeof(*d.ledger));
	return d.violations > 0 ? 3 : 0;
}
