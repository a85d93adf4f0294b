/* Messages of signalling, of conversations that a parser reads packet by packet. */
#include <stddef.h>
#include <string.h>

#include "analysis/shard_state.h"
#include "analysis/signalling/opening.h"
#include "common/hash/hash.h"

enum {
	MOST_TOLD = 256,    /* kinds of messages of one conversation that are told in a minute */
	MOST_OPENINGS = 64, /* of unknown conversations with one host that are told in a minute */
};

static enum signalling_id by_transport(const struct shard *s, const struct flow *f)
{
	const enum signalling_id carrier = signalling_of_proto(&s->carriers, f->key.proto);
	enum signalling_id called;

	if (carrier)
		return carrier;
	called = signalling_of_port(&s->carriers, f->key.port[!f->initiator_end]);
	return called ? called : signalling_of_port(&s->carriers, f->key.port[f->initiator_end]);
}

void shard_watch_begin(const struct shard *s, struct flow *f)
{
	f->watch = (uint8_t)by_transport(s, f);
}

void shard_watch_recognised(const struct shard *s, struct flow *f, enum signalling_id reader)
{
	if (signalling_of_proto(&s->carriers, f->key.proto) == SIGNALLING_NONE)
		f->watch = (uint8_t)reader;
}

void shard_watch_settle(const struct shard *s, struct flow *f)
{
	if (f->label_is_signalling || signalling_of_proto(&s->carriers, f->key.proto))
		return;
	f->watch = s->readers[f->label.dpi.protocol];
	if (f->watch == SIGNALLING_NONE) /* as in GTP.GTP_C */
		f->watch = s->readers[f->label.dpi.application];
	if (f->watch == SIGNALLING_NONE && f->label.dpi.confidence < LABEL_BY_CACHE)
		f->watch = (uint8_t)by_transport(s, f);
}

/* How often this was said in this minute; 0: it is not to be told. A conversation of which each
 * message is of a new kind is somebody's who would drown the others. */
static uint32_t count(struct shard *s, const struct flow *f, const struct signalling_message *m)
{
	const uint64_t conversation = hash64(&f->first_seq, sizeof(f->first_seq), s->cfg.hash_key);
	const uint32_t n = repeats_count(&s->repeats, message_shape(m, conversation), s->now_ns);

	if (!repeats_is_due(n))
		return 0;
	if (repeats_count(&s->repeats, conversation, s->now_ns) > MOST_TOLD) {
		s->stats.messages_withheld++;
		return 0;
	}
	return n;
}

/* M with all that it borrows, in the arena of the call. NULL without memory. */
static const struct signalling_message *keep(struct shard *s, const struct signalling_message *m)
{
	struct signalling_message *kept = arena_alloc(s->arena, sizeof(*kept));

	if (!kept)
		return NULL;
	memcpy(kept, m,
		offsetof(struct signalling_message, facts) + m->n_facts * sizeof(m->facts[0]));
	for (uint32_t i = 0; i < kept->n_facts; i++) {
		struct signalling_fact *f = &kept->facts[i];

		if (!field_is_text(f->id))
			continue;
		f->str = arena_str(s->arena, f->str);
		if (!f->str.data)
			return NULL;
	}
	if (m->bytes) {
		const struct str bytes = arena_str(s->arena,
			(struct str){(const char *)m->bytes, m->n_bytes < SIGNALLING_MESSAGE_BYTES
								     ? m->n_bytes
								     : SIGNALLING_MESSAGE_BYTES});

		kept->bytes = (const uint8_t *)bytes.data;
		kept->n_bytes = (uint32_t)bytes.len;
	}
	return kept;
}

/* Has F gone on for longer than who reads it wants to? */
static bool is_read_to_its_end(const struct flow *f)
{
	const uint32_t most = signalling_get(f->watch)->most_packets;

	return most && f->packets[0] + f->packets[1] > most;
}

/* Tells M, which a packet of F says and others said, N with this one; 0: it is not due. */
static void tell(struct shard *s, const struct flow *f, const struct flow_packet *fp,
	const struct signalling_message *m, uint32_t n)
{
	struct event ev;

	s->stats.messages++;
	if (n == 0)
		return;
	shard_event_begin(s, f, EVENT_MESSAGE, &ev);
	ev.message_count = n;
	ev.message_protocol =
		m->protocol ? m->protocol : signalling_name((enum signalling_id)f->watch);
	ev.message = keep(s, m);
	ev.message_sender = fp->sighting->src_end ^ f->initiator_end;
	if (ev.message)
		s->emit(s->user, &ev);
}

static uint32_t payload_captured(const struct flow_packet *fp)
{
	const uint32_t bytes = fp->layer->payload_bytes;

	return fp->payload_captured < bytes ? fp->payload_captured : bytes;
}

void shard_emit_messages(struct shard *s, struct flow *f, const struct flow_packet *fp)
{
	struct packet_layer l = *fp->layer;
	const struct signalling *reader = signalling_get((enum signalling_id)f->watch);
	uint32_t n = payload_captured(fp);
	const uint8_t *at = fp->payload;

	if (is_read_to_its_end(f)) {
		f->watch = SIGNALLING_NONE;
		return;
	}
	if (l.proto == IPPROTO_NUM_TCP && n == 0)
		return; /* an acknowledgement */
	for (int i = 0; i < SIGNALLING_MOST_IN_PACKET; i++) {
		struct signalling_message m;

		message_begin(&m);
		if (reader->message(&l, at, n, &m))
			tell(s, f, fp, &m, count(s, f, &m));
		if (m.next == 0 || m.next >= n)
			break;
		at += m.next;
		n -= m.next;
		l.payload_offset += m.next;
		l.payload_bytes -= m.next;
		l.payload_captured -= m.next;
	}
}

/* There is one for each conversation: of those that call the same host in one minute the first are
 * told. */
void shard_emit_opening(struct shard *s, const struct flow *f, const struct flow_packet *fp)
{
	struct signalling_message m;
	uint64_t host;
	uint32_t n;

	message_begin(&m);
	if (!opening_message(fp->layer, fp->payload, payload_captured(fp), &m))
		return;
	host = hash64(&fp->layer->dst, sizeof(fp->layer->dst), s->cfg.hash_key);
	n = repeats_count(&s->repeats, host, s->now_ns);
	s->stats.messages_withheld += n > MOST_OPENINGS;
	tell(s, f, fp, &m, n <= MOST_OPENINGS ? 1 : 0);
}

void shard_emit_reset(struct shard *s, const struct flow *f, const struct flow_packet *fp)
{
	struct signalling_message m;

	message_begin(&m);
	opening_reset(fp->layer, &m);
	tell(s, f, fp, &m, count(s, f, &m));
}
