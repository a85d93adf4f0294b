/* The application protocols of the radio network (NGAP 3GPP TS 38.413, S1AP TS 36.413, X2AP TS
 * 36.423, XnAP TS 38.423, F1AP TS 38.473, E1AP TS 37.483): which procedure a message belongs to.
 *
 * A PDU is a choice of three, each a sequence that begins with the procedure code, an INTEGER
 * (0..255). Aligned PER (ITU-T X.691 §10.5.7.2, §23) gives the choice the first octet's upper bits
 * and the code the second octet whole, so no ASN.1 has to be decoded. Nothing behind these two
 * octets is read: subscribers are. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum ap_protocol { AP_NGAP, AP_S1AP, AP_X2AP, AP_XNAP, AP_F1AP, AP_E1AP };

enum ap_outcome { AP_INITIATING, AP_SUCCESSFUL, AP_UNSUCCESSFUL };

struct ap_message {
	enum ap_outcome outcome;
	uint8_t procedure;
	const char
		*name; /* of the procedure: "NGSetup"; "other" where there is none of that code */
};

/* The message that BYTES begin with. False: it is none, or is cut before its third octet. */
bool ap_read(enum ap_protocol protocol, const uint8_t *bytes, uint32_t n, struct ap_message *ret);

/* "initiating", "successful", "unsuccessful" */
const char *ap_outcome_name(enum ap_outcome o);
