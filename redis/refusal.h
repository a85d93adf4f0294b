/* What Redis' error replies mean for whoever sent the command: the one table of them. Pure. */
#pragma once

#include "common/str.h"

enum refusal_class {
	REFUSAL_WAIT,     /* passes by itself: try the same again later */
	REFUSAL_FOLLOW,   /* another server is the one to ask: connect anew, then as WAIT */
	REFUSAL_OPERATOR, /* the same until a person acts: say so, try slowly */
	REFUSAL_BUG,      /* nobody but Vedette's authors can help: as OPERATOR */
};

struct refusal {
	const char *start; /* of the reply's text; never NULL */
	enum refusal_class class;
	const char *remedy; /* what helps; NULL when it is not known */
};

/* What TEXT, an error reply without its '-', means. What is in no row is the OPERATOR's. */
const struct refusal *refusal_find(struct str text);

/* Row I of the table; NULL behind the last one. */
const struct refusal *refusal_at(unsigned i);
