#include "capture/live/port.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

#include "capture/live/live_filter.h"
#include "capture/live/offload.h"

static int open_sockets(struct port *p, const struct live_config *cfg, struct error *err)
{
	const struct packet_socket_config how = {
		.interface = p->seen.name,
		.snaplen_bytes = cfg->snaplen_bytes,
		.ring_bytes = cfg->ring_bytes,
		.all_devices = cfg->fanout > 1,
	};

	for (uint32_t i = 0; i < cfg->fanout; i++) {
		struct packet_socket *s = packet_socket_open(&how, err);

		if (!s)
			return err ? err->code : ERR_SYSTEM;
		p->sockets[p->n_sockets++] = s;
		if (cfg->fanout > 1 && packet_socket_join(s, p->sockets[0], err) != ERR_OK)
			return err ? err->code : ERR_SYSTEM;
	}
	return ERR_OK;
}

int port_open(struct port *p, const char *name, const struct live_config *cfg,
	struct link_watch *watch, struct error *err)
{
	struct link_state state;
	int rc;

	snprintf(p->seen.name, sizeof(p->seen.name), "%s", name);
	rc = open_sockets(p, cfg, err);
	if (rc != ERR_OK)
		return rc;
	if (!link_watch_query(watch, 0, name, &state) || !state.present)
		return error_set(
			err, ERR_SYSTEM, "interface %s vanished while it was opened", name);
	p->index = state.index;
	p->losses = state.losses;
	p->is_well = state.up;
	p->seen.present = true;
	p->seen.up = state.up;
	offload_query(name, &p->seen.gro, &p->seen.lro);
	return ERR_OK;
}

void port_close(struct port *p)
{
	for (uint32_t i = 0; i < p->n_sockets; i++)
		packet_socket_close(p->sockets[i]);
	if (p->program)
		pcap_freecode(p->program);
	free(p->program);
	p->program = NULL;
	p->n_sockets = 0;
}

static bool accept_on_all(struct port *p, int index)
{
	for (uint32_t i = 0; i < p->n_sockets; i++) {
		if (!packet_socket_accept(p->sockets[i], p->program, index))
			return false;
	}
	return true;
}

/* Compiles the filter and puts it on the sockets; false with the reason in TEXT. */
static bool use_filter(struct port *p, const struct live_filter *filter, bool without_drop,
	char *text, size_t size)
{
	char *expression = live_filter_text(filter, without_drop);
	struct bpf_program program;
	bool ok;

	snprintf(text, size, "no memory left");
	ok = expression && packet_socket_compile(p->sockets[0], expression, &program, text, size);
	free(expression);
	if (!ok)
		return false;
	if (p->program->bf_insns)
		pcap_freecode(p->program);
	*p->program = program;
	if (accept_on_all(p, p->index))
		return true;
	snprintf(text, size, "the kernel has no room for it (%u instructions)", program.bf_len);
	return false;
}

int port_listen(struct port *p, const struct live_config *cfg, struct error *err)
{
	const struct live_filter filter = {
		.expression = cfg->filter,
		.drop = cfg->drop,
		.n_drop = cfg->n_drop,
		.keep = cfg->keep,
		.n_keep = cfg->n_keep,
		.drop_one_ended = cfg->drop_one_ended,
	};
	const bool has_room = cfg->n_drop + cfg->n_keep <= LIVE_FILTER_MAX_PREFIXES;
	char text[PCAP_ERRBUF_SIZE];

	p->program = calloc(1, sizeof(*p->program));
	if (!p->program)
		return error_set(err, ERR_SYSTEM, "no memory left for the filter");
	if (cfg->n_drop > 0 && has_room && use_filter(p, &filter, false, text, sizeof(text))) {
		p->seen.drops_subscribers = true;
		return ERR_OK;
	}
	if (!use_filter(p, &filter, true, text, sizeof(text)))
		return error_set(err, ERR_USAGE,
			"filter \"%s\" cannot be used on interface %s: %s; its language is "
			"described in "
			"pcap-filter(7)",
			cfg->filter ? cfg->filter : "", p->seen.name, text);
	return ERR_OK;
}

void port_mute(struct port *p)
{
	for (uint32_t i = 0; i < p->n_sockets; i++)
		packet_socket_mute(p->sockets[i]);
}

/* The interface is back under another number. */
static bool bind_again(struct port *p, int index)
{
	for (uint32_t i = 0; i < p->n_sockets; i++) {
		if (!packet_socket_rebind(p->sockets[i], index))
			return false;
	}
	return accept_on_all(p, index);
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* A driver may begin anew, as when its rings are given another size. */
static uint64_t grown(uint64_t before, uint64_t now)
{
	return now < before ? now : now - before;
}

/* Drivers count one lost frame under up to three names, so the largest of them is taken. */
static uint64_t by_card(const struct link_losses *before, const struct link_losses *now)
{
	return larger(grown(before->missed, now->missed),
		larger(grown(before->fifo, now->fifo), grown(before->over, now->over)));
}

static void charge_losses(struct port *p, const struct link_losses *now, uint64_t from_ns,
	uint64_t now_ns, uint64_t *backlog)
{
	const uint64_t card = by_card(&p->losses, now);
	const uint64_t dropped = grown(p->losses.dropped, now->dropped);
	const uint64_t queue = dropped < *backlog ? dropped : *backlog;

	*backlog -= queue;
	p->losses = *now;
	p->seen.interface_drops += card + queue;
	p->seen.unhandled += dropped - queue;
	blind_add_loss(&p->blind, LIVE_BLIND_INTERFACE_DROP, from_ns, now_ns, card + queue);
}

static void set_state(struct port *p, bool present, bool up, uint64_t now_ns)
{
	if (p->seen.present != present || p->seen.up != up)
		p->seen.since_ns = now_ns;
	p->seen.present = present;
	p->seen.up = up;
}

void port_check_link(struct port *p, const struct link_state *state, uint64_t from_ns,
	uint64_t now_ns, uint64_t *backlog)
{
	p->is_well = false;
	if (!state->present || state->index != p->index) {
		p->index = 0;
		blind_begin(&p->blind, LIVE_BLIND_GONE, from_ns);
	}
	set_state(p, state->present, state->up, now_ns);
	if (!state->present)
		return;
	if (p->index == 0) {
		if (!state->is_ethernet || !bind_again(p, state->index))
			return;
		p->index = state->index;
		p->losses = state->losses;
	}
	charge_losses(p, &state->losses, from_ns, now_ns, backlog);
	if (!state->up || p->flapped)
		blind_begin(&p->blind, LIVE_BLIND_LINK_DOWN, from_ns);
	p->flapped = false;
	p->is_well = state->up;
}

void port_check_sockets(struct port *p, uint64_t from_ns, uint64_t now_ns)
{
	uint64_t dropped = 0;

	for (uint32_t i = 0; i < p->n_sockets; i++) {
		packet_socket_count(p->sockets[i]);
		dropped += packet_socket_counts(p->sockets[i])->dropped;
	}
	blind_add_loss(
		&p->blind, LIVE_BLIND_KERNEL_DROP, from_ns, now_ns, dropped - p->seen.kernel_drops);
	p->seen.kernel_drops = dropped;
}

void port_settle(struct port *p, uint64_t now_ns)
{
	if (p->is_well)
		blind_end(&p->blind, now_ns);
}
