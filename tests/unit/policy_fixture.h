/* Policies from text, for tests. */
#pragma once

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/time_text.h"
#include "rules/policy/site.h"
#include "tests/unit/suite.h"

enum { FIXTURE_PATH_BYTES = 128 };

struct fixture {
	char dir[FIXTURE_PATH_BYTES / 2];
	char site[FIXTURE_PATH_BYTES], roles[FIXTURE_PATH_BYTES];
};

static inline void fixture_write(const char *path, const char *text, size_t len)
{
	FILE *f = fopen(path, "wb");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(text, 1, len, f), len);
	ck_assert_int_eq(fclose(f), 0);
}

static inline void fixture_begin(struct fixture *x)
{
	strcpy(x->dir, "/tmp/vedette-policy-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(x->dir));
	snprintf(x->site, sizeof(x->site), "%s/site.yaml", x->dir);
	snprintf(x->roles, sizeof(x->roles), "%s/roles.yaml", x->dir);
}

static inline void fixture_end(struct fixture *x)
{
	unlink(x->site);
	unlink(x->roles);
	rmdir(x->dir);
}

/* The policy in LEN bytes of TEXT with the shipped roles in ROLES (NULL: none), or NULL with *err.
 */
static inline struct site *site_from_bytes(
	const char *text, size_t len, const char *roles, struct error *err)
{
	struct fixture x;
	struct site *s;

	fixture_begin(&x);
	fixture_write(x.site, text, len);
	if (roles)
		fixture_write(x.roles, roles, strlen(roles));
	s = site_open(x.site, roles ? x.roles : NULL, NULL, err);
	fixture_end(&x);
	return s;
}

/* The policy in TEXT, which must be good. */
static inline struct site *site_from(const char *text, const char *roles)
{
	struct error err = {0};
	struct site *s = site_from_bytes(text, strlen(text), roles, &err);

	ck_assert_msg(s != NULL, "%s", err.msg);
	return s;
}

static inline struct ip_addr addr(const char *text)
{
	struct ip_addr a;

	ck_assert_msg(ip_addr_parse(str_from(text), &a), "%s", text);
	return a;
}

/* The moment of a date and a time of day, both UTC. */
static inline uint64_t utc(const char *date, unsigned hour, unsigned minute, unsigned second)
{
	int64_t days;

	ck_assert_msg(date_parse(str_from(date), &days), "%s", date);
	return ((uint64_t)days * 86400 + hour * 3600 + minute * 60 + second) * NS_PER_S;
}

static inline const struct equipment *at(const struct site *s, const char *address, uint64_t ts_ns)
{
	struct ip_addr a = addr(address);

	return inventory_find(site_inventory(s), &a, NULL, 0, ts_ns);
}
