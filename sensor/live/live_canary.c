/* The canary: a name looked up at an address of documentation space by equipment that does not
 * exist. Its frames enter where those of interfaces do, so that its alert in Redis says that
 * everything between works. */
#include <stdio.h>
#include <string.h>

#include "rules/canary.h"
#include "sensor/live/live_state.h"

void live_canary_send(struct live_run *l)
{
	uint32_t number;
	bool asked;

	pthread_mutex_lock(&l->lock);
	asked = l->canary == CANARY_ASKED;
	if (asked)
		l->canary = CANARY_SENT;
	number = l->canary_number;
	pthread_mutex_unlock(&l->lock);
	if (asked)
		pipeline_send_canary(l->pipeline, number, live_wall_ns(NULL));
}

static void reached(struct live_run *l, enum canary_state state)
{
	l->canary = state;
	l->canary_done_ms = live_monotonic_ms();
	pthread_cond_broadcast(&l->changed);
}

void live_canary_raised(struct live_run *l, const struct alert *a)
{
	if (!str_eq(a->equipment, STR(CANARY_NAME)) || a->revision != 1)
		return;
	pthread_mutex_lock(&l->lock);
	if (l->canary == CANARY_SENT) {
		memcpy(l->canary_alert, a->id, sizeof(l->canary_alert));
		reached(l, CANARY_RAISED);
	}
	pthread_mutex_unlock(&l->lock);
}

void live_canary_delivered(struct live_run *l, const struct alert *a)
{
	if (!str_eq(a->equipment, STR(CANARY_NAME)))
		return;
	pthread_mutex_lock(&l->lock);
	if (l->canary == CANARY_RAISED && strcmp(l->canary_alert, a->id) == 0)
		reached(l, CANARY_DELIVERED);
	pthread_mutex_unlock(&l->lock);
}
