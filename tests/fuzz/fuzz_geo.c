/* A geolocation database of any bytes: refused with a message, or opened so that every look-up
 * gives something well-formed. libmaxminddb itself is not instrumented. Seeds: the databases of
 * tests/fixtures/geo. */
#include <assert.h>
#include <string.h>

#include "analysis/enrich/geo_database.h"
#include "tests/fuzz/fuzz_input.h"

enum { MAX_BYTES = 1 << 16, ADDRESSES = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libmaxminddb 1.7.1 does not free what it read of a description when the rest of it is damaged. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libmaxminddb.so";
}

static void check_country(const char country[4])
{
	if (country[0] == '\0')
		return;
	for (int i = 0; i < 2; i++)
		assert(country[i] >= 'A' && country[i] <= 'Z');
	assert(country[2] == '\0');
}

static void check_lookup(const struct geo_database *db, const struct ip_addr *a)
{
	struct geo_record r;
	const bool found = geo_database_lookup(db, a, &r);
	unsigned sum = 0;

	check_country(r.country);
	check_country(r.registered_country);
	assert(r.as_name.len <= GEO_NAME_MAX_BYTES && r.prefix.length_bits <= 128);
	for (uint32_t i = 0; i < r.as_name.len; i++) /* the memory is there */
		sum += (uint8_t)r.as_name.data[i];
	assert(sum <= 255u * GEO_NAME_MAX_BYTES);
	assert(found || (r.country[0] == '\0' && r.as_number == 0 && r.as_name.len == 0));
	if (found && r.prefix.length_bits > 0)
		assert(ip_prefix_contains(&r.prefix, a));
}

/* Those that the seeds know, all over IPv4, and what the file's bytes may mean. */
static struct ip_addr address(const uint8_t *data, size_t size, unsigned i)
{
	static const uint8_t known[][4] = {{192, 0, 2, 1}, {198, 51, 100, 1}, {203, 0, 113, 1}};
	static const uint8_t doc[16] = {0x20, 0x01, 0x0d, 0xb8};
	const uint8_t v4[4] = {(uint8_t)(i * 4), 0, 2, (uint8_t)i};
	struct ip_addr a = ip_addr_from_v4(v4);

	if (i % 4 == 0)
		a = ip_addr_from_v4(known[i / 4 % 3]);
	else if (i % 4 == 1)
		a = ip_addr_from_v6(doc);
	else if (i % 4 == 2 && size >= 16)
		memcpy(a.bytes, data + (size - 16) * i / ADDRESSES, 16);
	if (i % 8 >= 4) /* the second half of what was known */
		a.bytes[15] |= 0x80;
	if (i % 16 == 1) { /* 2001:db8:bad::/48 */
		a.bytes[4] = 0x0b;
		a.bytes[5] = 0xad;
	}
	return a;
}

static void use(const struct geo_database *db, const uint8_t *data, size_t size)
{
	struct geo_file about;

	geo_database_describe(db, &about);
	assert(about.path && about.type && about.description && about.gives);
	for (unsigned i = 0; i < ADDRESSES; i++) {
		const struct ip_addr a = address(data, size, i);

		check_lookup(db, &a);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = {0};
	char path[FUZZ_PATH_BYTES];
	struct geo_database *db;
	int fd = size <= MAX_BYTES ? fuzz_file_open("", 0, data, size, path) : -1;

	if (fd < 0)
		return 0;
	db = geo_database_open(path, &err);
	if (db)
		use(db, data, size);
	else
		assert(err.code == ERR_CONFIG && err.msg[0] != '\0');
	geo_database_close(db);
	close(fd);
	return 0;
}
