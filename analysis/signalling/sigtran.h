/* The adaptation layers of SS7 over SCTP: M3UA (RFC 4666), SUA (RFC 3868), M2PA (RFC 4165). Their
 * common header, and of M3UA data which nodes it is between. What they carry is not read. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum sigtran_layer { SIGTRAN_M3UA, SIGTRAN_SUA, SIGTRAN_M2PA };

struct sigtran_message {
	uint8_t class, type;
	const char *name; /* "ASPUP", "DATA"; "other" where the layer has no such message */
	/* M3UA DATA: Protocol Data (RFC 4666 §3.3.1). */
	bool has_route;
	uint32_t opc, dpc; /* point codes of the nodes */
	uint8_t si;        /* service indicator: 3 SCCP, 5 ISUP */
};

/* The message that BYTES begin with, N captured ones. False: it is none. */
bool sigtran_read(
	enum sigtran_layer layer, const uint8_t *bytes, uint32_t n, struct sigtran_message *ret);
