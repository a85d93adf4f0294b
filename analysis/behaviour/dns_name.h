/* What a name of DNS says by its letters: whose it is, and how much of it is no name. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/str.h"

struct dns_name {
	/* Whom it belongs to: the last two labels, or three where the last but one is what
	 * countries sell names under (co.uk). That is what the list of public suffixes says of most
	 * names; where it says more (cloudfront.net), all customers are one domain. Empty: the name
	 * ends in no top-level domain, by its letters. */
	struct str domain;
	struct str below; /* what stands in front of that, without the last dot; may be empty */
	bool is_reverse;  /* made of a number (RFC 1035 §3.5, RFC 3596 §2.5, RFC 6116 §3.2) */
};

/* Parts of NAME, which is as analysis/dns_answer.h gives it. */
void dns_name_split(struct str name, struct dns_name *ret);

/* The first word of REST, up to a dot, a hyphen or an underscore, behind which REST is left. */
struct str dns_word_next(struct str *rest);

/* Text that may carry something, word by word. Zero-initialised. */
struct dns_letters {
	uint8_t count[256];
	uint32_t octets;
	uint32_t pairs;   /* of neighbours of which one at least is a letter or no name's octet */
	uint32_t unusual; /* of these, what names seldom have */
};

/* Words of one or two octets, and of digits alone, say too little and are not counted. */
void dns_letters_add(struct dns_letters *l, struct str word);

/* Of each octet, in 256ths of a bit (Shannon): 0 to 2048. */
uint32_t dns_letters_entropy(const struct dns_letters *l);

/* What they can carry beyond what names need, in 16ths of an octet: octets by their entropy, as far
 * as their pairs are unusual. */
uint32_t dns_letters_hidden(const struct dns_letters *l);
