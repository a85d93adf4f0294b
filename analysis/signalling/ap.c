#include "analysis/signalling/ap.h"

#include <stddef.h>

#include "common/cursor.h"

enum {
	/* A bit says whether the choice was extended, two which alternative it is; F1AP's choice
	 * cannot be extended (its fourth alternative is for that) and begins with these two. */
	OUTCOME_SHIFT = 5,
	OUTCOME_SHIFT_F1AP = 6,
	CRITICALITIES_SHIFT = 6, /* reject, ignore, notify; then padding */
	LAST_CRITICALITY = 2,
};

struct row {
	uint8_t protocol, procedure;
	const char *name;
};

static const struct row rows[] = {
#define AP_PROCEDURE(protocol, number, name) {AP_##protocol, number, name},
#include "analysis/signalling/ap_procedures.def"
#undef AP_PROCEDURE
};

static const char *name_of(enum ap_protocol protocol, uint8_t procedure)
{
	size_t low = 0, high = sizeof(rows) / sizeof(rows[0]);

	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		const struct row *r = &rows[middle];

		if (r->protocol == protocol && r->procedure == procedure)
			return r->name;
		if (r->protocol < protocol || (r->protocol == protocol && r->procedure < procedure))
			low = middle + 1;
		else
			high = middle;
	}
	return "other";
}

bool ap_read(enum ap_protocol protocol, const uint8_t *bytes, uint32_t n, struct ap_message *ret)
{
	const int shift = protocol == AP_F1AP ? OUTCOME_SHIFT_F1AP : OUTCOME_SHIFT;
	struct cursor c = cursor_init(bytes, n);
	const uint8_t choice = cursor_u8(&c);
	const uint8_t procedure = cursor_u8(&c);
	const uint8_t criticality = cursor_u8(&c);

	if (!cursor_ok(&c) || choice & ((1u << shift) - 1) || choice >> shift > AP_UNSUCCESSFUL)
		return false;
	if (criticality & ((1u << CRITICALITIES_SHIFT) - 1) ||
		criticality >> CRITICALITIES_SHIFT > LAST_CRITICALITY)
		return false;
	ret->procedure = procedure;
	ret->outcome = (enum ap_outcome)(choice >> shift);
	ret->name = name_of(protocol, ret->procedure);
	return true;
}

const char *ap_outcome_name(enum ap_outcome o)
{
	static const char *const names[] = {"initiating", "successful", "unsuccessful"};

	return names[o];
}
