/* Application payloads made by hand, and the packets that carry them: host 1 is 192.0.2.1, the client on port 40000; host 2 is
 * 198.51.100.2, the server. Every fact in them is invented. */
#pragma once

#include <stdint.h>
#include <string.h>

#include "tests/support/frame_builder.h"

enum { CLIENT = 1, SERVER = 2, CLIENT_PORT = 40000, LINKTYPE_NUM_RAW = 101 };

struct payload {
	uint8_t bytes[1400];
	uint32_t n;
};

static inline struct payload payload_text(const char *text)
{
	struct payload p = {.n = (uint32_t)strlen(text)};

	memcpy(p.bytes, text, p.n);
	return p;
}

static inline struct payload http_request(void)
{
	return payload_text("GET /nudm-sdm/v2/imsi-001010000000001/am-data HTTP/1.1\r\n"
			    "Host: udm.example\r\nUser-Agent: amf/1.0\r\nAccept: */*\r\n\r\n");
}

static inline struct payload http_response(void)
{
	return payload_text("HTTP/1.1 404 Not Found\r\nServer: x\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nno");
}

/* TLS 1.2 with SNI gnb-017.example and ALPN h2, http/1.1. */
static inline struct payload tls_client_hello(void)
{
	static const uint8_t bytes[] = {
		22, 3, 1, 0, 105, 1, 0, 0, 101, 3, 3, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
		15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 0, 0, 4, 192, 43, 0,
		47, 1, 0, 0, 56, 0, 0, 0, 20, 0, 18, 0, 0, 15, 103, 110, 98, 45, 48, 49, 55, 46, 101,
		120, 97, 109, 112, 108, 101, 0, 10, 0, 4, 0, 2, 0, 23, 0, 11, 0, 2, 1, 0, 0, 16, 0, 14,
		0, 12, 2, 104, 50, 8, 104, 116, 116, 112, 47, 49, 46, 49,
	};
	struct payload p = {.n = sizeof(bytes)};

	memcpy(p.bytes, bytes, sizeof(bytes));
	return p;
}

/* Its JA3: the MD5 of "771,49195-47,0-10-11-16,23,0". */
#define TLS_CLIENT_JA3  "156a6740feb7b13fb11d846bb888b2d1"
/* Of the server: "771,49195,65281". */
#define TLS_SERVER_JA3S "5cbdf35d43faf9cfc331165209343f05"
/* Of the certificate as it stands. */
#define TLS_CERTIFICATE_SHA1 "9CC515DFCB0C2042259B4B8DCF3474CD9940AB2D"

/* ServerHello, a self-signed certificate (CN=2102350000001234 and two names) and ServerHelloDone, each in its record. The dates
 * are written as YYMMDD; NULL leaves 2020-01-01 to 2021-01-01. */
static inline struct payload tls_server_flight(const char *not_before, const char *not_after)
{
	static const uint8_t hello[] = {
		2, 0, 0, 45, 3, 3, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48,
		49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 0, 192, 43, 0, 0, 5, 255, 1,
		0, 1, 0,
	};
	static const uint8_t certificate[] = {
		48, 130, 1, 160, 48, 130, 1, 70, 160, 3, 2, 1, 2, 2, 2, 18, 52, 48, 10, 6, 8, 42, 134,
		72, 206, 61, 4, 3, 2, 48, 58, 49, 11, 48, 9, 6, 3, 85, 4, 6, 19, 2, 88, 88, 49, 16, 48,
		14, 6, 3, 85, 4, 10, 12, 7, 69, 120, 97, 109, 112, 108, 101, 49, 25, 48, 23, 6, 3, 85,
		4, 3, 12, 16, 50, 49, 48, 50, 51, 53, 48, 48, 48, 48, 48, 48, 49, 50, 51, 52, 48, 30,
		23, 13, 50, 48, 48, 49, 48, 49, 48, 48, 48, 48, 48, 48, 90, 23, 13, 50, 49, 48, 49, 48,
		49, 48, 48, 48, 48, 48, 48, 90, 48, 58, 49, 11, 48, 9, 6, 3, 85, 4, 6, 19, 2, 88, 88,
		49, 16, 48, 14, 6, 3, 85, 4, 10, 12, 7, 69, 120, 97, 109, 112, 108, 101, 49, 25, 48, 23,
		6, 3, 85, 4, 3, 12, 16, 50, 49, 48, 50, 51, 53, 48, 48, 48, 48, 48, 48, 49, 50, 51, 52,
		48, 89, 48, 19, 6, 7, 42, 134, 72, 206, 61, 2, 1, 6, 8, 42, 134, 72, 206, 61, 3, 1, 7,
		3, 66, 0, 4, 8, 139, 185, 255, 34, 171, 41, 26, 116, 200, 111, 198, 119, 186, 137, 123,
		170, 222, 227, 112, 204, 97, 41, 184, 45, 23, 11, 163, 252, 38, 65, 92, 68, 45, 169,
		167, 22, 6, 121, 86, 217, 30, 170, 2, 185, 58, 212, 9, 73, 14, 135, 205, 94, 117, 142,
		166, 163, 49, 161, 222, 183, 91, 168, 70, 163, 60, 48, 58, 48, 56, 6, 3, 85, 29, 17, 4,
		49, 48, 47, 130, 15, 103, 110, 98, 45, 48, 49, 55, 46, 101, 120, 97, 109, 112, 108, 101,
		130, 28, 105, 109, 115, 105, 45, 48, 48, 49, 48, 49, 48, 48, 48, 48, 48, 48, 48, 48, 48,
		49, 46, 101, 120, 97, 109, 112, 108, 101, 48, 10, 6, 8, 42, 134, 72, 206, 61, 4, 3, 2,
		3, 72, 0, 48, 69, 2, 33, 0, 233, 18, 138, 182, 11, 157, 53, 182, 24, 32, 52, 54, 54, 92,
		28, 247, 20, 57, 32, 14, 150, 84, 20, 196, 214, 200, 180, 217, 126, 50, 82, 90, 2, 32,
		32, 143, 61, 184, 131, 173, 159, 166, 93, 104, 14, 145, 72, 29, 43, 189, 177, 147, 50,
		1, 22, 209, 146, 102, 153, 181, 148, 130, 210, 226, 117, 60,
	};
	static const uint8_t done[] = {14, 0, 0, 0};
	enum { N = sizeof(certificate), NOT_BEFORE_AT = 93, NOT_AFTER_AT = 108 };
	struct payload p = {.n = 0};
	uint8_t *at = p.bytes;
	uint8_t *der;

	memcpy(at, (uint8_t[]){22, 3, 3, 0, sizeof(hello)}, 5);
	memcpy(at + 5, hello, sizeof(hello));
	at += 5 + sizeof(hello);
	memcpy(at, (uint8_t[]){22, 3, 3, (N + 10) >> 8, (N + 10) & 255, 11, 0, (N + 6) >> 8, (N + 6) & 255, 0, (N + 3) >> 8,
			   (N + 3) & 255, 0, N >> 8, N & 255}, 15);
	der = at + 15;
	memcpy(der, certificate, N);
	if (not_before)
		memcpy(der + NOT_BEFORE_AT, not_before, 6);
	if (not_after)
		memcpy(der + NOT_AFTER_AT, not_after, 6);
	at = der + N;
	memcpy(at, (uint8_t[]){22, 3, 3, 0, sizeof(done)}, 5);
	memcpy(at + 5, done, sizeof(done));
	p.n = (uint32_t)(at + 5 + sizeof(done) - p.bytes);
	return p;
}

/* A question for the A record of NAME; as a response, with 203.0.113.N for N from 1 to ANSWERS. */
static inline struct payload dns_message(const char *name, int response, uint8_t answers)
{
	struct payload p = {.n = 12};

	memcpy(p.bytes, (uint8_t[]){0x12, 0x34, response ? 0x81 : 1, response ? 0x80 : 0, 0, 1, 0, answers, 0, 0, 0, 0}, 12);
	while (*name) {
		const size_t n = strcspn(name, ".");

		p.bytes[p.n++] = (uint8_t)n;
		memcpy(p.bytes + p.n, name, n);
		p.n += (uint32_t)n;
		name += n + (name[n] == '.');
	}
	p.bytes[p.n++] = 0;
	memcpy(p.bytes + p.n, (uint8_t[]){0, 1, 0, 1}, 4);
	p.n += 4;
	for (uint8_t i = 1; i <= answers; i++) {
		memcpy(p.bytes + p.n, (uint8_t[]){0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 203, 0, 113, i}, 16);
		p.n += 16;
	}
	return p;
}

static inline void carry_ip(struct builder *b, uint8_t from, uint8_t proto)
{
	uint8_t *ip = build_ipv4(b, 1, 2, proto);
	uint8_t swap[4];

	if (from == SERVER) {
		memcpy(swap, ip + 12, 4);
		memcpy(ip + 12, ip + 16, 4);
		memcpy(ip + 16, swap, 4);
	}
}

/* One segment between the two hosts; PORT is the server's. */
static inline void carry_tcp(struct builder *b, uint8_t from, uint16_t port, uint8_t flags, uint32_t seq, uint32_t ack,
	const struct payload *p)
{
	build_start(b);
	if (p)
		build_bytes(b, p->bytes, p->n);
	build_tcp(b, from == CLIENT ? CLIENT_PORT : port, from == CLIENT ? port : CLIENT_PORT, flags, 0);
	put32(b->bytes + b->at + 4, seq);
	put32(b->bytes + b->at + 8, ack);
	carry_ip(b, from, 6);
}

static inline void carry_udp(struct builder *b, uint8_t from, uint16_t port, const struct payload *p)
{
	build_start(b);
	build_bytes(b, p->bytes, p->n);
	build_udp(b, from == CLIENT ? CLIENT_PORT : port, from == CLIENT ? port : CLIENT_PORT);
	carry_ip(b, from, 17);
}
