/* What a confined process may still do and what ends it: each in a process of its own. */
#include "sensor/confine/sandbox.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/spool_fixture.h"
#include "tests/unit/suite.h"

enum {
	CAPTURE_FD = 40,
	CAPTURE_FD_2 = 43,
	CONTROL_FD = 50,
	OTHER_FD = 41,
	FILE_FD = 60,
	TEXT_BYTES = 512
};

typedef int deed(void); /* 0: as it should be */

/* A child: descriptors of known numbers, then confined, then DEED. Its wait status; what it said
 * goes to TEXT. */
static int confined(deed *what, char *text)
{
	static const int capture[] = {CAPTURE_FD, CAPTURE_FD_2}, file = FILE_FD;
	struct sandbox_config cfg = {.capture_fds = capture,
		.n_capture_fds = 2,
		.file_fds = &file,
		.n_file_fds = 1,
		.control_fd = CONTROL_FD};
	int out[2];
	int status = -1;
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	ck_assert_int_eq(pipe(out), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		struct error err = {ERR_OK, ""};
		int pair[2], control;

		dup2(out[1], STDERR_FILENO);
		/* stream pairs in place of packet sockets: those need root */
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
			_exit(90);
		dup2(pair[0], CAPTURE_FD);
		dup2(pair[0], CAPTURE_FD_2);
		dup2(pair[1], OTHER_FD);
		control = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		dup2(control, CONTROL_FD);
		dup2(memfd_create("file", 0), FILE_FD);
		if (sandbox_enter(&cfg, &err) < 0) {
			dprintf(STDERR_FILENO, "%s\n", err.msg);
			_exit(91);
		}
		_exit(what());
	}
	close(out[1]);
	while (len < TEXT_BYTES - 1 && (n = read(out[0], text + len, TEXT_BYTES - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	close(out[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

/* ---- allowed ---- */

static int reads_files(void)
{
	char buf[64];
	int fd = open("/etc/hostname", O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int dir = open("/etc", O_RDONLY | O_DIRECTORY);
	FILE *file = fopen("/proc/self/status", "re");
	struct stat st;
	bool good = fd >= 0 && read(fd, buf, sizeof(buf)) > 0 && dir >= 0 && file &&
		    fgets(buf, sizeof(buf), file) && stat("/etc", &st) == 0 &&
		    lseek(fd, 0, SEEK_SET) == 0 && access("/etc", R_OK) == 0;

	if (file)
		fclose(file);
	return !good;
}

static int seals_memory(void)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	void *at;

	if (fd < 0 || write(fd, "abc", 3) != 3 ||
		fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) <
			0)
		return 1;
	at = mmap(NULL, 3, PROT_READ, MAP_PRIVATE, fd, 0);
	return at == MAP_FAILED || memcmp(at, "abc", 3) != 0;
}

static int allocates_and_waits(void)
{
	static const struct timespec nap = {.tv_nsec = 1000000};
	char *small = malloc(1000);
	char *large = malloc(64 << 20);

	if (!small || !large)
		return 1;
	large[5 << 20] = 1;
	large = realloc(large, 128 << 20);
	free(large);
	free(small);
	return nanosleep(&nap, NULL) != 0 || time(NULL) < 1000000000;
}

static int connects_to_redis(void)
{
	struct timeval wait = {.tv_sec = 1};
	struct sockaddr_in addr = {.sin_family = AF_INET,
		.sin_port = htons(1),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
	int six = socket(AF_INET6, SOCK_STREAM, 0);
	int local = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || local < 0 || (six < 0 && errno != EAFNOSUPPORT) ||
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) < 0 ||
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) < 0)
		return 1;
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 && errno != ECONNREFUSED &&
		errno != EINPROGRESS)
		return 2;
	return 0;
}

static int sends_to_others(void)
{
	return write(OTHER_FD, "a", 1) != 1 || send(OTHER_FD, "b", 1, MSG_NOSIGNAL) != 1 ||
	       dprintf(STDERR_FILENO, "said\n") != 5;
}

static int accepts_on_control(void)
{
	/* it does not listen: the call goes through and says so */
	return !(accept4(CONTROL_FD, NULL, NULL, SOCK_CLOEXEC) < 0 && errno == EINVAL);
}

static int reads_and_binds_capture(void)
{
	struct sockaddr_un none = {.sun_family = AF_INET};
	char byte;

	if (write(OTHER_FD, "x", 1) != 1 || recv(CAPTURE_FD, &byte, 1, 0) != 1)
		return 1;
	return !(bind(CAPTURE_FD_2, (struct sockaddr *)&none, sizeof(none)) < 0 && errno == EINVAL);
}

static void *nothing(void *arg)
{
	return arg;
}

static int writes_to_its_file(void)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};

	if (pwrite(FILE_FD, "abc", 3, 100) != 3 || fdatasync(FILE_FD) < 0 || fsync(FILE_FD) < 0)
		return 1;
	return ftruncate(FILE_FD, 10) < 0 || fcntl(FILE_FD, F_SETLK, &lock) < 0;
}

static int is_told_no(void)
{
	pthread_t thread;
	void *at = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at != MAP_FAILED || errno != EPERM)
		return 1;
	if (pthread_create(&thread, NULL, nothing, NULL) != EPERM)
		return 4;
	if (socket(AF_INET, SOCK_DGRAM, 0) >= 0 || errno != EACCES)
		return 2;
	if (socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0) >= 0 || errno != EACCES)
		return 3;
	return !(socket(AF_NETLINK, SOCK_RAW, 0) < 0 && errno == EACCES);
}

static int ends_itself(void)
{
	return raise(SIGUSR1); /* Check has handlers of its own for SIGTERM */
}

struct allowed {
	const char *name;
	deed *what;
};

static const struct allowed all_allowed[] = {{"files", reads_files}, {"memfd", seals_memory},
	{"memory", allocates_and_waits}, {"redis", connects_to_redis}, {"send", sends_to_others},
	{"accept", accepts_on_control}, {"capture", reads_and_binds_capture},
	{"file", writes_to_its_file}, {"errno", is_told_no}};

START_TEST(allows)
{
	const struct allowed *one = &all_allowed[_i];
	char text[TEXT_BYTES];
	int status = confined(one->what, text);

	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: status %#x: %s",
		one->name, status, text);
}
END_TEST

START_TEST(ends_by_its_own_signal)
{
	char text[TEXT_BYTES];
	int status = confined(ends_itself, text);

	ck_assert_msg(
		WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1, "status %#x: %s", status, text);
}
END_TEST

/* ---- refused ---- */

static int runs_program(void)
{
	return execl("/bin/true", "true", (char *)NULL);
}

static int forks(void)
{
	return fork() >= 0;
}

static int traces(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
}

static int opens_to_write(void)
{
	return open("/dev/null", O_WRONLY) >= 0;
}

static int opens_to_read_and_write(void)
{
	return open("/dev/null", O_RDWR | O_CLOEXEC) >= 0;
}

static int creates(void)
{
	return open("/tmp/vedette-test-sandbox", O_RDONLY | O_CREAT, 0600) >= 0;
}

static int truncates(void)
{
	return open("/dev/null", O_RDONLY | O_TRUNC) >= 0;
}

static int opens_packet_socket(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0) >= 0;
}

static int opens_raw_socket(void)
{
	return socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) >= 0;
}

static int listens(void)
{
	return listen(socket(AF_INET, SOCK_STREAM, 0), 1) == 0;
}

static int binds(void)
{
	struct sockaddr_in any = {.sin_family = AF_INET};

	return bind(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&any, sizeof(any)) == 0;
}

static int accepts_elsewhere(void)
{
	return accept4(OTHER_FD, NULL, NULL, 0) >= 0;
}

static int writes_to_capture(void)
{
	return write(CAPTURE_FD, "x", 1) == 1;
}

static int sends_to_capture(void)
{
	return send(CAPTURE_FD_2, "x", 1, 0) == 1;
}

static int passes_the_comparison(void)
{
	/* the kernel reads 32 bits of the descriptor, the register has 64 */
	return syscall(SYS_write, (long)((uint64_t)1 << 32 | CAPTURE_FD), "x", 1L) == 1;
}

static int duplicates_capture(void)
{
	return dup(CAPTURE_FD) >= 0;
}

static int duplicates_by_fcntl(void)
{
	return fcntl(CAPTURE_FD, F_DUPFD, 100) >= 0;
}

static int sends_message(void)
{
	struct iovec part = {.iov_base = (char[]){"x"}, .iov_len = 1};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	return sendmsg(OTHER_FD, &message, 0) == 1;
}

static int makes_executable(void)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(at, 4096, PROT_READ | PROT_EXEC) == 0;
}

static int kills_parent(void)
{
	return kill(getppid(), 0) == 0;
}

static int types_into_terminal(void)
{
	return ioctl(STDERR_FILENO, TIOCSTI, "x") == 0;
}

static int becomes_traceable(void)
{
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0;
}

static int writes_elsewhere(void)
{
	return pwrite(OTHER_FD, "abc", 3, 0) == 3;
}

static int cuts_elsewhere(void)
{
	return ftruncate(OTHER_FD, 0) == 0;
}

static int locks_elsewhere(void)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	return fcntl(OTHER_FD, F_SETLK, &lock) == 0;
}

static int duplicates_its_file(void)
{
	return fcntl(FILE_FD, F_DUPFD, 100) >= 0;
}

static int changes_file(void)
{
	return chmod("/tmp/vedette-test-sandbox", 0777) == 0;
}

static int makes_namespace(void)
{
	return unshare(CLONE_NEWUSER) == 0;
}

struct refused {
	const char *call; /* as the message names it; another architecture may say otherwise */
	deed *what;
};

static const struct refused all_refused[] = {{"execve", runs_program}, {"clone", forks},
	{"ptrace", traces}, {"openat", opens_to_write}, {"openat", opens_to_read_and_write},
	{"openat", creates}, {"openat", truncates}, {"socket", opens_packet_socket},
	{"socket", opens_raw_socket}, {"listen", listens}, {"bind", binds},
	{"accept4", accepts_elsewhere}, {"write", writes_to_capture}, {"sendto", sends_to_capture},
	{"write", passes_the_comparison}, {"dup", duplicates_capture},
	{"fcntl", duplicates_by_fcntl}, {"sendmsg", sends_message}, {"mprotect", makes_executable},
	{"kill", kills_parent}, {"ioctl", types_into_terminal}, {"prctl", becomes_traceable},
	{"pwrite64", writes_elsewhere}, {"ftruncate", cuts_elsewhere}, {"fcntl", locks_elsewhere},
	{"fcntl", duplicates_its_file}, {"chmod", changes_file}, {"unshare", makes_namespace}};

START_TEST(refuses)
{
	const struct refused *one = &all_refused[_i];
	char text[TEXT_BYTES], want[64];
	int status = confined(one->what, text);

	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, "%s: status %#x: %s",
		one->call, status, text);
	snprintf(want, sizeof(want), "refused the system call %s ", one->call);
	ck_assert_msg(strstr(text, want) != NULL, "%s: said: %s", one->call, text);
}
END_TEST

/* ---- the spool ---- */

/* A spool that is opened, confined, filled until it evicts, written back, and closed: new, and as
 * a process left it. */
START_TEST(spools)
{
	static struct spool_fixture f;
	struct error err = {ERR_OK, ""};

	fixture_begin(&f);
	f.cfg.max_bytes = SPOOL_MIN_BYTES;
	f.cfg.keep_ms = 10;
	for (int round = 0; round < 2; round++) {
		int status = -1;
		pid_t pid = fork();

		if (pid == 0) {
			struct spool *s = fixture_open(&f, NULL);
			int fds[SPOOL_DESCRIPTORS];
			struct sandbox_config cfg = {.file_fds = fds, .control_fd = -1};

			cfg.n_file_fds = spool_descriptors(s, fds);
			if (cfg.n_file_fds != SPOOL_DESCRIPTORS || sandbox_enter(&cfg, NULL) < 0)
				_exit(90);
			for (uint64_t i = 0; i < 40; i++) {
				if (fixture_add(s, i * 100, 100, 1 + i % 5, 3000, i, &err) < 0)
					_exit(91);
				if (i % 2)
					fixture_confirm(s, i * 20, i);
			}
			if (round == 0)
				_exit(0);
			spool_close(s);
			_exit(0);
		}
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %#x", status);
	}
	fixture_end(&f);
}
END_TEST

/* ---- all threads ---- */

struct waiting {
	pthread_barrier_t begun;
	pthread_mutex_t held;
};

static void *wait_then_break_out(void *arg)
{
	struct waiting *w = arg;

	pthread_barrier_wait(&w->begun);
	pthread_mutex_lock(&w->held);
	_exit(open("/dev/null", O_WRONLY) >= 0 ? 80 : 81);
}

START_TEST(covers_threads_that_were_there)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		struct sandbox_config cfg = {.control_fd = -1};
		struct waiting w = {.held = PTHREAD_MUTEX_INITIALIZER};
		pthread_t thread;

		close(STDERR_FILENO);
		pthread_barrier_init(&w.begun, NULL, 2);
		pthread_mutex_lock(&w.held);
		pthread_create(&thread, NULL, wait_then_break_out, &w);
		pthread_barrier_wait(&w.begun);
		if (sandbox_enter(&cfg, NULL) < 0)
			_exit(91);
		pthread_mutex_unlock(&w.held);
		pthread_join(thread, NULL);
		_exit(92);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, "status %#x", status);
}
END_TEST

START_TEST(refuses_too_many_sockets)
{
	static const int fds[SANDBOX_MAX_CAPTURE_FDS + 1];
	struct sandbox_config cfg = {
		.capture_fds = fds, .n_capture_fds = SANDBOX_MAX_CAPTURE_FDS + 1, .control_fd = -1};
	struct error err;

	ck_assert_int_eq(sandbox_enter(&cfg, &err), ERR_USAGE);
	ck_assert_int_eq(prctl(PR_GET_SECCOMP, 0, 0, 0, 0), 0);
}
END_TEST

/* The worst case of descriptors that are far apart still fits into a filter. */
START_TEST(takes_scattered_sockets)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		int fds[SANDBOX_MAX_CAPTURE_FDS];
		struct sandbox_config cfg = {.capture_fds = fds,
			.n_capture_fds = SANDBOX_MAX_CAPTURE_FDS,
			.control_fd = 500};
		struct error err;

		for (int i = 0; i < SANDBOX_MAX_CAPTURE_FDS; i++)
			fds[i] = 7 + 13 * i;
		if (sandbox_enter(&cfg, &err) < 0) {
			dprintf(STDERR_FILENO, "%s\n", err.msg);
			_exit(1);
		}
		_exit(write(STDERR_FILENO, "", 0) != 0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %#x", status);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_loop_test(tc, allows, 0, sizeof(all_allowed) / sizeof(all_allowed[0]));
	tcase_add_loop_test(tc, refuses, 0, sizeof(all_refused) / sizeof(all_refused[0]));
	tcase_add_test(tc, ends_by_its_own_signal);
	tcase_add_test(tc, spools);
	tcase_add_test(tc, covers_threads_that_were_there);
	tcase_add_test(tc, refuses_too_many_sockets);
	tcase_add_test(tc, takes_scattered_sockets);
}

int main(void)
{
	return suite_main("sandbox", add_tests);
}
