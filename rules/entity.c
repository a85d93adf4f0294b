#include "rules/entity.h"

#include <stdlib.h>

#include "common/hash/hash.h"

enum { SETS = 8192, WAYS = 8 };

/* Where a peer is. */
struct place {
	struct ip_addr addr;
	uint16_t segment;
};

_Static_assert(sizeof(struct place) == 18, "it is hashed as bytes");

struct slot {
	uint64_t name; /* hash of equipment and place; 0: free */
	uint64_t used; /* stamp of the last use */
	uint32_t len;
	char text[ENTITY_TEXT_BYTES];
};

struct entities {
	uint64_t key;
	uint64_t stamp;
	uint64_t evicted;
	struct slot slots[SETS][WAYS];
};

struct entities *entities_new(uint64_t key)
{
	struct entities *e = calloc(1, sizeof(*e));

	if (e)
		e->key = key;
	return e;
}

void entities_free(struct entities *e)
{
	free(e);
}

struct str entities_fix(struct entities *e, struct str equipment, uint16_t segment,
	const struct ip_addr *peer, struct str proposed)
{
	const struct place place = {*peer, segment};
	uint64_t name =
		hash64(&place, sizeof(place), hash64(equipment.data, equipment.len, e->key)) | 1;
	struct slot *set = e->slots[(name >> 1) % SETS];
	struct slot *s = &set[0];

	e->stamp++;
	for (int i = 0; i < WAYS; i++) {
		if (set[i].name == name) {
			set[i].used = e->stamp;
			return (struct str){set[i].text, set[i].len};
		}
		if (set[i].used < s->used)
			s = &set[i];
	}
	e->evicted += s->name != 0;
	s->name = name;
	s->used = e->stamp;
	s->len = proposed.len < sizeof(s->text) ? proposed.len : (uint32_t)sizeof(s->text);
	if (s->len > 0)
		memcpy(s->text, proposed.data, s->len);
	return (struct str){s->text, s->len};
}

uint64_t entities_evicted(const struct entities *e)
{
	return e->evicted;
}
