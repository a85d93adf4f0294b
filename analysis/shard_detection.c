#include "analysis/shard_state.h"

#include "analysis/flow/details.h"

static bool is_answered(const struct flow *f)
{
	return f->packets[0] && f->packets[1];
}

/* Keeps what the library found and gives its state back. What nobody answered may not fill all the
 * room there is. */
static void keep_details(struct shard *s, struct flow *f, struct detection *d)
{
	struct flow_details details;
	size_t bytes;

	classifier_details(s->classifier, d->dpi, f->last_ns, s->arena, &details);
	classifier_flow_free(s->classifier, d->dpi);
	d->dpi = NULL;
	f->details = details_pack(&details);
	bytes = details_bytes(f->details);
	if (s->stats.details_bytes + bytes >
		(is_answered(f) ? s->details_max_bytes : s->details_max_bytes / 4 * 3)) {
		details_free(f->details);
		f->details = NULL;
		s->stats.details_dropped++;
		return;
	}
	s->stats.details_bytes += bytes;
}

void shard_detection_conclude(struct shard *s, struct flow *f)
{
	struct detection *d = detection_at(s->detections, f->detection);

	if (d->dpi) {
		if (!d->dpi_done && !f->label_is_signalling)
			classifier_give_up(s->classifier, d->dpi, &f->label.dpi);
		keep_details(s, f, d);
	} else if (!d->dpi_done && !f->label_is_signalling) {
		classifier_guess(
			s->classifier, f->key.proto, f->key.port[!f->initiator_end], &f->label.dpi);
	}
	/* An association that carried no data yet may be anything over SCTP. */
	if (!f->label_is_signalling && f->key.proto == IPPROTO_NUM_SCTP && !d->signalling_done &&
		f->label.dpi.protocol)
		f->label.dpi.confidence = LABEL_BY_PORT;
	shard_watch_settle(s, f);
	detection_end(s->detections, s->classifier, d);
	f->detection = FLOW_NONE;
	s->stats.detections_completed++;
	if (!f->label_is_signalling) {
		s->stats.unclassified += f->label.dpi.confidence == LABEL_NONE;
		s->stats.guessed += f->label.dpi.confidence == LABEL_BY_PORT ||
				    f->label.dpi.confidence == LABEL_BY_ADDRESS;
	}
	shard_emit_classified(s, f);
}

void shard_detection_begin(struct shard *s, struct flow *f)
{
	const uint32_t index = flow_table_index(s->flows, f);
	struct detection *d = detection_begin(s->detections, index);

	if (!d) {
		struct detection *victim = detection_victim(s->detections);

		s->stats.detections_evicted++;
		s->stats.detections_evicted_answered += victim->answered;
		shard_detection_conclude(s, flow_table_at(s->flows, victim->flow));
		d = detection_begin(s->detections, index);
	}
	f->detection = detection_index(s->detections, d);
}

static void ask_signalling(const struct shard *s, struct flow *f, struct detection *d,
	const struct packet_layer *l, const uint8_t *payload, uint32_t n)
{
	const char *label = NULL;
	enum signalling_id reader;

	if (d->signalling_done)
		return;
	switch (signalling_recognise(&s->carriers, l, payload, n, &label, &reader)) {
	case SIGNALLING_YES:
		f->label.signalling = label;
		f->label_is_signalling = true;
		shard_watch_recognised(s, f, reader);
		d->signalling_done = true;
		break;
	case SIGNALLING_NO:
		d->signalling_done = true;
		break;
	case SIGNALLING_MAYBE:
		if (f->watch == SIGNALLING_NONE && f->label.dpi.protocol == 0)
			f->watch = (uint8_t)reader;
		break;
	}
}

static void show_dpi(struct shard *s, struct flow *f, struct detection *d, const uint8_t *ip,
	uint32_t n, bool last)
{
	enum classifier_state state;
	struct classifier_label label = {0};

	if (!d->dpi)
		d->dpi = classifier_flow_new(s->classifier);
	if (!d->dpi)
		return;
	state = classifier_packet(s->classifier, d->dpi, ip, n, s->now_ns, last, &label);
	s->stats.packets_inspected++;
	if (state == CLASSIFIER_SEARCHING)
		return;
	f->label.dpi = label;
	f->is_dns = f->is_dns || classifier_is_dns(label.protocol);
	shard_watch_settle(s, f);
	if (state == CLASSIFIER_DONE) {
		d->dpi_done = true;
		keep_details(s, f, d);
	}
}

/* Who began says something for the first time, and nobody knows the protocol. */
static void note_opening(
	struct shard *s, struct flow *f, struct detection *d, const struct flow_packet *fp)
{
	if (d->opened || fp->sighting->src_end != f->initiator_end || fp->payload_captured == 0 ||
		(fp->layer->proto != IPPROTO_NUM_TCP && fp->layer->proto != IPPROTO_NUM_UDP))
		return;
	d->opened = true;
	if (!f->label_is_signalling && f->label.dpi.confidence < LABEL_BY_CACHE)
		shard_emit_opening(s, f, fp);
}

void shard_detection_packet(struct shard *s, struct flow *f, const struct frame *frame,
	const struct flow_packet *fp, bool opaque)
{
	const struct packet_layer *l = fp->layer;
	struct detection *d = detection_at(s->detections, f->detection);
	const uint32_t budget =
		l->proto == IPPROTO_NUM_TCP ? s->cfg.tcp_packet_budget : s->cfg.udp_packet_budget;
	const bool last = ++d->packets > budget;
	/* The library takes whole packets only. */
	const bool whole = l->l3_captured >= l->l3_bytes && !l->fragment;

	detection_touch(s->detections, d, is_answered(f));
	if (!opaque && f->snmp_version == 0 && l->proto == IPPROTO_NUM_UDP)
		f->snmp_version = (uint8_t)(snmp_version(fp->payload, fp->payload_captured) + 1);
	if (!l->fragment_tail) {
		const uint32_t captured = l->payload_captured < l->payload_bytes
						  ? l->payload_captured
						  : l->payload_bytes;
		const uint32_t most = opaque ? SIGNALLING_OPAQUE_BYTES : UINT32_MAX;

		ask_signalling(s, f, d, l, frame->data + l->payload_offset,
			captured < most ? captured : most);
	}
	if (!opaque && whole && !d->dpi_done && !f->label_is_signalling)
		show_dpi(s, f, d, frame->data + l->l3_offset, l->l3_bytes, last);
	if (!opaque)
		note_opening(s, f, d, fp);
	if (last || f->label_is_signalling ||
		(d->signalling_done && (d->dpi_done || (opaque && !l->sport && !l->dport))))
		shard_detection_conclude(s, f);
	else if (d->signalling_done && f->label.dpi.protocol)
		detection_wait(s->detections, d, s->now_ns);
}
