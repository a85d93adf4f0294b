#include "capture/file/path_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/file.h"
#include "common/str.h"

enum { MAX_FILES_OF_A_FOLDER = 1000000 };

static const char *const packings[] = {".gz", ".zst"};
static const char *const formats[] = {".pcap", ".pcapng", ".cap"};

/* What a capture in a folder is known by. */
static const char *const capture_suffixes[] = {
	".pcap",
	".pcapng",
	".cap",
	".pcap.gz",
	".pcapng.gz",
	".cap.gz",
	".pcap.zst",
	".pcapng.zst",
	".cap.zst",
};

/* LEN of NAME without one of the N suffixes at its end. */
static size_t strip(const char *name, size_t len, const char *const *suffixes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct str suffix = str_from(suffixes[i]);

		if (str_ends_with_nocase((struct str){name, (uint32_t)len}, suffix))
			return len - suffix.len;
	}
	return len;
}

static size_t strip_packing(const char *name, size_t len)
{
	return strip(name, len, packings, sizeof(packings) / sizeof(packings[0]));
}

static size_t strip_format(const char *name, size_t len)
{
	return strip(name, len, formats, sizeof(formats) / sizeof(formats[0]));
}

static int append(struct path_list *list, const char *name, bool found, struct error *err)
{
	if (list->n == list->capacity) {
		const size_t capacity = list->capacity ? list->capacity * 2 : 16;
		struct path *grown = realloc(list->paths, capacity * sizeof(*grown));

		if (!grown)
			return error_set(
				err, ERR_SYSTEM, "no memory left for the list of captures");
		list->paths = grown;
		list->capacity = capacity;
	}
	list->paths[list->n] = (struct path){strdup(name), found};
	if (!list->paths[list->n].name)
		return error_set(err, ERR_SYSTEM, "no memory left for the list of captures");
	list->n++;
	return ERR_OK;
}

static int append_suffix(
	struct path_list *list, const char *dir, const char *suffix, struct error *err)
{
	char **files;
	const int n = file_list(dir, suffix, MAX_FILES_OF_A_FOLDER, &files, err);
	int rc = ERR_OK;

	if (n < 0) {
		if (err && err->code == ERR_CONFIG)
			err->code = ERR_INPUT;
		return err ? err->code : ERR_INPUT;
	}
	for (int i = 0; i < n && rc == ERR_OK; i++)
		rc = append(list, files[i], true, err);
	file_list_free(files, n);
	return rc;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct path *)a)->name, ((const struct path *)b)->name);
}

static int append_folder(struct path_list *list, const char *dir, struct error *err)
{
	const size_t before = list->n;

	for (size_t i = 0; i < sizeof(capture_suffixes) / sizeof(capture_suffixes[0]); i++) {
		const int rc = append_suffix(list, dir, capture_suffixes[i], err);

		if (rc < 0)
			return rc;
	}
	if (list->n == before)
		return error_set(err, ERR_INPUT,
			"%s: no captures below this folder: their names end with .pcap, .pcapng or "
			".cap, also "
			"with .gz or .zst behind; name other files one by one",
			dir);
	qsort(list->paths + before, list->n - before, sizeof(*list->paths), by_name);
	return ERR_OK;
}

int path_list_expand(struct path_list *list, const char *const *args, size_t n, struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		struct stat st;
		const bool folder =
			strcmp(args[i], "-") != 0 && stat(args[i], &st) == 0 && S_ISDIR(st.st_mode);
		const int rc = folder ? append_folder(list, args[i], err)
				      : append(list, args[i], false, err);

		if (rc < 0)
			return rc;
	}
	return ERR_OK;
}

void path_list_free(struct path_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->paths[i].name);
	free(list->paths);
	*list = (struct path_list){.paths = NULL};
}

void path_list_stem(const char *path, char *buf, size_t size)
{
	const char *slash = strrchr(path, '/');
	const char *base = strcmp(path, "-") == 0 ? "stdin" : slash ? slash + 1 : path;
	size_t len = strip_format(base, strip_packing(base, strlen(base)));

	if (len == 0) /* the name is nothing but suffixes */
		len = strlen(base);
	snprintf(buf, size, "%.*s", (int)len, base);
}
