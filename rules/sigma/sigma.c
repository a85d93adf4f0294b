#include "rules/sigma/sigma.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "common/file.h"
#include "rules/sigma/build.h"
#include "rules/sigma/program.h"

enum { MAX_FILES = 200000, MAX_FILE_BYTES = 64 * 1024 * 1024 };

static bool is_test(struct str path)
{
	return str_ends_with_nocase(path, STR(".test.yml")) ||
	       str_ends_with_nocase(path, STR(".test.yaml"));
}

/* PATH without DIR: the same on every machine. */
static struct str within(const char *dir, const char *path)
{
	struct str prefix = str_from(dir);
	struct str whole = str_from(path);
	uint32_t at = 0;

	if (whole.len > prefix.len && memcmp(path, dir, prefix.len) == 0)
		at = prefix.len;
	while (at < whole.len && path[at] == '/')
		at++;
	return (struct str){path + at, whole.len - at};
}

static int add_file(struct sigma *s, const char *dir, const char *path, const struct lists *lists,
	struct error *err)
{
	size_t len;
	char *text;
	int rc;

	if (is_test(str_from(path)))
		return 0;
	text = file_read(path, MAX_FILE_BYTES, &len, err);
	if (!text)
		return err->code;
	rc = sigma_add(s, lists, path, within(dir, path), (struct str){text, (uint32_t)len}, err);
	free(text);
	return rc;
}

static bool is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* PATH alone, called as its folder calls it. */
static int add_one(struct sigma *s, const char *path, const struct lists *lists, struct error *err)
{
	const char *name = strrchr(path, '/');
	struct str dir = {path, name ? (uint32_t)(name - path) : 0};
	struct str folder = arena_str(s->arena, dir);

	return folder.data ? add_file(s, folder.data, path, lists, err)
			   : error_set(err, ERR_SYSTEM, "no memory for the rules");
}

/* Two sorted lists of paths as one. */
struct paths {
	char **yml, **yaml;
	int n_yml, n_yaml;
};

static int list_paths(const char *dir, struct paths *ret, struct error *err)
{
	ret->n_yml = file_list(dir, ".yml", MAX_FILES, &ret->yml, err);
	if (ret->n_yml < 0)
		return ret->n_yml;
	ret->n_yaml = file_list(dir, ".yaml", MAX_FILES, &ret->yaml, err);
	if (ret->n_yaml >= 0)
		return 0;
	file_list_free(ret->yml, ret->n_yml);
	return ret->n_yaml;
}

static int add_files(struct sigma *s, const char *dir, const struct lists *lists, struct error *err)
{
	struct paths paths;
	int i = 0;
	int j = 0;
	int rc = list_paths(dir, &paths, err);

	if (rc < 0)
		return rc;
	while (rc == 0 && (i < paths.n_yml || j < paths.n_yaml)) {
		const char *path;

		if (j == paths.n_yaml ||
			(i < paths.n_yml && strcmp(paths.yml[i], paths.yaml[j]) < 0))
			path = paths.yml[i++];
		else
			path = paths.yaml[j++];
		rc = add_file(s, dir, path, lists, err);
	}
	file_list_free(paths.yml, paths.n_yml);
	file_list_free(paths.yaml, paths.n_yaml);
	return rc;
}

struct sigma *sigma_open(
	const char *dir, const struct lists *lists, struct error_list *faults, struct error *err)
{
	struct error own;
	struct sigma *s = sigma_new();
	struct error *e = err ? err : &own;
	int rc = 0;

	if (!s) {
		(void)error_set(e, ERR_SYSTEM, "no memory for the rules");
		return NULL;
	}
	if (dir)
		rc = is_file(dir) ? add_one(s, dir, lists, e) : add_files(s, dir, lists, e);
	if (rc == 0)
		rc = sigma_finish(s, e);
	if (rc == 0)
		return s;
	if (faults)
		error_list_move(faults, sigma_faults(s));
	sigma_close(s);
	return NULL;
}
