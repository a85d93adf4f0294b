/* Builds capture files byte by byte, in either byte order, and writes them below a folder of their
 * own. */
#pragma once

#include <check.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CAPTURE_BYTES = 1 << 20, CAPTURE_PATH_BYTES = 512 };

struct capture {
	uint8_t bytes[CAPTURE_BYTES];
	size_t n;
	bool big_endian;
};

static inline void cap8(struct capture *c, uint32_t v)
{
	ck_assert_uint_lt(c->n, CAPTURE_BYTES);
	c->bytes[c->n++] = (uint8_t)v;
}

static inline void cap16(struct capture *c, uint32_t v)
{
	cap8(c, c->big_endian ? v >> 8 : v);
	cap8(c, c->big_endian ? v : v >> 8);
}

static inline void cap32(struct capture *c, uint32_t v)
{
	cap16(c, c->big_endian ? v >> 16 : v);
	cap16(c, c->big_endian ? v : v >> 16);
}

static inline void cap_bytes(struct capture *c, const void *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		cap8(c, ((const uint8_t *)bytes)[i]);
}

static inline void cap_pad(struct capture *c)
{
	while (c->n % 4)
		cap8(c, 0);
}

static inline void pcap_begin(struct capture *c, bool big_endian, uint32_t magic, uint32_t network)
{
	c->n = 0;
	c->big_endian = big_endian;
	cap32(c, magic);
	cap16(c, 2);
	cap16(c, 4);
	cap32(c, 0);
	cap32(c, 0);
	cap32(c, 65535);
	cap32(c, network);
}

static inline void pcap_record(
	struct capture *c, uint32_t sec, uint32_t fraction, const char *data, uint32_t len)
{
	cap32(c, sec);
	cap32(c, fraction);
	cap32(c, (uint32_t)strlen(data));
	cap32(c, len);
	cap_bytes(c, data, strlen(data));
}

/* Opens a block and returns where it begins; block_end fills in the lengths. */
static inline size_t block_begin(struct capture *c, uint32_t type)
{
	const size_t start = c->n;

	cap32(c, type);
	cap32(c, 0);
	return start;
}

static inline void block_end(struct capture *c, size_t start)
{
	const uint32_t total = (uint32_t)(c->n - start) + 4;
	size_t end;

	cap32(c, total);
	end = c->n;
	c->n = start + 4;
	cap32(c, total);
	c->n = end;
}

static inline void pcapng_section(struct capture *c, bool big_endian)
{
	size_t start;

	c->big_endian = big_endian;
	start = block_begin(c, 0x0a0d0d0a);
	cap32(c, 0x1a2b3c4d);
	cap16(c, 1);
	cap16(c, 0);
	cap32(c, 0xffffffff);
	cap32(c, 0xffffffff);
	block_end(c, start);
}

static inline void pcapng_option(struct capture *c, uint16_t code, const void *value, uint16_t n)
{
	cap16(c, code);
	cap16(c, n);
	cap_bytes(c, value, n);
	cap_pad(c);
}

/* RESOLUTION 0: no option, so microseconds. The name is NAME_BYTES at NAME; NULL: none. */
static inline void pcapng_interface_named(struct capture *c, uint16_t linktype, uint32_t snaplen,
	uint8_t resolution, const void *name, uint16_t name_bytes)
{
	const size_t start = block_begin(c, 1);

	cap16(c, linktype);
	cap16(c, 0);
	cap32(c, snaplen);
	if (name)
		pcapng_option(c, 2, name, name_bytes);
	if (resolution)
		pcapng_option(c, 9, &resolution, 1);
	pcapng_option(c, 0, "", 0);
	block_end(c, start);
}

static inline void pcapng_interface(
	struct capture *c, uint16_t linktype, uint32_t snaplen, uint8_t resolution)
{
	pcapng_interface_named(c, linktype, snaplen, resolution, "eth0!", 5);
}

static inline void pcapng_packet(
	struct capture *c, uint32_t interface, uint64_t units, const char *data, uint32_t len)
{
	const size_t start = block_begin(c, 6);

	cap32(c, interface);
	cap32(c, (uint32_t)(units >> 32));
	cap32(c, (uint32_t)units);
	cap32(c, (uint32_t)strlen(data));
	cap32(c, len);
	cap_bytes(c, data, strlen(data));
	cap_pad(c);
	pcapng_option(c, 1, "a comment", 9);
	pcapng_option(c, 0, "", 0);
	block_end(c, start);
}

/* A folder for one test's files. */
struct scratch {
	char dir[CAPTURE_PATH_BYTES];
};

static inline void scratch_make(struct scratch *s)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(s->dir, sizeof(s->dir), "%s/vedette-test-XXXXXX", tmp ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(s->dir));
}

static inline int scratch_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void scratch_drop(const struct scratch *s)
{
	ck_assert_int_eq(nftw(s->dir, scratch_remove, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* DIR/NAME in PATH of CAPTURE_PATH_BYTES. Returns PATH. */
static inline char *scratch_path(const struct scratch *s, const char *name, char *path)
{
	const int n = snprintf(path, CAPTURE_PATH_BYTES, "%s/%s", s->dir, name);

	ck_assert_int_lt(n, CAPTURE_PATH_BYTES);
	return path;
}

static inline void write_bytes(const char *path, const void *bytes, size_t n)
{
	FILE *f = fopen(path, "wb");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(bytes, 1, n, f), n);
	ck_assert_int_eq(fclose(f), 0);
}
