/* Packed tags as text, for tests: "vlan:100 mpls:16". */
#pragma once

#include <stdio.h>

#include "analysis/flow/tags.h"

static inline const char *tags_text(const struct flow_tags *t)
{
	static char text[256];
	struct packet_tag tag;
	uint32_t at = 0;
	size_t len = 0;

	text[0] = '\0';
	while (flow_tags_next(t, &at, &tag))
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s:%u", len ? " " : "",
			packet_tag_kind_name((enum packet_tag_kind)tag.kind), tag.value);
	return text;
}
