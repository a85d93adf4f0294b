#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sensor/confine/privileges.h"

enum { MAX_DEPTH = 16 };

struct walk {
	const struct privileges_user *user;
	dev_t device;
	bool apply; /* hand over; else only look whether all may be */
	char path[PATH_MAX];
	struct error *err;
};

static int refuse(const struct walk *w, const char *why)
{
	return error_set(w->err, ERR_SYSTEM,
		"%s %s, so it is not handed to the user %s; give the sensor a directory of its own "
		"with --state",
		w->path, why, w->user->name);
}

static int refuse_errno(const struct walk *w)
{
	return error_set_errno(
		w->err, ERR_SYSTEM, errno, "cannot hand %s to the user %s", w->path, w->user->name);
}

static int visit(struct walk *w, int dir_fd, const char *name, unsigned depth);

static int visit_folder(struct walk *w, int fd, unsigned depth)
{
	int list_fd = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = list_fd >= 0 ? fdopendir(list_fd) : NULL;
	size_t len = strlen(w->path);
	int rc = 0;

	if (!dir) {
		rc = refuse_errno(w);
		if (list_fd >= 0)
			close(list_fd);
		return rc;
	}
	for (const struct dirent *e = readdir(dir); e && rc == 0; e = readdir(dir)) {
		size_t left = sizeof(w->path) - len;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if ((size_t)snprintf(w->path + len, left, "/%s", e->d_name) >= left)
			rc = refuse(w, "has too long a path");
		else
			rc = visit(w, fd, e->d_name, depth + 1);
		if (rc == 0)
			w->path[len] = '\0';
	}
	closedir(dir);
	return rc;
}

/* What FD (O_PATH) refers to, whatever its name refers to by now. */
static int hand_over(struct walk *w, int fd, unsigned depth)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return refuse_errno(w);
	if (S_ISLNK(st.st_mode))
		return 0;
	if (depth == 0)
		w->device = st.st_dev;
	if (st.st_dev != w->device)
		return refuse(w, "is on another file system");
	if (st.st_uid != 0 && st.st_uid != w->user->uid)
		return refuse(w, "belongs to somebody else");
	if (S_ISREG(st.st_mode) && st.st_nlink > 1)
		return refuse(w, "is one file under several names");
	if (S_ISDIR(st.st_mode)) {
		int rc =
			depth < MAX_DEPTH ? visit_folder(w, fd, depth) : refuse(w, "lies too deep");

		if (rc < 0)
			return rc;
	}
	if (w->apply && fchownat(fd, "", w->user->uid, w->user->gid, AT_EMPTY_PATH) < 0)
		return refuse_errno(w);
	return 0;
}

static int visit(struct walk *w, int dir_fd, const char *name, unsigned depth)
{
	int fd = openat(dir_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	int rc;

	if (fd < 0 && errno == ENOENT && depth > 0)
		return 0; /* gone meanwhile */
	if (fd < 0)
		return refuse_errno(w);
	rc = hand_over(w, fd, depth);
	close(fd);
	return rc;
}

/* A directory that everybody may look into is the system's rather than ours; and so is what stands
 * right below the root. */
static int check_start(struct walk *w)
{
	struct stat st;

	if (stat(w->path, &st) < 0)
		return refuse_errno(w);
	if (!S_ISDIR(st.st_mode))
		return 0;
	if (strrchr(w->path, '/') == w->path)
		return refuse(w, "is a directory of the system");
	if (st.st_uid == 0 && (st.st_mode & 077) != 0)
		return error_set(w->err, ERR_SYSTEM,
			"others than root may look into %s, so it is not handed to the user %s; "
			"make it private first (chmod 700), or choose another with --state",
			w->path, w->user->name);
	return 0;
}

int privileges_own(const struct privileges_user *user, const char *path, struct error *err)
{
	struct walk w = {.user = user, .err = err};
	int rc;

	if (!user->changes)
		return 0;
	if (!realpath(path, w.path))
		return error_set_errno(
			err, ERR_SYSTEM, errno, "cannot hand %s to the user %s", path, user->name);
	rc = check_start(&w);
	if (rc == 0)
		rc = visit(&w, AT_FDCWD, w.path, 0);
	w.apply = true;
	if (rc == 0)
		rc = visit(&w, AT_FDCWD, w.path, 0);
	return rc;
}
