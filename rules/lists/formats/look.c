#include "rules/lists/formats/look.h"

#include "rules/lists/value.h"

/* "evil[.]example" and "hxxp://": how reports write what nobody shall click. */
static struct str refang(struct str text, char buf[STORE_MAX_VALUE_BYTES])
{
	uint32_t len = 0;

	if (text.len > STORE_MAX_VALUE_BYTES || !memchr(text.data, '[', text.len))
		return text;
	for (uint32_t i = 0; i < text.len; i++) {
		if (i + 2 < text.len && memcmp(text.data + i, "[.]", 3) == 0)
			i++;
		else if (i > 1 && memcmp(text.data + i - 2, "[.]", 3) == 0)
			continue;
		buf[len++] = text.data[i];
	}
	return (struct str){buf, len};
}

static enum look_result fault(struct look *ret, const char *why)
{
	ret->why = why;
	return LOOK_FAULT;
}

static enum look_result leave_out(struct look *ret, const char *why)
{
	ret->why = why;
	return LOOK_LEAVE_OUT;
}

static enum look_result good(struct look *ret, enum entry_kind kind, struct str value)
{
	ret->kind = kind;
	ret->value = value;
	return LOOK_GOOD;
}

static bool is_ascii(struct str text)
{
	for (uint32_t i = 0; i < text.len; i++) {
		if (text.data[i] & 0x80)
			return false;
	}
	return true;
}

static bool is_digits(struct str text)
{
	uint64_t number;

	return feed_number(text, &number);
}

/* "192.0.2.1:443", "[2001:db8::1]:443", "[2001:db8::1]": the address alone. */
static struct str without_port(struct str text)
{
	const char *colon;

	if (text.len > 0 && text.data[0] == '[') {
		const char *end = memchr(text.data, ']', text.len);
		const uint32_t len = end ? (uint32_t)(end - text.data) : 0;

		if (!end || (len + 1 < text.len && end[1] != ':'))
			return text;
		return (struct str){text.data + 1, len - 1};
	}
	colon = text.len ? memchr(text.data, ':', text.len) : NULL;
	if (!colon || memchr(colon + 1, ':', text.len - (size_t)(colon + 1 - text.data)))
		return text;
	if (!is_digits((struct str){colon + 1, (uint32_t)(text.data + text.len - colon - 1)}))
		return text;
	return (struct str){text.data, (uint32_t)(colon - text.data)};
}

static bool is_network(struct str text)
{
	struct ip_prefix prefix;

	return ip_prefix_parse(text, &prefix, NULL);
}

/* A name with a dot, in any case of letters. The last label of a name is no number: 300.1.1.1 is a
 * mistake. */
static bool is_name(struct str text)
{
	char buf[STORE_MAX_VALUE_BYTES];
	const struct str lower = store_canonical(text, buf);
	const char *dot = lower.len ? memrchr(lower.data, '.', lower.len) : NULL;

	return dot && value_is_name(lower) &&
	       !is_digits((struct str){dot + 1, (uint32_t)(lower.data + lower.len - dot - 1)});
}

static enum look_result look_at_name(
	const struct feed_options *options, struct str text, struct look *ret, bool exact)
{
	if (text.len > 2 && text.data[0] == '*' && text.data[1] == '.') {
		text = (struct str){text.data + 2, text.len - 2};
		exact = false;
	} else if (text.len > 1 && text.data[0] == '.') {
		text = (struct str){text.data + 1, text.len - 1};
		exact = false;
	}
	if (text.len > 1 && text.data[text.len - 1] == '.')
		text.len--;
	if (!is_ascii(text))
		return leave_out(ret, "a name that is not in ASCII");
	return good(ret, exact && !options->subdomains ? ENTRY_HOST : ENTRY_DOMAIN, text);
}

/* The host of a URL. */
static enum look_result look_at_url(
	const struct feed_options *options, struct str url, struct look *ret)
{
	const char *scheme = NULL;
	struct str host = url;

	if (options->urls_as_text)
		return url.len <= STORE_MAX_VALUE_BYTES ? good(ret, ENTRY_TEXT, url)
							: leave_out(ret, "a URL that is too long");
	for (uint32_t i = 0; i + 2 < url.len && !scheme; i++) {
		if (memcmp(url.data + i, "://", 3) == 0)
			scheme = url.data + i + 3;
	}
	if (scheme)
		host = (struct str){scheme, (uint32_t)(url.data + url.len - scheme)};
	for (uint32_t i = 0; i < host.len; i++) {
		if (host.data[i] == '/' || host.data[i] == '?' || host.data[i] == '#')
			host.len = i;
	}
	for (uint32_t i = 0; i < host.len; i++) {
		if (host.data[i] == '@')
			host = (struct str){host.data + i + 1, host.len - i - 1};
	}
	host = without_port(host);
	if (is_network(host))
		return good(ret, ENTRY_CIDR, host);
	if (!is_ascii(host))
		return leave_out(ret, "a name that is not in ASCII");
	if (!is_name(host))
		return fault(ret, "no URL with a host: write https://www.example.com/path");
	return look_at_name(options, host, ret, true);
}

/* "AS64500", "64500" */
static struct str as_digits(struct str text)
{
	if (feed_starts_with(text, STR("AS")))
		text = (struct str){text.data + 2, text.len - 2};
	return text;
}

static enum look_result look_at_any(
	const struct feed_options *options, struct str text, struct look *ret)
{
	const struct str address = without_port(text);

	if (is_network(address))
		return good(ret, ENTRY_CIDR, address);
	if (str_contains_nocase(text, STR("://")))
		return look_at_url(options, text, ret);
	if (text.len > 2 && feed_starts_with(text, STR("AS")) && is_digits(as_digits(text)))
		return good(ret, ENTRY_ASN, as_digits(text));
	if (is_digits(text))
		return fault(ret, "a number alone; say with --kind asn that these are systems");
	if (!is_ascii(text) && memchr(text.data, '.', text.len))
		return leave_out(ret, "a name that is not in ASCII");
	ret->why = "neither network, address, name, URL nor AS; --kind says what the values are, "
		   "--skip-faults leaves such ones out";
	if (look_at_name(options, text, ret, false) != LOOK_GOOD || !is_name(ret->value))
		return LOOK_FAULT;
	return LOOK_GOOD;
}

enum look_result look_at(
	const struct feed_options *options, int kind, struct str text, struct look *ret)
{
	text = refang(feed_trim(text), ret->buf);
	if (text.len == 0)
		return fault(ret, "an empty value");
	switch (kind) {
	case FEED_ANY:
		return look_at_any(options, text, ret);
	case FEED_ADDRESS:
		return good(ret, ENTRY_CIDR, without_port(text));
	case FEED_URL:
		return look_at_url(options, text, ret);
	case FEED_NAME:
		return look_at_name(options, text, ret, true);
	case ENTRY_ASN:
		return good(ret, ENTRY_ASN, as_digits(text));
	case ENTRY_HOST:
	case ENTRY_DOMAIN:
		return look_at_name(options, text, ret, kind == ENTRY_HOST);
	default:
		return good(ret, (enum entry_kind)kind, text);
	}
}
