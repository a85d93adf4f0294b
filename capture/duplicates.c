#include "capture/duplicates.h"

#include <stdlib.h>
#include <string.h>

#include "common/hash/hash.h"

enum {
	WAYS = 4,
	SETS = DUPLICATES_SLOTS / WAYS,
	HEADER_MAX_BYTES = 60,
	IPV4_FIXED_BYTES = 20,
	IPV6_FIXED_BYTES = 40,
	TRANSPORT_BYTES = 20, /* hold the checksum of any transport */
	ICMP_ECHO_REPLY = 0,
	ICMP_ECHO = 8,
	ICMP6_ECHO = 128,
	ICMP6_ECHO_REPLY = 129,
};

struct seen {
	uint64_t digest; /* 0: none */
	uint64_t until_ns;
};

struct duplicates {
	struct seen seen[SETS][WAYS]; /* in front, so that sets are aligned */
	uint64_t hash_key;
	uint64_t forgotten;
};

_Static_assert(sizeof(struct seen[WAYS]) == 64, "a set is a cache line");

struct duplicates *duplicates_new(uint64_t hash_key)
{
	const size_t bytes = (sizeof(struct duplicates) + 63) / 64 * 64;
	struct duplicates *d = aligned_alloc(64, bytes);

	if (!d)
		return NULL;
	memset(d, 0, bytes);
	d->hash_key = hash_key;
	return d;
}

void duplicates_free(struct duplicates *d)
{
	free(d);
}

/* The header without what routers change. Its bytes in BUF; 0: it was not captured whole. */
static uint32_t put_header(const uint8_t *ip, const struct packet_layer *l, uint8_t *buf)
{
	const bool v4 = l->ip_version == 4;
	const uint32_t n = v4 ? (ip[0] & 15u) * 4 : IPV6_FIXED_BYTES;

	if (n > l->l3_captured)
		return 0;
	memcpy(buf, ip, n);
	if (v4) {
		buf[1] = 0;
		buf[8] = 0;
		buf[10] = buf[11] = 0;
	} else {
		buf[0] &= 0xf0;
		buf[1] &= 0x0f;
		buf[7] = 0;
	}
	return n;
}

/* Most headers: the same of IPv4 without options, in words, which need not be written first and
 * then read. */
static uint64_t hash_fixed_ipv4(const uint8_t *ip, uint64_t key)
{
	static const uint8_t kept[IPV4_FIXED_BYTES] = {255, 0, 255, 255, 255, 255, 255, 255, 0, 255,
		0, 0, 255, 255, 255, 255, 255, 255, 255, 255};
	uint64_t words[3] = {0}, mask[3] = {0};

	memcpy(words, ip, IPV4_FIXED_BYTES);
	memcpy(mask, kept, IPV4_FIXED_BYTES);
	for (int i = 0; i < 3; i++)
		words[i] &= mask[i];
	return hash64(words, sizeof(words), key);
}

static bool is_echo(const struct packet_layer *l)
{
	if (l->proto == IPPROTO_NUM_ICMP)
		return l->icmp_type == ICMP_ECHO || l->icmp_type == ICMP_ECHO_REPLY;
	return l->proto == IPPROTO_NUM_ICMP6 &&
	       (l->icmp_type == ICMP6_ECHO || l->icmp_type == ICMP6_ECHO_REPLY);
}

static uint64_t window_ns(const uint8_t *ip, const struct packet_layer *l)
{
	const bool numbered = l->fragment || (l->ip_version == 4 && (ip[4] || ip[5]));

	if (numbered || l->proto == IPPROTO_NUM_TCP || l->proto == IPPROTO_NUM_SCTP || is_echo(l))
		return DUPLICATES_WINDOW_NS;
	return DUPLICATES_WINDOW_SHORT_NS;
}

uint64_t duplicates_digest(
	const struct duplicates *d, const struct frame *frame, const struct packet *p)
{
	const struct packet_layer *l = p->layers;
	uint8_t header[HEADER_MAX_BYTES];
	uint32_t header_bytes, carried, n;
	const uint8_t *ip;
	uint64_t digest;
	bool is_fixed;

	if (p->n_layers == 0)
		return 0;
	ip = frame->data + l->l3_offset;
	is_fixed = ip[0] == 0x45 && l->l3_captured >= IPV4_FIXED_BYTES;
	header_bytes = is_fixed ? IPV4_FIXED_BYTES : put_header(ip, l, header);
	if (header_bytes == 0)
		return 0;
	carried = l->l3_bytes - header_bytes;
	n = l->l3_captured - header_bytes;
	if (n < TRANSPORT_BYTES && n < carried)
		return 0;
	if (n > DUPLICATES_PAYLOAD_BYTES)
		n = DUPLICATES_PAYLOAD_BYTES;
	digest = is_fixed ? hash_fixed_ipv4(ip, d->hash_key)
			  : hash64(header, header_bytes, d->hash_key);
	digest = hash64(ip + header_bytes, n, digest);
	if (digest == 0)
		digest = 1;
	__builtin_prefetch(d->seen[digest % SETS], 1);
	return digest;
}

bool duplicates_seen(struct duplicates *d, uint64_t digest, const struct frame *frame,
	const struct packet *p, uint64_t now_ns)
{
	const struct packet_layer *l = p->layers;
	struct seen *set;
	uint64_t first_ns; /* when the first of the set is over */
	uint32_t first = 0;
	bool is_copy = false;

	if (digest == 0)
		return false;
	set = d->seen[digest % SETS];
	first_ns = set[0].until_ns;
	for (uint32_t i = 0; i < WAYS; i++) { /* no branch that nobody can foretell */
		const uint64_t until_ns = set[i].until_ns;

		is_copy |= set[i].digest == digest && now_ns < until_ns;
		first = until_ns < first_ns ? i : first;
		first_ns = until_ns < first_ns ? until_ns : first_ns;
	}
	if (is_copy)
		return true;
	d->forgotten += now_ns < first_ns;
	set[first] = (struct seen){digest, now_ns + window_ns(frame->data + l->l3_offset, l)};
	return false;
}

bool duplicates_check(
	struct duplicates *d, const struct frame *frame, const struct packet *p, uint64_t now_ns)
{
	return duplicates_seen(d, duplicates_digest(d, frame, p), frame, p, now_ns);
}

uint64_t duplicates_forgotten(const struct duplicates *d)
{
	return d->forgotten;
}

void duplicates_save(const struct duplicates *d, uint64_t now_ns, struct blob_writer *w)
{
	const size_t place = blob_reserve_u32(w);
	uint32_t n = 0;

	for (uint32_t i = 0; i < DUPLICATES_SLOTS; i++) {
		const struct seen *s = &d->seen[i / WAYS][i % WAYS];

		if (s->digest == 0 || s->until_ns <= now_ns)
			continue;
		blob_put_u64(w, s->digest);
		blob_put_u64(w, s->until_ns);
		n++;
	}
	blob_set_u32(w, place, n);
}

bool duplicates_load(struct duplicates *d, struct blob_reader *r)
{
	const uint32_t n = blob_count(r, DUPLICATES_SLOTS, sizeof(struct seen));

	for (uint32_t i = 0; i < n; i++) {
		const struct seen s = {.digest = blob_u64(r)};
		struct seen *set = d->seen[s.digest % SETS];
		uint32_t k = 0;

		while (k < WAYS && set[k].digest != 0)
			k++;
		if (k == WAYS || s.digest == 0)
			return blob_fail(r);
		set[k] = s;
		set[k].until_ns = blob_u64(r);
	}
	return blob_ok(r);
}
