#include "capture/file/record.h"

#include <stdarg.h>
#include <stdio.h>

int record_unreadable(const struct stream *s, const struct record_place *place,
	enum stream_result result, struct error *err)
{
	if (result == STREAM_FAILED)
		return err ? err->code : ERR_INPUT;
	return error_set(err, ERR_TRUNCATED,
		"%s: cut within record %llu, which begins at byte %llu%s; what came before it was "
		"read; unless the "
		"capture is still being written, copy it again from where it was made",
		stream_path(s), (unsigned long long)place->number,
		(unsigned long long)place->offset_bytes,
		stream_packing(s) ? " after unpacking" : "");
}

int record_damaged(const struct stream *s, const struct record_place *place, struct error *err,
	const char *what, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, what);
	vsnprintf(text, sizeof(text), what, ap);
	va_end(ap);
	return error_set(err, ERR_INPUT,
		"%s: damaged: record %llu at byte %llu%s %s; what came before it was read; copy "
		"the capture again "
		"from where it was made",
		stream_path(s), (unsigned long long)place->number,
		(unsigned long long)place->offset_bytes,
		stream_packing(s) ? " after unpacking" : "", text);
}
