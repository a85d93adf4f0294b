/* Frames to lines of `vedette dissect`: printable, as wide as was asked for, valid JSON, and no
 * address of what is a subscriber's. The first byte chooses the link type and whether the
 * interface has a name, the second the width. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cli/dissection.h"
#include "cli/json_view.h"
#include "cli/paragraph.h"
#include "tests/fuzz/fuzz_policy.h"

enum { CONTROL_BYTES = 2, NAMED_BIT = 0x80 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Layers that may be shown; all others are a subscriber's. */
static uint8_t shown_layers(const struct site *site, const struct frame *f, const struct packet *p)
{
	uint8_t n = 0;

	while (n < p->n_layers && !site_is_subscriber(site, p, n,
					  site_segment(site, p, n, f->interface_name), p->ts_ns))
		n++;
	return n;
}

/* Whether A, as text, stands in TEXT, with nothing before or behind it that could belong to it. */
static bool names(const char *text, const struct ip_addr *a)
{
	static const char part_of_address[] = "0123456789abcdef.:";
	char shown[IP_ADDR_TEXT_BYTES];
	const char *at = text;
	const size_t n = strlen(ip_addr_format(a, shown));

	while ((at = strstr(at, shown))) {
		const char before = at == text ? ' ' : at[-1];

		if (!strchr(part_of_address, before) && !strchr("0123456789abcdef.", at[n]))
			return true;
		at++;
	}
	return false;
}

static void check_private(const struct packet *p, uint8_t shown, const char *text)
{
	for (uint8_t i = shown; i < p->n_layers; i++) {
		const struct ip_addr *ends[] = {&p->layers[i].src, &p->layers[i].dst};

		for (int e = 0; e < 2; e++) {
			bool public = ip_addr_is_unspecified(ends[e]);

			for (uint8_t j = 0; j < shown; j++)
			public = public || ip_addr_cmp(ends[e], &p->layers[j].src) == 0 ||
				 ip_addr_cmp(ends[e], &p->layers[j].dst) == 0;
			assert(public || !names(text, ends[e]));
		}
	}
}

static void check_line(const struct dissection *d, unsigned columns, uint8_t shown)
{
	char line[DISSECTION_LINE_BYTES];
	size_t n;

	memset(line, 1, sizeof(line));
	n = strlen(dissection_line(d, columns, line));
	assert(n < sizeof(line) && (columns < PAGE_COLUMNS || n <= columns));
	for (size_t i = 0; i < n; i++)
		assert(line[i] >= ' ' && line[i] <= '~');
	check_private(d->packet, shown, line);
}

static void check_json(const struct dissection *d, uint8_t shown)
{
	struct json_writer w;
	struct json_view *v;
	struct error err;

	json_init(&w);
	dissection_json(d, &w);
	assert(!w.failed);
	v = json_view_parse((struct str){w.data, (uint32_t)w.len}, &err);
	assert(v);
	check_private(d->packet, shown, w.data);
	json_view_free(v);
	json_done(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t linktypes[] = {1, 101, 113, 276, 9, 104};
	static struct site *site;
	struct frame f = {.ts_ns = 1};
	struct decode_options o;
	struct dissection d;
	struct packet p;
	uint8_t shown;

	if (!site)
		site = fuzz_site_open();
	if (size < CONTROL_BYTES || size > FRAME_MAX_BYTES)
		return 0;
	f.linktype = linktypes[data[0] % 6];
	f.interface_name = data[0] & NAMED_BIT ? FUZZ_INTERFACE : NULL;
	f.data = data + CONTROL_BYTES;
	f.caplen = f.len = (uint32_t)size - CONTROL_BYTES;
	o.collectors = site_collectors(site, &o.n_collectors);
	o.own = site_own(site, &o.n_own);
	decode_frame(&f, &o, &p);
	dissection_make(&d, &f, &p, site);
	shown = shown_layers(site, &f, &p);
	check_line(&d, data[1], shown);
	check_json(&d, shown);
	return 0;
}
