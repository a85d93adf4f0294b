/* SCTP (RFC 9260): which protocol an association carries, what its chunks say of the association,
 * and what the messages in it say. */
#include <stddef.h>

#include "analysis/signalling/ap.h"
#include "analysis/signalling/diameter.h"
#include "analysis/signalling/sctp_chunk.h"
#include "analysis/signalling/signalling.h"
#include "analysis/signalling/sigtran.h"

enum { MAX_CHUNKS = 32 };

enum payload { PAYLOAD_HIDDEN, PAYLOAD_AP, PAYLOAD_SIGTRAN, PAYLOAD_DIAMETER };

struct protocol {
	uint32_t ppid;
	const char *name;
	enum payload payload;
	int kind; /* enum ap_protocol or sigtran_layer */
};

/* The payload protocol identifiers of signalling (IANA's registry). 47 and 66 to 69 are the same
 * inside DTLS. */
static const struct protocol protocols[] = {
	{3, "M3UA", PAYLOAD_SIGTRAN, SIGTRAN_M3UA},
	{4, "SUA", PAYLOAD_SIGTRAN, SIGTRAN_SUA},
	{5, "M2PA", PAYLOAD_SIGTRAN, SIGTRAN_M2PA},
	{18, "S1AP", PAYLOAD_AP, AP_S1AP},
	{27, "X2AP", PAYLOAD_AP, AP_X2AP},
	{46, "Diameter", PAYLOAD_DIAMETER, 0},
	{47, "Diameter", PAYLOAD_HIDDEN, 0},
	{60, "NGAP", PAYLOAD_AP, AP_NGAP},
	{61, "XNAP", PAYLOAD_AP, AP_XNAP},
	{62, "F1AP", PAYLOAD_AP, AP_F1AP},
	{64, "E1AP", PAYLOAD_AP, AP_E1AP},
	{66, "NGAP", PAYLOAD_HIDDEN, 0},
	{67, "XNAP", PAYLOAD_HIDDEN, 0},
	{68, "F1AP", PAYLOAD_HIDDEN, 0},
	{69, "E1AP", PAYLOAD_HIDDEN, 0},
};

static const struct protocol *protocol_of(uint32_t ppid)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		if (protocols[i].ppid == ppid)
			return &protocols[i];
	}
	return NULL;
}

/* Walks the chunks of one packet to the first that carries data and names its protocol. Until data
 * was seen, an association may carry anything. */
static enum signalling_verdict recognise(const struct packet_layer *layer, const uint8_t *payload,
	uint32_t n, const char **ret_label)
{
	struct sctp_chunk chunk = {.next = 0};
	struct sctp_data data;

	(void)layer;
	for (int i = 0; i < MAX_CHUNKS && sctp_chunk_at(payload, n, chunk.next, &chunk); i++) {
		const struct protocol *p;

		if (!sctp_read_data(&chunk, &data))
			continue;
		p = protocol_of(data.ppid);
		if (!p)
			return SIGNALLING_NO;
		*ret_label = p->name;
		return SIGNALLING_YES;
	}
	return SIGNALLING_MAYBE;
}

static void tell_addresses(
	struct signalling_message *m, enum field_id id, const struct sctp_addresses *a)
{
	for (uint32_t i = 0; i < a->n; i++)
		message_ip(m, id, &a->addr[i]);
}

/* What INIT, INIT ACK and ASCONF say of addresses. */
static void tell_association(struct signalling_message *m, const struct sctp_chunk *chunk)
{
	struct sctp_init init;
	struct sctp_asconf asconf;

	if (sctp_read_init(chunk, &init)) {
		message_num(m, FIELD_SCTP_INITIATE_TAG, init.tag);
		tell_addresses(m, FIELD_SCTP_ADDRESSES, &init.addresses);
	} else if (sctp_read_asconf(chunk, &asconf)) {
		tell_addresses(m, FIELD_SCTP_ADDRESSES, &asconf.added);
		tell_addresses(m, FIELD_SCTP_REMOVED, &asconf.removed);
		if (asconf.has_primary)
			message_ip(m, FIELD_SCTP_PRIMARY, &asconf.primary);
	}
}

static void tell_ap(
	struct signalling_message *m, const struct protocol *p, const struct sctp_data *d)
{
	struct ap_message ap;

	if (!ap_read((enum ap_protocol)p->kind, d->bytes, d->n, &ap))
		return;
	m->name = ap.name;
	message_num(m, FIELD_AP_PROCEDURE, ap.procedure);
	message_text(m, FIELD_AP_OUTCOME, str_from(ap_outcome_name(ap.outcome)));
}

static void tell_sigtran(
	struct signalling_message *m, const struct protocol *p, const struct sctp_data *d)
{
	struct sigtran_message s;

	if (!sigtran_read((enum sigtran_layer)p->kind, d->bytes, d->n, &s))
		return;
	m->name = s.name;
	message_num(m, FIELD_SIGTRAN_CLASS, s.class);
	message_num(m, FIELD_SIGTRAN_TYPE, s.type);
	if (s.has_route) {
		message_num(m, FIELD_SIGTRAN_OPC, s.opc);
		message_num(m, FIELD_SIGTRAN_DPC, s.dpc);
		message_num(m, FIELD_SIGTRAN_SI, s.si);
	}
}

/* What begins in this chunk. Of a protocol that is not known, its number. */
static void tell_data(struct signalling_message *m, const struct sctp_data *d)
{
	const struct protocol *p = protocol_of(d->ppid);

	message_num(m, FIELD_SCTP_PPID, d->ppid);
	if (!p || !d->begins)
		return;
	m->protocol = p->name;
	if (p->payload == PAYLOAD_AP)
		tell_ap(m, p, d);
	else if (p->payload == PAYLOAD_SIGTRAN)
		tell_sigtran(m, p, d);
	else if (p->payload == PAYLOAD_DIAMETER)
		(void)diameter_tell(d->bytes, d->n, m);
}

/* The next chunk that says something, one message each. */
static bool message(const struct packet_layer *layer, const uint8_t *payload, uint32_t n,
	struct signalling_message *ret)
{
	struct sctp_chunk chunk = {.next = 0};
	struct sctp_data data;

	for (int i = 0; i < MAX_CHUNKS && sctp_chunk_at(payload, n, chunk.next, &chunk); i++) {
		ret->name = sctp_chunk_name(chunk.type);
		if (!ret->name)
			continue;
		ret->next = chunk.next;
		message_text(ret, FIELD_SCTP_CHUNK, str_from(ret->name));
		message_num(ret, FIELD_SCTP_TAG, layer->sctp_tag);
		if (sctp_read_data(&chunk, &data))
			tell_data(ret, &data);
		else
			tell_association(ret, &chunk);
		return true;
	}
	return false;
}

const struct signalling signalling_sctp = {.name = "SCTP",
	.proto = IPPROTO_NUM_SCTP,
	.recognise = recognise,
	.carriers = {IPPROTO_NUM_SCTP},
	.message = message};
