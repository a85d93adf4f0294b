#include "rules/lists/formats/feed.h"

#include <stdarg.h>
#include <stdlib.h>

#include "common/time_text.h"
#include "common/yaml/yaml_text.h"
#include "rules/lists/formats/look.h"
#include "rules/lists/value.h"

enum { MAX_TEXT_BYTES = 500, MAX_SHOWN_BYTES = 400 };

static int no_memory(struct feed *f)
{
	return error_set(f->err, ERR_SYSTEM, "not enough memory for the feed");
}

struct str feed_clean(struct feed *f, struct str text)
{
	char buf[MAX_TEXT_BYTES];
	uint32_t len = 0;

	text = feed_trim(text);
	for (uint32_t at = 0; at < text.len;) {
		uint32_t code = 0;
		uint32_t n = utf8_decode(text.data + at, text.len - at, &code);
		const bool shown = n > 0 && code >= 0x20 && yaml_text_allows(code);
		const char *piece = shown ? text.data + at : code < 0x20 && n > 0 ? " " : "?";
		const uint32_t piece_len = shown ? n : 1;

		if (len + piece_len > sizeof(buf))
			break;
		memcpy(buf + len, piece, piece_len);
		len += piece_len;
		at += n ? n : 1;
	}
	return arena_str(f->store.arena, feed_trim((struct str){buf, len}));
}

static void where_of(const struct feed *f, const struct feed_place *at, char *buf, size_t size)
{
	char path[200];

	if (at && at->path)
		(void)snprintf(buf, size, "%s: %s", f->file,
			str_printable(path, sizeof(path), str_from(at->path)));
	else if (at && at->line)
		(void)snprintf(
			buf, size, "%s:%u:%u", f->file, at->line, at->column ? at->column : 1);
	else
		(void)snprintf(buf, size, "%s", f->file);
}

__attribute__((format(printf, 3, 0))) static int refuse(
	struct feed *f, const struct feed_place *at, const char *fmt, va_list args)
{
	char what[MAX_SHOWN_BYTES], where[MAX_SHOWN_BYTES];

	(void)vsnprintf(what, sizeof(what), fmt, args);
	where_of(f, at, where, sizeof(where));
	return error_set(f->err, ERR_CONFIG, "%s: %s", where, what);
}

int feed_refuse(struct feed *f, const struct feed_place *at, const char *fmt, ...)
{
	va_list args;
	int rc;

	va_start(args, fmt);
	rc = refuse(f, at, fmt, args);
	va_end(args);
	return rc;
}

int feed_fault(struct feed *f, const struct feed_place *at, const char *fmt, ...)
{
	va_list args;
	int rc;

	f->counts.values++;
	f->counts.faults++;
	if (f->options->skip_faults && f->n_told == FEED_MAX_TOLD)
		return 0;
	va_start(args, fmt);
	rc = refuse(f, at, fmt, args);
	va_end(args);
	if (!f->options->skip_faults)
		return rc;
	f->told[f->n_told++] = arena_str(f->store.arena, str_from(f->err->msg));
	*f->err = (struct error){.code = ERR_OK};
	return 0;
}

void feed_note(struct feed *f, const char *fmt, ...)
{
	char what[MAX_SHOWN_BYTES];
	va_list args;

	if (f->n_notes == FEED_MAX_TOLD)
		return;
	va_start(args, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	f->notes[f->n_notes++] = feed_clean(f, str_from(what));
}

int feed_leave_out_text(struct feed *f, const char *what, struct str text)
{
	char why[128], shown[64];
	size_t i = 0;

	if (text.len)
		(void)snprintf(
			why, sizeof(why), "%s %s", what, str_printable(shown, sizeof(shown), text));
	else
		(void)snprintf(why, sizeof(why), "%s", what);
	f->counts.values++;
	f->counts.left_out++;
	while (i < f->n_why && !str_eq(f->why[i].text, str_from(why)))
		i++;
	if (i == FEED_MAX_WHY)
		i--;
	else if (i == f->n_why && ++f->n_why == FEED_MAX_WHY)
		f->why[i].text = STR("other reasons");
	else if (i + 1 == f->n_why && f->why[i].n == 0)
		f->why[i].text = arena_str(f->store.arena, str_from(why));
	f->why[i].n++;
	return 0;
}

int feed_leave_out(struct feed *f, const char *why)
{
	return feed_leave_out_text(f, why, STR(""));
}

void feed_set_source(struct feed *f, struct str title, struct str source)
{
	if (f->title.len == 0)
		f->title = feed_clean(f, title);
	if (f->source.len == 0)
		f->source = feed_clean(f, source);
}

/* Times in seconds may be of any year; no list can say those behind the calendar. */
static int64_t in_calendar(int64_t days)
{
	return days <= DATE_LAST_DAYS ? days : FEED_NO_DAY;
}

void feed_set_date(struct feed *f, int64_t days)
{
	if (in_calendar(days) > f->date_days)
		f->date_days = days;
}

static bool reserve_detail(struct feed *f)
{
	uint32_t capacity = f->detail_capacity ? 2 * f->detail_capacity : 256;
	struct feed_detail *details;

	if (f->store.n < f->detail_capacity)
		return true;
	details = realloc(f->details, capacity * sizeof(*details));
	if (!details)
		return false;
	f->details = details;
	f->detail_capacity = capacity;
	return true;
}

/* The same text again takes no memory again: feeds repeat themselves. */
static struct str keep(struct feed *f, struct str text, struct str last)
{
	struct str clean;

	if (text.len == 0)
		return STR("");
	if (str_eq(text, last))
		return last;
	clean = feed_clean(f, text);
	return str_eq(clean, last) ? last : clean;
}

/* The same value again: what is said last and surest is kept, and the later end. */
static int merge(struct feed *f, uint32_t i, const struct feed_entry *e)
{
	struct feed_detail *d = &f->details[i];

	f->counts.duplicates++;
	if (e->date_days > d->date_days) {
		d->date_days = e->date_days;
		if (e->because.len)
			d->because = keep(f, e->because, d->because);
		if (e->source.len)
			d->source = keep(f, e->source, d->source);
	}
	if (e->confidence > d->confidence)
		d->confidence = e->confidence;
	if (d->until_days != FEED_NO_DAY &&
		(e->until_days == FEED_NO_DAY || e->until_days > d->until_days))
		d->until_days = e->until_days;
	return 0;
}

static int add_value(struct feed *f, const struct feed_entry *e, const struct value *v)
{
	const struct new_entry wanted = {
		.kind = v->kind,
		.value = v->text,
		.line = e->at.line,
	};
	const struct feed_detail *last = f->store.n ? &f->details[f->store.n - 1] : NULL;
	struct feed_detail detail = {
		.because = keep(f, e->because, last ? last->because : STR("")),
		.source = keep(f, e->source, last ? last->source : STR("")),
		.date_days = e->date_days,
		.until_days = e->until_days,
		.confidence = e->confidence,
	};
	uint32_t first;

	if (!reserve_detail(f))
		return no_memory(f);
	switch (store_add(&f->store, &wanted, &first)) {
	case STORE_ADDED:
		break;
	case STORE_DUPLICATE:
		return merge(f, store_find(&f->store, v->kind, v->text), e);
	case STORE_FULL:
		return feed_refuse(
			f, &e->at, "more than %d values; split the feed", STORE_MAX_ENTRIES);
	case STORE_NO_MEMORY:
		return no_memory(f);
	}
	f->details[f->store.n - 1] = detail;
	f->has_sources = f->has_sources || detail.source.len > 0;
	f->lacks_sources = f->lacks_sources || detail.source.len == 0;
	f->counts.entries++;
	f->counts.of_kind[v->kind]++;
	return 0;
}

static bool is_over(const struct feed *f, const struct feed_entry *e)
{
	return e->until_days != FEED_NO_DAY &&
	       (e->until_days + 1) * (int64_t)(NS_PER_DAY / NS_PER_S) <=
		       (int64_t)(f->options->as_of_ns / NS_PER_S);
}

int feed_add(struct feed *f, const struct feed_entry *wanted)
{
	struct feed_entry copy = *wanted;
	const struct feed_entry *e = &copy;
	struct look look;
	struct value v;
	char why[VALUE_WHY_BYTES];
	char shown[80];

	if (e->confidence > 100 || e->confidence < -1)
		return feed_fault(f, &e->at, "a confidence of %d: it is 0 to 100", e->confidence);
	switch (look_at(f->options, e->kind, e->value, &look)) {
	case LOOK_LEAVE_OUT:
		return feed_leave_out(f, look.why);
	case LOOK_FAULT:
		return feed_fault(f, &e->at, "\"%s\": %s",
			str_printable(shown, sizeof(shown), e->value), look.why);
	case LOOK_GOOD:
		break;
	}
	if (!value_read(look.value, look.kind, &v, why))
		return feed_fault(f, &e->at, "\"%s\": %s",
			str_printable(shown, sizeof(shown), e->value), why);
	if (v.kind == ENTRY_TEXT && !str_eq(feed_clean(f, v.text), v.text))
		return feed_leave_out(f, "a text that no list can hold");
	copy.date_days = in_calendar(copy.date_days);
	if (f->options->keep_for_days && copy.date_days >= 0 && copy.until_days == FEED_NO_DAY)
		copy.until_days = copy.date_days + f->options->keep_for_days;
	copy.until_days = in_calendar(copy.until_days);
	f->counts.values++;
	if (is_over(f, e)) {
		f->counts.expired++;
		return 0;
	}
	return add_value(f, e, &v);
}

bool feed_init(struct feed *f, const struct feed_options *options, struct error *err)
{
	*f = (struct feed){.options = options, .date_days = FEED_NO_DAY, .err = err};
	return store_init(&f->store) || no_memory(f) == 0;
}

void feed_done(struct feed *f)
{
	store_done(&f->store);
	free(f->details);
	f->details = NULL;
}
