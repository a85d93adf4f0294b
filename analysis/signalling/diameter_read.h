/* A Diameter message (RFC 6733): its header, and which nodes it is between. Attributes that may
 * name a subscriber (Session-Id, User-Name, Subscription-Id and all the others) are passed over
 * unread. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/ip.h"
#include "common/str.h"

enum { DIAMETER_MAX_ADDRESSES = 4 };

struct diameter_message {
	uint32_t length; /* of the message, as its header says */
	uint32_t command, application;
	bool request, error;
	/* Names of nodes as they stand in the bytes, not yet redacted; empty: not said, or cut. */
	struct str origin_host, origin_realm, destination_host, destination_realm;
	uint32_t result; /* Result-Code or Experimental-Result-Code; 0: none */
	/* Host-IP-Address of Capabilities-Exchange: the first ones. */
	struct ip_addr host_ip[DIAMETER_MAX_ADDRESSES];
	uint32_t n_host_ip;
};

/* The message that BYTES begin with, of which N were captured: its header and that of its first
 * attribute must both make sense (§3, §4.1, §5 to §8). */
bool diameter_read(const uint8_t *bytes, uint32_t n, struct diameter_message *ret);

/* "S6a", "Update-Location"; NULL: no name is known. */
const char *diameter_application_name(uint32_t application);
const char *diameter_command_name(uint32_t command);
