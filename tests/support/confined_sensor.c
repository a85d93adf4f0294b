/* A sensor without its work, for tests: goes through the order of sensor/confine/privileges.h with
 * a packet socket (as root), a control socket and two threads, and then does what it is asked to.
 *   confined_sensor STATE_DIR NAME [USER]
 * "status" answers with values of every kind; "reload" fails; "canary" binds the packet socket
 * again and reads a packet from it; "stop" ends it; a second "canary" sends on the packet socket,
 * which must end it by SIGSYS. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/json_writer.h"
#include "sensor/confine/privileges.h"
#include "sensor/confine/sandbox.h"
#include "sensor/control/control.h"

struct sensor {
	int packet_fd; /* -1: not root */
	int end_fd;
	unsigned canaries;
};

static int fail(const struct error *err)
{
	(void)fprintf(stderr, "%s\n", err->msg);
	return 1;
}

static int on_status(
	void *user, const struct control_peer *peer, struct json_writer *w, struct error *err)
{
	(void)user;
	(void)err;
	json_key(w, "sensor");
	json_text(w, "test\x1b[2J");
	json_key(w, "asked_by");
	json_u64(w, peer->uid);
	json_key(w, "capture");
	json_object_begin(w);
	json_key(w, "packets");
	json_u64(w, 1730000);
	json_key(w, "interfaces");
	json_array_begin(w);
	for (int i = 0; i < 2; i++) {
		json_object_begin(w);
		json_key(w, "name");
		json_text(w, i == 0 ? "mirror0" : "mirror1");
		json_key(w, "dropped_by_kernel");
		json_u64(w, (uint64_t)i * 17);
		json_object_end(w);
	}
	json_array_end(w);
	json_object_end(w);
	return 0;
}

static int on_reload(
	void *user, const struct control_peer *peer, struct json_writer *w, struct error *err)
{
	(void)user;
	(void)peer;
	(void)w;
	return error_set(err, ERR_CONFIG, "site.yaml:3:5: unknown key \"zone\"");
}

static int bind_again(int fd)
{
	struct sockaddr_ll addr = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	struct ifreq request = {.ifr_name = "lo"};

	if (ioctl(fd, SIOCGIFINDEX, &request) < 0)
		return -1;
	addr.sll_ifindex = request.ifr_ifindex;
	return bind(fd, (const struct sockaddr *)&addr, sizeof(addr));
}

static int on_canary(
	void *user, const struct control_peer *peer, struct json_writer *w, struct error *err)
{
	static const char frame[64];
	struct sensor *s = user;
	struct pollfd p = {.fd = s->packet_fd, .events = POLLIN};
	char packet[256];
	bool read_one;

	(void)peer;
	if (s->packet_fd < 0)
		return error_set(err, ERR_SYSTEM, "no packet socket");
	if (s->canaries++ > 0)
		(void)send(s->packet_fd, frame, sizeof(frame), 0);
	if (bind_again(s->packet_fd) < 0)
		return error_set_errno(err, ERR_SYSTEM, errno, "cannot bind again");
	read_one = poll(&p, 1, 5000) == 1 && recv(s->packet_fd, packet, sizeof(packet), 0) > 0;
	json_key(w, "packet");
	json_bool(w, read_one);
	return 0;
}

static int on_stop(
	void *user, const struct control_peer *peer, struct json_writer *w, struct error *err)
{
	static const uint64_t one = 1;
	const struct sensor *s = user;

	(void)peer;
	(void)w;
	(void)err;
	return write(s->end_fd, &one, sizeof(one)) == sizeof(one) ? 0 : -1;
}

static void *idle(void *arg)
{
	(void)arg;
	for (;;)
		pause();
	return NULL;
}

static int confine(struct sensor *s, const struct control *c, struct error *err)
{
	struct sandbox_config cfg = {.capture_fds = &s->packet_fd,
		.n_capture_fds = s->packet_fd >= 0,
		.control_fd = control_fd(c)};

	for (int i = 0; i < 2; i++) {
		pthread_t thread;
		int rc = pthread_create(&thread, NULL, idle, NULL);

		if (rc != 0)
			return error_set_errno(err, ERR_SYSTEM, rc, "cannot start a thread");
	}
	return sandbox_enter(&cfg, err);
}

static int run(struct sensor *s, const char *state_dir, struct control *c,
	const struct privileges_user *user, struct error *err)
{
	static const struct control_ops ops = {
		.status = on_status, .canary = on_canary, .reload = on_reload, .stop = on_stop};
	struct privileges_config privileges = {.user = user, .state_dir = state_dir};
	uint64_t end;
	int rc = privileges_own(user, state_dir, err);

	if (rc == 0)
		rc = privileges_drop(&privileges, err);
	if (rc == 0)
		rc = control_start(c, &ops, s, err);
	if (rc == 0)
		rc = confine(s, c, err);
	if (rc < 0)
		return rc;
	(void)printf("ready\n");
	(void)fflush(stdout);
	while (read(s->end_fd, &end, sizeof(end)) < 0 && errno == EINTR)
		;
	return 0;
}

int main(int argc, char **argv)
{
	struct sensor s = {.end_fd = eventfd(0, EFD_CLOEXEC)};
	char path[CONTROL_PATH_BYTES];
	struct privileges_user user;
	struct error err = {ERR_OK, ""};
	struct control *c;
	int rc;

	if (argc < 3)
		return 2;
	s.packet_fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
	if (privileges_user_find(argc > 3 ? argv[3] : NULL, &user, &err) < 0 ||
		control_path(argv[1], argv[2], path, &err) < 0)
		return fail(&err);
	c = control_open(path, &err);
	if (!c)
		return fail(&err);
	rc = run(&s, argv[1], c, &user, &err);
	control_close(c);
	return rc < 0 ? fail(&err) : 0;
}
