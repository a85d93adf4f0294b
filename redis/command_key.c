#include "redis/command_key.h"

#include <stdbool.h>
#include <stddef.h>

static bool is_one_of(struct str word, const char *const *words)
{
	while (*words && !str_eq_nocase(word, str_from(*words)))
		words++;
	return *words != NULL;
}

int command_key(int argc, const struct str *argv)
{
	static const char *const keyless[] = {"PING", "ECHO", "TIME", "INFO", "ROLE", "AUTH",
		"HELLO", "SELECT", "CLIENT", "CLUSTER", "COMMAND", "CONFIG", "WAIT", "ACL",
		"ASKING", "MULTI", "EXEC", "DISCARD", "UNWATCH", "FLUSHALL", "DBSIZE", "SCRIPT",
		NULL};
	static const char *const behind_a_word[] = {"XINFO", "XGROUP", "OBJECT", "MEMORY", NULL};
	static const char *const behind_streams[] = {"XREAD", "XREADGROUP", NULL};
	int i = 1;

	if (argc < 2 || is_one_of(argv[0], keyless))
		return 0;
	if (is_one_of(argv[0], behind_a_word))
		i = 2;
	if (is_one_of(argv[0], behind_streams)) {
		while (i < argc && !str_eq_nocase(argv[i], STR("STREAMS")))
			i++;
		i++;
	}
	return i < argc ? i : 0;
}
