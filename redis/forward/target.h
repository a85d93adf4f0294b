/* Where forwarded alerts go. A target is one file, target_NAME.c, and one line in targets.def: what
 * exports alerts to something else goes there. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/error.h"
#include "redis/reader.h"

struct forward_target_config {
	size_t syslog_bytes;          /* of a message, at most */
	bool (*stopping)(void *user); /* asked while a target waits: whether it should give up */
	void *user;
};

/* flush: nobody will take anything any more (a pipe without a reader). */
enum { TARGET_CLOSED = 1 };

/* What `open` fills in is the target's own; calls come one at a time. */
struct forward_target_type {
	const char *name;
	/* WHERE: what stands behind "NAME:"; NULL: nothing did. 0 with *ret, or negative with *err
	 * that names the remedy. */
	int (*open)(const char *where, const struct forward_target_config *cfg, void **ret,
		struct error *err);
	/* Takes a copy of E into its memory. Only memory can fail (ERR_SYSTEM). */
	int (*put)(void *target, const struct reader_entry *e, struct error *err);
	/* Hands over all that was put, and returns 0 when it is there as safely as this target can
	 * tell: only then it is acknowledged. Negative with *err: what was put is kept, and the
	 * next flush tries again. TARGET_CLOSED ends the forwarding. */
	int (*flush)(void *target, struct error *err);
	void (*reopen)(void *target); /* rotation: a file is opened anew before the next write */
	void (*close)(void *target);
};

#define TARGET(name, synopsis, text) extern const struct forward_target_type forward_target_##name;
#include "redis/forward/targets.def"
#undef TARGET

/* The target that TO ("file:PATH") names, and what stands behind its name in *ret_where. NULL with
 * *err (ERR_USAGE). */
const struct forward_target_type *forward_target_find(
	const char *to, const char **ret_where, struct error *err);
