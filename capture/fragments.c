#include "capture/fragments.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "capture/fragment_piece.h"
#include "common/hash/hash.h"

enum {
	PAGES_OF_DATAGRAM = 65536 / FRAGMENTS_PAGE_BYTES,
	MIN_BYTES = 256 * 1024,
	MAX_BYTES = 128 * 1024 * 1024 - FRAGMENTS_PAGE_BYTES, /* pages have numbers of 16 bits */
};

#define NONE UINT32_MAX

/* What makes fragments one datagram: RFC 791 §2.3; in IPv6 (RFC 8200 §4.5) the protocol is no part
 * of it. No padding: it is hashed as bytes. */
struct key {
	struct ip_addr src, dst;
	uint32_t id;
	uint32_t segment;
	uint8_t proto; /* IPv4 */
	uint8_t ip_version;
	uint8_t zero[2];
};

_Static_assert(sizeof(struct key) == 44, "the key is hashed as bytes");

/* A fragment that came: [start, start + bytes) of the datagram, of which CAPTURED are at hand. */
struct range {
	uint16_t start, bytes, captured;
};

struct queue {
	uint32_t first, last;
};

struct held {
	struct key key;
	uint64_t first_ns; /* when its first fragment to arrive did */
	uint64_t wire_bytes;
	uint32_t wire_packets, frames;
	uint32_t hash_next, prev, next; /* of its bucket; of the queue that it is in */
	uint32_t total;                 /* bytes carried; 0: the last fragment did not come yet */
	uint32_t end_of_more;           /* furthest end of those that are not the last */
	uint16_t pages[PAGES_OF_DATAGRAM]; /* number + 1; 0: none */
	uint32_t n_ranges;
	struct range ranges[FRAGMENTS_MAX_PIECES]; /* by start, then in order of arrival */
	bool has_first;                            /* offset 0 */
	bool spoilt;                               /* is not put together any more */
	bool overlap;
	bool complete;
	struct datagram_header header;
	struct packet around;
	uint32_t layer, interface;
	const char *interface_name;
};

struct fragments {
	struct fragments_config cfg;
	struct fragments_stats stats;
	struct held *held;
	uint32_t *buckets;
	uint32_t n_buckets;            /* a power of 2 */
	uint32_t free_held, n_touched; /* a list by hash_next; from n_touched on all are free */
	uint32_t n_free_held;
	uint32_t n_due, due_pages;
	struct queue waiting; /* oldest first */
	struct queue due;     /* in the order in which they became due */
	uint8_t *pages;
	uint16_t *free_pages;
	uint32_t n_free_pages, n_pages;
};

static uint32_t power_of_2_above(uint32_t n)
{
	uint32_t p = 1;

	while (p < n)
		p *= 2;
	return p;
}

struct fragments *fragments_new(const struct fragments_config *cfg)
{
	struct fragments *f = calloc(1, sizeof(*f));

	assert(cfg->max_datagrams >= 2 && cfg->max_datagrams < NONE / 4);
	assert(cfg->max_bytes >= MIN_BYTES && cfg->max_bytes <= MAX_BYTES);
	if (!f)
		return NULL;
	f->cfg = *cfg;
	f->n_buckets = power_of_2_above(cfg->max_datagrams * 2);
	f->n_pages = cfg->max_bytes / FRAGMENTS_PAGE_BYTES;
	f->held = calloc(cfg->max_datagrams, sizeof(*f->held));
	f->buckets = malloc(f->n_buckets * sizeof(*f->buckets));
	f->pages = malloc((size_t)f->n_pages * FRAGMENTS_PAGE_BYTES);
	f->free_pages = malloc(f->n_pages * sizeof(*f->free_pages));
	if (!f->held || !f->buckets || !f->pages || !f->free_pages) {
		fragments_free(f);
		return NULL;
	}
	memset(f->buckets, 0xff, f->n_buckets * sizeof(*f->buckets)); /* NONE */
	f->free_held = NONE;
	f->n_free_held = cfg->max_datagrams;
	for (uint32_t i = 0; i < f->n_pages; i++)
		f->free_pages[f->n_free_pages++] = (uint16_t)(f->n_pages - i);
	f->waiting = f->due = (struct queue){NONE, NONE};
	return f;
}

void fragments_free(struct fragments *f)
{
	if (!f)
		return;
	free(f->held);
	free(f->buckets);
	free(f->pages);
	free(f->free_pages);
	free(f);
}

/* Queues */

static void queue_append(struct fragments *f, struct queue *q, uint32_t i)
{
	f->held[i].next = NONE;
	f->held[i].prev = q->last;
	if (q->last == NONE)
		q->first = i;
	else
		f->held[q->last].next = i;
	q->last = i;
}

static void queue_remove(struct fragments *f, struct queue *q, uint32_t i)
{
	const struct held *h = &f->held[i];

	if (h->prev == NONE)
		q->first = h->next;
	else
		f->held[h->prev].next = h->next;
	if (h->next == NONE)
		q->last = h->prev;
	else
		f->held[h->next].prev = h->prev;
}

/* Table */

static struct key key_make(
	const struct packet_layer *l, const struct piece *piece, uint32_t segment)
{
	struct key k = {.src = l->src, .dst = l->dst, .id = piece->id, .segment = segment};

	k.ip_version = l->ip_version;
	/* Not the layer's: behind an authentication header that is another, in the first fragment.
	 */
	k.proto = l->ip_version == 4 ? piece->next : 0;
	return k;
}

static uint32_t *bucket_of(const struct fragments *f, const struct key *k)
{
	return &f->buckets[hash64(k, sizeof(*k), f->cfg.hash_key) & (f->n_buckets - 1)];
}

static uint32_t find(const struct fragments *f, const struct key *k)
{
	uint32_t i = *bucket_of(f, k);

	while (i != NONE && memcmp(&f->held[i].key, k, sizeof(*k)) != 0)
		i = f->held[i].hash_next;
	return i;
}

static uint32_t open_held(struct fragments *f, const struct key *k, uint64_t now_ns)
{
	const uint32_t i = f->free_held != NONE ? f->free_held : f->n_touched++;
	struct held *h = &f->held[i];
	uint32_t *bucket = bucket_of(f, k);

	if (f->free_held != NONE)
		f->free_held = h->hash_next;
	f->n_free_held--;
	memset(h, 0, sizeof(*h));
	h->key = *k;
	h->first_ns = now_ns;
	h->hash_next = *bucket;
	*bucket = i;
	queue_append(f, &f->waiting, i);
	return i;
}

static uint32_t pages_of(const struct held *h)
{
	uint32_t n = 0;

	for (int i = 0; i < PAGES_OF_DATAGRAM; i++)
		n += h->pages[i] != 0;
	return n;
}

/* Out of the table, so that fragments which come later begin a datagram of their own. */
static void make_due(struct fragments *f, uint32_t i, uint64_t *counter)
{
	struct held *h = &f->held[i];
	uint32_t *at = bucket_of(f, &h->key);

	while (*at != i)
		at = &f->held[*at].hash_next;
	*at = h->hash_next;
	queue_remove(f, &f->waiting, i);
	queue_append(f, &f->due, i);
	f->n_due++;
	f->due_pages += pages_of(h);
	(*counter)++;
	f->stats.without_first += !h->has_first;
}

/* Bytes */

static uint32_t missing_pages(const struct held *h, uint32_t start, uint32_t end)
{
	uint32_t n = 0;

	for (uint32_t p = start / FRAGMENTS_PAGE_BYTES; p * FRAGMENTS_PAGE_BYTES < end; p++)
		n += !h || h->pages[p] == 0;
	return n;
}

/* What of [at, end) lies in the same page as AT. */
static uint8_t *page_part(
	const struct fragments *f, const struct held *h, uint32_t at, uint32_t end, uint32_t *ret_n)
{
	const uint32_t in_page = at % FRAGMENTS_PAGE_BYTES;
	const uint32_t left = FRAGMENTS_PAGE_BYTES - in_page;
	const uint32_t page = h->pages[at / FRAGMENTS_PAGE_BYTES] - 1u;

	*ret_n = end - at < left ? end - at : left;
	return f->pages + (size_t)page * FRAGMENTS_PAGE_BYTES + in_page;
}

static void bytes_put(
	struct fragments *f, struct held *h, uint32_t at, const uint8_t *data, uint32_t n_bytes)
{
	for (uint32_t end = at + n_bytes, n; at < end; at += n, data += n) {
		uint16_t *page = &h->pages[at / FRAGMENTS_PAGE_BYTES];
		uint8_t *to;

		if (*page == 0)
			*page = f->free_pages[--f->n_free_pages];
		to = page_part(f, h, at, end, &n);
		memcpy(to, data, n);
	}
}

static bool bytes_differ(const struct fragments *f, const struct held *h, uint32_t at, uint32_t end,
	const uint8_t *data)
{
	for (uint32_t n; at < end; at += n, data += n) {
		const uint8_t *held = page_part(f, h, at, end, &n);

		if (memcmp(held, data, n) != 0)
			return true;
	}
	return false;
}

static void bytes_get(
	const struct fragments *f, const struct held *h, uint32_t n_bytes, uint8_t *buf)
{
	for (uint32_t at = 0, n; at < n_bytes; at += n) {
		const uint8_t *held = page_part(f, h, at, n_bytes, &n);

		memcpy(buf + at, held, n);
	}
}

/* Ranges */

static uint32_t range_end(const struct range *r)
{
	return (uint32_t)r->start + r->bytes;
}

/* Bytes on the wire that fragments cover, each once. */
static uint32_t covered(const struct held *h)
{
	uint32_t sum = 0;
	uint32_t reached = 0;

	for (uint32_t i = 0; i < h->n_ranges; i++) {
		const struct range *r = &h->ranges[i];
		const uint32_t from = r->start > reached ? r->start : reached;

		if (range_end(r) > from) {
			sum += range_end(r) - from;
			reached = range_end(r);
		}
	}
	return sum;
}

/* Bytes at hand from the start on, without a gap. */
static uint32_t at_hand(const struct held *h)
{
	uint32_t reached = 0;

	for (uint32_t i = 0; i < h->n_ranges && h->ranges[i].start <= reached; i++) {
		const uint32_t end = (uint32_t)h->ranges[i].start + h->ranges[i].captured;

		if (end > reached)
			reached = end;
	}
	return reached;
}

static void range_insert(struct held *h, const struct piece *piece)
{
	uint32_t i = h->n_ranges++;

	for (; i > 0 && h->ranges[i - 1].start > piece->offset; i--)
		h->ranges[i] = h->ranges[i - 1];
	h->ranges[i] = (struct range){
		(uint16_t)piece->offset, (uint16_t)piece->bytes, (uint16_t)piece->captured};
}

/* Holds PIECE against all that came before. Returns the range that it repeats exactly, or NULL. */
static struct range *compare(struct fragments *f, struct held *h, const struct piece *piece)
{
	struct range *same = NULL;
	bool overlaps = false;
	bool differs = false;

	for (uint32_t i = 0; i < h->n_ranges; i++) {
		struct range *r = &h->ranges[i];
		const uint32_t from = r->start > piece->offset ? r->start : piece->offset;
		const uint32_t a = (uint32_t)r->start + r->captured;
		const uint32_t b = piece->offset + piece->captured;
		const uint32_t to = a < b ? a : b;

		if (range_end(r) <= piece->offset || r->start >= piece->offset + piece->bytes)
			continue;
		overlaps = true;
		if (r->start == piece->offset && r->bytes == piece->bytes)
			same = r;
		if (from < to)
			differs = differs || bytes_differ(f, h, from, to,
						     piece->data + (from - piece->offset));
	}
	f->stats.overlaps_different += differs;
	f->stats.overlaps_equal += overlaps && !differs;
	h->overlap = h->overlap || differs;
	if (overlaps && h->key.ip_version == 6 && (differs || !same)) {
		h->overlap = true;
		h->spoilt = true;
	}
	return same;
}

static bool contradicts_end(const struct held *h, const struct piece *piece)
{
	const uint32_t end = piece->offset + piece->bytes;

	if (piece->more)
		return h->total > 0 && end >= h->total;
	return h->end_of_more >= end || (h->total > 0 && h->total != end);
}

static void spoil(struct fragments *f, struct held *h, enum fragment_fault fault)
{
	h->spoilt = true;
	f->stats.faults[fault]++;
}

static void place(struct fragments *f, struct held *h, const struct piece *piece)
{
	const uint32_t end = piece->offset + piece->bytes;
	struct range *same;

	/* Of a datagram that is spoilt the ports are all that is wanted. */
	if (h->spoilt && (piece->offset > 0 || h->has_first || h->n_ranges == FRAGMENTS_MAX_PIECES))
		return;
	if (!h->spoilt && contradicts_end(h, piece))
		spoil(f, h, FRAGMENT_FAULT_other_end);
	same = compare(f, h, piece);
	if (!same && h->n_ranges == FRAGMENTS_MAX_PIECES) {
		spoil(f, h, FRAGMENT_FAULT_too_many);
		return;
	}
	bytes_put(f, h, piece->offset, piece->data, piece->captured);
	if (same && piece->captured > same->captured)
		same->captured = (uint16_t)piece->captured;
	else if (!same)
		range_insert(h, piece);
	if (!piece->more)
		h->total = end;
	else if (end > h->end_of_more)
		h->end_of_more = end;
	h->has_first = h->has_first || piece->offset == 0;
}

/* Whether nothing is missing. The first fragment's header may be longer than the others' was. */
static bool is_whole(struct fragments *f, struct held *h)
{
	if (h->spoilt || !h->has_first || h->total == 0 || covered(h) < h->total)
		return false;
	if (h->total > datagram_max_payload(&h->header, true))
		spoil(f, h, FRAGMENT_FAULT_too_long);
	return !h->spoilt;
}

/* RFC 1858 §3, RFC 7112 §5: no host makes the first fragment that small. */
static bool is_tiny(const struct piece *piece)
{
	uint32_t least;

	switch (piece->next) {
	case IPPROTO_NUM_TCP:
		least = 20;
		break;
	case IPPROTO_NUM_SCTP:
		least = 12;
		break;
	default:
		least = 8;
		break;
	}
	return piece->offset == 0 && piece->bytes < least;
}

/* So that the next fragment finds room once what is due is gone. */
static void keep_room(struct fragments *f)
{
	while (f->waiting.first != NONE &&
		(f->n_free_held + f->n_due == 0 ||
			f->n_free_pages + f->due_pages < PAGES_OF_DATAGRAM))
		make_due(f, f->waiting.first, &f->stats.evicted);
}

static void keep_surroundings(struct held *h, const struct frame *frame, const struct packet *p,
	uint32_t layer, const struct piece *piece)
{
	datagram_header_set(&h->header, piece);
	h->around = *p;
	h->layer = layer;
	h->interface = frame->interface;
	h->interface_name = frame->interface_name;
}

bool fragments_add(struct fragments *f, const struct frame *frame, const struct packet *p,
	uint32_t layer, uint32_t segment, uint32_t frames, uint64_t now_ns)
{
	const struct packet_layer *l = &p->layers[layer];
	enum fragment_fault fault;
	struct piece piece;
	struct held *h;
	struct key key;
	uint32_t i;

	f->stats.fragments++;
	fault = piece_read(frame, l, &piece);
	if (fault != FRAGMENT_FAULT_COUNT) {
		f->stats.faults[fault]++;
		return false;
	}
	key = key_make(l, &piece, segment);
	i = find(f, &key);
	if (missing_pages(i == NONE ? NULL : &f->held[i], piece.offset,
		    piece.offset + piece.captured) > f->n_free_pages ||
		(i == NONE && f->n_free_held == 0)) {
		f->stats.faults[FRAGMENT_FAULT_no_room]++;
		return false;
	}
	if (i == NONE)
		i = open_held(f, &key, now_ns);
	h = &f->held[i];
	if (h->wire_packets == 0 || (piece.offset == 0 && !h->has_first))
		keep_surroundings(h, frame, p, layer, &piece);
	h->wire_packets += l->wire_packets ? l->wire_packets : 1;
	h->wire_bytes += l->wire_packets ? l->wire_bytes : l->l3_bytes;
	h->frames += frames;
	f->stats.tiny_first += is_tiny(&piece);
	place(f, h, &piece);
	if (is_whole(f, h)) {
		h->complete = true;
		f->stats.completed_cut += at_hand(h) < h->total;
		make_due(f, i, &f->stats.completed);
	}
	keep_room(f);
	return true;
}

void fragments_expire(struct fragments *f, uint64_t now_ns)
{
	while (f->waiting.first != NONE &&
		now_ns - f->held[f->waiting.first].first_ns >= FRAGMENTS_TIMEOUT_NS)
		make_due(f, f->waiting.first, &f->stats.timed_out);
}

void fragments_finish(struct fragments *f)
{
	while (f->waiting.first != NONE)
		make_due(f, f->waiting.first, &f->stats.unfinished);
}

/* What of H is shown: bytes from its start, and how many it carries by what the wire showed. */
static uint32_t shown(const struct held *h, uint32_t *ret_carried)
{
	const uint32_t most = datagram_max_payload(&h->header, h->complete);
	const uint32_t reached = h->complete || h->has_first ? at_hand(h) : 0;

	*ret_carried = h->complete ? h->total : covered(h);
	if (*ret_carried > most)
		*ret_carried = most;
	return reached < *ret_carried ? reached : *ret_carried;
}

bool fragments_any_due(const struct fragments *f)
{
	return f->due.first != NONE;
}

bool fragments_due(const struct fragments *f, struct datagram *ret)
{
	const struct held *h;
	uint32_t header_bytes;
	uint32_t carried;

	if (!fragments_any_due(f))
		return false;
	h = &f->held[f->due.first];
	header_bytes = datagram_header_bytes(&h->header, h->complete);
	ret->around = &h->around;
	ret->layer = h->layer;
	ret->interface = h->interface;
	ret->interface_name = h->interface_name;
	ret->bytes = header_bytes + shown(h, &carried);
	ret->wire_len = header_bytes + carried;
	ret->wire_packets = h->wire_packets;
	ret->wire_bytes = h->wire_bytes;
	ret->frames = h->frames;
	ret->complete = h->complete;
	ret->overlap = h->overlap;
	return true;
}

void fragments_copy(const struct fragments *f, uint8_t *buf)
{
	const struct held *h = &f->held[f->due.first];
	const uint32_t first = h->n_ranges ? h->ranges[0].start : 0;
	uint32_t carried;
	const uint32_t n = shown(h, &carried);

	datagram_header_write(&h->header, h->complete, h->has_first ? 0 : first, carried, buf);
	bytes_get(f, h, n, buf + datagram_header_bytes(&h->header, h->complete));
}

void fragments_pop(struct fragments *f)
{
	const uint32_t i = f->due.first;
	struct held *h = &f->held[i];

	f->n_due--;
	f->due_pages -= pages_of(h);
	for (int p = 0; p < PAGES_OF_DATAGRAM; p++) {
		if (h->pages[p])
			f->free_pages[f->n_free_pages++] = h->pages[p];
	}
	queue_remove(f, &f->due, i);
	h->hash_next = f->free_held;
	f->free_held = i;
	f->n_free_held++;
}

void fragments_stats(const struct fragments *f, struct fragments_stats *ret)
{
	*ret = f->stats;
	ret->held = f->cfg.max_datagrams - f->n_free_held;
	ret->held_bytes = (f->n_pages - f->n_free_pages) * FRAGMENTS_PAGE_BYTES;
}
