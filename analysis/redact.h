/* Takes the identities of subscribers out of text from the wire, in place and byte for byte: what
 * is hidden becomes '*', so the rest still says which service was meant. Applied where bytes become
 * facts; nothing behind it ever sees the original. Pure.
 *
 * Hidden are
 *  - runs of 10 decimal digits or more: MSISDN (ITU-T E.164), IMSI and what is derived from it
 * (3GPP TS 23.003 §2, §13), IMEI;
 *  - what follows imsi-, msisdn-, suci-, nai-, extid-, imei-, imeisv-, gci-, gli- up to the next
 * delimiter, as the paths of the service-based interfaces carry it (3GPP TS 29.571 §5.3.2);
 *  - the digits of ENUM names (RFC 6116 §3.2): 7 or more single digits separated by dots, other
 * than below ip6.arpa;
 *  - the user part in front of '@' or "%40", with a password. */
#pragma once

#include <stdint.h>

/* Host names, URLs, banners: everything above. */
void redact_name(char *text, uint32_t n);

/* Distinguished names of certificates: the user part only. Serial numbers of equipment stay: they
 * are evidence. */
void redact_text(char *text, uint32_t n);
