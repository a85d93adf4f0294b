#include "capture/file/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/file/unpack.h"

enum { PACKED_BUFFER_BYTES = 64 * 1024, MAGIC_BYTES = 4 };

/* Packed bytes. */
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
	struct chunks *chunks; /* borrowed */
	struct chunk *chunk;   /* what is read now */
	size_t at, end;        /* in it: not taken yet */
	uint64_t offset;       /* of its first byte */
	uint64_t bytes_read, bytes_total;
};

static size_t buffer_left(const struct buffer *b)
{
	return b->end - b->at;
}

static size_t plain_left(const struct stream *s)
{
	return s->end - s->at;
}

/* What frames may point into stays where it is: the record that does not fit goes on in a new
 * chunk. */
static bool make_room(struct stream *s, size_t n)
{
	const size_t left = plain_left(s);
	struct chunk *chunk;

	if (s->at + n <= s->chunk->capacity)
		return true;
	chunk = chunks_take(s->chunks, n);
	if (!chunk)
		return false;
	memcpy(chunk->data, s->chunk->data + s->at, left);
	chunks_retire(s->chunks, s->chunk);
	s->chunk = chunk;
	s->offset += s->at;
	s->at = 0;
	s->end = left;
	return true;
}

/* Reads once from the file to TO, up to N bytes. False with *err. */
static bool read_some(struct stream *s, uint8_t *to, size_t n, size_t *ret_n, struct error *err)
{
	ssize_t got;

	do {
		got = read(s->fd, to, n);
	} while (got < 0 && errno == EINTR);
	if (got < 0) {
		error_set_errno(err, ERR_INPUT, errno, "%s: cannot be read on at byte %llu",
			stream_path(s), (unsigned long long)s->bytes_read);
		return false;
	}
	if (got == 0)
		s->ended = true;
	*ret_n = (size_t)got;
	s->bytes_read += (uint64_t)got;
	return true;
}

/* Lets the decompressor work on what is there. False when that brought nothing forward. */
static bool unpack_step(struct stream *s)
{
	struct unpack_io io = {
		s->packed.data + s->packed.at,
		buffer_left(&s->packed),
		s->chunk->data + s->end,
		s->chunk->capacity - s->end,
	};
	const struct unpack_io before = io;

	if (s->unpack_fault)
		return false;
	s->unpack_fault = s->unpack->run(s->unpack_state, &io);
	s->packed.at = s->packed.end - io.in_bytes;
	s->end = s->chunk->capacity - io.out_bytes;
	return io.in_bytes != before.in_bytes || io.out_bytes != before.out_bytes;
}

/* Adds at least one byte to the chunk, which has room. */
static enum stream_result unpack_some(struct stream *s, struct error *err)
{
	const size_t end_before = s->end;

	for (;;) {
		const bool moved = unpack_step(s);

		if (s->end > end_before)
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
		if (!read_some(s, s->packed.data, s->packed.capacity, &s->packed.end, err))
			return STREAM_FAILED;
	}
}

/* Adds at least one byte to the chunk, which has room. STREAM_END is the end of the input,
 * whatever is left in the chunk. */
static enum stream_result fill_some(struct stream *s, struct error *err)
{
	size_t n = 0;

	if (s->unpack)
		return unpack_some(s, err);
	if (!s->ended &&
		!read_some(s, s->chunk->data + s->end, s->chunk->capacity - s->end, &n, err))
		return STREAM_FAILED;
	s->end += n;
	return n > 0 ? STREAM_OK : STREAM_END;
}

enum stream_result stream_need(struct stream *s, size_t n, const uint8_t **ret, struct error *err)
{
	if (plain_left(s) < n && !make_room(s, n)) {
		error_set(err, ERR_SYSTEM, "%s: no memory left to read it", stream_path(s));
		return STREAM_FAILED;
	}
	while (plain_left(s) < n) {
		const enum stream_result result = fill_some(s, err);

		if (result == STREAM_END && plain_left(s))
			return STREAM_CUT;
		if (result != STREAM_OK)
			return result;
	}
	*ret = s->chunk->data + s->at;
	return STREAM_OK;
}

const uint8_t *stream_at_hand(const struct stream *s, size_t *ret_n)
{
	*ret_n = plain_left(s);
	return s->chunk->data + s->at;
}

void stream_pass(struct stream *s, size_t n)
{
	s->at += n;
}

enum stream_result stream_skip(struct stream *s, uint64_t n, struct error *err)
{
	while (n > plain_left(s)) {
		const uint8_t *ignored;
		enum stream_result result;

		n -= plain_left(s);
		s->at = s->end;
		result = stream_need(s, 1, &ignored, err);
		if (result != STREAM_OK)
			return result == STREAM_END ? STREAM_CUT : result;
	}
	s->at += (size_t)n;
	return STREAM_OK;
}

/* The first read told how the input is packed; its bytes become the decompressor's. */
static bool start_unpacking(struct stream *s, const struct unpack_ops *ops)
{
	const size_t have = plain_left(s);
	const size_t capacity = have > PACKED_BUFFER_BYTES ? have : PACKED_BUFFER_BYTES;

	s->unpack_state = ops->new ();
	if (!s->unpack_state)
		return false;
	s->unpack = ops;
	s->packed = (struct buffer){.data = malloc(capacity), .capacity = capacity, .end = have};
	if (!s->packed.data)
		return false;
	memcpy(s->packed.data, s->chunk->data, have);
	s->end = 0;
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

struct stream *stream_open(const char *path, struct chunks *chunks, struct error *err)
{
	struct stream *s = calloc(1, sizeof(*s));

	if (s) {
		s->path = strdup(strcmp(path, "-") == 0 ? "standard input" : path);
		s->chunks = chunks;
		s->chunk = chunks_take(chunks, MAGIC_BYTES);
	}
	if (!s || !s->path || !s->chunk) {
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
	chunks_retire(s->chunks, s->chunk);
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
	return s->offset + s->at;
}

uint64_t stream_bytes_read(const struct stream *s)
{
	return s->bytes_read;
}

uint64_t stream_bytes_total(const struct stream *s)
{
	return s->bytes_total;
}
