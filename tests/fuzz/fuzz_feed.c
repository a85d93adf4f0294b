/* A feed of any bytes, in the format that it looks like or in the one that the first byte names:
 * refused with a message, or counted so that each value is accounted for, written as a list file,
 * and read again with as many entries. Seeds: tests/system/make_feeds.py. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/time_text.h"
#include "rules/lists/formats/feed.h"

enum { MAX_BYTES = 1 << 18, FORMATS = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_counts(const struct feed *f)
{
	const struct feed_counts *c = &f->counts;
	uint64_t kinds = 0, why = 0;

	assert(c->values == c->entries + c->duplicates + c->expired + c->left_out + c->faults);
	assert(c->entries == f->store.n);
	for (int i = 0; i < ENTRY_KINDS; i++)
		kinds += c->of_kind[i];
	for (size_t i = 0; i < f->n_why; i++)
		why += f->why[i].n;
	assert(kinds == c->entries && why == c->left_out);
}

static void check_written(struct feed *f)
{
	struct feed_head head = {
		.name = STR("fuzz"),
		.title = f->title.len ? f->title : STR("T"),
		.source = f->source.len ? f->source : STR("S"),
		.from = STR("fuzz"),
		.date_days = f->date_days >= 0 ? f->date_days : 0,
		.role = LIST_INDICATORS,
		.confidence = -1,
		.until_days = FEED_NO_DAY,
	};
	struct error err = {ERR_OK, ""};
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	assert(to && feed_write(f, &head, to));
	assert(fclose(to) == 0);
	if (feed_check("fuzz.yaml", (struct str){text, (uint32_t)len}, f->store.n, &err) != 0) {
		(void)fprintf(stderr, "%s\n%s", err.msg, text);
		abort();
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed_options options = {.kind = -1, .as_of_ns = UINT64_C(20780) * NS_PER_DAY};
	struct error err = {ERR_OK, ""};
	struct feed f;
	int format, rc;

	if (size < 2 || size > MAX_BYTES)
		return 0;
	format = data[0] % FORMATS < (int)feed_formats() ? data[0] % FORMATS : -1;
	options.skip_faults = data[0] & 0x10;
	options.subdomains = data[0] & 0x20;
	options.urls_as_text = data[0] & 0x40;
	options.keep_for_days = data[0] & 0x80 ? 30 : 0;
	assert(feed_init(&f, &options, &err));
	rc = feed_read(&f, "fuzz", format, (struct str){(const char *)data + 1, (uint32_t)size - 1},
		&format);
	assert((rc == 0) == (err.code == ERR_OK));
	assert(rc == 0 || err.msg[0] != '\0');
	if (rc == 0) {
		check_counts(&f);
		if (f.counts.entries > 0)
			check_written(&f);
	}
	feed_done(&f);
	return 0;
}
