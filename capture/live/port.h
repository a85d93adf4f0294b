/* One interface of a live source: its sockets, whether it is there, and what it lost. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "capture/live/blind.h"
#include "capture/live/link_watch.h"
#include "capture/live/live_source.h"
#include "capture/live/packet_socket.h"

struct bpf_program;

struct port {
	struct live_interface seen; /* what others are told */
	struct packet_socket *sockets[LIVE_MAX_FANOUT];
	uint32_t n_sockets;
	struct bpf_program *program; /* on all sockets while they listen */
	struct blind blind;
	int index;                 /* of the interface that the sockets are bound to; 0: none */
	struct link_losses losses; /* as of the last check */
	bool flapped;              /* was down since the last check */
	bool is_well;              /* bound, up, and not flapped */
};

/* Opens the sockets of the interface NAME, which refuse all frames yet. On failure a negative code;
 * call port_close all the same. */
int port_open(struct port *p, const char *name, const struct live_config *cfg,
	struct link_watch *watch, struct error *err);
void port_close(struct port *p);

/* From now on the sockets accept what CFG says. */
int port_listen(struct port *p, const struct live_config *cfg, struct error *err);

/* No frame is accepted any more. */
void port_mute(struct port *p);

/* What has become of the interface, as STATE says; all was well at FROM_NS. Losses are told for the
 * time from then to NOW_NS. *BACKLOG holds the frames that the kernel's queues have dropped since
 * then and that no interface has been charged with; PORT takes its own off. */
void port_check_link(struct port *p, const struct link_state *state, uint64_t from_ns,
	uint64_t now_ns, uint64_t *backlog);

/* Asks the sockets for their counters. */
void port_check_sockets(struct port *p, uint64_t from_ns, uint64_t now_ns);

/* The checks are over, at NOW_NS: an absence that has ended ends now. */
void port_settle(struct port *p, uint64_t now_ns);
