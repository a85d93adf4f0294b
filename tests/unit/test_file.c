#include "common/file.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/suite.h"

struct folder {
	char path[64];
	char name[256]; /* of the last path made by at() */
};

static void folder_open(struct folder *f)
{
	snprintf(f->path, sizeof(f->path), "/tmp/vedette-file-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(f->path));
}

static void folder_close(struct folder *f)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", f->path);
	ck_assert_int_eq(system(command), 0);
}

static const char *at(struct folder *f, const char *name)
{
	snprintf(f->name, sizeof(f->name), "%s/%s", f->path, name);
	return f->name;
}

static void write_file(struct folder *f, const char *name, const char *data, size_t len)
{
	FILE *out = fopen(at(f, name), "wb");

	ck_assert_ptr_nonnull(out);
	ck_assert_uint_eq(fwrite(data, 1, len, out), len);
	ck_assert_int_eq(fclose(out), 0);
}

static void make_dir(struct folder *f, const char *name)
{
	ck_assert_int_eq(mkdir(at(f, name), 0700), 0);
}

START_TEST(test_reads_a_file)
{
	struct folder f;
	struct error err = {0};
	size_t len = 99;
	char *data;

	folder_open(&f);
	write_file(&f, "a", "x\0y\n", 4);
	data = file_read(at(&f, "a"), 100, &len, &err);
	ck_assert_ptr_nonnull(data);
	ck_assert_uint_eq(len, 4);
	ck_assert_mem_eq(data, "x\0y\n\0", 5);
	free(data);
	write_file(&f, "empty", "", 0);
	data = file_read(at(&f, "empty"), 0, &len, &err);
	ck_assert_ptr_nonnull(data);
	ck_assert_uint_eq(len, 0);
	ck_assert_int_eq(data[0], 0);
	free(data);
	folder_close(&f);
}
END_TEST

/* Sizes around those at which a buffer is likely to grow, each with the cap just met and just
 * missed. */
START_TEST(test_keeps_to_the_cap)
{
	static char text[70000];
	static const size_t sizes[] = {
		1, 2, 4094, 4095, 4096, 4097, 8191, 8192, 65535, 65536, 70000};
	struct folder f;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i % 26);
	folder_open(&f);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct error err = {0};
		size_t len = 0;
		char *data;

		write_file(&f, "big", text, sizes[i]);
		data = file_read(at(&f, "big"), sizes[i], &len, &err);
		ck_assert_ptr_nonnull(data);
		ck_assert_uint_eq(len, sizes[i]);
		ck_assert_mem_eq(data, text, len);
		ck_assert_int_eq(data[len], 0);
		free(data);
		ck_assert_ptr_null(file_read(at(&f, "big"), sizes[i] - 1, &len, &err));
		ck_assert_int_eq(err.code, ERR_CONFIG);
		ck_assert_ptr_nonnull(strstr(err.msg, f.name));
		ck_assert_ptr_nonnull(strstr(err.msg, "larger than"));
	}
	folder_close(&f);
}
END_TEST

static void assert_refused(struct folder *f, const char *name, const char *why)
{
	struct error err = {0};
	size_t len;

	ck_assert_ptr_null(file_read(at(f, name), 100, &len, &err));
	ck_assert_int_eq(err.code, ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(err.msg, f->name));
	if (!strstr(err.msg, why))
		ck_abort_msg("\"%s\" does not say \"%s\"", err.msg, why);
}

START_TEST(test_refuses_what_is_no_file)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct error err = {0};
	struct folder f;
	size_t len;
	int fd;

	folder_open(&f);
	assert_refused(&f, "missing", "No such file");
	make_dir(&f, "dir");
	assert_refused(&f, "dir", "is not a regular file");
	ck_assert_int_eq(mkfifo(at(&f, "pipe"), 0600), 0);
	assert_refused(&f, "pipe", "is not a regular file"); /* and does not wait for a writer */
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", at(&f, "socket"));
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_refused(&f, "socket", "is not a regular file");
	close(fd);
	ck_assert_ptr_null(file_read("/dev/zero", 100, &len, &err));
	ck_assert_ptr_nonnull(strstr(err.msg, "/dev/zero is not a regular file"));
	ck_assert_ptr_null(file_read("/dev/zero", 100, &len, NULL));
	folder_close(&f);
}
END_TEST

/* WANT: paths below the folder, separated by spaces. */
static void assert_list(struct folder *f, const char *suffix, const char *want)
{
	struct error err = {0};
	char got[1024] = "";
	char **paths = NULL;
	size_t len = 0;
	int n = file_list(f->path, suffix, 100, &paths, &err);

	if (n < 0)
		ck_abort_msg("%s", err.msg);
	for (int i = 0; i < n; i++) {
		ck_assert_int_eq(strncmp(paths[i], f->path, strlen(f->path)), 0);
		len += (size_t)snprintf(got + len, sizeof(got) - len, "%s%s", i ? " " : "",
			paths[i] + strlen(f->path) + 1);
	}
	ck_assert_str_eq(got, want);
	file_list_free(paths, n);
}

START_TEST(test_replaces_a_file)
{
	struct folder f;
	struct error err = {0};
	struct stat st;
	char link[256];
	size_t len;
	char *data;

	folder_open(&f);
	ck_assert_int_eq(file_replace(at(&f, "new"), "one", 3, &err), 0);
	ck_assert_int_eq(chmod(at(&f, "new"), 0600), 0);
	snprintf(link, sizeof(link), "%s/link", f.path);
	ck_assert_int_eq(symlink("new", link), 0);
	write_file(&f, "new.new", "left over", 9);
	ck_assert_int_eq(file_replace(link, "two", 3, &err), 0);
	ck_assert(lstat(link, &st) == 0 && S_ISLNK(st.st_mode));
	ck_assert(stat(at(&f, "new"), &st) == 0 && (st.st_mode & 0777) == 0600);
	data = file_read(at(&f, "new"), 10, &len, &err);
	ck_assert_str_eq(data, "two");
	free(data);
	ck_assert_int_ne(access(at(&f, "new.new"), F_OK), 0);
	ck_assert_int_eq(file_replace(at(&f, "none/x"), "x", 1, &err), ERR_SYSTEM);
	ck_assert_ptr_nonnull(strstr(err.msg, "none/x"));
	make_dir(&f, "dir");
	ck_assert_int_eq(file_replace(at(&f, "dir"), "x", 1, &err), ERR_SYSTEM);
	folder_close(&f);
}
END_TEST

START_TEST(test_lists_in_byte_order)
{
	struct folder f;

	folder_open(&f);
	assert_list(&f, ".yml", "");
	make_dir(&f, "b");
	make_dir(&f, "b/c");
	make_dir(&f, "d.yml"); /* a folder is no file, whatever its name */
	write_file(&f, "z.yml", "", 0);
	write_file(&f, "B.yml", "", 0);
	write_file(&f, "a.yml", "", 0);
	write_file(&f, "upper.YML", "", 0);
	write_file(&f, "b/c/x.yml", "", 0);
	write_file(&f, "b/y.yml", "", 0);
	write_file(&f, "b-.yml", "", 0);
	write_file(&f, "notes.txt", "", 0);
	write_file(&f, "yml", "", 0);
	write_file(&f, ".hidden.yml", "", 0);
	write_file(&f, "d.yml/in.yml", "", 0);
	assert_list(
		&f, ".yml", "B.yml a.yml b-.yml b/c/x.yml b/y.yml d.yml/in.yml upper.YML z.yml");
	assert_list(&f, ".txt", "notes.txt");
	folder_close(&f);
}
END_TEST

START_TEST(test_follows_links_to_files_alone)
{
	struct error err = {0};
	struct folder f;
	char target[256];
	char **paths;

	folder_open(&f);
	make_dir(&f, "real");
	write_file(&f, "real/a.yml", "", 0);
	snprintf(target, sizeof(target), "%s", at(&f, "real"));
	ck_assert_int_eq(symlink(target, at(&f, "again")), 0);
	ck_assert_int_eq(symlink("..", at(&f, "real/loop.yml")), 0);
	ck_assert_int_eq(symlink("real/a.yml", at(&f, "link.yml")), 0);
	ck_assert_int_eq(mkfifo(at(&f, "pipe.yml"), 0600), 0);
	assert_list(&f, ".yml", "link.yml real/a.yml");
	/* A link that leads nowhere matters only when its name is wanted. */
	ck_assert_int_eq(symlink("nowhere", at(&f, "broken.yml")), 0);
	assert_list(&f, ".yaml", "");
	ck_assert_int_eq(file_list(f.path, ".yml", 100, &paths, &err), ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(err.msg, "broken.yml"));
	folder_close(&f);
}
END_TEST

START_TEST(test_a_slash_at_the_end_changes_nothing)
{
	struct error err = {0};
	struct folder f;
	char path[80];
	char want[128];
	char **paths;

	folder_open(&f);
	write_file(&f, "a.yml", "", 0);
	snprintf(path, sizeof(path), "%s/", f.path);
	snprintf(want, sizeof(want), "%s/a.yml", f.path);
	ck_assert_int_eq(file_list(path, ".yml", 1, &paths, &err), 1);
	ck_assert_str_eq(paths[0], want);
	file_list_free(paths, 1);
	folder_close(&f);
}
END_TEST

START_TEST(test_refuses_too_many_or_too_deep)
{
	struct error err = {0};
	struct folder f;
	char name[200] = "";
	char **paths;

	folder_open(&f);
	write_file(&f, "a.yml", "", 0);
	write_file(&f, "b.yml", "", 0);
	ck_assert_int_eq(file_list(f.path, ".yml", 2, &paths, &err), 2);
	file_list_free(paths, 2);
	ck_assert_int_eq(file_list(f.path, ".yml", 1, &paths, &err), ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(err.msg, "more than 1 files"));
	ck_assert_int_eq(file_list(at(&f, "nowhere"), ".yml", 1, &paths, &err), ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(err.msg, "nowhere"));
	ck_assert_ptr_nonnull(strstr(err.msg, "No such file"));
	ck_assert_int_eq(file_list(at(&f, "a.yml"), ".yml", 1, &paths, &err), ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(err.msg, "Not a directory"));
	for (int depth = 1; depth <= 17; depth++) {
		if (depth == 17)
			ck_assert_int_eq(file_list(f.path, ".none", 1, &paths, &err), 0);
		strcat(name, depth > 1 ? "/d" : "d");
		make_dir(&f, name);
	}
	ck_assert_int_eq(file_list(f.path, ".none", 1, &paths, &err), ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(err.msg, "16 deep"));
	folder_close(&f);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_reads_a_file);
	tcase_add_test(tc, test_keeps_to_the_cap);
	tcase_add_test(tc, test_refuses_what_is_no_file);
	tcase_add_test(tc, test_replaces_a_file);
	tcase_add_test(tc, test_lists_in_byte_order);
	tcase_add_test(tc, test_follows_links_to_files_alone);
	tcase_add_test(tc, test_a_slash_at_the_end_changes_nothing);
	tcase_add_test(tc, test_refuses_too_many_or_too_deep);
}

int main(void)
{
	return suite_main("file", add_tests);
}
