/* Frames of the captures in the folder that VEDETTE_CORPORA names, cut short at every length: of
 * every frame with VEDETTE_TRUNCATION=all, which takes minutes; else of one frame of each shape
 * (the same headers at the same places, read as far), and of its first bytes. Each length is a copy
 * of its own, that ends there: the sanitizers and packet_problem are the judges. */
#include <check.h>
#include <stdlib.h>
#include <time.h>

#include "common/hash/hash.h"
#include "tests/support/corpora.h"
#include "tests/support/packet_check.h"
#include "tests/unit/suite.h"

enum { SHAPES = 1 << 20, FIRST_BYTES = 256, OF_A_SHAPE = 8 };

struct run {
	bool all;
	uint64_t *shapes; /* hashes of those seen; 0: free */
	unsigned long long frames, decodes;
};

/* What of a packet decides which way through the decoders its bytes took. */
struct shape {
	uint32_t linktype, caplen;
	uint32_t offsets[2 * PACKET_MAX_LAYERS];
	uint8_t path[PACKET_MAX_PATH];
	uint8_t protos[PACKET_MAX_LAYERS];
	uint8_t reason, n_tags, turn, padding;
};

static uint64_t shape_of(const struct frame *f)
{
	struct shape s;
	struct packet p;

	decode_frame(f, NULL, &p);
	memset(&s, 0, sizeof(s));
	s.linktype = f->linktype;
	s.caplen = f->caplen < FIRST_BYTES ? f->caplen : FIRST_BYTES;
	memcpy(s.path, p.path, p.n_path);
	for (int i = 0; i < p.n_layers; i++) {
		s.offsets[2 * i] = p.layers[i].l3_offset;
		s.offsets[2 * i + 1] = p.layers[i].payload_offset;
		s.protos[i] = p.layers[i].proto;
	}
	s.reason = p.reason;
	s.n_tags = p.n_tags;
	s.turn = (uint8_t)(f->number % OF_A_SHAPE);
	return hash64(&s, sizeof(s), 0) | 1;
}

static bool is_new(struct run *r, uint64_t shape)
{
	size_t i = shape % SHAPES;

	while (r->shapes[i] && r->shapes[i] != shape)
		i = (i + 1) % SHAPES;
	if (r->shapes[i])
		return false;
	r->shapes[i] = shape;
	return true;
}

static void decode_cut(const char *path, const struct frame *whole, uint32_t caplen)
{
	struct frame f = *whole;
	uint8_t *copy = malloc(caplen ? caplen : 1);
	struct packet p;
	const char *problem;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, whole->data, caplen);
	f.data = copy;
	f.caplen = caplen;
	decode_frame(&f, NULL, &p);
	problem = packet_problem(&f, &p);
	if (problem)
		ck_abort_msg("%s: frame %llu cut to %u bytes: %s", path,
			(unsigned long long)f.number, (unsigned)caplen, problem);
	free(copy);
}

static void cut_everywhere(void *user, const char *path, const struct frame *f)
{
	struct run *r = user;
	uint32_t last = f->caplen;

	if (!r->all) {
		if (!is_new(r, shape_of(f)))
			return;
		last = last < FIRST_BYTES ? last : FIRST_BYTES;
	}
	r->frames++;
	for (uint32_t n = 0; n <= last; n++)
		decode_cut(path, f, n);
	r->decodes += last + 1;
}

START_TEST(every_length)
{
	const char *form = getenv("VEDETTE_TRUNCATION");
	struct run r = {.all = form && strcmp(form, "all") == 0};
	const clock_t begin = clock();
	struct corpora_totals t;

	r.shapes = calloc(SHAPES, sizeof(*r.shapes));
	ck_assert_ptr_nonnull(r.shapes);
	corpora_read(cut_everywhere, &r, &t);
	free(r.shapes);
	printf("%u captures, %llu frames: %llu of them cut %llu times in %.0f s\n", t.captures,
		t.frames, r.frames, r.decodes, (double)(clock() - begin) / CLOCKS_PER_SEC);
	ck_assert_uint_gt(r.decodes, t.captures);
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, every_length);
}

int main(void)
{
	return corpora_are_there() ? suite_main("corpora_truncation", add_tests) : EXIT_SUCCESS;
}
