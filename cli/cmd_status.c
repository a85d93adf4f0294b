#include <stdio.h>

#include "cli/answer_view.h"
#include "cli/command.h"
#include "cli/control_client.h"
#include "cli/fleet_view.h"

static const char help[] =
	"usage: vedette status [OPTION...]\n\n"
	"What a sensor that runs sees and what it could not see: since when, on which interfaces,\n"
	"how much of it was lost and where, each equipment's visibility, and how its alerts get\n"
	"on.\n\n"
	"  --name NAME      which sensor; not needed when one runs with this state directory\n"
	"  --state DIR      its state directory\n"
	"  --socket PATH    its control socket, instead of --name and --state\n"
	"  --canary         send a built-in conversation through the whole sensor, and say\n"
	"                   whether its alert came out\n"
	"  --all            ask Redis instead, about all sensors and replays: who is heard, and "
	"what "
	"became\n"
	"                   of their alerts\n"
	"  --redis URL      with --all: redis://[[user]:password@]host[:port][/db], unix://path,\n"
	"                   redis+sentinel://, redis+cluster:// (docs/redis.md), or private "
	"(default)\n"
	"  --json           the sensor's answer, one JSON object; with --all one a line\n\n"
	"Examples:\n"
	"  vedette status\n"
	"  vedette status --canary\n"
	"  vedette status --all\n"
	"  vedette status --json | jq .\n";

enum { ANSWER_MS = 30000 };

int cmd_status(int argc, char **argv)
{
	struct control_options o;
	struct control_reply reply;
	char path[CONTROL_PATH_BYTES];
	struct error err = {ERR_OK, ""};
	int status;
	int rc;

	if (!control_options_parse(&o, argc, argv,
		    CONTROL_ACCEPTS_JSON | CONTROL_ACCEPTS_CANARY | CONTROL_ACCEPTS_ALL, help,
		    &status))
		return status;
	if (o.all)
		return fleet_view(&o, &err) < 0 ? command_fail("status", &err) : EXIT_OK;
	if (control_client_find(&o, path, &err) < 0)
		return command_fail("status", &err);
	rc = control_client_ask(path, o.canary ? "canary" : "status", ANSWER_MS, &reply, &err);
	if (rc == 0)
		rc = answer_show(
			(struct str){reply.text, (uint32_t)reply.len}, o.json, stdout, &err);
	control_reply_done(&reply);
	return rc < 0 ? command_fail("status", &err) : EXIT_OK;
}
