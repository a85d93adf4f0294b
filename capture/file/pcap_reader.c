#include "capture/file/pcap_reader.h"

#include "capture/file/load.h"
#include "capture/file/record.h"
#include "common/out_of_line.h"
#include "common/time_text.h"

enum { FILE_HEADER_BYTES = 24, RECORD_HEADER_BYTES = 16, MODIFIED_RECORD_HEADER_BYTES = 24 };

struct variant {
	uint32_t magic;
	uint32_t fraction_ns;
	uint32_t header_bytes;
};

static const struct variant variants[] = {
	{0xa1b2c3d4, NS_PER_US, RECORD_HEADER_BYTES},
	{0xa1b23c4d, 1, RECORD_HEADER_BYTES},
	{0xa1b2cd34, NS_PER_US, MODIFIED_RECORD_HEADER_BYTES},
};

static const struct variant *variant_find(const uint8_t magic[4], bool big_endian)
{
	for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++) {
		if (load32(magic, big_endian) == variants[i].magic)
			return &variants[i];
	}
	return NULL;
}

bool pcap_reader_is_mine(const uint8_t magic[4])
{
	return variant_find(magic, false) || variant_find(magic, true);
}

int pcap_reader_begin(struct pcap_reader *r, struct stream *s, struct error *err)
{
	const struct variant *v;
	const uint8_t *h;
	enum stream_result result = stream_need(s, FILE_HEADER_BYTES, &h, err);
	uint16_t major, minor;

	if (result == STREAM_FAILED)
		return err ? err->code : ERR_INPUT;
	if (result != STREAM_OK)
		return error_set(err, ERR_INPUT,
			"%s: not a whole capture: it ends within the %d bytes of its pcap header; "
			"copy it "
			"again from where it was made",
			stream_path(s), FILE_HEADER_BYTES);
	*r = (struct pcap_reader){.big_endian = !variant_find(h, false)};
	v = variant_find(h, r->big_endian);
	if (!v)
		return error_set(err, ERR_INPUT, "%s: not a pcap file", stream_path(s));
	major = load16(h + 4, r->big_endian);
	minor = load16(h + 6, r->big_endian);
	/* 543.0 is what one system's tcpdump wrote instead of 2.x. */
	if (major != 2 && !(major == 543 && minor == 0))
		return error_set(err, ERR_INPUT,
			"%s: pcap version %u.%u is unknown (2.4 is the usual one): convert it with "
			"'editcap'",
			stream_path(s), (unsigned)major, (unsigned)minor);
	r->swapped_lengths = major != 2 || minor < 4;
	r->fraction_ns = v->fraction_ns;
	r->header_bytes = v->header_bytes;
	/* The upper bits tell of frame check sequences, which lie behind the packet like padding.
	 */
	r->linktype = load32(h + 20, r->big_endian) & 0xffff;
	(void)stream_skip(s, FILE_HEADER_BYTES, err);
	return ERR_OK;
}

/* Reads the lengths of the record at H. False when they cannot be true. */
static bool read_lengths(
	const struct pcap_reader *r, const uint8_t *h, uint32_t *ret_caplen, uint32_t *ret_len)
{
	const uint32_t first = load32(h + 8, r->big_endian);
	const uint32_t second = load32(h + 12, r->big_endian);
	const bool swap = r->swapped_lengths && first > second;

	*ret_caplen = swap ? second : first;
	*ret_len = swap ? first : second;
	return *ret_caplen <= FRAME_MAX_BYTES;
}

/* The record at H, all of which is there. */
static inline void take(struct pcap_reader *r, struct stream *s, const uint8_t *h, uint32_t caplen,
	uint32_t len, struct frame *ret)
{
	*ret = (struct frame){
		.data = h + r->header_bytes,
		.caplen = caplen,
		.len = len > caplen ? len : caplen,
		.ts_ns = load32(h, r->big_endian) * NS_PER_S +
			 (uint64_t)load32(h + 4, r->big_endian) * r->fraction_ns,
		.linktype = r->linktype,
	};
	stream_pass(s, (size_t)r->header_bytes + caplen);
	r->records++;
}

/* False when it is not at hand, or damaged. */
static inline bool take_at_hand(struct pcap_reader *r, struct stream *s, struct frame *ret)
{
	size_t n;
	const uint8_t *h = stream_at_hand(s, &n);
	uint32_t caplen, len;

	if (n < r->header_bytes || !read_lengths(r, h, &caplen, &len) ||
		n - r->header_bytes < caplen)
		return false;
	take(r, s, h, caplen, len, ret);
	return true;
}

/* The record is not at hand, or damaged. */
static OUT_OF_LINE int read_on(
	struct pcap_reader *r, struct stream *s, struct frame *ret, struct error *err)
{
	const struct record_place place = {r->records + 1, stream_offset(s)};
	const uint8_t *h;
	enum stream_result result = stream_need(s, r->header_bytes, &h, err);
	uint32_t caplen, len;

	if (result == STREAM_END)
		return 0;
	if (result != STREAM_OK)
		return record_unreadable(s, &place, result, err);
	if (!read_lengths(r, h, &caplen, &len))
		return record_damaged(s, &place, err,
			"claims %u captured bytes, more than any packet has (%d)", caplen,
			FRAME_MAX_BYTES);
	result = stream_need(s, (size_t)r->header_bytes + caplen, &h, err);
	if (result != STREAM_OK)
		return record_unreadable(s, &place, result, err);
	take(r, s, h, caplen, len, ret);
	return 1;
}

int pcap_reader_next(struct pcap_reader *r, struct stream *s, struct frame *ret, struct error *err)
{
	return take_at_hand(r, s, ret) ? 1 : read_on(r, s, ret, err);
}

uint32_t pcap_reader_more(struct pcap_reader *r, struct stream *s, struct frame *ret, uint32_t max)
{
	uint32_t n = 0;

	while (n < max && take_at_hand(r, s, &ret[n]))
		n++;
	return n;
}
