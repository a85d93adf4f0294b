/* Associations of SCTP over a restart. */
#include <string.h>

#include "analysis/signalling/associations_state.h"

enum { LAYOUT_VERSION = 1, LEAST_SAVED_BYTES = 60 };

static void save_one(const struct association *as, struct blob_writer *w)
{
	for (int end = 0; end < 2; end++) {
		blob_put_u32(w, as->tag[end]);
		blob_put_u16(w, as->port[end]);
		blob_put_u8(w, as->n_addr[end]);
		blob_put_u8(w, as->named[end]);
		blob_put_u8(w, as->told[end]);
		for (int i = 0; i < as->n_addr[end]; i++)
			blob_put_ip(w, &as->addr[end][i]);
	}
	blob_put_u32(w, as->first_tag);
	blob_put_u16(w, as->segment);
	blob_put_u8(w, as->state);
	blob_put_bool(w, as->left_out);
	blob_put_bool(w, as->midstream);
	blob_put_u64(w, as->paths);
	blob_put_text(w, as->label);
	blob_put_u64(w, as->first_ns);
	blob_put_u64(w, as->last_ns);
}

void associations_save(const struct associations *a, struct blob_writer *w)
{
	blob_put_u16(w, LAYOUT_VERSION);
	blob_put_u64(w, a->evicted);
	blob_put_u64(w, a->evicted_established);
	blob_put_u32(w, a->used);
	for (int l = 0; l < ASSOCIATION_LISTS; l++) {
		for (uint32_t i = a->lists[l].head; i != ASSOCIATION_NONE; i = a->all[i].next)
			save_one(&a->all[i], w);
	}
}

/* Its paths are between addresses that there are. */
static bool has_paths(const struct association *as)
{
	for (int bit = 0; bit < 64; bit++) {
		if ((as->paths >> bit & 1) && (bit / ASSOCIATION_ADDRESSES >= as->n_addr[0] ||
						      bit % ASSOCIATION_ADDRESSES >= as->n_addr[1]))
			return false;
	}
	return true;
}

static bool load_one(struct association *as, struct blob_reader *r)
{
	struct str label;

	for (int end = 0; end < 2; end++) {
		as->tag[end] = blob_u32(r);
		as->port[end] = blob_u16(r);
		as->n_addr[end] = blob_u8(r);
		as->named[end] = blob_u8(r);
		as->told[end] = blob_u8(r);
		if (as->n_addr[end] > ASSOCIATION_ADDRESSES)
			return blob_fail(r);
		for (int i = 0; i < as->n_addr[end]; i++)
			blob_ip(r, &as->addr[end][i]);
		if ((as->named[end] | as->told[end]) >> as->n_addr[end])
			return blob_fail(r);
	}
	as->first_tag = blob_u32(r);
	as->segment = blob_u16(r);
	as->state = blob_u8(r);
	as->left_out = blob_bool(r);
	as->midstream = blob_bool(r);
	as->paths = blob_u64(r);
	label = blob_str(r, ASSOCIATION_LABEL_BYTES - 1);
	as->first_ns = blob_u64(r);
	as->last_ns = blob_u64(r);
	if (!blob_ok(r) || as->state > ASSOCIATION_ABORTED || !has_paths(as))
		return blob_fail(r);
	memcpy(as->label, label.data, label.len);
	return true;
}

bool associations_load(struct associations *a, struct blob_reader *r)
{
	uint32_t n;

	if (blob_u16(r) != LAYOUT_VERSION)
		return blob_fail(r);
	a->evicted = blob_u64(r);
	a->evicted_established = blob_u64(r);
	n = blob_count(r, a->max, LEAST_SAVED_BYTES);
	for (uint32_t i = 0; i < n && blob_ok(r); i++) {
		const uint32_t at = associations_place(a);

		if (!load_one(&a->all[at], r))
			return false;
		associations_append(a, at);
		associations_enter(a, at);
	}
	return blob_ok(r);
}
