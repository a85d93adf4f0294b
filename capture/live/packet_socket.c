#include "capture/live/packet_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "common/str.h"

enum {
	LINKTYPE_NUM_ETHERNET = 1,
	PROLOGUE_INSNS = 3, /* in front of a program: is it our interface? */
	SETTLE_MS = 5,      /* for a frame that is on its way past the old filter on another CPU */
	DRAIN_TRIES = 100,
};

struct packet_socket {
	pcap_t *pcap;
	int fd;
	bool all_devices;
	bool in_nanoseconds;
	struct packet_socket_counts counts;
};

int packet_socket_fd(const struct packet_socket *s)
{
	return s->fd;
}

const struct packet_socket_counts *packet_socket_counts(const struct packet_socket *s)
{
	return &s->counts;
}

static bool attach(int fd, const struct sock_filter *insns, size_t n)
{
	struct sock_fprog program = {.len = (unsigned short)n};

	if (n > BPF_MAXINSNS) {
		errno = ENOMEM;
		return false;
	}
	program.filter = (struct sock_filter *)(uintptr_t)insns; /* the kernel only reads it */
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0;
}

void packet_socket_mute(struct packet_socket *s)
{
	static const struct sock_filter refuse[] = {BPF_STMT(BPF_RET | BPF_K, 0)};

	attach(s->fd, refuse, 1);
}

/* libpcap's instructions are the kernel's. */
_Static_assert(sizeof(struct bpf_insn) == sizeof(struct sock_filter) &&
		       offsetof(struct bpf_insn, k) == offsetof(struct sock_filter, k) &&
		       offsetof(struct bpf_insn, jt) == offsetof(struct sock_filter, jt),
	"struct bpf_insn is not struct sock_filter");

bool packet_socket_accept(struct packet_socket *s, const struct bpf_program *program, int ifindex)
{
	const struct sock_filter prologue[PROLOGUE_INSNS] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_IFINDEX)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)ifindex, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const size_t n_prologue = s->all_devices ? PROLOGUE_INSNS : 0;
	const size_t n = n_prologue + program->bf_len;
	struct sock_filter *insns = calloc(n, sizeof(*insns));
	bool ok;

	if (!insns)
		return false;
	memcpy(insns, prologue, n_prologue * sizeof(*insns));
	memcpy(insns + n_prologue, program->bf_insns, program->bf_len * sizeof(*insns));
	ok = attach(s->fd, insns, n);
	free(insns);
	return ok;
}

bool packet_socket_compile(struct packet_socket *s, const char *expression, struct bpf_program *ret,
	char *text, size_t size)
{
	if (pcap_compile(s->pcap, ret, expression, 1, PCAP_NETMASK_UNKNOWN) == 0)
		return true;
	str_printable(text, size, str_from(pcap_geterr(s->pcap)));
	return false;
}

static bool bind_to(const struct packet_socket *s, int ifindex)
{
	const struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = ifindex,
	};

	return bind(s->fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
}

bool packet_socket_rebind(struct packet_socket *s, int ifindex)
{
	const struct packet_mreq promiscuous = {
		.mr_ifindex = ifindex, .mr_type = PACKET_MR_PROMISC};

	if (!s->all_devices && !bind_to(s, ifindex))
		return false;
	packet_socket_clear_error(s);
	return setsockopt(s->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous,
		       sizeof(promiscuous)) == 0;
}

void packet_socket_clear_error(struct packet_socket *s)
{
	int pending;
	socklen_t size = sizeof(pending);

	getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &pending, &size);
}

bool packet_socket_next(struct packet_socket *s, struct frame *ret)
{
	struct pcap_pkthdr *head;
	const u_char *data;

	/* An error of libpcap's says that the interface is down or gone. That is known from
	 * netlink, and what is in the ring can still be read after it. */
	if (pcap_next_ex(s->pcap, &head, &data) != 1)
		return false;
	s->counts.read++;
	*ret = (struct frame){
		.data = data,
		.caplen = head->caplen,
		.len = head->len < head->caplen ? head->caplen : head->len,
		.ts_ns = (uint64_t)head->ts.tv_sec * 1000000000 +
			 (uint64_t)head->ts.tv_usec * (s->in_nanoseconds ? 1 : 1000),
		.linktype = LINKTYPE_NUM_ETHERNET,
	};
	return true;
}

/* libpcap's own statistics read a file each time. */
void packet_socket_count(struct packet_socket *s)
{
	struct tpacket_stats_v3 since;
	socklen_t size = sizeof(since);

	if (getsockopt(s->fd, SOL_PACKET, PACKET_STATISTICS, &since, &size) != 0)
		return;
	s->counts.accepted += since.tp_packets - since.tp_drops;
	s->counts.dropped += since.tp_drops;
}

/* Refuses all, and reads and forgets what came before. */
static bool drain(struct packet_socket *s)
{
	struct frame ignored;

	packet_socket_mute(s);
	for (int i = 0; i < DRAIN_TRIES; i++) {
		poll(NULL, 0, SETTLE_MS);
		packet_socket_count(s);
		while (packet_socket_next(s, &ignored)) {
		}
		if (i > 0 && s->counts.read == s->counts.accepted) {
			s->counts = (struct packet_socket_counts){0};
			return true;
		}
	}
	return false;
}

static int explain(struct error *err, const char *interface, pcap_t *pcap, int status)
{
	switch (status) {
	case PCAP_ERROR_NO_SUCH_DEVICE:
		return error_set(err, ERR_USAGE,
			"interface %s does not exist; 'ip link' lists those that do", interface);
	case PCAP_ERROR_PERM_DENIED:
	case PCAP_ERROR_PROMISC_PERM_DENIED:
		return error_set(err, ERR_SYSTEM,
			"interface %s: no permission to capture; start as root, or give the "
			"program "
			"the right with 'setcap cap_net_raw+ep'",
			interface);
	case PCAP_ERROR_IFACE_NOT_UP:
		return error_set(err, ERR_SYSTEM,
			"interface %s is down; 'ip link set %s up' starts it", interface,
			interface);
	default:
		return error_set(err, ERR_SYSTEM, "interface %s cannot be opened: %s", interface,
			pcap_geterr(pcap)[0] ? pcap_geterr(pcap) : pcap_statustostr(status));
	}
}

static int activate(
	struct packet_socket *s, const struct packet_socket_config *cfg, struct error *err)
{
	char text[PCAP_ERRBUF_SIZE];
	int status;

	s->pcap = pcap_create(cfg->interface, text);
	if (!s->pcap)
		return error_set(
			err, ERR_SYSTEM, "interface %s cannot be opened: %s", cfg->interface, text);
	pcap_set_snaplen(s->pcap, (int)cfg->snaplen_bytes);
	pcap_set_promisc(s->pcap, 1);
	pcap_set_timeout(s->pcap, PACKET_SOCKET_RETIRE_MS);
	pcap_set_buffer_size(s->pcap, (int)cfg->ring_bytes);
	pcap_set_tstamp_precision(
		s->pcap, PCAP_TSTAMP_PRECISION_NANO); /* or stays in microseconds */
	status = pcap_activate(s->pcap);
	if (status < 0)
		return explain(err, cfg->interface, s->pcap, status);
	if (pcap_datalink(s->pcap) != DLT_EN10MB)
		return error_set(err, ERR_USAGE,
			"interface %s is not Ethernet but %s; name the Ethernet interface below it",
			cfg->interface,
			pcap_datalink_val_to_description_or_dlt(pcap_datalink(s->pcap)));
	s->in_nanoseconds = pcap_get_tstamp_precision(s->pcap) == PCAP_TSTAMP_PRECISION_NANO;
	s->fd = pcap_fileno(s->pcap);
	if (pcap_setnonblock(s->pcap, 1, text) != 0)
		return error_set(err, ERR_SYSTEM, "interface %s: %s", cfg->interface, text);
	return ERR_OK;
}

/* Every packet socket shall see the stamp that the kernel gives a frame when it comes in. Without
 * this each takes its own when it copies the frame, and a recording differs from what we saw. The
 * loopback interface shows each frame twice, out and in; libpcap hides the first, but it would be
 * counted. */
static int set_options(
	struct packet_socket *s, const struct packet_socket_config *cfg, struct error *err)
{
	const int on = 1;
	struct ifreq request = {0};

	if (setsockopt(s->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) != 0)
		return error_set_errno(
			err, ERR_SYSTEM, errno, "interface %s: no time stamps", cfg->interface);
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", cfg->interface);
	if (ioctl(s->fd, SIOCGIFFLAGS, &request) == 0 && request.ifr_flags & IFF_LOOPBACK)
		setsockopt(s->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on));
	return ERR_OK;
}

struct packet_socket *packet_socket_open(const struct packet_socket_config *cfg, struct error *err)
{
	struct packet_socket *s = calloc(1, sizeof(*s));

	if (!s) {
		error_set(err, ERR_SYSTEM, "no memory left for interface %s", cfg->interface);
		return NULL;
	}
	s->all_devices = cfg->all_devices;
	if (activate(s, cfg, err) != ERR_OK || set_options(s, cfg, err) != ERR_OK) {
		packet_socket_close(s);
		return NULL;
	}
	packet_socket_mute(s);
	if (cfg->all_devices && !bind_to(s, 0)) {
		error_set_errno(err, ERR_SYSTEM, errno,
			"interface %s cannot be opened for a fanout", cfg->interface);
		packet_socket_close(s);
		return NULL;
	}
	if (!drain(s)) {
		error_set(err, ERR_SYSTEM,
			"interface %s: its ring did not become empty in time; try again",
			cfg->interface);
		packet_socket_close(s);
		return NULL;
	}
	return s;
}

void packet_socket_close(struct packet_socket *s)
{
	if (!s)
		return;
	if (s->pcap)
		pcap_close(s->pcap);
	free(s);
}

int packet_socket_join(struct packet_socket *s, struct packet_socket *leader, struct error *err)
{
	/* By flow, and to the next ring when one is full: the merge restores the order. Fragments
	 * are not put together (PACKET_FANOUT_FLAG_DEFRAG): that would change frames. */
	const uint32_t how = PACKET_FANOUT_HASH | PACKET_FANOUT_FLAG_ROLLOVER;
	uint32_t group = (how | PACKET_FANOUT_FLAG_UNIQUEID) << 16;
	socklen_t size = sizeof(group);

	if (s != leader && getsockopt(leader->fd, SOL_PACKET, PACKET_FANOUT, &group, &size) != 0)
		return error_set_errno(err, ERR_SYSTEM, errno, "the fanout group has no number");
	if (setsockopt(s->fd, SOL_PACKET, PACKET_FANOUT, &group, sizeof(group)) != 0)
		return error_set_errno(err, ERR_SYSTEM, errno,
			"the kernel refuses a fanout group; use one socket for each interface");
	return ERR_OK;
}
