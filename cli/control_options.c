#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/control_client.h"
#include "cli/option_loop.h"
#include "common/str.h"

enum { OPT_NAME = 256, OPT_STATE, OPT_SOCKET, OPT_JSON, OPT_CANARY, OPT_ALL, OPT_REDIS };

enum { LIST_BYTES = 512, PING_MS = 2000 };

static bool usage(const char *command, const char *what, int *ret_exit)
{
	*ret_exit = option_usage(command, what);
	return false;
}

static int take(void *user, int option, const char *value)
{
	struct control_options *o = user;

	switch (option) {
	case OPT_NAME:
		o->name = value;
		break;
	case OPT_STATE:
		o->state = value;
		break;
	case OPT_SOCKET:
		o->socket = value;
		break;
	case OPT_JSON:
		o->json = true;
		break;
	case OPT_ALL:
		o->all = true;
		break;
	case OPT_REDIS:
		o->redis = value;
		break;
	default:
		o->canary = true;
		break;
	}
	return EXIT_OK;
}

bool control_options_parse(struct control_options *o, int argc, char **argv, unsigned accepts,
	const char *help, int *ret_exit)
{
	static const struct option json = {"json", no_argument, NULL, OPT_JSON};
	static const struct option canary = {"canary", no_argument, NULL, OPT_CANARY};
	static const struct option all = {"all", no_argument, NULL, OPT_ALL};
	static const struct option redis = {"redis", required_argument, NULL, OPT_REDIS};
	struct option longs[10] = {{"help", no_argument, NULL, 'h'},
		{"name", required_argument, NULL, OPT_NAME},
		{"state", required_argument, NULL, OPT_STATE},
		{"socket", required_argument, NULL, OPT_SOCKET}};
	size_t n = 4;

	if (accepts & CONTROL_ACCEPTS_JSON)
		longs[n++] = json;
	if (accepts & CONTROL_ACCEPTS_CANARY)
		longs[n++] = canary;
	if (accepts & CONTROL_ACCEPTS_ALL) {
		longs[n++] = all;
		longs[n++] = redis;
	}
	*o = (struct control_options){0};
	if (!option_loop(argc, argv, longs, help, take, o, ret_exit))
		return false;
	if (o->redis && !o->all)
		return usage(
			argv[0], "--redis goes with --all: a sensor is asked itself", ret_exit);
	if (o->all && (o->name || o->socket || o->canary))
		return usage(argv[0],
			"--all means every sensor: leave --name, --socket and --canary out",
			ret_exit);
	if (o->socket && (o->name || o->state))
		return usage(
			argv[0], "--socket says it all: leave --name and --state out", ret_exit);
	return true;
}

/* ---- the sensors of a state directory ---- */

struct found {
	const char *dir;
	unsigned running, silent;
	char first[CONTROL_PATH_BYTES];
	char names[LIST_BYTES]; /* "a, b, c" of those that run, cut when there are many */
};

static void found_add(struct found *f, const char *file)
{
	char name[NAME_MAX + 1], path[CONTROL_PATH_BYTES];
	struct control_reply reply;
	size_t at = strlen(f->names);
	int rc;

	(void)control_client_name(file, name, sizeof(name));
	if (control_path(f->dir, name, path, NULL) < 0)
		return;
	rc = control_client_ask(path, "ping", PING_MS, &reply, NULL);
	/* one that hangs has a process all the same, and is the one that is meant */
	if (rc < 0 && reply.pid == 0) {
		f->silent++;
	} else {
		if (f->running++ == 0)
			memcpy(f->first, path, sizeof(path));
		snprintf(f->names + at, sizeof(f->names) - at, "%s%s", at > 0 ? ", " : "", name);
	}
	control_reply_done(&reply);
}

static int look_into(struct found *f, struct error *err)
{
	DIR *dir = opendir(f->dir);

	if (!dir && errno == ENOENT)
		return 0;
	if (!dir && errno == EACCES)
		return error_set(err, ERR_SYSTEM,
			"only root and the user who runs the sensor may look into %s; become one "
			"of them, or name another directory with --state",
			f->dir);
	if (!dir)
		return error_set_errno(err, ERR_SYSTEM, errno, "cannot look into %s", f->dir);
	for (const struct dirent *e = readdir(dir); e; e = readdir(dir)) {
		struct str name = str_from(e->d_name);
		struct str suffix = STR(CONTROL_SUFFIX);

		if (name.len > suffix.len &&
			strcmp(e->d_name + name.len - suffix.len, CONTROL_SUFFIX) == 0)
			found_add(f, e->d_name);
	}
	closedir(dir);
	return 0;
}

int control_client_find(const struct control_options *o, char *path, struct error *err)
{
	char state[PATH_MAX];
	struct found f = {.dir = o->state};
	int rc;

	if (o->socket) {
		if (strlen(o->socket) == 0 || strlen(o->socket) >= CONTROL_PATH_BYTES)
			return error_set(err, ERR_USAGE,
				"'%s' cannot be the path of a unix socket (1 to %d bytes)",
				o->socket, (int)CONTROL_PATH_BYTES - 1);
		memcpy(path, o->socket, strlen(o->socket) + 1);
		return 0;
	}
	if (!f.dir)
		f.dir = default_state_dir(state, sizeof(state));
	if (o->name)
		return control_path(f.dir, o->name, path, err);
	rc = look_into(&f, err);
	if (rc < 0)
		return rc;
	if (f.running == 0)
		return error_set(err, ERR_SYSTEM,
			"no sensor runs with the state directory %s%s; start one with 'vedette "
			"run', or say where it is with --state DIR or --socket PATH",
			f.dir, f.silent > 0 ? " (one that did has ended without a word)" : "");
	if (f.running > 1)
		return error_set(err, ERR_USAGE,
			"%u sensors run with the state directory %s; name one with --name: %s",
			f.running, f.dir, f.names);
	memcpy(path, f.first, sizeof(f.first));
	return 0;
}
