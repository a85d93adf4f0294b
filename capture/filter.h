/* BPF expressions (pcap-filter(7)) on frames. The only door to libpcap. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "capture/frame.h"
#include "common/error.h"

struct filter;

/* Compiles EXPRESSION for LINKTYPE now and for others when they are met. NULL with *err (ERR_USAGE)
 * when it cannot be compiled for LINKTYPE. Names of hosts and services in it are looked up by
 * libpcap, here and only here. */
struct filter *filter_new(const char *expression, uint32_t linktype, struct error *err);
void filter_free(struct filter *f); /* NULL allowed */

/* Whether FRAME meets the expression. One that has no meaning on the frame's link type refuses all
 * frames of that type. */
bool filter_passes(struct filter *f, const struct frame *frame);
