#include "sensor/confine/refusal.h"

#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CALLS = 512, NAME_BYTES = 28, LINE_BYTES = 192 };

/* Written before the handler is installed, read by it alone. */
static char names[CALLS][NAME_BYTES];

static size_t append(char *line, size_t at, const char *text)
{
	while (*text && at < LINE_BYTES - 1)
		line[at++] = *text++;
	return at;
}

static size_t append_number(char *line, size_t at, unsigned number)
{
	char digits[12];
	size_t i = sizeof(digits) - 1;

	digits[i] = '\0';
	do {
		digits[--i] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	return append(line, at, digits + i);
}

/* Async-signal-safe. Whoever forges a SIGSYS ends the process as well. */
static void on_sigsys(int sig, siginfo_t *info, void *context)
{
	unsigned call = (unsigned)info->si_syscall;
	char line[LINE_BYTES];
	size_t n = append(line, 0, "vedette: the sandbox refused the system call ");
	ssize_t written;

	(void)context;
	n = append(line, n, call < CALLS && names[call][0] ? names[call] : "number");
	n = append(line, n, " ");
	n = append_number(line, n, call);
	n = append(line, n, "; docs/operations.md says what to do\n");
	written = write(STDERR_FILENO, line, n);
	(void)written;    /* nobody is left to be told */
	(void)raise(sig); /* SA_RESETHAND, SA_NODEFER: ends here */
	_exit(128 + sig);
}

int refusal_handle(struct error *err)
{
	uint32_t arch = seccomp_arch_native();
	struct sigaction action = {.sa_flags = (int)(SA_SIGINFO | SA_RESETHAND | SA_NODEFER)};

	for (int i = 0; i < CALLS; i++) {
		char *name = seccomp_syscall_resolve_num_arch(arch, i);

		if (name)
			memcpy(names[i], name, strnlen(name, NAME_BYTES - 1));
		free(name);
	}
	action.sa_sigaction = on_sigsys;
	sigemptyset(&action.sa_mask);
	if (sigaction(SIGSYS, &action, NULL) < 0)
		return error_set_errno(err, ERR_SYSTEM, errno, "cannot handle SIGSYS");
	return 0;
}
