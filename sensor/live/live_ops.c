/* What the control socket asks for. These run in its thread; what belongs to the main thread is
 * asked of it and waited for. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "sensor/live/live_state.h"

enum { STATUS_WAIT_S = 5, CANARY_WAIT_S = 15, BASELINE_ANSWER_BYTES = 100 << 20 };

struct timespec live_deadline(int seconds)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += seconds;
	return t;
}

static int too_busy(struct live_run *l, struct error *err)
{
	return error_set(err, ERR_SYSTEM,
		l->ended ? "the sensor is ending" : "the sensor is too busy to answer; try again");
}

int live_op_status(
	void *user, const struct control_peer *peer, struct json_writer *w, struct error *err)
{
	const struct timespec until = live_deadline(STATUS_WAIT_S);
	struct live_run *l = user;
	int rc = 0;

	(void)peer;
	pthread_mutex_lock(&l->lock);
	l->status = w;
	live_ask(l);
	while (l->status && !l->ended && rc == 0)
		rc = pthread_cond_timedwait(&l->changed, &l->lock, &until);
	rc = l->status ? too_busy(l, err) : 0;
	l->status = NULL;
	pthread_mutex_unlock(&l->lock);
	return rc;
}

void live_baseline_fill(struct live_run *l)
{
	pthread_mutex_lock(&l->lock);
	if (l->baseline) {
		baseline_save(analyst_baseline(l->analyst), false, l->baseline);
		l->baseline = NULL;
		pthread_cond_broadcast(&l->changed);
	}
	pthread_mutex_unlock(&l->lock);
}

/* Its bytes as they are saved, in hexadecimal: whoever asks reads them as it reads a file. */
static int put_hex(struct json_writer *w, const struct blob_writer *bytes, struct error *err)
{
	static const char digits[] = "0123456789abcdef";
	char *text = bytes->failed ? NULL : malloc(2 * bytes->len + 1);

	if (!text)
		return error_set(err, ERR_SYSTEM, "not enough memory to say what was learned");
	for (size_t i = 0; i < bytes->len; i++) {
		text[2 * i] = digits[bytes->data[i] >> 4];
		text[2 * i + 1] = digits[bytes->data[i] & 15];
	}
	json_key(w, "baseline");
	json_str(w, (struct str){text, (uint32_t)(2 * bytes->len)});
	free(text);
	return 0;
}

int live_op_baseline(
	void *user, const struct control_peer *peer, struct json_writer *w, struct error *err)
{
	const struct timespec until = live_deadline(STATUS_WAIT_S);
	struct live_run *l = user;
	struct blob_writer bytes;
	int rc = 0;

	(void)peer;
	blob_init(&bytes, BASELINE_ANSWER_BYTES);
	pthread_mutex_lock(&l->lock);
	l->baseline = &bytes;
	live_ask(l);
	while (l->baseline && !l->ended && rc == 0)
		rc = pthread_cond_timedwait(&l->changed, &l->lock, &until);
	rc = l->baseline ? too_busy(l, err) : 0;
	l->baseline = NULL;
	pthread_mutex_unlock(&l->lock);
	if (rc == 0)
		rc = put_hex(w, &bytes, err);
	blob_done(&bytes);
	return rc;
}

int live_op_reload(
	void *user, const struct control_peer *peer, struct json_writer *w, struct error *err)
{
	char cause[NEWS_CAUSE_BYTES];

	(void)snprintf(cause, sizeof(cause), "asked by uid %u", (unsigned)peer->uid);
	return live_reload(user, cause, w, err);
}

int live_op_stop(
	void *user, const struct control_peer *peer, struct json_writer *w, struct error *err)
{
	struct live_run *l = user;
	char text[64];

	(void)w;
	(void)err;
	(void)snprintf(text, sizeof(text), "asked to stop by uid %u", (unsigned)peer->uid);
	l->cfg.log(text);
	live_stop(l);
	return 0;
}

static void canary_answer(const struct live_run *l, struct json_writer *w)
{
	json_key(w, "canary");
	json_object_begin(w);
	json_key(w, "alert");
	json_text(w, l->canary_alert);
	json_key(w, "delivered");
	json_bool(w, l->canary == CANARY_DELIVERED);
	json_key(w, "milliseconds");
	json_u64(w, l->canary_done_ms - l->canary_asked_ms);
	json_object_end(w);
}

static int canary_failed(struct live_run *l, struct error *err)
{
	if (l->ended)
		return too_busy(l, err);
	if (l->canary == CANARY_RAISED)
		return error_set(err, ERR_REDIS,
			"the canary's alert was raised, but Redis has not confirmed it within %d "
			"s; see "
			"'vedette status'",
			CANARY_WAIT_S);
	return error_set(err, ERR_CONFIG,
		"no rule raised an alert about the canary within %d s: is canary.yml among the "
		"rules?",
		CANARY_WAIT_S);
}

int live_op_canary(
	void *user, const struct control_peer *peer, struct json_writer *w, struct error *err)
{
	const struct timespec until = live_deadline(CANARY_WAIT_S);
	struct live_run *l = user;
	const enum canary_state enough = l->delivery ? CANARY_DELIVERED : CANARY_RAISED;
	int rc = 0;

	(void)peer;
	pthread_mutex_lock(&l->lock);
	l->canary = CANARY_ASKED;
	l->canary_number++;
	l->canary_asked_ms = live_monotonic_ms();
	live_ask(l);
	while (l->canary < enough && !l->ended && rc == 0)
		rc = pthread_cond_timedwait(&l->changed, &l->lock, &until);
	if (l->canary >= enough) {
		canary_answer(l, w);
		rc = 0;
	} else {
		rc = canary_failed(l, err);
	}
	l->canary = CANARY_NONE;
	pthread_mutex_unlock(&l->lock);
	return rc;
}
