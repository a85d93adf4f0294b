#include "capture/live/live_filter.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	MAX_TAGS = 2, /* that the filter looks behind, besides the one that the kernel takes off */
	TYPE_AT = 12, /* in an Ethernet header */
	TAG_BYTES = 4,
};

/* Where the addresses of an IP header are. */
struct family {
	bool is_v4;
	unsigned ethertype, header_bytes;
	unsigned source_at, destination_at;
};

static const struct family families[] = {
	{.is_v4 = true,
		.ethertype = 0x0800,
		.header_bytes = 20,
		.source_at = 12,
		.destination_at = 16},
	{.is_v4 = false,
		.ethertype = 0x86dd,
		.header_bytes = 40,
		.source_at = 8,
		.destination_at = 24},
};

static uint32_t word(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* PREFIX holds the address at byte AT of the frame. Bytes, not the words "net" and "vlan": those
 * would be compiled for the place where the kernel keeps a tag, and could be tested on no frame. A
 * word that counts whole has no mask: libpcap 1.10 takes "& 0xffffffff = 0" for never true. */
static void print_prefix(FILE *out, const struct ip_prefix *prefix, unsigned at, bool is_v4)
{
	const uint8_t *bytes = is_v4 ? prefix->addr.bytes + 12 : prefix->addr.bytes;
	unsigned bits = is_v4 ? prefix->length_bits - 96u : prefix->length_bits;
	const char *between = "";

	fputs(bits ? "(" : "(1 = 1", out);
	for (; bits >= 32; bits -= 32, at += 4, bytes += 4) {
		fprintf(out, "%sether[%u:4] = 0x%" PRIx32, between, at, word(bytes));
		between = " and ";
	}
	if (bits) {
		const uint32_t mask = UINT32_MAX << (32 - bits);

		fprintf(out, "%sether[%u:4] & 0x%" PRIx32 " = 0x%" PRIx32, between, at, mask,
			word(bytes) & mask);
	}
	fputc(')', out);
}

/* One of the prefixes of this family holds the address at AT. */
static void print_set(
	FILE *out, const struct ip_prefix *prefixes, size_t n, unsigned at, bool is_v4)
{
	const char *between = "";

	fputc('(', out);
	for (size_t i = 0; i < n; i++) {
		if (ip_addr_is_v4(&prefixes[i].addr) != is_v4)
			continue;
		fputs(between, out);
		print_prefix(out, &prefixes[i], at, is_v4);
		between = " or ";
	}
	fputs(*between ? ")" : "1 = 0)", out);
}

static void print_family(
	FILE *out, const struct live_filter *f, const struct family *family, unsigned type_at)
{
	const unsigned ip_at = type_at + 2;
	const unsigned source = ip_at + family->source_at;
	const unsigned destination = ip_at + family->destination_at;

	fprintf(out, "(ether[%u:2] = 0x%x and ether[%u] & 0xf0 = 0x%x and (", type_at,
		family->ethertype, ip_at, family->is_v4 ? 0x40u : 0x60u);
	print_set(out, f->drop, f->n_drop, source, family->is_v4);
	fputs(f->drop_one_ended ? " or " : " and ", out);
	print_set(out, f->drop, f->n_drop, destination, family->is_v4);
	fputs(") and not (", out);
	print_set(out, f->keep, f->n_keep, source, family->is_v4);
	fputs(" or ", out);
	print_set(out, f->keep, f->n_keep, destination, family->is_v4);
	fputs("))", out);
}

static void print_tags(FILE *out, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		const unsigned at = TYPE_AT + i * TAG_BYTES;

		fprintf(out,
			"(ether[%u:2] = 0x8100 or ether[%u:2] = 0x88a8 or ether[%u:2] = 0x9100 or "
			"ether[%u:2] = 0x9200) and ",
			at, at, at, at);
	}
}

static void print_dropped(FILE *out, const struct live_filter *f)
{
	const char *between = "";

	fputs("not (", out);
	for (unsigned tags = 0; tags <= MAX_TAGS; tags++) {
		for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
			fputs(between, out);
			/* A load beyond the frame's end would end the program, and refuse. */
			fprintf(out, "(len >= %u and ",
				TYPE_AT + tags * TAG_BYTES + 2 + families[i].header_bytes);
			print_tags(out, tags);
			print_family(out, f, &families[i], TYPE_AT + tags * TAG_BYTES);
			fputc(')', out);
			between = " or ";
		}
	}
	fputc(')', out);
}

char *live_filter_text(const struct live_filter *f, bool without_drop)
{
	const bool has_drop = f->n_drop > 0 && !without_drop;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	/* A person's expression comes last: its word vlan moves what stands after it. */
	if (has_drop)
		print_dropped(out, f);
	if (f->expression && *f->expression)
		fprintf(out, "%s(%s)", has_drop ? " and " : "", f->expression);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
