#include <stdio.h>
#include <string.h>

#include "analysis/signalling/signalling.h"
#include "tests/unit/suite.h"

enum { TCP = 6, UDP = 17, GRE = 47, MAX_BYTES = 2048, TEXT_BYTES = 1024 };

/* A packet, and what is said of it: LABEL (NULL: not recognised by header), NAME (NULL: nothing),
 * FACTS as "name=value name=value", in their order, notes behind a '~'. */
struct sample {
	const struct signalling *who;
	uint8_t proto;
	uint16_t dport;
	const char *hex; /* spaces are ignored; 'text' stands for its bytes; *N repeats the byte
			    before */
	const char *label;
	const char *name;
	const char *facts;
};

static uint32_t bytes_of(const char *hex, uint8_t ret[MAX_BYTES])
{
	uint32_t n = 0;

	while (*hex) {
		if (*hex == ' ') {
			hex++;
		} else if (*hex == '\'') {
			for (hex++; *hex != '\''; hex++)
				ret[n++] = (uint8_t)*hex;
			hex++;
		} else if (*hex == '*') {
			char *end;

			for (long times = strtol(hex + 1, &end, 10); times > 1; times--, n++)
				ret[n] = ret[n - 1];
			hex = end;
		} else {
			ret[n++] = (uint8_t)(hex_digit(hex[0]) << 4 | hex_digit(hex[1]));
			hex += 2;
		}
		ck_assert_uint_lt(n, MAX_BYTES);
	}
	return n;
}

static void render(const struct signalling_message *m, char text[TEXT_BYTES])
{
	size_t at = 0;

	text[0] = '\0';
	for (uint32_t i = 0; i < m->n_facts; i++) {
		const struct signalling_fact *f = &m->facts[i];
		char ip[IP_ADDR_TEXT_BYTES], value[256];

		switch (field_info(f->id)->type) {
		case FIELD_TYPE_LONG:
			(void)snprintf(value, sizeof(value), "%lu", (unsigned long)f->num);
			break;
		case FIELD_TYPE_BOOLEAN:
			(void)snprintf(value, sizeof(value), "%s", f->flag ? "true" : "false");
			break;
		case FIELD_TYPE_IP:
			(void)snprintf(value, sizeof(value), "%s", ip_addr_format(&f->ip, ip));
			break;
		default:
			(void)snprintf(value, sizeof(value), "%.*s", (int)f->str.len, f->str.data);
			break;
		}
		at += (size_t)snprintf(text + at, TEXT_BYTES - at, "%s%s%s=%s", i ? " " : "",
			f->telling ? "" : "~", field_info(f->id)->name, value);
		ck_assert_uint_lt(at, TEXT_BYTES);
	}
}

struct said {
	enum signalling_verdict verdict;
	const char *label;
	bool told;
	struct signalling_message m;
};

/* Asks with a buffer of exactly N of ALL bytes, which facts borrow until the next call. */
static void ask(
	const struct sample *s, const uint8_t *bytes, uint32_t n, uint32_t all, struct said *ret)
{
	static uint8_t *exact;
	const struct packet_layer layer = {.ip_version = 4,
		.proto = s->proto,
		.sport = 40000,
		.dport = s->dport,
		.payload_bytes = all,
		.payload_captured = n};

	free(exact);
	exact = malloc(n ? n : 1);
	ck_assert_ptr_nonnull(exact);
	memcpy(exact, bytes, n);
	memset(ret, 0, sizeof(*ret));
	ret->verdict = signalling_ask(s->who, &layer, exact, n, &ret->label);
	ck_assert_int_eq(ret->verdict == SIGNALLING_YES, ret->label != NULL);
	if (s->who->message)
		ret->told = s->who->message(&layer, exact, n, &ret->m);
	ck_assert(!ret->told || ret->m.name);
}

static void check(const struct sample *s)
{
	uint8_t bytes[MAX_BYTES];
	const uint32_t n = bytes_of(s->hex, bytes);
	char text[TEXT_BYTES];
	struct said said;

	ask(s, bytes, n, n, &said);
	if (s->label)
		ck_assert_msg(said.label && strcmp(said.label, s->label) == 0, "%s: %s", s->hex,
			said.label ? said.label : "not recognised");
	else
		ck_assert_msg(!said.label, "%s: recognised as %s", s->hex, said.label);
	ck_assert_msg(said.told == (s->name != NULL), "%s: %s", s->hex,
		said.told ? said.m.name : "says nothing");
	if (!s->name)
		return;
	ck_assert_str_eq(said.m.name, s->name);
	render(&said.m, text);
	ck_assert_str_eq(text, s->facts);
}

/* At every length the parser survives and says less, never something else; what it needs to be sure
 * is there or not. */
static void check_truncation(const struct sample *s)
{
	uint8_t bytes[MAX_BYTES];
	const uint32_t n = bytes_of(s->hex, bytes);

	for (uint32_t cut = 0; cut < n; cut++) {
		struct said said;

		ask(s, bytes, cut, n, &said);
		ask(s, bytes, cut, cut, &said);
	}
}

/* TACACS+ */

static const struct sample tacacs[] = {
	{&signalling_tacacs, TCP, 49, "c0 01 01 00 01020304 00000008 00*8", "TACACS",
		"authentication", "tacacs.unencrypted=false"},
	{&signalling_tacacs, TCP, 49, "c0 02 01 01 01020304 00000008 00*8", "TACACS",
		"authorization", "tacacs.unencrypted=true"},
	{&signalling_tacacs, TCP, 49, "c1 03 05 04 01020304 00000100 00*8", "TACACS", "accounting",
		"tacacs.unencrypted=false"},
	/* elsewhere the first packets of a session alone, and whole */
	{&signalling_tacacs, TCP, 4949, "c1 01 02 00 01020304 00000008 00*8", "TACACS",
		"authentication", "tacacs.unencrypted=false"},
	{&signalling_tacacs, TCP, 4949, "c1 01 03 00 01020304 00000008 00*8", NULL,
		"authentication", "tacacs.unencrypted=false"},
	{&signalling_tacacs, TCP, 4949, "c1 01 01 00 01020304 00000009 00*8", NULL,
		"authentication", "tacacs.unencrypted=false"},
	/* near misses: version, minor version, type, sequence, flags, no body, too long, transport
	 */
	{&signalling_tacacs, TCP, 49, "b0 01 01 00 01020304 00000008 00*8", NULL, NULL, NULL},
	{&signalling_tacacs, TCP, 49, "c2 01 01 00 01020304 00000008 00*8", NULL, NULL, NULL},
	{&signalling_tacacs, TCP, 49, "c0 00 01 00 01020304 00000008 00*8", NULL, NULL, NULL},
	{&signalling_tacacs, TCP, 49, "c0 04 01 00 01020304 00000008 00*8", NULL, NULL, NULL},
	{&signalling_tacacs, TCP, 49, "c0 01 00 00 01020304 00000008 00*8", NULL, NULL, NULL},
	{&signalling_tacacs, TCP, 49, "c0 01 01 02 01020304 00000008 00*8", NULL, NULL, NULL},
	{&signalling_tacacs, TCP, 49, "c0 01 01 00 01020304 00000000", NULL, NULL, NULL},
	{&signalling_tacacs, TCP, 49, "c0 01 01 00 01020304 00010001 00*8", NULL, NULL, NULL},
	{&signalling_tacacs, UDP, 49, "c0 01 01 00 01020304 00000008 00*8", NULL, NULL, NULL},
};

/* RADIUS */

static const struct sample radius[] = {
	{&signalling_radius, UDP, 1812, "01 07 0020 00*16 01 06 'user' 04 06 c0000201", "Radius",
		"access-request", ""},
	{&signalling_radius, UDP, 1812, "02 07 0014 00*16", "Radius", "access-accept", ""},
	{&signalling_radius, UDP, 3799, "28 07 001a 00*16 01 06 'user'", "Radius",
		"disconnect-request", ""},
	{&signalling_radius, UDP, 9999, "04 07 0020 00*16 01 06 'user' 04 06 c0000201", "Radius",
		"accounting-request", ""},
	/* elsewhere one attribute proves nothing */
	{&signalling_radius, UDP, 9999, "04 07 001a 00*16 01 06 'user'", NULL, "accounting-request",
		""},
	/* near misses: code, length, attributes that do not fill it */
	{&signalling_radius, UDP, 1812, "06 07 0020 00*16 01 06 'user' 04 06 c0000201", NULL, NULL,
		NULL},
	{&signalling_radius, UDP, 1812, "01 07 0021 00*16 01 06 'user' 04 06 c0000201", NULL, NULL,
		NULL},
	{&signalling_radius, UDP, 1812, "01 07 0013 00*16", NULL, NULL, NULL},
	{&signalling_radius, UDP, 1812, "01 07 0020 00*16 01 06 'user' 04 07 c0000201", NULL,
		"access-request", ""},
	{&signalling_radius, UDP, 1812, "01 07 0020 00*16 01 06 'user' 04 01 c0000201", NULL,
		"access-request", ""},
	{&signalling_radius, UDP, 1812, "01 07 0020 00*16 00 06 'user' 04 06 c0000201", NULL,
		"access-request", ""},
};

/* IPMI */

static const struct sample ipmi[] = {
	{&signalling_ipmi, UDP, 623, "06 00 ff 06 000011be 80 01 00 00", "IPMI", "presence-ping",
		""},
	{&signalling_ipmi, UDP, 623, "06 00 ff 06 000011be 40 01 00 10 00*16", "IPMI",
		"presence-pong", ""},
	{&signalling_ipmi, UDP, 623, "06 00 ff 86", "IPMI", "acknowledgement", ""},
	/* get channel authentication capabilities, outside a session */
	{&signalling_ipmi, UDP, 623,
		"06 00 ff 07 00 00000000 00000000 09 2018c881003800 0e 04 b5 00", "IPMI", "command",
		"ipmi.authentication=none"},
	{&signalling_ipmi, UDP, 623, "06 00 ff 07 02 01000000 02000000 00*16 01 00", "IPMI",
		"command", "ipmi.authentication=md5"},
	/* an RMCP+ session is asked for: with a proof, and with none */
	{&signalling_ipmi, UDP, 623,
		"06 00 ff 07 06 10 00000000 00000000 2000 00 00 0000 a4a3a2a0"
		" 00000008 01000000 01000008 01000000 02000008 01000000",
		"IPMI", "open-session-request", "ipmi.authentication=hmac-sha1"},
	{&signalling_ipmi, UDP, 623,
		"06 00 ff 07 06 10 00000000 00000000 2000 00 00 0000 a4a3a2a0"
		" 00000008 00000000 01000008 00000000 02000008 00000000",
		"IPMI", "open-session-request", "ipmi.authentication=none"},
	{&signalling_ipmi, UDP, 623, "06 00 ff 07 06 12 00000000 00000000 0400 00000000", "IPMI",
		"rakp-1", "ipmi.authentication=rmcp+"},
	{&signalling_ipmi, UDP, 623, "06 00 ff 07 06 c1 01000000 02000000 0400 00000000", "IPMI",
		"serial-over-lan", "ipmi.authentication=rmcp+"},
	/* near misses: version, reserved byte, class, port, another enterprise's message */
	{&signalling_ipmi, UDP, 623, "05 00 ff 06 000011be 80 01 00 00", NULL, NULL, NULL},
	{&signalling_ipmi, UDP, 623, "06 01 ff 06 000011be 80 01 00 00", NULL, NULL, NULL},
	{&signalling_ipmi, UDP, 623, "06 00 ff 08 000011be 80 01 00 00", NULL, NULL, NULL},
	{&signalling_ipmi, UDP, 623, "06 00 ff 27 000011be 80 01 00 00", NULL, NULL, NULL},
	{&signalling_ipmi, UDP, 624, "06 00 ff 06 000011be 80 01 00 00", NULL, "presence-ping", ""},
	{&signalling_ipmi, UDP, 623, "06 00 ff 06 000011bf 80 01 00 00", "IPMI", NULL, NULL},
	{&signalling_ipmi, UDP, 623, "06 00 ff 07 07 00*9", "IPMI", NULL, NULL},
};

/* BFD */

static const struct sample bfd[] = {
	{&signalling_bfd, UDP, 3784, "20 c0 03 18 00000001 00000002 000f4240 000f4240 00000000",
		"BFD", "up", "bfd.diagnostic=0 ~bfd.interval_us=1000000"},
	{&signalling_bfd, UDP, 4784, "21 40 03 18 00000001 00000000 000f4240 000f4240 00000000",
		"BFD", "down", "bfd.diagnostic=1 ~bfd.interval_us=1000000"},
	{&signalling_bfd, UDP, 6784, "20 80 03 18 00000001 00000000 000f4240 000f4240 00000000",
		"BFD", "init", "bfd.diagnostic=0 ~bfd.interval_us=1000000"},
	{&signalling_bfd, UDP, 3784,
		"27 04 03 1a 00000001 00000000 000f4240 000f4240 00000000 01 02", "BFD",
		"admin-down", "bfd.diagnostic=7 ~bfd.interval_us=1000000"},
	/* near misses: version, multipoint, multiplier, length, discriminator, echo port */
	{&signalling_bfd, UDP, 3784, "40 c0 03 18 00000001 00000002 000f4240 000f4240 00000000",
		NULL, NULL, NULL},
	{&signalling_bfd, UDP, 3784, "20 c1 03 18 00000001 00000002 000f4240 000f4240 00000000",
		NULL, NULL, NULL},
	{&signalling_bfd, UDP, 3784, "20 c0 00 18 00000001 00000002 000f4240 000f4240 00000000",
		NULL, NULL, NULL},
	{&signalling_bfd, UDP, 3784, "20 c0 03 17 00000001 00000002 000f4240 000f4240 00000000",
		NULL, NULL, NULL},
	{&signalling_bfd, UDP, 3784, "20 c0 03 19 00000001 00000002 000f4240 000f4240 00000000",
		NULL, NULL, NULL},
	{&signalling_bfd, UDP, 3784, "20 c4 03 18 00000001 00000002 000f4240 000f4240 00000000",
		NULL, NULL, NULL},
	{&signalling_bfd, UDP, 3784, "20 c0 03 18 00000000 00000002 000f4240 000f4240 00000000",
		NULL, NULL, NULL},
	{&signalling_bfd, UDP, 3785, "20 c0 03 18 00000001 00000002 000f4240 000f4240 00000000",
		NULL, "up", "bfd.diagnostic=0 ~bfd.interval_us=1000000"},
};

/* LDP */

static const struct sample ldp[] = {
	{&signalling_ldp, UDP, 646,
		"0001 001e c0000201 0000 0100 0014 00000001 0400 0004 000f0000 0401 0004 c0000201",
		"LDP", "hello", "ldp.router_id=192.0.2.1"},
	{&signalling_ldp, TCP, 646, "0001 000e c0000201 0000 0201 0004 00000002", "LDP",
		"keepalive", "ldp.router_id=192.0.2.1"},
	/* near misses: version, lengths, type, port */
	{&signalling_ldp, UDP, 646, "0002 000e c0000201 0000 0201 0004 00000002", NULL, NULL, NULL},
	{&signalling_ldp, UDP, 646, "0001 000d c0000201 0000 0201 0004 00000002", NULL, NULL, NULL},
	{&signalling_ldp, UDP, 646, "0001 000e c0000201 0000 0201 0005 00000002", NULL, NULL, NULL},
	{&signalling_ldp, UDP, 646, "0001 000e c0000201 0000 0201 0003 00000002", NULL, NULL, NULL},
	{&signalling_ldp, UDP, 646, "0001 000e c0000201 0000 0204 0004 00000002", NULL, NULL, NULL},
	{&signalling_ldp, UDP, 647, "0001 000e c0000201 0000 0201 0004 00000002", NULL, "keepalive",
		"ldp.router_id=192.0.2.1"},
};

/* BGP */

static const struct sample bgp[] = {
	{&signalling_bgp, TCP, 1790, "ff*16 0013 04", "BGP", "keepalive", ""},
	{&signalling_bgp, TCP, 179, "ff*16 001d 01 04 fde8 00b4 c0000201 00", NULL, "open",
		"bgp.as=65000 bgp.router_id=192.0.2.1 ~bgp.hold_time_s=180"},
	/* four bytes: a number that does not fit in two; one behind another parameter */
	{&signalling_bgp, TCP, 179, "ff*16 0025 01 04 5ba0 00b4 c0000201 08 02 06 41 04 00010000",
		NULL, "open", "bgp.as=65536 bgp.router_id=192.0.2.1 ~bgp.hold_time_s=180"},
	{&signalling_bgp, TCP, 179,
		"ff*16 002d 01 04 5ba0 00b4 c0000201 10 01 02 0000 02 0a 01 04 00010001"
		" 41 04 fffffff0",
		NULL, "open", "bgp.as=23456 bgp.router_id=192.0.2.1 ~bgp.hold_time_s=180"},
	{&signalling_bgp, TCP, 179,
		"ff*16 002f 01 04 5ba0 00b4 c0000201 12 01 02 0000 02 0c 01 04 00010001"
		" 41 04 fffffff0",
		NULL, "open", "bgp.as=4294967280 bgp.router_id=192.0.2.1 ~bgp.hold_time_s=180"},
	{&signalling_bgp, TCP, 179, "ff*16 0015 03 06 02", NULL, "notification",
		"bgp.error.code=6 bgp.error.subcode=2"},
	{&signalling_bgp, TCP, 179, "ff*16 0017 02 0000 0000", NULL, "update", ""},
	/* near misses: marker, length, type */
	{&signalling_bgp, TCP, 1790, "ff*15 fe 0013 04", NULL, NULL, NULL},
	{&signalling_bgp, TCP, 1790, "ff*16 0012 04", NULL, NULL, NULL},
	{&signalling_bgp, TCP, 1790, "ff*16 0013 06", NULL, NULL, NULL},
	{&signalling_bgp, TCP, 1790, "ff*16 0013 00", NULL, NULL, NULL},
};

/* SNMP */

static const struct sample snmp[] = {
	{&signalling_snmp, UDP, 161,
		"30 26 020101 0406'public' a0 19 020101 020100 020100 30 0e 30 0c 0608 "
		"2b06010201010100"
		" 0500",
		NULL, "get-request", "snmp.version=2c ~snmp.object=1.3.6.1.2.1.1.1.0"},
	{&signalling_snmp, UDP, 16100,
		"30 26 020101 0406'public' a0 19 020101 020100 020100 30 0e 30 0c 0608 "
		"2b06010201010100"
		" 0500",
		"SNMP", "get-request", "snmp.version=2c ~snmp.object=1.3.6.1.2.1.1.1.0"},
	{&signalling_snmp, UDP, 161,
		"30 26 020100 0406'public' a2 19 020101 020102 020101 30 0e 30 0c 0608 "
		"2b06010201010100"
		" 0500",
		NULL, "response",
		"snmp.version=1 snmp.error=noSuchName ~snmp.object=1.3.6.1.2.1.1.1.0"},
	/* of a bulk request the two numbers are no error */
	{&signalling_snmp, UDP, 161,
		"30 26 020101 0406'public' a5 19 020101 020100 02010a 30 0e 30 0c 0608 "
		"2b06010201010100"
		" 0500",
		NULL, "get-bulk-request", "snmp.version=2c ~snmp.object=1.3.6.1.2.1.1.1.0"},
	/* what is set tells: a copy of the configuration, cut in front of its row */
	{&signalling_snmp, UDP, 161,
		"30 2e 020101 0406'public' a3 21 020101 020100 020100 30 16 30 14"
		" 060f 2b060104010909600101010102 8f00 05 020104",
		NULL, "set-request", "snmp.version=2c snmp.object=1.3.6.1.4.1.9.9.96.1"},
	{&signalling_snmp, UDP, 162,
		"30 1f 020100 0406'public' a4 12 0606 2b0601040109 4004 c0000201 020100 020100",
		NULL, "trap-v1", "snmp.version=1 ~snmp.object=1.3.6.1.4.1.9"},
	/* version 3: encrypted, and a report in clear text */
	{&signalling_snmp, UDP, 161,
		"30 23 020103 30 0d 020101 020205c0 040107 020103 0409'parameter' 0404 00000000",
		NULL, "encrypted", "snmp.version=3 snmp.security=encrypted"},
	{&signalling_snmp, UDP, 161,
		"30 38 020103 30 0d 020101 020205c0 040100 020103 0400 30 22 0400 0400 a8 1c 020101"
		" 020100 020100 30 11 30 0f 060a 2b060106030f01010400 410101",
		NULL, "report",
		"snmp.version=3 snmp.security=none ~snmp.object=1.3.6.1.6.3.15.1.1.4"},
	/* near misses: tag, version, transport, no room for anything; on a foreign port: length */
	{&signalling_snmp, UDP, 161, "31 26 020101 0406'public' a0 19", NULL, NULL, NULL},
	{&signalling_snmp, UDP, 161, "30 26 020104 0406'public' a0 19", NULL, NULL, NULL},
	{&signalling_snmp, TCP, 161, "30 26 020101 0406'public' a0 19", NULL, NULL, NULL},
	{&signalling_snmp, UDP, 161, "30 26 020101 0406'public' a9 19", NULL, NULL, NULL},
	{&signalling_snmp, UDP, 16100,
		"30 27 020101 0406'public' a0 19 020101 020100 020100 30 0e 30 0c 0608 "
		"2b06010201010100"
		" 0500",
		NULL, "get-request", "snmp.version=2c ~snmp.object=1.3.6.1.2.1.1.1.0"},
	{&signalling_snmp, UDP, 16100, "30 0b 020101 0406'public'", NULL, NULL, NULL},
};

/* Syslog */

static const struct sample syslog[] = {
	{&signalling_syslog, UDP, 514, "'<189>34: *Mar  1 00:00:46.123: %SYS-5-CONFIG_I: x'",
		"Syslog", "line", "log.syslog.severity.code=5 ~log.syslog.facility.code=23"},
	{&signalling_syslog, UDP, 514, "'<0>x'", "Syslog", "line",
		"log.syslog.severity.code=0 ~log.syslog.facility.code=0"},
	{&signalling_syslog, UDP, 514, "'<191>x'", "Syslog", "line",
		"log.syslog.severity.code=7 ~log.syslog.facility.code=23"},
	{&signalling_syslog, UDP, 515, "'<34>x'", NULL, "line",
		"log.syslog.severity.code=2 ~log.syslog.facility.code=4"},
	/* near misses: too high, none, not closed, four digits, nothing printable behind it */
	{&signalling_syslog, UDP, 514, "'<192>x'", NULL, NULL, NULL},
	{&signalling_syslog, UDP, 514, "'<>x'", NULL, NULL, NULL},
	{&signalling_syslog, UDP, 514, "'<34x'", NULL, NULL, NULL},
	{&signalling_syslog, UDP, 514, "'<0034>x'", NULL, NULL, NULL},
	{&signalling_syslog, UDP, 514, "'<34>' 01", NULL, "line",
		"log.syslog.severity.code=2 ~log.syslog.facility.code=4"},
};

/* NetFlow and IPFIX */

static const struct sample netflow[] = {
	{&signalling_netflow, UDP, 2055, "0005 0001 00*20 00*48", NULL, "export",
		"netflow.version=5"},
	{&signalling_netflow, UDP, 2055, "0009 0001 00*16", NULL, "export", "netflow.version=9"},
	{&signalling_netflow, UDP, 4739, "000a 0010 00*12", NULL, "export", "netflow.version=10"},
	{&signalling_netflow, UDP, 2055, "0005 0001 00*20 00*47", NULL, NULL, NULL},
	{&signalling_netflow, UDP, 2055, "0009 0000 00*16", NULL, NULL, NULL},
	{&signalling_netflow, UDP, 4739, "000a 0011 00*12", NULL, NULL, NULL},
	{&signalling_netflow, UDP, 4739, "000b 0010 00*12", NULL, NULL, NULL},
};

/* NTP */

static const struct sample ntp[] = {
	{&signalling_ntp, UDP, 123, "23 00*47", NULL, "client",
		"~ntp.version=4 ~signalling.bytes=48 ~signalling.residue=0 ~ntp.extensions=0"},
	{&signalling_ntp, UDP, 123, "1c 00*47", NULL, "server",
		"~ntp.version=3 ~signalling.bytes=48 ~signalling.residue=0 ~ntp.extensions=0"},
	/* authenticators: MD5, SHA-1, SHA-256, a key that was refused */
	{&signalling_ntp, UDP, 123, "23 00*47 00*20", NULL, "client",
		"~ntp.version=4 ~signalling.bytes=68 ~signalling.residue=0 ~ntp.extensions=0"},
	{&signalling_ntp, UDP, 123, "23 00*47 00*24", NULL, "client",
		"~ntp.version=4 ~signalling.bytes=72 ~signalling.residue=0 ~ntp.extensions=0"},
	{&signalling_ntp, UDP, 123, "23 00*47 00*36", NULL, "client",
		"~ntp.version=4 ~signalling.bytes=84 ~signalling.residue=0 ~ntp.extensions=0"},
	{&signalling_ntp, UDP, 123, "23 00*47 00*4", NULL, "client",
		"~ntp.version=4 ~signalling.bytes=52 ~signalling.residue=0 ~ntp.extensions=0"},
	{&signalling_ntp, UDP, 123, "23 00*47 00*72", NULL, "client",
		"~ntp.version=4 ~signalling.bytes=120 ~signalling.residue=0 ~ntp.extensions=0"},
	/* network time security: identifier, cookie */
	{&signalling_ntp, UDP, 123, "23 00*47 0104 0024 00*32 0204 0010 00*12", NULL, "client",
		"~ntp.version=4 ~signalling.bytes=100 ~signalling.residue=0 ~ntp.extensions=2"},
	/* what is none of these: 8 bytes, an unknown extension, one that is too short or too long,
	 * something behind one */
	{&signalling_ntp, UDP, 123, "23 00*47 'exfiltra'", NULL, "client",
		"~ntp.version=4 ~signalling.bytes=56 signalling.problems=residue "
		"~signalling.residue=8 ~ntp.extensions=0"},
	{&signalling_ntp, UDP, 123, "23 00*47 0a0a 0010 00*12", NULL, "client",
		"~ntp.version=4 ~signalling.bytes=64 signalling.problems=residue "
		"~signalling.residue=16 ~ntp.extensions=0"},
	{&signalling_ntp, UDP, 123, "23 00*47 0104 000c 00*12", NULL, "client",
		"~ntp.version=4 ~signalling.bytes=64 signalling.problems=residue "
		"~signalling.residue=16 ~ntp.extensions=0"},
	{&signalling_ntp, UDP, 123, "23 00*47 0104 0014 00*12", NULL, "client",
		"~ntp.version=4 ~signalling.bytes=64 signalling.problems=residue "
		"~signalling.residue=16 ~ntp.extensions=0"},
	{&signalling_ntp, UDP, 123, "23 00*47 0104 0010 00*12 'hidden'", NULL, "client",
		"~ntp.version=4 ~signalling.bytes=70 signalling.problems=residue "
		"~signalling.residue=6 ~ntp.extensions=1"},
	/* questions about the server itself */
	{&signalling_ntp, UDP, 123, "16 02 00*10", NULL, "control",
		"~ntp.version=2 ~signalling.bytes=12"},
	{&signalling_ntp, UDP, 123, "17 00 03 2a 00*4", NULL, "private",
		"~ntp.version=2 ~signalling.bytes=8"},
	/* near misses: versions, too short, transport */
	{&signalling_ntp, UDP, 123, "03 00*47", NULL, NULL, NULL},
	{&signalling_ntp, UDP, 123, "2b 00*47", NULL, NULL, NULL},
	{&signalling_ntp, UDP, 123, "23 00*46", NULL, NULL, NULL},
	{&signalling_ntp, UDP, 123, "16 02 00*9", NULL, NULL, NULL},
	{&signalling_ntp, TCP, 123, "23 00*47", NULL, NULL, NULL},
};

/* TFTP */

static const struct sample tftp[] = {
	{&signalling_tftp, UDP, 69, "0001 'startup-config' 00 'octet' 00", "TFTP", "read-request",
		"file.name=startup-config"},
	{&signalling_tftp, UDP, 6969, "0002 'r1-confg' 00 'NetASCII' 00 'blksize' 00 '512' 00",
		"TFTP", "write-request", "file.name=r1-confg"},
	{&signalling_tftp, UDP, 69, "0001 'subscriber-001011234567890.txt' 00 'octet' 00", "TFTP",
		"read-request", "file.name=subscriber-***************.txt"},
	{&signalling_tftp, UDP, 69, "0005 0001 'no' 00", NULL, "error", "tftp.error=1"},
	/* near misses: operation, no name, mode, not ended, control characters; data; error */
	{&signalling_tftp, UDP, 69, "0003 'startup-config' 00 'octet' 00", NULL, NULL, NULL},
	{&signalling_tftp, UDP, 69, "0001 00 'octet' 00", NULL, NULL, NULL},
	{&signalling_tftp, UDP, 69, "0001 'startup-config' 00 'octal' 00", NULL, NULL, NULL},
	{&signalling_tftp, UDP, 69, "0001 'startup-config' 00 'octet'", NULL, NULL, NULL},
	{&signalling_tftp, UDP, 69, "0001 'a' 07 'b' 00 'octet' 00", NULL, NULL, NULL},
	{&signalling_tftp, UDP, 69, "0005 0009 'no' 00", NULL, NULL, NULL},
};

/* FTP: nothing but files */

static const struct sample ftp[] = {
	{&signalling_ftp, TCP, 21, "'STOR router-1.conf' 0d0a", NULL, "store",
		"file.name=router-1.conf"},
	{&signalling_ftp, TCP, 2121, "'retr /backup/running' 0a", NULL, "retrieve",
		"file.name=/backup/running"},
	{&signalling_ftp, TCP, 21, "'APPE 001011234567890.log' 0d0a", NULL, "store",
		"file.name=***************.log"},
	{&signalling_ftp, TCP, 21, "'STOU x' 0d0a", NULL, "store", "file.name=x"},
	/* near misses: names of users, passwords, a line without its end, no name, other bytes */
	{&signalling_ftp, TCP, 21, "'USER config' 0d0a", NULL, NULL, NULL},
	{&signalling_ftp, TCP, 21, "'PASS config' 0d0a", NULL, NULL, NULL},
	{&signalling_ftp, TCP, 21, "'STOR router-1.conf'", NULL, NULL, NULL},
	{&signalling_ftp, TCP, 21, "'STOR ' 0d0a", NULL, NULL, NULL},
	{&signalling_ftp, TCP, 21, "'STOR a' 01 0d0a", NULL, NULL, NULL},
	{&signalling_ftp, TCP, 21, "'STOR ' 'a'*201 0d0a", NULL, NULL, NULL},
	{&signalling_ftp, UDP, 21, "'STOR router-1.conf' 0d0a", NULL, NULL, NULL},
};

/* Captures that are sent on */

static const struct sample capture[] = {
	{&signalling_capture, TCP, 57012, "d4c3b2a1 0200 0400 00*8 00000400 01000000", "PCAP",
		"capture", ""},
	{&signalling_capture, TCP, 57012, "a1b2c3d4 0002 0004 00*8", "PCAP", "capture", ""},
	{&signalling_capture, TCP, 57012, "a1b23c4d 0002 0004 00*8", "PCAP", "capture", ""},
	{&signalling_capture, TCP, 57012, "4d3cb2a1 0200 0400 00*8", "PCAP", "capture", ""},
	{&signalling_capture, TCP, 57012, "0a0d0d0a 1c000000 4d3c2b1a 0100 0000", "PCAP", "capture",
		""},
	{&signalling_capture, TCP, 57012, "0a0d0d0a 0000001c 1a2b3c4d 0001 0000", "PCAP", "capture",
		""},
	/* near misses: versions, order of bytes, no section, cut, transport */
	{&signalling_capture, TCP, 57012, "d4c3b2a1 0002 0004 00*8", NULL, NULL, NULL},
	{&signalling_capture, TCP, 57012, "a1b2c3d4 0002 0005 00*8", NULL, NULL, NULL},
	{&signalling_capture, TCP, 57012, "a1b2c3d5 0002 0004 00*8", NULL, NULL, NULL},
	{&signalling_capture, TCP, 57012, "0a0d0d0a 1c000000 4d3c2b1b 0100 0000", NULL, NULL, NULL},
	{&signalling_capture, TCP, 57012, "a1b2c3d4 0002 0004 000000", NULL, NULL, NULL},
	{&signalling_capture, UDP, 57012, "a1b2c3d4 0002 0004 00*8", NULL, NULL, NULL},
};

/* Smart Install */

static const struct sample smart_install[] = {
	{&signalling_smart_install, TCP, 4786,
		"00000001 00000001 00000004 00000008 00000001 00000000", "Smart_Install", "probe",
		"smart_install.type=4"},
	{&signalling_smart_install, TCP, 4786, "00000001 00000001 00000008 00000408 00*40",
		"Smart_Install", "command", "smart_install.type=8"},
	{&signalling_smart_install, TCP, 4786,
		"00000004 00000000 00000003 00000008 00000001 00000000", "Smart_Install", "other",
		"smart_install.type=3"},
	/* near misses: each number beyond its bound, port, transport */
	{&signalling_smart_install, TCP, 4786, "00000005 00000001 00000004 00000008 00*8", NULL,
		NULL, NULL},
	{&signalling_smart_install, TCP, 4786, "00000001 00000002 00000004 00000008 00*8", NULL,
		NULL, NULL},
	{&signalling_smart_install, TCP, 4786, "00000001 00000001 00000021 00000008 00*8", NULL,
		NULL, NULL},
	{&signalling_smart_install, TCP, 4786, "00000001 00000001 00000004 00000000", NULL, NULL,
		NULL},
	{&signalling_smart_install, TCP, 4787, "00000001 00000001 00000004 00000008 00*8", NULL,
		"probe", "smart_install.type=4"},
	{&signalling_smart_install, UDP, 4786, "00000001 00000001 00000004 00000008 00*8", NULL,
		NULL, NULL},
};

/* CWMP */

static const struct sample cwmp[] = {
	{&signalling_cwmp, TCP, 7547,
		"'POST /acs HTTP/1.1' 0d0a 0d0a '<soap:Envelope "
		"xmlns:cwmp=\"urn:dslforum-org:cwmp-1-2\">"
		"<cwmp:ID>1</cwmp:ID><soap:Body><cwmp:Inform><DeviceId>'",
		NULL, "cwmp", "cwmp.method=Inform"},
	{&signalling_cwmp, TCP, 7547,
		"'xmlns:cwmp=\"urn:dslforum-org:cwmp-1-0\"><cwmp:SetParameterValues>'", NULL,
		"cwmp", "cwmp.method=SetParameterValues"},
	{&signalling_cwmp, TCP, 7547, "'xmlns:cwmp=\"urn:dslforum-org:cwmp-1-0\"><cwmp:ID>'", NULL,
		"cwmp", ""},
	{&signalling_cwmp, TCP, 7547, "'urn:dslforum-org:cwmp'", NULL, NULL, NULL},
	{&signalling_cwmp, UDP, 7547, "'urn:dslforum-org:cwmp-1-0'", NULL, NULL, NULL},
};

/* gNMI */

static const struct sample gnmi[] = {
	{&signalling_gnmi, TCP, 9339,
		"'PRI * HTTP/2.0' 0d0a0d0a 'SM' 0d0a0d0a 000000 04 00 00000000"
		" 000012 01 04 00000001 83 86 04 0e '/gnmi.gNMI/Get'",
		"gNMI", "get", ""},
	{&signalling_gnmi, TCP, 9339,
		"000013 01 04 00000001 83 86 04 8f 626aa932f369d1918dd6c6825868cb", "gNMI",
		"subscribe", ""},
	{&signalling_gnmi, TCP, 9339, "00000d 01 04 00000001 04 8b 626aa932f369d1918dc54f", "gNMI",
		"set", ""},
	{&signalling_gnmi, TCP, 9339,
		"000013 01 04 00000001 04 91 626aa932f369d1918bc3ac719a8324c547", "gNMI",
		"capabilities", ""},
	/* near misses: another service, the path in data, no frame */
	{&signalling_gnmi, TCP, 9339, "000011 01 04 00000001 83 86 04 0d '/gnoi.gNMI/Ge'", NULL,
		NULL, NULL},
	{&signalling_gnmi, TCP, 9339, "000012 00 04 00000001 83 86 04 0e '/gnmi.gNMI/Get'", NULL,
		NULL, NULL},
	{&signalling_gnmi, TCP, 9339, "000012 0a 04 00000001 83 86 04 0e '/gnmi.gNMI/Get'", NULL,
		NULL, NULL},
	{&signalling_gnmi, UDP, 9339, "00000d 01 04 00000001 04 8b 626aa932f369d1918dc54f", NULL,
		NULL, NULL},
};

/* ERSPAN and TZSP */

static const struct sample mirror[] = {
	{&signalling_mirror, GRE, 0, "1000 88be 00000001 1001 0001 00000000", "ERSPAN", NULL, NULL},
	{&signalling_mirror, GRE, 0, "0000 88be", "ERSPAN", NULL, NULL},
	{&signalling_mirror, GRE, 0, "1000 22eb 00000001 2001 0001", "ERSPAN", NULL, NULL},
	{&signalling_mirror, UDP, 37008, "01 00 0001 01", "TZSP", NULL, NULL},
	{&signalling_mirror, GRE, 0, "1000 0800 00000001", NULL, NULL, NULL},
	{&signalling_mirror, GRE, 0, "1001 88be 00000001", NULL, NULL, NULL},
	{&signalling_mirror, UDP, 37008, "02 00 0001 01", NULL, NULL, NULL},
	{&signalling_mirror, UDP, 37008, "01 06 0001 01", NULL, NULL, NULL},
	{&signalling_mirror, UDP, 37009, "01 00 0001 01", NULL, NULL, NULL},
};

/* SSH and TLS: who is the client */

static const struct sample clients[] = {
	{&signalling_ssh, TCP, 4334, "0000002c 06 1e 00000020 00*42", NULL, "client-key-exchange",
		""},
	{&signalling_ssh, TCP, 22, "0000002c 06 1f 00000020 00*42", NULL, "server-key-exchange",
		""},
	{&signalling_ssh, TCP, 22, "0000000c 04 22 00*10", NULL, "client-key-exchange", ""},
	/* behind the identification and the list of methods */
	{&signalling_ssh, TCP, 22, "'SSH-2.0-x' 0d0a 0000000c 04 14 00*10 0000002c 06 1e 00*42",
		NULL, "client-key-exchange", ""},
	{&signalling_ssh, TCP, 22, "'SSH-2.0-x' 0d0a 0000000c 04 14 00*10", NULL, NULL, NULL},
	/* near misses: no block, padding, other messages, encrypted with a clear length */
	{&signalling_ssh, TCP, 22, "0000002d 06 1e 00*43", NULL, NULL, NULL},
	{&signalling_ssh, TCP, 22, "0000002c 03 1e 00*42", NULL, NULL, NULL},
	{&signalling_ssh, TCP, 22, "0000002c 2c 1e 00*42", NULL, NULL, NULL},
	{&signalling_ssh, TCP, 22, "0000000c 04 15 00*10", NULL, NULL, NULL},
	{&signalling_ssh, TCP, 22, "0000000c 04 23 00*10", NULL, NULL, NULL},
	{&signalling_ssh, TCP, 22, "00000020 06 1e 00*30 00*16", NULL, NULL, NULL},
	{&signalling_tls, TCP, 4335, "16 03 01 0100 01 0000fc 0303 00*32", NULL, "client-hello",
		""},
	{&signalling_tls, TCP, 443, "16 03 03 0050 02 00004c 0303 00*32", NULL, "server-hello", ""},
	{&signalling_tls, TCP, 443, "16 03 03 0050 0b 00004c 0303 00*32", NULL, NULL, NULL},
	{&signalling_tls, TCP, 443, "17 03 03 0050 01 00004c 0303 00*32", NULL, NULL, NULL},
	{&signalling_tls, TCP, 443, "16 02 03 0050 01 00004c 0303 00*32", NULL, NULL, NULL},
	{&signalling_tls, TCP, 443, "16 03 03 0050 01 000021 0303 00*32", NULL, NULL, NULL},
};

/* A segment holds several messages of routing protocols: each says where the next one begins. */
START_TEST(test_messages_behind_each_other)
{
	static const struct {
		struct sample s;
		uint32_t first;
		const char *names[2];
	} rows[] = {
		{{&signalling_bgp, TCP, 179, "ff*16 001d 01 04 fde8 00b4 c0000201 00 ff*16 0013 04",
			 NULL, NULL, NULL},
			29, {"open", "keepalive"}},
		{{&signalling_ldp, TCP, 646,
			 "0001 000e c0000201 0000 0201 0004 00000002"
			 "0001 000e c0000201 0000 0001 0004 00000003",
			 NULL, NULL, NULL},
			18, {"keepalive", "notification"}},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t bytes[MAX_BYTES];
		const uint32_t n = bytes_of(rows[i].s.hex, bytes);
		struct said said;

		ask(&rows[i].s, bytes, n, n, &said);
		ck_assert_str_eq(said.m.name, rows[i].names[0]);
		ck_assert_uint_eq(said.m.next, rows[i].first);
		ask(&rows[i].s, bytes + said.m.next, n - said.m.next, n - said.m.next, &said);
		ck_assert_str_eq(said.m.name, rows[i].names[1]);
		ck_assert_uint_eq(said.m.next, n - rows[i].first);
	}
}
END_TEST

#define SAMPLES(name)                                                                              \
	START_TEST(test_##name)                                                                    \
	{                                                                                          \
		for (size_t i = 0; i < sizeof(name) / sizeof((name)[0]); i++) {                    \
			check(&(name)[i]);                                                         \
			check_truncation(&(name)[i]);                                              \
		}                                                                                  \
	}                                                                                          \
	END_TEST

SAMPLES(tacacs)
SAMPLES(radius)
SAMPLES(ipmi)
SAMPLES(bfd)
SAMPLES(ldp)
SAMPLES(bgp)
SAMPLES(snmp)
SAMPLES(syslog)
SAMPLES(netflow)
SAMPLES(ntp)
SAMPLES(tftp)
SAMPLES(ftp)
SAMPLES(capture)
SAMPLES(smart_install)
SAMPLES(cwmp)
SAMPLES(gnmi)
SAMPLES(mirror)
SAMPLES(clients)

/* What is inside an encrypted or a subscriber's layer is nobody's to recognise. */
START_TEST(test_nothing_of_opaque_layers)
{
	static const struct sample *const all[] = {&tacacs[0], &radius[0], &ipmi[0], &bfd[0],
		&ldp[0], &bgp[0], &snmp[1], &syslog[0], &tftp[0], &smart_install[0], &gnmi[0],
		&capture[0], &mirror[0]};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const struct packet_layer layer = {.proto = all[i]->proto,
			.sport = 40000,
			.dport = all[i]->dport,
			.payload_bytes = 8,
			.opaque = true};
		uint8_t bytes[MAX_BYTES];
		const char *label = NULL;

		(void)bytes_of(all[i]->hex, bytes);
		ck_assert_int_eq(
			signalling_ask(all[i]->who, &layer, bytes, 8, &label), SIGNALLING_NO);
	}
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_tacacs);
	tcase_add_test(tc, test_radius);
	tcase_add_test(tc, test_ipmi);
	tcase_add_test(tc, test_bfd);
	tcase_add_test(tc, test_ldp);
	tcase_add_test(tc, test_bgp);
	tcase_add_test(tc, test_messages_behind_each_other);
	tcase_add_test(tc, test_snmp);
	tcase_add_test(tc, test_syslog);
	tcase_add_test(tc, test_netflow);
	tcase_add_test(tc, test_ntp);
	tcase_add_test(tc, test_tftp);
	tcase_add_test(tc, test_ftp);
	tcase_add_test(tc, test_capture);
	tcase_add_test(tc, test_smart_install);
	tcase_add_test(tc, test_cwmp);
	tcase_add_test(tc, test_gnmi);
	tcase_add_test(tc, test_mirror);
	tcase_add_test(tc, test_clients);
	tcase_add_test(tc, test_nothing_of_opaque_layers);
}

int main(void)
{
	return suite_main("signalling_management", add_tests);
}
