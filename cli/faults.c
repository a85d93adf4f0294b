#include "cli/faults.h"

#include "cli/command.h"

int faults_fail(const char *command, struct error_list *faults, const struct error *err)
{
	const size_t n = error_list_total(faults);
	struct error e = *err;

	for (size_t i = 0; i < faults->n && n > 1; i++) {
		(void)error_set(&e, faults->items[i].code, "%s", faults->items[i].msg);
		(void)command_fail(command, &e);
	}
	if (n > 1)
		(void)error_set(&e, err->code,
			faults->left_out
				? "%zu errors, of which %zu are not shown; nothing was loaded"
				: "%zu errors; nothing was loaded",
			n, faults->left_out);
	error_list_done(faults);
	return command_fail(command, &e);
}
