/* Messages of signalling, of conversations that a parser reads packet by packet. */
#include <string.h>

#include "analysis/shard_state.h"
#include "common/hash/hash.h"

/* Kinds of messages of one conversation that are told in one minute. */
enum { MOST_TOLD = 256 };

static enum signalling_id by_port(const struct flow *f)
{
	const enum signalling_id called = signalling_of_port(f->key.port[!f->initiator_end]);

	return called ? called : signalling_of_port(f->key.port[f->initiator_end]);
}

void shard_watch_begin(struct flow *f)
{
	f->watch = (uint8_t)by_port(f);
}

void shard_watch_settle(const struct shard *s, struct flow *f)
{
	if (f->label_is_signalling)
		return;
	f->watch = s->readers[f->label.dpi.protocol];
	if (f->watch == SIGNALLING_NONE && f->label.dpi.confidence < LABEL_BY_CACHE)
		f->watch = (uint8_t)by_port(f);
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
	*kept = *m;
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

void shard_emit_message(struct shard *s, struct flow *f, const struct flow_packet *fp)
{
	const struct packet_layer *l = fp->layer;
	const uint32_t n =
		fp->payload_captured < l->payload_bytes ? fp->payload_captured : l->payload_bytes;
	struct signalling_message m;
	struct event ev;

	if (is_read_to_its_end(f)) {
		f->watch = SIGNALLING_NONE;
		return;
	}
	if (l->proto == IPPROTO_NUM_TCP && n == 0)
		return; /* an acknowledgement */
	memset(&m, 0, sizeof(m));
	if (!signalling_get(f->watch)->message(l, fp->payload, n, &m))
		return;
	s->stats.messages++;
	shard_event_begin(s, f, EVENT_MESSAGE, &ev);
	ev.message_count = count(s, f, &m);
	if (ev.message_count == 0)
		return;
	ev.message_protocol = signalling_name((enum signalling_id)f->watch);
	ev.message = keep(s, &m);
	ev.message_sender = fp->sighting->src_end ^ f->initiator_end;
	if (ev.message)
		s->emit(s->user, &ev);
}
