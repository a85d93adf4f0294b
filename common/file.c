#include "common/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/str.h"

enum { MAX_DEPTH = 16, MAX_PATH_BYTES = 4096 };

/* Reads until the end or LIMIT + 1 bytes, which tells that there are too many. */
static char *read_fd(int fd, size_t limit, size_t *ret_len, int *ret_errno)
{
	size_t capacity = 4096;
	size_t len = 0;
	char *data = malloc(capacity);

	*ret_errno = ENOMEM;
	while (data) {
		ssize_t n = read(fd, data + len, capacity - len - 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			*ret_errno = errno;
			free(data);
			return NULL;
		}
		len += (size_t)n;
		if (n == 0 || len > limit)
			break;
		if (len + 1 == capacity) {
			char *larger = realloc(data, capacity * 2);

			if (!larger)
				free(data);
			data = larger;
			capacity *= 2;
		}
	}
	if (data) {
		data[len] = '\0';
		*ret_len = len;
	}
	return data;
}

char *file_read(const char *path, size_t max_bytes, size_t *ret_len, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	char *data;
	int errnum;

	if (fd < 0 && errno != ENXIO) { /* ENXIO: a socket */
		error_set_errno(err, ERR_CONFIG, errno, "%s cannot be opened", path);
		return NULL;
	}
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		if (fd >= 0)
			(void)close(fd);
		error_set(err, ERR_CONFIG, "%s is not a regular file", path);
		return NULL;
	}
	data = read_fd(fd, max_bytes, ret_len, &errnum);
	(void)close(fd);
	if (!data) {
		error_set_errno(err, errnum == ENOMEM ? ERR_SYSTEM : ERR_CONFIG, errnum,
			"%s cannot be read", path);
		return NULL;
	}
	if (*ret_len > max_bytes) {
		free(data);
		error_set(err, ERR_CONFIG,
			"%s is larger than the %zu bytes allowed for such a file", path, max_bytes);
		return NULL;
	}
	return data;
}

struct listing {
	const char *suffix;
	size_t max;
	char **paths;
	size_t n;
	struct error *err;
};

static int list_dir(struct listing *l, const char *dir, int depth);

static int add_path(struct listing *l, const char *path)
{
	char **paths;

	if (l->n == l->max)
		return error_set(l->err, ERR_CONFIG, "more than %zu files that end in %s", l->max,
			l->suffix);
	paths = realloc(l->paths, (l->n + 1) * sizeof(*paths));
	if (!paths)
		return error_set(l->err, ERR_SYSTEM, "not enough memory for a list of files");
	l->paths = paths;
	l->paths[l->n] = strdup(path);
	if (!l->paths[l->n])
		return error_set(l->err, ERR_SYSTEM, "not enough memory for a list of files");
	l->n++;
	return 0;
}

static int list_entry(struct listing *l, const char *dir, const char *name, int depth)
{
	char path[MAX_PATH_BYTES];
	struct stat st;
	size_t dir_len = strlen(dir);
	const char *slash = dir_len > 0 && dir[dir_len - 1] == '/' ? "" : "/";
	int n = snprintf(path, sizeof(path), "%s%s%s", dir, slash, name);

	if (n < 0 || (size_t)n >= sizeof(path))
		return error_set(l->err, ERR_CONFIG, "a path below %s is too long", dir);
	if (lstat(path, &st) != 0)
		return error_set_errno(l->err, ERR_CONFIG, errno, "%s cannot be read", path);
	if (S_ISDIR(st.st_mode))
		return list_dir(l, path, depth + 1);
	if (!str_ends_with_nocase(str_from(name), str_from(l->suffix)))
		return 0;
	if (S_ISLNK(st.st_mode) && stat(path, &st) != 0)
		return error_set_errno(l->err, ERR_CONFIG, errno, "%s cannot be read", path);
	return S_ISREG(st.st_mode) ? add_path(l, path) : 0;
}

static int list_dir(struct listing *l, const char *dir, int depth)
{
	DIR *d;
	int rc = 0;

	if (depth > MAX_DEPTH)
		return error_set(l->err, ERR_CONFIG,
			"folders below %s are nested more than %d deep", dir, MAX_DEPTH);
	d = opendir(dir);
	if (!d)
		return error_set_errno(l->err, ERR_CONFIG, errno, "folder %s cannot be read", dir);
	while (rc == 0) {
		const struct dirent *e;

		errno = 0;
		e = readdir(d);
		if (!e) {
			if (errno != 0)
				rc = error_set_errno(
					l->err, ERR_CONFIG, errno, "folder %s cannot be read", dir);
			break;
		}
		/* The folder itself, its parent, and what editors leave while they work. */
		if (e->d_name[0] != '.')
			rc = list_entry(l, dir, e->d_name, depth);
	}
	(void)closedir(d);
	return rc;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int file_list(const char *dir, const char *suffix, size_t max, char ***ret_paths, struct error *err)
{
	struct listing l = {.suffix = suffix, .max = max < INT32_MAX ? max : INT32_MAX, .err = err};
	int rc = list_dir(&l, dir, 0);

	if (rc != 0) {
		file_list_free(l.paths, (int)l.n);
		return rc;
	}
	if (l.n > 0)
		qsort(l.paths, l.n, sizeof(*l.paths), by_bytes);
	*ret_paths = l.paths;
	return (int)l.n;
}

void file_list_free(char **paths, int n)
{
	for (int i = 0; i < n; i++)
		free(paths[i]);
	free(paths);
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		const ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		text += n;
		len -= (size_t)n;
	}
	return fsync(fd);
}

void file_keep_name(const char *path)
{
	char folder[PATH_MAX] = ".";
	char *slash;
	int fd;

	if (strchr(path, '/'))
		(void)snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	if (slash)
		slash[slash == folder] = '\0';
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)fsync(fd);
	(void)close(fd);
}

int file_replace(const char *path, const char *text, size_t len, struct error *err)
{
	char real[PATH_MAX], next[PATH_MAX];
	struct stat st;
	mode_t mode = 0644;
	int fd, rc;

	if (!realpath(path, real) && snprintf(real, sizeof(real), "%s", path) >= PATH_MAX)
		return error_set(err, ERR_SYSTEM, "the path %s is too long", path);
	if (stat(real, &st) == 0)
		mode = st.st_mode & 0777;
	if (snprintf(next, sizeof(next), "%s.new", real) >= PATH_MAX)
		return error_set(err, ERR_SYSTEM, "the path %s is too long", path);
	(void)unlink(next);
	fd = open(next, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0)
		return error_set_errno(err, ERR_SYSTEM, errno, "cannot write %s", next);
	rc = write_all(fd, text, len);
	if (close(fd) < 0 || rc < 0 || rename(next, real) < 0) {
		error_set_errno(err, ERR_SYSTEM, errno, "cannot write %s", real);
		(void)unlink(next);
		return err->code;
	}
	file_keep_name(real);
	return 0;
}

int file_make_dirs(const char *path, struct error *err)
{
	char part[PATH_MAX];
	const size_t len = strlen(path);

	if (len == 0 || len >= sizeof(part))
		return error_set(err, ERR_SYSTEM, "\"%s\" cannot name a folder", path);
	for (size_t i = 1; i <= len; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, 0700) < 0 && errno != EEXIST)
			return error_set_errno(err, ERR_SYSTEM, errno,
				"cannot make the state directory %s (choose another with --state)",
				part);
	}
	return 0;
}
