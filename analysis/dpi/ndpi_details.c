#include "analysis/dpi/ndpi_adapter.h"

#include <string.h>
#include <strings.h>

#include "analysis/flow/details.h"
#include "analysis/redact.h"
#include "common/time_text.h"

enum { MAX_TEXT_BYTES = 1024 }; /* of one string that is kept */

/* A copy of TEXT, which may be NULL, after REDACT. */
static struct str keep(
	struct arena *arena, const char *text, void (*redact)(char *text, uint32_t n))
{
	const size_t n = text ? strnlen(text, MAX_TEXT_BYTES) : 0;
	char *copy = n ? arena_alloc(arena, n) : NULL;

	if (!copy)
		return (struct str){NULL, 0};
	memcpy(copy, text, n);
	redact(copy, (uint32_t)n);
	return (struct str){copy, (uint32_t)n};
}

/* Hexadecimal digits as most tools write them. */
static struct str keep_lower(struct arena *arena, const char *text)
{
	const size_t n = strlen(text);
	char *copy = n ? arena_alloc(arena, n) : NULL;

	if (!copy)
		return (struct str){NULL, 0};
	for (size_t i = 0; i < n; i++)
		copy[i] = ascii_lower(text[i]);
	return (struct str){copy, (uint32_t)n};
}

/* The library's details of several protocols share their memory; these are the protocols under
 * which it frees them as TLS's. */
static bool has_tls(struct ndpi_flow_struct *f)
{
	static const uint16_t protocols[] = {NDPI_PROTOCOL_TLS, NDPI_PROTOCOL_QUIC,
		NDPI_PROTOCOL_DTLS, NDPI_PROTOCOL_MAIL_SMTPS, NDPI_PROTOCOL_MAIL_POPS,
		NDPI_PROTOCOL_MAIL_IMAPS};

	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		if (ndpi_adapter_is(f, protocols[i]))
			return true;
	}
	return false;
}

static struct str tls_version(uint16_t version)
{
	if (version >= 0x7f00 && version <= 0x7fff) /* drafts of RFC 8446 */
		return STR("1.3");
	switch (version) {
	case 0x0300:
		return STR("3.0"); /* SSL */
	case 0x0301:
	case 0xfeff: /* DTLS counts down */
		return STR("1.0");
	case 0x0302:
		return STR("1.1");
	case 0x0303:
	case 0xfefd:
		return STR("1.2");
	case 0x0304:
	case 0xfb1a: /* Fizz */
		return STR("1.3");
	default:
		return (struct str){NULL, 0};
	}
}

static void tls_names(struct arena *arena, const char *list, struct flow_details *ret)
{
	while (list && *list && ret->n_tls_names < FLOW_MAX_NAMES) {
		const char *end = strchrnul(list, ',');
		struct str name = arena_str(arena, (struct str){list, (uint32_t)(end - list)});

		if (name.len)
			ret->tls_names[ret->n_tls_names++] = keep(arena, name.data, redact_name);
		list = *end ? end + 1 : end;
	}
}

static void tls_certificate(const struct ndpi_flow_struct *f, uint64_t now_ns, struct arena *arena,
	struct flow_details *ret)
{
	static const uint8_t none[20];
	static const char digits[] = "0123456789ABCDEF";
	const uint8_t *sha1 = f->protos.tls_quic.sha1_certificate_fingerprint;
	char hex[2 * sizeof(none)];

	ret->tls_not_before_ns = f->protos.tls_quic.notBefore * NS_PER_S;
	ret->tls_not_after_ns = f->protos.tls_quic.notAfter * NS_PER_S;
	ret->cert_self_signed = f->risk >> NDPI_TLS_SELFSIGNED_CERTIFICATE & 1;
	ret->cert_mismatch = f->risk >> NDPI_TLS_CERTIFICATE_MISMATCH & 1;
	ret->cert_not_yet_valid = ret->tls_not_before_ns > now_ns;
	/* Not by the library's risk: it takes a date that it cannot read (after 2049) for 1970, and
	 * means both ends at once. */
	ret->cert_expired = ret->tls_not_after_ns && ret->tls_not_after_ns < now_ns;
	if (memcmp(sha1, none, sizeof(none)) == 0)
		return;
	for (size_t i = 0; i < sizeof(none); i++) {
		hex[2 * i] = digits[sha1[i] >> 4];
		hex[2 * i + 1] = digits[sha1[i] & 0xf];
	}
	ret->tls_sha1 = arena_str(arena, (struct str){hex, sizeof(hex)});
}

static void tls_details(const struct classifier *c, const struct ndpi_flow_struct *f,
	uint64_t now_ns, struct arena *arena, struct flow_details *ret)
{
	char buf[8];

	ret->server_name = keep(arena, f->host_server_name, redact_name);
	ret->ja3 = keep_lower(arena, ndpi_adapter_ja3(f));
	ret->ja3s = keep_lower(arena, f->protos.tls_quic.ja3_server);
	ret->tls_version = tls_version(f->protos.tls_quic.ssl_version);
	if (f->protos.tls_quic.server_cipher)
		ret->tls_cipher = keep(arena,
			ndpi_adapter_cipher(c, f->protos.tls_quic.server_cipher, buf), redact_text);
	ret->tls_issuer = keep(arena, f->protos.tls_quic.issuerDN, redact_text);
	ret->tls_subject = keep(arena, f->protos.tls_quic.subjectDN, redact_text);
	ret->tls_alpn = keep(arena, ndpi_adapter_alpn(f), redact_text);
	tls_names(arena, f->protos.tls_quic.server_names, ret);
	tls_certificate(f, now_ns, arena, ret);
}

static struct str http_url(struct arena *arena, const char *url)
{
	const struct str scheme = STR("http://");
	size_t n;
	char *copy;

	/* The library joins host and path; a client of a proxy sends the whole URL. */
	if (!url || strncmp(url, scheme.data, scheme.len) == 0)
		return keep(arena, url, redact_name);
	n = strnlen(url, MAX_TEXT_BYTES);
	copy = arena_alloc(arena, scheme.len + n);
	if (!copy)
		return (struct str){NULL, 0};
	memcpy(copy, scheme.data, scheme.len);
	memcpy(copy + scheme.len, url, n);
	redact_name(copy + scheme.len, (uint32_t)n);
	return (struct str){copy, scheme.len + (uint32_t)n};
}

/* "Text/HTML; charset=utf-8" as "text/html" (RFC 9110 §8.3.1). */
static struct str mime_type(struct arena *arena, const char *content_type)
{
	char text[128];
	size_t n = content_type ? strcspn(content_type, "; \t") : 0;

	if (n == 0 || n >= sizeof(text))
		return (struct str){NULL, 0};
	for (size_t i = 0; i < n; i++)
		text[i] = ascii_lower(content_type[i]);
	text[n] = '\0';
	return keep(arena, text, redact_name);
}

static void http_details(
	const struct ndpi_flow_struct *f, struct arena *arena, struct flow_details *ret)
{
	ret->http_host = keep(arena, f->host_server_name, redact_name);
	ret->http_url = http_url(arena, f->http.url);
	ret->http_user_agent = keep(arena, f->http.user_agent, redact_name);
	if (f->http.method != NDPI_HTTP_METHOD_UNKNOWN)
		ret->http_method = keep(arena, ndpi_http_method2str(f->http.method), redact_text);
	ret->http_status = f->http.response_status_code;
	ret->http_mime_type = mime_type(arena, f->http.content_type);
}

/* nDPI 4.2 digests nothing when a key exchange spans two segments: that is no fingerprint. */
static struct str hassh(struct arena *arena, const char *digest)
{
	static const char md5_of_nothing[] = "d41d8cd98f00b204e9800998ecf8427e";

	if (strcasecmp(digest, md5_of_nothing) == 0)
		return (struct str){NULL, 0};
	return keep_lower(arena, digest);
}

static void ssh_details(
	const struct ndpi_flow_struct *f, struct arena *arena, struct flow_details *ret)
{
	ret->ssh_client = keep(arena, f->protos.ssh.client_signature, redact_name);
	ret->ssh_server = keep(arena, f->protos.ssh.server_signature, redact_name);
	ret->hassh_client = hassh(arena, f->protos.ssh.hassh_client);
	ret->hassh_server = hassh(arena, f->protos.ssh.hassh_server);
}

static void dns_details(
	const struct ndpi_flow_struct *f, struct arena *arena, struct flow_details *ret)
{
	ret->dns_name = keep(arena, f->host_server_name, redact_name);
	ret->dns_type = f->protos.dns.query_type;
	if (!f->protos.dns.is_query)
		ret->dns_code = f->protos.dns.reply_code;
}

/* By bit, which is the number of the risk in every release; the names are those of 4.2 and later in
 * few words. */
static const char *const risk_names[] = {
	NULL,
	"xss-attack",
	"sql-injection",
	"rce-injection",
	"binary-application-transfer",
	"known-protocol-on-non-standard-port",
	"self-signed-certificate",
	"obsolete-tls-version",
	"weak-tls-cipher",
	"tls-expired-certificate",
	"tls-certificate-mismatch",
	"http-suspicious-user-agent",
	"http-numeric-ip-address",
	"http-suspicious-url",
	"http-suspicious-header",
	"tls-not-carrying-https",
	"suspicious-dga-domain-name",
	"malformed-packet",
	"ssh-obsolete-client",
	"ssh-obsolete-server",
	"smb-insecure-version",
	"tls-suspicious-esni-usage",
	"unsafe-protocol",
	"suspicious-dns-traffic",
	"missing-sni-tls-extension",
	"http-suspicious-content",
	"risky-asn",
	"risky-domain-name",
	"malicious-ja3-fingerprint",
	"malicious-certificate-fingerprint",
	"desktop-or-file-sharing-session",
	"uncommon-tls-alpn",
	"tls-certificate-validity-too-long",
	"tls-suspicious-extension",
	"tls-fatal-alert",
	"suspicious-entropy",
	"clear-text-credentials",
	"dns-large-packet",
	"fragmented-dns-message",
	"non-printable-characters",
	"possible-exploit",
	"tls-certificate-about-to-expire",
	"punycode-domain-name",
	"error-code",
	"crawler-or-bot",
	"anonymous-subscriber",
	"unidirectional-traffic",
	"http-obsolete-server",
	"periodic-flow",
	"minor-issues",
	"tcp-issues",
	"fully-encrypted",
	"alpn-sni-mismatch",
	"malware-host-contacted",
	"binary-data-transfer",
	"probing-attempt",
	"obfuscated-traffic",
};

_Static_assert(NDPI_TLS_SELFSIGNED_CERTIFICATE == 6 && NDPI_TLS_CERTIFICATE_ABOUT_TO_EXPIRE == 41,
	"rows of risk_names");

const char *classifier_risk_name(struct str name)
{
	for (size_t i = 1; i < sizeof(risk_names) / sizeof(risk_names[0]); i++) {
		if (str_eq(str_from(risk_names[i]), name))
			return risk_names[i];
	}
	return NULL;
}

static void risks(const struct ndpi_flow_struct *f, struct flow_details *ret)
{
	const unsigned n_names = sizeof(risk_names) / sizeof(risk_names[0]);
	const uint64_t expired = UINT64_C(1) << NDPI_TLS_CERTIFICATE_EXPIRED;
	uint64_t set = ((uint64_t)f->risk & ~expired) | (ret->cert_expired ? expired : 0);

	for (set &= (UINT64_C(1) << n_names) - 2; set && ret->n_risks < FLOW_MAX_RISKS;
		set &= set - 1)
		ret->risks[ret->n_risks++] = risk_names[__builtin_ctzll(set)];
}

void classifier_details(struct classifier *c, struct classifier_flow *flow, uint64_t now_ns,
	struct arena *arena, struct flow_details *ret)
{
	struct ndpi_flow_struct *f = &flow->ndpi;

	details_clear(ret);
	if (has_tls(f))
		tls_details(c, f, now_ns, arena, ret);
	else if (ndpi_adapter_is(f, NDPI_PROTOCOL_SSH))
		ssh_details(f, arena, ret);
	else if (ndpi_adapter_is(f, NDPI_PROTOCOL_DNS))
		dns_details(f, arena, ret);
	else if (f->http.url || f->http.method != NDPI_HTTP_METHOD_UNKNOWN ||
		 ndpi_adapter_is(f, NDPI_PROTOCOL_HTTP))
		http_details(f, arena, ret);
	risks(f, ret);
}
