/* Where frames come from: files (file/file_source.h) or interfaces (live/live_source.h). One thread
 * uses a source at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/frame.h"
#include "common/error.h"

enum source_result {
	SOURCE_END = 0,
	SOURCE_FRAME = 1,
	SOURCE_IDLE = 2, /* of interfaces alone: no frame for now */
};

struct source_stats {
	uint64_t frames;      /* given out */
	uint64_t filtered;    /* refused by the BPF filter, where it is ours to count */
	uint64_t bytes_read;  /* of the (compressed) inputs, for a progress line */
	uint64_t bytes_total; /* 0 when unknown (standard input, interfaces) */
	uint32_t inputs;      /* files, interfaces */
	uint32_t inputs_cut;  /* that ended early */
	uint64_t unnamed;     /* interfaces in files whose name was not kept: too long, too many */
};

struct source;

/* What a kind of source does; source_* below say what is expected. */
struct source_ops {
	int (*next)(struct source *s, bool wait, struct frame *ret, struct error *err);
	void (*stats)(const struct source *s, struct source_stats *ret);
	void (*name)(const struct source *s, char *buf, size_t size);
	void (*close)(struct source *s);
	/* NULL, all of them: it cannot. */
	bool (*lend)(struct source *s);
	uint32_t (*more)(struct source *s, struct frame *ret, uint32_t max);
	void (*give_back)(struct source *s, uint64_t n_frames);
};

/* The first member of every kind of source. */
struct source {
	const struct source_ops *ops;
};

/* The next frame: SOURCE_FRAME with *ret filled (its data is valid until the next call, or as
 * source_lend says; the name of its interface until source_close), or SOURCE_END. SOURCE_IDLE when
 * interfaces have none: at once when WAIT is false, else after a tenth of a second at most;
 * ret->ts_ns then is a time before which no frame will be stamped any more, by the clock that
 * stamps them. A negative code means that one input ended early (ERR_TRUNCATED: cut in a record;
 * ERR_INPUT: damaged or unreadable; ERR_SYSTEM: too many at once); *err says which and where. The
 * other inputs go on, so call again until SOURCE_END. */
static inline int source_next(struct source *s, bool wait, struct frame *ret, struct error *err)
{
	return s->ops->next(s, wait, ret, err);
}

/* Before the first frame: from now on the data of each is valid until source_give_back says that it
 * is not needed any more, or source_close. False: this source cannot do that. */
static inline bool source_lend(struct source *s)
{
	return s->ops->lend && s->ops->lend(s);
}

/* Of a source that lends: frames behind the one that source_next gave last, as far as they are at
 * hand without reading, at most MAX. Returns their number; 0 says nothing of what source_next will
 * find. Costs a third of source_next for each. */
static inline uint32_t source_more(struct source *s, struct frame *ret, uint32_t max)
{
	return s->ops->more(s, ret, max);
}

/* The data of the first N_FRAMES frames that this source gave out is not needed any more. */
static inline void source_give_back(struct source *s, uint64_t n_frames)
{
	if (s->ops->give_back)
		s->ops->give_back(s, n_frames);
}

static inline void source_stats(const struct source *s, struct source_stats *ret)
{
	s->ops->stats(s, ret);
}

/* A name for this input that depends on the names of the files or interfaces alone, for the stream
 * in Redis: of files the first one's base name without its suffixes and, when there are several,
 * "+" and how many more. Written to BUF, at most SIZE bytes. */
static inline void source_name(const struct source *s, char *buf, size_t size)
{
	s->ops->name(s, buf, size);
}

static inline void source_close(struct source *s) /* NULL allowed */
{
	if (s)
		s->ops->close(s);
}
