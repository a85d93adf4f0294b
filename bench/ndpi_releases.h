/* What differs between releases of nDPI [4.2 to 5.x], for a program that does nothing but call it.
 * All protocols on; otherwise as the library comes. */
#pragma once

#include <ndpi_api.h>
#include <stdbool.h>
#include <stdint.h>

#define NDPI_AT_LEAST(major, minor)                                                                \
	(NDPI_MAJOR > (major) || (NDPI_MAJOR == (major) && NDPI_MINOR >= (minor)))

static inline struct ndpi_detection_module_struct *releases_module_new(void)
{
#if NDPI_AT_LEAST(4, 10)
	struct ndpi_detection_module_struct *m = ndpi_init_detection_module(NULL);
#else
	struct ndpi_detection_module_struct *m = ndpi_init_detection_module(ndpi_no_prefs);
#endif
#if !NDPI_AT_LEAST(5, 0)
	NDPI_PROTOCOL_BITMASK all;

	if (!m)
		return NULL;
	NDPI_BITMASK_SET_ALL(all);
	(void)ndpi_set_protocol_detection_bitmask2(m, &all);
#endif
	if (m)
		(void)ndpi_finalize_initialization(m);
	return m;
}

static inline ndpi_protocol releases_process(struct ndpi_detection_module_struct *m,
	struct ndpi_flow_struct *f, const uint8_t *ip, uint16_t n, uint64_t ms)
{
#if NDPI_AT_LEAST(4, 6)
	return ndpi_detection_process_packet(m, f, ip, n, ms, NULL);
#else
	return ndpi_detection_process_packet(m, f, ip, n, ms);
#endif
}

static inline void releases_give_up(
	struct ndpi_detection_module_struct *m, struct ndpi_flow_struct *f)
{
#if NDPI_AT_LEAST(5, 0)
	(void)ndpi_detection_giveup(m, f);
#else
	uint8_t guessed;

#if NDPI_AT_LEAST(4, 10)
	(void)ndpi_detection_giveup(m, f, &guessed);
#else
	(void)ndpi_detection_giveup(m, f, 1, &guessed);
#endif
#endif
}

/* Has the library found what the conversation is? */
static inline bool releases_decided(const ndpi_protocol *p)
{
#if NDPI_AT_LEAST(4, 11)
	return p->proto.app_protocol || p->proto.master_protocol;
#else
	return p->app_protocol || p->master_protocol;
#endif
}

/* Does it want more packets of what it has decided? */
static inline bool releases_wants_more(
	struct ndpi_detection_module_struct *m, struct ndpi_flow_struct *f, const ndpi_protocol *p)
{
#if NDPI_AT_LEAST(5, 0)
	(void)m;
	(void)f;
	return p->state == NDPI_STATE_PARTIAL;
#else
	(void)p;
	return ndpi_extra_dissection_possible(m, f);
#endif
}
