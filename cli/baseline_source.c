/* Where what was learned is found. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/baseline.h"
#include "cli/control_client.h"
#include "cli/json_view.h"
#include "redis/store/state_store.h"
#include "sensor/state.h"

enum { ANSWER_MS = 30000 };

struct baseline_limits baseline_limits_of(const struct options *o)
{
	struct baseline_limits l = baseline_default_limits();

	if (o->baseline.ramp_percent)
		l.ramp_percent = o->baseline.ramp_percent;
	if (o->baseline.min_days)
		l.min_days = o->baseline.min_days;
	return l;
}

static int use(struct baseline_source *s, struct blob_reader *r, struct error *err)
{
	s->baseline = baseline_new(0);
	if (!s->baseline)
		return error_set(err, ERR_SYSTEM, "not enough memory for what was learned");
	if (baseline_load(s->baseline, r) && blob_at_end(r))
		return 0;
	return error_set(
		err, ERR_INPUT, "%s: what it says of what was learned makes no sense", s->name);
}

/* A sensor that was killed left a log beside its file, which has to be written back first. */
static struct state_store *open_store(const char *path, struct error *err)
{
	char log[OPTIONS_PATH_BYTES + 8];

	(void)snprintf(log, sizeof(log), "%s-wal", path);
	return state_store_open(
		path, access(log, F_OK) == 0 ? STATE_STORE_KEEP : STATE_STORE_READ, NULL, err);
}

static int read_file(struct baseline_source *s, const char *path, struct error *err)
{
	struct state_store *store = open_store(path, err);
	struct state_sections sections = {NULL, 0};
	struct blob_reader r;
	int rc;

	(void)snprintf(s->name, sizeof(s->name), "%s", path);
	if (!store)
		return err->code;
	rc = state_store_read(store, &sections, err);
	if (rc == 0 && !state_find_baseline(&sections, &r))
		rc = error_set(err, ERR_INPUT,
			"%s: nothing was learned in it; learn with 'vedette baseline learn', or "
			"with 'vedette run --learn 14d'",
			path);
	if (rc == 0)
		rc = use(s, &r, err);
	state_sections_free(&sections);
	(void)state_store_close(store, NULL);
	return rc;
}

static int use_hex(struct baseline_source *s, struct str hex, struct error *err)
{
	uint8_t *bytes = malloc(hex.len / 2 + 1U);
	struct blob_reader r;
	bool ok = bytes && hex.len % 2 == 0;
	int rc;

	for (uint32_t i = 0; ok && i < hex.len; i += 2) {
		const int high = hex_digit(hex.data[i]), low = hex_digit(hex.data[i + 1]);

		ok = high >= 0 && low >= 0;
		if (ok)
			bytes[i / 2] = (uint8_t)(high << 4 | low);
	}
	r = blob_reader_init(bytes, ok ? hex.len / 2 : 0);
	rc = use(s, &r, err);
	free(bytes);
	return rc;
}

static int ask_sensor(struct baseline_source *s, const char *path, struct error *err)
{
	struct control_reply reply;
	struct json_view *answer = NULL;
	int rc = control_client_ask(path, "baseline", ANSWER_MS, &reply, err);

	(void)control_client_name(path, s->name, sizeof(s->name));
	if (rc == 0)
		answer = json_view_parse((struct str){reply.text, (uint32_t)reply.len}, err);
	if (rc == 0)
		rc = answer ? use_hex(s, json_view_text(answer, "baseline"), err) : err->code;
	json_view_free(answer);
	control_reply_done(&reply);
	return rc;
}

/* The only state-NAME.db in DIR, into PATH. 0: there is none, or a negative code; else 1. */
static int find_state(const char *dir, char *path, size_t size, struct error *err)
{
	static const char begin[] = "state-", end[] = ".db";
	DIR *d = opendir(dir);
	const struct dirent *e;
	int n = 0;

	while (d && (e = readdir(d))) {
		const size_t len = strlen(e->d_name);

		if (len < sizeof(begin) + sizeof(end) - 2 ||
			strncmp(e->d_name, begin, sizeof(begin) - 1) != 0 ||
			strcmp(e->d_name + len - (sizeof(end) - 1), end) != 0)
			continue;
		n++;
		(void)snprintf(path, size, "%s/%s", dir, e->d_name);
	}
	if (d)
		(void)closedir(d);
	if (n > 1)
		return error_set(err, ERR_USAGE,
			"several sensors have learned in %s; choose one with --name", dir);
	return n;
}

/* Of a sensor that runs, else of what it left. */
static int read_sensor(struct baseline_source *s, const struct options *o, struct error *err)
{
	const struct control_options co = {.name = o->name, .state = o->state};
	char dir[OPTIONS_PATH_BYTES], path[2 * OPTIONS_PATH_BYTES];
	char control[CONTROL_PATH_BYTES];
	struct error none;
	int rc = control_client_find(&co, control, &none);

	if (rc == 0 && access(control, F_OK) == 0) {
		rc = ask_sensor(s, control, &none);
		if (rc == 0)
			return 0;
		if (none.code != ERR_SYSTEM)
			*err = none;
		if (none.code != ERR_SYSTEM)
			return rc;
	} else if (rc == ERR_USAGE) {
		*err = none;
		return rc;
	}
	if (o->state)
		(void)snprintf(dir, sizeof(dir), "%s", o->state);
	else
		(void)default_state_dir(dir, sizeof(dir));
	if (o->name) {
		(void)snprintf(path, sizeof(path), "%s/state-%s.db", dir, o->name);
		return read_file(s, path, err);
	}
	rc = find_state(dir, path, sizeof(path), err);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return error_set(err, ERR_USAGE,
			"no sensor runs or has left anything in %s; name what was learned with "
			"--from FILE, or the sensor with --state and --name",
			dir);
	return read_file(s, path, err);
}

int baseline_source_open(struct baseline_source *ret, const struct options *o, struct error *err)
{
	const struct baseline_limits limits = baseline_limits_of(o);
	int rc;

	memset(ret, 0, sizeof(*ret));
	rc = o->baseline.from ? read_file(ret, o->baseline.from, err) : read_sensor(ret, o, err);
	if (rc < 0)
		return rc;
	ret->view = baseline_view_new(ret->baseline, &limits);
	return ret->view ? 0 : error_set(err, ERR_SYSTEM, "not enough memory for what was learned");
}

void baseline_source_close(struct baseline_source *s)
{
	baseline_view_free(s->view);
	baseline_free(s->baseline);
}
