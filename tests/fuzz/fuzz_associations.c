/* What packets of few hosts, ports and tags say of associations, four bytes each; then what was
 * learned is saved, read back and saved again. With a first byte of 0 the rest is read as something
 * saved. */
#include <stdlib.h>
#include <string.h>

#include "analysis/signalling/associations.h"

enum { MAX = 16, SIGHT_BYTES = 4, MAX_BYTES = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ip_addr ip(unsigned host)
{
	const uint8_t v4[4] = {192, 0, 2, (uint8_t)host};

	return ip_addr_from_v4(v4);
}

static void check(const struct association *as)
{
	if (as->state > ASSOCIATION_ABORTED || !association_state_name(as->state))
		abort();
	for (int end = 0; end < 2; end++) {
		if (as->n_addr[end] > ASSOCIATION_ADDRESSES ||
			(as->named[end] | as->told[end]) >> as->n_addr[end])
			abort();
	}
	for (int bit = 0; bit < 64; bit++) {
		if (as->paths >> bit & 1 && (bit / ASSOCIATION_ADDRESSES >= as->n_addr[0] ||
						    bit % ASSOCIATION_ADDRESSES >= as->n_addr[1]))
			abort();
	}
}

static void see(struct associations *t, const uint8_t *p, uint64_t ts_ns)
{
	const struct ip_addr named = ip(8u + p[3] % 16);
	const struct association_sight s = {.src = ip(p[0] & 3),
		.dst = ip(4u + (p[0] >> 2 & 3)),
		.sport = p[0] >> 4 & 1,
		.dport = 2u + (p[0] >> 5 & 1),
		.sender = p[0] >> 6 & 1,
		.chunk = p[1],
		.tag = p[2] & 7,
		.new_tag = p[2] >> 3 & 7,
		.named = &named,
		.removed = &named,
		.n_named = p[2] >> 6 & 1,
		.n_removed = p[2] >> 7,
		.ts_ns = ts_ns};
	struct association_sight back = s;
	struct association *as;
	int sender = -1;

	if (p[0] >> 7) { /* the other way */
		back.src = s.dst;
		back.dst = s.src;
		back.sport = s.dport;
		back.dport = s.sport;
	}
	as = associations_see(t, &back, &sender);
	if (!as)
		return;
	if (sender != 0 && sender != 1)
		abort();
	if (as->port[sender] != back.sport || as->port[!sender] != back.dport)
		abort();
	check(as);
}

static void round_trip(const struct associations *t)
{
	struct associations *copy = associations_new(MAX, 1);
	struct blob_writer w, again;
	struct blob_reader r;

	blob_init(&w, MAX_BYTES);
	blob_init(&again, MAX_BYTES);
	associations_save(t, &w);
	r = blob_reader_init(w.data, w.len);
	if (!copy || w.failed || !associations_load(copy, &r) || !blob_at_end(&r))
		abort();
	associations_save(copy, &again);
	if (again.len != w.len || memcmp(again.data, w.data, w.len) != 0)
		abort();
	blob_done(&w);
	blob_done(&again);
	associations_free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct associations *t = associations_new(MAX, 1);
	struct blob_reader r;

	if (!t)
		return 0;
	if (size > 0 && data[0] == 0) {
		r = blob_reader_init(data + 1, size - 1);
		if (associations_load(t, &r))
			round_trip(t);
	} else {
		for (size_t at = 1; at + SIGHT_BYTES <= size; at += SIGHT_BYTES)
			see(t, data + at, at);
		round_trip(t);
	}
	associations_free(t);
	return 0;
}
