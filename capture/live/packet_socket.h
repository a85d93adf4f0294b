/* One packet socket with its ring, through libpcap. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/frame.h"
#include "common/error.h"

struct bpf_program;
struct packet_socket;

struct packet_socket_config {
	const char *interface;
	uint32_t snaplen_bytes;
	uint32_t ring_bytes;
	bool all_devices; /* bind to no interface; the filter picks it */
};

/* Frames accepted by the filter so far are read + unread + dropped. */
struct packet_socket_counts {
	uint64_t accepted; /* put into the ring, as of the last packet_socket_count */
	uint64_t dropped;  /* the ring was full */
	uint64_t read;
};

/* The kernel closes a block so many milliseconds after the last was closed. */
enum { PACKET_SOCKET_RETIRE_MS = 10 };

/* Opens a socket that refuses every frame, and is empty. NULL with *err. */
struct packet_socket *packet_socket_open(const struct packet_socket_config *cfg, struct error *err);
void packet_socket_close(struct packet_socket *s); /* NULL allowed */

/* Joins the fanout group of LEADER; the leader itself (LEADER == S) starts one. For sockets of
 * all_devices alone: the kernel refuses to bind a member of a group again (packet_do_bind in
 * net/packet/af_packet.c: EINVAL), and nothing but closing leaves a group, so one that is bound to
 * an interface is lost with it. */
int packet_socket_join(struct packet_socket *s, struct packet_socket *leader, struct error *err);

/* Compiles EXPRESSION for this socket. False with the reason in TEXT. On success *ret is to be
 * freed with pcap_freecode. */
bool packet_socket_compile(struct packet_socket *s, const char *expression, struct bpf_program *ret,
	char *text, size_t size);

/* Accepts what PROGRAM accepts, of interface IFINDEX alone where the socket is of all_devices.
 * False with errno. */
bool packet_socket_accept(struct packet_socket *s, const struct bpf_program *program, int ifindex);

/* Refuses every frame from now on. */
void packet_socket_mute(struct packet_socket *s);

/* After the interface has come back as IFINDEX: binds the socket to it, in promiscuous mode. False
 * with errno. No capability is needed for either. */
bool packet_socket_rebind(struct packet_socket *s, int ifindex);

/* The next frame, valid until the next call; false when there is none now. */
bool packet_socket_next(struct packet_socket *s, struct frame *ret);

int packet_socket_fd(const struct packet_socket *s);

/* Takes an error off the socket, which poll would report for ever: ENETDOWN when its interface went
 * down. */
void packet_socket_clear_error(struct packet_socket *s);

/* Asks the kernel for its counters: one system call. */
void packet_socket_count(struct packet_socket *s);
const struct packet_socket_counts *packet_socket_counts(const struct packet_socket *s);
