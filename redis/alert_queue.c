#include "redis/alert_queue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static struct str copy(struct str text, char **at)
{
	struct str ret = {*at, text.len};

	if (text.len > 0)
		memcpy(*at, text.data, text.len);
	*at += text.len;
	return ret;
}

struct queued_alert *queued_alert_new(const struct alert *a)
{
	size_t bytes =
		sizeof(struct queued_alert) + a->rule_id.len + a->equipment.len + a->json.len;
	struct queued_alert *q = malloc(bytes);
	char *at;

	if (!q)
		return NULL;
	*q = (struct queued_alert){.bytes = bytes, .alert = *a};
	at = q->text;
	q->alert.rule_id = copy(a->rule_id, &at);
	q->alert.equipment = copy(a->equipment, &at);
	q->alert.json = copy(a->json, &at);
	return q;
}

static struct queued_alert *unlink_first(struct alert_queue *queue, enum rule_level level)
{
	struct queued_alert *q = queue->levels[level].first;

	queue->levels[level].first = q->next;
	queue->levels[level].bytes -= q->bytes;
	queue->waiting--;
	q->next = NULL;
	return q;
}

/* Drops the oldest of the lowest level until BYTES fit; LEVEL and what is below it suffices. */
static struct queued_alert *make_room(
	struct alert_queue *queue, enum rule_level level, uint64_t bytes)
{
	struct queued_alert *dropped = NULL;
	struct queued_alert **end = &dropped;

	for (int l = LEVEL_INFORMATIONAL; l <= (int)level; l++) {
		while (queue->levels[l].first && queue->bytes + bytes > queue->max_bytes) {
			*end = unlink_first(queue, (enum rule_level)l);
			alert_queue_release(queue, *end);
			end = &(*end)->next;
		}
	}
	return dropped;
}

struct queued_alert *alert_queue_push(struct alert_queue *queue, struct queued_alert *q)
{
	enum rule_level level = q->alert.level;
	struct queued_alert *dropped;
	uint64_t yielding = 0;

	assert(level >= LEVEL_INFORMATIONAL && level <= LEVEL_CRITICAL);
	q->next = NULL;
	q->seq = queue->next_seq++;
	for (int l = LEVEL_INFORMATIONAL; l <= (int)level; l++)
		yielding += queue->levels[l].bytes;
	if (queue->bytes - yielding + q->bytes > queue->max_bytes)
		return q;
	dropped = make_room(queue, level, q->bytes);
	if (queue->levels[level].first)
		queue->levels[level].last->next = q;
	else
		queue->levels[level].first = q;
	queue->levels[level].last = q;
	queue->levels[level].bytes += q->bytes;
	queue->bytes += q->bytes;
	queue->count++;
	queue->waiting++;
	return dropped;
}

/* The level of the oldest one; 0 when none waits. */
static int oldest_level(const struct alert_queue *queue)
{
	const struct queued_alert *oldest = NULL;
	int level = 0;

	for (int l = LEVEL_INFORMATIONAL; l <= LEVEL_CRITICAL; l++) {
		const struct queued_alert *q = queue->levels[l].first;

		if (!q || (oldest && oldest->seq < q->seq))
			continue;
		oldest = q;
		level = l;
	}
	return level;
}

const struct queued_alert *alert_queue_first(const struct alert_queue *queue)
{
	return queue->levels[oldest_level(queue)].first;
}

struct queued_alert *alert_queue_take(struct alert_queue *queue)
{
	int level = oldest_level(queue);

	return level ? unlink_first(queue, (enum rule_level)level) : NULL;
}

void alert_queue_release(struct alert_queue *queue, const struct queued_alert *q)
{
	assert(queue->count > 0 && queue->bytes >= q->bytes);
	queue->count--;
	queue->bytes -= q->bytes;
}

void alert_queue_clear(struct alert_queue *queue)
{
	for (struct queued_alert *q = alert_queue_take(queue); q; q = alert_queue_take(queue)) {
		alert_queue_release(queue, q);
		free(q);
	}
}
