/* SIGTERM and SIGINT end the run, SIGHUP reloads. Each in a thread of its own, so that a reload
 * that takes long does not hold up an end. */
#include <signal.h>

#include "sensor/live/live_state.h"

static void signals_of_end(sigset_t *ret)
{
	(void)sigemptyset(ret);
	(void)sigaddset(ret, SIGINT);
	(void)sigaddset(ret, SIGTERM);
}

static void signals_of_reload(sigset_t *ret)
{
	(void)sigemptyset(ret);
	(void)sigaddset(ret, SIGHUP);
}

bool live_has_ended(struct live_run *l)
{
	bool ended;

	pthread_mutex_lock(&l->lock);
	ended = l->ended;
	pthread_mutex_unlock(&l->lock);
	return ended;
}

static void *wait_for_end(void *arg)
{
	struct live_run *l = arg;
	sigset_t set;
	int number;

	signals_of_end(&set);
	while (sigwait(&set, &number) == 0 && !live_has_ended(l))
		live_stop(l);
	return NULL;
}

static void *wait_for_reload(void *arg)
{
	struct live_run *l = arg;
	sigset_t set;
	int number;

	signals_of_reload(&set);
	while (sigwait(&set, &number) == 0 && !live_has_ended(l)) {
		struct error err;

		(void)live_reload(l, "SIGHUP", NULL, &err);
	}
	return NULL;
}

static int start_waiter(struct live_run *l, void *(*wait)(void *), int wake_by, struct error *err)
{
	struct waiter *w = &l->waiters[l->n_waiters];
	const int rc = pthread_create(&w->thread, NULL, wait, l);

	if (rc != 0)
		return error_set_errno(
			err, ERR_SYSTEM, rc, "cannot start a thread that waits for signals");
	w->wake_by = wake_by;
	l->n_waiters++;
	return 0;
}

void live_signals_end(struct live_run *l)
{
	for (uint32_t i = 0; i < l->n_waiters; i++) {
		(void)pthread_kill(l->waiters[i].thread, l->waiters[i].wake_by);
		(void)pthread_join(l->waiters[i].thread, NULL);
	}
	l->n_waiters = 0;
}

void live_signals_block(void)
{
	sigset_t set;

	signals_of_end(&set);
	(void)pthread_sigmask(SIG_BLOCK, &set, NULL);
	signals_of_reload(&set);
	(void)pthread_sigmask(SIG_BLOCK, &set, NULL);
}

int live_signals_start(struct live_run *l, struct error *err)
{
	const int rc = start_waiter(l, wait_for_end, SIGTERM, err);

	return rc == 0 ? start_waiter(l, wait_for_reload, SIGHUP, err) : rc;
}
