#include "analysis/signalling/signalling.h"

#include <stddef.h>
#include <string.h>

static const struct signalling *const all[SIGNALLING_COUNT] = {
	NULL,
#define SIGNALLING(name) &signalling_##name,
#include "analysis/signalling/signalling.def"
#undef SIGNALLING
};

const struct signalling *signalling_get(enum signalling_id id)
{
	return all[id];
}

const char *signalling_name(enum signalling_id id)
{
	return all[id] ? all[id]->name : "";
}

enum signalling_id signalling_find(struct str name)
{
	for (int i = SIGNALLING_NONE + 1; i < SIGNALLING_COUNT; i++) {
		if (all[i]->message && str_eq(str_from(all[i]->name), name))
			return (enum signalling_id)i;
	}
	return SIGNALLING_NONE;
}

static bool is_carried(const struct signalling *s, uint8_t proto)
{
	return proto && (proto == s->carriers[0] || proto == s->carriers[1]);
}

enum signalling_verdict signalling_ask(const struct signalling *s, const struct packet_layer *layer,
	const uint8_t *payload, uint32_t n, const char **ret_label)
{
	if (!s->recognise || !is_carried(s, layer->proto) ||
		(layer->opaque && !s->recognises_opaque))
		return SIGNALLING_NO;
	return s->recognise(layer, payload, n, ret_label);
}

enum signalling_verdict signalling_recognise(const struct signalling_carriers *c,
	const struct packet_layer *layer, const uint8_t *payload, uint32_t n,
	const char **ret_label, enum signalling_id *ret_id)
{
	enum signalling_verdict best = SIGNALLING_NO;

	*ret_id = SIGNALLING_NONE;
	for (const uint8_t *id = c->recognisers[layer->proto]; *id && best != SIGNALLING_YES;
		id++) {
		const struct signalling *s = all[*id];
		const enum signalling_verdict v = signalling_ask(s, layer, payload, n, ret_label);

		if (v == SIGNALLING_NO || v < best)
			continue;
		if (v > best)
			*ret_id = SIGNALLING_NONE;
		if (*ret_id == SIGNALLING_NONE && s->message)
			*ret_id = (enum signalling_id)(*id);
		best = v;
	}
	return best;
}

enum signalling_id signalling_of_label(const char *label)
{
	for (int i = SIGNALLING_NONE + 1; i < SIGNALLING_COUNT; i++) {
		if (all[i]->message && all[i]->label && strcmp(all[i]->label, label) == 0)
			return (enum signalling_id)i;
	}
	return SIGNALLING_NONE;
}

/* The slot of PORT, or the empty one that it would take. */
static uint32_t slot_of(const struct signalling_carriers *c, uint16_t port)
{
	uint32_t i = port % SIGNALLING_PORT_SLOTS;

	while (c->ports[i].port != port && c->ports[i].port != 0)
		i = (i + 1) % SIGNALLING_PORT_SLOTS;
	return i;
}

static void add_recogniser(struct signalling_carriers *c, uint8_t id)
{
	for (int k = 0; k < SIGNALLING_MAX_CARRIERS && all[id]->carriers[k]; k++) {
		uint8_t *at = c->recognisers[all[id]->carriers[k]];

		while (*at)
			at++;
		*at = id;
	}
}

void signalling_carriers_make(struct signalling_carriers *ret)
{
	memset(ret, 0, sizeof(*ret));
	for (uint8_t id = SIGNALLING_NONE + 1; id < SIGNALLING_COUNT; id++) {
		add_recogniser(ret, id);
		if (!all[id]->message)
			continue;
		if (all[id]->proto && !ret->protos[all[id]->proto])
			ret->protos[all[id]->proto] = id;
		for (int k = 0; k < SIGNALLING_MAX_PORTS && all[id]->ports[k]; k++) {
			struct signalling_port *slot = &ret->ports[slot_of(ret, all[id]->ports[k])];

			if (!slot->port)
				*slot = (struct signalling_port){all[id]->ports[k], id};
		}
	}
}

enum signalling_id signalling_of_port(const struct signalling_carriers *c, uint16_t port)
{
	return (enum signalling_id)c->ports[slot_of(c, port)].id;
}

enum signalling_id signalling_of_proto(const struct signalling_carriers *c, uint8_t proto)
{
	return (enum signalling_id)c->protos[proto];
}
