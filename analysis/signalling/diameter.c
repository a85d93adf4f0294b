#include "analysis/signalling/diameter.h"

#include <stdio.h>
#include <string.h>

#include "analysis/redact.h"

enum { PORT_DIAMETER = 3868, NODE_MOST_BYTES = 128 };

/* Over TCP, on any port; over SCTP the payload protocol identifier says it. On its own port a
 * segment that does not begin with a message may be the middle of one. */
static enum signalling_verdict recognise(const struct packet_layer *layer, const uint8_t *payload,
	uint32_t n, const char **ret_label)
{
	struct diameter_message m;

	if (diameter_read(payload, n, &m)) {
		*ret_label = "Diameter";
		return SIGNALLING_YES;
	}
	if (n == 0 || layer->sport == PORT_DIAMETER || layer->dport == PORT_DIAMETER)
		return SIGNALLING_MAYBE;
	return SIGNALLING_NO;
}

/* There are many nodes in a realm: their names do not tell kinds of messages apart. */
static void note_node(struct signalling_message *m, enum field_id id, struct str name)
{
	char text[NODE_MOST_BYTES];
	const uint32_t n = name.len < sizeof(text) ? name.len : (uint32_t)sizeof(text);

	if (n == 0)
		return;
	memcpy(text, name.data, n);
	redact_name(text, n);
	message_made_text(m, id, false, (struct str){text, n});
}

static void tell_application(struct signalling_message *m, uint32_t application)
{
	const char *name = diameter_application_name(application);
	char number[12];

	(void)snprintf(number, sizeof(number), "%u", application);
	message_made_text(m, FIELD_DIAMETER_APPLICATION, true, str_from(name ? name : number));
}

uint32_t diameter_tell(const uint8_t *bytes, uint32_t n, struct signalling_message *m)
{
	struct diameter_message d;
	const char *name;

	if (!diameter_read(bytes, n, &d))
		return 0;
	name = diameter_command_name(d.command);
	m->name = name ? name : "other";
	tell_application(m, d.application);
	message_num(m, FIELD_DIAMETER_COMMAND, d.command);
	message_flag(m, FIELD_DIAMETER_REQUEST, d.request);
	if (d.result)
		message_num(m, FIELD_DIAMETER_RESULT, d.result);
	message_name(m, FIELD_DIAMETER_ORIGIN_REALM, d.origin_realm);
	message_name(m, FIELD_DIAMETER_DESTINATION_REALM, d.destination_realm);
	note_node(m, FIELD_DIAMETER_ORIGIN_HOST, d.origin_host);
	note_node(m, FIELD_DIAMETER_DESTINATION_HOST, d.destination_host);
	for (uint32_t i = 0; i < d.n_host_ip; i++)
		message_ip(m, FIELD_DIAMETER_ADDRESSES, &d.host_ip[i]);
	return d.length;
}

/* A segment may hold several. What a message of another segment leaves of this one is not read. */
static bool message(const struct packet_layer *layer, const uint8_t *payload, uint32_t n,
	struct signalling_message *ret)
{
	const uint32_t length =
		layer->proto == IPPROTO_NUM_TCP ? diameter_tell(payload, n, ret) : 0;

	ret->next = length < n ? length : 0;
	return length > 0;
}

const struct signalling signalling_diameter = {.name = "Diameter",
	.label = "Diameter",
	.ports = {PORT_DIAMETER},
	.recognise = recognise,
	.carriers = {IPPROTO_NUM_TCP},
	.message = message};
