#include "redis/tls/tls.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <hiredis/hiredis_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "redis/address.h"
#include "redis/monotonic.h"

#define AUTHORITIES "/etc/ssl/certs/ca-certificates.crt"

enum { CHUNK_BYTES = 16 << 10 }; /* what one record holds */

struct redis_tls_files {
	SSL_CTX *ctx;
	unsigned users;
};

struct redis_tls {
	redisContext *hiredis; /* knows the socket, but does not own it */
	size_t taken;          /* of the bytes to be sent, that are under way in there */
};

bool redis_tls_available(void)
{
	return true;
}

/* The last thing that OpenSSL complained of. */
static const char *reason(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_last_error());

	return text ? text : "unknown error";
}

/* ---- files ---- */

static int load(SSL_CTX *ctx, const struct redis_url *url, struct error *err)
{
	const char *authorities = url->ca_file[0] ? url->ca_file : AUTHORITIES;

	if (SSL_CTX_load_verify_locations(ctx, authorities, NULL) != 1)
		return error_set(err, ERR_USAGE,
			"cannot read the certificates of %s: %s; name those of the authority that "
			"signed the server's with ?cacert=FILE",
			authorities, reason());
	if (url->cert_file[0] == '\0')
		return 0;
	if (SSL_CTX_use_certificate_chain_file(ctx, url->cert_file) != 1)
		return error_set(err, ERR_USAGE, "cannot read the certificate in %s: %s",
			url->cert_file, reason());
	if (SSL_CTX_use_PrivateKey_file(ctx, url->key_file, SSL_FILETYPE_PEM) != 1)
		return error_set(err, ERR_USAGE,
			"cannot read the key in %s, or it is not that of %s: %s", url->key_file,
			url->cert_file, reason());
	return 0;
}

struct redis_tls_files *redis_tls_files_new(const struct redis_url *url, struct error *err)
{
	struct redis_tls_files *f = calloc(1, sizeof(*f));

	ERR_clear_error();
	if (f)
		f->ctx = SSL_CTX_new(TLS_client_method());
	if (!f || !f->ctx) {
		error_set(err, ERR_SYSTEM, "out of memory");
		free(f);
		return NULL;
	}
	f->users = 1;
	SSL_CTX_set_verify(f->ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_min_proto_version(f->ctx, TLS1_2_VERSION);
	if (load(f->ctx, url, err) < 0) {
		redis_tls_files_free(f);
		return NULL;
	}
	return f;
}

struct redis_tls_files *redis_tls_files_share(struct redis_tls_files *f)
{
	if (f)
		f->users++;
	return f;
}

void redis_tls_files_free(struct redis_tls_files *f)
{
	if (!f || --f->users > 0)
		return;
	SSL_CTX_free(f->ctx);
	free(f);
}

/* ---- the handshake ---- */

/* Whose certificate it must be. hiredis itself would take that of anybody. */
static SSL *make_session(const struct redis_tls_files *f, const char *name)
{
	SSL *ssl = SSL_new(f->ctx);
	struct redis_address ignored;
	bool ok = ssl != NULL;

	if (ok && redis_address_set(&ignored, str_from(name), 1))
		ok = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1;
	else if (ok)
		ok = SSL_set1_host(ssl, name) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
	if (!ok) {
		SSL_free(ssl);
		return NULL;
	}
	return ssl;
}

static int say_failure(const SSL *ssl, const char *name, struct error *err)
{
	long verdict = SSL_get_verify_result(ssl);

	if (verdict != X509_V_OK)
		return error_set(err, ERR_REDIS,
			"the certificate of %s is not accepted: %s (name its authority with "
			"?cacert=FILE, and the name that it carries with server_name=NAME)",
			name, X509_verify_cert_error_string(verdict));
	if (ERR_peek_last_error() != 0)
		return error_set(err, ERR_REDIS, "no TLS with %s: %s (is that its TLS port?)", name,
			reason());
	return error_set(err, ERR_REDIS,
		"%s closed the connection during the TLS handshake (is that its TLS port? does it "
		"want a certificate: cert=FILE&key=FILE?)",
		name);
}

static int shake(
	SSL *ssl, int fd, const char *name, int timeout_ms, int cancel_fd, struct error *err)
{
	int64_t end = monotonic_ms() + timeout_ms;

	for (;;) {
		enum redis_wait_result w;
		int rc, wants;

		ERR_clear_error();
		rc = SSL_do_handshake(ssl);
		if (rc == 1)
			return 0;
		wants = SSL_get_error(ssl, rc);
		if (wants != SSL_ERROR_WANT_READ && wants != SSL_ERROR_WANT_WRITE)
			return say_failure(ssl, name, err);
		w = redis_wait(fd, wants == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT,
			end - monotonic_ms(), cancel_fd);
		if (w == REDIS_WAIT_CANCELLED)
			return error_set(err, ERR_REDIS, "%s was not waited for any longer", name);
		if (w == REDIS_WAIT_TIMEOUT)
			return error_set(err, ERR_REDIS,
				"%s did not finish the TLS handshake in time (is that its TLS "
				"port?)",
				name);
	}
}

struct redis_tls *redis_tls_start(struct redis_tls_files *f, int fd, const char *name,
	int timeout_ms, int cancel_fd, struct error *err)
{
	redisOptions options = {
		.type = REDIS_CONN_USERFD, .options = REDIS_OPT_NONBLOCK, .endpoint.fd = fd};
	struct redis_tls *t = calloc(1, sizeof(*t));
	SSL *ssl = make_session(f, name);

	if (t)
		t->hiredis = redisConnectWithOptions(&options);
	if (!t || !t->hiredis || !ssl) {
		error_set(err, ERR_SYSTEM, "out of memory");
		SSL_free(ssl);
		redis_tls_free(t);
		return NULL;
	}
	ERR_clear_error();
	if (redisInitiateSSL(t->hiredis, ssl) != REDIS_OK) {
		say_failure(ssl, name, err);
		SSL_free(ssl); /* else it is hiredis' */
		redis_tls_free(t);
		return NULL;
	}
	if (shake(ssl, fd, name, timeout_ms, cancel_fd, err) < 0) {
		redis_tls_free(t);
		return NULL;
	}
	return t;
}

void redis_tls_free(struct redis_tls *t)
{
	if (!t)
		return;
	if (t->hiredis)
		redisFreeKeepFd(t->hiredis);
	free(t);
}

/* ---- bytes ---- */

ssize_t redis_tls_send(struct redis_tls *t, const char *bytes, size_t n)
{
	size_t taken = t->taken;
	int done = 0;

	ERR_clear_error();
	if (taken == 0) {
		taken = n < CHUNK_BYTES ? n : CHUNK_BYTES;
		if (redisAppendFormattedCommand(t->hiredis, bytes, taken) != REDIS_OK) {
			errno = ENOMEM;
			return -1;
		}
	}
	t->taken = taken;
	if (redisBufferWrite(t->hiredis, &done) != REDIS_OK) {
		errno = ECONNRESET;
		return -1;
	}
	if (!done) {
		errno = EAGAIN;
		return -1;
	}
	t->taken = 0;
	return (ssize_t)taken;
}

ssize_t redis_tls_recv(struct redis_tls *t, char *buf, size_t size)
{
	ssize_t n;

	ERR_clear_error();
	n = t->hiredis->funcs->read(t->hiredis, buf, size);
	if (n > 0)
		return n;
	if (n < 0 && t->hiredis->err == REDIS_ERR_EOF)
		return 0;
	errno = n == 0 ? EAGAIN : ECONNRESET;
	return -1;
}
