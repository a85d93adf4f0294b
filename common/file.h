/* Whole small files (policies, rules, lists), and folders. */
#pragma once

#include <stddef.h>

#include "common/error.h"

/* The file's bytes with a NUL behind them (which *ret_len does not count); the caller frees. NULL
 * with *err when it cannot be read or is larger than MAX_BYTES. A directory, a device or a socket
 * is refused. */
char *file_read(const char *path, size_t max_bytes, size_t *ret_len, struct error *err);

/* Paths of the regular files below DIR whose names end with SUFFIX (letters without case), sorted
 * by byte order. Names that begin with a dot are left out; symbolic links to directories are not
 * followed. More than MAX files, or folders more than 16 deep, are an error. Returns their number
 * or a negative code. Free with file_list_free. */
int file_list(
	const char *dir, const char *suffix, size_t max, char ***ret_paths, struct error *err);
void file_list_free(char **paths, int n);

/* Puts TEXT in the place of the file PATH, which readers see whole, old or new. What a symbolic
 * link points to is replaced, and its mode kept; a new file gets 0644 less the umask. 0, or
 * ERR_SYSTEM. */
int file_replace(const char *path, const char *text, size_t len, struct error *err);

/* After the file PATH, shorter than PATH_MAX, was made or renamed: a power cut does not take its
 * name any more, where the file system can promise that. */
void file_keep_name(const char *path);

/* Makes the folder PATH and those above it that are missing, mode 0700. 0, or ERR_SYSTEM. */
int file_make_dirs(const char *path, struct error *err);
