/* Frames of network interfaces as they come: libpcap on TPACKET_V3 rings, several interfaces and
 * several sockets for each (PACKET_FANOUT), merged by time stamp.
 *
 * Everything that needs privileges happens in live_source_open. After it no file and no socket is
 * opened, and without any capability these system calls are made: poll, getsockopt, setsockopt
 * (SO_ATTACH_FILTER, PACKET_ADD_MEMBERSHIP), bind, getsockname, ioctl (SIOCGIFFLAGS, by libpcap
 * after an interface went down), sendto and recvfrom (netlink), pread64; in source_close also
 * setsockopt (PACKET_RX_RING), munmap and close.
 *
 * With a fanout the kernel looks at every frame of the host's other interfaces, too, long enough to
 * see that it is of another one (docs/adr/0006-live-capture.md). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/source.h"
#include "common/ip.h"

enum {
	LIVE_NAME_BYTES = 16,              /* an interface's name with its NUL */
	LIVE_MAX_INTERFACES = 16,          /* in one source */
	LIVE_MAX_FANOUT = 16,              /* sockets per interface */
	LIVE_MIN_RING_BYTES = 1024 * 1024, /* two of the kernel's blocks are 512 KiB */
	LIVE_MAX_RING_BYTES = 1024 * 1024 * 1024,
};

struct live_config {
	const char *const *interfaces; /* names, each once */
	size_t n_interfaces;
	uint32_t snaplen_bytes; /* of a frame, 64 to FRAME_MAX_BYTES; the kernel cuts what is longer
				 */
	uint32_t ring_bytes; /* of each socket, locked memory; rounded up to 256 KiB. While a reader
				sleeps, a ring takes at most a block of 256 KiB every 10 ms */
	uint32_t fanout;     /* sockets per interface; 1: no fanout */
	const char *filter; /* pcap-filter(7), or NULL. As in tcpdump, the kernel runs it on a frame
			       without its outermost VLAN tag, which the word vlan asks for */

	/* What the kernel drops before anyone sees it: IPv4 and IPv6 packets directly behind the
	 * Ethernet header or VLAN tags, both of whose addresses lie in DROP and neither in KEEP.
	 * With DROP_ONE_ENDED one address in DROP is enough, so KEEP must then name all that may be
	 * infrastructure. Whatever is in a tunnel passes. */
	const struct ip_prefix *drop;
	size_t n_drop;
	const struct ip_prefix *keep;
	size_t n_keep;
	bool drop_one_ended;

	uint64_t (*now_ns)(void *user); /* the wall clock that also stamps frames: CLOCK_REALTIME */
	void *now_user;
};

/* An interface, and what became of its frames: what it received and the filter accepted = frames +
 * kernel_drops + what is still unread. What it could not take is in interface_drops. */
struct live_interface {
	char name[LIVE_NAME_BYTES];
	bool present; /* exists */
	bool up;      /* exists, is up and has a link */
	bool gro; /* merges segments before they are captured: sizes and counts are not the wire's
		   */
	bool lro; /* the same, in the network card */
	bool drops_subscribers;   /* DROP is in the kernel's filter; false also when it had no room
				     for it */
	uint64_t since_ns;        /* since when present and up are as they are */
	uint64_t frames;          /* given out */
	uint64_t kernel_drops;    /* accepted by the filter, but the ring was full */
	uint64_t interface_drops; /* by the card for want of buffers, or by the kernel's queue
				     before the ring */
	uint64_t unhandled; /* the rest of the interface's rx_dropped: frames that the host itself
			       had no use for, which are captured all the same */
	uint64_t unread;    /* left in the ring when the source stopped */
};

enum live_blind_cause {
	LIVE_BLIND_KERNEL_DROP,    /* the reader was too slow for the ring */
	LIVE_BLIND_INTERFACE_DROP, /* lost before the ring */
	LIVE_BLIND_UNREAD,         /* left in the ring when the source stopped */
	LIVE_BLIND_RESTART,        /* no source was open: told by who opened this one */
	LIVE_BLIND_LINK_DOWN,
	LIVE_BLIND_GONE, /* the interface did not exist */
};

/* A time in which frames were lost, or may have been. Never too short: it begins when all was last
 * known to be well. */
struct live_blind {
	uint32_t interface;
	enum live_blind_cause cause;
	uint64_t from_ns;
	uint64_t until_ns; /* 0: it lasts; told again with the same from_ns when it is over */
	uint64_t lost;     /* frames; 0: unknown */
};

/* Opens CFG's interfaces, which must exist, be up and be Ethernet. No frame is given out that
 * CFG->filter refuses, not even one that came while the sockets were being set up. NULL with *err
 * (ERR_USAGE: names, filter or sizes; ERR_SYSTEM: permission, memory, state of the interface) that
 * says what to do. Copies what it needs of CFG.
 *
 * source_next gives frames of all sockets in the order of their time stamps (nanoseconds, of the
 * kernel's clock, the same that any other packet socket sees). One socket alone: at once. Several:
 * a frame waits until each other socket has a later one or has been found empty LIVE_HOLD_NS later.
 * What comes later than that is given out late and counted by live_source_reordered. Cost: a copy
 * of the frame; no system call while there are frames, but for a few every 100 ms. */
struct source *live_source_open(const struct live_config *cfg, struct error *err);

/* A frame is in the ring at most so long after its stamp: twice the time after which the kernel
 * closes a block (10 ms each), and what a busy machine may add. */
#define LIVE_HOLD_NS UINT64_C(80000000)

/* Interface I, in the order of the configuration; as of the last check, at most 100 ms ago while
 * source_next is being called. */
void live_source_interface(const struct source *s, uint32_t i, struct live_interface *ret);

/* Frames given out with an earlier stamp than one before them. */
uint64_t live_source_reordered(const struct source *s);

/* The next report of blindness; false when there is none. Reports that nobody has taken yet are
 * merged: one for each interface and cause of loss, one for each interface's absence. */
bool live_source_blind(struct source *s, struct live_blind *ret);

/* Nothing more is captured from now on. source_next gives out what the rings hold, then SOURCE_END;
 * what it has not given out after two seconds is counted as unread. */
void live_source_stop(struct source *s);

/* The descriptors of the packet sockets, at most MAX, to RET; for a filter of system calls. Returns
 * their number. */
size_t live_source_fds(const struct source *s, int *ret, size_t max);
