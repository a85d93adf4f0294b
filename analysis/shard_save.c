/* What a shard keeps of its flows, as bytes. Numbers that another release may give to something
 * else (protocols, categories, decoders) are saved with their names. */
#include <assert.h>
#include <stdlib.h>

#include "analysis/flow/details.h"
#include "analysis/shard_state.h"
#include "capture/decode/decode.h"

enum { ARENA_BLOCK_BYTES = 64 * 1024 };

struct saving {
	const struct shard *shard;
	struct blob_writer *w;
	struct arena *arena;
	uint32_t *order; /* of detections, by index */
	const char *signalling[SHARD_MAX_KEPT_NAMES];
	uint32_t n_signalling;
};

static uint16_t flags_of(const struct flow *f)
{
	const struct {
		bool set;
		uint16_t flag;
	} flags[] = {
		{f->initiator_end, SAVED_INITIATOR_END},
		{f->midstream, SAVED_MIDSTREAM},
		{f->has_syn, SAVED_HAS_SYN},
		{f->has_mark, SAVED_HAS_MARK},
		{f->has_teid, SAVED_HAS_TEID},
		{f->has_mac, SAVED_HAS_MAC},
		{f->subscriber_tunnel, SAVED_SUBSCRIBER_TUNNEL},
		{f->is_tunnel, SAVED_IS_TUNNEL},
		{f->fragment_overlap, SAVED_FRAGMENT_OVERLAP},
		{f->label_is_signalling, SAVED_LABEL_IS_SIGNALLING},
		{f->is_dns, SAVED_IS_DNS},
		{f->classified, SAVED_CLASSIFIED},
		{f->resumed, SAVED_RESUMED},
		{f->detection != FLOW_NONE, SAVED_IN_DETECTION},
	};
	uint16_t bits = 0;

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		bits = (uint16_t)(bits | (flags[i].set ? flags[i].flag : 0));
	return bits;
}

static void put_key(struct blob_writer *w, const struct flow_key *k)
{
	for (int end = 0; end < 2; end++) {
		blob_put_ip(w, &k->addr[end]);
		blob_put_u16(w, k->port[end]);
	}
	blob_put_u16(w, k->segment);
	blob_put_u8(w, k->proto);
	blob_put_u8(w, k->ip_version);
}

static void put_numbers(struct blob_writer *w, const struct flow *f, const struct flow_way *way)
{
	blob_put_u64(w, f->first_seq);
	blob_put_u64(w, f->first_ns);
	blob_put_u64(w, f->last_ns);
	for (int end = 0; end < 2; end++) {
		blob_put_u64(w, f->packets[end]);
		blob_put_u64(w, f->bytes[end]);
		blob_put_u64(w, f->payload_bytes[end]);
		blob_put_u8(w, f->tcp_flags[end]);
		blob_put_bytes(w, way->tags[end].bytes, sizeof(way->tags[end].bytes));
		blob_put_bytes(w, way->mac[end], sizeof(way->mac[end]));
	}
	blob_put_u32(w, f->tcp_mark);
	blob_put_u32(w, f->undecoded_packets);
	blob_put_u32(w, f->teid);
	blob_put_u8(w, f->icmp_type);
	blob_put_u8(w, f->icmp_code);
	blob_put_u8(w, f->snmp_version);
	blob_put_u8(w, f->watch);
	blob_put_u8(w, way->n_path);
	blob_put_bytes(w, way->path, way->n_path);
}

/* The place of NAME among the names of signalling, which is there. */
static uint8_t signalling_place(const struct saving *s, const char *name)
{
	uint8_t i = 0;

	while (s->signalling[i] != name)
		i++;
	return i;
}

static void put_label(const struct saving *s, const struct flow *f)
{
	const struct classifier_label *l = &f->label.dpi;

	if (f->label_is_signalling) {
		blob_put_u8(s->w, signalling_place(s, f->label.signalling));
		return;
	}
	blob_put_u16(s->w, l->protocol);
	blob_put_u16(s->w, l->application);
	blob_put_u16(s->w, l->category);
	blob_put_u8(s->w, l->confidence);
}

/* The details that the library has found by now, of a flow with a label. */
static void put_details_so_far(struct saving *s, const struct flow *f, const struct detection *d)
{
	struct flow_details so_far;
	struct details *packed;

	classifier_details(s->shard->classifier, d->dpi, f->last_ns, s->arena, &so_far);
	packed = details_pack(&so_far);
	details_save(packed, s->w);
	details_free(packed);
}

static void put_detection(struct saving *s, const struct flow *f, const struct detection *d)
{
	struct blob_writer *w = s->w;
	const bool lost = d->dpi != NULL; /* what the library knows of it */
	const bool found = lost && f->label.dpi.protocol != 0;

	blob_put_u8(w,
		(uint8_t)((d->dpi_done || found ? SAVED_DPI_DONE : 0) |
			  (d->signalling_done ? SAVED_SIGNALLING_DONE : 0) |
			  (d->answered ? SAVED_ANSWERED : 0) | (d->waiting ? SAVED_WAITING : 0)));
	blob_put_bool(w, lost);
	blob_put_u16(w, d->packets);
	blob_put_u64(w, d->known_ns);
	blob_put_u32(w, s->order[detection_index(s->shard->detections, d)]);
	if (found)
		put_details_so_far(s, f, d);
	else
		details_save(f->details, w);
}

static void put_flow(void *user, struct flow *f)
{
	struct saving *s = user;

	assert(f->due == 0);
	arena_reset(s->arena);
	put_key(s->w, &f->key);
	blob_put_u16(s->w, flags_of(f));
	blob_put_u8(s->w, f->class);
	blob_put_u8(s->w, f->state);
	blob_put_u8(s->w, f->end);
	put_numbers(s->w, f, flow_way_at(s->shard->ways, f->way));
	put_label(s, f);
	if (f->detection != FLOW_NONE)
		put_detection(s, f, detection_at(s->shard->detections, f->detection));
	else
		details_save(f->details, s->w);
}

static void find_signalling(void *user, struct flow *f)
{
	struct saving *s = user;
	uint32_t i = 0;

	if (!f->label_is_signalling)
		return;
	while (i < s->n_signalling && s->signalling[i] != f->label.signalling)
		i++;
	if (i < s->n_signalling)
		return;
	if (s->n_signalling == SHARD_MAX_KEPT_NAMES)
		s->w->failed = true;
	else
		s->signalling[s->n_signalling++] = f->label.signalling;
}

static void put_names(const struct saving *s)
{
	struct classifier *c = s->shard->classifier;
	struct blob_writer *w = s->w;

	blob_put_u32(w, classifier_protocol_count(c));
	for (uint32_t i = 0; i < classifier_protocol_count(c); i++)
		blob_put_text(w, classifier_protocol_name(c, (uint16_t)i));
	blob_put_u32(w, classifier_category_count());
	for (uint32_t i = 0; i < classifier_category_count(); i++)
		blob_put_text(w, classifier_category_name(c, (uint16_t)i));
	blob_put_u32(w, DECODER_COUNT);
	for (int i = 0; i < DECODER_COUNT; i++)
		blob_put_text(w, decoder_name((enum decoder_id)i));
	blob_put_u32(w, SIGNALLING_COUNT);
	for (int i = 0; i < SIGNALLING_COUNT; i++)
		blob_put_text(w, signalling_name((enum signalling_id)i));
	blob_put_u32(w, s->n_signalling);
	for (uint32_t i = 0; i < s->n_signalling; i++)
		blob_put_text(w, s->signalling[i]);
}

static void put_reach(const struct shard *s, struct blob_writer *w)
{
	const size_t place = blob_reserve_u32(w);
	uint32_t n = 0;

	for (uint32_t i = 0; i < REACH_SLOTS; i++) {
		if (s->reach.slots[i].told_ns == 0)
			continue;
		blob_put_u64(w, s->reach.slots[i].hash);
		blob_put_u64(w, s->reach.slots[i].told_ns);
		n++;
	}
	blob_set_u32(w, place, n);
}

void shard_save(const struct shard *s, struct blob_writer *w)
{
	struct saving saving = {.shard = s, .w = w};
	const struct detection *d = NULL;
	uint32_t n = 0;

	assert(s->n_due == 0);
	saving.arena = arena_new(ARENA_BLOCK_BYTES);
	saving.order = calloc(s->cfg.max_detections, sizeof(*saving.order));
	if (!saving.arena || !saving.order) {
		arena_free(saving.arena);
		free(saving.order);
		w->failed = true;
		return;
	}
	while ((d = detection_next(s->detections, d)))
		saving.order[detection_index(s->detections, d)] = n++;
	flow_table_visit_all(s->flows, find_signalling, &saving);
	blob_put_u16(w, SHARD_LAYOUT_VERSION);
	blob_put_u64(w, s->now_ns);
	blob_put_u64(w, s->update_from_ns);
	put_reach(s, w);
	repeats_save(&s->repeats, s->now_ns, w);
	put_names(&saving);
	blob_put_u32(w, flow_table_count(s->flows));
	if (!w->failed)
		flow_table_visit_all(s->flows, put_flow, &saving);
	arena_free(saving.arena);
	free(saving.order);
}
