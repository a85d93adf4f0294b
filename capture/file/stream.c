#include "capture/file/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/file/unpack.h"

enum { PACKED_BUFFER_BYTES = 64 * 1024, MAGIC_BYTES = 4 };

struct buffer {
	uint8_t *data;
	size_t capacity, at, end;
};

struct stream {
	char *path;
	int fd;
	bool fd_is_ours;
	bool ended;                      /* read(2) said so */
	const struct unpack_ops *unpack; /* NULL: plain */
	void *unpack_state;
	const char *unpack_fault; /* once damaged, always damaged */
	struct buffer packed;
	struct buffer plain;
	uint64_t offset; /* of plain.data[0] */
	uint64_t bytes_read, bytes_total;
};

static bool buffer_init(struct buffer *b, size_t capacity)
{
	*b = (struct buffer){.data = malloc(capacity), .capacity = capacity};
	return b->data;
}

static size_t buffer_left(const struct buffer *b)
{
	return b->end - b->at;
}

/* Moves what is left to the front and makes room for N bytes in all. */
static bool buffer_make_room(struct buffer *b, size_t n)
{
	memmove(b->data, b->data + b->at, buffer_left(b));
	b->end -= b->at;
	b->at = 0;
	if (n > b->capacity) {
		uint8_t *data = realloc(b->data, n);

		if (!data)
			return false;
		b->data = data;
		b->capacity = n;
	}
	return true;
}

/* Reads once from the file into B's free end. False with *err. */
static bool read_some(struct stream *s, struct buffer *b, struct error *err)
{
	ssize_t n;

	do {
		n = read(s->fd, b->data + b->end, b->capacity - b->end);
	} while (n < 0 && errno == EINTR);
	if (n < 0) {
		error_set_errno(err, ERR_INPUT, errno, "%s: cannot be read on at byte %llu",
			stream_path(s), (unsigned long long)s->bytes_read);
		return false;
	}
	if (n == 0)
		s->ended = true;
	b->end += (size_t)n;
	s->bytes_read += (uint64_t)n;
	return true;
}

/* Lets the decompressor work on what is there. False when that brought nothing forward. */
static bool unpack_step(struct stream *s)
{
	struct unpack_io io = {
		s->packed.data + s->packed.at,
		buffer_left(&s->packed),
		s->plain.data + s->plain.end,
		s->plain.capacity - s->plain.end,
	};
	const struct unpack_io before = io;

	if (s->unpack_fault)
		return false;
	s->unpack_fault = s->unpack->run(s->unpack_state, &io);
	s->packed.at = s->packed.end - io.in_bytes;
	s->plain.end = s->plain.capacity - io.out_bytes;
	return io.in_bytes != before.in_bytes || io.out_bytes != before.out_bytes;
}

/* Adds at least one byte to s->plain, which has room. */
static enum stream_result unpack_some(struct stream *s, struct error *err)
{
	const size_t end_before = s->plain.end;

	for (;;) {
		const bool moved = unpack_step(s);

		if (s->plain.end > end_before)
			return STREAM_OK;
		if (!s->unpack_fault && moved)
			continue;
		if (s->unpack_fault || buffer_left(&s->packed)) {
			error_set(err, ERR_INPUT,
				"%s: %s (%s, near byte %llu); what came before was read",
				stream_path(s),
				s->unpack_fault ? s->unpack_fault
						: "its compressed data is damaged",
				s->unpack->name,
				(unsigned long long)(s->bytes_read - buffer_left(&s->packed)));
			return STREAM_FAILED;
		}
		if (s->ended)
			return s->unpack->at_end(s->unpack_state) ? STREAM_END : STREAM_CUT;
		s->packed.at = s->packed.end = 0;
		if (!read_some(s, &s->packed, err))
			return STREAM_FAILED;
	}
}

/* Adds at least one byte to s->plain, which has room. STREAM_END is the end of the input, whatever
 * is left in s->plain. */
static enum stream_result fill_some(struct stream *s, struct error *err)
{
	const size_t end_before = s->plain.end;

	if (s->unpack)
		return unpack_some(s, err);
	if (!s->ended && !read_some(s, &s->plain, err))
		return STREAM_FAILED;
	return s->plain.end > end_before ? STREAM_OK : STREAM_END;
}

enum stream_result stream_need(struct stream *s, size_t n, const uint8_t **ret, struct error *err)
{
	if (buffer_left(&s->plain) < n) {
		s->offset += s->plain.at;
		if (!buffer_make_room(&s->plain, n)) {
			error_set(err, ERR_SYSTEM, "%s: no memory left to read it", stream_path(s));
			return STREAM_FAILED;
		}
	}
	while (buffer_left(&s->plain) < n) {
		const enum stream_result result = fill_some(s, err);

		if (result == STREAM_END && buffer_left(&s->plain))
			return STREAM_CUT;
		if (result != STREAM_OK)
			return result;
	}
	*ret = s->plain.data + s->plain.at;
	return STREAM_OK;
}

enum stream_result stream_skip(struct stream *s, uint64_t n, struct error *err)
{
	while (n > buffer_left(&s->plain)) {
		const uint8_t *ignored;
		enum stream_result result;

		n -= buffer_left(&s->plain);
		s->plain.at = s->plain.end;
		result = stream_need(s, 1, &ignored, err);
		if (result != STREAM_OK)
			return result == STREAM_END ? STREAM_CUT : result;
	}
	s->plain.at += (size_t)n;
	return STREAM_OK;
}

/* The first read told how the input is packed; its bytes become the decompressor's. */
static bool start_unpacking(struct stream *s, const struct unpack_ops *ops)
{
	const size_t have = buffer_left(&s->plain);
	struct buffer packed;

	s->unpack_state = ops->new ();
	if (!s->unpack_state)
		return false;
	s->unpack = ops;
	if (!buffer_init(&packed, have > PACKED_BUFFER_BYTES ? have : PACKED_BUFFER_BYTES))
		return false;
	memcpy(packed.data, s->plain.data, have);
	packed.end = have;
	s->packed = packed;
	s->plain.end = 0;
	return true;
}

static bool detect_packing(struct stream *s, struct error *err)
{
	static const struct unpack_ops *const known[] = {&unpack_gzip, &unpack_zstd};
	const uint8_t *first;
	const enum stream_result result = stream_need(s, MAGIC_BYTES, &first, err);

	if (result != STREAM_OK)
		return result != STREAM_FAILED; /* too short for any packing */
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (!known[i]->is_mine(first))
			continue;
		if (start_unpacking(s, known[i]))
			return true;
		error_set(err, ERR_SYSTEM, "%s: no memory left to unpack it", stream_path(s));
		return false;
	}
	return true;
}

static bool open_file(struct stream *s, const char *path, struct error *err)
{
	struct stat st;

	if (strcmp(path, "-") == 0) {
		s->fd = STDIN_FILENO;
		return true;
	}
	s->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (s->fd < 0) {
		error_set_errno(err, ERR_INPUT, errno, "%s: cannot be opened", path);
		return false;
	}
	s->fd_is_ours = true;
	if (fstat(s->fd, &st) == 0 && S_ISREG(st.st_mode))
		s->bytes_total = (uint64_t)st.st_size;
	return true;
}

struct stream *stream_open(const char *path, size_t buffer_bytes, struct error *err)
{
	struct stream *s = calloc(1, sizeof(*s));

	if (s)
		s->path = strdup(strcmp(path, "-") == 0 ? "standard input" : path);
	if (!s || !s->path || !buffer_init(&s->plain, buffer_bytes)) {
		error_set(err, ERR_SYSTEM, "%s: no memory left to read it", path);
		stream_close(s);
		return NULL;
	}
	if (!open_file(s, path, err) || !detect_packing(s, err)) {
		stream_close(s);
		return NULL;
	}
	return s;
}

void stream_close(struct stream *s)
{
	if (!s)
		return;
	if (s->unpack_state)
		s->unpack->free(s->unpack_state);
	if (s->fd_is_ours)
		close(s->fd);
	free(s->packed.data);
	free(s->plain.data);
	free(s->path);
	free(s);
}

const char *stream_path(const struct stream *s)
{
	return s->path;
}

const char *stream_packing(const struct stream *s)
{
	return s->unpack ? s->unpack->name : NULL;
}

uint64_t stream_offset(const struct stream *s)
{
	return s->offset + s->plain.at;
}

uint64_t stream_bytes_read(const struct stream *s)
{
	return s->bytes_read;
}

uint64_t stream_bytes_total(const struct stream *s)
{
	return s->bytes_total;
}
