/* What can be read of a damaged spool. */
#include <string.h>

#include "redis/store/spool_state.h"

bool spool_log_is_damaged(const char *path)
{
	(void)path;
	return false;
}

int spool_recover(struct spool *s, struct spool_report *ret, struct error *err)
{
	return error_set(
		err, ERR_SYSTEM, "the spool %s is damaged: move it away; %s", s->path, ret->text);
}

int spool_recover_resume(const struct spool *s, struct error *err)
{
	(void)s;
	(void)err;
	return 0;
}
