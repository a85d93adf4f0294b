#include "rules/policy/phrase.h"

#include <stdarg.h>
#include <stdio.h>

struct phrase phrase_begin(char *buf, size_t size)
{
	buf[0] = '\0';
	return (struct phrase){buf, size, 0};
}

static void cut(struct phrase *p)
{
	size_t end = p->size - 4;

	/* Not in the middle of a character. */
	while (end > 0 && ((unsigned char)p->buf[end] & 0xc0) == 0x80)
		end--;
	memcpy(p->buf + end, "...", 4);
	p->len = p->size;
}

/* N bytes were wanted behind what is there, as vsnprintf says it. */
static void advance(struct phrase *p, int n)
{
	if (n >= 0 && (size_t)n < p->size - p->len)
		p->len += (size_t)n;
	else if (n >= 0)
		cut(p);
}

void phrase_add(struct phrase *p, const char *fmt, ...)
{
	va_list ap;

	if (p->len >= p->size)
		return;
	va_start(ap, fmt);
	advance(p, vsnprintf(p->buf + p->len, p->size - p->len, fmt, ap));
	va_end(ap);
}

void phrase_text(char *buf, size_t size, const char *fmt, ...)
{
	struct phrase p = phrase_begin(buf, size);
	va_list ap;

	va_start(ap, fmt);
	advance(&p, vsnprintf(buf, size, fmt, ap));
	va_end(ap);
}

static const char *between(uint32_t i, uint32_t n)
{
	if (i + 1 == n)
		return "";
	return i + 2 == n ? " or " : ", ";
}

void phrase_parties(struct phrase *p, const struct line *line)
{
	for (uint32_t i = 0; i < line->n_parties; i++)
		phrase_add(p, "%s%s", line->parties[i].text.data, between(i, line->n_parties));
}

void phrase_what(struct phrase *p, const struct line *line)
{
	if (line->n_apps > 0)
		phrase_add(p, " with ");
	for (uint32_t i = 0; i < line->n_apps; i++)
		phrase_add(p, "%s%s", line->apps[i].data, between(i, line->n_apps));
	if (line->n_ports > 0)
		phrase_add(p, " on ");
	for (uint32_t i = 0; i < line->n_ports; i++)
		phrase_add(p, "%s%s", line->ports[i].text.data, between(i, line->n_ports));
	if (line->n_apps == 0 && line->n_ports == 0)
		phrase_add(p, " with anything");
}
