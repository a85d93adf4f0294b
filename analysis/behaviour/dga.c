/* Names made by a program, of which most do not exist: equipment asks for many different domains,
 * gets the answer that there is no such name, and their letters are as if drawn by lot. Programs
 * that look for their master make names so (domain generation algorithms). Those that put words
 * together are not told from mistakes here.
 *
 * Score: of 1000, 400 for the domains that do not exist (all of them from 40 on), 500 for the share
 * of unusual pairs of letters (from 10 in 100 on, all of them from 40 on), 100 for names of twelve
 * letters or more. Confidence: from the domains, all of it from 30 on. State: of a day. */
#include <string.h>

#include "analysis/behaviour/behaviour.h"
#include "analysis/behaviour/bits.h"
#include "analysis/behaviour/dns_name.h"
#include "analysis/stats/amount.h"
#include "common/hash/hash.h"
#include "common/time_text.h"

enum {
	BITS = 256,
	DAY_S = 86400,
	FIRST_TOLD = 8,
	CODE_NXDOMAIN = 3,
	FULL_DOMAINS = 40,
	SURE_DOMAINS = 30,
	LEAST_UNUSUAL = 100, /* thousandths */
	FULL_UNUSUAL = 400,
	LONG_NAME = 12,
};

struct memory {
	uint32_t first_s, last_s; /* first 0: nothing yet */
	uint32_t octets, pairs, unusual;
	uint16_t told; /* so many domains at the last time */
	uint8_t seen[BITS / 8];
};

_Static_assert(sizeof(struct memory) <= 64, "docs/operations.md counts with it");

static uint32_t seen(const struct memory *m)
{
	return BITS - bits_free(m->seen, BITS);
}

static uint32_t thousandths(uint64_t part_of, uint64_t all)
{
	return (uint32_t)(all ? part_of * 1000 / all : 0);
}

static uint32_t score_of(const struct memory *m, uint32_t domains)
{
	const uint32_t unusual = thousandths(m->unusual, m->pairs);

	return amount_part(domains, FULL_DOMAINS, 400) +
	       (unusual > LEAST_UNUSUAL ? amount_part(unusual - LEAST_UNUSUAL,
						  FULL_UNUSUAL - LEAST_UNUSUAL, 500)
					: 0) +
	       (m->octets / LONG_NAME >= seen(m) ? 100 : 0);
}

/* Counts a domain that does not exist; false: it looks like one that was. */
static bool count(struct memory *m, struct str domain, uint64_t key, uint32_t now_s)
{
	const uint64_t hash = hash64(domain.data, domain.len, key);
	const char *dot = memchr(domain.data, '.', domain.len);
	struct str rest = {domain.data, (uint32_t)(dot - domain.data)};
	struct dns_letters letters = {0};

	if (m->first_s == 0 || now_s - m->first_s >= DAY_S)
		*m = (struct memory){.first_s = now_s};
	m->last_s = now_s;
	if (bits_has(m->seen, BITS, hash))
		return false;
	bits_add(m->seen, BITS, hash);
	/* What was registered, or would be: it may have hyphens. */
	while (rest.len > 0)
		dns_letters_add(&letters, dns_word_next(&rest));
	m->octets += letters.octets;
	m->pairs += letters.pairs;
	m->unusual += letters.unusual;
	return true;
}

static bool see(const struct sight *s, const struct behaviour_memory *memory, struct facts *ret)
{
	struct memory *m = memory->equipment;
	struct dns_name name;
	uint32_t n;

	if (s->ev->dns_reply->code != CODE_NXDOMAIN)
		return false;
	dns_name_split(s->ev->dns_name, &name);
	if (name.domain.len == 0 || name.is_reverse ||
		!count(m, name.domain, memory->hash_key, (uint32_t)(s->ts_ns / NS_PER_S)))
		return false;
	n = seen(m);
	if (n < FIRST_TOLD || n < m->told + (uint32_t)m->told / 4 + 1)
		return false;
	m->told = (uint16_t)n;
	n = bits_estimate(BITS, bits_free(m->seen, BITS));
	facts_set_num(ret, FIELD_BEHAVIOUR_SCORE, score_of(m, n));
	facts_set_num(ret, FIELD_BEHAVIOUR_CONFIDENCE, amount_part(n, SURE_DOMAINS, 100));
	facts_set_text(ret, FIELD_BEHAVIOUR_SUBJECT, "domains that do not exist");
	facts_set_num(ret, FIELD_BEHAVIOUR_DGA_DOMAINS, n);
	facts_set_num(ret, FIELD_BEHAVIOUR_DGA_UNUSUAL_PAIRS_PERCENT,
		thousandths(m->unusual, m->pairs) / 10);
	facts_set_num(ret, FIELD_BEHAVIOUR_DGA_LENGTH, m->octets / seen(m));
	facts_set_str(ret, FIELD_BEHAVIOUR_DGA_EXAMPLE, name.domain);
	facts_set_num(ret, FIELD_BEHAVIOUR_DGA_SPAN_S, m->last_s - m->first_s);
	facts_set_str(ret, FIELD_BEHAVIOUR_REASON,
		arena_printf(ret->arena,
			"%u domains that do not exist were asked for; %u in 100 of the pairs of "
			"letters in them are unusual",
			n, thousandths(m->unusual, m->pairs) / 10));
	return true;
}

const struct behaviour behaviour_dga = {
	.name = "dga",
	.equipment_bytes = sizeof(struct memory),
	.kinds = 1u << SIGHT_DNS,
	.see = see,
};
