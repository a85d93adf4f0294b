/* Messages of signalling, read as the shard has them read, for unit tests of the parsers. */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "analysis/signalling/signalling.h"
#include "tests/unit/suite.h"

/* Has BYTES, of which N were captured, read by S from memory of exactly that size, and holds
 * against what a message promises. L's payload_bytes must be set. Strings of *RET live until the
 * next call. */
static inline bool message_read(const struct signalling *s, const struct packet_layer *l,
	const void *bytes, uint32_t n, struct signalling_message *ret)
{
	static uint8_t *copy;
	bool told;

	free(copy);
	copy = malloc(n ? n : 1);
	ck_assert_ptr_nonnull(copy);
	memcpy(copy, bytes, n);
	memset(ret, 0, sizeof(*ret));
	told = s->message(l, copy, n, ret);
	ck_assert(!told || ret->name);
	ck_assert_uint_le(ret->n_facts, SIGNALLING_MAX_FACTS);
	ck_assert(!ret->bytes || (ret->bytes >= copy && ret->n_bytes <= SIGNALLING_MESSAGE_BYTES &&
					 ret->bytes + ret->n_bytes <= copy + n));
	for (uint32_t i = 0; i < ret->n_facts; i++)
		ck_assert_int_lt((int)ret->facts[i].id, FIELD_COUNT);
	return told;
}

/* The same of each length to which it may have been cut, on the wire and by the capture. */
static inline void message_at_every_truncation(
	const struct signalling *s, struct packet_layer l, const void *bytes, uint32_t n)
{
	struct signalling_message m;

	for (uint32_t cut = 0; cut <= n; cut++) {
		l.payload_bytes = n;
		(void)message_read(s, &l, bytes, cut, &m);
		l.payload_bytes = cut;
		(void)message_read(s, &l, bytes, cut, &m);
	}
}

/* The NTH fact (from 0) of M under ID; NULL: there is none. */
static inline const struct signalling_fact *message_fact_nth(
	const struct signalling_message *m, enum field_id id, uint32_t nth)
{
	for (uint32_t i = 0; i < m->n_facts; i++) {
		if (m->facts[i].id == id && nth-- == 0)
			return &m->facts[i];
	}
	return NULL;
}

static inline const struct signalling_fact *message_fact(
	const struct signalling_message *m, enum field_id id)
{
	return message_fact_nth(m, id, 0);
}

/* The number under ID, which must be there. */
static inline uint64_t message_fact_num(const struct signalling_message *m, enum field_id id)
{
	const struct signalling_fact *f = message_fact(m, id);

	ck_assert_msg(f != NULL, "no %s", field_info(id)->name);
	return f->num;
}

/* Is one of the texts under ID this one? */
static inline bool message_has_text(
	const struct signalling_message *m, enum field_id id, const char *text)
{
	for (uint32_t i = 0; i < m->n_facts; i++) {
		if (m->facts[i].id == id && str_eq(m->facts[i].str, str_from(text)))
			return true;
	}
	return false;
}
