/* A damaged spool as pages: what SQLite's file format says of them (sqlite.org/fileformat2.html),
 * and nothing that needs the tree above the rows to be whole. Reads only. Every byte is hostile. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "redis/store/spool_state.h"

/* A page of the log. */
struct spool_frame {
	uint32_t page;
	uint32_t order; /* of two of one page the one with the greater is the newer */
};

struct spool_image {
	int fd, log_fd;             /* -1: there is none */
	uint32_t n_pages;           /* numbered from 1 */
	struct spool_frame *frames; /* by page, then newest first */
	uint32_t n_frames;
	bool log_is_damaged; /* a frame that was committed stands behind one that does not hold */
	uint8_t *free_pages; /* one byte a page; NULL: not known */
	uint8_t page[SPOOL_PAGE_BYTES];
	uint8_t *payload; /* of the cell that was read last */
	uint32_t payload_capacity;
	char name[STREAM_NAME_MAX + 1]; /* in the account that was read last */
};

/* 0, or ERR_SYSTEM: cannot be read, or no memory. */
int spool_image_open(struct spool_image *img, const char *path, struct error *err);
void spool_image_close(struct spool_image *img);

/* Page NUMBER into BUF, as it stands in the log and in the file: VERSION 0 is the newest. False:
 * there is no such version. */
bool spool_image_page(struct spool_image *img, uint32_t number, uint32_t version, uint8_t *buf);

/* Whether img->page is a leaf of a table, and how many cells it has. */
bool spool_image_leaf(const struct spool_image *img, uint32_t number, uint32_t *ret_cells);

enum spool_cell { SPOOL_CELL_BAD, SPOOL_CELL_OTHER, SPOOL_CELL_ROW, SPOOL_CELL_ACCOUNT };

/* Cell I of img->page. A row is in *ret_row, with strings in img->payload, and holds against its
 * digest; so does an account. */
enum spool_cell spool_image_cell(struct spool_image *img, uint32_t number, uint32_t i,
	struct spool_row *ret_row, struct spool_account *ret_account);
