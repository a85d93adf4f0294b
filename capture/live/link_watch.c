#include "capture/live/link_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* One answer: the kernel's own limit for one message to a socket that asks for no more. */
enum { ANSWER_BYTES = 32 * 1024, READ_BYTES = 4096, DROPPED_COLUMN = 1 };

struct link_watch {
	int changes; /* in the group of link changes */
	int queries;
	int backlog; /* /proc/net/softnet_stat, or -1 */
	uint32_t sequence;
	size_t left, at; /* of messages in buffer, not looked at yet */
	_Alignas(struct nlmsghdr) char buffer[ANSWER_BYTES];
	_Alignas(struct nlmsghdr) char answer[ANSWER_BYTES];
};

static int open_socket(uint32_t groups)
{
	const struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = groups};
	const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

struct link_watch *link_watch_open(struct error *err)
{
	struct link_watch *w = calloc(1, sizeof(*w));

	if (!w) {
		error_set(err, ERR_SYSTEM, "no memory left to watch interfaces");
		return NULL;
	}
	w->changes = open_socket(RTMGRP_LINK);
	w->queries = open_socket(0);
	w->backlog = open("/proc/net/softnet_stat", O_RDONLY | O_CLOEXEC);
	if (w->changes < 0 || w->queries < 0) {
		error_set_errno(
			err, ERR_SYSTEM, errno, "interfaces cannot be watched through netlink");
		link_watch_close(w);
		return NULL;
	}
	return w;
}

void link_watch_close(struct link_watch *w)
{
	if (!w)
		return;
	if (w->changes >= 0)
		close(w->changes);
	if (w->queries >= 0)
		close(w->queries);
	if (w->backlog >= 0)
		close(w->backlog);
	free(w);
}

int link_watch_fd(const struct link_watch *w)
{
	return w->changes;
}

/* The next of LEFT bytes of messages at *AT, or NULL. */
static const struct nlmsghdr *next_message(const char *buffer, size_t *at, size_t *left)
{
	const struct nlmsghdr *message = (const struct nlmsghdr *)(const void *)(buffer + *at);
	size_t step;

	if (*left < sizeof(*message) || message->nlmsg_len < sizeof(*message) ||
		message->nlmsg_len > *left) {
		*left = 0;
		return NULL;
	}
	step = NLMSG_ALIGN(message->nlmsg_len);
	step = step < *left ? step : *left;
	*at += step;
	*left -= step;
	return message;
}

static void read_losses(const struct nlmsghdr *message, struct link_losses *ret)
{
	const size_t head = NLMSG_LENGTH(sizeof(struct ifinfomsg));
	size_t left = message->nlmsg_len - head;
	const char *at = (const char *)message + NLMSG_ALIGN(head);

	while (left >= sizeof(struct rtattr)) {
		const struct rtattr *attribute = (const struct rtattr *)(const void *)at;
		const size_t len = attribute->rta_len;

		if (len < sizeof(*attribute) || len > left)
			return;
		if (attribute->rta_type == IFLA_STATS64 &&
			len - RTA_LENGTH(0) >= sizeof(struct rtnl_link_stats64)) {
			struct rtnl_link_stats64 stats;

			memcpy(&stats, at + RTA_LENGTH(0), sizeof(stats));
			*ret = (struct link_losses){
				.missed = stats.rx_missed_errors,
				.fifo = stats.rx_fifo_errors,
				.over = stats.rx_over_errors,
				.dropped = stats.rx_dropped,
			};
			return;
		}
		if (RTA_ALIGN(len) >= left)
			return;
		at += RTA_ALIGN(len);
		left -= RTA_ALIGN(len);
	}
}

/* What a message says of a link; false when it is about something else. A bridge tells of its ports
 * in messages of its own family. */
static bool read_link(const struct nlmsghdr *message, struct link_state *ret)
{
	struct ifinfomsg info;

	if ((message->nlmsg_type != RTM_NEWLINK && message->nlmsg_type != RTM_DELLINK) ||
		message->nlmsg_len < NLMSG_LENGTH(sizeof(info)))
		return false;
	memcpy(&info, NLMSG_DATA(message), sizeof(info));
	if (info.ifi_family != AF_UNSPEC)
		return false;
	*ret = (struct link_state){
		.present = message->nlmsg_type == RTM_NEWLINK,
		.is_ethernet = info.ifi_type == ARPHRD_ETHER || info.ifi_type == ARPHRD_LOOPBACK,
		.index = info.ifi_index,
	};
	ret->up = ret->present && info.ifi_flags & IFF_UP && info.ifi_flags & IFF_LOWER_UP;
	return true;
}

bool link_watch_change(struct link_watch *w, struct link_state *ret)
{
	for (;;) {
		const struct nlmsghdr *message;
		ssize_t n;

		while ((message = next_message(w->buffer, &w->at, &w->left))) {
			if (read_link(message, ret))
				return true;
		}
		n = recv(w->changes, w->buffer, sizeof(w->buffer), 0);
		if (n < 0 && (errno == EINTR || errno == ENOBUFS)) /* some were lost */
			continue;
		if (n <= 0)
			return false;
		w->at = 0;
		w->left = (size_t)n;
	}
}

static bool is_no_device(const struct nlmsghdr *message)
{
	struct nlmsgerr error;

	if (message->nlmsg_len < NLMSG_LENGTH(sizeof(error)))
		return false;
	memcpy(&error, NLMSG_DATA(message), sizeof(error));
	return error.error == -ENODEV;
}

struct query {
	struct nlmsghdr head;
	struct ifinfomsg info;
	struct rtattr name_head;
	char name[IFNAMSIZ];
};

static bool ask(struct link_watch *w, int index, const char *name)
{
	struct query query = {
		.head = {.nlmsg_len = NLMSG_LENGTH(sizeof(query.info)),
			.nlmsg_type = RTM_GETLINK,
			.nlmsg_flags = NLM_F_REQUEST,
			.nlmsg_seq = ++w->sequence},
		.info = {.ifi_family = AF_UNSPEC, .ifi_index = index},
	};

	if (index == 0) {
		query.name_head.rta_type = IFLA_IFNAME;
		query.name_head.rta_len = RTA_LENGTH(sizeof(query.name));
		memcpy(query.name, name, strnlen(name, sizeof(query.name) - 1));
		query.head.nlmsg_len = sizeof(query);
	}
	return send(w->queries, &query, query.head.nlmsg_len, 0) == (ssize_t)query.head.nlmsg_len;
}

/* The kernel answers before send returns. */
bool link_watch_query(struct link_watch *w, int index, const char *name, struct link_state *ret)
{
	if (!ask(w, index, name))
		return false;
	for (;;) {
		const ssize_t n = recv(w->queries, w->answer, sizeof(w->answer), 0);
		const struct nlmsghdr *message;
		size_t at = 0, left = n > 0 ? (size_t)n : 0;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		while ((message = next_message(w->answer, &at, &left))) {
			if (message->nlmsg_seq != w->sequence)
				continue;
			if (message->nlmsg_type == NLMSG_ERROR) {
				*ret = (struct link_state){0};
				return is_no_device(message);
			}
			if (read_link(message, ret)) {
				read_losses(message, &ret->losses);
				return true;
			}
		}
	}
}

/* A line for each CPU: hexadecimal numbers, of which the second counts drops. */
bool link_watch_backlog(struct link_watch *w, uint64_t *ret)
{
	char chunk[READ_BYTES];
	uint64_t sum = 0, value = 0;
	unsigned column = 0;
	off_t at = 0;
	ssize_t n;

	while (w->backlog >= 0 && (n = pread(w->backlog, chunk, sizeof(chunk), at)) > 0) {
		for (ssize_t i = 0; i < n; i++) {
			const char c = chunk[i];

			if (c == ' ' || c == '\n') {
				if (column == DROPPED_COLUMN)
					sum += value;
				column = c == '\n' ? 0 : column + 1;
				value = 0;
			} else {
				const char digit = (char)(c >= 'a' ? c - 'a' + 10 : c - '0');

				value = value << 4 | (uint64_t)digit;
			}
		}
		at += n;
	}
	*ret = sum;
	return at > 0;
}
