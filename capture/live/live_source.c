#include "capture/live/live_source.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/live/link_watch.h"
#include "capture/live/merge.h"
#include "capture/live/packet_socket.h"
#include "capture/live/port.h"

enum {
	MS = 1000000,           /* ns */
	CHECK_MS = 100,         /* between checks of links and counters */
	WAIT_MS = 100,          /* source_next's longest sleep */
	FRAMES_PER_CLOCK = 256, /* the clock is read so often while frames come */
	GATHER_MS = 5,          /* of frames that another lane holds back, given out together */
	STOP_MS = 2000,         /* for draining the rings */
	STOP_SETTLE_MS = 5,     /* for a frame that was past the filter on another CPU */
	MIN_SNAPLEN_BYTES = 64,
};

/* One socket. */
struct lane {
	struct packet_socket *socket;
	struct port *port;
	uint32_t interface;
	struct frame frame; /* its next, while merge_lane.has_frame */
};

struct live_source {
	struct source base;
	struct port *ports;
	uint32_t n_ports;
	struct lane *lanes;
	struct merge_lane *order; /* of each lane */
	struct pollfd *fds;       /* of each lane, and of netlink */
	uint32_t n_lanes;
	struct link_watch *watch;
	uint64_t (*now_ns)(void *);
	void *now_user;
	bool handed_out; /* frame of lane given is with the caller */
	size_t given;
	uint32_t until_clock;  /* frames until the clock is read */
	uint64_t checked_ns;   /* end of the last check */
	uint64_t backlog;      /* the kernel's count as of the last check */
	uint64_t last_backlog; /* of its growth in the check before, what no interface was charged
				  with */
	bool knows_backlog;
	uint64_t newest_ns;   /* of the frames given out */
	uint64_t promised_ns; /* the time of the last SOURCE_IDLE */
	uint64_t reordered;
	uint64_t stopped_ns; /* 0: runs */
	bool is_over;
	struct source_stats stats;
};

/* The base is its first member. */
static struct live_source *of(struct source *base)
{
	return (struct live_source *)base;
}

static uint64_t now(const struct live_source *s)
{
	return s->now_ns(s->now_user);
}

/* Growth of the kernel's count of full queues since the last check, which no interface has been
 * charged with. A frame is counted there before it is counted at its interface, so what is left
 * over may belong to the next check; no longer. */
static uint64_t backlog_grown(struct live_source *s)
{
	uint64_t count, grown;

	if (!s->knows_backlog || !link_watch_backlog(s->watch, &count))
		return UINT64_MAX; /* all that an interface dropped is a loss */
	grown = count < s->backlog ? 0
				   : count - s->backlog; /* a CPU went, or its 32 bits wrapped */
	s->backlog = count;
	return grown + s->last_backlog;
}

/* Links that were down since the last check, though they may be up again. */
static void note_changes(struct live_source *s)
{
	struct link_state change;

	while (link_watch_change(s->watch, &change)) {
		for (uint32_t i = 0; i < s->n_ports; i++) {
			if (s->ports[i].index == change.index && !change.up)
				s->ports[i].flapped = true;
		}
	}
}

static void query(struct live_source *s, const struct port *p, struct link_state *ret)
{
	if (p->index != 0 && link_watch_query(s->watch, p->index, NULL, ret) && ret->present)
		return;
	if (!link_watch_query(s->watch, 0, p->seen.name, ret))
		*ret = (struct link_state){
			.present = p->seen.present,
			.up = p->seen.up,
			.is_ethernet = true,
			.index = p->index,
			.losses = p->losses,
		};
}

static void check(struct live_source *s)
{
	struct link_state states[LIVE_MAX_INTERFACES];
	const uint64_t from_ns = s->checked_ns;
	uint64_t backlog, now_ns;

	note_changes(s);
	for (uint32_t i = 0; i < s->n_ports; i++)
		query(s, &s->ports[i], &states[i]);
	backlog = backlog_grown(s);
	now_ns = now(s);
	for (uint32_t i = 0; i < s->n_ports; i++) {
		port_check_link(&s->ports[i], &states[i], from_ns, now_ns, &backlog);
		port_check_sockets(&s->ports[i], from_ns, now_ns);
	}
	s->last_backlog = backlog;
	now_ns = now(s);
	for (uint32_t i = 0; i < s->n_ports; i++)
		port_settle(&s->ports[i], now_ns);
	s->checked_ns = now_ns;
}

static void check_when_due(struct live_source *s)
{
	const uint64_t now_ns = now(s);

	s->until_clock = FRAMES_PER_CLOCK;
	/* A clock that was set back makes the next check due, too. */
	if (now_ns - s->checked_ns >= (uint64_t)CHECK_MS * MS)
		check(s);
}

static uint64_t unread_of(const struct lane *lane, const struct merge_lane *order)
{
	const struct packet_socket_counts *c = packet_socket_counts(lane->socket);

	return c->accepted - c->read + (order->has_frame ? 1 : 0);
}

static bool fetch(struct live_source *s, size_t i)
{
	struct merge_lane *order = &s->order[i];

	order->has_frame = packet_socket_next(s->lanes[i].socket, &s->lanes[i].frame);
	if (order->has_frame)
		order->ts_ns = s->lanes[i].frame.ts_ns;
	return order->has_frame;
}

/* Looks for frames on the lanes that have none, and chooses again. Found empty twice, before and
 * after the clock is read, so that what the clock says holds for the second look. */
static void refill(struct live_source *s, struct merge_choice *ret)
{
	bool has_empty = false;
	uint64_t now_ns;

	for (size_t i = 0; i < s->n_lanes; i++) {
		if (!s->order[i].has_frame && !fetch(s, i))
			has_empty = true;
	}
	now_ns = now(s);
	for (size_t i = 0; has_empty && i < s->n_lanes; i++) {
		struct merge_lane *order = &s->order[i];

		if (order->has_frame || fetch(s, i))
			continue;
		if (s->stopped_ns && unread_of(&s->lanes[i], order) == 0)
			order->quiet_ns = UINT64_MAX;
		else
			order->quiet_ns = now_ns - LIVE_HOLD_NS;
	}
	*ret = merge_choose(s->order, s->n_lanes);
	/* Stamped later than now: the clock was set back, and to wait until it is that late again
	 * would fill the rings. */
	if (ret->is_held && s->order[ret->first].ts_ns > now_ns)
		ret->is_known = true;
}

/* Sleeps until a lane without a frame may have one, a link changes, or the frame that CHOICE holds
 * back can be given out. */
static void sleep_for(struct live_source *s, const struct merge_choice *choice)
{
	struct pollfd *netlink = &s->fds[s->n_lanes];
	int timeout_ms = s->stopped_ns ? STOP_SETTLE_MS : WAIT_MS;

	if (choice->is_held) {
		const uint64_t free_ns = s->order[choice->first].ts_ns + LIVE_HOLD_NS;
		const uint64_t now_ns = now(s);
		const uint64_t left_ms = free_ns > now_ns ? (free_ns - now_ns) / MS : 0;

		/* Some milliseconds more, so that a lane that stays empty is asked once for many
		 * frames of the others. */
		if (left_ms + GATHER_MS < (uint64_t)timeout_ms)
			timeout_ms = (int)left_ms + GATHER_MS;
	}
	for (size_t i = 0; i < s->n_lanes; i++)
		s->fds[i].fd = s->order[i].has_frame ? -1 : packet_socket_fd(s->lanes[i].socket);
	if (poll(s->fds, s->n_lanes + 1, timeout_ms) <= 0)
		return;
	for (size_t i = 0; i < s->n_lanes; i++) {
		if (s->fds[i].fd >= 0 && s->fds[i].revents & POLLERR)
			packet_socket_clear_error(s->lanes[i].socket);
	}
	if (netlink->revents)
		check(s);
}

static int give(struct live_source *s, size_t i, struct frame *ret)
{
	struct lane *lane = &s->lanes[i];

	s->handed_out = true;
	s->given = i;
	*ret = lane->frame;
	ret->interface = lane->interface;
	ret->interface_name = lane->port->seen.name;
	if (ret->ts_ns < s->newest_ns)
		s->reordered++;
	else
		s->newest_ns = ret->ts_ns;
	lane->port->seen.frames++;
	s->stats.frames++;
	return SOURCE_FRAME;
}

static uint64_t unread(const struct live_source *s)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < s->n_lanes; i++)
		sum += unread_of(&s->lanes[i], &s->order[i]);
	return sum;
}

/* Whether a stopped source has given out all, or has run out of time. */
static bool is_drained(struct live_source *s)
{
	const uint64_t now_ns = now(s);
	const uint64_t since_ns = now_ns - s->stopped_ns;
	const bool has_time = since_ns < (uint64_t)STOP_MS * MS;

	if (since_ns < (uint64_t)STOP_SETTLE_MS * MS || (has_time && unread(s) > 0))
		return false;
	check(s);
	if (has_time && unread(s) > 0)
		return false;
	for (size_t i = 0; i < s->n_lanes; i++) {
		struct port *p = s->lanes[i].port;
		const uint64_t left = unread_of(&s->lanes[i], &s->order[i]);

		p->seen.unread += left;
		blind_add_loss(&p->blind, LIVE_BLIND_UNREAD, s->newest_ns, now_ns, left);
	}
	s->is_over = true;
	return true;
}

static int live_source_next(struct source *base, bool wait, struct frame *ret, struct error *err)
{
	struct live_source *s = of(base);

	(void)err;
	if (s->handed_out) {
		s->handed_out = false;
		fetch(s, s->given);
	}
	for (bool slept = false; !s->is_over; slept = true) {
		struct merge_choice choice;

		if (s->until_clock-- == 0) {
			check_when_due(s);
			if (s->stopped_ns && is_drained(s))
				break;
		}
		choice = merge_choose(s->order, s->n_lanes);
		if (choice.is_known)
			return give(s, choice.first, ret);
		refill(s, &choice);
		if (choice.is_known)
			return give(s, choice.first, ret);
		s->until_clock = 0;
		if (!wait || slept) {
			/* Nothing can come at all when the source has been stopped and drained.
			 * When the clock was set back, so is the promise: the packet clock adds
			 * to it what it does to the stamps. */
			if (choice.earliest_ns != UINT64_MAX)
				s->promised_ns = choice.earliest_ns;
			*ret = (struct frame){.ts_ns = s->promised_ns};
			return SOURCE_IDLE;
		}
		sleep_for(s, &choice);
	}
	return SOURCE_END;
}

static void live_source_stats(const struct source *base, struct source_stats *ret)
{
	const struct live_source *s = (const struct live_source *)base;

	*ret = s->stats;
	ret->inputs = s->n_ports;
}

static void live_source_name(const struct source *base, char *buf, size_t size)
{
	const struct live_source *s = (const struct live_source *)base;

	if (s->n_ports == 1)
		snprintf(buf, size, "%s", s->ports[0].seen.name);
	else
		snprintf(buf, size, "%s+%u", s->ports[0].seen.name, s->n_ports - 1);
}

static void live_source_close(struct source *base)
{
	struct live_source *s = of(base);

	for (uint32_t i = 0; s->ports && i < s->n_ports; i++)
		port_close(&s->ports[i]);
	link_watch_close(s->watch);
	free(s->ports);
	free(s->lanes);
	free(s->order);
	free(s->fds);
	free(s);
}

static int refuse_config(const struct live_config *cfg, struct error *err)
{
	if (cfg->n_interfaces == 0 || cfg->n_interfaces > LIVE_MAX_INTERFACES)
		return error_set(err, ERR_USAGE, "%zu interfaces; name 1 to %d", cfg->n_interfaces,
			LIVE_MAX_INTERFACES);
	if (cfg->fanout == 0 || cfg->fanout > LIVE_MAX_FANOUT)
		return error_set(err, ERR_USAGE, "%u sockets for each interface; use 1 to %d",
			cfg->fanout, LIVE_MAX_FANOUT);
	if (cfg->snaplen_bytes < MIN_SNAPLEN_BYTES || cfg->snaplen_bytes > FRAME_MAX_BYTES)
		return error_set(err, ERR_USAGE, "a snapshot length of %u bytes; use %d to %d",
			cfg->snaplen_bytes, MIN_SNAPLEN_BYTES, FRAME_MAX_BYTES);
	if (cfg->ring_bytes < LIVE_MIN_RING_BYTES || cfg->ring_bytes > LIVE_MAX_RING_BYTES)
		return error_set(err, ERR_USAGE, "a ring of %u bytes; use %d to %d",
			cfg->ring_bytes, LIVE_MIN_RING_BYTES, LIVE_MAX_RING_BYTES);
	for (size_t i = 0; i < cfg->n_interfaces; i++) {
		const char *name = cfg->interfaces[i];

		if (!*name || strlen(name) >= LIVE_NAME_BYTES)
			return error_set(err, ERR_USAGE,
				"'%s' is no name of an interface: 1 to %d bytes; 'ip link' lists "
				"them",
				name, LIVE_NAME_BYTES - 1);
		for (size_t j = 0; j < i; j++) {
			if (strcmp(name, cfg->interfaces[j]) == 0)
				return error_set(
					err, ERR_USAGE, "interface %s is named twice", name);
		}
	}
	return ERR_OK;
}

static int no_memory(struct error *err)
{
	return error_set(err, ERR_SYSTEM, "no memory left to open interfaces");
}

static int open_all(struct live_source *s, const struct live_config *cfg, struct error *err)
{
	const size_t n_lanes = cfg->n_interfaces * cfg->fanout;

	s->ports = calloc(cfg->n_interfaces, sizeof(*s->ports));
	s->lanes = calloc(n_lanes, sizeof(*s->lanes));
	s->order = calloc(n_lanes, sizeof(*s->order));
	s->fds = calloc(n_lanes + 1, sizeof(*s->fds));
	if (!s->ports || !s->lanes || !s->order || !s->fds)
		return no_memory(err);
	s->watch = link_watch_open(err);
	if (!s->watch)
		return ERR_SYSTEM;
	for (uint32_t i = 0; i < cfg->n_interfaces; i++) {
		struct port *p = &s->ports[s->n_ports++];
		const int rc = port_open(p, cfg->interfaces[i], cfg, s->watch, err);

		if (rc != ERR_OK)
			return rc;
		for (uint32_t k = 0; k < p->n_sockets; k++)
			s->lanes[s->n_lanes++] = (struct lane){
				.socket = p->sockets[k],
				.port = p,
				.interface = i,
			};
	}
	return ERR_OK;
}

/* All sockets are open and refuse all frames: lets frames in. */
static int start(struct live_source *s, const struct live_config *cfg, struct error *err)
{
	for (size_t i = 0; i <= s->n_lanes; i++)
		s->fds[i].events = POLLIN;
	s->fds[s->n_lanes].fd = link_watch_fd(s->watch);
	s->knows_backlog = link_watch_backlog(s->watch, &s->backlog);
	s->checked_ns = now(s);
	for (uint32_t i = 0; i < s->n_ports; i++) {
		const int rc = port_listen(&s->ports[i], cfg, err);

		if (rc != ERR_OK)
			return rc;
		s->ports[i].seen.since_ns = s->checked_ns;
	}
	return ERR_OK;
}

struct source *live_source_open(const struct live_config *cfg, struct error *err)
{
	static const struct source_ops ops = {
		.next = live_source_next,
		.stats = live_source_stats,
		.name = live_source_name,
		.close = live_source_close,
	};
	struct live_source *s;

	if (refuse_config(cfg, err) != ERR_OK)
		return NULL;
	s = calloc(1, sizeof(*s));
	if (!s) {
		no_memory(err);
		return NULL;
	}
	s->base.ops = &ops;
	s->now_ns = cfg->now_ns;
	s->now_user = cfg->now_user;
	if (open_all(s, cfg, err) != ERR_OK || start(s, cfg, err) != ERR_OK) {
		live_source_close(&s->base);
		return NULL;
	}
	return &s->base;
}

void live_source_interface(const struct source *base, uint32_t i, struct live_interface *ret)
{
	const struct live_source *s = (const struct live_source *)base;

	*ret = s->ports[i].seen;
}

uint64_t live_source_reordered(const struct source *base)
{
	return ((const struct live_source *)base)->reordered;
}

bool live_source_blind(struct source *base, struct live_blind *ret)
{
	struct live_source *s = of(base);

	for (uint32_t i = 0; i < s->n_ports; i++) {
		if (blind_take(&s->ports[i].blind, ret)) {
			ret->interface = i;
			return true;
		}
	}
	return false;
}

void live_source_stop(struct source *base)
{
	struct live_source *s = of(base);

	if (s->stopped_ns)
		return;
	for (uint32_t i = 0; i < s->n_ports; i++)
		port_mute(&s->ports[i]);
	check(s);
	s->stopped_ns = now(s);
}

size_t live_source_fds(const struct source *base, int *ret, size_t max)
{
	const struct live_source *s = (const struct live_source *)base;
	size_t n = 0;

	for (uint32_t i = 0; i < s->n_lanes && n < max; i++)
		ret[n++] = packet_socket_fd(s->lanes[i].socket);
	return n;
}
