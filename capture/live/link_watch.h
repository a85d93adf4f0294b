/* What the kernel says of interfaces through netlink: whether they exist, are up, and what they
 * lost. Needs no capability, and no file once it is open. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"

struct link_watch;

/* Counters since the interface exists (linux/if_link.h, struct rtnl_link_stats64). */
struct link_losses {
	uint64_t missed, fifo, over; /* the card had no buffer; drivers differ in which they use */
	uint64_t dropped; /* by the kernel: no room in its queue, or no use for the frame */
};

struct link_state {
	bool present;
	bool up;          /* set up, and has a link */
	bool is_ethernet; /* or the loopback interface, whose frames look the same */
	int index;
	struct link_losses losses;
};

struct link_watch *link_watch_open(struct error *err); /* NULL with *err */
void link_watch_close(struct link_watch *w);           /* NULL allowed */

/* Readable when some interface has changed. */
int link_watch_fd(const struct link_watch *w);

/* Takes the next change off: interface INDEX is now as *ret says (losses are not filled). False
 * when there is none. Changes may have been lost, so ask all the same. */
bool link_watch_change(struct link_watch *w, struct link_state *ret);

/* The state of the interface INDEX or, where that is 0, of the one called NAME. False when the
 * kernel does not answer, and *ret is undefined; an interface that does not exist is an answer. */
bool link_watch_query(struct link_watch *w, int index, const char *name, struct link_state *ret);

/* Frames that all CPUs have dropped so far because the queue between a virtual interface and the
 * kernel's receiver was full: these are in the losses.dropped of some interface, too. False when
 * that cannot be known. */
bool link_watch_backlog(struct link_watch *w, uint64_t *ret);
