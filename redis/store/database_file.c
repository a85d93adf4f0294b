/* Database files as files: who has them, what they are, where they go. */
#include "redis/store/database.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/str.h"

enum {
	IDENTIFY_BYTES = 1 << 20, /* where the marker is looked for */
	HEADER_BYTES = 100,
	USER_VERSION_AT = 60,
	APPLICATION_ID_AT = 68,
	MOVED_MAX = 10000,
};

/* ---- the lock ---- */

/* Who wrote his number into the lock's file; 0: nobody says. */
static long holder(int fd)
{
	char text[32];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return strtol(text, NULL, 10);
}

static int in_use(const char *path, const char *what, int fd, struct error *err)
{
	char name[DATABASE_PATH_BYTES];

	return error_set(err, ERR_SYSTEM,
		"the %s %s is in use by another process (%ld): stop that one, or use another name "
		"or state directory",
		what, str_printable(name, sizeof(name), str_from(path)), holder(fd));
}

int database_lock(const char *path, const char *what, int *ret_fd, enum database_state *ret_state,
	struct error *err)
{
	char name[DATABASE_PATH_BYTES], text[32];
	struct stat have, want;
	int fd, len, rc;

	*ret_fd = -1;
	*ret_state = DATABASE_UNWRITABLE;
	if (snprintf(name, sizeof(name), "%s-lock", path) >= (int)sizeof(name))
		return error_set(err, ERR_SYSTEM, "the path of the %s is too long", what);
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
	if (fd < 0)
		return error_set_errno(err, ERR_SYSTEM, errno,
			"the %s cannot be written: %s cannot be made; give its user the right to "
			"write there and see that the disk is not mounted read-only",
			what, name);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		*ret_state = errno == EWOULDBLOCK ? DATABASE_REFUSED : DATABASE_UNWRITABLE;
		rc = errno == EWOULDBLOCK
			     ? in_use(path, what, fd, err)
			     : error_set_errno(err, ERR_SYSTEM, errno, "cannot lock %s", name);
		close(fd);
		return rc;
	}
	/* Its former holder may have removed it meanwhile. */
	if (fstat(fd, &have) < 0 || stat(name, &want) < 0 || have.st_ino != want.st_ino ||
		have.st_dev != want.st_dev) {
		close(fd);
		return error_set(err, ERR_SYSTEM, "%s has just been removed: try again", name);
	}
	/* Whose it is only serves the message: a full disk does not matter. */
	len = snprintf(text, sizeof(text), "%-30ld\n", (long)getpid());
	(void)!pwrite(fd, text, (size_t)len, 0);
	*ret_fd = fd;
	*ret_state = DATABASE_OK;
	return 0;
}

void database_unlock(const char *path, int fd)
{
	char name[DATABASE_PATH_BYTES];

	if (fd < 0)
		return;
	if (snprintf(name, sizeof(name), "%s-lock", path) < (int)sizeof(name))
		(void)unlink(name);
	close(fd);
}

int database_lock_shared(const char *path, const char *what, int *ret_fd,
	enum database_state *ret_state, struct error *err)
{
	char name[DATABASE_PATH_BYTES];
	int fd, rc;

	*ret_fd = 0;
	*ret_state = DATABASE_OK;
	if (snprintf(name, sizeof(name), "%s-lock", path) >= (int)sizeof(name))
		return error_set(err, ERR_SYSTEM, "the path of the %s is too long", what);
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
	if (fd < 0)
		return 0;
	if (flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
		*ret_state = DATABASE_REFUSED;
		rc = in_use(path, what, fd, err);
		close(fd);
		return rc;
	}
	*ret_fd = fd;
	return 0;
}

/* ---- what it is ---- */

static bool header_is_ours(const uint8_t *data, size_t len, uint32_t application_id)
{
	const uint8_t *id = data + APPLICATION_ID_AT;

	return len >= HEADER_BYTES && memcmp(data, "SQLite format 3", 16) == 0 &&
	       ((uint32_t)id[0] << 24 | (uint32_t)id[1] << 16 | (uint32_t)id[2] << 8 | id[3]) ==
		       application_id;
}

/* One without tables, which nobody has marked yet. */
static bool is_empty_database(const uint8_t *data, size_t len)
{
	static const uint8_t nothing[4];

	return len > HEADER_BYTES + 8 && memcmp(data, "SQLite format 3", 16) == 0 &&
	       memcmp(data + APPLICATION_ID_AT, nothing, 4) == 0 &&
	       memcmp(data + USER_VERSION_AT, nothing, 4) == 0 &&
	       memcmp(data + HEADER_BYTES, "\x0d\0\0\0\0", 5) == 0;
}

int database_identify(const struct database_config *cfg, enum database_kind *ret, struct error *err)
{
	int fd = open(cfg->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	uint8_t *data;
	size_t len = 0;
	ssize_t n;
	struct stat st;

	*ret = DATABASE_NONE;
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0 || (data = malloc(IDENTIFY_BYTES)) == NULL) {
		error_set_errno(
			err, ERR_SYSTEM, errno, "cannot read the %s %s", cfg->what, cfg->path);
		if (fd >= 0)
			close(fd);
		return ERR_SYSTEM;
	}
	while (S_ISREG(st.st_mode) && len < IDENTIFY_BYTES &&
		(n = pread(fd, data + len, IDENTIFY_BYTES - len, (off_t)len)) > 0)
		len += (size_t)n;
	close(fd);
	if (!is_empty_database(data, len) && (len > 0 || !S_ISREG(st.st_mode)))
		*ret = header_is_ours(data, len, cfg->application_id) ||
				       memmem(data, len, cfg->marker, strlen(cfg->marker))
			       ? DATABASE_OURS
			       : DATABASE_FOREIGN;
	free(data);
	return 0;
}

/* ---- where it goes ---- */

static int rename_to(const char *from, const char *to, struct error *err)
{
	if (rename(from, to) < 0 && errno != ENOENT)
		return error_set_errno(err, ERR_SYSTEM, errno, "cannot rename %s to %s", from, to);
	return 0;
}

int database_move_aside(const char *path, const char *what, char *ret, struct error *err)
{
	char log[DATABASE_PATH_BYTES], to[DATABASE_PATH_BYTES];
	struct stat st;
	int rc = ERR_SYSTEM;

	for (int i = 1; i <= MOVED_MAX; i++) {
		if (snprintf(ret, DATABASE_PATH_BYTES, "%s.corrupt-%d", path, i) >=
				DATABASE_PATH_BYTES ||
			snprintf(to, sizeof(to), "%s-wal", ret) >= (int)sizeof(to) ||
			snprintf(log, sizeof(log), "%s-wal", path) >= (int)sizeof(log))
			return error_set(err, ERR_SYSTEM, "the path of the %s is too long", what);
		if (lstat(ret, &st) == 0 || errno != ENOENT)
			continue;
		rc = rename_to(path, ret, err);
		return rc < 0 ? rc : rename_to(log, to, err);
	}
	return error_set(
		err, rc, "too many damaged files beside %s: remove %s.corrupt-*", path, path);
}

/* ---- descriptors ---- */

/* The descriptor of this process that is open on PATH; -1: none. SQLite does not tell its own. */
static int find_descriptor(DIR *open_ones, const char *path)
{
	struct stat want, have;

	if (stat(path, &want) < 0)
		return -1;
	rewinddir(open_ones);
	for (const struct dirent *e = readdir(open_ones); e; e = readdir(open_ones)) {
		int fd = (int)strtol(e->d_name, NULL, 10);

		if (e->d_name[0] != '.' && fstat(fd, &have) == 0 && have.st_dev == want.st_dev &&
			have.st_ino == want.st_ino)
			return fd;
	}
	return -1;
}

uint32_t database_find_descriptors(const char *path, int *ret)
{
	char log[DATABASE_PATH_BYTES + 8];
	const char *const paths[DATABASE_DESCRIPTORS] = {path, log};
	DIR *open_ones = opendir("/proc/self/fd");
	uint32_t n = 0;

	(void)snprintf(log, sizeof(log), "%s-wal", path);
	for (size_t i = 0; i < DATABASE_DESCRIPTORS && open_ones; i++) {
		int fd = find_descriptor(open_ones, paths[i]);

		if (fd >= 0)
			ret[n++] = fd;
	}
	if (open_ones)
		closedir(open_ones);
	return n;
}
