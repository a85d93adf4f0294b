#include "sensor/confine/privileges.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CAP_WORDS = _LINUX_CAPABILITY_U32S_3, CAP_MAX = 64, GROUPS_MAX = 256 };

/* ---- who ---- */

static bool is_root(void)
{
	uid_t real = 0, effective = 0, saved = 0;

	return getresuid(&real, &effective, &saved) < 0 || real == 0 || effective == 0 ||
	       saved == 0;
}

static int user_set(struct privileges_user *ret, const struct passwd *pw, struct error *err)
{
	if (pw->pw_uid == 0 || pw->pw_gid == 0)
		return error_set(err, ERR_USAGE,
			"the user %s is root or of root's group; name one that is neither with "
			"--user (useradd --system vedette makes one)",
			pw->pw_name);
	if (snprintf(ret->name, sizeof(ret->name), "%s", pw->pw_name) >= (int)sizeof(ret->name))
		return error_set(err, ERR_USAGE, "the name of user %s is longer than %zu bytes",
			pw->pw_name, sizeof(ret->name) - 1);
	ret->uid = pw->pw_uid;
	ret->gid = pw->pw_gid;
	return 0;
}

static int find_self(const char *name, struct privileges_user *ret, struct error *err)
{
	const struct passwd *pw = getpwuid(geteuid());

	ret->uid = geteuid();
	ret->gid = getegid();
	ret->changes = false;
	if (!pw ||
		snprintf(ret->name, sizeof(ret->name), "%s", pw->pw_name) >= (int)sizeof(ret->name))
		snprintf(ret->name, sizeof(ret->name), "%lu", (unsigned long)ret->uid);
	if (name && strcmp(name, ret->name) != 0)
		return error_set(err, ERR_USAGE,
			"only root can become the user %s; this is %s: leave --user out", name,
			ret->name);
	return 0;
}

int privileges_user_find(const char *name, struct privileges_user *ret, struct error *err)
{
	static const char *const usual[] = {"vedette", "nobody"};
	const struct passwd *pw;

	if (!is_root())
		return find_self(name, ret, err);
	ret->changes = true;
	if (name) {
		pw = getpwnam(name);
		if (!pw)
			return error_set(err, ERR_USAGE,
				"there is no user %s; make it (useradd --system %s) or name "
				"another with --user",
				name, name);
		return user_set(ret, pw, err);
	}
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		pw = getpwnam(usual[i]);
		if (pw)
			return user_set(ret, pw, err);
	}
	return error_set(err, ERR_USAGE,
		"there is neither a user vedette nor nobody to run as; make one: useradd --system "
		"vedette");
}

/* ---- giving away ---- */

/* Empties the bounding set. Sets *ret_left when that is not ours to do. */
static int drop_bounding(bool *ret_left, struct error *err)
{
	*ret_left = false;
	for (unsigned long cap = 0; cap < CAP_MAX; cap++) {
		int there = prctl(PR_CAPBSET_READ, cap, 0UL, 0UL, 0UL);

		if (there < 0)
			break; /* the kernel knows no more */
		if (there == 0 || prctl(PR_CAPBSET_DROP, cap, 0UL, 0UL, 0UL) == 0)
			continue;
		if (errno != EPERM)
			return error_set_errno(err, ERR_SYSTEM, errno,
				"cannot drop capability %lu from the bounding set", cap);
		*ret_left = true; /* no CAP_SETPCAP */
	}
	return 0;
}

static int become(const struct privileges_user *user, struct error *err)
{
	if (!user->changes)
		return 0;
	/* The user last: none of these could be called afterwards. */
	if (initgroups(user->name, user->gid) < 0)
		return error_set_errno(err, ERR_SYSTEM, errno,
			"cannot take the groups of the user %s", user->name);
	if (setresgid(user->gid, user->gid, user->gid) < 0)
		return error_set_errno(
			err, ERR_SYSTEM, errno, "cannot take the group of the user %s", user->name);
	if (setresuid(user->uid, user->uid, user->uid) < 0)
		return error_set_errno(
			err, ERR_SYSTEM, errno, "cannot become the user %s", user->name);
	return 0;
}

static int drop_capabilities(struct error *err)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[CAP_WORDS];

	memset(none, 0, sizeof(none));
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0UL, 0UL, 0UL) < 0)
		return error_set_errno(
			err, ERR_SYSTEM, errno, "cannot clear the ambient capabilities");
	if (syscall(SYS_capset, &header, none) < 0)
		return error_set_errno(err, ERR_SYSTEM, errno, "cannot clear the capabilities");
	return 0;
}

/* ---- reading back ---- */

static int left_over(struct error *err, const char *what)
{
	return error_set(err, ERR_SYSTEM,
		"privileges were dropped, but %s; the kernel or a security module interferes",
		what);
}

static int check_ids(const struct privileges_user *user, struct error *err)
{
	uid_t uid[3];
	gid_t gid[3];
	gid_t groups[GROUPS_MAX];
	int n = getgroups(GROUPS_MAX, groups);

	if (getresuid(&uid[0], &uid[1], &uid[2]) < 0 || getresgid(&gid[0], &gid[1], &gid[2]) < 0)
		return left_over(err, "the user cannot be read");
	for (size_t i = 0; i < 3; i++) {
		if (uid[i] != user->uid || uid[i] == 0)
			return left_over(err, "the user is another");
		if (user->changes && (gid[i] != user->gid || gid[i] == 0))
			return left_over(err, "the group is another");
	}
	if (setuid(0) == 0 || seteuid(0) == 0)
		return left_over(err, "root could be had back");
	if (!user->changes)
		return 0;
	if (n < 0)
		return error_set(err, ERR_SYSTEM, "the user %s is in more than %d groups",
			user->name, GROUPS_MAX);
	for (int i = 0; i < n; i++) {
		if (groups[i] == 0)
			return error_set(err, ERR_SYSTEM,
				"the user %s is in root's group; take it out, or name another with "
				"--user",
				user->name);
	}
	return setgid(0) == 0 ? left_over(err, "root's group could be had back") : 0;
}

static int check_capabilities(bool bounding_left, struct error *err)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct now[CAP_WORDS];

	if (syscall(SYS_capget, &header, now) < 0)
		return left_over(err, "the capabilities cannot be read");
	for (size_t i = 0; i < CAP_WORDS; i++) {
		if (now[i].effective != 0 || now[i].permitted != 0 || now[i].inheritable != 0)
			return left_over(err, "capabilities are left");
	}
	for (unsigned long cap = 0; cap < CAP_MAX; cap++) {
		int bound = prctl(PR_CAPBSET_READ, cap, 0UL, 0UL, 0UL);

		if (bound < 0)
			break;
		if (bound > 0 && !bounding_left)
			return left_over(err, "the bounding set is not empty");
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0UL, 0UL) > 0)
			return left_over(err, "ambient capabilities are left");
	}
	if (prctl(PR_GET_NO_NEW_PRIVS, 0UL, 0UL, 0UL, 0UL) != 1)
		return left_over(err, "no-new-privileges is not set");
	return prctl(PR_GET_DUMPABLE, 0UL, 0UL, 0UL, 0UL) != 0
		       ? left_over(err, "the process is still dumpable")
		       : 0;
}

static int check_threads(struct error *err)
{
#if !defined(__SANITIZE_THREAD__) /* its runtime has a thread of its own */
	DIR *tasks = opendir("/proc/self/task");
	int n = 0;

	if (!tasks)
		return error_set_errno(err, ERR_SYSTEM, errno,
			"cannot count threads in /proc/self/task; mount /proc");
	for (const struct dirent *e = readdir(tasks); e; e = readdir(tasks))
		n += e->d_name[0] != '.';
	closedir(tasks);
	if (n != 1)
		return error_set(err, ERR_SYSTEM,
			"privileges can only be dropped while there is one thread; there are %d",
			n);
#else
	(void)err;
#endif
	return 0;
}

int privileges_drop(const struct privileges_config *cfg, struct error *err)
{
	bool bounding_left = false;
	int rc = check_threads(err);

	if (rc == 0)
		rc = drop_bounding(&bounding_left, err);
	if (rc == 0)
		rc = become(cfg->user, err);
	if (rc == 0)
		rc = drop_capabilities(err);
	if (rc < 0)
		return rc;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) < 0)
		return error_set_errno(err, ERR_SYSTEM, errno, "cannot set no-new-privileges");
	if (prctl(PR_SET_DUMPABLE, 0UL, 0UL, 0UL, 0UL) < 0)
		return error_set_errno(
			err, ERR_SYSTEM, errno, "cannot make the process undumpable");
	rc = check_ids(cfg->user, err);
	if (rc == 0)
		rc = check_capabilities(bounding_left, err);
	if (rc == 0 && cfg->state_dir && access(cfg->state_dir, R_OK | W_OK | X_OK) < 0)
		rc = error_set_errno(err, ERR_SYSTEM, errno,
			"the user %s cannot work in the state directory %s; choose one that it can "
			"reach with --state, or another user with --user",
			cfg->user->name, cfg->state_dir);
	return rc;
}
