#include "capture/duplicates.h"

#include <stdlib.h>
#include <string.h>

#include "common/hash/hash.h"
#include "common/out_of_line.h"

enum {
	WAYS = 4,
	SLOT_BYTES = 16, /* as it is saved */
	SETS = DUPLICATES_SLOTS / WAYS,
	IPV4_FIXED_BYTES = 20,
	IPV4_MAX_BYTES = 60,
	IPV6_FIXED_BYTES = 40,
	TRANSPORT_BYTES = 20, /* hold the checksum of any transport */
	ICMP_ECHO_REPLY = 0,
	ICMP_ECHO = 8,
	ICMP6_ECHO = 128,
	ICMP6_ECHO_REPLY = 129,
};

struct seen {
	uint64_t digest[WAYS]; /* 0: none */
	uint64_t until_ns[WAYS];
};

struct duplicates {
	struct seen seen[SETS]; /* in front, so that sets are aligned */
	uint64_t hash_key;
	uint64_t forgotten;
};

_Static_assert(sizeof(struct seen) == 64, "a set is a cache line");

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

/* Headers without what routers change, hashed: in words, which need not be written first and then
 * read, but for options of IPv4. */
static uint64_t hash_ipv4(const uint8_t *ip, uint64_t key)
{
	static const uint8_t kept[IPV4_FIXED_BYTES] = {255, 0, 255, 255, 255, 255, 255, 255, 0, 255,
		0, 0, 255, 255, 255, 255, 255, 255, 255, 255};
	uint64_t words[3] = {0}, mask[3] = {0};

	memcpy(&words[0], ip, 8);
	memcpy(&words[1], ip + 8, 8);
	memcpy(&words[2], ip + 16, 4);
	memcpy(mask, kept, sizeof(kept));
	for (int i = 0; i < 3; i++)
		words[i] &= mask[i];
	return hash64(words, sizeof(words), key);
}

static OUT_OF_LINE uint64_t hash_ipv4_options(const uint8_t *ip, uint32_t n, uint64_t key)
{
	uint8_t header[IPV4_MAX_BYTES];

	memcpy(header, ip, n);
	header[1] = 0;
	header[8] = 0;
	header[10] = header[11] = 0;
	return hash64(header, n, key);
}

static uint64_t hash_ipv6(const uint8_t *ip, uint64_t key)
{
	static const uint8_t kept[8] = {0xf0, 0x0f, 255, 255, 255, 255, 255, 0};
	uint64_t words[5], mask;

	_Static_assert(sizeof(words) == IPV6_FIXED_BYTES, "the whole header");
	for (int i = 0; i < 5; i++)
		memcpy(&words[i], ip + 8 * i, 8);
	memcpy(&mask, kept, sizeof(mask));
	words[0] &= mask;
	return hash64(words, sizeof(words), key);
}

static uint64_t hash_header(const uint8_t *ip, uint32_t header_bytes, bool v4, uint64_t key)
{
	if (!v4)
		return hash_ipv6(ip, key);
	return header_bytes == IPV4_FIXED_BYTES ? hash_ipv4(ip, key)
						: hash_ipv4_options(ip, header_bytes, key);
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
	uint32_t header_bytes, carried, n;
	const uint8_t *ip;
	uint64_t digest;
	bool v4;

	if (p->n_layers == 0)
		return 0;
	v4 = l->ip_version == 4;
	ip = frame->data + l->l3_offset;
	header_bytes = v4 ? (ip[0] & 15u) * 4 : IPV6_FIXED_BYTES;
	if (header_bytes > l->l3_captured)
		return 0;
	carried = l->l3_bytes - header_bytes;
	n = l->l3_captured - header_bytes;
	if (n < TRANSPORT_BYTES && n < carried)
		return 0;
	if (n > DUPLICATES_PAYLOAD_BYTES)
		n = DUPLICATES_PAYLOAD_BYTES;
	digest = hash64(ip + header_bytes, n, hash_header(ip, header_bytes, v4, d->hash_key));
	if (digest == 0)
		digest = 1;
	__builtin_prefetch(&d->seen[digest % SETS], 1);
	return digest;
}

/* The packet that is over first. */
static uint32_t oldest(const uint64_t until_ns[WAYS])
{
	uint32_t first = 0;
	uint64_t first_ns = until_ns[0];

#pragma GCC unroll 4
	for (uint32_t i = 1; i < WAYS; i++) {
		first = until_ns[i] < first_ns ? i : first;
		first_ns = until_ns[i] < first_ns ? until_ns[i] : first_ns;
	}
	return first;
}

bool duplicates_seen(struct duplicates *d, uint64_t digest, const struct frame *frame,
	const struct packet *p, uint64_t now_ns)
{
	const struct packet_layer *l = p->layers;
	struct seen *set = &d->seen[digest % SETS];
	bool is_copy = false;
	uint32_t at;

	if (digest == 0)
		return false;
#pragma GCC unroll 4
	for (uint32_t i = 0; i < WAYS; i++) /* no branch that nobody can foretell */
		is_copy |= (set->digest[i] == digest) & (now_ns < set->until_ns[i]);
	if (is_copy)
		return true;
	at = oldest(set->until_ns);
	d->forgotten += now_ns < set->until_ns[at];
	set->digest[at] = digest;
	set->until_ns[at] = now_ns + window_ns(frame->data + l->l3_offset, l);
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
		const struct seen *set = &d->seen[i / WAYS];
		const uint32_t at = i % WAYS;

		if (set->digest[at] == 0 || set->until_ns[at] <= now_ns)
			continue;
		blob_put_u64(w, set->digest[at]);
		blob_put_u64(w, set->until_ns[at]);
		n++;
	}
	blob_set_u32(w, place, n);
}

bool duplicates_load(struct duplicates *d, struct blob_reader *r)
{
	const uint32_t n = blob_count(r, DUPLICATES_SLOTS, SLOT_BYTES);

	for (uint32_t i = 0; i < n; i++) {
		const uint64_t digest = blob_u64(r);
		struct seen *set = &d->seen[digest % SETS];
		uint32_t at = 0;

		while (at < WAYS && set->digest[at] != 0)
			at++;
		if (at == WAYS || digest == 0)
			return blob_fail(r);
		set->digest[at] = digest;
		set->until_ns[at] = blob_u64(r);
	}
	return blob_ok(r);
}
