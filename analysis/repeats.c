#include "analysis/repeats.h"

#include "common/time_text.h"

#define MINUTE_NS (60 * NS_PER_S)

/* The slot of HASH, or the one that it takes: of an earlier minute, else with the smallest count.
 */
static struct repeat *find(struct repeats *r, uint64_t hash, uint32_t minute)
{
	struct repeat *set = &r->slots[hash % (REPEATS_SLOTS / REPEATS_WAYS) * REPEATS_WAYS];
	struct repeat *victim = set;

	for (int i = 0; i < REPEATS_WAYS; i++) {
		struct repeat *at = &set[i];

		if (at->minute != minute)
			at->count = 0;
		if (at->count > 0 && at->hash == hash)
			return at;
		if (at->count < victim->count)
			victim = at;
	}
	r->forgotten += victim->count > 0;
	*victim = (struct repeat){.hash = hash, .minute = minute};
	return victim;
}

uint32_t repeats_count(struct repeats *r, uint64_t hash, uint64_t now_ns)
{
	struct repeat *at = find(r, hash, (uint32_t)(now_ns / MINUTE_NS));

	if (at->count < UINT32_MAX)
		at->count++;
	return at->count;
}

void repeats_save(const struct repeats *r, uint64_t now_ns, struct blob_writer *w)
{
	const uint32_t minute = (uint32_t)(now_ns / MINUTE_NS);
	const size_t place = blob_reserve_u32(w);
	uint32_t n = 0;

	for (uint32_t i = 0; i < REPEATS_SLOTS; i++) {
		const struct repeat *at = &r->slots[i];

		if (at->count == 0 || at->minute != minute)
			continue;
		blob_put_u64(w, at->hash);
		blob_put_u32(w, at->minute);
		blob_put_u32(w, at->count);
		n++;
	}
	blob_set_u32(w, place, n);
}

struct repeat repeat_load(struct blob_reader *from)
{
	struct repeat saved;

	saved.hash = blob_u64(from);
	saved.minute = blob_u32(from);
	saved.count = blob_u32(from);
	return saved;
}

void repeats_put(struct repeats *r, const struct repeat *saved)
{
	find(r, saved->hash, saved->minute)->count = saved->count;
}
