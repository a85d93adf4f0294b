/* A short cut through the headers that most frames have. For decode.c alone. */
#pragma once

#include <stdbool.h>

#include "capture/decode/decode.h"

/* Whether edges.def may list the UDP port. False for most that it does not list. */
bool decode_may_be_listed(uint32_t port);

/* Decodes the first headers of F when they are Ethernet, up to two VLAN tags, IPv4 without options
 * and whole, or IPv6, captured and in order; and the one behind when it is TCP, UDP or ICMP and is,
 * too. *P is that of decode_frame before its first header. DECODE_DONE; DECODE_MORE: *RET_NEXT
 * says what the payload of the layer begins with; DECODE_NOT_ME: *P is as it was, but for what a
 * layer's opening overwrites. */
enum decode_result decode_common(const struct frame *f, struct packet *p, struct next *ret_next);
