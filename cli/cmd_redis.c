#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/redis_target.h"

static const char help[] =
	"usage: vedette redis [--state DIR] [ARGUMENT...]\n\n"
	"Runs redis-cli (or valkey-cli) with these arguments on the private Redis server, which is "
	"started\n"
	"when it does not run, and stopped again when nobody else uses it. Without arguments: "
	"interactively.\n\n"
	"  --state DIR      where the private server keeps its data\n\n"
	"Examples:\n"
	"  vedette redis XLEN 'vedette:{capture}:alerts'\n"
	"  vedette redis XRANGE 'vedette:{capture}:alerts' - + COUNT 1\n"
	"  vedette redis SMEMBERS vedette:sensors\n";

enum { MAX_ARGUMENTS = 1024 };

/* Becomes redis-cli. Only returns when neither it nor valkey-cli is there. */
static void become_client(const char *socket, int argc, char **argv)
{
	const char *client[MAX_ARGUMENTS + 4] = {"redis-cli", "-s", socket};

	for (int i = 0; i < argc; i++)
		client[3 + i] = argv[i];
	execvp(client[0], (char *const *)client);
	if (errno == ENOENT) {
		client[0] = "valkey-cli";
		execvp(client[0], (char *const *)client);
	}
}

/* The client's exit status. While it runs the terminal's signals are its own. */
static int run_client(const char *socket, int argc, char **argv, struct error *err)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct sigaction interrupt, quit;
	int status = 0;
	pid_t pid;

	(void)sigaction(SIGINT, &ignore, &interrupt);
	(void)sigaction(SIGQUIT, &ignore, &quit);
	pid = fork();
	if (pid == 0) {
		(void)sigaction(SIGINT, &interrupt, NULL);
		(void)sigaction(SIGQUIT, &quit, NULL);
		(void)signal(SIGPIPE, SIG_DFL);
		become_client(socket, argc, argv);
		(void)fputs("vedette redis: neither redis-cli nor valkey-cli is installed (Debian: "
			    "apt-get install redis-tools)\n",
			stderr);
		_exit(EXIT_FAILED);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	(void)sigaction(SIGINT, &interrupt, NULL);
	(void)sigaction(SIGQUIT, &quit, NULL);
	if (pid < 0) {
		error_set_errno(err, ERR_SYSTEM, errno, "cannot start redis-cli");
		return command_fail("redis", err);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILED;
}

int cmd_redis(int argc, char **argv)
{
	const char *state = NULL;
	struct redis_target *target;
	struct error err = {ERR_OK, ""};
	int first = 1;
	int status;

	/* Only what stands first is ours: redis-cli has options of its own. */
	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		(void)fputs(help, stdout);
		return EXIT_OK;
	}
	if (argc > 2 && strcmp(argv[1], "--state") == 0) {
		state = argv[2];
		first = 3;
	} else if (argc > 1 && strncmp(argv[1], "--state=", 8) == 0) {
		state = argv[1] + 8;
		first = 2;
	}
	if (argc - first > MAX_ARGUMENTS) {
		error_set(&err, ERR_USAGE, "more than %d arguments", MAX_ARGUMENTS);
		return command_fail("redis", &err);
	}
	if (redis_target_open(&target, "private", state, &err) != 0)
		return command_fail("redis", &err);
	status = run_client(redis_target_private_socket(target), argc - first, argv + first, &err);
	redis_target_close(target);
	return status;
}
