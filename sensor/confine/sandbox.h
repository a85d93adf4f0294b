/* Which system calls the process may still make [libseccomp]. An allow-list for all threads, for
 * good: memory that is not executable, waiting, clocks, reading files, reading and filtering the
 * packet sockets, connecting to Redis, writing the files that it was told of, answering on the
 * control socket, ending. No file is opened for writing, no program started, no thread or process
 * made, no listener, no packet, datagram or netlink socket; nothing is ever sent through a packet
 * socket. A refused call ends the process with SIGSYS, after one line on standard error that names
 * the call; calls that C libraries make as attempts only fail with an errno instead
 * (docs/operations.md has the list and how to diagnose). Threads must leave SIGSYS unblocked for
 * the line to appear. */
#pragma once

#include <stddef.h>

#include "common/error.h"

enum { SANDBOX_MAX_CAPTURE_FDS = 64 };

struct sandbox_config {
	/* Packet sockets: may be bound again and given another filter; never written to. Other
	 * descriptors may be written to, never bound. */
	const int *capture_fds;
	size_t n_capture_fds;
	/* Files that were opened to be written (the spool, what is saved): the only ones that may
	 * be written at an offset, cut, locked and put on the disk. */
	const int *file_fds;
	size_t n_file_fds;
	int control_fd; /* the one descriptor that connections are accepted on; -1: none */
};

/* After privileges_drop (privileges.h has the order) and after every thread has started. Installs
 * the handler of SIGSYS, loads the filter into all threads and reads back from
 * /proc/self/task/N/status that each has it. On an error (ERR_SYSTEM: the kernel has no seccomp, or
 * no no-new-privileges; ERR_USAGE: too many descriptors) the process is not confined: end it,
 * unless a person said --no-sandbox. */
int sandbox_enter(const struct sandbox_config *cfg, struct error *err);
