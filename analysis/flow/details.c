#include "analysis/flow/details.h"

#include <stdlib.h>
#include <string.h>

enum { DNS_CODE_NONE = 0xffff };

/* Strings in the order of what is missed most when there is no room for all. */
static const size_t strings[] = {
	offsetof(struct flow_details, server_name),
	offsetof(struct flow_details, ja3),
	offsetof(struct flow_details, ja3s),
	offsetof(struct flow_details, tls_version),
	offsetof(struct flow_details, tls_sha1),
	offsetof(struct flow_details, dns_name),
	offsetof(struct flow_details, http_host),
	offsetof(struct flow_details, http_method),
	offsetof(struct flow_details, hassh_client),
	offsetof(struct flow_details, hassh_server),
	offsetof(struct flow_details, ssh_client),
	offsetof(struct flow_details, ssh_server),
	offsetof(struct flow_details, snmp_version),
	offsetof(struct flow_details, tls_cipher),
	offsetof(struct flow_details, tls_issuer),
	offsetof(struct flow_details, tls_subject),
	offsetof(struct flow_details, http_user_agent),
	offsetof(struct flow_details, http_url),
	offsetof(struct flow_details, tls_alpn),
};

enum { N_STRINGS = sizeof(strings) / sizeof(strings[0]) };

/* Behind the head follow the names of the risks, which are constants, then the strings themselves:
 * those of the table, then the names of the certificate. */
struct details {
	uint32_t bytes; /* of the whole block */
	uint16_t n_tls_names, n_risks;
	uint64_t tls_not_before_ns, tls_not_after_ns;
	uint16_t http_status, dns_type, dns_code;
	bool cert_self_signed, cert_expired, cert_not_yet_valid, cert_mismatch;
	uint16_t lengths[N_STRINGS + FLOW_MAX_NAMES];
	const char *risks[];
};

const struct flow_details details_none = {.dns_code = DNS_CODE_NONE};

static struct str string_of(const struct flow_details *d, size_t i)
{
	struct str s;

	memcpy(&s, (const char *)d + strings[i], sizeof(s));
	return s;
}

void details_clear(struct flow_details *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->dns_code = DNS_CODE_NONE;
}

static bool says_nothing(const struct details *head)
{
	return head->bytes == sizeof(*head) && !head->tls_not_before_ns &&
	       !head->tls_not_after_ns && !head->http_status && !head->dns_type &&
	       head->dns_code == DNS_CODE_NONE && !head->cert_self_signed && !head->cert_expired &&
	       !head->cert_not_yet_valid && !head->cert_mismatch;
}

/* The bytes of S, or of nothing when they do not fit into what is left. */
static uint16_t fit(struct str s, size_t *left)
{
	if (s.len > *left)
		return 0;
	*left -= s.len;
	return (uint16_t)s.len;
}

static void head_fill(struct details *head, const struct flow_details *d)
{
	size_t left = DETAILS_MAX_BYTES - sizeof(*head) - d->n_risks * sizeof(head->risks[0]);

	memset(head, 0, sizeof(*head));
	for (size_t i = 0; i < N_STRINGS; i++)
		head->lengths[i] = fit(string_of(d, i), &left);
	for (uint32_t i = 0; i < d->n_tls_names; i++)
		head->lengths[N_STRINGS + i] = fit(d->tls_names[i], &left);
	head->bytes = (uint32_t)(DETAILS_MAX_BYTES - left);
	head->n_tls_names = (uint16_t)d->n_tls_names;
	head->n_risks = (uint16_t)d->n_risks;
	head->tls_not_before_ns = d->tls_not_before_ns;
	head->tls_not_after_ns = d->tls_not_after_ns;
	head->http_status = d->http_status;
	head->dns_type = d->dns_type;
	head->dns_code = d->dns_code;
	head->cert_self_signed = d->cert_self_signed;
	head->cert_expired = d->cert_expired;
	head->cert_not_yet_valid = d->cert_not_yet_valid;
	head->cert_mismatch = d->cert_mismatch;
}

struct details *details_pack(const struct flow_details *d)
{
	struct details head;
	struct details *packed;
	char *text;

	head_fill(&head, d);
	if (says_nothing(&head))
		return NULL;
	packed = malloc(head.bytes);
	if (!packed)
		return NULL;
	memcpy(packed, &head, sizeof(head));
	memcpy(packed->risks, d->risks, d->n_risks * sizeof(d->risks[0]));
	text = (char *)&packed->risks[d->n_risks];
	for (size_t i = 0; i < N_STRINGS + d->n_tls_names; i++) {
		const struct str s = i < N_STRINGS ? string_of(d, i) : d->tls_names[i - N_STRINGS];

		if (head.lengths[i])
			memcpy(text, s.data, head.lengths[i]);
		text += head.lengths[i];
	}
	return packed;
}

void details_free(struct details *packed)
{
	free(packed);
}

size_t details_bytes(const struct details *packed)
{
	return packed ? packed->bytes : 0;
}

static void unpack_strings(
	const struct details *packed, struct arena *arena, struct flow_details *ret)
{
	const char *first = (const char *)&packed->risks[packed->n_risks];
	const struct str text = arena_str(arena,
		(struct str){first, packed->bytes - (uint32_t)(first - (const char *)packed)});
	uint32_t at = 0;

	for (size_t i = 0; text.data && i < (size_t)N_STRINGS + packed->n_tls_names; i++) {
		const struct str s = {text.data + at, packed->lengths[i]};

		if (!s.len)
			continue;
		at += s.len;
		if (i < N_STRINGS)
			memcpy((char *)ret + strings[i], &s, sizeof(s));
		else
			ret->tls_names[ret->n_tls_names++] = s;
	}
}

void details_unpack(const struct details *packed, struct arena *arena, struct flow_details *ret)
{
	details_clear(ret);
	if (!packed)
		return;
	unpack_strings(packed, arena, ret);
	ret->n_risks = packed->n_risks;
	memcpy(ret->risks, packed->risks, packed->n_risks * sizeof(ret->risks[0]));
	ret->tls_not_before_ns = packed->tls_not_before_ns;
	ret->tls_not_after_ns = packed->tls_not_after_ns;
	ret->http_status = packed->http_status;
	ret->dns_type = packed->dns_type;
	ret->dns_code = packed->dns_code;
	ret->cert_self_signed = packed->cert_self_signed;
	ret->cert_expired = packed->cert_expired;
	ret->cert_not_yet_valid = packed->cert_not_yet_valid;
	ret->cert_mismatch = packed->cert_mismatch;
}
