#include "capture/file/capture_file.h"

#include <stdlib.h>

#include "capture/file/pcap_reader.h"
#include "capture/file/pcapng_reader.h"
#include "capture/file/stream.h"

enum format { FORMAT_PCAP, FORMAT_PCAPNG };

struct capture_file {
	struct stream *stream;
	enum format format;
	union {
		struct pcap_reader pcap;
		struct pcapng_reader pcapng;
	} reader;
};

/* Tells the format by the first four bytes and reads the header. */
static int begin(struct capture_file *f, struct interface_names *names, struct error *err)
{
	const uint8_t *magic;
	const enum stream_result result = stream_need(f->stream, 4, &magic, err);
	const char *packing = stream_packing(f->stream);

	if (result == STREAM_FAILED)
		return err ? err->code : ERR_INPUT;
	if (result == STREAM_END)
		return error_set(err, ERR_INPUT, "%s: not a capture: it is empty%s%s",
			stream_path(f->stream), packing ? " inside of its " : "",
			packing ? packing : "");
	if (result == STREAM_CUT)
		return error_set(err, ERR_INPUT,
			"%s: not a whole capture: it ends within its first four bytes; copy it "
			"again from where "
			"it was made",
			stream_path(f->stream));
	if (pcap_reader_is_mine(magic))
		return pcap_reader_begin(&f->reader.pcap, f->stream, err);
	if (pcapng_reader_is_mine(magic)) {
		f->format = FORMAT_PCAPNG;
		return pcapng_reader_begin(&f->reader.pcapng, f->stream, names, err);
	}
	return error_set(err, ERR_INPUT,
		"%s: not a capture: it begins with %02x %02x %02x %02x, which is neither pcap nor "
		"pcapng (nor "
		"either packed with gzip or zstd); convert it with 'editcap' or unpack it first",
		stream_path(f->stream), magic[0], magic[1], magic[2], magic[3]);
}

struct capture_file *capture_file_open(
	const char *path, struct chunks *chunks, struct interface_names *names, struct error *err)
{
	struct capture_file *f = calloc(1, sizeof(*f));

	if (!f) {
		error_set(err, ERR_SYSTEM, "%s: no memory left to read it", path);
		return NULL;
	}
	f->stream = stream_open(path, chunks, err);
	if (!f->stream || begin(f, names, err) < 0) {
		capture_file_close(f);
		return NULL;
	}
	return f;
}

void capture_file_close(struct capture_file *f)
{
	if (!f)
		return;
	if (f->format == FORMAT_PCAPNG)
		pcapng_reader_done(&f->reader.pcapng);
	stream_close(f->stream);
	free(f);
}

int capture_file_next(struct capture_file *f, struct frame *ret, struct error *err)
{
	return f->format == FORMAT_PCAPNG
		       ? pcapng_reader_next(&f->reader.pcapng, f->stream, ret, err)
		       : pcap_reader_next(&f->reader.pcap, f->stream, ret, err);
}

uint32_t capture_file_more(struct capture_file *f, struct frame *ret, uint32_t max)
{
	return f->format == FORMAT_PCAPNG ? 0
					  : pcap_reader_more(&f->reader.pcap, f->stream, ret, max);
}

uint64_t capture_file_unnamed(const struct capture_file *f)
{
	return f->format == FORMAT_PCAPNG ? f->reader.pcapng.unnamed : 0;
}

uint64_t capture_file_bytes_read(const struct capture_file *f)
{
	return stream_bytes_read(f->stream);
}

uint64_t capture_file_bytes_total(const struct capture_file *f)
{
	return stream_bytes_total(f->stream);
}
