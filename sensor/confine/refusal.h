/* What a process says when the kernel refuses it a system call (SECCOMP_RET_TRAP). */
#pragma once

#include "common/error.h"

/* From now on SIGSYS writes one line on standard error with the call's name and number, and ends
 * the process by that signal. The names are looked up now: in a handler little may be called. */
int refusal_handle(struct error *err);
