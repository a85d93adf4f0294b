/* Gives away what only opening the sources needed: root, capabilities, and the way back to either.
 * Callers must hold to this order, since each step takes away what an earlier one needs:
 *   1. sockets and files opened that need root (packet sockets; control_open);
 *   2. privileges_own: the state directory handed to the user who will run;
 *   3. privileges_drop, while the process has one thread;
 *   4. the private Redis started: a child of ours, hence that user's, and it needs fork and exec;
 *   5. every thread started (later host names are found in /etc/hosts alone: no DNS);
 *   6. sandbox_enter (sandbox.h);
 *   7. the first packet read. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "common/error.h"

enum { PRIVILEGES_NAME_BYTES = 64 };

/* Who the process is to be. */
struct privileges_user {
	char name[PRIVILEGES_NAME_BYTES]; /* escaped; the number when it has no name */
	uid_t uid;
	gid_t gid;
	bool changes; /* we are root and become somebody else */
};

/* As root: the user NAME, or, with NULL, "vedette" when there is one, else "nobody". As anybody
 * else: who we are already; a NAME that is somebody else is then an error. Root itself is refused:
 * ERR_USAGE. */
int privileges_user_find(const char *name, struct privileges_user *ret, struct error *err);

/* Hands PATH and, when it is a directory, all that is below it to USER, if USER changes who we are;
 * else nothing. Symbolic links are neither followed nor handed over. What could hand over somebody
 * else's file is refused (ERR_SYSTEM) and nothing further is touched: an owner who is neither root
 * nor USER, a regular file under several names, another file system, folders more than 16 deep; so
 * is PATH itself when it is a directory of the system such as "/" or "/var/lib". */
int privileges_own(const struct privileges_user *user, const char *path, struct error *err);

struct privileges_config {
	const struct privileges_user *user;
	const char
		*state_dir; /* checked afterwards: USER must be able to write there; NULL: none */
};

/* For good: supplementary groups, group and user become USER's (when it changes); the inheritable,
 * permitted, effective, ambient and, where we may, bounding sets of capabilities become empty;
 * no-new-privileges is set; the process is no longer dumpable (no core file, no ptrace by the same
 * user). All of it is read back and root is tried for in vain before this returns 0.
 * Without CAP_SETPCAP the bounding set cannot be emptied; no-new-privileges makes it meaningless.
 * On an error (ERR_SYSTEM) the process may be halfway: end it. More than one thread is an error,
 * since capabilities are each thread's own. */
int privileges_drop(const struct privileges_config *cfg, struct error *err);
