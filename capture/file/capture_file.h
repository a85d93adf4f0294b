/* One capture file of either format. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "capture/file/chunks.h"
#include "capture/file/interface_names.h"
#include "capture/frame.h"
#include "common/error.h"

struct capture_file;

/* Opens PATH ("-" is standard input) and checks its header. CHUNKS as for stream_open: frames point
 * into them. They name their interfaces out of NAMES, which must outlive them. NULL with *err
 * (ERR_INPUT when it is missing or no capture). */
struct capture_file *capture_file_open(
	const char *path, struct chunks *chunks, struct interface_names *names, struct error *err);
void capture_file_close(struct capture_file *f); /* NULL allowed */

/* 1 with *ret (its bytes stay as stream_need's; interface is 0), 0 at the end, or a negative
 * code with *err: ERR_TRUNCATED when it ends within a record, ERR_INPUT when it is damaged. After 0
 * or an error it must not be called again. */
int capture_file_next(struct capture_file *f, struct frame *ret, struct error *err);

/* Frames behind that one which are at hand, at most MAX: their number. 0: ask capture_file_next. */
uint32_t capture_file_more(struct capture_file *f, struct frame *ret, uint32_t max);

/* Interfaces read so far whose name was not kept. */
uint64_t capture_file_unnamed(const struct capture_file *f);

uint64_t capture_file_bytes_read(const struct capture_file *f); /* as stored, before unpacking */
uint64_t capture_file_bytes_total(
	const struct capture_file *f); /* 0 when it is no regular file and can be read but once */
