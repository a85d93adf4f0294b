/* Data in names: what equipment asks of DNS below one domain. A tunnel or an exfiltration needs
 * names that are always new, and which hold encoded bytes; and what comes down needs records with
 * room (TXT, CNAME, MX; NULL has most). The measure is the octets that the names can carry beyond
 * what names need (dns_name.h). Words that the name before had, too, are not counted: so names that
 * are made by a scheme (tracking areas and nodes below 3gppnetwork.org) weigh little.
 *
 * Score: of 1000, 400 for these octets in all (by their logarithm, all from 2 KiB on), 400 for
 * those of each name (all from 8 on), 200 for the share of records that have room.
 *
 * State: the domains that carry most, each for a day from its first question on. */
#include <string.h>

#include "analysis/behaviour/behaviour.h"
#include "analysis/behaviour/bits.h"
#include "analysis/behaviour/dns_name.h"
#include "analysis/stats/amount.h"
#include "common/hash/hash.h"
#include "common/time_text.h"

enum {
	DOMAINS = 10,
	WORDS = 8,     /* of a name, that are held against the next one's */
	BITS = 128,    /* of the names that were seen */
	DAY_S = 86400, /* how long a domain is watched before it begins anew */
	FIRST_TOLD = 8,
	FULL_OCTETS = 2048,
	UNIT_OCTETS = 8, /* of the logarithm */
	FULL_OCTETS_PER_NAME = 8,
	FULL_N = 40, /* of which the confidence is 100 */
};

struct domain {
	uint64_t hash; /* 0: free */
	uint8_t seen[BITS / 8];
	uint16_t words[WORDS]; /* hashes; of the latest new name */
	uint32_t first_s, last_s;
	uint32_t n;
	uint32_t octets, entropy; /* of the new words; entropy: octets x 256ths of a bit */
	uint32_t hidden;          /* 16ths of an octet */
	uint32_t pairs, unusual;
	uint32_t answer_octets;
	uint16_t text, null, missing, unanswered; /* of n */
};

struct memory {
	struct domain domains[DOMAINS];
};

_Static_assert(sizeof(struct memory) <= 960, "docs/operations.md counts with it");

/* One question. */
struct asked {
	struct str text;
	struct dns_name name;
	uint64_t domain; /* hash */
	uint32_t hash;   /* of the whole name */
	uint16_t type;
	uint8_t code;
	uint32_t answer_octets;
};

/* IANA, DNS parameters. */
enum {
	TYPE_CNAME = 5,
	TYPE_NULL = 10,
	TYPE_PTR = 12,
	TYPE_MX = 15,
	TYPE_TXT = 16,
	TYPE_KEY = 25,
	TYPE_PRIVATE = 65280,
	CODE_NXDOMAIN = 3,
};

/* Nobody has use for these but tunnels: RFC 1035 §3.3.10 (NULL is experimental), RFC 6895 §3.1. */
static bool is_null(uint16_t type)
{
	return type == TYPE_NULL || type >= TYPE_PRIVATE;
}

/* Records whose data is as the server likes. */
static bool is_text(uint16_t type)
{
	return type == TYPE_CNAME || type == TYPE_MX || type == TYPE_TXT || type == TYPE_KEY ||
	       is_null(type);
}

/* The one question of a conversation that nobody answered is told of with its end alone. */
static bool read_end(const struct sight *s, struct asked *ret)
{
	const struct flow_record *r = &s->ev->flow;

	if (r->packets[1] > 0 || strcmp(r->label.protocol, "DNS") != 0)
		return false;
	ret->text = s->ev->details->dns_name;
	ret->type = s->ev->details->dns_type;
	ret->code = DNS_UNANSWERED;
	return true;
}

static bool read_asked(const struct sight *s, uint64_t key, struct asked *ret)
{
	*ret = (struct asked){0};
	if (s->kind == SIGHT_DNS) {
		ret->text = s->ev->dns_name;
		ret->hash = s->ev->dns_reply->name_hash;
		ret->type = s->ev->dns_reply->type;
		ret->code = s->ev->dns_reply->code;
		ret->answer_octets = s->ev->dns_reply->answer_octets;
	} else if (!read_end(s, ret)) {
		return false;
	}
	dns_name_split(ret->text, &ret->name);
	if (ret->text.len == 0 || ret->name.is_reverse)
		return false;
	if (s->kind == SIGHT_END)
		ret->hash = (uint32_t)hash64(ret->text.data, ret->text.len, key);
	ret->domain = hash64(ret->name.domain.data, ret->name.domain.len, key) | 1;
	return true;
}

/* What is missed least: what carries least for the time that it was not asked for. */
static struct domain *take_place(struct memory *m, uint32_t now_s)
{
	struct domain *worst = NULL;
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < DOMAINS; i++) {
		struct domain *d = &m->domains[i];
		const uint64_t idle_s = now_s > d->last_s ? now_s - d->last_s : 0;
		const uint64_t worth =
			d->hash ? ((uint64_t)d->hidden + d->text + 1) * DAY_S / (idle_s + 60) : 0;

		if (worth < least) {
			least = worth;
			worst = d;
		}
	}
	return worst;
}

static struct domain *domain_of(struct memory *m, uint64_t hash, uint32_t now_s)
{
	struct domain *d = NULL;

	for (int i = 0; i < DOMAINS && !d; i++) {
		if (m->domains[i].hash == hash)
			d = &m->domains[i];
	}
	if (d && now_s - d->first_s < DAY_S)
		return d;
	if (!d)
		d = take_place(m, now_s);
	*d = (struct domain){.hash = hash, .first_s = now_s, .last_s = now_s};
	return d;
}

/* True when no name that looks like HASH was seen. */
static bool see_name(struct domain *d, uint32_t hash)
{
	const bool is_new = !bits_has(d->seen, BITS, hash);

	bits_add(d->seen, BITS, hash);
	return is_new;
}

/* Names that looked new: those whose words were added. */
static uint32_t count_seen(const struct domain *d)
{
	return BITS - bits_free(d->seen, BITS);
}

static uint32_t count_names(const struct domain *d)
{
	return bits_estimate(BITS, bits_free(d->seen, BITS));
}

static void count_one(uint16_t *count, bool is)
{
	*count = (uint16_t)(*count + (is && *count < UINT16_MAX));
}

/* The words that the name before did not have. */
static void add_words(struct domain *d, const struct asked *a, uint64_t key)
{
	struct dns_letters letters = {0};
	struct str rest = a->name.below;
	uint16_t words[WORDS] = {0};

	for (uint32_t i = 0; rest.len > 0; i++) {
		const struct str word = dns_word_next(&rest);
		const uint16_t hash = (uint16_t)hash64(word.data, word.len, key) | 1;
		bool known = false;

		for (int k = 0; k < WORDS; k++)
			known = known || d->words[k] == hash;
		if (!known)
			dns_letters_add(&letters, word);
		if (i < WORDS)
			words[i] = hash;
	}
	memcpy(d->words, words, sizeof(words));
	d->octets = amount_add32(d->octets, letters.octets);
	d->entropy =
		amount_add32(d->entropy, (uint64_t)letters.octets * dns_letters_entropy(&letters));
	d->pairs = amount_add32(d->pairs, letters.pairs);
	d->unusual = amount_add32(d->unusual, letters.unusual);
	d->hidden = amount_add32(d->hidden, dns_letters_hidden(&letters));
}

static void count(struct domain *d, const struct asked *a, uint64_t key, uint32_t now_s)
{
	d->n = amount_add32(d->n, 1);
	d->last_s = now_s;
	d->answer_octets = amount_add32(d->answer_octets, a->answer_octets);
	count_one(&d->text, is_text(a->type));
	count_one(&d->null, is_null(a->type));
	count_one(&d->missing, a->code == CODE_NXDOMAIN);
	count_one(&d->unanswered, a->code == DNS_UNANSWERED);
	if (see_name(d, a->hash))
		add_words(d, a, key);
}

/* 8, 10, 12, 14; 16, 20, 24, 28; 32, 40 ... */
static bool is_told(uint32_t n)
{
	uint32_t step = 2;

	if (n < FIRST_TOLD)
		return false;
	for (; n >= 2 * FIRST_TOLD; n >>= 1) {
		if (n & 1)
			return false;
	}
	return n % step == 0;
}

static uint32_t percent(uint32_t part, uint32_t n)
{
	return (uint32_t)(n ? (uint64_t)part * 100 / n : 0);
}

static uint32_t score_of(const struct domain *d)
{
	return amount_part(amount_log(d->hidden / 16 / UNIT_OCTETS),
		       amount_log(FULL_OCTETS / UNIT_OCTETS), 400) +
	       amount_part(d->hidden / 16, (uint64_t)FULL_OCTETS_PER_NAME * count_seen(d), 400) +
	       amount_part(d->text, d->n, 200);
}

static void set_facts(const struct domain *d, const struct asked *a, struct facts *f)
{
	facts_set_num(f, FIELD_BEHAVIOUR_SCORE, score_of(d));
	facts_set_num(f, FIELD_BEHAVIOUR_CONFIDENCE, d->n < FULL_N ? percent(d->n, FULL_N) : 100);
	facts_set_str(f, FIELD_BEHAVIOUR_SUBJECT, a->name.domain);
	facts_set_str(f, FIELD_BEHAVIOUR_DNS_TUNNEL_DOMAIN, a->name.domain);
	facts_set_num(f, FIELD_BEHAVIOUR_DNS_TUNNEL_N, d->n);
	facts_set_num(f, FIELD_BEHAVIOUR_DNS_TUNNEL_NAMES, count_names(d));
	facts_set_num(f, FIELD_BEHAVIOUR_DNS_TUNNEL_HIDDEN_BYTES, d->hidden / 16);
	facts_set_num(f, FIELD_BEHAVIOUR_DNS_TUNNEL_WORD_BYTES, d->octets);
	facts_set_num(f, FIELD_BEHAVIOUR_DNS_TUNNEL_ENTROPY,
		d->octets ? (uint64_t)d->entropy * 100 / 256 / d->octets : 0);
	facts_set_num(
		f, FIELD_BEHAVIOUR_DNS_TUNNEL_UNUSUAL_PAIRS_PERCENT, percent(d->unusual, d->pairs));
	facts_set_num(f, FIELD_BEHAVIOUR_DNS_TUNNEL_TEXT_PERCENT, percent(d->text, d->n));
	facts_set_num(f, FIELD_BEHAVIOUR_DNS_TUNNEL_NULL, d->null);
	facts_set_num(f, FIELD_BEHAVIOUR_DNS_TUNNEL_ANSWER_BYTES, d->answer_octets / d->n);
	facts_set_num(f, FIELD_BEHAVIOUR_DNS_TUNNEL_MISSING_PERCENT, percent(d->missing, d->n));
	facts_set_num(
		f, FIELD_BEHAVIOUR_DNS_TUNNEL_UNANSWERED_PERCENT, percent(d->unanswered, d->n));
	facts_set_num(f, FIELD_BEHAVIOUR_DNS_TUNNEL_SPAN_S, d->last_s - d->first_s);
	facts_set_str(f, FIELD_BEHAVIOUR_REASON,
		arena_printf(f->arena,
			"%u different names %s%.*s carry %u bytes that names do not need",
			count_names(d),
			a->name.domain.len ? "below " : "without a top-level domain",
			(int)a->name.domain.len, a->name.domain.data ? a->name.domain.data : "",
			d->hidden / 16));
}

static bool see(const struct sight *s, const struct behaviour_memory *m, struct facts *ret)
{
	const uint32_t now_s = (uint32_t)(s->ts_ns / NS_PER_S);
	struct asked a;
	struct domain *d;

	if (!read_asked(s, m->hash_key, &a))
		return false;
	d = domain_of(m->equipment, a.domain, now_s);
	count(d, &a, m->hash_key, now_s);
	if (!is_told(d->n))
		return false;
	set_facts(d, &a, ret);
	return true;
}

const struct behaviour behaviour_dns_tunnel = {
	.name = "dns-tunnel",
	.equipment_bytes = sizeof(struct memory),
	.kinds = 1u << SIGHT_DNS | 1u << SIGHT_END,
	.callers = 1u << SIGHT_END,
	.see = see,
};
