/* Drives capture/live for tests/system/test_live_source.sh: captures until SIGTERM, without
 * privileges once the sockets are open, and prints what it was told. */
#include <getopt.h>
#include <grp.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "capture/live/live_source.h"

enum { NOBODY = 65534, MAX_PREFIXES = 8 };

struct run {
	struct live_config cfg;
	const char *interfaces[LIVE_MAX_INTERFACES];
	struct ip_prefix drop[MAX_PREFIXES];
	uint64_t back_s;
	useconds_t pause_us;  /* after each frame */
	const char *write_to; /* a pcap file with nanoseconds, or NULL */
};

static volatile sig_atomic_t stop_asked;

static void on_term(int number)
{
	(void)number;
	stop_asked = 1;
}

/* Set back by run.back_s. */
static uint64_t wall_ns(void *user)
{
	const struct run *run = user;
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return ((uint64_t)t.tv_sec - run->back_s) * 1000000000 + (uint64_t)t.tv_nsec;
}

static void parse(struct run *run, int argc, char **argv)
{
	int option;

	run->cfg = (struct live_config){
		.interfaces = run->interfaces,
		.snaplen_bytes = 65536,
		.ring_bytes = 32 * 1024 * 1024,
		.fanout = 1,
		.drop = run->drop,
		.now_ns = wall_ns,
		.now_user = run,
	};
	while ((option = getopt(argc, argv, "i:r:s:n:f:d:w:b:z:")) != -1) {
		switch (option) {
		case 'i':
			if (run->cfg.n_interfaces < LIVE_MAX_INTERFACES)
				run->interfaces[run->cfg.n_interfaces++] = optarg;
			break;
		case 'r':
			run->cfg.ring_bytes = (uint32_t)strtoul(optarg, NULL, 0);
			break;
		case 's':
			run->cfg.snaplen_bytes = (uint32_t)strtoul(optarg, NULL, 0);
			break;
		case 'n':
			run->cfg.fanout = (uint32_t)strtoul(optarg, NULL, 0);
			break;
		case 'f':
			run->cfg.filter = optarg;
			break;
		case 'd':
			if (run->cfg.n_drop < MAX_PREFIXES &&
				ip_prefix_parse(
					str_from(optarg), &run->drop[run->cfg.n_drop], NULL))
				run->cfg.n_drop++;
			break;
		case 'w':
			run->write_to = optarg;
			break;
		case 'b':
			run->back_s = strtoul(optarg, NULL, 0);
			break;
		case 'z':
			run->pause_us = (useconds_t)strtoul(optarg, NULL, 0);
			break;
		default:
			exit(2);
		}
	}
}

/* Becomes nobody, so that all that follows is done without a capability. */
static void drop_privileges(void)
{
	if (getuid() != 0)
		return;
	if (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0 ||
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
		perror("live_driver");
		exit(1);
	}
}

static void write_words(FILE *out, const uint32_t *words, size_t n)
{
	if (out)
		fwrite(words, sizeof(*words), n, out);
}

static FILE *open_output(const struct run *run)
{
	const uint32_t head[] = {
		0xa1b23c4d, 2 | 4 << 16, 0, 0, run->cfg.snaplen_bytes, 1 /* Ethernet */};
	FILE *out = run->write_to ? fopen(run->write_to, "wb") : NULL;

	if (run->write_to && !out) {
		perror(run->write_to);
		exit(1);
	}
	write_words(out, head, sizeof(head) / sizeof(head[0]));
	return out;
}

static void write_frame(FILE *out, const struct frame *f)
{
	const uint32_t head[] = {(uint32_t)(f->ts_ns / 1000000000),
		(uint32_t)(f->ts_ns % 1000000000), f->caplen, f->len};

	if (!out)
		return;
	write_words(out, head, sizeof(head) / sizeof(head[0]));
	fwrite(f->data, 1, f->caplen, out);
}

static void print_blind(struct source *s)
{
	static const char *const causes[] = {
		[LIVE_BLIND_KERNEL_DROP] = "kernel-drop",
		[LIVE_BLIND_INTERFACE_DROP] = "interface-drop",
		[LIVE_BLIND_UNREAD] = "unread",
		[LIVE_BLIND_LINK_DOWN] = "link-down",
		[LIVE_BLIND_GONE] = "gone",
	};
	struct live_blind b;
	struct live_interface seen;

	while (live_source_blind(s, &b)) {
		live_source_interface(s, b.interface, &seen);
		printf("blind %s %s from %" PRIu64 " until %" PRIu64 " lost %" PRIu64 "\n",
			seen.name, causes[b.cause], b.from_ns, b.until_ns, b.lost);
		fflush(stdout);
	}
}

static void print_end(const struct source *s, const struct run *run, uint64_t late, double seconds)
{
	for (uint32_t i = 0; i < run->cfg.n_interfaces; i++) {
		struct live_interface seen;

		live_source_interface(s, i, &seen);
		printf("interface %s present %d up %d gro %d drops %d frames %" PRIu64
		       " kernel %" PRIu64 " card %" PRIu64 " unhandled %" PRIu64 " unread %" PRIu64
		       "\n",
			seen.name, seen.present, seen.up, seen.gro, seen.drops_subscribers,
			seen.frames, seen.kernel_drops, seen.interface_drops, seen.unhandled,
			seen.unread);
	}
	printf("reordered %" PRIu64 " after-idle %" PRIu64 " cpu %.2f\n", live_source_reordered(s),
		late, seconds);
}

int main(int argc, char **argv)
{
	struct run run = {0};
	struct error err;
	struct source *s;
	struct frame f;
	uint64_t promised_ns = 0, late = 0;
	FILE *out;
	int rc;

	parse(&run, argc, argv);
	out = open_output(&run);
	s = live_source_open(&run.cfg, &err);
	if (!s) {
		fprintf(stderr, "%s\n", err.msg);
		return 1;
	}
	drop_privileges();
	signal(SIGTERM, on_term);
	printf("ready\n");
	fflush(stdout);
	while ((rc = source_next(s, true, &f, &err)) != SOURCE_END) {
		if (rc == SOURCE_FRAME) {
			late += f.ts_ns < promised_ns;
			write_frame(out, &f);
			if (run.pause_us)
				usleep(run.pause_us);
		} else {
			promised_ns = f.ts_ns;
			print_blind(s);
		}
		if (stop_asked)
			live_source_stop(s);
	}
	print_blind(s);
	print_end(s, &run, late, (double)clock() / CLOCKS_PER_SEC);
	source_close(s);
	if (out && fclose(out) != 0)
		return 1;
	return 0;
}
