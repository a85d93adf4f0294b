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
	offsetof(struct flow_details, http_mime_type),
};

enum {
	N_STRINGS = sizeof(strings) / sizeof(strings[0]),
	MAX_PIECES = N_STRINGS + FLOW_MAX_NAMES,
};

/* Bits of what is there behind those of the strings. */
enum {
	HAS_TIMES = 1 << N_STRINGS,
	CERT_SELF_SIGNED = 1 << (N_STRINGS + 1),
	CERT_EXPIRED = 1 << (N_STRINGS + 2),
	CERT_NOT_YET_VALID = 1 << (N_STRINGS + 3),
	CERT_MISMATCH = 1 << (N_STRINGS + 4),
};

_Static_assert(N_STRINGS + 5 < 31, "bits of present");

/* Only what is there takes room. Behind the head follow the names of the risks, which are
 * constants; both times of the certificate, if it has them; the lengths of the strings that are
 * present and of the names of the certificate; and these strings themselves. */
struct details {
	uint32_t bytes;   /* of the whole block */
	uint32_t present; /* bit i: string i of the table; the bits above */
	uint16_t http_status, dns_type, dns_code;
	uint8_t n_tls_names, n_risks;
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
	memcpy(ret, &details_none, offsetof(struct flow_details, tls_names));
}

static bool says_nothing(const struct details *head)
{
	return head->bytes == sizeof(*head) && !head->present && !head->http_status &&
	       !head->dns_type && head->dns_code == DNS_CODE_NONE;
}

/* The strings of a block that is being put together, and the bytes that are left for more. */
struct pieces {
	struct str all[MAX_PIECES];
	uint32_t n;
	size_t left;
};

static bool take(struct pieces *p, struct str s)
{
	const size_t bytes = sizeof(uint16_t) + s.len;

	if (s.len == 0 || bytes > p->left)
		return false;
	p->left -= bytes;
	p->all[p->n++] = s;
	return true;
}

static uint32_t flags_of(const struct flow_details *d)
{
	return (d->tls_not_before_ns || d->tls_not_after_ns ? HAS_TIMES : 0u) |
	       (d->cert_self_signed ? CERT_SELF_SIGNED : 0u) |
	       (d->cert_expired ? CERT_EXPIRED : 0u) |
	       (d->cert_not_yet_valid ? CERT_NOT_YET_VALID : 0u) |
	       (d->cert_mismatch ? CERT_MISMATCH : 0u);
}

static void head_fill(struct details *head, struct pieces *p, const struct flow_details *d)
{
	memset(head, 0, sizeof(*head));
	head->present = flags_of(d);
	head->http_status = d->http_status;
	head->dns_type = d->dns_type;
	head->dns_code = d->dns_code;
	head->n_risks = (uint8_t)d->n_risks;
	p->n = 0;
	p->left = DETAILS_MAX_BYTES - sizeof(*head) - d->n_risks * sizeof(head->risks[0]) -
		  (head->present & HAS_TIMES ? 2 * sizeof(uint64_t) : 0);
	for (size_t i = 0; i < N_STRINGS; i++)
		head->present |= take(p, string_of(d, i)) ? 1u << i : 0u;
	for (uint32_t i = 0; i < d->n_tls_names; i++)
		head->n_tls_names = (uint8_t)(head->n_tls_names + take(p, d->tls_names[i]));
	head->bytes = (uint32_t)(DETAILS_MAX_BYTES - p->left);
}

struct details *details_pack(const struct flow_details *d)
{
	const uint64_t times[] = {d->tls_not_before_ns, d->tls_not_after_ns};
	struct pieces pieces;
	struct details head;
	struct details *packed;
	char *at;

	head_fill(&head, &pieces, d);
	if (says_nothing(&head))
		return NULL;
	packed = malloc(head.bytes);
	if (!packed)
		return NULL;
	memcpy(packed, &head, sizeof(head));
	memcpy(packed->risks, d->risks, d->n_risks * sizeof(d->risks[0]));
	at = (char *)&packed->risks[d->n_risks];
	if (head.present & HAS_TIMES)
		at = (char *)memcpy(at, times, sizeof(times)) + sizeof(times);
	for (uint32_t i = 0; i < pieces.n; i++) {
		const uint16_t length = (uint16_t)pieces.all[i].len;

		at = (char *)memcpy(at, &length, sizeof(length)) + sizeof(length);
	}
	for (uint32_t i = 0; i < pieces.n; i++)
		at = (char *)memcpy(at, pieces.all[i].data, pieces.all[i].len) + pieces.all[i].len;
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

const struct details *details_copy(const struct details *packed, struct arena *arena)
{
	struct details *copy = arena_alloc(arena, packed->bytes);

	return copy ? memcpy(copy, packed, packed->bytes) : NULL;
}

/* The next string of a block, and both steps on. */
static struct str next_string(const char **lengths, const char **text)
{
	struct str s = {*text, 0};
	uint16_t length;

	memcpy(&length, *lengths, sizeof(length));
	*lengths += sizeof(length);
	*text += length;
	s.len = length;
	return s;
}

/* LENGTHS: of the block's strings, the first of which is TEXT. */
static void set_strings(const struct details *packed, const char *lengths, const char *text,
	struct flow_details *ret)
{
	for (uint32_t left = packed->present & (HAS_TIMES - 1); left; left &= left - 1) {
		const struct str s = next_string(&lengths, &text);

		memcpy((char *)ret + strings[__builtin_ctz(left)], &s, sizeof(s));
	}
	for (; ret->n_tls_names < packed->n_tls_names; ret->n_tls_names++)
		ret->tls_names[ret->n_tls_names] = next_string(&lengths, &text);
}

void details_unpack(const struct details *packed, struct flow_details *ret)
{
	uint32_t n;

	const char *at;

	details_clear(ret);
	if (!packed)
		return;
	at = (const char *)&packed->risks[packed->n_risks];
	if (packed->present & HAS_TIMES) {
		memcpy(&ret->tls_not_before_ns, at, sizeof(uint64_t));
		memcpy(&ret->tls_not_after_ns, at + sizeof(uint64_t), sizeof(uint64_t));
		at += 2 * sizeof(uint64_t);
	}
	n = (uint32_t)__builtin_popcount(packed->present & (HAS_TIMES - 1)) + packed->n_tls_names;
	if (n > 0)
		set_strings(packed, at, at + n * sizeof(uint16_t), ret);
	ret->n_risks = packed->n_risks;
	memcpy(ret->risks, packed->risks, packed->n_risks * sizeof(ret->risks[0]));
	ret->http_status = packed->http_status;
	ret->dns_type = packed->dns_type;
	ret->dns_code = packed->dns_code;
	ret->cert_self_signed = packed->present & CERT_SELF_SIGNED;
	ret->cert_expired = packed->present & CERT_EXPIRED;
	ret->cert_not_yet_valid = packed->present & CERT_NOT_YET_VALID;
	ret->cert_mismatch = packed->present & CERT_MISMATCH;
}

/* As saved: what is there by the bits of PRESENT, the strings among them in the order of the table.
 */
void details_save(const struct details *packed, struct blob_writer *w)
{
	struct flow_details d;

	blob_put_bool(w, packed != NULL);
	if (!packed)
		return;
	details_unpack(packed, &d);
	blob_put_u32(w, packed->present);
	blob_put_u16(w, d.http_status);
	blob_put_u16(w, d.dns_type);
	blob_put_u16(w, d.dns_code);
	blob_put_u64(w, d.tls_not_before_ns);
	blob_put_u64(w, d.tls_not_after_ns);
	for (size_t i = 0; i < N_STRINGS; i++) {
		if (packed->present & 1u << i)
			blob_put_str(w, string_of(&d, i));
	}
	blob_put_u8(w, (uint8_t)d.n_tls_names);
	for (uint32_t i = 0; i < d.n_tls_names; i++)
		blob_put_str(w, d.tls_names[i]);
	blob_put_u8(w, (uint8_t)d.n_risks);
	for (uint32_t i = 0; i < d.n_risks; i++)
		blob_put_text(w, d.risks[i]);
}

static void risks_load(
	struct blob_reader *r, const char *(*find_risk)(struct str name), struct flow_details *d)
{
	const uint32_t n = blob_u8(r);

	for (uint32_t i = 0; i < n && blob_ok(r); i++) {
		const char *risk = find_risk(blob_str(r, LABEL_TEXT_BYTES * 2));

		if (risk && d->n_risks < FLOW_MAX_RISKS)
			d->risks[d->n_risks++] = risk;
	}
}

bool details_load(
	struct blob_reader *r, const char *(*find_risk)(struct str name), struct details **ret)
{
	struct flow_details d = details_none;
	uint32_t present, n;

	*ret = NULL;
	if (!blob_bool(r))
		return blob_ok(r);
	present = blob_u32(r);
	d.http_status = blob_u16(r);
	d.dns_type = blob_u16(r);
	d.dns_code = blob_u16(r);
	d.tls_not_before_ns = blob_u64(r);
	d.tls_not_after_ns = blob_u64(r);
	d.cert_self_signed = present & CERT_SELF_SIGNED;
	d.cert_expired = present & CERT_EXPIRED;
	d.cert_not_yet_valid = present & CERT_NOT_YET_VALID;
	d.cert_mismatch = present & CERT_MISMATCH;
	for (size_t i = 0; i < N_STRINGS; i++) {
		if (present & 1u << i) {
			const struct str s = blob_str(r, DETAILS_MAX_BYTES);

			memcpy((char *)&d + strings[i], &s, sizeof(s));
		}
	}
	n = blob_u8(r);
	for (uint32_t i = 0; i < n && blob_ok(r); i++) {
		const struct str name = blob_str(r, DETAILS_MAX_BYTES);

		if (d.n_tls_names < FLOW_MAX_NAMES)
			d.tls_names[d.n_tls_names++] = name;
	}
	risks_load(r, find_risk, &d);
	if (!blob_ok(r))
		return false;
	*ret = details_pack(&d);
	return true;
}
