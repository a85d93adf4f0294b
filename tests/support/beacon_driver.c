/* beacon_driver: what the beacon behaviour says of series of conversations, without captures: for
 * tests/system/beacon_grid.py. Reads lines from stdin, times in ms, ascending:
 *     series NAME EQUIPMENT PEER
 *     flow BEGIN SENT RECEIVED ANSWERED
 *     burst AT SENT RECEIVED
 * and prints a line per judgement: NAME AT score confidence beats period_s jitter missed alike
 * fleet. */
#include <stdio.h>
#include <string.h>

#include "analysis/behaviour/behaviour.h"
#include "common/time_text.h"

enum { MAX_PAIR = 512, MAX_SITE = 65536 };

static const enum field_id printed[] = {FIELD_BEHAVIOUR_SCORE, FIELD_BEHAVIOUR_CONFIDENCE,
	FIELD_BEHAVIOUR_BEACON_BEATS, FIELD_BEHAVIOUR_BEACON_PERIOD, FIELD_BEHAVIOUR_BEACON_JITTER,
	FIELD_BEHAVIOUR_BEACON_MISSED, FIELD_BEHAVIOUR_BEACON_ALIKE, FIELD_BEHAVIOUR_BEACON_FLEET};

static struct facts facts;

static void judge(const char *name, const struct sight *s, const struct behaviour_memory *m)
{
	facts_clear(&facts);
	if (!behaviour_beacon.see(s, m, &facts))
		return;
	printf("%s %llu", name, (unsigned long long)(s->ev->flow.first_ns / NS_PER_MS));
	for (uint32_t i = 0; i < sizeof(printed) / sizeof(printed[0]); i++)
		printf(" %llu", (unsigned long long)facts_num(&facts, printed[i]));
	printf("\n");
}

int main(void)
{
	static uint64_t state[MAX_PAIR / 8], site[MAX_SITE / 8];
	const struct behaviour_memory m = {.pair = state, .site = site};
	char line[512], name[128] = "", equipment[128] = "", peer[128] = "";
	unsigned long long at, sent, received;
	struct arena *arena = arena_new(4096);
	int answered;

	facts.arena = arena;
	while (fgets(line, sizeof(line), stdin)) {
		struct event ev = {.kind = EVENT_FLOW_END};
		struct sight s = {.kind = SIGHT_END,
			.ev = &ev,
			.equipment = str_from(equipment),
			.peer = str_from(peer)};

		arena_reset(arena);
		if (sscanf(line, "series %127s %127s %127s", name, equipment, peer) == 3) {
			memset(state, 0, sizeof(state));
			continue;
		}
		if (sscanf(line, "flow %llu %llu %llu %d", &at, &sent, &received, &answered) == 4) {
			ev.flow.state = answered ? FLOW_ESTABLISHED : FLOW_ATTEMPT;
			ev.flow.bytes[0] = sent;
			ev.flow.bytes[1] = received;
		} else if (sscanf(line, "burst %llu %llu %llu", &at, &sent, &received) == 3) {
			s.kind = SIGHT_BURST;
			s.sent = sent;
			s.received = received;
		} else {
			fprintf(stderr, "beacon_driver: what is this? %s", line);
			return 2;
		}
		ev.flow.first_ns = ev.flow.last_ns = at * NS_PER_MS;
		judge(name, &s, &m);
	}
	arena_free(arena);
	return 0;
}
