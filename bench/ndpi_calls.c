/* ndpi_calls FILE [OPTION...]: what nDPI alone costs Vedette. First `vedette replay --redis none
 * --workers 1 OPTION... FILE` runs, and each call of the classification library is recorded; then
 * the calls are made once more, by nobody else, of fresh classifiers, and only that is timed.
 *
 * The program is Vedette itself, whose main and whose calls of the library the linker (--wrap) lets
 * pass through here. Prints one JSON object. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "analysis/dpi/classifier.h"
#include "bench/calls.h"

/* NOLINTBEGIN(bugprone-reserved-identifier) */
int __wrap_main(int argc, char **argv);
int __real_main(int argc, char **argv);
struct classifier *__real_classifier_new(const struct classifier *like, struct error *err);
struct classifier_flow *__real_classifier_flow_new(struct classifier *c);
void __real_classifier_flow_free(struct classifier *c, struct classifier_flow *f);
enum classifier_state __real_classifier_packet(struct classifier *c, struct classifier_flow *f,
	const uint8_t *ip, uint32_t n, uint64_t ts_ns, bool last, struct classifier_label *ret);
void __real_classifier_give_up(
	struct classifier *c, struct classifier_flow *f, struct classifier_label *ret);
/* NOLINTEND(bugprone-reserved-identifier) */

struct play {
	const struct calls *calls;
	struct classifier **classifiers;
	struct classifier_flow **flows;
	uint64_t found; /* answers with a label: the calls did something */
};

static double seconds(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What replay prints is not wanted; what it complains of is. */
static int record(int argc, char **argv)
{
	const int kept = dup(STDOUT_FILENO), nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	char **args = calloc((size_t)argc + 6, sizeof(*args));
	int n = 0, rc;

	if (!args || kept < 0 || nowhere < 0 || dup2(nowhere, STDOUT_FILENO) < 0) {
		free(args);
		return 1;
	}
	args[n++] = argv[0];
	args[n++] = (char[]){"replay"};
	args[n++] = (char[]){"--redis"};
	args[n++] = (char[]){"none"};
	args[n++] = (char[]){"--workers"};
	args[n++] = (char[]){"1"};
	for (int i = 1; i < argc; i++)
		args[n++] = argv[i];
	rc = __real_main(n, args);
	(void)fflush(stdout);
	(void)dup2(kept, STDOUT_FILENO);
	(void)close(kept);
	(void)close(nowhere);
	free(args);
	return rc;
}

static void play(struct play *p)
{
	for (size_t i = 0; i < p->calls->n; i++) {
		const struct call *call = &p->calls->all[i];
		struct classifier *c = p->classifiers[call->classifier];
		struct classifier_flow **f = &p->flows[call->flow];
		struct classifier_label label = {0};

		switch ((enum call_kind)call->kind) {
		case CALL_FLOW_NEW:
			*f = __real_classifier_flow_new(c);
			break;
		case CALL_PACKET:
			p->found +=
				__real_classifier_packet(c, *f, p->calls->bytes + call->at, call->n,
					call->ts_ns, call->last, &label) != CLASSIFIER_SEARCHING;
			break;
		case CALL_GIVE_UP:
			__real_classifier_give_up(c, *f, &label);
			break;
		case CALL_FLOW_FREE:
			__real_classifier_flow_free(c, *f);
			*f = NULL;
			break;
		}
	}
}

static bool prepare(struct play *p)
{
	struct error err;

	p->calls = calls_recorded();
	p->classifiers = calloc(p->calls->classifiers + 1, sizeof(struct classifier *));
	p->flows = calloc((size_t)p->calls->flows + 1, sizeof(struct classifier_flow *));
	if (!p->classifiers || !p->flows)
		return false;
	for (uint32_t i = 0; i < p->calls->classifiers; i++) {
		p->classifiers[i] = __real_classifier_new(i > 0 ? p->classifiers[0] : NULL, &err);
		if (!p->classifiers[i])
			return false;
	}
	return true;
}

static void give_back(struct play *p)
{
	for (uint32_t i = 0; p->flows && i < p->calls->flows; i++)
		__real_classifier_flow_free(NULL, p->flows[i]);
	for (uint32_t i = 0; p->classifiers && i < p->calls->classifiers; i++)
		classifier_free(p->classifiers[i]);
	free(p->flows);
	free(p->classifiers);
}

int __wrap_main(int argc, char **argv)
{
	struct play p = {0};
	double wall, cpu;

	if (argc < 2) {
		(void)fprintf(stderr, "usage: ndpi_calls FILE [OPTION of vedette replay...]\n");
		return 2;
	}
	if (record(argc, argv) != 0 || !prepare(&p)) {
		(void)fprintf(stderr, "ndpi_calls: nothing was recorded\n");
		return 1;
	}
	wall = seconds(CLOCK_MONOTONIC);
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	play(&p);
	wall = seconds(CLOCK_MONOTONIC) - wall;
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	(void)printf("{\"flows\": %" PRIu32 ", \"fed\": %" PRIu64
		     ", \"fed_bytes\": %zu, \"found\": %" PRIu64
		     ", \"seconds\": %.4f, \"cpu_seconds\": %.4f}\n",
		p.calls->flows, p.calls->packets, p.calls->n_bytes, p.found, wall, cpu);
	give_back(&p);
	return 0; /* the record goes with the process */
}
