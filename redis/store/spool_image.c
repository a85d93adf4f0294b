#include "redis/store/spool_image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	LOG_HEADER_BYTES = 32,
	FRAME_HEADER_BYTES = 24,
	FRAME_BYTES = FRAME_HEADER_BYTES + SPOOL_PAGE_BYTES,
	MAGIC_LITTLE = 0x377f0682,
	MAGIC_BIG = 0x377f0683,
	FREE_FIRST_AT = 32, /* in page 1 */
	FREE_COUNT_AT = 36,
};

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool read_at(int fd, void *buf, size_t n, uint64_t at)
{
	return fd >= 0 && pread(fd, buf, n, (off_t)at) == (ssize_t)n;
}

/* ---- the log ---- */

struct log_sum {
	uint32_t a, b;
	bool big;
};

static void sum_add(struct log_sum *s, const uint8_t *data, size_t n)
{
	for (size_t i = 0; i + 8 <= n; i += 8) {
		uint32_t x = be32(data + i), y = be32(data + i + 4);

		s->a += (s->big ? x : __builtin_bswap32(x)) + s->b;
		s->b += (s->big ? y : __builtin_bswap32(y)) + s->a;
	}
}

static bool sum_is(const struct log_sum *s, const uint8_t *stored)
{
	return s->a == be32(stored) && s->b == be32(stored + 4);
}

static bool add_frame(struct spool_image *img, uint32_t page, uint32_t order)
{
	if ((img->n_frames & (img->n_frames - 1)) == 0) {
		size_t capacity = img->n_frames ? 2 * (size_t)img->n_frames : 1;
		struct spool_frame *frames = realloc(img->frames, capacity * sizeof(*img->frames));

		if (!frames)
			return false;
		img->frames = frames;
	}
	img->frames[img->n_frames++] = (struct spool_frame){page, order};
	return true;
}

/* The frames that belong to the log as it is: those with SALT. Good ones end with the last one that
 * was committed; when others were committed behind one that does not hold, all are taken, since
 * each row has a digest of its own. */
static bool scan_frames(
	struct spool_image *img, struct log_sum sum, bool holds, const uint8_t *salt, uint32_t n)
{
	uint8_t *frame = malloc(FRAME_BYTES);
	uint32_t committed = 0;
	bool good = frame != NULL;

	for (uint32_t i = 0; i < n && good; i++) {
		if (!read_at(img->log_fd, frame, FRAME_BYTES,
			    LOG_HEADER_BYTES + (uint64_t)i * FRAME_BYTES))
			break;
		if (memcmp(frame + 8, salt, 8) != 0) {
			holds = false;
			continue;
		}
		sum_add(&sum, frame, 8);
		sum_add(&sum, frame + FRAME_HEADER_BYTES, SPOOL_PAGE_BYTES);
		holds = holds && sum_is(&sum, frame + 16);
		good = add_frame(img, be32(frame), i);
		if (be32(frame + 4) == 0)
			continue;
		img->log_is_damaged = img->log_is_damaged || !holds;
		committed = img->n_frames;
	}
	free(frame);
	if (!img->log_is_damaged)
		img->n_frames = committed;
	return good;
}

/* False: no memory. */
static bool scan_log(struct spool_image *img)
{
	uint8_t header[LOG_HEADER_BYTES], first[FRAME_HEADER_BYTES];
	struct log_sum sum = {0, 0, false};
	struct stat st;
	uint64_t n;
	bool holds;

	if (img->log_fd < 0 || fstat(img->log_fd, &st) < 0 || st.st_size < LOG_HEADER_BYTES ||
		!read_at(img->log_fd, header, sizeof(header), 0))
		return true;
	n = ((uint64_t)st.st_size - LOG_HEADER_BYTES) / FRAME_BYTES;
	sum.big = be32(header) == MAGIC_BIG;
	sum_add(&sum, header, 24);
	holds = (be32(header) == MAGIC_BIG || be32(header) == MAGIC_LITTLE) &&
		be32(header + 8) == SPOOL_PAGE_BYTES && sum_is(&sum, header + 24);
	/* Where the header does not hold the first frame says which ones belong together. */
	if (!holds && n > 0 && read_at(img->log_fd, first, sizeof(first), LOG_HEADER_BYTES))
		memcpy(header + 16, first + 8, 8);
	return scan_frames(img, sum, holds, header + 16, n > UINT32_MAX ? UINT32_MAX : (uint32_t)n);
}

static int by_page(const void *a, const void *b)
{
	const struct spool_frame *x = a, *y = b;

	if (x->page != y->page)
		return x->page < y->page ? -1 : 1;
	return x->order > y->order ? -1 : x->order < y->order;
}

/* ---- pages ---- */

static uint32_t first_frame(const struct spool_image *img, uint32_t page)
{
	uint32_t low = 0, high = img->n_frames;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (img->frames[middle].page < page)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool spool_image_page(struct spool_image *img, uint32_t number, uint32_t version, uint8_t *buf)
{
	uint32_t at = first_frame(img, number), in_log = 0;

	if (number == 0)
		return false;
	while (at + in_log < img->n_frames && img->frames[at + in_log].page == number)
		in_log++;
	if (version < in_log)
		return read_at(img->log_fd, buf, SPOOL_PAGE_BYTES,
			LOG_HEADER_BYTES + FRAME_HEADER_BYTES +
				(uint64_t)img->frames[at + version].order * FRAME_BYTES);
	return version == in_log &&
	       read_at(img->fd, buf, SPOOL_PAGE_BYTES, (uint64_t)(number - 1) * SPOOL_PAGE_BYTES);
}

/* Pages that hold nothing still have the rows that stood there. The list of them is believed only
 * when it is as long as it says. */
static void find_free_pages(struct spool_image *img)
{
	uint8_t *marks = calloc((size_t)img->n_pages + 1, 1);
	uint8_t page[SPOOL_PAGE_BYTES];
	uint32_t trunk, count, seen = 0;

	if (!marks || !spool_image_page(img, 1, 0, page)) {
		free(marks);
		return;
	}
	trunk = be32(page + FREE_FIRST_AT);
	count = be32(page + FREE_COUNT_AT);
	while (trunk > 1 && trunk <= img->n_pages && !marks[trunk] && seen <= count &&
		spool_image_page(img, trunk, 0, page)) {
		uint32_t n = be32(page + 4);

		marks[trunk] = 1;
		seen++;
		for (uint32_t i = 0; i < n && i < SPOOL_PAGE_BYTES / 4 - 2; i++) {
			uint32_t leaf = be32(page + 8 + 4 * (size_t)i);

			if (leaf > 1 && leaf <= img->n_pages && !marks[leaf]) {
				marks[leaf] = 1;
				seen++;
			}
		}
		trunk = be32(page);
	}
	if (trunk == 0 && seen == count)
		img->free_pages = marks;
	else
		free(marks);
}

int spool_image_open(struct spool_image *img, const char *path, struct error *err)
{
	char log[SPOOL_PATH_BYTES + 8];
	struct stat st;
	uint64_t pages;

	memset(img, 0, sizeof(*img));
	(void)snprintf(log, sizeof(log), "%s-wal", path);
	img->log_fd = open(log, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	img->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (img->fd < 0 || fstat(img->fd, &st) < 0) {
		error_set_errno(err, ERR_SYSTEM, errno, "cannot read the spool %s", path);
		spool_image_close(img);
		return ERR_SYSTEM;
	}
	if (!scan_log(img)) {
		spool_image_close(img);
		return error_set(err, ERR_SYSTEM, "no memory to read the spool %s", path);
	}
	if (img->n_frames > 0)
		qsort(img->frames, img->n_frames, sizeof(*img->frames), by_page);
	pages = ((uint64_t)st.st_size + SPOOL_PAGE_BYTES - 1) / SPOOL_PAGE_BYTES;
	/* A frame's number may be any: no more pages are looked for than file and log could hold.
	 */
	pages += img->n_frames;
	img->n_pages = pages > UINT32_MAX - 1 ? UINT32_MAX - 1 : (uint32_t)pages;
	find_free_pages(img);
	return 0;
}

void spool_image_close(struct spool_image *img)
{
	if (img->fd >= 0)
		close(img->fd);
	if (img->log_fd >= 0)
		close(img->log_fd);
	free(img->frames);
	free(img->free_pages);
	free(img->payload);
	memset(img, 0, sizeof(*img));
	img->fd = img->log_fd = -1;
}

bool spool_log_is_damaged(const char *path)
{
	struct spool_image img;
	bool damaged;

	if (spool_image_open(&img, path, NULL) < 0)
		return false;
	damaged = img.log_is_damaged;
	spool_image_close(&img);
	return damaged;
}
