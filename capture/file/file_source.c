#include "capture/file/file_source.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "capture/file/capture_file.h"
#include "capture/file/path_list.h"
#include "capture/filter.h"
#include "common/out_of_line.h"

enum {
	FEW_INPUTS = 8, /* are read in large chunks, and lend them */
	LARGE_CHUNK_BYTES = 128 * 1024,
	SMALL_CHUNK_BYTES = 32 * 1024,
	KEPT_OPEN = 64,       /* up to so many inputs stay open; of more, each waits for its turn */
	RESERVED_FILES = 64,  /* of the process's limit, left for all else */
	LEAST_OPEN_FILES = 8, /* however small the limit */
	LINKTYPE_NUM_ETHERNET = 1,
};

/* One input. Its place in the heap is that of its next frame. */
struct input {
	const char *path;
	struct capture_file *file; /* NULL: parked (its turn has not come) or over */
	struct frame frame;        /* the next one, while the file is open */
	uint64_t ts_ns;            /* of the next frame */
	uint32_t number;           /* in the order given */
	uint64_t n_frames;         /* read since it was opened */
	struct error *fault;       /* of its first record, found at the start and not told yet */
	uint64_t bytes_read, bytes_total;
	uint64_t unnamed; /* its interfaces whose name was not kept */
};

struct file_source {
	struct source base;
	struct path_list paths;
	struct input *inputs;
	uint32_t n_inputs;
	struct input **heap; /* earliest next frame first; ties in the order given */
	uint32_t n_heap;
	bool handed_out; /* the frame of heap[0] is with the caller */
	uint32_t n_open, max_open;
	struct filter *filter;        /* NULL: every frame */
	struct chunks chunks;         /* of all inputs */
	struct interface_names names; /* of all inputs, also those that are over */
	struct source_stats stats;
};

/* The base is its first member. */
static struct file_source *of(struct source *base)
{
	return (struct file_source *)base;
}

static bool is_before(const struct input *a, const struct input *b)
{
	return a->ts_ns != b->ts_ns ? a->ts_ns < b->ts_ns : a->number < b->number;
}

/* heap[i] may have become later than those below it. */
static void heap_sift_down(struct file_source *s, uint32_t i)
{
	for (;;) {
		const uint32_t left = 2 * i + 1, right = left + 1;
		struct input *moved = s->heap[i];
		uint32_t first = i;

		if (left < s->n_heap && is_before(s->heap[left], s->heap[first]))
			first = left;
		if (right < s->n_heap && is_before(s->heap[right], s->heap[first]))
			first = right;
		if (first == i)
			return;
		s->heap[i] = s->heap[first];
		s->heap[first] = moved;
		i = first;
	}
}

static void heap_pop(struct file_source *s)
{
	s->heap[0] = s->heap[--s->n_heap];
	if (s->n_heap)
		heap_sift_down(s, 0);
}

static int input_open(struct file_source *s, struct input *in, struct error *err)
{
	if (s->n_open == s->max_open)
		return error_set(err, ERR_SYSTEM,
			"%s: not read: it overlaps in time with %u other captures, and the system "
			"lets no more "
			"be open at once; raise the limit with 'ulimit -n' or merge some with "
			"'mergecap'",
			in->path, (unsigned)s->n_open);
	in->file = capture_file_open(in->path, &s->chunks, &s->names, err);
	if (!in->file)
		return err ? err->code : ERR_INPUT;
	s->n_open++;
	in->n_frames = 0;
	in->bytes_total = capture_file_bytes_total(in->file);
	return ERR_OK;
}

static void input_close(struct file_source *s, struct input *in)
{
	if (!in->file)
		return;
	in->bytes_read = capture_file_bytes_read(in->file);
	in->unnamed = capture_file_unnamed(in->file);
	capture_file_close(in->file);
	in->file = NULL;
	s->n_open--;
}

/* Marks the next frame of IN. */
static void input_number(struct input *in, struct frame *f)
{
	f->interface = in->number;
	f->number = ++in->n_frames;
}

/* Reads the next frame to where its place among the others is decided: 1, 0 at the end, or a
 * negative code. The file is closed unless it is 1. */
static int input_fetch(struct file_source *s, struct input *in, struct error *err)
{
	const int rc = capture_file_next(in->file, &in->frame, err);

	if (rc <= 0) {
		input_close(s, in);
		return rc;
	}
	input_number(in, &in->frame);
	in->ts_ns = in->frame.ts_ns;
	return rc;
}

/* The input at the top of the heap has a new next frame (rc 1), or ended. */
static int top_changed(struct file_source *s, int rc)
{
	if (rc > 0) {
		heap_sift_down(s, 0);
		return rc;
	}
	if (rc < 0)
		s->stats.inputs_cut++;
	heap_pop(s);
	return rc;
}

/* So has the only one that was left. */
static OUT_OF_LINE int last_ended(struct file_source *s, int rc)
{
	input_close(s, s->heap[0]);
	s->handed_out = false;
	(void)top_changed(s, rc);
	return rc < 0 ? rc : SOURCE_END;
}

/* The turn of a parked input has come: tells the fault that was found in it, or opens it again. */
static int top_wake(struct file_source *s, struct error *err)
{
	struct input *in = s->heap[0];
	int rc;

	if (in->fault) {
		rc = in->fault->code;
		if (err)
			*err = *in->fault;
		free(in->fault);
		in->fault = NULL;
		return top_changed(s, rc);
	}
	rc = input_open(s, in, err);
	return top_changed(s, rc < 0 ? rc : input_fetch(s, in, err));
}

/* Opens an input for the first time and finds out when it begins: 1, 0 when it is empty or its
 * fault will be told later, or a negative code. A file that somebody named must be a capture; one
 * that was FOUND in a folder may fail like any other input. */
static int input_start(struct file_source *s, struct input *in, bool found, struct error *err)
{
	struct error fault;
	int rc = input_open(s, in, &fault);

	if (rc < 0 && (!found || rc != ERR_INPUT)) {
		if (err)
			*err = fault;
		return rc;
	}
	if (rc == 0)
		rc = input_fetch(s, in, &fault);
	if (rc == 0)
		return 0;
	if (rc < 0) {
		in->ts_ns = 0; /* told before anything else */
		in->fault = malloc(sizeof(*in->fault));
		if (!in->fault)
			return error_set(
				err, ERR_SYSTEM, "%s: no memory left to read it", in->path);
		*in->fault = fault;
	}
	/* A pipe cannot be opened again. */
	if (in->file && (s->n_inputs > KEPT_OPEN || s->n_inputs > s->max_open) && in->bytes_total) {
		input_close(s, in);
		in->bytes_read = 0;
		in->unnamed = 0;
	}
	s->heap[s->n_heap++] = in;
	return rc > 0;
}

static uint32_t files_allowed(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
		limit.rlim_cur < RESERVED_FILES + LEAST_OPEN_FILES)
		return LEAST_OPEN_FILES;
	return limit.rlim_cur > UINT32_MAX ? UINT32_MAX : (uint32_t)limit.rlim_cur - RESERVED_FILES;
}

static int start_all(struct file_source *s, const char *filter, struct error *err)
{
	uint32_t linktype = LINKTYPE_NUM_ETHERNET;
	bool has_linktype = false;

	for (uint32_t i = 0; i < s->n_inputs; i++) {
		struct input *in = &s->inputs[i];
		int rc;

		in->path = s->paths.paths[i].name;
		in->number = i;
		rc = input_start(s, in, s->paths.paths[i].found, err);
		if (rc < 0)
			return rc;
		if (!has_linktype && rc > 0) {
			has_linktype = true;
			linktype = in->frame.linktype;
		}
	}
	for (uint32_t i = s->n_heap / 2; i > 0; i--)
		heap_sift_down(s, i - 1);
	if (filter) {
		s->filter = filter_new(filter, linktype, err);
		if (!s->filter)
			return err ? err->code : ERR_USAGE;
	}
	return ERR_OK;
}

static void file_source_close(struct source *base)
{
	struct file_source *s = of(base);

	for (uint32_t i = 0; s->inputs && i < s->n_inputs; i++) {
		input_close(s, &s->inputs[i]);
		free(s->inputs[i].fault);
	}
	filter_free(s->filter);
	chunks_done(&s->chunks);
	interface_names_done(&s->names);
	free(s->heap);
	free(s->inputs);
	path_list_free(&s->paths);
	free(s);
}

/* The frame that comes first of all inputs and passes the filter. */
static OUT_OF_LINE int next_of_many(struct file_source *s, struct frame *ret, struct error *err)
{
	if (s->handed_out) {
		int rc;

		s->handed_out = false;
		rc = top_changed(s, input_fetch(s, s->heap[0], err));
		if (rc < 0)
			return rc;
	}
	while (s->n_heap) {
		struct input *top = s->heap[0];
		int rc;

		if (!top->file) {
			rc = top_wake(s, err);
		} else if (s->filter && !filter_passes(s->filter, &top->frame)) {
			s->stats.filtered++;
			rc = top_changed(s, input_fetch(s, top, err));
		} else {
			s->handed_out = true;
			s->chunks.frames = ++s->stats.frames;
			*ret = top->frame;
			return SOURCE_FRAME;
		}
		if (rc < 0)
			return rc;
	}
	return SOURCE_END;
}

static int file_source_next(struct source *base, bool wait, struct frame *ret, struct error *err)
{
	struct file_source *s = of(base);
	struct input *only;
	int rc;

	(void)wait;
	if (!s->handed_out || s->n_heap != 1 || s->filter)
		return next_of_many(s, ret, err);
	/* One input is left and every frame of it is wanted. */
	only = s->heap[0];
	rc = capture_file_next(only->file, ret, err);
	if (rc <= 0)
		return last_ended(s, rc);
	input_number(only, ret);
	s->chunks.frames = ++s->stats.frames;
	return SOURCE_FRAME;
}

static uint32_t file_source_more(struct source *base, struct frame *ret, uint32_t max)
{
	struct file_source *s = of(base);
	struct input *only;
	uint32_t n;

	if (!s->handed_out || s->n_heap != 1 || s->filter)
		return 0;
	only = s->heap[0];
	n = capture_file_more(only->file, ret, max);
	for (uint32_t i = 0; i < n; i++)
		input_number(only, &ret[i]);
	s->stats.frames += n;
	s->chunks.frames = s->stats.frames;
	return n;
}

/* Of many inputs each frame might keep a chunk of its own. */
static bool file_source_lend(struct source *base)
{
	struct file_source *s = of(base);

	s->chunks.lends = s->n_inputs <= FEW_INPUTS;
	return s->chunks.lends;
}

static void file_source_give_back(struct source *base, uint64_t n_frames)
{
	chunks_give_back(&of(base)->chunks, n_frames);
}

static void file_source_stats(const struct source *base, struct source_stats *ret)
{
	const struct file_source *s = (const struct file_source *)base;
	bool total_known = true;

	*ret = s->stats;
	ret->inputs = s->n_inputs;
	for (uint32_t i = 0; i < s->n_inputs; i++) {
		const struct input *in = &s->inputs[i];

		ret->bytes_read += in->file ? capture_file_bytes_read(in->file) : in->bytes_read;
		ret->bytes_total += in->bytes_total;
		ret->unnamed += in->file ? capture_file_unnamed(in->file) : in->unnamed;
		total_known = total_known && in->bytes_total;
	}
	if (!total_known)
		ret->bytes_total = 0;
}

static void file_source_name(const struct source *base, char *buf, size_t size)
{
	const struct file_source *s = (const struct file_source *)base;
	size_t len;

	path_list_stem(s->inputs[0].path, buf, size);
	len = strlen(buf);
	if (s->n_inputs > 1)
		snprintf(buf + len, size - len, "+%u", (unsigned)(s->n_inputs - 1));
}

const char *file_source_path(const struct source *base, uint32_t interface)
{
	const struct file_source *s = (const struct file_source *)base;

	assert(interface < s->n_inputs);
	return s->inputs[interface].path;
}

static const struct source_ops file_source_ops = {
	.next = file_source_next,
	.stats = file_source_stats,
	.name = file_source_name,
	.close = file_source_close,
	.lend = file_source_lend,
	.more = file_source_more,
	.give_back = file_source_give_back,
};

struct source *source_open_files(
	const char *const *paths, size_t n, const char *filter, struct error *err)
{
	struct file_source *s = calloc(1, sizeof(*s));

	if (!s) {
		error_set(err, ERR_SYSTEM, "no memory left to read captures");
		return NULL;
	}
	s->base.ops = &file_source_ops;
	if (path_list_expand(&s->paths, paths, n, err) < 0) {
		file_source_close(&s->base);
		return NULL;
	}
	s->n_inputs = (uint32_t)s->paths.n;
	chunks_init(&s->chunks, s->n_inputs <= FEW_INPUTS ? LARGE_CHUNK_BYTES : SMALL_CHUNK_BYTES);
	s->max_open = files_allowed();
	s->inputs = calloc(s->paths.n, sizeof(*s->inputs));
	s->heap = calloc(s->paths.n, sizeof(struct input *));
	if (s->n_inputs == 0)
		error_set(err, ERR_USAGE, "no capture is named; \"-\" is standard input");
	else if (!s->inputs || !s->heap)
		error_set(err, ERR_SYSTEM, "no memory left to read captures");
	else if (start_all(s, filter, err) == ERR_OK)
		return &s->base;
	file_source_close(&s->base);
	return NULL;
}
