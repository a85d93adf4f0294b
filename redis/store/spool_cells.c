/* Cells of a table's leaf page: rows, decoded without SQLite. */
#include <stdlib.h>
#include <string.h>

#include "redis/store/spool_image.h"

enum {
	LEAF = 0x0d,
	FILE_HEADER_BYTES = 100, /* on page 1 */
	PAGE_HEADER_BYTES = 8,
	USABLE = SPOOL_PAGE_BYTES,
	PAYLOAD_MAX = 64 << 20,
	ROW_COLUMNS = 13,
	ACCOUNT_COLUMNS = 4 + SPOOL_ACCOUNT_FIELDS,
	COLUMNS_MAX = 64,
};

/* Bytes that are read in order, never beyond their end. */
struct bytes {
	const uint8_t *data;
	uint32_t at, end;
	bool failed;
};

static uint64_t take_varint(struct bytes *b)
{
	uint64_t v = 0;

	for (int i = 0; i < 9; i++) {
		uint8_t byte;

		if (b->at >= b->end) {
			b->failed = true;
			return 0;
		}
		byte = b->data[b->at++];
		if (i == 8)
			return v << 8 | byte;
		v = v << 7 | (byte & 0x7f);
		if (byte < 0x80)
			return v;
	}
	return v;
}

static uint32_t be16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t start_of(uint32_t number)
{
	return number == 1 ? FILE_HEADER_BYTES : 0;
}

bool spool_image_leaf(const struct spool_image *img, uint32_t number, uint32_t *ret_cells)
{
	uint32_t start = start_of(number);

	*ret_cells = be16(img->page + start + 3);
	return img->page[start] == LEAF &&
	       start + PAGE_HEADER_BYTES + 2 * *ret_cells <= SPOOL_PAGE_BYTES;
}

/* ---- the payload, which may go on on other pages ---- */

static bool reserve(struct spool_image *img, uint32_t n)
{
	uint8_t *payload;

	if (n <= img->payload_capacity)
		return true;
	payload = realloc(img->payload, n);
	if (!payload)
		return false;
	img->payload = payload;
	img->payload_capacity = n;
	return true;
}

/* Bytes of a payload of N that stand in the cell itself. */
static uint32_t local_bytes(uint32_t n)
{
	const uint32_t most = USABLE - 35, least = (USABLE - 12) * 32 / 255 - 23;
	uint32_t k;

	if (n <= most)
		return n;
	k = least + (n - least) % (USABLE - 4);
	return k <= most ? k : least;
}

static bool take_overflow(struct spool_image *img, uint32_t page, uint32_t at, uint32_t n)
{
	uint8_t buf[SPOOL_PAGE_BYTES];

	while (at < n) {
		uint32_t left = n - at < USABLE - 4 ? n - at : USABLE - 4;

		if (!spool_image_page(img, page, 0, buf))
			return false;
		memcpy(img->payload + at, buf + 4, left);
		at += left;
		page = (uint32_t)buf[0] << 24 | be16(buf + 1) << 8 | buf[3];
	}
	return true;
}

/* The payload of cell I into img->payload. */
static bool take_payload(struct spool_image *img, uint32_t number, uint32_t i, uint64_t *ret_rowid,
	uint32_t *ret_len)
{
	uint32_t place = start_of(number) + PAGE_HEADER_BYTES + 2 * i, local;
	struct bytes b = {img->page, be16(img->page + place), SPOOL_PAGE_BYTES, false};
	uint64_t len = take_varint(&b);

	*ret_rowid = take_varint(&b);
	if (b.failed || len > PAYLOAD_MAX)
		return false;
	local = local_bytes((uint32_t)len);
	*ret_len = (uint32_t)len;
	if (local > b.end - b.at || !reserve(img, (uint32_t)len))
		return false;
	memcpy(img->payload, b.data + b.at, local);
	b.at += local;
	if (local == len)
		return true;
	return b.end - b.at >= 4 &&
	       take_overflow(img, be16(b.data + b.at) << 16 | be16(b.data + b.at + 2), local,
		       (uint32_t)len);
}

/* ---- the record ---- */

struct column {
	uint64_t number;
	struct str text;
};

static uint64_t take_number(const uint8_t *p, uint32_t n)
{
	uint64_t v = n > 0 && p[0] & 0x80 ? UINT64_MAX : 0;

	for (uint32_t i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

/* One value of TYPE at *at. */
static bool take_column(
	const uint8_t *payload, uint32_t len, uint64_t type, uint32_t *at, struct column *ret)
{
	static const uint8_t widths[] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0};
	uint64_t n = type < 10 ? widths[type] : type >= 12 ? (type - 12) / 2 : UINT64_MAX;

	if (n > len - *at)
		return false;
	*ret = (struct column){0};
	if (type >= 12)
		ret->text = (struct str){(const char *)payload + *at, (uint32_t)n};
	else
		ret->number = type == 9 ? 1 : take_number(payload + *at, (uint32_t)n);
	*at += (uint32_t)n;
	return true;
}

/* The number of columns; 0: no record of ours. */
static uint32_t take_record(const uint8_t *payload, uint32_t len, struct column *ret)
{
	struct bytes header = {payload, 0, len, false};
	uint64_t end = take_varint(&header);
	uint32_t at, n = 0;

	if (header.failed || end > len)
		return 0;
	header.end = at = (uint32_t)end;
	while (header.at < header.end) {
		uint64_t type = take_varint(&header);

		if (header.failed || n == COLUMNS_MAX ||
			!take_column(payload, len, type, &at, &ret[n++]))
			return 0;
	}
	return at == len ? n : 0;
}

static bool take_row(const struct column *c, uint64_t seq, struct spool_row *ret)
{
	*ret = (struct spool_row){.seq = seq,
		.flags = c[1].number,
		.level = c[2].number,
		.at_ms = c[3].number,
		.id = {c[4].number, c[5].number},
		.ts_ns = c[6].number,
		.revision = c[7].number,
		.digest = c[8].number,
		.alert_id = c[9].text,
		.rule = c[10].text,
		.equipment = c[11].text,
		.json = c[12].text};
	return spool_row_holds(ret);
}

static bool take_account(struct spool_image *img, const struct column *c, struct spool_account *ret)
{
	uint64_t values[SPOOL_ACCOUNT_FIELDS];
	struct str name = c[2].text;

	if (name.len > STREAM_NAME_MAX)
		return false;
	for (int i = 0; i < SPOOL_ACCOUNT_FIELDS; i++)
		values[i] = c[4 + i].number;
	memcpy(ret, values, sizeof(values));
	if (name.len > 0)
		memcpy(img->name, name.data, name.len);
	img->name[name.len] = '\0';
	return spool_account_holds(ret, img->name, c[3].number);
}

enum spool_cell spool_image_cell(struct spool_image *img, uint32_t number, uint32_t i,
	struct spool_row *ret_row, struct spool_account *ret_account)
{
	struct column columns[COLUMNS_MAX];
	uint64_t rowid;
	uint32_t len, n;

	if (!take_payload(img, number, i, &rowid, &len))
		return SPOOL_CELL_BAD;
	n = take_record(img->payload, len, columns);
	if (n == ROW_COLUMNS)
		return take_row(columns, rowid, ret_row) ? SPOOL_CELL_ROW : SPOOL_CELL_BAD;
	if (n == ACCOUNT_COLUMNS)
		return take_account(img, columns, ret_account) ? SPOOL_CELL_ACCOUNT
							       : SPOOL_CELL_BAD;
	return n == 0 ? SPOOL_CELL_BAD : SPOOL_CELL_OTHER;
}
