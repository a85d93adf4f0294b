/* Shared by the two files that know nDPI: ndpi_adapter.c (the library and its releases) and
 * ndpi_details.c (what its state says of one conversation). Nobody else includes this. */
#pragma once

#include <ndpi_api.h>

#include "analysis/dpi/classifier.h"

struct classifier_flow {
	struct ndpi_flow_struct ndpi;
	uint16_t packets;
	struct classifier_flow *next; /* of the spare ones */
};

/* Is PROTOCOL one of those that were found? */
bool ndpi_adapter_is(struct ndpi_flow_struct *f, uint16_t protocol);

/* JA3 of the client, "" when there is none. F holds the details of TLS. */
const char *ndpi_adapter_ja3(const struct ndpi_flow_struct *f);

/* Application protocols that the client offered, comma-separated; NULL: none. F holds the details
 * of TLS. */
const char *ndpi_adapter_alpn(const struct ndpi_flow_struct *f);

/* Name of a cipher suite, or its number in BUF. */
const char *ndpi_adapter_cipher(const struct classifier *c, uint16_t cipher, char buf[8]);
