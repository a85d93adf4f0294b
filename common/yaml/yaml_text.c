#include "common/yaml/yaml_text.h"

#include <stdint.h>

#include "common/str.h"

/* NULL when CODE may stand in a file, else what it is. YAML 1.2.2 §5.1, without NEL, LS and PS:
 * they end a line for libyaml, but not for the person who wrote it. */
static const char *refused(uint32_t code)
{
	if (code == '\t' || code == '\n' || code == '\r')
		return NULL;
	if (code < 0x20 || code == 0x7f)
		return "control character";
	if (code == 0x85 || code == 0x2028 || code == 0x2029)
		return "invisible line break";
	if (code < 0xa0 && code > 0x7f)
		return "control character";
	if (code == 0xfeff)
		return "byte order mark inside the text";
	if (code == 0xfffe || code == 0xffff)
		return "character that is none";
	return NULL;
}

bool yaml_text_allows(uint32_t code)
{
	return !refused(code);
}

/* How many of the LEN bytes at TEXT are printable ASCII, up to the first that is not. */
static size_t plain_bytes(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && text[n] >= ' ' && text[n] <= '~')
		n++;
	return n;
}

int yaml_check_text(const char *name, const char *text, size_t len, struct error *err)
{
	size_t line = 1;
	size_t column = 1;
	size_t at = 0;

	for (;;) {
		const size_t plain = plain_bytes(text + at, len - at);
		uint32_t code = 0;
		uint32_t n;
		const char *what;

		at += plain;
		column += plain;
		if (at == len)
			return 0;
		n = utf8_decode(text + at, len - at, &code);
		if (n == 0)
			return error_set(err, ERR_CONFIG,
				"%s:%zu:%zu: byte 0x%02x is not UTF-8; save the file as UTF-8",
				name, line, column, (unsigned)(uint8_t)text[at]);
		what = refused(code);
		if (what)
			return error_set(err, ERR_CONFIG,
				"%s:%zu:%zu: %s U+%04X is not allowed; remove it", name, line,
				column, code == 0 ? "NUL" : what, (unsigned)code);
		at += n;
		/* A carriage return ends a line unless a newline follows, which then does. */
		if (code == '\n' || (code == '\r' && !(at < len && text[at] == '\n'))) {
			line++;
			column = 1;
		} else {
			column++;
		}
	}
}
