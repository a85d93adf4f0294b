#include "analysis/flow/tags.h"

#include <string.h>

/* With the four bits of the kind. */
static const uint8_t packed_bytes[PACKET_TAG_KINDS] = {
	[TAG_VLAN] = 2,
	[TAG_ISID] = 4,
	[TAG_MPLS] = 3,
	[TAG_VNI] = 4,
	[TAG_GRE_KEY] = 5,
	[TAG_ERSPAN] = 2,
};

void flow_tags_set(struct flow_tags *ret, const struct packet *p, uint32_t layer)
{
	uint32_t at = 0;

	memset(ret, 0, sizeof(*ret));
	for (uint32_t i = 0; i < p->n_tags; i++) {
		const struct packet_tag *tag = &p->tags[i];
		const uint32_t n = packed_bytes[tag->kind];
		uint64_t packed = (uint64_t)(tag->kind + 1u) << (8 * n - 4) | tag->value;

		if (tag->layer > layer || at + n > sizeof(ret->bytes))
			continue;
		for (uint32_t k = n; k > 0; k--, packed >>= 8)
			ret->bytes[at + k - 1] = (uint8_t)packed;
		at += n;
	}
}

bool flow_tags_next(const struct flow_tags *t, uint32_t *at, struct packet_tag *ret)
{
	const uint8_t *bytes = t->bytes + *at;
	uint64_t value;
	uint32_t n;

	if (*at >= sizeof(t->bytes) || bytes[0] >> 4 == 0 || bytes[0] >> 4 > PACKET_TAG_KINDS)
		return false;
	ret->kind = (uint8_t)((bytes[0] >> 4) - 1);
	ret->layer = 0;
	n = packed_bytes[ret->kind];
	if (n > sizeof(t->bytes) - *at)
		return false;
	value = bytes[0] & 0x0f;
	for (uint32_t k = 1; k < n; k++)
		value = value << 8 | bytes[k];
	ret->value = (uint32_t)value;
	*at += n;
	return true;
}
