/* An alert as it may stand in Redis, whoever wrote it: told to a person and put into a table
 * without a byte that a terminal obeys. The first byte chooses width and colour. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/alert_table.h"
#include "cli/explanation.h"

enum { MAX_BYTES = 1 << 14, MIN_COLUMNS = 60, COLOUR_BIT = 0x80 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bytes of the escape sequence at AT: our own colours, "\033[...m". */
static size_t colour_bytes(const char *at)
{
	size_t n = 0;

	if (at[0] == '\033' && at[1] == '[') {
		n = 2 + strspn(at + 2, "0123456789;");
		n = at[n] == 'm' ? n + 1 : 0;
	}
	return n;
}

static void check_output(const char *text, size_t n, bool colour)
{
	assert(strlen(text) == n);
	for (size_t i = 0; i < n;) {
		const size_t skip = colour ? colour_bytes(text + i) : 0;
		const uint32_t bytes = skip ? 0 : utf8_decode(text + i, n - i, NULL);

		assert(skip || bytes > 0);
		assert(skip || text[i] == '\n' || ((uint8_t)text[i] >= 0x20 && text[i] != 0x7f));
		i += skip + bytes;
	}
}

static void explain(const struct json_view *v, unsigned columns, bool colour)
{
	char *text = NULL;
	size_t n = 0;
	FILE *to = open_memstream(&text, &n);

	if (!to)
		return;
	explanation_print(v, NULL, to, columns, colour);
	fclose(to);
	check_output(text, n, colour);
	free(text);
}

static void tabulate(const struct reader_entry *e)
{
	struct alert_fold *fold = alert_fold_new();
	struct alert_table *table = alert_table_new(false);
	struct error err = {0};
	char *text = NULL;
	size_t n = 0;
	FILE *to = open_memstream(&text, &n);

	if (fold && table && to) {
		if (alert_fold_add(fold, e, &err) == 0) {
			assert(alert_fold_count(fold) == 1);
			assert(alert_table_fold(table, fold));
		} else {
			assert(err.code == ERR_REDIS && err.msg[0] != '\0');
		}
		(void)alert_table_revision(table, e, &err);
		alert_table_print(table, to);
	}
	if (to)
		fclose(to);
	if (text)
		check_output(text, n, false);
	free(text);
	alert_fold_free(fold);
	alert_table_free(table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader_entry e = {.stream_id = STR("1790000000123-0")};
	struct error err = {0};
	struct json_view *v;

	if (size == 0 || size > MAX_BYTES)
		return 0;
	e.json = (struct str){(const char *)data + 1, (uint32_t)size - 1};
	v = json_view_parse(e.json, &err);
	if (!v) {
		assert(err.code == ERR_REDIS && err.msg[0] != '\0');
		return 0;
	}
	explain(v, MIN_COLUMNS + (data[0] & 0x7fu), data[0] & COLOUR_BIT);
	e.id = json_view_text(v, "event.id");
	e.level = json_view_text(v, "alert.level");
	e.rule = json_view_text(v, "rule.id");
	e.equipment = json_view_text(v, "equipment.name");
	e.seq = STR("7");
	e.revision = STR("1");
	tabulate(&e);
	json_view_free(v);
	return 0;
}
