/* Flows that were saved go on: in the same lists in the same order, each in the shard that its
 * hosts choose, be there as many shards as before or not. */
#include <stdlib.h>
#include <string.h>

#include "analysis/flow/details.h"
#include "analysis/shard_state.h"
#include "capture/decode/decode.h"

enum {
	MAX_NAMES = 4096,
	FLOW_SAVED_BYTES = 180,
	REACH_SAVED_BYTES = 16,
	NO_DECODER = 255,
	MAX_READERS = 256
};

_Static_assert((int)DECODER_COUNT < (int)NO_DECODER, "one number is left");

/* What became of the numbers of a part; 0, NO_DECODER: there is no such thing any more. */
struct translation {
	uint16_t *protocols, *categories;
	uint32_t n_protocols, n_categories;
	uint8_t decoders[NO_DECODER];
	uint32_t n_decoders;
	uint8_t readers[MAX_READERS];
	uint32_t n_readers;
	struct str signalling[SHARD_MAX_KEPT_NAMES];
	uint32_t n_signalling;
};

struct saved_flow {
	struct flow flow; /* but for its way */
	struct flow_way way;
	struct str signalling; /* when its label is */
	bool in_detection, lost;
	uint8_t detection_flags;
	uint16_t packets;
	uint64_t known_ns;
	uint32_t order;
};

/* A part, and the flow at its head. */
struct part {
	struct blob_reader *r;
	struct translation names;
	uint64_t now_ns, update_from_ns;
	uint32_t left; /* flows, with the one at the head */
	struct saved_flow head;
};

/* A flow whose detection is to be put into its shard's pool. */
struct wanted {
	struct flow *flow;
	uint32_t shard, order;
	uint16_t packets;
	uint8_t flags;
	uint64_t known_ns;
};

struct loading {
	struct shard *const *shards;
	uint32_t n;
	struct part *parts;
	uint32_t n_parts;
	struct wanted *wanted;
	size_t n_wanted, capacity;
};

typedef const char *name_fn(struct classifier *c, uint16_t number);

/* Numbers of this release for the names that follow. NULL without memory or sense. */
static uint16_t *load_numbers(
	struct blob_reader *r, struct classifier *c, name_fn *name, uint32_t n_now, uint32_t *ret_n)
{
	const uint32_t n = blob_count(r, MAX_NAMES, sizeof(uint32_t));
	uint16_t *numbers = calloc(n + 1, sizeof(*numbers));

	*ret_n = n;
	for (uint32_t i = 0; numbers && i < n; i++) {
		const struct str text = blob_str(r, 255);

		if (i < n_now && str_eq(text, str_from(name(c, (uint16_t)i)))) {
			numbers[i] = (uint16_t)i;
			continue;
		}
		for (uint32_t k = 1; k < n_now && text.len > 0 && numbers[i] == 0; k++) {
			if (str_eq(text, str_from(name(c, (uint16_t)k))))
				numbers[i] = (uint16_t)k;
		}
	}
	return numbers;
}

static const char *category_name(struct classifier *c, uint16_t number)
{
	return classifier_category_name(c, number);
}

static void load_decoders(struct blob_reader *r, struct translation *t)
{
	t->n_decoders = blob_count(r, NO_DECODER, sizeof(uint32_t));
	for (uint32_t i = 0; i < t->n_decoders; i++) {
		const struct str text = blob_str(r, 255);
		int k = 0;

		while (k < DECODER_COUNT &&
			!str_eq(text, str_from(decoder_name((enum decoder_id)k))))
			k++;
		t->decoders[i] = (uint8_t)(k < DECODER_COUNT ? k : NO_DECODER);
	}
}

/* Who reads messages: those that there are no more, or that read none any more, read nothing. */
static void load_readers(struct blob_reader *r, struct translation *t)
{
	t->n_readers = blob_count(r, MAX_READERS, sizeof(uint32_t));
	for (uint32_t i = 0; i < t->n_readers; i++)
		t->readers[i] = (uint8_t)signalling_find(blob_str(r, 255));
}

static bool load_names(struct part *p, struct classifier *c)
{
	struct translation *t = &p->names;

	t->protocols = load_numbers(
		p->r, c, classifier_protocol_name, classifier_protocol_count(c), &t->n_protocols);
	t->categories =
		load_numbers(p->r, c, category_name, classifier_category_count(), &t->n_categories);
	load_decoders(p->r, t);
	load_readers(p->r, t);
	t->n_signalling = blob_count(p->r, SHARD_MAX_KEPT_NAMES, sizeof(uint32_t));
	for (uint32_t i = 0; i < t->n_signalling; i++)
		t->signalling[i] = blob_str(p->r, LABEL_TEXT_BYTES - 1);
	return t->protocols && t->categories && blob_ok(p->r);
}

/* What was told of tunnels goes to every shard: a tunnel's packets ask one of them alone. */
static void load_reach(const struct loading *l, struct blob_reader *r)
{
	const uint32_t n = blob_count(r, REACH_SLOTS, REACH_SAVED_BYTES);

	for (uint32_t i = 0; i < n; i++) {
		const uint64_t hash = blob_u64(r);
		const uint64_t told_ns = blob_u64(r);

		for (uint32_t s = 0; s < l->n; s++) {
			struct reach_memory *m = &l->shards[s]->reach;

			if (m->slots[hash % REACH_SLOTS].told_ns > told_ns)
				continue;
			m->slots[hash % REACH_SLOTS].hash = hash;
			m->slots[hash % REACH_SLOTS].told_ns = told_ns;
		}
	}
}

/* How often messages were seen goes to the shard whose part it is; when the flows are dealt anew,
 * to every shard. */
static void load_repeats(const struct loading *l, const struct part *p)
{
	const uint32_t n = blob_count(p->r, REPEATS_SLOTS, REPEATS_SAVED_BYTES);
	const uint32_t own = (uint32_t)(p - l->parts);

	for (uint32_t i = 0; i < n; i++) {
		const struct repeat at = repeat_load(p->r);

		for (uint32_t s = 0; s < l->n; s++) {
			if (s == own || l->n != l->n_parts)
				repeats_put(&l->shards[s]->repeats, &at);
		}
	}
}

static void get_flags(struct saved_flow *s, uint16_t bits)
{
	struct flow *f = &s->flow;

	f->initiator_end = bits & SAVED_INITIATOR_END;
	f->midstream = bits & SAVED_MIDSTREAM;
	f->has_syn = bits & SAVED_HAS_SYN;
	f->has_mark = bits & SAVED_HAS_MARK;
	f->has_teid = bits & SAVED_HAS_TEID;
	f->has_mac = bits & SAVED_HAS_MAC;
	f->subscriber_tunnel = bits & SAVED_SUBSCRIBER_TUNNEL;
	f->is_tunnel = bits & SAVED_IS_TUNNEL;
	f->fragment_overlap = bits & SAVED_FRAGMENT_OVERLAP;
	f->label_is_signalling = bits & SAVED_LABEL_IS_SIGNALLING;
	f->is_dns = bits & SAVED_IS_DNS;
	f->classified = bits & SAVED_CLASSIFIED;
	f->resumed = bits & SAVED_RESUMED;
	s->in_detection = bits & SAVED_IN_DETECTION;
}

static void get_key(struct blob_reader *r, struct flow_key *k)
{
	for (int end = 0; end < 2; end++) {
		blob_ip(r, &k->addr[end]);
		k->port[end] = blob_u16(r);
	}
	k->segment = blob_u16(r);
	k->proto = blob_u8(r);
	k->ip_version = blob_u8(r);
}

static void get_array(struct blob_reader *r, uint8_t *to, size_t n)
{
	const uint8_t *at = blob_bytes(r, n);

	if (at)
		memcpy(to, at, n);
}

static void get_path(struct blob_reader *r, const struct translation *t, struct flow_way *way)
{
	const uint8_t n = blob_u8(r);
	const uint8_t *at = n <= PACKET_MAX_PATH ? blob_bytes(r, n) : NULL;

	if (!at)
		(void)blob_fail(r);
	for (uint8_t i = 0; at && i < n; i++) {
		if (at[i] >= t->n_decoders)
			(void)blob_fail(r);
		else if (t->decoders[at[i]] != NO_DECODER)
			way->path[way->n_path++] = t->decoders[at[i]];
	}
}

static void get_numbers(struct part *p, struct saved_flow *s)
{
	struct blob_reader *r = p->r;
	struct flow *f = &s->flow;
	uint8_t watch;

	f->first_seq = blob_u64(r);
	f->first_ns = blob_u64(r);
	f->last_ns = blob_u64(r);
	for (int end = 0; end < 2; end++) {
		f->packets[end] = blob_u64(r);
		f->bytes[end] = blob_u64(r);
		f->payload_bytes[end] = blob_u64(r);
		f->tcp_flags[end] = blob_u8(r);
		get_array(r, s->way.tags[end].bytes, sizeof(s->way.tags[end].bytes));
		get_array(r, s->way.mac[end], sizeof(s->way.mac[end]));
	}
	f->tcp_mark = blob_u32(r);
	f->undecoded_packets = blob_u32(r);
	f->teid = blob_u32(r);
	f->icmp_type = blob_u8(r);
	f->icmp_code = blob_u8(r);
	f->snmp_version = blob_u8(r);
	watch = blob_u8(r);
	get_path(r, &p->names, &s->way);
	if (watch < p->names.n_readers)
		f->watch = p->names.readers[watch];
	if (watch >= p->names.n_readers || f->snmp_version > 4 || f->first_ns > f->last_ns ||
		f->last_ns > p->now_ns)
		(void)blob_fail(r);
}

static void get_label(struct part *p, struct saved_flow *s)
{
	const struct translation *t = &p->names;
	struct classifier_label *l = &s->flow.label.dpi;
	uint16_t protocol, application, category;

	if (s->flow.label_is_signalling) {
		const uint8_t i = blob_u8(p->r);

		if (i < t->n_signalling)
			s->signalling = t->signalling[i];
		else
			(void)blob_fail(p->r);
		return;
	}
	protocol = blob_u16(p->r);
	application = blob_u16(p->r);
	category = blob_u16(p->r);
	l->confidence = blob_u8(p->r);
	if (l->confidence > LABEL_BY_DPI || protocol >= t->n_protocols ||
		application >= t->n_protocols || category >= t->n_categories) {
		(void)blob_fail(p->r);
		return;
	}
	l->protocol = t->protocols[protocol];
	l->application = t->protocols[application];
	l->category = t->categories[category];
	if (l->protocol == 0)
		l->confidence = LABEL_NONE;
}

static void get_detection(struct part *p, struct saved_flow *s)
{
	s->detection_flags = blob_u8(p->r);
	s->lost = blob_bool(p->r);
	s->packets = blob_u16(p->r);
	s->known_ns = blob_u64(p->r);
	s->order = blob_u32(p->r);
	s->flow.resumed = s->flow.resumed || s->lost;
	if (s->known_ns > p->now_ns || (s->detection_flags & SAVED_WAITING && s->known_ns == 0))
		(void)blob_fail(p->r);
}

/* The next flow of P becomes its head. */
static bool next_flow(struct part *p)
{
	struct saved_flow *s = &p->head;
	struct flow *f = &s->flow;
	uint8_t state, end;

	memset(s, 0, sizeof(*s));
	if (p->left == 0)
		return true;
	get_key(p->r, &f->key);
	get_flags(s, blob_u16(p->r));
	f->class = blob_u8(p->r);
	state = blob_u8(p->r);
	end = blob_u8(p->r);
	if (f->class >= FLOW_CLASS_COUNT || state > FLOW_ESTABLISHED || end > FLOW_END_INPUT)
		return blob_fail(p->r);
	f->state = state & 3u;
	f->end = end & 15u;
	get_numbers(p, s);
	get_label(p, s);
	if (s->in_detection)
		get_detection(p, s);
	return blob_ok(p->r) && details_load(p->r, classifier_risk_name, &f->details);
}

static bool begin_part(struct loading *l, struct part *p)
{
	if (blob_u16(p->r) != SHARD_LAYOUT_VERSION)
		return blob_fail(p->r);
	p->now_ns = blob_u64(p->r);
	p->update_from_ns = blob_u64(p->r);
	if (p->now_ns > INT64_MAX || p->update_from_ns > p->now_ns)
		return blob_fail(p->r);
	load_reach(l, p->r);
	load_repeats(l, p);
	if (!load_names(p, l->shards[0]->classifier))
		return false;
	p->left = blob_count(p->r, UINT32_MAX - 1, FLOW_SAVED_BYTES);
	return blob_ok(p->r) && next_flow(p);
}

/* The part whose head comes first, by class and then by when it spoke; NULL: none has any left. */
static struct part *first_part(const struct loading *l)
{
	struct part *first = NULL;

	for (uint32_t i = 0; i < l->n_parts; i++) {
		struct part *p = &l->parts[i];
		const struct flow *f = &p->head.flow;

		if (p->left > 0 && (!first || f->class < first->head.flow.class ||
					   (f->class == first->head.flow.class &&
						   flow_spoke_before(f, &first->head.flow))))
			first = p;
	}
	return first;
}

/* The constant of S that says NAME; NULL without room. */
static const char *keep_name(struct shard *s, struct str name)
{
	if (!s->kept_names)
		s->kept_names = calloc(SHARD_MAX_KEPT_NAMES, sizeof(*s->kept_names));
	for (uint32_t i = 0; s->kept_names && i < SHARD_MAX_KEPT_NAMES; i++) {
		char *kept = s->kept_names[i];

		if (!*kept && name.len > 0)
			memcpy(kept, name.data, name.len);
		if (name.len > 0 && str_eq(str_from(kept), name))
			return kept;
	}
	return NULL;
}

static bool want(struct loading *l, const struct saved_flow *from, struct flow *f, uint32_t shard)
{
	const size_t capacity = l->capacity ? l->capacity * 2 : 256;
	struct wanted *wanted = l->wanted;

	if (l->n_wanted == l->capacity) {
		wanted = realloc(l->wanted, capacity * sizeof(*wanted));
		if (!wanted)
			return false;
		l->wanted = wanted;
		l->capacity = capacity;
	}
	wanted[l->n_wanted++] = (struct wanted){
		f, shard, from->order, from->packets, from->detection_flags, from->known_ns};
	return true;
}

static bool put_flow(struct loading *l, struct part *p)
{
	struct saved_flow *from = &p->head;
	const uint64_t hosts = flow_key_hash_hosts(&from->flow.key, l->shards[0]->cfg.hash_key);
	const uint32_t i = shard_choose(hosts, l->n);
	struct shard *s = l->shards[i];
	struct flow *f;

	if (from->flow.label_is_signalling)
		from->flow.label.signalling = keep_name(s, from->signalling);
	f = from->flow.label_is_signalling && !from->flow.label.signalling
		    ? NULL
		    : flow_table_put(s->flows, &from->flow,
			      (uint32_t)flow_key_hash(&from->flow.key, s->cfg.hash_key));
	if (!f) {
		details_free(from->flow.details);
		return false;
	}
	f->way = flow_way_take(s->ways, &from->way);
	if (f->way == 0)
		return false;
	s->stats.details_bytes += details_bytes(f->details);
	s->stats.flows_loaded++;
	s->stats.flows_resumed += from->lost;
	return !from->in_detection || want(l, from, f, i);
}

static int by_order(const void *pa, const void *pb)
{
	const struct wanted *a = pa, *b = pb;

	if (a->order != b->order)
		return a->order < b->order ? -1 : 1;
	return (a->flow->first_seq > b->flow->first_seq) -
	       (a->flow->first_seq < b->flow->first_seq);
}

static int by_wait(const void *pa, const void *pb)
{
	const struct wanted *a = pa, *b = pb;

	if (a->known_ns != b->known_ns)
		return a->known_ns < b->known_ns ? -1 : 1;
	return (a->flow->first_seq > b->flow->first_seq) -
	       (a->flow->first_seq < b->flow->first_seq);
}

static bool begin_detection(const struct loading *l, const struct wanted *w)
{
	struct shard *s = l->shards[w->shard];
	struct detection *d = detection_begin(s->detections, flow_table_index(s->flows, w->flow));

	if (!d)
		return false;
	w->flow->detection = detection_index(s->detections, d);
	d->packets = w->packets;
	d->dpi_done = w->flags & SAVED_DPI_DONE;
	d->signalling_done = w->flags & SAVED_SIGNALLING_DONE;
	detection_touch(s->detections, d, w->flags & SAVED_ANSWERED);
	if (!(w->flags & SAVED_WAITING))
		d->known_ns = w->known_ns;
	return true;
}

static bool begin_detections(struct loading *l)
{
	if (l->n_wanted == 0)
		return true;
	qsort(l->wanted, l->n_wanted, sizeof(*l->wanted), by_order);
	for (size_t i = 0; i < l->n_wanted; i++) {
		if (!begin_detection(l, &l->wanted[i]))
			return false;
	}
	qsort(l->wanted, l->n_wanted, sizeof(*l->wanted), by_wait);
	for (size_t i = 0; i < l->n_wanted; i++) {
		const struct wanted *w = &l->wanted[i];
		struct shard *s = l->shards[w->shard];

		if (w->flags & SAVED_WAITING)
			detection_wait(s->detections,
				detection_at(s->detections, w->flow->detection), w->known_ns);
	}
	return true;
}

static bool load(struct loading *l)
{
	struct part *p;

	for (uint32_t i = 0; i < l->n_parts; i++) {
		if (!begin_part(l, &l->parts[i]))
			return false;
	}
	while ((p = first_part(l))) {
		const bool put = put_flow(l, p);

		p->head.flow.details = NULL;
		if (!put)
			return false;
		p->left--;
		if (!next_flow(p))
			return false;
	}
	for (uint32_t i = 0; i < l->n_parts; i++) {
		if (!blob_at_end(l->parts[i].r))
			return false;
	}
	return begin_detections(l);
}

/* All shards have seen the same ticks. */
static void set_clocks(const struct loading *l)
{
	for (uint32_t i = 0; i < l->n_parts; i++) {
		const struct part *p = &l->parts[i];

		for (uint32_t s = 0; s < l->n; s++) {
			struct shard *shard = l->shards[s];

			if (p->now_ns > shard->now_ns)
				shard->now_ns = p->now_ns;
			if (p->update_from_ns > shard->update_from_ns)
				shard->update_from_ns = p->update_from_ns;
		}
	}
}

bool shards_load(
	struct shard *const *shards, uint32_t n, struct blob_reader *parts, uint32_t n_parts)
{
	struct loading l = {.shards = shards, .n = n, .n_parts = n_parts};
	bool ok;

	l.parts = calloc(n_parts ? n_parts : 1, sizeof(*l.parts));
	for (uint32_t i = 0; l.parts && i < n_parts; i++)
		l.parts[i].r = &parts[i];
	ok = l.parts && load(&l);
	if (ok)
		set_clocks(&l);
	for (uint32_t i = 0; l.parts && i < n_parts; i++) {
		details_free(l.parts[i].head.flow.details);
		free(l.parts[i].names.protocols);
		free(l.parts[i].names.categories);
	}
	free(l.parts);
	free(l.wanted);
	return ok;
}
