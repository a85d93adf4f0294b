#include "redis/alert_queue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES_MIN = 64 }; /* a power of two, as what grows out of it */

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
	*q = (struct queued_alert){.bytes = bytes + sizeof(struct alert_place), .alert = *a};
	at = q->text;
	q->alert.rule_id = copy(a->rule_id, &at);
	q->alert.equipment = copy(a->equipment, &at);
	q->alert.json = copy(a->json, &at);
	return q;
}

static const struct alert_place *first_place(const struct alert_ring *ring)
{
	return ring->count > 0 ? &ring->places[ring->first] : NULL;
}

/* Room for one more. */
static bool grow(struct alert_ring *ring)
{
	uint64_t capacity = ring->capacity ? 2 * ring->capacity : PLACES_MIN;
	uint64_t ahead = ring->capacity - ring->first; /* places before the end of the memory */
	struct alert_place *places;

	if (ring->count < ring->capacity)
		return true;
	places = malloc(capacity * sizeof(*places));
	if (!places)
		return false;
	if (ring->count > 0) {
		memcpy(places, ring->places + ring->first, ahead * sizeof(*places));
		memcpy(places + ahead, ring->places, ring->first * sizeof(*places));
	}
	free(ring->places);
	ring->places = places;
	ring->first = 0;
	ring->capacity = capacity;
	return true;
}

static struct alert_place take_first(struct alert_queue *queue, enum rule_level level)
{
	struct alert_ring *ring = &queue->levels[level];
	struct alert_place place = ring->places[ring->first];

	ring->first = (ring->first + 1) & (ring->capacity - 1);
	ring->count--;
	ring->bytes -= place.bytes;
	queue->waiting--;
	return place;
}

/* Drops the oldest of the lowest level until BYTES fit; LEVEL and what is below it suffices. */
static struct queued_alert *make_room(
	struct alert_queue *queue, enum rule_level level, uint64_t bytes)
{
	struct queued_alert *dropped = NULL;
	struct queued_alert **end = &dropped;

	for (int l = LEVEL_INFORMATIONAL; l <= (int)level; l++) {
		while (queue->levels[l].count > 0 && queue->bytes + bytes > queue->max_bytes) {
			*end = take_first(queue, (enum rule_level)l).alert;
			alert_queue_release(queue, *end);
			end = &(*end)->next;
		}
	}
	*end = NULL;
	return dropped;
}

struct queued_alert *alert_queue_push(struct alert_queue *queue, struct queued_alert *q)
{
	enum rule_level level = q->alert.level;
	struct alert_ring *ring = &queue->levels[level];
	struct queued_alert *dropped;
	uint64_t yielding = 0;

	assert(level >= LEVEL_INFORMATIONAL && level <= LEVEL_CRITICAL);
	q->next = NULL;
	q->order = queue->next_order++;
	for (int l = LEVEL_INFORMATIONAL; l <= (int)level; l++)
		yielding += queue->levels[l].bytes;
	if (queue->bytes - yielding + q->bytes > queue->max_bytes || !grow(ring))
		return q;
	dropped = make_room(queue, level, q->bytes);
	ring->places[(ring->first + ring->count) & (ring->capacity - 1)] =
		(struct alert_place){q, q->order, q->bytes};
	ring->count++;
	ring->bytes += q->bytes;
	queue->bytes += q->bytes;
	queue->count++;
	queue->waiting++;
	return dropped;
}

/* The level of the oldest one; 0 when none waits. */
static int oldest_level(const struct alert_queue *queue)
{
	const struct alert_place *oldest = NULL;
	int level = 0;

	for (int l = LEVEL_INFORMATIONAL; l <= LEVEL_CRITICAL; l++) {
		const struct alert_place *place = first_place(&queue->levels[l]);

		if (!place || (oldest && oldest->order < place->order))
			continue;
		oldest = place;
		level = l;
	}
	return level;
}

const struct queued_alert *alert_queue_first(const struct alert_queue *queue)
{
	const struct alert_place *place = first_place(&queue->levels[oldest_level(queue)]);

	return place ? place->alert : NULL;
}

struct queued_alert *alert_queue_take(struct alert_queue *queue, uint64_t *ret_bytes)
{
	int level = oldest_level(queue);
	struct alert_place place;

	if (!level)
		return NULL;
	place = take_first(queue, (enum rule_level)level);
	if (ret_bytes)
		*ret_bytes = place.bytes;
	return place.alert;
}

void alert_queue_release(struct alert_queue *queue, const struct queued_alert *q)
{
	assert(queue->count > 0 && queue->bytes >= q->bytes);
	queue->count--;
	queue->bytes -= q->bytes;
}

void alert_queue_admit(struct alert_queue *queue, const struct queued_alert *q)
{
	queue->count++;
	queue->bytes += q->bytes;
}

void alert_queue_clear(struct alert_queue *queue)
{
	struct queued_alert *q;

	while ((q = alert_queue_take(queue, NULL)) != NULL) {
		alert_queue_release(queue, q);
		free(q);
	}
	for (int l = LEVEL_INFORMATIONAL; l <= LEVEL_CRITICAL; l++) {
		free(queue->levels[l].places);
		queue->levels[l] = (struct alert_ring){0};
	}
}
