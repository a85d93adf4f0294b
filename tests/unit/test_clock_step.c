/* A capture's clock that is set goes through the pipeline: told once, in its place between the
 * events, the same for any number of workers and any batches; and what the rules are told of it. */
#include "common/time_text.h"
#include "sensor/period.h"
#include "sensor/pipeline.h"
#include "tests/support/frame_builder.h"
#include "tests/unit/policy_fixture.h"

#define T0   (UINT64_C(1790000000) * NS_PER_S)
#define HOUR (3600 * NS_PER_S)

enum { MAX_FRAMES = 64, LOG_BYTES = 16384 };

/* Each frame is a conversation of its own whose label its header gives, so each gives an event. */
struct script {
	struct source base;
	struct builder frames[MAX_FRAMES];
	uint64_t ts_ns[MAX_FRAMES];
	uint32_t n, at;
	uint32_t idle_every; /* 0: never; a batch ends where the source is idle */
	bool idle_told;
};

static int script_next(struct source *base, bool wait, struct frame *ret, struct error *err)
{
	struct script *s = (struct script *)base;

	(void)wait;
	(void)err;
	if (s->at == s->n)
		return SOURCE_END;
	if (s->idle_every && s->at % s->idle_every == 0 && !s->idle_told) {
		s->idle_told = true;
		ret->ts_ns = 0; /* nothing is promised */
		return SOURCE_IDLE;
	}
	s->idle_told = false;
	*ret = (struct frame){.data = s->frames[s->at].bytes + s->frames[s->at].at,
		.caplen = build_len(&s->frames[s->at]),
		.len = build_len(&s->frames[s->at]),
		.ts_ns = s->ts_ns[s->at],
		.linktype = 1};
	s->at++;
	return SOURCE_FRAME;
}

static const struct source_ops script_ops = {.next = script_next};

/* N frames from TS_NS on, half a second apart. */
static void say(struct script *s, uint64_t ts_ns, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++, s->n++) {
		struct builder *b = &s->frames[s->n];

		ck_assert_uint_lt(s->n, MAX_FRAMES);
		build_start(b);
		build_payload(b, 8);
		build_gtpu(b, 1, 0); /* an echo request */
		build_udp(b, (uint16_t)(1000 + s->n), 2152);
		build_ipv4(b, 1, 2, 17);
		build_ethernet(b, 0x0800);
		s->ts_ns[s->n] = ts_ns + i * 500 * NS_PER_MS;
	}
}

/* What the consumer was told: "<port" a conversation is classified, "!" the clock was set. */
struct log {
	char text[LOG_BYTES];
	size_t n;
	uint32_t steps;
	struct clock_step last;
	uint64_t step_ns;
};

static int on_event(void *user, const struct event *ev)
{
	struct log *l = user;

	if (ev->kind == EVENT_FLOW_CLASSIFIED)
		l->n += (size_t)snprintf(
			l->text + l->n, sizeof(l->text) - l->n, "<%u", ev->flow.port[0]);
	ck_assert_uint_lt(l->n, LOG_BYTES - 64);
	return 0;
}

static int on_time(void *user, uint64_t ts_ns)
{
	(void)user;
	(void)ts_ns;
	return 0;
}

static int on_step(void *user, uint64_t ts_ns, const struct clock_step *step)
{
	struct log *l = user;

	l->steps++;
	l->last = *step;
	l->step_ns = ts_ns;
	l->n += (size_t)snprintf(
		l->text + l->n, sizeof(l->text) - l->n, "!%s", step->forward ? "ahead" : "back");
	return 0;
}

static void on_fault(void *user, const struct error *err)
{
	(void)user;
	ck_abort_msg("%s", err->msg);
}

static void run(struct script *s, uint32_t workers, uint32_t idle_every, struct log *ret)
{
	struct site *site = site_from("schema: 1\nsite: s\nnetworks: {own: [10.0.0.0/8]}\n", NULL);
	const struct pipeline_config cfg = {.source = &s->base,
		.site = site,
		.workers = workers,
		.max_flows = 1000,
		.max_detections = 1000,
		.input_fault = on_fault};
	const struct pipeline_consumer consumer = {.user = ret,
		.event = on_event,
		.tick = on_time,
		.clock_step = on_step,
		.finish = on_time};
	struct pipeline_stats stats;
	struct error err = {ERR_OK, ""};

	memset(ret, 0, sizeof(*ret));
	s->base.ops = &script_ops;
	s->at = 0;
	s->idle_every = idle_every;
	ck_assert_msg(pipeline_run(&cfg, &consumer, &stats, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(stats.frames, s->n);
	site_close(site);
}

static char *end_of_log(struct log *l, char *text)
{
	char *at = strstr(l->text, text);

	ck_assert_msg(at != NULL, "'%s' is not in '%s'", text, l->text);
	return at;
}

START_TEST(told_once_before_the_frame_that_shows_it)
{
	static struct script s;
	struct log l;

	memset(&s, 0, sizeof(s));
	say(&s, T0, 4);
	say(&s, T0 - HOUR, 12);
	run(&s, 1, 0, &l);
	ck_assert_uint_eq(l.steps, 1);
	/* eight frames in a row, 1004 to 1011, are needed */
	(void)end_of_log(&l, "<1010!back<1011<1012");
	ck_assert(!l.last.forward);
	ck_assert_uint_eq(l.last.from_ns, T0 + 1500 * NS_PER_MS);
	ck_assert_uint_eq(l.last.to_ns, T0 - HOUR);
	ck_assert_uint_eq(l.last.size_ns, HOUR + 1500 * NS_PER_MS);
	/* the clock goes on: seven frames' time after where it stood */
	ck_assert_uint_eq(l.step_ns, T0 + 5000 * NS_PER_MS);
}
END_TEST

START_TEST(the_way_back_is_told_silence_is_not)
{
	static struct script s;
	struct log l;

	memset(&s, 0, sizeof(s));
	say(&s, T0, 4);
	say(&s, T0 + 2 * HOUR, 4); /* silence, for all that anybody knows */
	run(&s, 1, 0, &l);
	ck_assert_uint_eq(l.steps, 0);

	memset(&s, 0, sizeof(s));
	say(&s, T0, 4);
	say(&s, T0 - 3 * HOUR, 12);
	say(&s, T0 + 10 * NS_PER_S, 4);
	run(&s, 1, 0, &l);
	ck_assert_uint_eq(l.steps, 2);
	(void)end_of_log(&l, "<1015!ahead<1016");
	ck_assert(l.last.forward);
	ck_assert_uint_eq(l.last.from_ns, T0 - 3 * HOUR + 5500 * NS_PER_MS);
	ck_assert_uint_eq(l.last.to_ns, T0 + 10 * NS_PER_S);
	ck_assert_uint_eq(l.last.size_ns, 3 * HOUR + 1500 * NS_PER_MS);
}
END_TEST

START_TEST(workers_and_batches_change_nothing)
{
	static struct script s;
	static struct log one, other;

	memset(&s, 0, sizeof(s));
	say(&s, T0, 4);
	say(&s, T0 - 3 * HOUR, 12);
	say(&s, T0 + 10 * NS_PER_S, 4);
	say(&s, T0 - HOUR, 20);
	run(&s, 1, 0, &one);
	ck_assert_uint_eq(one.steps, 3);
	for (uint32_t workers = 1; workers <= 3; workers += 2) {
		for (uint32_t idle_every = 0; idle_every <= 5; idle_every += 5) {
			run(&s, workers, idle_every, &other);
			ck_assert_str_eq(other.text, one.text);
			ck_assert_uint_eq(other.step_ns, one.step_ns);
		}
	}
}
END_TEST

START_TEST(what_the_rules_are_told)
{
	char text[STEP_TEXT_BYTES];
	const struct clock_step back = {false, HOUR, T0, T0 - HOUR};
	const struct clock_step ahead = {true, HOUR / 1000, T0, T0 + HOUR};
	struct sensor_event ev = step_event(T0 + 1, &back, text);

	ck_assert_int_eq(ev.kind, SENSOR_EVENT_CLOCK_STEP);
	ck_assert_uint_eq(ev.from_ns, T0 + 1);
	ck_assert(str_eq(ev.cause, STR("backward")));
	ck_assert(
		str_eq(ev.message, STR("the clock that stamps packets was set back by 3600.000 s: "
				       "behind 2026-09-21T14:13:20.000000000Z comes "
				       "2026-09-21T13:13:20.000000000Z")));
	ev = step_event(T0 + 1, &ahead, text);
	ck_assert(str_eq(ev.cause, STR("forward")));
	ck_assert(
		str_eq(ev.message, STR("the clock that stamps packets was set ahead by 3.600 s or "
				       "more, after it had been set back: behind "
				       "2026-09-21T14:13:20.000000000Z comes "
				       "2026-09-21T15:13:20.000000000Z")));
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, told_once_before_the_frame_that_shows_it);
	tcase_add_test(tc, the_way_back_is_told_silence_is_not);
	tcase_add_test(tc, workers_and_batches_change_nothing);
	tcase_add_test(tc, what_the_rules_are_told);
}

int main(void)
{
	return suite_main("clock_step", add_tests);
}
