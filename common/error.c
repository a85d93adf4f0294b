#include "common/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/str.h"

/* Longer than a message may be, so that a cut one always shows its "...". */
enum { DRAFT_BYTES = sizeof(((struct error *)NULL)->msg) + 512 };

static void set(struct error *ret, enum error_code code, const char *draft)
{
	ret->code = code;
	str_printable(ret->msg, sizeof(ret->msg), str_from(draft));
}

int error_set(struct error *ret, enum error_code code, const char *fmt, ...)
{
	char draft[DRAFT_BYTES];
	va_list ap;

	if (!ret)
		return code;
	va_start(ap, fmt);
	if (vsnprintf(draft, sizeof(draft), fmt, ap) < 0)
		draft[0] = '\0';
	va_end(ap);
	set(ret, code, draft);
	return code;
}

int error_set_errno(struct error *ret, enum error_code code, int errnum, const char *fmt, ...)
{
	char draft[DRAFT_BYTES];
	char reason[128];
	size_t len;
	va_list ap;

	if (!ret)
		return code;
	va_start(ap, fmt);
	if (vsnprintf(draft, sizeof(draft) - sizeof(reason), fmt, ap) < 0)
		draft[0] = '\0';
	va_end(ap);
	len = strlen(draft);
	snprintf(draft + len, sizeof(draft) - len, ": %s",
		strerror_r(errnum, reason, sizeof(reason)));
	set(ret, code, draft);
	return code;
}
