/* Encodings of a rule's values (Sigma specification 2.1, "Encoding"). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/str.h"

enum { ENCODE_MARK_BYTES = 2 };

/* UTF-16 of the character POINT, in BUF of 4 bytes. Returns their number. */
uint32_t encode_utf16(uint32_t point, bool big_endian, uint8_t *buf);

/* Bytes of the Base64 text of LEN bytes. */
static inline uint32_t encode_base64_bytes(uint32_t len)
{
	return (len + 2) / 3 * 4;
}

/* Base64 of TEXT (RFC 4648, section 4, padded), in BUF of encode_base64_bytes. */
struct str encode_base64(struct str text, char *buf);

/* What Base64 makes of TEXT wherever it stands AFTER (0 to 2) bytes behind a multiple of three,
 * whatever stands around it: without the characters that its neighbours decide, too. In BUF of
 * encode_base64_bytes(TEXT.len + 2). Empty when nothing is left. */
struct str encode_base64_inside(struct str text, uint32_t after, char *buf);
