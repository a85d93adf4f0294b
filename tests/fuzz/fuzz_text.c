/* The small texts that people and the wire write: addresses, prefixes, dates; and what is printed
 * and written as JSON of bytes that are none of ours. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cli/json_view.h"
#include "common/ip.h"
#include "common/json_writer.h"
#include "common/time_text.h"

enum { MAX_BYTES = 4096, SHOWN_BYTES = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_address(struct str text)
{
	char shown[IP_ADDR_TEXT_BYTES], prefix_shown[IP_PREFIX_TEXT_BYTES];
	struct ip_addr a, again;
	struct ip_prefix p, p_again;
	bool host_bits;

	if (ip_addr_parse(text, &a)) {
		assert(ip_addr_parse(str_from(ip_addr_format(&a, shown)), &again));
		assert(ip_addr_cmp(&a, &again) == 0);
	}
	if (ip_prefix_parse(text, &p, &host_bits)) {
		assert(p.length_bits <= 128 && ip_prefix_contains(&p, &p.addr));
		assert(ip_prefix_parse(
			str_from(ip_prefix_format(&p, prefix_shown)), &p_again, &host_bits));
		assert(!host_bits && p.length_bits == p_again.length_bits &&
			ip_addr_cmp(&p.addr, &p_again.addr) == 0);
	}
}

static void check_date(struct str text)
{
	char shown[DATE_TEXT_BYTES];
	int64_t days;

	if (date_parse(text, &days))
		assert(str_eq(
			str_from(date_format((uint64_t)days * 86400 * NS_PER_S, shown)), text));
}

/* True when all of TEXT is UTF-8. */
static bool is_utf8(struct str text)
{
	uint32_t n;

	for (uint32_t i = 0; i < text.len; i += n) {
		n = utf8_decode(text.data + i, text.len - i, NULL);
		if (n == 0)
			return false;
	}
	return true;
}

static void check_printable(struct str text)
{
	char shown[SHOWN_BYTES];
	struct str s;

	memset(shown, 0x01, sizeof(shown));
	s = str_from(str_printable(shown, sizeof(shown), text));
	assert(s.len < sizeof(shown) && is_utf8(s));
	for (uint32_t i = 0; i < s.len; i++)
		assert((uint8_t)s.data[i] >= 0x20 && s.data[i] != 0x7f);
}

/* What is UTF-8 comes back from a JSON reader as it went in, and the rest is JSON nevertheless. */
static void check_json(struct str text)
{
	struct json_writer w;
	struct json_view *v;
	struct error err;

	json_init(&w);
	json_object_begin(&w);
	json_key(&w, "text");
	json_str(&w, text);
	json_object_end(&w);
	assert(!w.failed && !memchr(w.data, '\n', w.len));
	v = json_view_parse((struct str){w.data, (uint32_t)w.len}, &err);
	assert(v && json_view_has(v, "text"));
	if (is_utf8(text))
		assert(str_eq(json_view_text(v, "text"), text));
	json_view_free(v);
	json_done(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, (uint32_t)size};

	if (size > MAX_BYTES)
		return 0;
	check_address(text);
	check_date(text);
	check_printable(text);
	check_json(text);
	return 0;
}
