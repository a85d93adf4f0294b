#include "sensor/confine/sandbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sensor/confine/refusal.h"

/* fs.nr_open of a standard kernel: descriptors are smaller than this. */
enum { FD_BITS = 20 };

#define TRAP         SCMP_ACT_TRAP
#define ALLOW        SCMP_ACT_ALLOW
#define FAIL(errnum) SCMP_ACT_ERRNO(errnum)

/* An int argument is compared by its lower half: that is all the kernel reads of it. */
#define INT_IS(arg, value)                                                                         \
	{                                                                                          \
		arg, SCMP_CMP_MASKED_EQ, UINT32_MAX, (uint32_t)(value)                             \
	}
#define BITS_ARE(arg, mask, value)                                                                 \
	{                                                                                          \
		arg, SCMP_CMP_MASKED_EQ, (uint32_t)(mask), (uint32_t)(value)                       \
	}

/* The bits of open's flags that write, or may later. */
#define WRITE_FLAGS    (O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND)
#define SOCK_TYPE_MASK 0xf

struct rule {
	uint32_t action;
	int call;
	unsigned n_args;
	struct scmp_arg_cmp args[2];
};

/* Calls whose arguments decide. What no rule mentions is refused. */
static const struct rule rules[] = {
	{ALLOW, SCMP_SYS(mmap), 1, {BITS_ARE(2, PROT_EXEC, 0)}},
	{ALLOW, SCMP_SYS(mprotect), 1, {BITS_ARE(2, PROT_EXEC, 0)}},
	/* dlopen, of the name service's modules or of libgcc_s, then says that it cannot. */
	{FAIL(EPERM), SCMP_SYS(mmap), 1, {BITS_ARE(2, PROT_EXEC, PROT_EXEC)}},

	{ALLOW, SCMP_SYS(open), 1, {BITS_ARE(1, WRITE_FLAGS, O_RDONLY)}},
	{ALLOW, SCMP_SYS(openat), 1, {BITS_ARE(2, WRITE_FLAGS, O_RDONLY)}},

	/* pthread_create and posix_spawn block all signals around it: a trap would be silent there,
	 * the error is not. fork, and what is left of them, uses clone: refused. */
	{FAIL(EPERM), SCMP_SYS(clone3), 0, {{0}}},

	/* Redis */
	{ALLOW, SCMP_SYS(socket), 2,
		{INT_IS(0, AF_UNIX), BITS_ARE(1, SOCK_TYPE_MASK, SOCK_STREAM)}},
	{ALLOW, SCMP_SYS(socket), 2,
		{INT_IS(0, AF_INET), BITS_ARE(1, SOCK_TYPE_MASK, SOCK_STREAM)}},
	{ALLOW, SCMP_SYS(socket), 2,
		{INT_IS(0, AF_INET6), BITS_ARE(1, SOCK_TYPE_MASK, SOCK_STREAM)}},
	/* getaddrinfo, even of a number, may try these and goes on without. */
	{FAIL(EACCES), SCMP_SYS(socket), 2,
		{INT_IS(0, AF_INET), BITS_ARE(1, SOCK_TYPE_MASK, SOCK_DGRAM)}},
	{FAIL(EACCES), SCMP_SYS(socket), 2,
		{INT_IS(0, AF_INET6), BITS_ARE(1, SOCK_TYPE_MASK, SOCK_DGRAM)}},
	{FAIL(EACCES), SCMP_SYS(socket), 2,
		{INT_IS(0, AF_UNIX), BITS_ARE(1, SOCK_TYPE_MASK, SOCK_DGRAM)}},
	{FAIL(EACCES), SCMP_SYS(socket), 1, {INT_IS(0, AF_NETLINK)}},
	{ALLOW, SCMP_SYS(setsockopt), 2, {INT_IS(1, SOL_SOCKET), INT_IS(2, SO_RCVTIMEO)}},
	{ALLOW, SCMP_SYS(setsockopt), 2, {INT_IS(1, SOL_SOCKET), INT_IS(2, SO_SNDTIMEO)}},
	{ALLOW, SCMP_SYS(setsockopt), 2, {INT_IS(1, SOL_SOCKET), INT_IS(2, SO_KEEPALIVE)}},
	{ALLOW, SCMP_SYS(setsockopt), 2, {INT_IS(1, IPPROTO_TCP), INT_IS(2, TCP_NODELAY)}},
	{ALLOW, SCMP_SYS(setsockopt), 2, {INT_IS(1, IPPROTO_TCP), INT_IS(2, TCP_KEEPIDLE)}},
	{ALLOW, SCMP_SYS(setsockopt), 2, {INT_IS(1, IPPROTO_TCP), INT_IS(2, TCP_KEEPINTVL)}},
	{ALLOW, SCMP_SYS(setsockopt), 2, {INT_IS(1, IPPROTO_TCP), INT_IS(2, TCP_KEEPCNT)}},
	{ALLOW, SCMP_SYS(setsockopt), 2, {INT_IS(1, IPPROTO_TCP), INT_IS(2, TCP_USER_TIMEOUT)}},

	/* Packet sockets: the filter of a reloaded policy; promiscuous mode on an interface that
	 * came back; libpcap gives its ring back at the end. */
	{ALLOW, SCMP_SYS(setsockopt), 2, {INT_IS(1, SOL_SOCKET), INT_IS(2, SO_ATTACH_FILTER)}},
	{ALLOW, SCMP_SYS(setsockopt), 2, {INT_IS(1, SOL_SOCKET), INT_IS(2, SO_DETACH_FILTER)}},
	{ALLOW, SCMP_SYS(setsockopt), 2, {INT_IS(1, SOL_PACKET), INT_IS(2, PACKET_ADD_MEMBERSHIP)}},
	{ALLOW, SCMP_SYS(setsockopt), 2,
		{INT_IS(1, SOL_PACKET), INT_IS(2, PACKET_DROP_MEMBERSHIP)}},
	{ALLOW, SCMP_SYS(setsockopt), 2, {INT_IS(1, SOL_PACKET), INT_IS(2, PACKET_RX_RING)}},
	{ALLOW, SCMP_SYS(ioctl), 1, {INT_IS(1, SIOCGIFFLAGS)}},
	{ALLOW, SCMP_SYS(ioctl), 1, {INT_IS(1, SIOCGIFHWADDR)}},
	{ALLOW, SCMP_SYS(ioctl), 1, {INT_IS(1, SIOCGIFINDEX)}},
	{ALLOW, SCMP_SYS(ioctl), 1, {INT_IS(1, SIOCGIFMTU)}},
	{ALLOW, SCMP_SYS(ioctl), 1, {INT_IS(1, SIOCGIFNAME)}},

	{ALLOW, SCMP_SYS(ioctl), 1, {INT_IS(1, FIONBIO)}},
	{ALLOW, SCMP_SYS(ioctl), 1, {INT_IS(1, FIONREAD)}},
	{ALLOW, SCMP_SYS(ioctl), 1, {INT_IS(1, TCGETS)}}, /* stdio: is this a terminal? */
	{ALLOW, SCMP_SYS(ioctl), 1, {INT_IS(1, TIOCGWINSZ)}},
	{ALLOW, SCMP_SYS(fcntl), 1, {INT_IS(1, F_GETFD)}},
	{ALLOW, SCMP_SYS(fcntl), 1, {INT_IS(1, F_SETFD)}},
	{ALLOW, SCMP_SYS(fcntl), 1, {INT_IS(1, F_GETFL)}},
	{ALLOW, SCMP_SYS(fcntl), 1, {INT_IS(1, F_SETFL)}},
	{ALLOW, SCMP_SYS(fcntl), 1, {INT_IS(1, F_ADD_SEALS)}},
	{ALLOW, SCMP_SYS(fcntl), 1, {INT_IS(1, F_GET_SEALS)}},

	/* Limits are read, not set. */
	{ALLOW, SCMP_SYS(prlimit64), 1, {{2, SCMP_CMP_EQ, 0, 0}}},
	{ALLOW, SCMP_SYS(prctl), 1, {INT_IS(0, PR_SET_NAME)}},
	{ALLOW, SCMP_SYS(prctl), 1, {INT_IS(0, PR_SET_VMA)}}, /* newer malloc names its arenas */
};

static const int plain_calls[] = {
#define CALL(name) SCMP_SYS(name),
#include "sensor/confine/calls.def"
#undef CALL
};

/* What sends on a descriptor that is its first argument. sendmsg and its kin are refused: they
 * could also pass a packet socket on under another number. */
static const int sending_calls[] = {SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(sendto)};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int add(
	scmp_filter_ctx ctx, uint32_t action, int call, unsigned n, const struct scmp_arg_cmp *args)
{
	int rc = seccomp_rule_add_array(ctx, action, call, n, args);

	/* the same rule twice: two names of one number */
	return rc == -EEXIST ? 0 : rc;
}

/* Allows CALL on every descriptor whose upper bits are those of PREFIX (LOW_BITS below are free),
 * but for the packet sockets. The complement of a set as blocks of a power of two: each block is
 * one comparison of the lower half, which no upper half of the register gets around. */
static int allow_but_capture(scmp_filter_ctx ctx, int call, const struct sandbox_config *cfg,
	uint32_t prefix, unsigned low_bits)
{
	struct scmp_arg_cmp block = BITS_ARE(0, ~(uint32_t)0 << low_bits, prefix);
	bool taken = false;
	int rc;

	for (size_t i = 0; i < cfg->n_capture_fds; i++)
		taken = taken || (uint32_t)cfg->capture_fds[i] >> low_bits == prefix >> low_bits;
	if (!taken)
		return add(ctx, ALLOW, call, 1, &block);
	if (low_bits == 0)
		return 0;
	low_bits--;
	rc = allow_but_capture(ctx, call, cfg, prefix, low_bits);
	return rc < 0 ? rc
		      : allow_but_capture(
				ctx, call, cfg, prefix | (uint32_t)1 << low_bits, low_bits);
}

/* What SQLite does to a database and its log that are open: nothing else may be. */
static int allow_file(scmp_filter_ctx ctx, int fd)
{
	static const int calls[] = {
		SCMP_SYS(pwrite64), SCMP_SYS(ftruncate), SCMP_SYS(fdatasync), SCMP_SYS(fsync)};
	struct scmp_arg_cmp file = INT_IS(0, fd);
	struct scmp_arg_cmp lock[] = {file, INT_IS(1, F_SETLK)};
	int rc = 0;

	for (size_t i = 0; i < COUNT(calls) && rc == 0; i++)
		rc = add(ctx, ALLOW, calls[i], 1, &file);
	return rc < 0 ? rc : add(ctx, ALLOW, SCMP_SYS(fcntl), 2, lock);
}

static int add_descriptors(scmp_filter_ctx ctx, const struct sandbox_config *cfg)
{
	int rc = 0;

	for (size_t i = 0; i < COUNT(sending_calls) && rc == 0; i++)
		rc = allow_but_capture(ctx, sending_calls[i], cfg, 0, FD_BITS);
	for (size_t i = 0; i < cfg->n_capture_fds && rc == 0; i++)
		rc = add(ctx, ALLOW, SCMP_SYS(bind), 1,
			&(struct scmp_arg_cmp)INT_IS(0, cfg->capture_fds[i]));
	for (size_t i = 0; i < cfg->n_file_fds && rc == 0; i++)
		rc = allow_file(ctx, cfg->file_fds[i]);
	if (rc == 0 && cfg->control_fd >= 0)
		rc = add(ctx, ALLOW, SCMP_SYS(accept4), 1,
			&(struct scmp_arg_cmp)INT_IS(0, cfg->control_fd));
	return rc;
}

/* abort and raise: signals to ourselves only. */
static int add_own_signals(scmp_filter_ctx ctx)
{
	struct scmp_arg_cmp self = INT_IS(0, getpid());
	int rc = add(ctx, ALLOW, SCMP_SYS(tgkill), 1, &self);

	return rc < 0 ? rc : add(ctx, ALLOW, SCMP_SYS(kill), 1, &self);
}

static int build(scmp_filter_ctx ctx, const struct sandbox_config *cfg)
{
	int rc = 0;

	for (size_t i = 0; i < COUNT(plain_calls) && rc == 0; i++)
		rc = add(ctx, ALLOW, plain_calls[i], 0, NULL);
	for (size_t i = 0; i < COUNT(rules) && rc == 0; i++)
		rc = add(ctx, rules[i].action, rules[i].call, rules[i].n_args, rules[i].args);
	if (rc == 0)
		rc = add_descriptors(ctx, cfg);
	return rc < 0 ? rc : add_own_signals(ctx);
}

static int load(const struct sandbox_config *cfg, struct error *err)
{
	static const struct {
		enum scmp_filter_attr attr;
		uint32_t value;
	} attributes[] = {
		{SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS},
		{SCMP_FLTATR_CTL_TSYNC, 1}, /* every thread */
		{SCMP_FLTATR_CTL_LOG, 1},   /* refusals go to the audit log */
	};
	scmp_filter_ctx ctx = seccomp_init(TRAP);
	int rc = ctx ? 0 : -ENOMEM;

	for (size_t i = 0; i < COUNT(attributes) && rc == 0; i++)
		rc = seccomp_attr_set(ctx, attributes[i].attr, attributes[i].value);
	if (rc == 0)
		rc = build(ctx, cfg);
	if (rc == 0)
		rc = seccomp_load(ctx);
	if (ctx)
		seccomp_release(ctx);
	if (rc < 0)
		return error_set_errno(err, ERR_SYSTEM, -rc,
			"the system call filter cannot be installed (a kernel with seccomp and "
			"no-new-privileges is needed; --no-sandbox runs without)");
	return 0;
}

/* ---- reading back ---- */

/* The number behind NAME ("Seccomp:\t") in TEXT; -1 when it is not there. */
static long status_value(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at ? strtol(at + strlen(name), NULL, 10) : -1;
}

/* 0: the thread is confined, or has ended. */
static int check_thread(const char *id, struct error *err)
{
	char path[64];
	char text[4096];
	size_t len;
	FILE *file;

	if (snprintf(path, sizeof(path), "/proc/self/task/%s/status", id) >= (int)sizeof(path))
		return error_set(err, ERR_SYSTEM, "%s is no thread", id);
	file = fopen(path, "re");
	if (!file && errno == ENOENT)
		return 0;
	if (!file)
		return error_set_errno(err, ERR_SYSTEM, errno, "cannot read %s", path);
	len = fread(text, 1, sizeof(text) - 1, file);
	text[len] = '\0';
	(void)fclose(file);
	if (len == 0)
		return 0;
	if (status_value(text, "\nSeccomp:\t") != SECCOMP_MODE_FILTER ||
		status_value(text, "\nNoNewPrivs:\t") != 1)
		return error_set(err, ERR_SYSTEM,
			"the system call filter was installed, but thread %s is not under it", id);
	return 0;
}

static int check_threads(struct error *err)
{
	DIR *tasks = opendir("/proc/self/task");
	int rc = 0;

	if (!tasks)
		return error_set_errno(err, ERR_SYSTEM, errno,
			"cannot check the threads' confinement in /proc/self/task; mount /proc");
	for (const struct dirent *e = readdir(tasks); e && rc == 0; e = readdir(tasks)) {
		if (e->d_name[0] != '.')
			rc = check_thread(e->d_name, err);
	}
	closedir(tasks);
	return rc;
}

#if defined(__SANITIZE_ADDRESS__)
#define HAVE_LEAK_CHECK
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAVE_LEAK_CHECK
#endif
#endif

#ifdef HAVE_LEAK_CHECK
static bool confined;

/* AddressSanitizer asks this at the end: looking for leaks takes a process of its own that stops
 * this one, which the filter refuses. A process that was not confined is looked through as ever. */
__attribute__((visibility("default"))) int __lsan_is_turned_off(void);

int __lsan_is_turned_off(void)
{
	return confined;
}
#endif

int sandbox_enter(const struct sandbox_config *cfg, struct error *err)
{
	int rc;

	if (cfg->n_capture_fds > SANDBOX_MAX_CAPTURE_FDS)
		return error_set(err, ERR_USAGE,
			"%zu packet sockets; the sandbox takes %d: name fewer interfaces or make "
			"smaller fanout groups",
			cfg->n_capture_fds, SANDBOX_MAX_CAPTURE_FDS);
	rc = refusal_handle(err);
	if (rc == 0)
		rc = load(cfg, err);
#ifdef HAVE_LEAK_CHECK
	confined = rc == 0;
#endif
	if (rc == 0)
		rc = check_threads(err);
	return rc;
}
