#include "bench/calls.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/dpi/classifier.h"

/* Where the linker puts calls of X when it is told --wrap=X, and what it calls X itself. */
/* NOLINTBEGIN(bugprone-reserved-identifier) */
struct classifier *__wrap_classifier_new(const struct classifier *like, struct error *err);
struct classifier *__real_classifier_new(const struct classifier *like, struct error *err);
struct classifier_flow *__wrap_classifier_flow_new(struct classifier *c);
struct classifier_flow *__real_classifier_flow_new(struct classifier *c);
void __wrap_classifier_flow_free(struct classifier *c, struct classifier_flow *f);
void __real_classifier_flow_free(struct classifier *c, struct classifier_flow *f);
enum classifier_state __wrap_classifier_packet(struct classifier *c, struct classifier_flow *f,
	const uint8_t *ip, uint32_t n, uint64_t ts_ns, bool last, struct classifier_label *ret);
enum classifier_state __real_classifier_packet(struct classifier *c, struct classifier_flow *f,
	const uint8_t *ip, uint32_t n, uint64_t ts_ns, bool last, struct classifier_label *ret);
void __wrap_classifier_give_up(
	struct classifier *c, struct classifier_flow *f, struct classifier_label *ret);
void __real_classifier_give_up(
	struct classifier *c, struct classifier_flow *f, struct classifier_label *ret);
/* NOLINTEND(bugprone-reserved-identifier) */

enum { MAX_CLASSIFIERS = 64, FIRST_ROOM = 1 << 16 };

/* State of a flow in the library, and the number of the last flow that had it. */
struct named {
	const struct classifier_flow *state;
	uint32_t flow;
};

static struct {
	pthread_mutex_t lock;
	struct calls calls;
	const struct classifier *classifiers[MAX_CLASSIFIERS];
	struct named *names; /* open addressing; nothing is ever removed */
	size_t n_names, room_names;
} record = {.lock = PTHREAD_MUTEX_INITIALIZER};

const struct calls *calls_recorded(void)
{
	return &record.calls;
}

static void fail(const char *why)
{
	(void)fprintf(stderr, "calls_record: %s\n", why);
	exit(1);
}

static void *room_for(void *array, size_t *room, size_t n, size_t size)
{
	size_t want = *room ? *room : FIRST_ROOM;

	if (n <= *room)
		return array;
	while (want < n)
		want *= 2;
	array = realloc(array, want * size);
	if (!array)
		fail("no memory");
	*room = want;
	return array;
}

static struct named *find(struct named *names, size_t room, const struct classifier_flow *state)
{
	size_t at = ((uintptr_t)state >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 16 & (room - 1);

	while (names[at].state && names[at].state != state)
		at = (at + 1) & (room - 1);
	return &names[at];
}

static void grow_names(void)
{
	const size_t room = record.room_names ? record.room_names * 2 : FIRST_ROOM;
	struct named *names = calloc(room, sizeof(*names));

	if (!names)
		fail("no memory");
	for (size_t i = 0; i < record.room_names; i++) {
		if (record.names[i].state)
			*find(names, room, record.names[i].state) = record.names[i];
	}
	free(record.names);
	record.names = names;
	record.room_names = room;
}

static void name_flow(const struct classifier_flow *state)
{
	struct named *name;

	if (record.n_names * 2 >= record.room_names)
		grow_names();
	name = find(record.names, record.room_names, state);
	if (!name->state)
		record.n_names++;
	*name = (struct named){state, record.calls.flows++};
}

static void add(const struct classifier *c, const struct classifier_flow *f, struct call call,
	const uint8_t *ip)
{
	struct calls *calls = &record.calls;

	(void)pthread_mutex_lock(&record.lock);
	if (call.kind == CALL_FLOW_NEW)
		name_flow(f);
	if (!record.names || !find(record.names, record.room_names, f)->state)
		fail("a flow that classifier_flow_new did not make");
	call.flow = find(record.names, record.room_names, f)->flow;
	while (record.classifiers[call.classifier] != c)
		call.classifier++;
	call.at = calls->n_bytes;
	if (call.n) {
		calls->bytes =
			room_for(calls->bytes, &calls->room_bytes, calls->n_bytes + call.n, 1);
		memcpy(calls->bytes + calls->n_bytes, ip, call.n);
		calls->n_bytes += call.n;
	}
	calls->packets += call.kind == CALL_PACKET;
	calls->all = room_for(calls->all, &calls->room, calls->n + 1, sizeof(*calls->all));
	calls->all[calls->n++] = call;
	(void)pthread_mutex_unlock(&record.lock);
}

struct classifier *__wrap_classifier_new(const struct classifier *like, struct error *err)
{
	struct classifier *c = __real_classifier_new(like, err);

	(void)pthread_mutex_lock(&record.lock);
	if (record.calls.classifiers == MAX_CLASSIFIERS)
		fail("too many classifiers");
	if (c)
		record.classifiers[record.calls.classifiers++] = c;
	(void)pthread_mutex_unlock(&record.lock);
	return c;
}

struct classifier_flow *__wrap_classifier_flow_new(struct classifier *c)
{
	struct classifier_flow *f = __real_classifier_flow_new(c);

	if (f)
		add(c, f, (struct call){.kind = CALL_FLOW_NEW}, NULL);
	return f;
}

void __wrap_classifier_flow_free(struct classifier *c, struct classifier_flow *f)
{
	if (f)
		add(c, f, (struct call){.kind = CALL_FLOW_FREE}, NULL);
	__real_classifier_flow_free(c, f);
}

enum classifier_state __wrap_classifier_packet(struct classifier *c, struct classifier_flow *f,
	const uint8_t *ip, uint32_t n, uint64_t ts_ns, bool last, struct classifier_label *ret)
{
	add(c, f, (struct call){.kind = CALL_PACKET, .n = n, .ts_ns = ts_ns, .last = last}, ip);
	return __real_classifier_packet(c, f, ip, n, ts_ns, last, ret);
}

void __wrap_classifier_give_up(
	struct classifier *c, struct classifier_flow *f, struct classifier_label *ret)
{
	add(c, f, (struct call){.kind = CALL_GIVE_UP}, NULL);
	__real_classifier_give_up(c, f, ret);
}
