/* Several inputs as one: merging, limits, faults, standard input, filters. */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <zlib.h>

#include "capture/file/file_source.h"
#include "tests/support/capture_builder.h"
#include "tests/unit/suite.h"

enum { MAX_TEXT = 4096 };

static struct capture cap;
static struct scratch scratch;

static void make_scratch(void)
{
	scratch_make(&scratch);
}

static void drop_scratch(void)
{
	scratch_drop(&scratch);
}

/* A capture NAME with one record for each letter of DATA, at seconds SEC[i]. */
static void build_letters(const char *data, const uint32_t *sec)
{
	pcap_begin(&cap, false, 0xa1b2c3d4, 1);
	for (size_t i = 0; data[i]; i++) {
		const char letter[2] = {data[i], '\0'};

		pcap_record(&cap, sec[i], 0, letter, 1);
	}
}

static char *put_letters(const char *name, const char *data, const uint32_t *sec, char *path)
{
	build_letters(data, sec);
	write_bytes(scratch_path(&scratch, name, path), cap.bytes, cap.n);
	return path;
}

/* All letters in the order they come; an error shows as '!', and the last one is kept in *err. */
static char *read_letters(struct source *s, char *text, struct error *err)
{
	struct frame f;
	size_t n = 0;
	int rc;

	while ((rc = source_next(s, true, &f, err)) != 0) {
		ck_assert_uint_lt(n, MAX_TEXT - 1);
		text[n++] = rc < 0 ? '!' : (char)f.data[0];
		if (rc < 0)
			ck_assert_int_eq(rc, err->code);
	}
	text[n] = '\0';
	ck_assert_int_eq(source_next(s, true, &f, err), 0); /* the end stays the end */
	return text;
}

static struct source *open_paths(
	char paths[][CAPTURE_PATH_BYTES], size_t n, const char *filter, struct error *err)
{
	const char *list[8];

	for (size_t i = 0; i < n; i++)
		list[i] = paths[i];
	return source_open_files(list, n, filter, err);
}

START_TEST(merged_by_time)
{
	char paths[3][CAPTURE_PATH_BYTES], text[MAX_TEXT], name[64];
	struct source_stats stats;
	struct source *s;
	struct error err;

	put_letters("a.pcap", "adg", (uint32_t[]){1, 4, 7}, paths[0]);
	put_letters("b.pcap", "be", (uint32_t[]){2, 5}, paths[1]);
	put_letters("c.pcap", "cfhi", (uint32_t[]){3, 6, 8, 9}, paths[2]);
	s = open_paths(paths, 3, NULL, &err);
	ck_assert_ptr_nonnull(s);
	ck_assert_str_eq(read_letters(s, text, &err), "abcdefghi");
	source_stats(s, &stats);
	ck_assert_uint_eq(stats.frames, 9);
	ck_assert_uint_eq(stats.filtered, 0);
	ck_assert_uint_eq(stats.inputs, 3);
	ck_assert_uint_eq(stats.inputs_cut, 0);
	ck_assert_uint_eq(stats.bytes_total, 3 * 24 + 9 * 17);
	ck_assert_uint_eq(stats.bytes_read, stats.bytes_total);
	source_name(s, name, sizeof(name));
	ck_assert_str_eq(name, "a+2");
	source_close(s);
}
END_TEST

/* Each input counts its own frames. */
START_TEST(numbers_and_paths)
{
	char paths[2][CAPTURE_PATH_BYTES];
	static const struct {
		char letter;
		int file;
		unsigned number;
	} expected[] = {{'a', 0, 1}, {'b', 1, 1}, {'d', 0, 2}, {'e', 1, 2}, {'g', 0, 3}};
	struct source *s;
	struct error err;
	struct frame f;

	put_letters("a.pcap", "adg", (uint32_t[]){1, 4, 7}, paths[0]);
	put_letters("b.pcap", "be", (uint32_t[]){2, 5}, paths[1]);
	s = open_paths(paths, 2, NULL, &err);
	ck_assert_ptr_nonnull(s);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		ck_assert_int_eq(source_next(s, true, &f, &err), SOURCE_FRAME);
		ck_assert_int_eq(f.data[0], expected[i].letter);
		ck_assert_uint_eq(f.number, expected[i].number);
		ck_assert_str_eq(file_source_path(s, f.interface), paths[expected[i].file]);
	}
	source_close(s);
}
END_TEST

/* A capture NAME of two interfaces, the first of which is FIRST, with a packet of each, at seconds
 * SEC and SEC + 1. */
static void put_interfaces(const char *name, const char *first, uint32_t sec, char *path)
{
	cap.n = 0;
	pcapng_section(&cap, false);
	pcapng_interface_named(&cap, 1, 0, 0, first, (uint16_t)strlen(first));
	pcapng_interface_named(&cap, 1, 0, 0, NULL, 0);
	pcapng_packet(&cap, 0, sec * UINT64_C(1000000), "a", 1);
	pcapng_packet(&cap, 1, (sec + 1) * UINT64_C(1000000), "b", 1);
	write_bytes(scratch_path(&scratch, name, path), cap.bytes, cap.n);
}

/* Names outlive the file that they stand in, and are the same in all files. */
START_TEST(names_of_interfaces)
{
	static const char *const expected[] = {"eth2", "eth3", NULL, NULL, NULL, "eth2", NULL};
	char paths[4][CAPTURE_PATH_BYTES];
	struct frame frames[7];
	struct source_stats stats;
	struct source *s;
	struct error err;

	put_interfaces("a.pcapng", "eth2", 1, paths[0]);
	put_interfaces("b.pcapng", "eth3", 1, paths[1]);
	put_letters("c.pcap", "x", (uint32_t[]){3}, paths[2]);
	put_interfaces("d.pcapng", "eth2", 4, paths[3]);
	s = open_paths(paths, 4, NULL, &err);
	ck_assert_ptr_nonnull(s);
	for (int i = 0; i < 7; i++)
		ck_assert_int_eq(source_next(s, true, &frames[i], &err), SOURCE_FRAME);
	ck_assert_int_eq(source_next(s, true, &(struct frame){0}, &err), SOURCE_END);
	for (int i = 0; i < 7; i++)
		ck_assert_pstr_eq(frames[i].interface_name, expected[i]);
	ck_assert_ptr_eq(frames[0].interface_name, frames[5].interface_name);
	source_stats(s, &stats);
	ck_assert_uint_eq(stats.unnamed, 0);
	source_close(s);
}
END_TEST

/* Counted once for each interface, also in files that are opened a second time. */
START_TEST(names_that_are_not_kept)
{
	enum { FILES = 70 };
	static char paths[FILES][CAPTURE_PATH_BYTES];
	const char *list[FILES];
	char name[32], long_name[65] = "";
	struct source_stats stats;
	struct source *s;
	struct error err;
	struct frame f;
	unsigned n = 0;

	memset(long_name, 'x', sizeof(long_name) - 1);
	for (uint32_t i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "%u.pcapng", i);
		put_interfaces(name, long_name, 10 * i + 1, paths[i]);
		list[i] = paths[i];
	}
	s = source_open_files(list, FILES, NULL, &err);
	ck_assert_ptr_nonnull(s);
	while (source_next(s, true, &f, &err) == SOURCE_FRAME) {
		ck_assert_ptr_null(f.interface_name);
		n++;
		source_stats(s, &stats);
		ck_assert_uint_eq(stats.unnamed, (n + 1) / 2);
	}
	ck_assert_uint_eq(n, 2 * FILES);
	source_close(s);
}
END_TEST

START_TEST(ties_keep_the_order_given)
{
	char paths[3][CAPTURE_PATH_BYTES], text[MAX_TEXT];
	struct source *s;
	struct error err;

	put_letters("z.pcap", "abc", (uint32_t[]){5, 5, 5}, paths[0]);
	put_letters("y.pcap", "def", (uint32_t[]){5, 5, 6}, paths[1]);
	put_letters("x.pcap", "ghi", (uint32_t[]){4, 5, 6}, paths[2]);
	s = open_paths(paths, 3, NULL, &err);
	ck_assert_str_eq(read_letters(s, text, &err), "gabcdehfi");
	source_close(s);
}
END_TEST

/* Time that steps back inside of a file does not reorder it. */
START_TEST(order_of_a_file_is_kept)
{
	char paths[2][CAPTURE_PATH_BYTES], text[MAX_TEXT];
	struct source *s;
	struct error err;

	put_letters("a.pcap", "abcd", (uint32_t[]){5, 1, 9, 2}, paths[0]);
	put_letters("b.pcap", "xyz", (uint32_t[]){3, 6, 10}, paths[1]);
	s = open_paths(paths, 2, NULL, &err);
	ck_assert_str_eq(read_letters(s, text, &err), "xabycdz");
	source_close(s);
}
END_TEST

START_TEST(interface_is_the_input)
{
	char paths[2][CAPTURE_PATH_BYTES];
	struct source *s;
	struct frame f;
	struct error err;

	put_letters("a.pcap", "a", (uint32_t[]){2}, paths[0]);
	put_letters("b.pcap", "b", (uint32_t[]){1}, paths[1]);
	s = open_paths(paths, 2, NULL, &err);
	ck_assert_int_eq(source_next(s, true, &f, &err), 1);
	ck_assert_uint_eq(f.interface, 1);
	ck_assert_int_eq(source_next(s, true, &f, &err), 1);
	ck_assert_uint_eq(f.interface, 0);
	source_close(s);
}
END_TEST

/* One capture is cut, one is damaged in its first record: each is told once, the others go on. */
START_TEST(faults_do_not_stop_the_others)
{
	char paths[4][CAPTURE_PATH_BYTES], text[MAX_TEXT];
	struct source_stats stats;
	struct source *s;
	struct error err;

	build_letters("bd", (uint32_t[]){2, 4});
	write_bytes(scratch_path(&scratch, "cut.pcap", paths[0]), cap.bytes, cap.n - 1);
	put_letters("good.pcap", "ace", (uint32_t[]){1, 3, 5}, paths[1]);
	build_letters("x", (uint32_t[]){9});
	cap.bytes[35] = 0xff; /* the captured length */
	write_bytes(scratch_path(&scratch, "damaged.pcap", paths[2]), cap.bytes, cap.n);
	pcap_begin(&cap, false, 0xa1b2c3d4, 1);
	write_bytes(scratch_path(&scratch, "empty.pcap", paths[3]), cap.bytes, cap.n);
	s = open_paths(paths, 4, NULL, &err);
	ck_assert_ptr_nonnull(s);
	ck_assert_str_eq(read_letters(s, text, &err), "!ab!ce");
	ck_assert_int_eq(err.code, ERR_TRUNCATED);
	ck_assert_ptr_nonnull(
		strstr(err.msg, "cut.pcap: cut within record 2, which begins at byte 41"));
	source_stats(s, &stats);
	ck_assert_uint_eq(stats.inputs_cut, 2);
	ck_assert_uint_eq(stats.inputs, 4);
	source_close(s);
}
END_TEST

/* A fault may also go unasked for. */
START_TEST(closed_in_the_middle)
{
	char paths[2][CAPTURE_PATH_BYTES];
	struct source *s;
	struct frame f;
	struct error err;

	put_letters("good.pcap", "ace", (uint32_t[]){1, 3, 5}, paths[0]);
	build_letters("x", (uint32_t[]){9});
	write_bytes(scratch_path(&scratch, "cut.pcap", paths[1]), cap.bytes, cap.n - 1);
	source_close(open_paths(paths, 2, NULL, &err));
	s = open_paths(paths, 1, NULL, &err);
	ck_assert_int_eq(source_next(s, true, &f, &err), 1);
	source_close(s);
	source_close(NULL);
}
END_TEST

START_TEST(nothing_is_read_when_an_input_cannot_be_opened)
{
	char paths[2][CAPTURE_PATH_BYTES];
	struct error err;

	put_letters("good.pcap", "a", (uint32_t[]){1}, paths[0]);
	scratch_path(&scratch, "missing.pcap", paths[1]);
	ck_assert_ptr_null(open_paths(paths, 2, NULL, &err));
	ck_assert_int_eq(err.code, ERR_INPUT);
	ck_assert_ptr_nonnull(strstr(err.msg, "missing.pcap: cannot be opened: No such file"));
	write_bytes(paths[1], "", 0);
	ck_assert_ptr_null(open_paths(paths, 2, NULL, &err));
	ck_assert_int_eq(err.code, ERR_INPUT);
	ck_assert_ptr_nonnull(strstr(err.msg, "missing.pcap: not a capture: it is empty"));
	ck_assert_ptr_null(source_open_files(NULL, 0, NULL, &err));
	ck_assert_int_eq(err.code, ERR_USAGE);
}
END_TEST

START_TEST(only_empty_captures)
{
	char paths[1][CAPTURE_PATH_BYTES], text[MAX_TEXT];
	struct source *s;
	struct error err;

	pcap_begin(&cap, false, 0xa1b2c3d4, 1);
	write_bytes(scratch_path(&scratch, "empty.pcap", paths[0]), cap.bytes, cap.n);
	s = open_paths(paths, 1, "tcp port 80", &err);
	ck_assert_ptr_nonnull(s);
	ck_assert_str_eq(read_letters(s, text, &err), "");
	source_close(s);
}
END_TEST

START_TEST(folders)
{
	char paths[1][CAPTURE_PATH_BYTES], path[CAPTURE_PATH_BYTES], text[MAX_TEXT], name[64];
	struct source_stats stats;
	struct source *s;
	struct error err;

	ck_assert_int_eq(mkdir(scratch_path(&scratch, "below", path), 0700), 0);
	put_letters("below/2.pcapng", "c", (uint32_t[]){1}, path);
	put_letters("below/1.cap.gz", "b", (uint32_t[]){1}, path);
	put_letters("a.PCAP", "a", (uint32_t[]){1}, path);
	put_letters("z.cap.zst", "d", (uint32_t[]){1}, path);
	put_letters("notes.txt", "x", (uint32_t[]){1}, path);
	put_letters("a.pcap.bak", "x", (uint32_t[]){1}, path);
	strcpy(paths[0], scratch.dir);
	s = open_paths(paths, 1, NULL, &err);
	ck_assert_ptr_nonnull(s);
	ck_assert_str_eq(read_letters(s, text, &err), "abcd");
	source_stats(s, &stats);
	ck_assert_uint_eq(stats.inputs, 4);
	source_name(s, name, sizeof(name));
	ck_assert_str_eq(name, "a+3");
	source_close(s);

	ck_assert_int_eq(mkdir(scratch_path(&scratch, "none", paths[0]), 0700), 0);
	ck_assert_ptr_null(open_paths(paths, 1, NULL, &err));
	ck_assert_int_eq(err.code, ERR_INPUT);
	ck_assert_ptr_nonnull(strstr(err.msg, "no captures below this folder"));
	ck_assert_ptr_nonnull(strstr(err.msg, ".pcapng"));
}
END_TEST

/* Replaces standard input by a pipe that holds BYTES. Returns what it was. */
static int feed_stdin(const void *bytes, size_t n)
{
	const int saved = dup(STDIN_FILENO);
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(write(fds[1], bytes, n), (int)n);
	close(fds[1]);
	dup2(fds[0], STDIN_FILENO);
	close(fds[0]);
	return saved;
}

static void restore_stdin(int saved)
{
	dup2(saved, STDIN_FILENO);
	close(saved);
}

START_TEST(standard_input)
{
	static uint8_t packed[4096];
	const char *const paths[] = {"-"};
	char text[MAX_TEXT], name[64];
	struct source_stats stats;
	struct source *s;
	struct error err;
	int saved;
	z_stream z = {.next_out = packed, .avail_out = sizeof(packed)};

	build_letters("abc", (uint32_t[]){1, 2, 3});
	saved = feed_stdin(cap.bytes, cap.n);
	s = source_open_files(paths, 1, NULL, &err);
	ck_assert_ptr_nonnull(s);
	source_name(s, name, sizeof(name));
	ck_assert_str_eq(name, "stdin");
	ck_assert_str_eq(read_letters(s, text, &err), "abc");
	source_stats(s, &stats);
	ck_assert_uint_eq(stats.bytes_read, cap.n);
	ck_assert_uint_eq(stats.bytes_total, 0);
	source_close(s);
	restore_stdin(saved);

	z.next_in = cap.bytes;
	z.avail_in = (uInt)cap.n;
	ck_assert_int_eq(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	saved = feed_stdin(packed, z.total_out);
	s = source_open_files(paths, 1, NULL, &err);
	ck_assert_ptr_nonnull(s);
	ck_assert_str_eq(read_letters(s, text, &err), "abc");
	source_close(s);
	restore_stdin(saved);

	saved = feed_stdin("", 0);
	ck_assert_ptr_null(source_open_files(paths, 1, NULL, &err));
	ck_assert_ptr_nonnull(strstr(err.msg, "standard input: not a capture: it is empty"));
	restore_stdin(saved);
}
END_TEST

enum { MANY = 300 };

static void put_many(bool at_once)
{
	for (uint32_t i = 0; i < MANY; i++) {
		char name[32], path[CAPTURE_PATH_BYTES];
		const uint32_t first = at_once ? 1 : i * 10;

		snprintf(name, sizeof(name), "%03u.pcap",
			(MANY - 1 - i) * 7 % MANY); /* any order of names */
		put_letters(name, "ab", (uint32_t[]){first, at_once ? 1000 : first + 5}, path);
	}
}

static struct source *open_scratch(struct error *err)
{
	const char *const paths[] = {scratch.dir};

	return source_open_files(paths, 1, NULL, err);
}

static int open_files(void)
{
	int n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* Hundreds of captures, one after the other in time: no more than two are open at a time. */
START_TEST(many_captures_in_turn)
{
	const int before = open_files();
	struct source_stats stats;
	struct source *s;
	struct error err;
	struct frame f;
	uint64_t last_ns = 0;
	int n = 0;

	put_many(false);
	s = open_scratch(&err);
	ck_assert_ptr_nonnull(s);
	while (source_next(s, true, &f, &err) > 0) {
		ck_assert_uint_ge(f.ts_ns, last_ns);
		last_ns = f.ts_ns;
		ck_assert_int_eq(f.number, n % 2 + 1); /* though it was opened twice */
		ck_assert_int_le(open_files(), before + 2);
		n++;
	}
	ck_assert_int_eq(n, 2 * MANY);
	source_stats(s, &stats);
	ck_assert_uint_eq(stats.inputs_cut, 0);
	ck_assert_uint_eq(stats.bytes_read, stats.bytes_total);
	source_close(s);
	ck_assert_int_eq(open_files(), before);
}
END_TEST

/* All at the same time and more than the system lets be open: those that fit are read, each other
 * one is told. */
START_TEST(many_captures_at_once)
{
	struct rlimit limit, small;
	struct source_stats stats;
	struct source *s;
	struct error err;
	char text[MAX_TEXT];
	int faults = 0, frames = 0;

	put_many(true);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	small = limit;
	small.rlim_cur = 100;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &small), 0);
	s = open_scratch(&err);
	ck_assert_ptr_nonnull(s);
	read_letters(s, text, &err);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	for (const char *c = text; *c; c++) {
		faults += *c == '!';
		frames += *c != '!';
	}
	ck_assert_int_eq(frames, 2 * (100 - 64));
	ck_assert_int_eq(faults, MANY - (100 - 64));
	ck_assert_int_eq(err.code, ERR_SYSTEM);
	ck_assert_ptr_nonnull(strstr(err.msg, "ulimit -n"));
	source_stats(s, &stats);
	ck_assert_uint_eq(stats.inputs_cut, MANY - (100 - 64));
	source_close(s);

	s = open_scratch(&err); /* with the usual limit all of them */
	read_letters(s, text, &err);
	ck_assert_uint_eq(strlen(text), 2 * MANY);
	source_close(s);
}
END_TEST

/* An Ethernet frame with an IPv4 and TCP header to PORT. */
static void put_tcp(uint32_t sec, uint8_t port, bool with_ethernet)
{
	static const uint8_t ethernet[] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0};
	const uint8_t ip[40] = {0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2,
		4, 0, 0, port, [32] = 0x50};
	const uint32_t len = with_ethernet ? 54 : 40;

	cap32(&cap, sec);
	cap32(&cap, 0);
	cap32(&cap, len);
	cap32(&cap, len);
	if (with_ethernet)
		cap_bytes(&cap, ethernet, sizeof(ethernet));
	cap_bytes(&cap, ip, sizeof(ip));
}

START_TEST(filters)
{
	char paths[3][CAPTURE_PATH_BYTES];
	struct source_stats stats;
	struct source *s;
	struct frame f;
	struct error err;
	uint64_t seen_s = 0;
	unsigned numbers = 0;

	pcap_begin(&cap, false, 0xa1b2c3d4, 1);
	put_tcp(1, 80, true);
	put_tcp(2, 22, true);
	put_tcp(4, 80, true);
	write_bytes(scratch_path(&scratch, "ethernet.pcap", paths[0]), cap.bytes, cap.n);
	pcap_begin(&cap, false, 0xa1b2c3d4, 101);
	put_tcp(8, 22, false);
	put_tcp(16, 80, false);
	write_bytes(scratch_path(&scratch, "raw.pcap", paths[1]), cap.bytes, cap.n);
	pcap_begin(&cap, false, 0xa1b2c3d4, 189); /* USB: "port" has no meaning there */
	put_tcp(32, 80, false);
	write_bytes(scratch_path(&scratch, "usb.pcap", paths[2]), cap.bytes, cap.n);

	s = open_paths(paths, 3, "tcp port 80", &err);
	ck_assert_ptr_nonnull(s);
	while (source_next(s, true, &f, &err) > 0) {
		seen_s += f.ts_ns / 1000000000;
		numbers = numbers * 10 + (unsigned)f.number;
	}
	ck_assert_uint_eq(seen_s, 1 + 4 + 16);
	ck_assert_uint_eq(numbers, 132); /* places in their files */
	source_stats(s, &stats);
	ck_assert_uint_eq(stats.frames, 3);
	ck_assert_uint_eq(stats.filtered, 3);
	source_close(s);

	ck_assert_ptr_null(open_paths(paths, 3, "tcp prot 80", &err));
	ck_assert_int_eq(err.code, ERR_USAGE);
	ck_assert_ptr_nonnull(strstr(err.msg, "filter \"tcp prot 80\" cannot be used"));
	ck_assert_ptr_nonnull(strstr(err.msg, "syntax error"));
	ck_assert_ptr_nonnull(strstr(err.msg, "pcap-filter(7)"));
	ck_assert_ptr_null(open_paths(
		paths + 2, 1, "tcp port 80", &err)); /* sound, but not for the first input */
	ck_assert_int_eq(err.code, ERR_USAGE);
}
END_TEST

START_TEST(names)
{
	static const struct {
		const char *file, *name;
	} cases[] = {
		{"x.pcap", "x"},
		{"x.y.pcapng.gz", "x.y"},
		{"x.cap.zst", "x"},
		{"x.PCAP.GZ", "x"},
		{"x.gz", "x"},
		{"x.dump", "x.dump"},
		{".pcap", ".pcap"},
		{"plain", "plain"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char paths[1][CAPTURE_PATH_BYTES], name[64];
		struct source *s;
		struct error err;

		put_letters(cases[i].file, "a", (uint32_t[]){1}, paths[0]);
		s = open_paths(paths, 1, NULL, &err);
		ck_assert_ptr_nonnull(s);
		source_name(s, name, sizeof(name));
		ck_assert_str_eq(name, cases[i].name);
		source_name(s, name, 3);
		ck_assert_uint_le(strlen(name), 2);
		source_close(s);
	}
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_checked_fixture(t, make_scratch, drop_scratch);
	tcase_add_test(t, merged_by_time);
	tcase_add_test(t, numbers_and_paths);
	tcase_add_test(t, names_of_interfaces);
	tcase_add_test(t, names_that_are_not_kept);
	tcase_add_test(t, ties_keep_the_order_given);
	tcase_add_test(t, order_of_a_file_is_kept);
	tcase_add_test(t, interface_is_the_input);
	tcase_add_test(t, faults_do_not_stop_the_others);
	tcase_add_test(t, closed_in_the_middle);
	tcase_add_test(t, nothing_is_read_when_an_input_cannot_be_opened);
	tcase_add_test(t, only_empty_captures);
	tcase_add_test(t, folders);
	tcase_add_test(t, standard_input);
	tcase_add_test(t, many_captures_in_turn);
	tcase_add_test(t, many_captures_at_once);
	tcase_add_test(t, filters);
	tcase_add_test(t, names);
}

int main(void)
{
	return suite_main("file_source", add_tests);
}
