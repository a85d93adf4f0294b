/* One packet as `vedette dissect` shows it: headers, tags and ends, up to where a subscriber's part
 * of it begins. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/frame.h"
#include "capture/packet.h"
#include "common/json_writer.h"
#include "rules/policy/site.h"

enum { DISSECTION_LINE_BYTES = 1024 };

struct dissection {
	const struct frame *frame;
	const struct packet *packet;
	const struct packet_layer *layer; /* the innermost IP header that is shown; NULL: none */
	const char *file;                 /* where the frame came from; NULL: only one is read */
	const char *segment;              /* declared name; "" where none is */
	const char *reason; /* why nothing more is shown; NULL: there is nothing more */
	uint8_t n_path;     /* headers of packet->path that are shown */
	uint8_t n_tags;     /* of packet->tags */
	bool has_macs;      /* hardware addresses are shown */
};

/* Fills *RET from what decode_frame made of F, which it borrows with P and SITE. Hidden is
 * everything from the first IP header on that belongs to a subscriber: one of networks.subscribers
 * at either end, or one behind PPPoE, L2TP or PPTP, unless an end of it is declared equipment; the
 * reason then is "subscriber". Of GTP-U the decoder reads no more than the tunnel. */
void dissection_make(struct dissection *ret, const struct frame *f, const struct packet *p,
	const struct site *site);

/* One line of text without its end, of at most COLUMNS where these are PAGE_COLUMNS or more: what
 * is too long is cut, and marked "..". Wire bytes come out as numbers and addresses only. Returns
 * BUF, of DISSECTION_LINE_BYTES. */
char *dissection_line(const struct dissection *d, unsigned columns, char *buf);

/* The titles above such lines. */
extern const char dissection_titles[];

/* One object, with the names of docs/cli.md. */
void dissection_json(const struct dissection *d, struct json_writer *w);
