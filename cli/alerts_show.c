#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cli/alerts.h"
#include "cli/command.h"
#include "cli/json_view.h"

bool alerts_wanted(const struct alerts_options *o, const struct reader_entry *e)
{
	enum rule_level level = LEVEL_INFORMATIONAL;
	struct json_view *v;
	bool wanted;

	if (o->level && (!rule_level_parse(e->level, &level) || level < o->level))
		return false;
	if (!o->equipment || str_eq(e->equipment, str_from(o->equipment)))
		return true;
	v = json_view_parse(e->json, NULL);
	wanted = v && str_eq(json_view_text(v, "equipment.ip"), str_from(o->equipment));
	json_view_free(v);
	return wanted;
}

int alerts_output_failed(struct error *err)
{
	if (errno == EPIPE)
		return ALERTS_READER_LEFT;
	return error_set_errno(err, ERR_SYSTEM, errno, "standard output cannot be written");
}

int alerts_print_json(const struct alerts_options *o, struct str json, struct error *err)
{
	size_t size = 4 * (size_t)json.len + 8;
	char *escaped;
	bool good;

	if (!o->terminal) {
		good = fwrite(json.data, 1, json.len, stdout) == json.len &&
		       fputc('\n', stdout) != EOF;
		return good ? 0 : alerts_output_failed(err);
	}
	escaped = malloc(size);
	if (!escaped)
		return error_set(err, ERR_SYSTEM, "out of memory");
	good = puts(str_printable(escaped, size, json)) != EOF;
	free(escaped);
	return good ? 0 : alerts_output_failed(err);
}

bool alerts_interrupted(void)
{
	static const struct timespec at_once = {0, 0};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	return sigtimedwait(&set, NULL, &at_once) > 0;
}

int alerts_unknown(const char *name, struct error *err)
{
	return error_set(err, ERR_USAGE,
		"nothing in this Redis is named \"%s\"; vedette status --all lists what there is",
		name);
}

void alerts_say_unreadable(const struct reader_entry *e, const struct error *why, uint64_t *count)
{
	char said[sizeof(why->msg) + 64];
	struct error err;

	if ((*count)++ >= 10)
		return;
	snprintf(said, sizeof(said), "entry %.*s%s%.*s: %s", (int)e->stream_id.len,
		e->stream_id.data, e->stream.len > 0 ? " of " : "", (int)e->stream.len,
		e->stream.data ? e->stream.data : "", why->msg);
	error_set(&err, ERR_REDIS, "%s", said);
	(void)command_fail("alerts", &err);
}
