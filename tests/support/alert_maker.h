/* Alerts as the rules make them, by number: for programs that raise many, and for a checker that
 * knows what each number is (tests/system/fault_check.py). Number K is revision R of an alert whose
 * revisions are spread over eight numbers; three in four have about 3.4 KB of JSON, as those of
 * pcaps/demo have, the others 1 KB. The JSON ends with the number and a CRC of what precedes. */
#pragma once

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/time_text.h"
#include "rules/alert.h"

enum { MAKER_JSON_BYTES = 4096, MAKER_BLOCK = 8, MAKER_LONG = 3270, MAKER_SHORT = 870 };

struct alert_maker {
	uint32_t crc[256];
	char filler[MAKER_JSON_BYTES];
	char json[MAKER_JSON_BYTES];
	char equipment[16];
	struct alert alert; /* the last one made */
};

static inline void alert_maker_init(struct alert_maker *m)
{
	const char text[] = "the contract of gnb lists no connection to 203.0.113.220 with NTP on "
			    "udp/123; asked from 192.0.2.17 in zone ran, which denies it; ";

	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;

		for (int bit = 0; bit < 8; bit++)
			c = c & 1 ? 0xedb88320U ^ c >> 1 : c >> 1;
		m->crc[i] = c;
	}
	for (size_t i = 0; i < sizeof(m->filler); i++)
		m->filler[i] = text[i % (sizeof(text) - 1)];
}

static inline uint32_t alert_maker_crc(const struct alert_maker *m, const char *bytes, size_t n)
{
	uint32_t c = 0xffffffffU;

	for (size_t i = 0; i < n; i++)
		c = m->crc[(c ^ (uint8_t)bytes[i]) & 0xff] ^ c >> 8;
	return ~c;
}

/* splitmix64 */
static inline uint64_t alert_maker_mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15U;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9U;
	x = (x ^ x >> 27) * 0x94d049bb133111ebU;
	return x ^ x >> 31;
}

/* A tenth informational, half low, the rest above. */
static inline enum rule_level alert_maker_level(uint64_t hash)
{
	const uint64_t part = hash % 100;

	if (part < 10)
		return LEVEL_INFORMATIONAL;
	if (part < 60)
		return LEVEL_LOW;
	if (part < 80)
		return LEVEL_MEDIUM;
	return part < 95 ? LEVEL_HIGH : LEVEL_CRITICAL;
}

/* Alert number K at TS_NS; borrowed until the next one. */
static inline const struct alert *alert_maker_make(
	struct alert_maker *m, uint64_t k, uint64_t ts_ns)
{
	static const uint8_t letters[MAKER_BLOCK] = {0, 1, 0, 2, 3, 0, 1, 4};
	static const uint8_t revisions[MAKER_BLOCK] = {1, 1, 2, 1, 1, 3, 2, 1};
	const uint64_t block = k / MAKER_BLOCK;
	const uint64_t which = block * 5 + letters[k % MAKER_BLOCK];
	const uint64_t hash = alert_maker_mix(which);
	struct alert *a = &m->alert;
	char time[TIME_TEXT_BYTES];
	int at;

	*a = (struct alert){.revision = revisions[k % MAKER_BLOCK],
		.ts_ns = ts_ns,
		.level = alert_maker_level(hash),
		.rule_id = STR("266d07eb-347c-4093-a001-52e5fa0f0ab7")};
	snprintf(a->id, sizeof(a->id), "%016" PRIx64 "%016" PRIx64, hash, which);
	snprintf(m->equipment, sizeof(m->equipment), "gnb-%03u", (unsigned)(hash % 1000));
	a->equipment = str_from(m->equipment);
	at = snprintf(m->json, sizeof(m->json),
		"{\"@timestamp\":\"%s\",\"event.action\":\"%s\",\"event.id\":\"%s\","
		"\"event.sequence\":%u,\"event.kind\":\"alert\",\"rule.id\":\"%.*s\","
		"\"alert.level\":\"%s\",\"equipment.name\":\"%s\",\"contract.text\":\"%.*s\"",
		time_format(ts_ns, time), a->revision == 1 ? "opened" : "repeated", a->id,
		a->revision, (int)a->rule_id.len, a->rule_id.data, rule_level_name(a->level),
		m->equipment, (int)(hash >> 32 & 3 ? MAKER_LONG : MAKER_SHORT) - 250, m->filler);
	at += snprintf(m->json + at, sizeof(m->json) - (size_t)at,
		",\"maker.number\":%" PRIu64 ",\"maker.crc\":%" PRIu32 "}", k,
		alert_maker_crc(m, m->json, (size_t)at));
	a->json = (struct str){m->json, (uint32_t)at};
	return a;
}
