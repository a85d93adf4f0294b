#include "analysis/signalling/sigtran.h"

#include <stddef.h>
#include <string.h>

#include "common/cursor.h"

enum {
	HEADER_BYTES = 8, /* version, reserved, class, type, length of it all */
	VERSION = 1,
	PARAMETER_HEADER_BYTES = 4,
	PROTOCOL_DATA = 0x0210, /* RFC 4666 §3.3.1 */
	MAX_PARAMETERS = 16,
	M3UA_CLASS_TRANSFER = 1,
	M3UA_DATA = 1,
};

struct row {
	uint8_t layers; /* a bit for each */
	uint8_t class, type;
	const char *name;
};

enum { M3UA = 1 << SIGTRAN_M3UA, SUA = 1 << SIGTRAN_SUA, M2PA = 1 << SIGTRAN_M2PA };

/* RFC 4666 §3.1.2 and §3.1.3, RFC 3868 §3.1.2 and §3.1.3, RFC 4165 §2.1. */
static const struct row rows[] = {
	{M3UA | SUA, 0, 0, "ERR"},
	{M3UA | SUA, 0, 1, "NTFY"},
	{M3UA, 1, 1, "DATA"},
	{M3UA | SUA, 2, 1, "DUNA"},
	{M3UA | SUA, 2, 2, "DAVA"},
	{M3UA | SUA, 2, 3, "DAUD"},
	{M3UA | SUA, 2, 4, "SCON"},
	{M3UA | SUA, 2, 5, "DUPU"},
	{M3UA | SUA, 2, 6, "DRST"},
	{M3UA | SUA, 3, 1, "ASPUP"},
	{M3UA | SUA, 3, 2, "ASPDN"},
	{M3UA | SUA, 3, 3, "BEAT"},
	{M3UA | SUA, 3, 4, "ASPUP-ACK"},
	{M3UA | SUA, 3, 5, "ASPDN-ACK"},
	{M3UA | SUA, 3, 6, "BEAT-ACK"},
	{M3UA | SUA, 4, 1, "ASPAC"},
	{M3UA | SUA, 4, 2, "ASPIA"},
	{M3UA | SUA, 4, 3, "ASPAC-ACK"},
	{M3UA | SUA, 4, 4, "ASPIA-ACK"},
	{SUA, 7, 1, "CLDT"},
	{SUA, 7, 2, "CLDR"},
	{SUA, 8, 1, "CORE"},
	{SUA, 8, 2, "COAK"},
	{SUA, 8, 3, "COREF"},
	{SUA, 8, 4, "RELRE"},
	{SUA, 8, 5, "RELCO"},
	{SUA, 8, 6, "RESCO"},
	{SUA, 8, 7, "RESRE"},
	{SUA, 8, 8, "CODT"},
	{SUA, 8, 9, "CODA"},
	{SUA, 8, 10, "COERR"},
	{SUA, 8, 11, "COIT"},
	{M3UA | SUA, 9, 1, "REG-REQ"},
	{M3UA | SUA, 9, 2, "REG-RSP"},
	{M3UA | SUA, 9, 3, "DEREG-REQ"},
	{M3UA | SUA, 9, 4, "DEREG-RSP"},
	{M2PA, 11, 1, "User-Data"},
	{M2PA, 11, 2, "Link-Status"},
};

static const char *name_of(enum sigtran_layer layer, uint8_t class, uint8_t type)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if ((rows[i].layers >> layer & 1) && rows[i].class == class && rows[i].type == type)
			return rows[i].name;
	}
	return "other";
}

/* Behind the network appearance and the routing context, where there are any. */
static void read_route(struct cursor *c, struct sigtran_message *ret)
{
	for (int i = 0; i < MAX_PARAMETERS && cursor_left(c) >= PARAMETER_HEADER_BYTES; i++) {
		const uint16_t tag = cursor_be16(c);
		const uint16_t length = cursor_be16(c);

		if (length < PARAMETER_HEADER_BYTES)
			return;
		if (tag == PROTOCOL_DATA && length >= PARAMETER_HEADER_BYTES + 12) {
			ret->opc = cursor_be32(c);
			ret->dpc = cursor_be32(c);
			ret->si = cursor_u8(c);
			ret->has_route = cursor_ok(c);
			return;
		}
		cursor_skip(c, ((length + 3u) & ~3u) - PARAMETER_HEADER_BYTES);
	}
}

bool sigtran_read(
	enum sigtran_layer layer, const uint8_t *bytes, uint32_t n, struct sigtran_message *ret)
{
	struct cursor c = cursor_init(bytes, n);
	uint8_t version;
	uint32_t length;

	memset(ret, 0, sizeof(*ret));
	version = cursor_u8(&c);
	cursor_skip(&c, 1);
	ret->class = cursor_u8(&c);
	ret->type = cursor_u8(&c);
	length = cursor_be32(&c);
	if (!cursor_ok(&c) || version != VERSION || length < HEADER_BYTES)
		return false;
	ret->name = name_of(layer, ret->class, ret->type);
	cursor_limit(&c, length - HEADER_BYTES);
	if (layer == SIGTRAN_M3UA && ret->class == M3UA_CLASS_TRANSFER && ret->type == M3UA_DATA)
		read_route(&c, ret);
	return true;
}
