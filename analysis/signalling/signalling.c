#include "analysis/signalling/signalling.h"

#include <stddef.h>

enum signalling_verdict signalling_recognise(
	const struct packet_layer *layer, const uint8_t *payload, uint32_t n, const char **ret_name)
{
	static signalling_fn *const recognisers[] = {
#define SIGNALLING(name) recognise_##name,
#include "analysis/signalling/signalling.def"
#undef SIGNALLING
	};
	enum signalling_verdict best = SIGNALLING_NO;

	for (size_t i = 0;
		i < sizeof(recognisers) / sizeof(recognisers[0]) && best != SIGNALLING_YES; i++) {
		const enum signalling_verdict v = recognisers[i](layer, payload, n, ret_name);

		if (v > best)
			best = v;
	}
	return best;
}
