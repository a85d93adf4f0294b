#include <stdio.h>

#include "cli/command.h"
#include "cli/control_client.h"

static const char help[] =
	"usage: vedette stop [OPTION...]\n\n"
	"Ends a sensor that runs: it tells the alerts of what is still open, writes everything\n"
	"down, and ends. Waits for that, 10 seconds at most. SIGTERM to its process does the same\n"
	"without waiting.\n\n"
	"  --name NAME      which sensor; not needed when one runs with this state directory\n"
	"  --state DIR      its state directory\n"
	"  --socket PATH    its control socket, instead of --name and --state\n\n"
	"Examples:\n"
	"  vedette stop\n"
	"  vedette stop --name waw-core-1\n";

enum { ANSWER_MS = 10000, GONE_MS = 10000 };

int cmd_stop(int argc, char **argv)
{
	struct control_options o;
	struct control_reply reply;
	char path[CONTROL_PATH_BYTES], name[CONTROL_PATH_BYTES];
	struct error err = {ERR_OK, ""};
	int status;
	int rc;

	if (!control_options_parse(&o, argc, argv, 0, help, &status))
		return status;
	if (control_client_find(&o, path, &err) < 0)
		return command_fail("stop", &err);
	rc = control_client_ask(path, "stop", ANSWER_MS, &reply, &err);
	if (rc == 0 && !control_client_wait_gone(path, &reply, GONE_MS))
		rc = error_set(&err, ERR_SYSTEM,
			"the sensor (process %ld) is ending, but has not ended within %d s; it may "
			"wait for Redis: look at 'vedette status', or try again",
			(long)reply.pid, GONE_MS / 1000);
	if (rc == 0)
		(void)printf(
			"sensor %s has ended\n", control_client_name(path, name, sizeof(name)));
	control_reply_done(&reply);
	return rc < 0 ? command_fail("stop", &err) : EXIT_OK;
}
