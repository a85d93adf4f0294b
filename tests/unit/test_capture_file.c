/* Both file formats, plain and packed: what is read, and what is said when it cannot be. */
#include <check.h>
#include <stdlib.h>
#define ZLIB_CONST
#include <zlib.h>
#include <zstd.h>

#include "capture/file/capture_file.h"
#include "tests/support/capture_builder.h"
#include "tests/unit/suite.h"

enum { BUFFER_BYTES = 4096, MAX_FRAMES = 64, DATA_BYTES = 32 };

static const uint32_t MICRO = 0xa1b2c3d4, NANO = 0xa1b23c4d, MODIFIED = 0xa1b2cd34;

/* What reading one file brought. */
struct reading {
	struct error err; /* of opening or of the end; code ERR_OK when all was well */
	bool opened;
	int n;
	struct frame frames[MAX_FRAMES];
	char data[MAX_FRAMES][DATA_BYTES];
	uint64_t unnamed;
};

static struct capture cap; /* large, so not on the stack */
static struct scratch scratch;
static struct interface_names names; /* of all files of a test */
static struct chunks chunks;

static void make_scratch(void)
{
	scratch_make(&scratch);
	chunks_init(&chunks, BUFFER_BYTES);
}

static void drop_scratch(void)
{
	scratch_drop(&scratch);
	interface_names_done(&names);
	chunks_done(&chunks);
}

static void read_path(const char *path, struct reading *ret)
{
	struct capture_file *f;
	int rc;

	memset(ret, 0, sizeof(*ret));
	f = capture_file_open(path, &chunks, &names, &ret->err);
	if (!f)
		return;
	ret->opened = true;
	while ((rc = capture_file_next(f, &ret->frames[ret->n], &ret->err)) > 0) {
		const struct frame *frame = &ret->frames[ret->n];

		ck_assert_uint_ge(frame->len, frame->caplen);
		snprintf(ret->data[ret->n], DATA_BYTES, "%.*s", (int)frame->caplen,
			(const char *)frame->data);
		ck_assert_int_lt(++ret->n, MAX_FRAMES);
	}
	ck_assert_int_eq(rc, ret->err.code);
	ret->unnamed = capture_file_unnamed(f);
	capture_file_close(f);
}

static void read_bytes(const void *bytes, size_t n, struct reading *ret)
{
	char path[CAPTURE_PATH_BYTES];

	write_bytes(scratch_path(&scratch, "it.pcap", path), bytes, n);
	read_path(path, ret);
}

static void read_capture(struct reading *ret)
{
	read_bytes(cap.bytes, cap.n, ret);
}

static void assert_says(const struct reading *r, enum error_code code, const char *part)
{
	ck_assert_int_eq(r->err.code, code);
	ck_assert_msg(strstr(r->err.msg, part), "\"%s\" lacks \"%s\"", r->err.msg, part);
	ck_assert_msg(strstr(r->err.msg, "it.pcap: "), "\"%s\" names no file", r->err.msg);
}

START_TEST(pcap_in_both_byte_orders)
{
	for (int big = 0; big < 2; big++) {
		struct reading r;

		pcap_begin(&cap, big, MICRO, 1);
		pcap_record(&cap, 1700000000, 123456, "first", 1500);
		pcap_record(&cap, 4294967295u, 999999, "", 0);
		pcap_record(&cap, 5, 1, "shorter on the wire", 3);
		read_capture(&r);
		ck_assert_int_eq(r.err.code, ERR_OK);
		ck_assert_int_eq(r.n, 3);
		ck_assert_str_eq(r.data[0], "first");
		ck_assert_uint_eq(r.frames[0].caplen, 5);
		ck_assert_uint_eq(r.frames[0].len, 1500);
		ck_assert_uint_eq(r.frames[0].ts_ns, UINT64_C(1700000000123456000));
		ck_assert_uint_eq(r.frames[0].linktype, 1);
		ck_assert_uint_eq(r.frames[1].ts_ns, UINT64_C(4294967295999999000));
		ck_assert_uint_eq(r.frames[1].caplen, 0);
		ck_assert_uint_eq(r.frames[2].len, 19);
	}
}
END_TEST

START_TEST(pcap_in_nanoseconds)
{
	for (int big = 0; big < 2; big++) {
		struct reading r;

		pcap_begin(&cap, big, NANO, 101);
		pcap_record(&cap, 1700000000, 123456789, "x", 1);
		read_capture(&r);
		ck_assert_int_eq(r.n, 1);
		ck_assert_uint_eq(r.frames[0].ts_ns, UINT64_C(1700000000123456789));
	}
}
END_TEST

START_TEST(pcap_modified)
{
	for (int big = 0; big < 2; big++) {
		struct reading r;

		pcap_begin(&cap, big, MODIFIED, 1);
		for (uint32_t i = 0; i < 2; i++) {
			cap32(&cap, 10 + i);
			cap32(&cap, 0);
			cap32(&cap, 4);
			cap32(&cap, 60);
			cap32(&cap, 2); /* interface */
			cap16(&cap, 0x0800);
			cap16(&cap, 0);
			cap_bytes(&cap, i ? "zwei" : "eins", 4);
		}
		read_capture(&r);
		ck_assert_int_eq(r.err.code, ERR_OK);
		ck_assert_int_eq(r.n, 2);
		ck_assert_str_eq(r.data[0], "eins");
		ck_assert_str_eq(r.data[1], "zwei");
	}
}
END_TEST

START_TEST(pcap_link_type_without_its_upper_bits)
{
	struct reading r;

	pcap_begin(&cap, false, MICRO, 0x94000001); /* a check sequence of 4 bytes */
	pcap_record(&cap, 1, 0, "x", 1);
	read_capture(&r);
	ck_assert_uint_eq(r.frames[0].linktype, 1);
}
END_TEST

/* Version 2.3 and before: some wrote the length on the wire in front of the captured one. */
START_TEST(pcap_swapped_lengths)
{
	for (uint8_t minor = 3; minor <= 4; minor++) {
		struct reading r;

		pcap_begin(&cap, false, MICRO, 1);
		cap.bytes[6] = minor;
		cap32(&cap, 1);
		cap32(&cap, 0);
		cap32(&cap, 1500);
		cap32(&cap, 4);
		cap_bytes(&cap, "data", 4);
		read_capture(&r);
		ck_assert_int_eq(r.n, minor == 3 ? 1 : 0);
		ck_assert_int_eq(r.err.code, minor == 3 ? ERR_OK : ERR_TRUNCATED);
	}
}
END_TEST

START_TEST(pcap_of_unknown_version)
{
	struct reading r;

	pcap_begin(&cap, false, MICRO, 1);
	cap.bytes[4] = 3;
	read_capture(&r);
	ck_assert(!r.opened);
	assert_says(&r, ERR_INPUT, "version 3.4");
	assert_says(&r, ERR_INPUT, "editcap");
}
END_TEST

START_TEST(pcap_record_too_large)
{
	struct reading r;

	pcap_begin(&cap, false, MICRO, 1);
	pcap_record(&cap, 1, 0, "good", 4);
	cap32(&cap, 2);
	cap32(&cap, 0);
	cap32(&cap, FRAME_MAX_BYTES + 1);
	cap32(&cap, FRAME_MAX_BYTES + 1);
	read_capture(&r);
	ck_assert_int_eq(r.n, 1);
	assert_says(&r, ERR_INPUT, "record 2 at byte 44 claims 262145 captured bytes");
	assert_says(&r, ERR_INPUT, "copy the capture again");
}
END_TEST

START_TEST(pcap_record_as_large_as_allowed)
{
	static char path[CAPTURE_PATH_BYTES];
	struct capture_file *f;
	struct frame frame;
	struct error err;

	pcap_begin(&cap, false, MICRO, 1);
	for (int i = 0; i < 2; i++) {
		cap32(&cap, 1);
		cap32(&cap, 0);
		cap32(&cap, FRAME_MAX_BYTES);
		cap32(&cap, FRAME_MAX_BYTES);
		memset(cap.bytes + cap.n, 'a' + i, FRAME_MAX_BYTES);
		cap.n += FRAME_MAX_BYTES;
	}
	write_bytes(scratch_path(&scratch, "it.pcap", path), cap.bytes, cap.n);
	f = capture_file_open(path, &chunks, &names, &err);
	ck_assert_ptr_nonnull(f);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(capture_file_next(f, &frame, &err), 1);
		ck_assert_uint_eq(frame.caplen, FRAME_MAX_BYTES);
		ck_assert_int_eq(frame.data[0], 'a' + i);
		ck_assert_int_eq(frame.data[FRAME_MAX_BYTES - 1], 'a' + i);
	}
	ck_assert_int_eq(capture_file_next(f, &frame, &err), 0);
	ck_assert_uint_eq(capture_file_bytes_read(f), cap.n);
	ck_assert_uint_eq(capture_file_bytes_total(f), cap.n);
	capture_file_close(f);
}
END_TEST

START_TEST(not_a_capture)
{
	struct reading r;

	read_bytes("", 0, &r);
	ck_assert(!r.opened);
	assert_says(&r, ERR_INPUT, "not a capture: it is empty");
	read_bytes("abc", 3, &r);
	assert_says(&r, ERR_INPUT, "not a whole capture");
	read_bytes("schema: 1\n", 10, &r);
	assert_says(&r, ERR_INPUT, "not a capture: it begins with 73 63 68 65");
	assert_says(&r, ERR_INPUT, "editcap");
	read_path(scratch.dir, &r);
	ck_assert_int_eq(r.err.code, ERR_INPUT);
	read_path("/nonexistent/it.pcap", &r);
	assert_says(&r, ERR_INPUT, "cannot be opened: No such file");
}
END_TEST

/* Cut anywhere: every whole record is delivered, and the cut is told unless it is between two
 * records. */
START_TEST(pcap_cut_at_every_byte)
{
	size_t ends[4];
	struct reading r;

	pcap_begin(&cap, false, MICRO, 1);
	ends[0] = cap.n;
	for (uint32_t i = 1; i < 4; i++) {
		pcap_record(&cap, i, 0, "payload", 7);
		ends[i] = cap.n;
	}
	for (size_t n = 0; n <= cap.n; n++) {
		int whole = -1;

		read_bytes(cap.bytes, n, &r);
		while (whole < 3 && ends[whole + 1] <= n)
			whole++;
		if (whole < 0) {
			ck_assert(!r.opened);
			ck_assert_int_eq(r.err.code, ERR_INPUT);
			continue;
		}
		ck_assert_int_eq(r.n, whole);
		ck_assert_int_eq(r.err.code, n == ends[whole] ? ERR_OK : ERR_TRUNCATED);
		if (n != ends[whole]) {
			char where[64];

			snprintf(where, sizeof(where),
				"cut within record %d, which begins at byte %zu", whole + 1,
				ends[whole]);
			assert_says(&r, ERR_TRUNCATED, where);
			assert_says(&r, ERR_TRUNCATED, "copy it again");
		}
	}
}
END_TEST

static void whole_pcapng(bool big_endian)
{
	static const uint8_t nano = 9, offset_be[8] = {0, 0, 0, 0, 0, 0, 0, 100};
	static const uint8_t offset_le[8] = {100};
	size_t start;

	cap.n = 0;
	pcapng_section(&cap, big_endian);
	pcapng_interface(&cap, 1, 0, 0);
	start = block_begin(&cap, 1); /* another clock and link type */
	cap16(&cap, 101);
	cap16(&cap, 0);
	cap32(&cap, 4);
	pcapng_option(&cap, 9, &nano, 1);
	pcapng_option(&cap, 14, big_endian ? offset_be : offset_le, 8);
	block_end(&cap, start);
	pcapng_packet(&cap, 0, UINT64_C(1700000000123456), "enhanced", 60);
	pcapng_packet(&cap, 1, UINT64_C(1700000000123456789), "second", 60);
	start = block_begin(&cap, 4); /* names: of no use here */
	cap_bytes(&cap, "0123456789abcdef", 16);
	block_end(&cap, start);
	start = block_begin(&cap, 2); /* obsolete packet block */
	cap16(&cap, 1);
	cap16(&cap, 7); /* drops */
	cap32(&cap, 0);
	cap32(&cap, 5);
	cap32(&cap, 3);
	cap32(&cap, 9);
	cap_bytes(&cap, "old", 3);
	cap_pad(&cap);
	block_end(&cap, start);
	start = block_begin(&cap, 3); /* simple packet block */
	cap32(&cap, 6);
	cap_bytes(&cap, "simple", 6);
	cap_pad(&cap);
	block_end(&cap, start);
}

START_TEST(pcapng_in_both_byte_orders)
{
	for (int big = 0; big < 2; big++) {
		struct reading r;

		whole_pcapng(big);
		read_capture(&r);
		ck_assert_int_eq(r.err.code, ERR_OK);
		ck_assert_int_eq(r.n, 4);
		ck_assert_str_eq(r.data[0], "enhanced");
		ck_assert_uint_eq(r.frames[0].ts_ns, UINT64_C(1700000000123456000));
		ck_assert_uint_eq(r.frames[0].linktype, 1);
		ck_assert_uint_eq(r.frames[0].len, 60);
		ck_assert_str_eq(r.data[1], "second");
		ck_assert_uint_eq(r.frames[1].ts_ns, UINT64_C(1700000100123456789));
		ck_assert_uint_eq(r.frames[1].linktype, 101);
		ck_assert_str_eq(r.data[2], "old");
		ck_assert_uint_eq(r.frames[2].ts_ns, UINT64_C(100000000005));
		ck_assert_uint_eq(r.frames[2].len, 9);
		ck_assert_str_eq(r.data[3], "simple");
		ck_assert_uint_eq(r.frames[3].ts_ns, r.frames[2].ts_ns);
		ck_assert_uint_eq(r.frames[3].linktype, 1);
	}
}
END_TEST

START_TEST(pcapng_simple_packet_up_to_the_snapshot_length)
{
	struct reading r;
	size_t start;

	cap.n = 0;
	pcapng_section(&cap, false);
	pcapng_interface(&cap, 1, 4, 0);
	start = block_begin(&cap, 3);
	cap32(&cap, 60);
	cap_bytes(&cap, "four", 4);
	block_end(&cap, start);
	read_capture(&r);
	ck_assert_int_eq(r.n, 1);
	ck_assert_str_eq(r.data[0], "four");
	ck_assert_uint_eq(r.frames[0].len, 60);
}
END_TEST

/* Each section has interfaces and a byte order of its own. */
START_TEST(pcapng_sections)
{
	struct reading r;

	cap.n = 0;
	pcapng_section(&cap, false);
	pcapng_interface(&cap, 1, 0, 0);
	pcapng_packet(&cap, 0, 1, "one", 3);
	pcapng_section(&cap, true);
	pcapng_interface(&cap, 113, 0, 9);
	pcapng_packet(&cap, 0, 2, "two", 3);
	pcapng_section(&cap, false);
	pcapng_packet(&cap, 0, 3, "three", 5); /* its section has declared none */
	read_capture(&r);
	ck_assert_int_eq(r.n, 2);
	ck_assert_uint_eq(r.frames[0].ts_ns, 1000);
	ck_assert_uint_eq(r.frames[1].linktype, 113);
	ck_assert_uint_eq(r.frames[1].ts_ns, 2);
	assert_says(&r, ERR_INPUT, "record 8 at byte");
	assert_says(&r, ERR_INPUT, "is of interface 0, and its section has 0 interfaces");
}
END_TEST

/* Each packet has the name of its own section's interface, also when the file is closed. */
START_TEST(pcapng_names_of_interfaces)
{
	static const char *const expected[] = {"eth2", NULL, "Ethernet 3", "eth2", "eth9", NULL};

	for (int big = 0; big < 2; big++) {
		struct reading r;
		size_t start;

		cap.n = 0;
		pcapng_section(&cap, big);
		pcapng_interface_named(&cap, 1, 0, 9, "eth2", 4);
		pcapng_interface_named(&cap, 1, 0, 9, NULL, 0);
		pcapng_interface_named(&cap, 1, 0, 9, "Ethernet 3", 10);
		pcapng_packet(&cap, 0, 1, "a", 1);
		pcapng_packet(&cap, 1, 2, "b", 1);
		pcapng_packet(&cap, 2, 3, "c", 1);
		start = block_begin(&cap, 3); /* a simple packet is of interface 0 */
		cap32(&cap, 1);
		cap_bytes(&cap, "d", 1);
		cap_pad(&cap);
		block_end(&cap, start);
		pcapng_section(&cap, !big);
		pcapng_interface_named(&cap, 1, 0, 9, "eth9", 4);
		pcapng_interface_named(&cap, 1, 0, 9, NULL, 0);
		pcapng_packet(&cap, 0, 4, "e", 1);
		pcapng_packet(&cap, 1, 5, "f", 1);
		read_capture(&r);
		ck_assert_int_eq(r.err.code, ERR_OK);
		ck_assert_int_eq(r.n, 6);
		for (int i = 0; i < 6; i++)
			ck_assert_pstr_eq(r.frames[i].interface_name, expected[i]);
		ck_assert_ptr_eq(r.frames[0].interface_name, r.frames[3].interface_name);
		ck_assert_uint_eq(r.unnamed, 0);
	}
}
END_TEST

START_TEST(pcapng_strange_names_of_interfaces)
{
	static const struct {
		const char *bytes;
		uint16_t n;
		const char *name;
		unsigned unnamed;
	} cases[] = {
		{"", 0, NULL, 0},
		{"\0\0\0", 3, NULL, 0},
		{"eth2\0\0", 6, "eth2", 0}, /* some write its end, too */
		{"a\x1b[31m\n\xff", 8, "a\x1b[31m\n\xff", 0},
		{"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde", 63,
			"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde", 0},
		{"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", 64, NULL, 1},
	};
	struct reading r;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cap.n = 0;
		pcapng_section(&cap, false);
		pcapng_interface_named(&cap, 1, 0, 9, cases[i].bytes, cases[i].n);
		pcapng_packet(&cap, 0, 1, "a", 1);
		read_capture(&r);
		ck_assert_int_eq(r.n, 1);
		ck_assert_pstr_eq(r.frames[0].interface_name, cases[i].name);
		ck_assert_uint_eq(r.unnamed, cases[i].unnamed);
	}
	pcap_begin(&cap, false, MICRO, 1);
	pcap_record(&cap, 1, 0, "a", 1);
	read_capture(&r);
	ck_assert_int_eq(r.n, 1);
	ck_assert_ptr_null(r.frames[0].interface_name);
}
END_TEST

START_TEST(pcapng_cut_at_every_byte)
{
	struct reading whole, r;
	size_t at = 0, ends[16];
	int packets[16], blocks = 0;

	whole_pcapng(false);
	read_capture(&whole);
	ck_assert_int_eq(whole.n, 4);
	while (at < cap.n) {
		const uint32_t type = cap.bytes[at],
			       bytes = cap.bytes[at + 4] | (uint32_t)cap.bytes[at + 5] << 8;

		at += bytes;
		ends[blocks] = at;
		packets[blocks] =
			(blocks ? packets[blocks - 1] : 0) + (type == 6 || type == 2 || type == 3);
		blocks++;
	}
	for (size_t n = 0; n <= cap.n; n++) {
		int done = -1;

		read_bytes(cap.bytes, n, &r);
		while (done + 1 < blocks && ends[done + 1] <= n)
			done++;
		if (done < 0) {
			ck_assert(!r.opened);
			ck_assert_int_eq(r.err.code, ERR_INPUT);
			continue;
		}
		ck_assert_int_eq(r.n, packets[done]);
		ck_assert_int_eq(r.err.code, n == ends[done] ? ERR_OK : ERR_TRUNCATED);
	}
}
END_TEST

/* Writes the 32 bits at AT. */
static void poke32(size_t at, uint32_t v)
{
	const size_t n = cap.n;

	cap.n = at;
	cap32(&cap, v);
	cap.n = n;
}

START_TEST(pcapng_damaged_blocks)
{
	struct reading r;
	size_t packet, interface;

	cap.n = 0;
	pcapng_section(&cap, false);
	interface = cap.n;
	pcapng_interface(&cap, 1, 0, 9);
	packet = cap.n;
	pcapng_packet(&cap, 0, 1, "one", 3);

	poke32(packet + 4, 8);
	read_capture(&r);
	assert_says(&r, ERR_INPUT, "is a block of 8 bytes (12 is the least");
	poke32(packet + 4, 61);
	read_capture(&r);
	assert_says(&r, ERR_INPUT, "multiple of 4");
	poke32(packet + 4, 0xfffffffc);
	read_capture(&r);
	assert_says(&r, ERR_INPUT, "more than any has");
	poke32(packet, 77); /* of an unknown type it is passed, as far as there is something */
	read_capture(&r);
	assert_says(&r, ERR_TRUNCATED, "record 3");
	poke32(packet, 6);
	poke32(packet + 4, (uint32_t)(cap.n - packet));
	poke32(packet + 20, 1000);
	read_capture(&r);
	assert_says(&r, ERR_INPUT, "too few for what it holds");
	poke32(packet + 20, 0xffffffff);
	read_capture(&r);
	assert_says(&r, ERR_INPUT, "claims 4294967295 captured bytes");
	poke32(packet + 20, 3);
	poke32(cap.n - 4, 44);
	read_capture(&r);
	ck_assert_int_eq(r.n, 0);
	assert_says(&r, ERR_INPUT, "says at its end to have 44");
	poke32(cap.n - 4, (uint32_t)(cap.n - packet));
	read_capture(&r);
	ck_assert_int_eq(r.n, 1);
	poke32(interface + 16, 0xffff0002); /* an option longer than its block */
	read_capture(&r);
	assert_says(&r, ERR_INPUT, "has an option of 65535 bytes");
}
END_TEST

START_TEST(pcapng_blocks_too_short_for_their_kind)
{
	static const uint32_t kinds[] = {0x0a0d0d0a, 1, 2, 3, 6};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct reading r;
		size_t start;

		cap.n = 0;
		pcapng_section(&cap, false);
		start = block_begin(&cap, kinds[i]);
		if (kinds[i] == 0x0a0d0d0a)
			cap32(&cap, 0x1a2b3c4d);
		block_end(&cap, start);
		read_capture(&r);
		ck_assert(r.opened);
		assert_says(&r, ERR_INPUT, "too few for what it holds");
	}
}
END_TEST

START_TEST(pcapng_headers)
{
	struct reading r;

	cap.n = 0;
	pcapng_section(&cap, false);
	cap.bytes[14] = 2; /* 1.2 was written for 1.0 */
	read_capture(&r);
	ck_assert_int_eq(r.err.code, ERR_OK);
	ck_assert_int_eq(r.n, 0);
	cap.bytes[12] = 2;
	read_capture(&r);
	ck_assert(!r.opened);
	assert_says(&r, ERR_INPUT, "pcapng version 2.2");
	cap.bytes[8] = 0;
	read_capture(&r);
	assert_says(&r, ERR_INPUT, "byte-order mark");
}
END_TEST

static size_t gzip(const uint8_t *in, size_t n, uint8_t *out, size_t out_size)
{
	z_stream z = {
		.next_in = in, .avail_in = (uInt)n, .next_out = out, .avail_out = (uInt)out_size};

	ck_assert_int_eq(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return z.total_out;
}

static size_t zstd(const uint8_t *in, size_t n, uint8_t *out, size_t out_size)
{
	const size_t rc = ZSTD_compress(out, out_size, in, n, 3);

	ck_assert(!ZSTD_isError(rc));
	return rc;
}

typedef size_t pack_fn(const uint8_t *in, size_t n, uint8_t *out, size_t out_size);
static pack_fn *const packers[] = {gzip, zstd};
static const char *const packer_names[] = {"gzip", "zstd"};
static uint8_t packed[CAPTURE_BYTES];

static void some_pcap(void)
{
	pcap_begin(&cap, false, MICRO, 1);
	for (uint32_t i = 0; i < 50; i++)
		pcap_record(&cap, i, i * 7919 % 1000000, i % 2 ? "odd payload" : "even", 60);
}

START_TEST(packed_captures)
{
	struct reading plain, r;

	some_pcap();
	read_capture(&plain);
	ck_assert_int_eq(plain.n, 50);
	for (int i = 0; i < 2; i++) {
		read_bytes(packed, packers[i](cap.bytes, cap.n, packed, sizeof(packed)), &r);
		ck_assert_int_eq(r.err.code, ERR_OK);
		ck_assert_int_eq(r.n, 50);
		ck_assert_mem_eq(r.data, plain.data, sizeof(r.data));
	}
}
END_TEST

/* Members and frames one behind the other, cut where no record ends; the padding that gzip(1)
 * ignores. */
START_TEST(packed_in_parts)
{
	struct reading r;

	some_pcap();
	for (int i = 0; i < 2; i++) {
		size_t n = packers[i](cap.bytes, 333, packed, sizeof(packed));

		n += packers[i](cap.bytes + 333, 0, packed + n, sizeof(packed) - n);
		n += packers[i](cap.bytes + 333, cap.n - 333, packed + n, sizeof(packed) - n);
		if (i == 0) {
			memset(packed + n, 0, 700);
			n += 700;
		}
		read_bytes(packed, n, &r);
		ck_assert_int_eq(r.err.code, ERR_OK);
		ck_assert_int_eq(r.n, 50);
	}
}
END_TEST

START_TEST(packed_and_cut)
{
	some_pcap();
	for (int i = 0; i < 2; i++) {
		const size_t n = packers[i](cap.bytes, cap.n, packed, sizeof(packed));
		int last = 0;

		for (size_t cut = 0; cut < n; cut++) {
			struct reading r;

			read_bytes(packed, cut, &r);
			ck_assert_int_eq(r.err.code, r.opened ? ERR_TRUNCATED : ERR_INPUT);
			ck_assert_int_ge(r.n, last);
			last = r.n;
			if (r.opened)
				assert_says(&r, ERR_TRUNCATED, "after unpacking");
		}
		/* What could be unpacked was read: all but the last bytes of gzip, nothing of
		 * zstd's only block. */
		if (packers[i] == gzip)
			ck_assert_int_gt(last, 40);
	}
}
END_TEST

/* What was unpacked ends with a record, what it is packed in does not end: something is missing. */
START_TEST(packed_and_cut_between_records)
{
	const size_t boundary = 24 + 16 + 4 + 16 + 11; /* the file header, "even", "odd payload" */

	for (int i = 0; i < 2; i++) {
		struct reading r;
		size_t n;

		some_pcap();
		n = packers[i](cap.bytes, boundary, packed, sizeof(packed));
		read_bytes(packed, n, &r);
		ck_assert_int_eq(r.err.code, ERR_OK);
		ck_assert_int_eq(r.n, 2);
		(void)packers[i](
			cap.bytes + boundary, cap.n - boundary, packed + n, sizeof(packed) - n);
		read_bytes(packed, n + 5, &r);
		ck_assert_int_eq(r.n, 2);
		assert_says(&r, ERR_TRUNCATED, "after unpacking");
	}
}
END_TEST

START_TEST(packed_and_damaged)
{
	struct reading r;

	some_pcap();
	for (int i = 0; i < 2; i++) {
		size_t n = packers[i](cap.bytes, 333, packed, sizeof(packed));

		memcpy(packed + n, "garbage behind it", 17);
		read_bytes(packed, n + 17, &r);
		ck_assert(r.opened);
		ck_assert_int_gt(r.n, 0);
		assert_says(&r, ERR_INPUT, "compressed data is damaged");
		assert_says(&r, ERR_INPUT, packer_names[i]);
		n = packers[i](cap.bytes, 0, packed, sizeof(packed));
		read_bytes(packed, n, &r);
		ck_assert(!r.opened);
		assert_says(&r, ERR_INPUT, packer_names[i]);
		n = packers[i]((const uint8_t *)"no capture in it", 16, packed, sizeof(packed));
		read_bytes(packed, n, &r);
		assert_says(&r, ERR_INPUT, "not a capture: it begins with 6e 6f 20 63");
	}
}
END_TEST

START_TEST(garbage_is_refused_or_ends)
{
	uint32_t seed = 4711;

	for (int round = 0; round < 500; round++) {
		struct reading r;
		size_t n;

		if (round % 2) {
			some_pcap();
			cap.n = 400;
		} else {
			whole_pcapng(round % 4 == 0);
		}
		n = cap.n;
		for (int i = 0; i < 4; i++) {
			seed = seed * 1664525 + 1013904223;
			cap.bytes[seed >> 8 & 0x1ff % n] = (uint8_t)(seed >> 24);
		}
		read_capture(&r);
		ck_assert(r.err.code == ERR_OK || r.err.code == ERR_INPUT ||
			  r.err.code == ERR_TRUNCATED);
	}
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_checked_fixture(t, make_scratch, drop_scratch);
	tcase_add_test(t, pcap_in_both_byte_orders);
	tcase_add_test(t, pcap_in_nanoseconds);
	tcase_add_test(t, pcap_modified);
	tcase_add_test(t, pcap_link_type_without_its_upper_bits);
	tcase_add_test(t, pcap_swapped_lengths);
	tcase_add_test(t, pcap_of_unknown_version);
	tcase_add_test(t, pcap_record_too_large);
	tcase_add_test(t, pcap_record_as_large_as_allowed);
	tcase_add_test(t, not_a_capture);
	tcase_add_test(t, pcap_cut_at_every_byte);
	tcase_add_test(t, pcapng_in_both_byte_orders);
	tcase_add_test(t, pcapng_simple_packet_up_to_the_snapshot_length);
	tcase_add_test(t, pcapng_sections);
	tcase_add_test(t, pcapng_names_of_interfaces);
	tcase_add_test(t, pcapng_strange_names_of_interfaces);
	tcase_add_test(t, pcapng_cut_at_every_byte);
	tcase_add_test(t, pcapng_damaged_blocks);
	tcase_add_test(t, pcapng_blocks_too_short_for_their_kind);
	tcase_add_test(t, pcapng_headers);
	tcase_add_test(t, packed_captures);
	tcase_add_test(t, packed_in_parts);
	tcase_add_test(t, packed_and_cut);
	tcase_add_test(t, packed_and_cut_between_records);
	tcase_add_test(t, packed_and_damaged);
	tcase_add_test(t, garbage_is_refused_or_ends);
}

int main(void)
{
	return suite_main("capture_file", add_tests);
}
