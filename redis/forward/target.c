#include "redis/forward/target.h"

#include <string.h>

static const struct forward_target_type *const types[] = {
#define TARGET(name, synopsis, text) &forward_target_##name,
#include "redis/forward/targets.def"
#undef TARGET
};

static const char synopses[] =
#define TARGET(name, synopsis, text) ", " synopsis
#include "redis/forward/targets.def"
#undef TARGET
	;

const struct forward_target_type *forward_target_find(
	const char *to, const char **ret_where, struct error *err)
{
	size_t n = strcspn(to, ":");

	*ret_where = to[n] == ':' ? to + n + 1 : NULL;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strlen(types[i]->name) == n && memcmp(types[i]->name, to, n) == 0)
			return types[i];
	}
	error_set(err, ERR_USAGE, "there is no target \"%.*s\"; --to wants one of %s", (int)n, to,
		synopses + 2);
	return NULL;
}
