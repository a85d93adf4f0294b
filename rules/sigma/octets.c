#include "rules/sigma/octets.h"

/* The octet of TEXT at *AT with the point behind it; *AT moves behind that. */
static bool take_octet(struct str text, uint32_t *at, uint8_t *ret)
{
	uint32_t begin = *at;
	uint32_t number = 0;

	while (*at < text.len && *at - begin < 3 && text.data[*at] >= '0' && text.data[*at] <= '9')
		number = number * 10 + (uint32_t)(text.data[(*at)++] - '0');
	if (*at == begin || number > UINT8_MAX || (text.data[begin] == '0' && *at - begin > 1))
		return false;
	if (*at == text.len || text.data[*at] != '.')
		return false;
	(*at)++;
	*ret = (uint8_t)number;
	return true;
}

bool octets_network(struct str text, bool is_open, struct ip_prefix *ret)
{
	enum { V4_BITS_BEFORE = 96 };
	uint8_t bytes[4] = {0};
	uint32_t at = 0;
	uint32_t n = 0;

	if (text.len > 0 && text.data[text.len - 1] == '*') {
		is_open = true;
		text.len--;
	}
	while (n < 3 && at < text.len) {
		if (!take_octet(text, &at, &bytes[n]))
			return false;
		n++;
	}
	if (n == 0 || at < text.len || !is_open)
		return false;
	*ret = (struct ip_prefix){ip_addr_from_v4(bytes), (uint8_t)(V4_BITS_BEFORE + 8 * n)};
	return true;
}
