#include "cli/command.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/str.h"

int command_fail(const char *command, const struct error *err)
{
	char name[64];
	char text[2 * sizeof(err->msg)];

	(void)fprintf(stderr, "vedette %s: %s\n",
		str_printable(name, sizeof(name), str_from(command)),
		str_printable(text, sizeof(text), str_from(err->msg)));
	switch (err->code) {
	case ERR_OK:
		return EXIT_OK;
	case ERR_USAGE:
		return EXIT_USAGE;
	case ERR_CONFIG:
		return EXIT_CONFIG;
	case ERR_INPUT:
	case ERR_TRUNCATED:
		return EXIT_INPUT;
	case ERR_REDIS:
		return EXIT_REDIS;
	case ERR_SYSTEM:
		break;
	}
	return EXIT_FAILED;
}

bool command_print_json(const struct json_writer *w)
{
	return !w->failed && puts(w->data) != EOF;
}

/* The folder of the running program, "" when it cannot be told. */
static void program_dir(char *buf, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", buf, size - 1);
	char *slash;

	buf[n > 0 ? n : 0] = '\0';
	slash = strrchr(buf, '/');
	if (slash)
		*slash = '\0';
}

static bool set(char *buf, size_t size, const char *a, const char *b)
{
	int n = snprintf(buf, size, "%s%s", a, b);

	return n > 0 && (size_t)n < size;
}

static bool exists(const char *path)
{
	return access(path, R_OK) == 0;
}

char *default_data_dir(char *buf, size_t size)
{
	const char *given = getenv("VEDETTE_DATA");
	char program[PATH_MAX];

	if (given && *given && set(buf, size, given, ""))
		return buf;
	program_dir(program, sizeof(program));
	if (set(buf, size, program, "/../share/vedette") && exists(buf))
		return buf;
	(void)set(buf, size, VEDETTE_SOURCE_DIR, "/rules/packs");
	return buf;
}

char *default_geo_dir(char *buf, size_t size)
{
	const char *given = getenv("VEDETTE_GEO");
	char program[PATH_MAX];
	char state[PATH_MAX];

	if (given && set(buf, size, given, ""))
		return buf;
	if (set(buf, size, default_state_dir(state, sizeof(state)), "/geo") && exists(buf))
		return buf;
	program_dir(program, sizeof(program));
	if (set(buf, size, program, "/../geo") && exists(buf))
		return buf;
	buf[0] = '\0';
	return buf;
}

char *default_state_dir(char *buf, size_t size)
{
	const char *given = getenv("VEDETTE_STATE");
	const char *xdg = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");

	if (given && *given && set(buf, size, given, ""))
		return buf;
	if (geteuid() == 0 && set(buf, size, "/var/lib/vedette", ""))
		return buf;
	if (xdg && *xdg && set(buf, size, xdg, "/vedette"))
		return buf;
	if (home && *home && set(buf, size, home, "/.local/state/vedette"))
		return buf;
	(void)set(buf, size, "vedette-state", "");
	return buf;
}
