#include <stdio.h>

#include "cli/answer_view.h"
#include "cli/command.h"
#include "cli/control_client.h"
#include "cli/faults.h"

static const char help[] =
	"usage: vedette reload [OPTION...]\n\n"
	"A sensor that runs reads its policy, rules, lists and geolocation data again and judges\n"
	"by them from one packet on. When any of them cannot be used it goes on with what it has;\n"
	"the error says what is wrong. SIGHUP to its process does the same without an answer.\n\n"
	"  --name NAME      which sensor; not needed when one runs with this state directory\n"
	"  --state DIR      its state directory\n"
	"  --socket PATH    its control socket, instead of --name and --state\n"
	"  --json           the sensor's answer, one JSON object\n\n"
	"Examples:\n"
	"  vedette reload\n"
	"  vedette reload --name waw-core-1 --json\n";

enum { ANSWER_MS = 120000 }; /* a million indicators take their time */

int cmd_reload(int argc, char **argv)
{
	struct control_options o;
	struct control_reply reply;
	char path[CONTROL_PATH_BYTES];
	struct error_list faults = {0};
	struct error err = {ERR_OK, ""};
	int status;
	int rc;

	if (!control_options_parse(&o, argc, argv, CONTROL_ACCEPTS_JSON, help, &status))
		return status;
	if (control_client_find(&o, path, &err) < 0)
		return command_fail("reload", &err);
	rc = control_client_ask(path, "reload", ANSWER_MS, &reply, &err);
	if (rc == 0)
		rc = answer_show(
			(struct str){reply.text, (uint32_t)reply.len}, o.json, stdout, &err);
	if (rc < 0)
		control_reply_errors(&reply, &err, &faults);
	control_reply_done(&reply);
	return rc < 0 ? faults_fail("reload", &faults, &err) : EXIT_OK;
}
