#include "redis/lease.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HEX_BYTES = 2 * LEASE_IDENTITY_BYTES + 1, BOOT_BYTES = 40, NONCE_BYTES = 17 };

/* What a lease says, whoever wrote it. */
struct holder {
	char identity[HEX_BYTES], boot[BOOT_BYTES], nonce[NONCE_BYTES];
	long pid;
	char host[LEASE_HOST_BYTES];
};

/* Another one each time the machine starts; "unknown" where it cannot be read. */
static void read_boot(char *ret)
{
	ssize_t n = -1;
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		n = read(fd, ret, BOOT_BYTES - 1);
		close(fd);
	}
	ret[n > 0 ? n : 0] = '\0';
	ret[strcspn(ret, " \n")] = '\0';
	if (!*ret)
		snprintf(ret, BOOT_BYTES, "unknown");
}

/* Words are told apart by spaces. */
static void read_host(char *ret)
{
	if (gethostname(ret, LEASE_HOST_BYTES) != 0)
		*ret = '\0';
	ret[LEASE_HOST_BYTES - 1] = '\0';
	for (char *c = ret; *c; c++) {
		if (*c <= ' ' || *c > '~')
			*c = '_';
	}
	if (!*ret)
		snprintf(ret, LEASE_HOST_BYTES, "unknown");
}

void lease_make(struct lease *l, const uint8_t identity[LEASE_IDENTITY_BYTES], uint64_t nonce,
	uint32_t ttl_ms)
{
	char hex[HEX_BYTES], boot[BOOT_BYTES], host[LEASE_HOST_BYTES];

	for (size_t i = 0; i < LEASE_IDENTITY_BYTES; i++)
		snprintf(hex + 2 * i, 3, "%02x", identity[i]);
	read_boot(boot);
	read_host(host);
	snprintf(l->value, sizeof(l->value), "%s %s %016" PRIx64 " %ld %s", hex, boot, nonce,
		(long)getpid(), host);
	l->ttl_ms = ttl_ms;
}

static bool parse(struct str value, struct holder *ret)
{
	char text[LEASE_VALUE_BYTES];

	memset(ret, 0, sizeof(*ret));
	if (value.len == 0 || value.len >= sizeof(text))
		return false;
	memcpy(text, value.data, value.len);
	text[value.len] = '\0';
	return sscanf(text, "%32s %39s %16s %ld %64s", ret->identity, ret->boot, ret->nonce,
		       &ret->pid, ret->host) == 5;
}

/* Whether the process that wrote THEIRS has ended. */
static bool is_gone(const struct holder *ours, const struct holder *theirs)
{
	if (strcmp(ours->boot, theirs->boot) != 0 || strcmp(ours->host, theirs->host) != 0)
		return false;
	if (strcmp(ours->identity, theirs->identity) == 0 || theirs->pid == ours->pid)
		return true;
	return theirs->pid > 0 && kill((pid_t)theirs->pid, 0) != 0 && errno == ESRCH;
}

static int refuse(struct redis_connection *c, const struct stream_keys *k,
	const struct holder *ours, struct str value, struct error *err)
{
	struct holder theirs;
	char text[2 * LEASE_VALUE_BYTES], host[2 * LEASE_HOST_BYTES];

	redis_set_needs_operator(c, true);
	if (!parse(value, &theirs)) {
		str_printable(text, sizeof(text), value);
		return error_set(err, ERR_REDIS,
			"%s in Redis says \"%s\", which no sensor wrote: delete it", k->lease,
			text);
	}
	str_printable(host, sizeof(host), str_from(theirs.host));
	if (strcmp(ours->identity, theirs.identity) == 0)
		return error_set(err, ERR_REDIS,
			"process %ld on %s writes to %s with a copy of this sensor's spool: stop "
			"one of the two, or delete its spool and give it another --name",
			theirs.pid, host, k->alerts);
	return error_set(err, ERR_REDIS,
		"another sensor, process %ld on %s, writes to %s: stop one of the two, or give it "
		"another --name",
		theirs.pid, host, k->alerts);
}

/* SET, unless somebody was faster and not OVER: then *ret_set is false. */
static int set(struct redis_connection *c, const struct stream_keys *k, const struct lease *l,
	bool over, bool *ret_set, struct error *err)
{
	char ttl[16];
	struct redis_reply r;
	int rc;

	snprintf(ttl, sizeof(ttl), "%u", (unsigned)l->ttl_ms);
	rc = redis_command(c, over ? 5 : 6,
		(struct str[]){STR("SET"), str_from(k->lease), str_from(l->value), STR("PX"),
			str_from(ttl), STR("NX")},
		&r, err);
	*ret_set = rc == 0 && r.kind == REDIS_STATUS;
	return rc;
}

static int renew(struct redis_connection *c, const struct stream_keys *k, const struct lease *l,
	bool *ret_renewed, struct error *err)
{
	char ttl[16];
	struct redis_reply r;
	int rc;

	snprintf(ttl, sizeof(ttl), "%u", (unsigned)l->ttl_ms);
	rc = redis_command(
		c, 3, (struct str[]){STR("PEXPIRE"), str_from(k->lease), str_from(ttl)}, &r, err);
	*ret_renewed = rc == 0 && r.integer == 1;
	return rc;
}

int lease_take(struct redis_connection *c, const struct stream_keys *k, const struct lease *l,
	bool at_start, bool *ret_other, struct error *err)
{
	struct holder ours, theirs;
	struct redis_reply r;
	bool done = false;

	*ret_other = false;
	(void)parse(str_from(l->value), &ours);
	/* Between two of these commands it may expire or be taken: then once more. */
	for (int i = 0; i < 3; i++) {
		int rc = redis_command(
			c, 2, (struct str[]){STR("GET"), str_from(k->lease)}, &r, err);

		if (rc < 0)
			return rc;
		if (r.kind == REDIS_NIL)
			rc = set(c, k, l, false, &done, err);
		else if (r.kind != REDIS_STRING)
			return redis_nonsense(c, "GET", err);
		else if (str_eq(r.str, str_from(l->value)))
			rc = renew(c, k, l, &done, err);
		else if (at_start && parse(r.str, &theirs) && is_gone(&ours, &theirs))
			rc = set(c, k, l, true, &done, err);
		else if ((*ret_other = true))
			return refuse(c, k, &ours, r.str, err);
		if (rc < 0 || done)
			return rc;
	}
	return error_set(err, ERR_REDIS, "%s in Redis does not stay: who deletes it?", k->lease);
}

int lease_release(struct redis_connection *c, const struct stream_keys *k, const struct lease *l,
	struct error *err)
{
	struct redis_reply r;
	int rc = redis_command(c, 2, (struct str[]){STR("GET"), str_from(k->lease)}, &r, err);

	if (rc < 0 || r.kind != REDIS_STRING || !str_eq(r.str, str_from(l->value)))
		return rc;
	return redis_command(c, 2, (struct str[]){STR("DEL"), str_from(k->lease)}, &r, err);
}
