#include "cli/dissection.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "analysis/flow_facts.h"
#include "capture/decode/decode.h"
#include "common/text_out.h"
#include "common/time_text.h"

enum {
	ENDPOINT_COLUMNS = 21, /* an IPv4 address with its port */
	ENDPOINT_BYTES = IP_ADDR_TEXT_BYTES + 16,
	TRANSPORT_COLUMNS = 5,
	LEAST_COLUMNS = 24,  /* narrower than that, ends say nothing */
	MIDDLE_COLUMNS = 12, /* left at least for tags and headers where addresses are long */
	FIXED_COLUMNS = 35,  /* number, time, the longest transport, and spaces */
	LIST_BYTES = 512,
	TAG_BYTES = 24,
};

/* ---- the border ---- */

static uint8_t tags_up_to(const struct packet *p, uint8_t layer)
{
	uint8_t n = 0;

	while (n < p->n_tags && p->tags[n].layer <= layer)
		n++;
	return n;
}

void dissection_make(struct dissection *ret, const struct frame *f, const struct packet *p,
	const struct site *site)
{
	uint16_t segment = site_segment(site, p, 0, f->interface_name);
	uint8_t shown = 0;

	while (shown < p->n_layers) {
		const uint16_t around = site_segment(site, p, shown, f->interface_name);

		if (site_is_subscriber(site, p, shown, around, p->ts_ns))
			break;
		segment = around;
		shown++;
	}
	*ret = (struct dissection){
		.frame = f,
		.packet = p,
		.layer = shown ? &p->layers[shown - 1] : NULL,
		.segment = site_segment_name(site, segment),
		.n_path = p->n_path,
		.n_tags = p->n_tags,
		.has_macs = p->has_mac && !p->access && p->reason != REASON_non_ip_pppoe,
	};
	if (p->reason != REASON_none)
		ret->reason = decode_reason_name((enum decode_reason)p->reason);
	if (shown == p->n_layers)
		return;
	ret->reason = "subscriber";
	ret->n_path = p->layers[shown].path_len;
	ret->n_tags = tags_up_to(p, shown);
	ret->has_macs = false;
}

/* ---- words ---- */

/* Text that grows in a buffer, and is cut where that ends. */
struct text {
	char *buf;
	size_t size, len;
};

static __attribute__((format(printf, 2, 3))) void add(struct text *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	t->len = text_append(t->buf, t->size, t->len, format, args);
	va_end(args);
}

static struct text text_in(char *buf, size_t size)
{
	buf[0] = '\0';
	return (struct text){buf, size, 0};
}

/* Entries FIRST to END of the path. */
static void add_headers(
	struct text *t, const struct dissection *d, uint8_t first, uint8_t end, char between)
{
	for (uint8_t i = first; i < end; i++) {
		if (i > first)
			add(t, "%c", between);
		add(t, "%s", decoder_name((enum decoder_id)d->packet->path[i]));
	}
}

/* What stands around the innermost IP header; where there is none, all there is. */
static uint8_t wrappers(const struct dissection *d)
{
	return d->layer ? d->layer->path_len : d->n_path;
}

/* "vlan:10", in BUF of TAG_BYTES. */
static char *tag_text(const struct packet_tag *t, char *buf)
{
	(void)snprintf(buf, TAG_BYTES, "%s:%" PRIu32,
		packet_tag_kind_name((enum packet_tag_kind)t->kind), t->value);
	return buf;
}

static bool has_teid(const struct dissection *d)
{
	return d->packet->has_teid && d->n_path == d->packet->n_path;
}

static char *endpoint(char *buf, const struct ip_addr *a, uint16_t port)
{
	char addr[IP_ADDR_TEXT_BYTES];

	(void)ip_addr_format(a, addr);
	if (port == 0)
		(void)snprintf(buf, ENDPOINT_BYTES, "%s", addr);
	else
		(void)snprintf(
			buf, ENDPOINT_BYTES, ip_addr_is_v4(a) ? "%s:%u" : "[%s]:%u", addr, port);
	return buf;
}

static char *mac(char *buf, const uint8_t m[6])
{
	(void)snprintf(buf, ENDPOINT_BYTES, "%02X-%02X-%02X-%02X-%02X-%02X", m[0], m[1], m[2], m[3],
		m[4], m[5]);
	return buf;
}

/* ---- a line ---- */

const char dissection_titles[] =
	"number time            source                destination           proto tags, headers, "
	"reason";

/* Takes out of the middle of TEXT what is beyond COLUMNS: both the network and the port are worth
 * reading. */
static void shorten(char *text, size_t columns)
{
	const size_t len = strlen(text), head = (columns - 2) / 2, tail = columns - 2 - head;

	if (len <= columns)
		return;
	text[head] = text[head + 1] = '.';
	memmove(text + head + 2, text + len - tail, tail + 1);
}

/* What each end may take of a line in which FIXED columns are spoken for: more than an IPv4 address
 * needs where tags and headers still find room, less where not even that is left. */
static size_t end_columns(size_t columns, size_t fixed)
{
	const size_t least = 2 * ENDPOINT_COLUMNS;

	if (columns >= fixed + MIDDLE_COLUMNS + least)
		return (columns - fixed - MIDDLE_COLUMNS) / 2;
	if (columns >= fixed + least || columns < fixed + LEAST_COLUMNS)
		return ENDPOINT_COLUMNS;
	return (columns - fixed) / 2;
}

static void add_ends(struct text *t, const struct dissection *d, size_t columns)
{
	char a[ENDPOINT_BYTES] = "-", b[ENDPOINT_BYTES] = "-";

	if (d->layer) {
		(void)endpoint(a, &d->layer->src, d->layer->sport);
		(void)endpoint(b, &d->layer->dst, d->layer->dport);
	} else if (d->has_macs) {
		(void)mac(a, d->packet->src_mac);
		(void)mac(b, d->packet->dst_mac);
	}
	shorten(a, columns);
	shorten(b, columns);
	if (columns > ENDPOINT_COLUMNS)
		columns = ENDPOINT_COLUMNS;
	add(t, " %-*s %-*s", (int)columns, a, (int)columns, b);
}

/* What fills the middle of a line: segment and tags, then the headers around the innermost IP
 * header. That they begin with Ethernet goes without saying. */
static void add_middle(struct text *t, const struct dissection *d)
{
	const struct packet *p = d->packet;
	const uint8_t first = wrappers(d) > 0 && p->path[0] == DECODER_ethernet;
	char tag[TAG_BYTES];

	if (*d->segment) {
		char escaped[128];

		add(t, " segment:%s",
			str_printable(escaped, sizeof(escaped), str_from(d->segment)));
	}
	for (uint8_t i = 0; i < d->n_tags; i++)
		add(t, " %s", tag_text(&p->tags[i], tag));
	if (has_teid(d))
		add(t, " teid:%" PRIu32, p->teid);
	if (wrappers(d) > first)
		add(t, " ");
	add_headers(t, d, first, wrappers(d), '/');
}

/* Takes off the end of T what is beyond COLUMNS. */
static void cut(struct text *t, size_t columns)
{
	if (t->len <= columns)
		return;
	t->len = columns;
	t->buf[columns] = '\0';
	for (size_t i = 0; i < 2 && i < columns; i++)
		t->buf[columns - 1 - i] = '.';
}

char *dissection_line(const struct dissection *d, unsigned columns, char *buf)
{
	struct text line = text_in(buf, DISSECTION_LINE_BYTES);
	const size_t reason_len = d->reason ? strlen(d->reason) + 1 : 0;
	const size_t ends = end_columns(columns, FIXED_COLUMNS + reason_len);
	char time[TIME_TEXT_BYTES], middle_buf[LIST_BYTES];
	struct text middle = text_in(middle_buf, sizeof(middle_buf));

	add(&line, "%6" PRIu64 " %.15s", d->frame->number,
		time_format(d->packet->ts_ns, time) + 11);
	add_ends(&line, d, ends);
	add_middle(&middle, d);
	add(&line, " %-*s", middle.len || d->reason ? TRANSPORT_COLUMNS : 0,
		d->layer ? transport_name(d->layer->proto) : "-");
	cut(&middle, columns > line.len + reason_len ? columns - line.len - reason_len : 0);
	add(&line, "%s", middle.buf);
	if (d->reason)
		add(&line, " %s", d->reason);
	return buf;
}

/* ---- JSON ---- */

static void json_text_of(struct json_writer *w, const char *key, const struct text *t)
{
	json_key(w, key);
	json_str(w, (struct str){t->buf, (uint32_t)t->len});
}

static void json_headers(
	struct json_writer *w, const char *key, const struct dissection *d, uint8_t end)
{
	char buf[LIST_BYTES];
	struct text t = text_in(buf, sizeof(buf));

	add_headers(&t, d, 0, end, ' ');
	json_text_of(w, key, &t);
}

static void json_macs(const struct dissection *d, struct json_writer *w)
{
	char buf[ENDPOINT_BYTES];

	json_key(w, "source.mac");
	json_text(w, mac(buf, d->packet->src_mac));
	json_key(w, "destination.mac");
	json_text(w, mac(buf, d->packet->dst_mac));
}

static void json_layer(const struct packet_layer *l, struct json_writer *w)
{
	char buf[IP_ADDR_TEXT_BYTES], number[8];

	json_key(w, "network.type");
	json_text(w, l->ip_version == 6 ? "ipv6" : "ipv4");
	json_key(w, "source.ip");
	json_text(w, ip_addr_format(&l->src, buf));
	json_key(w, "destination.ip");
	json_text(w, ip_addr_format(&l->dst, buf));
	json_key(w, "network.transport");
	json_text(w, transport_name(l->proto));
	(void)snprintf(number, sizeof(number), "%u", l->proto);
	json_key(w, "network.iana_number");
	json_text(w, number);
	if (l->sport == 0 && l->dport == 0)
		return;
	json_key(w, "source.port");
	json_u64(w, l->sport);
	json_key(w, "destination.port");
	json_u64(w, l->dport);
}

/* The NTH tag of KIND that is shown, or NULL. */
static const struct packet_tag *tag_nth(
	const struct dissection *d, enum packet_tag_kind kind, unsigned nth)
{
	for (uint8_t i = 0; i < d->n_tags; i++) {
		if (d->packet->tags[i].kind == (uint8_t)kind && nth-- == 0)
			return &d->packet->tags[i];
	}
	return NULL;
}

static void json_vlan(
	const struct dissection *d, struct json_writer *w, const char *key, unsigned nth)
{
	const struct packet_tag *t = tag_nth(d, TAG_VLAN, nth);
	char number[12];

	if (!t)
		return;
	(void)snprintf(number, sizeof(number), "%" PRIu32, t->value);
	json_key(w, key);
	json_text(w, number);
}

static void json_tags(const struct dissection *d, struct json_writer *w)
{
	json_vlan(d, w, "network.vlan.id", 0);
	json_vlan(d, w, "network.inner.vlan.id", 1);
	if (has_teid(d)) {
		json_key(w, "tunnel.teid");
		json_u64(w, d->packet->teid);
	}
	if (d->n_tags == 0)
		return;
	json_key(w, "source.tags");
	json_array_begin(w);
	for (uint8_t i = 0; i < d->n_tags; i++) {
		char tag[TAG_BYTES];

		json_text(w, tag_text(&d->packet->tags[i], tag));
	}
	json_array_end(w);
}

void dissection_json(const struct dissection *d, struct json_writer *w)
{
	char time[TIME_TEXT_BYTES];

	json_object_begin(w);
	json_key(w, "frame.number");
	json_u64(w, d->frame->number);
	if (d->file) {
		json_key(w, "frame.file");
		json_text(w, d->file);
	}
	if (d->frame->interface_name) {
		json_key(w, "frame.interface");
		json_text(w, d->frame->interface_name);
	}
	json_key(w, "@timestamp");
	json_text(w, time_format(d->packet->ts_ns, time));
	json_key(w, "frame.bytes");
	json_u64(w, d->frame->len);
	json_headers(w, "frame.headers", d, d->n_path);
	json_headers(w, "flow.decapsulation", d, wrappers(d));
	if (*d->segment) {
		json_key(w, "flow.segment");
		json_text(w, d->segment);
	}
	if (d->has_macs)
		json_macs(d, w);
	if (d->layer)
		json_layer(d->layer, w);
	json_tags(d, w);
	if (d->packet->mirrored) {
		json_key(w, "frame.mirrored");
		json_bool(w, true);
	}
	if (d->reason) {
		json_key(w, "frame.reason");
		json_text(w, d->reason);
	}
	json_object_end(w);
}
